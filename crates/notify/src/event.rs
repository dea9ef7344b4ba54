//! One thing that happened in the registry or in a review, with what its receivers are told.

use domain::{KeyValue, Millis};

use crate::Kind;

/// What happened to one registered model or prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened, not when it is sent.
    pub at: Millis,
    pub actor: Actor,
    /// The registered model's or prompt's name; after a renaming the new one.
    pub model: String,
    /// Whether that model is a prompt, as the registry's tag says.
    pub prompt: bool,
    /// The page that shows it; empty if there is none.
    pub url: String,
    pub what: What,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    pub name: String,
    /// Their roles at that time.
    pub roles: Vec<String>,
}

/// The change itself. Versions are texts because one dialect repeats them as they were asked for (`01`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Created {
        tags: Vec<KeyValue>,
        description: String,
    },
    Updated,
    Renamed {
        from: String,
    },
    Deleted,
    TagSet(KeyValue),
    TagDeleted {
        key: String,
    },
    AliasSet {
        alias: String,
        version: String,
    },
    AliasDeleted {
        alias: String,
    },
    /// Boxed: it is much larger than the others.
    VersionCreated(Box<NewVersion>),
    /// Something about one version.
    Version {
        version: String,
        change: VersionChange,
    },
    /// A step of a transition request.
    Review {
        review: Box<Review>,
        step: Step,
    },
    /// A signed release record exists for a version that entered a stage.
    ReleaseIssued {
        release: String,
        version: String,
        stage: String,
    },
    /// A stage went back to the version that held it before.
    RolledBack {
        version: String,
        stage: String,
        replaced: String,
    },
}

/// A version as it was registered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewVersion {
    pub version: String,
    /// Where its files are; sent in MLflow's form alone.
    pub source: String,
    pub run_id: Option<String>,
    pub tags: Vec<KeyValue>,
    pub description: Option<String>,
    /// A prompt's text.
    pub template: Option<String>,
}

/// What happened to a version that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChange {
    Updated,
    Deleted,
    TagSet(KeyValue),
    TagDeleted {
        key: String,
    },
    /// Also when a review's end caused it: then this is an event of its own beside `review.applied`.
    Transitioned {
        from_stage: String,
        to_stage: String,
    },
    Commented {
        comment: String,
    },
}

/// The transition request that an event is about, as it is after the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: i64,
    /// `open`, `applied`, `rejected`, `cancelled`, `expired` or `superseded`.
    pub state: String,
    pub version: String,
    pub from_stage: String,
    pub to_stage: String,
    /// The signatures that are still needed.
    pub missing: Vec<Missing>,
}

/// How many signatures of a role are still needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub role: String,
    pub count: u32,
}

/// What happened in a review. Comments and reasons may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Opened {
        comment: String,
    },
    Signed {
        role: String,
    },
    /// The signature of `signer` counts no longer: what they signed has changed.
    SignatureStale {
        signer: String,
    },
    ChangesRequested {
        comment: String,
    },
    Commented {
        comment: String,
    },
    GateChanged {
        gate: String,
        status: String,
    },
    Waived {
        gate: String,
        reason: String,
    },
    Applied,
    Rejected {
        comment: String,
    },
    Cancelled,
    Expired,
    Overridden {
        reason: String,
    },
    Superseded {
        reason: String,
    },
}

impl Event {
    /// What kind of event this is, which is what subscriptions name.
    pub fn kind(&self) -> Kind {
        let (model, prompt) = match &self.what {
            What::Created { .. } => (Kind::ModelCreated, Kind::PromptCreated),
            What::Updated => (Kind::ModelUpdated, Kind::PromptUpdated),
            What::Renamed { .. } => (Kind::ModelRenamed, Kind::PromptRenamed),
            What::Deleted => (Kind::ModelDeleted, Kind::PromptDeleted),
            What::TagSet(_) => (Kind::ModelTagSet, Kind::PromptTagSet),
            What::TagDeleted { .. } => (Kind::ModelTagDeleted, Kind::PromptTagDeleted),
            What::AliasSet { .. } => (Kind::VersionAliasSet, Kind::PromptVersionAliasSet),
            What::AliasDeleted { .. } => (Kind::VersionAliasDeleted, Kind::PromptVersionAliasDeleted),
            What::VersionCreated(_) => (Kind::VersionCreated, Kind::PromptVersionCreated),
            What::Version { change, .. } => change.kinds(),
            What::Review { step, .. } => return step.kind(),
            What::ReleaseIssued { .. } => return Kind::ReleaseIssued,
            What::RolledBack { .. } => return Kind::RollbackApplied,
        };
        if self.prompt { prompt } else { model }
    }

    /// The version that it is about, if it is about one.
    pub fn version(&self) -> Option<&str> {
        match &self.what {
            What::AliasSet { version, .. }
            | What::Version { version, .. }
            | What::ReleaseIssued { version, .. }
            | What::RolledBack { version, .. } => Some(version),
            What::VersionCreated(new) => Some(&new.version),
            What::Review { review, .. } => Some(&review.version),
            _ => None,
        }
    }
}

impl VersionChange {
    /// The kind for a model and for a prompt.
    fn kinds(&self) -> (Kind, Kind) {
        match self {
            Self::Updated => (Kind::VersionUpdated, Kind::PromptVersionUpdated),
            Self::Deleted => (Kind::VersionDeleted, Kind::PromptVersionDeleted),
            Self::TagSet(_) => (Kind::VersionTagSet, Kind::PromptVersionTagSet),
            Self::TagDeleted { .. } => (Kind::VersionTagDeleted, Kind::PromptVersionTagDeleted),
            Self::Transitioned { .. } => (Kind::VersionTransitioned, Kind::PromptVersionTransitioned),
            Self::Commented { .. } => (Kind::VersionCommented, Kind::PromptVersionCommented),
        }
    }
}

impl Step {
    fn kind(&self) -> Kind {
        match self {
            Self::Opened { .. } => Kind::ReviewOpened,
            Self::Signed { .. } => Kind::ReviewSigned,
            Self::SignatureStale { .. } => Kind::ReviewSignatureStale,
            Self::ChangesRequested { .. } => Kind::ReviewChangesRequested,
            Self::Commented { .. } => Kind::ReviewCommented,
            Self::GateChanged { .. } => Kind::ReviewGateChanged,
            Self::Waived { .. } => Kind::ReviewWaived,
            Self::Applied => Kind::ReviewApplied,
            Self::Rejected { .. } => Kind::ReviewRejected,
            Self::Cancelled => Kind::ReviewCancelled,
            Self::Expired => Kind::ReviewExpired,
            Self::Overridden { .. } => Kind::ReviewOverridden,
            Self::Superseded { .. } => Kind::ReviewSuperseded,
        }
    }
}
