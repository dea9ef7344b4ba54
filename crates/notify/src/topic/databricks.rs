//! Databricks' names. Stages beyond the four known ones fire the general names only.

use crate::Event;
use crate::event::{Step, VersionChange, What};
use crate::kind::names;

names! {
    /// An event of Databricks' registry webhooks.
    Databricks {
        ModelVersionCreated => "MODEL_VERSION_CREATED",
        ModelVersionTransitionedStage => "MODEL_VERSION_TRANSITIONED_STAGE",
        TransitionRequestCreated => "TRANSITION_REQUEST_CREATED",
        CommentCreated => "COMMENT_CREATED",
        RegisteredModelCreated => "REGISTERED_MODEL_CREATED",
        ModelVersionTagSet => "MODEL_VERSION_TAG_SET",
        ModelVersionTransitionedToStaging => "MODEL_VERSION_TRANSITIONED_TO_STAGING",
        ModelVersionTransitionedToProduction => "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
        ModelVersionTransitionedToArchived => "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
        TransitionRequestToStagingCreated => "TRANSITION_REQUEST_TO_STAGING_CREATED",
        TransitionRequestToProductionCreated => "TRANSITION_REQUEST_TO_PRODUCTION_CREATED",
        TransitionRequestToArchivedCreated => "TRANSITION_REQUEST_TO_ARCHIVED_CREATED",
    }
}

impl Databricks {
    /// Whether `event` fires this name. Prompts fire none: Databricks' registry has no such thing.
    pub fn matches(self, event: &Event) -> bool {
        if event.prompt {
            return false;
        }
        match &event.what {
            What::Created { .. } => self == Self::RegisteredModelCreated,
            What::VersionCreated(_) => self == Self::ModelVersionCreated,
            What::Version { change: VersionChange::TagSet(_), .. } => self == Self::ModelVersionTagSet,
            What::Version { change: VersionChange::Commented { .. }, .. }
            | What::Review { step: Step::Commented { .. }, .. } => self == Self::CommentCreated,
            What::Version { change: VersionChange::Transitioned { to_stage, .. }, .. } => {
                self == Self::ModelVersionTransitionedStage || Some(self) == Self::transitioned_to(to_stage)
            }
            What::Review { review, step: Step::Opened { .. } } => {
                self == Self::TransitionRequestCreated || Some(self) == Self::requested(&review.to_stage)
            }
            _ => false,
        }
    }

    /// Whether only a hook for all models can be subscribed to it.
    pub fn needs_all_models(self) -> bool {
        self == Self::RegisteredModelCreated
    }

    fn transitioned_to(stage: &str) -> Option<Self> {
        match stage {
            "Staging" => Some(Self::ModelVersionTransitionedToStaging),
            "Production" => Some(Self::ModelVersionTransitionedToProduction),
            "Archived" => Some(Self::ModelVersionTransitionedToArchived),
            _ => None,
        }
    }

    fn requested(stage: &str) -> Option<Self> {
        match stage {
            "Staging" => Some(Self::TransitionRequestToStagingCreated),
            "Production" => Some(Self::TransitionRequestToProductionCreated),
            "Archived" => Some(Self::TransitionRequestToArchivedCreated),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Millis;

    use super::*;
    use crate::{Form, Topic, example};

    fn fired(event: &Event) -> Vec<String> {
        Topic::fired(&Topic::list(Form::Databricks), event).iter().map(ToString::to_string).collect()
    }

    fn transition(to_stage: &str) -> Event {
        let mut event = example::event(Topic::Databricks(Databricks::ModelVersionCreated), Millis(0))
            .expect("an example");
        let change = VersionChange::Transitioned { from_stage: "None".into(), to_stage: to_stage.into() };
        event.what = What::Version { version: "8".into(), change };
        event
    }

    #[test]
    fn a_known_stage_fires_the_general_and_the_special_name() {
        for (stage, special) in [
            ("Staging", "MODEL_VERSION_TRANSITIONED_TO_STAGING"),
            ("Production", "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"),
            ("Archived", "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED"),
        ] {
            assert_eq!(fired(&transition(stage)), ["MODEL_VERSION_TRANSITIONED_STAGE", special]);
        }
    }

    #[test]
    fn other_stages_fire_the_general_name_alone() {
        for stage in ["None", "Canary", "production"] {
            assert_eq!(fired(&transition(stage)), ["MODEL_VERSION_TRANSITIONED_STAGE"]);
        }
    }

    #[test]
    fn prompts_and_ends_of_reviews_have_no_name() {
        let prompt = Event { prompt: true, ..transition("Staging") };
        assert!(fired(&prompt).is_empty());
        for kind in [crate::Kind::ReviewApplied, crate::Kind::ReviewRejected, crate::Kind::ReviewSigned] {
            assert!(fired(&example::event(Topic::Own(kind), Millis(0)).expect("an example")).is_empty());
        }
    }

    #[test]
    fn a_comment_in_a_review_is_a_comment() {
        let event = example::event(Topic::Own(crate::Kind::ReviewCommented), Millis(0)).expect("an example");
        assert_eq!(fired(&event), ["COMMENT_CREATED"]);
    }
}
