//! MLflow's form: `{"entity", "action", "timestamp", "data"}`, with exactly the keys that MLflow sends.

use domain::{KeyValue, Millis};
use serde_json::{Map, Value, json};

use super::written;
use crate::Event;
use crate::event::{VersionChange, What};
use crate::topic::{Action, Entity, Mlflow};

/// Tags that say that a thing is a prompt and what its text is; MLflow keeps them to itself.
const PROMPT_TAGS: [&str; 3] = ["mlflow.prompt.is_prompt", "mlflow.prompt.text", "_mlflow_prompt_type"];

pub(super) fn body(pair: Mlflow, event: &Event) -> Value {
    envelope(pair.entity(), pair.action(), event.at, &data(event))
}

/// The example of the event that is never fired here.
pub(super) fn budget_exceeded(at: Millis) -> Value {
    let data = json!({
        "budget_policy_id": "bp-abc123",
        "budget_unit": "USD",
        "budget_amount": 100.0,
        "current_spend": 105.5,
        "duration_unit": "MONTHS",
        "duration_value": 1,
        "target_scope": "ENDPOINT",
        "workspace": "default",
        "target_value": "ep-abc123",
        "window_start": 1_704_067_200_000_i64,
    });
    envelope(Entity::BudgetPolicy, Action::Exceeded, at, &data)
}

fn envelope(entity: Entity, action: Action, at: Millis, data: &Value) -> Value {
    json!({
        "entity": entity.as_str(),
        "action": action.as_str(),
        // As Python's `isoformat` writes a moment with a fraction.
        "timestamp": written(at, "%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        "data": data,
    })
}

fn data(event: &Event) -> Value {
    let name = &event.model;
    match &event.what {
        What::Created { tags, description } => {
            json!({ "name": name, "tags": object(tags, event.prompt), "description": description })
        }
        What::TagSet(tag) => json!({ "name": name, "key": tag.key, "value": tag.value }),
        What::TagDeleted { key } => json!({ "name": name, "key": key }),
        What::AliasSet { alias, version } => json!({ "name": name, "alias": alias, "version": version }),
        What::AliasDeleted { alias } => json!({ "name": name, "alias": alias }),
        What::VersionCreated(new) if event.prompt => json!({
            "name": name,
            "version": new.version,
            "template": new.template,
            "tags": object(&new.tags, true),
            "description": new.description,
        }),
        What::VersionCreated(new) => json!({
            "name": name,
            "version": new.version,
            "source": new.source,
            "run_id": new.run_id,
            "tags": object(&new.tags, false),
            "description": new.description,
        }),
        What::Version { version, change: VersionChange::TagSet(tag) } => {
            json!({ "name": name, "version": version, "key": tag.key, "value": tag.value })
        }
        What::Version { version, change: VersionChange::TagDeleted { key } } => {
            json!({ "name": name, "version": version, "key": key })
        }
        _ => json!({ "name": name }),
    }
}

fn object(tags: &[KeyValue], prompt: bool) -> Map<String, Value> {
    let kept = tags.iter().filter(|tag| !(prompt && PROMPT_TAGS.contains(&tag.key.as_str())));
    kept.map(|tag| (tag.key.clone(), tag.value.clone().into())).collect()
}
