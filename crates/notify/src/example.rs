//! Made-up events for trying a hook out. MLflow's are MLflow's own, value by value.

use domain::{KeyValue, Millis};

use crate::event::{Actor, Event, Missing, NewVersion, Review, Step, VersionChange, What};
use crate::topic::{Action, Databricks, Entity};
use crate::{Kind, Topic};

/// An event at `at` that fires `topic`; `None` for the one topic that nothing here fires, MLflow's budget.
pub fn event(topic: Topic, at: Millis) -> Option<Event> {
    let kind = match topic {
        Topic::Own(kind) => kind,
        Topic::Mlflow(pair) => match (pair.entity(), pair.action()) {
            (Entity::BudgetPolicy, _) | (_, Action::Exceeded) => return None,
            _ => Kind::ALL.iter().copied().find(|kind| crate::topic::Mlflow::of(*kind) == Some(pair))?,
        },
        Topic::Databricks(name) => of_databricks(name),
    };
    let mut event = of_kind(kind, at);
    if let Topic::Databricks(name) = topic {
        aim(&mut event, name);
    }
    Some(event)
}

fn of_databricks(name: Databricks) -> Kind {
    use Databricks as D;
    match name {
        D::ModelVersionCreated => Kind::VersionCreated,
        D::RegisteredModelCreated => Kind::ModelCreated,
        D::ModelVersionTagSet => Kind::VersionTagSet,
        D::CommentCreated => Kind::VersionCommented,
        D::ModelVersionTransitionedStage
        | D::ModelVersionTransitionedToStaging
        | D::ModelVersionTransitionedToProduction
        | D::ModelVersionTransitionedToArchived => Kind::VersionTransitioned,
        D::TransitionRequestCreated
        | D::TransitionRequestToStagingCreated
        | D::TransitionRequestToProductionCreated
        | D::TransitionRequestToArchivedCreated => Kind::ReviewOpened,
    }
}

/// Gives the event the stage that a special name of Databricks is about.
fn aim(event: &mut Event, name: Databricks) {
    let stage = match name {
        Databricks::ModelVersionTransitionedToStaging | Databricks::TransitionRequestToStagingCreated => {
            "Staging"
        }
        Databricks::ModelVersionTransitionedToArchived | Databricks::TransitionRequestToArchivedCreated => {
            "Archived"
        }
        _ => "Production",
    };
    match &mut event.what {
        What::Version { change: VersionChange::Transitioned { to_stage, .. }, .. } => {
            *to_stage = stage.into();
        }
        What::Review { review, .. } => review.to_stage = stage.into(),
        _ => {}
    }
}

fn of_kind(kind: Kind, at: Millis) -> Event {
    let prompt = kind.as_str().starts_with("prompt");
    let (model, word) =
        if prompt { ("example_prompt", "prompt") } else { ("example_model", "registered model") };
    Event {
        at,
        actor: Actor { name: "example_user".into(), roles: vec!["ml_engineer".into()] },
        model: model.into(),
        prompt,
        url: String::new(),
        what: change(kind, word),
    }
}

fn change(kind: Kind, word: &str) -> What {
    use Kind as K;
    match kind {
        K::ModelCreated | K::PromptCreated => {
            What::Created { tags: vec![tag()], description: format!("An example {word}") }
        }
        K::ModelUpdated | K::PromptUpdated => What::Updated,
        K::ModelRenamed | K::PromptRenamed => What::Renamed { from: "example_old_name".into() },
        K::ModelDeleted | K::PromptDeleted => What::Deleted,
        K::ModelTagSet | K::PromptTagSet => What::TagSet(tag()),
        K::ModelTagDeleted | K::PromptTagDeleted => What::TagDeleted { key: tag().key },
        K::VersionAliasSet | K::PromptVersionAliasSet => {
            What::AliasSet { alias: "example_alias".into(), version: "1".into() }
        }
        K::VersionAliasDeleted | K::PromptVersionAliasDeleted => {
            What::AliasDeleted { alias: "example_alias".into() }
        }
        K::VersionCreated => What::VersionCreated(Box::new(NewVersion {
            version: "1".into(),
            source: "models:/123".into(),
            run_id: Some("abcd1234abcd5678".into()),
            tags: vec![tag()],
            description: Some("An example model version".into()),
            template: None,
        })),
        K::PromptVersionCreated => What::VersionCreated(Box::new(NewVersion {
            version: "1".into(),
            tags: vec![tag()],
            description: Some("An example prompt version".into()),
            template: Some("Hello {{name}}!".into()),
            ..NewVersion::default()
        })),
        K::VersionUpdated | K::PromptVersionUpdated => version(VersionChange::Updated),
        K::VersionDeleted | K::PromptVersionDeleted => version(VersionChange::Deleted),
        K::VersionTagSet | K::PromptVersionTagSet => version(VersionChange::TagSet(tag())),
        K::VersionTagDeleted | K::PromptVersionTagDeleted => {
            version(VersionChange::TagDeleted { key: tag().key })
        }
        K::VersionTransitioned | K::PromptVersionTransitioned => version(VersionChange::Transitioned {
            from_stage: "Staging".into(),
            to_stage: "Production".into(),
        }),
        K::VersionCommented | K::PromptVersionCommented => {
            version(VersionChange::Commented { comment: "An example comment".into() })
        }
        K::ReleaseIssued => {
            What::ReleaseIssued { release: "1".into(), version: "1".into(), stage: "Production".into() }
        }
        K::RollbackApplied => {
            What::RolledBack { version: "1".into(), stage: "Production".into(), replaced: "2".into() }
        }
        _ => review(kind),
    }
}

fn tag() -> KeyValue {
    KeyValue::new("example_key", "example_value")
}

fn version(change: VersionChange) -> What {
    What::Version { version: "1".into(), change }
}

fn review(kind: Kind) -> What {
    let comment = || "An example comment".to_owned();
    let reason = || "An example reason".to_owned();
    let gate = || "signature".to_owned();
    let (state, step) = match kind {
        Kind::ReviewSigned => ("open", Step::Signed { role: "ml_engineer".into() }),
        Kind::ReviewSignatureStale => ("open", Step::SignatureStale { signer: "example_user".into() }),
        Kind::ReviewChangesRequested => ("open", Step::ChangesRequested { comment: comment() }),
        Kind::ReviewCommented => ("open", Step::Commented { comment: comment() }),
        Kind::ReviewGateChanged => ("open", Step::GateChanged { gate: gate(), status: "pass".into() }),
        Kind::ReviewWaived => ("open", Step::Waived { gate: gate(), reason: reason() }),
        Kind::ReviewApplied => ("applied", Step::Applied),
        Kind::ReviewRejected => ("rejected", Step::Rejected { comment: comment() }),
        Kind::ReviewCancelled => ("cancelled", Step::Cancelled),
        Kind::ReviewExpired => ("expired", Step::Expired),
        Kind::ReviewOverridden => ("applied", Step::Overridden { reason: reason() }),
        Kind::ReviewSuperseded => ("superseded", Step::Superseded { reason: reason() }),
        _ => ("open", Step::Opened { comment: comment() }),
    };
    let missing = Missing { role: "ops_engineer".into(), count: 1 };
    let review = Review {
        id: 1,
        state: state.into(),
        version: "1".into(),
        from_stage: "Staging".into(),
        to_stage: "Production".into(),
        missing: if state == "open" { vec![missing] } else { Vec::new() },
    };
    What::Review { review: Box::new(review), step }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Mlflow;

    #[test]
    fn every_kind_of_ours_has_an_example_of_that_kind() {
        for kind in Kind::ALL {
            let event = event(Topic::Own(*kind), Millis(7)).expect("an example");
            assert_eq!((event.kind(), event.at), (*kind, Millis(7)));
        }
    }

    #[test]
    fn only_the_budget_has_no_event() {
        let without = Mlflow::ALL.iter().filter(|pair| event(Topic::Mlflow(**pair), Millis(0)).is_none());
        assert_eq!(without.map(ToString::to_string).collect::<Vec<_>>(), ["budget_policy.exceeded"]);
    }
}
