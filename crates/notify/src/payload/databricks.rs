//! Databricks' form: flat, with a `text` that Slack shows as it is. It never says where files are.

use serde_json::{Map, Value, json};

use crate::Event;
use crate::event::{Step, VersionChange, What};
use crate::text::sentence;
use crate::topic::Databricks;

pub(super) fn body(name: Databricks, event: &Event, hook_id: &str) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("event", name.as_str().into());
    put("webhook_id", hook_id.into());
    put("event_timestamp", event.at.0.into());
    put("model_name", event.model.as_str().into());
    if let Some(version) = event.version() {
        put("version", version.into());
    }
    match &event.what {
        What::VersionCreated(new) => {
            if let Some(run_id) = &new.run_id {
                put("run_id", run_id.as_str().into());
            }
        }
        What::Version { change: VersionChange::TagSet(tag), .. } => {
            put("tags", json!([{ "key": tag.key, "value": tag.value }]));
        }
        What::Version { change: VersionChange::Transitioned { from_stage, to_stage }, .. } => {
            put("from_stage", from_stage.as_str().into());
            put("to_stage", to_stage.as_str().into());
        }
        What::Version { change: VersionChange::Commented { comment }, .. }
        | What::Review { step: Step::Commented { comment }, .. } => {
            put("comment", comment.as_str().into());
        }
        What::Review { review, step } => {
            put("from_stage", review.from_stage.as_str().into());
            put("to_stage", review.to_stage.as_str().into());
            if let Step::Opened { comment } = step
                && !comment.is_empty()
            {
                put("comment", comment.as_str().into());
            }
        }
        _ => {}
    }
    put("text", sentence(event).into());
    Value::Object(body)
}
