//! Our own form: `{"type", "timestamp", "data"}`. Ids, names and links rather than documents: descriptions, all tags
//! at once and prompts' texts are left out, and typed texts are cut, so that a body stays under 20 KB.

use serde_json::{Map, Value, json};

use super::written;
use crate::event::{Review, Step, VersionChange, What};
use crate::text::cut;
use crate::{Event, Kind};

/// How many characters of a typed text are sent.
const LONGEST: usize = 1000;

pub(super) fn body(kind: Kind, event: &Event) -> Value {
    json!({
        "type": kind.as_str(),
        "timestamp": written(event.at, "%Y-%m-%dT%H:%M:%S%.3fZ"),
        "data": data(event),
    })
}

fn data(event: &Event) -> Value {
    let mut data = Map::new();
    let mut put = |key: &str, value: Value| data.insert(key.to_owned(), value);
    put("model", text(&event.model));
    put("actor", json!({ "name": text(&event.actor.name), "roles": event.actor.roles }));
    if let Some(version) = event.version() {
        put("version", text(version));
    }
    if !event.url.is_empty() && !matches!(event.what, What::Review { .. }) {
        put("url", json!(event.url));
    }
    match &event.what {
        What::Created { .. } | What::Updated | What::Deleted => {}
        What::Renamed { from } => drop(put("previous_name", text(from))),
        What::TagSet(tag) => {
            put("key", text(&tag.key));
            put("value", text(&tag.value));
        }
        What::TagDeleted { key } => drop(put("key", text(key))),
        What::AliasSet { alias, .. } | What::AliasDeleted { alias } => drop(put("alias", text(alias))),
        What::VersionCreated(new) => drop(put("run_id", json!(new.run_id.as_deref().map(text)))),
        What::Version { change, .. } => versioned(change, put),
        What::Review { review, step } => {
            reviewed(review, &event.url, &mut put);
            stepped(step, put);
        }
        What::ReleaseIssued { release, stage, .. } => {
            put("release", text(release));
            put("stage", text(stage));
        }
        What::RolledBack { stage, replaced, .. } => {
            put("stage", text(stage));
            put("replaced_version", text(replaced));
        }
    }
    Value::Object(data)
}

fn versioned(change: &VersionChange, mut put: impl FnMut(&str, Value) -> Option<Value>) {
    match change {
        VersionChange::Updated | VersionChange::Deleted => {}
        VersionChange::TagSet(tag) => {
            put("key", text(&tag.key));
            put("value", text(&tag.value));
        }
        VersionChange::TagDeleted { key } => drop(put("key", text(key))),
        VersionChange::Transitioned { from_stage, to_stage } => {
            put("from_stage", text(from_stage));
            put("to_stage", text(to_stage));
        }
        VersionChange::Commented { comment } => drop(put("comment", text(comment))),
    }
}

fn reviewed(review: &Review, url: &str, put: &mut impl FnMut(&str, Value) -> Option<Value>) {
    let missing = review.missing.iter().map(|one| json!({ "role": one.role, "count": one.count }));
    put("missing", missing.collect());
    put("review", json!({ "id": review.id, "url": url, "state": review.state }));
    put("from_stage", text(&review.from_stage));
    put("to_stage", text(&review.to_stage));
}

fn stepped(step: &Step, mut put: impl FnMut(&str, Value) -> Option<Value>) {
    match step {
        Step::Applied | Step::Cancelled | Step::Expired => {}
        Step::Opened { comment }
        | Step::ChangesRequested { comment }
        | Step::Commented { comment }
        | Step::Rejected { comment } => drop(put("comment", text(comment))),
        Step::Signed { role } => drop(put("role", text(role))),
        Step::SignatureStale { signer } => drop(put("signer", text(signer))),
        Step::GateChanged { gate, status } => {
            put("gate", text(gate));
            put("status", text(status));
        }
        Step::Waived { gate, reason } => {
            put("gate", text(gate));
            put("reason", text(reason));
        }
        Step::Overridden { reason } | Step::Superseded { reason } => drop(put("reason", text(reason))),
    }
}

fn text(typed: &str) -> Value {
    cut(typed, LONGEST).into()
}
