//! Reviews as JSON, for every door that speaks it.

use domain::reviews::gates::GateResult;
use domain::reviews::policy::{Requirement, Roles};
use domain::reviews::state::{Label, State};
use serde_json::{Value, json};
use store::reviews::{Activity, Comment, Details, Outcome, ReviewRow, SignedBy};

use crate::clock::now;

pub fn row(row: &ReviewRow) -> Value {
    json!({
        "id": row.id,
        "model": row.model,
        "version": row.version,
        "kind": row.kind,
        "target": row.target,
        "from": row.from_stage,
        "requester": row.requester,
        "comment": row.comment,
        "state": row.state,
        "opened_at_ms": row.opened_at_ms,
        "deadline_ms": row.deadline_ms,
        "ended_at_ms": row.ended_at_ms,
        "ended_by": row.ended_by,
        "is_override": row.is_override != 0,
    })
}

pub fn details(details: &Details) -> Value {
    json!({
        "id": details.id,
        "model": details.model,
        "version": details.version,
        "kind": details.review.kind.as_str(),
        "target": details.review.target.to_string(),
        "from": details.from,
        "requester": details.requester,
        "comment": details.comment,
        // Its time may be over a moment before that is written down.
        "state": if details.review.is_due(now()) { State::Expired } else { details.review.state }.as_str(),
        "opened_at_ms": details.opened_at.0,
        "deadline_ms": details.review.deadline.map(|at| at.0),
        "ended_at_ms": details.ended_at.map(|at| at.0),
        "ended_by": details.ended_by,
        "reason": details.reason,
        "is_override": details.is_override,
        "follows": details.follows,
        "digest": details.standing.digest,
        "authors": details.review.authors.iter().map(|id| details.name(*id)).collect::<Vec<_>>(),
        "requirements": details.requirements.iter().map(requirement).collect::<Vec<_>>(),
        "missing": details.missing,
        "labels": details.labels.iter().map(|label| self::label(details, label)).collect::<Vec<_>>(),
        "gates": details.gates().iter().map(gate).collect::<Vec<_>>(),
        "sign_offs": details.signed.iter().map(sign_off).collect::<Vec<_>>(),
        "changes_requested": details.changes.iter().map(|asked| json!({
            "by": asked.name, "role": asked.role, "words": asked.words, "at_ms": asked.at.0,
        })).collect::<Vec<_>>(),
        "champion": details.facts.champion.as_ref().map(|champion| champion.version),
        "archives": details.archive,
        "files_state": details.files_state,
        "timeline": details.timeline.iter().map(activity).collect::<Vec<_>>(),
        "comments": details.comments.iter().map(comment).collect::<Vec<_>>(),
    })
}

pub fn requirement(requirement: &Requirement) -> Value {
    let roles = match &requirement.roles {
        Roles::Any => vec!["any"],
        Roles::Of(roles) => roles.iter().map(|role| role.as_str()).collect(),
    };
    json!({ "roles": roles, "count": requirement.count })
}

fn label(details: &Details, label: &Label) -> Value {
    let names = |ids: &[i64]| ids.iter().map(|id| details.name(*id)).collect::<Vec<_>>();
    match label {
        Label::WaitingForSignature(requirements) => {
            json!({ "waiting_for_signature": requirements.iter().map(requirement).collect::<Vec<_>>() })
        }
        Label::Blocked(gates) => json!({ "blocked_by": gates }),
        Label::ChangesRequested(people) => json!({ "changes_requested_by": names(people) }),
        Label::Stale(people) => json!({ "stale": names(people) }),
        Label::Overdue => json!("overdue"),
        Label::Ready => json!("ready"),
    }
}

fn gate(gate: &GateResult) -> Value {
    json!({
        "id": gate.id,
        "kind": gate.kind,
        "required": gate.required,
        "status": gate.status.as_str(),
        "summary": gate.summary,
        "evidence": gate.evidence,
        "evidence_sha256": gate.evidence_sha256,
        "waiver": gate.waiver.as_ref().map(|waiver| json!({ "reason": waiver.reason, "at_ms": waiver.at.0 })),
    })
}

fn sign_off(signed: &SignedBy) -> Value {
    json!({
        "by": signed.name,
        "role": signed.role,
        "words": signed.words,
        "at_ms": signed.at.0,
        "counts": signed.void.is_none(),
        "void": signed.void,
        "changed": signed.changed.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

pub fn activity(activity: &Activity) -> Value {
    json!({
        "id": activity.id,
        "kind": activity.kind,
        "version": activity.version,
        "by": activity.name,
        "role": activity.role,
        "from": activity.from_stage,
        "to": activity.to_stage,
        "words": activity.words,
        "said": activity.said,
        "at_ms": activity.at_ms,
    })
}

pub fn comment(comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "version": comment.version,
        "review": comment.review_id,
        "by": comment.name,
        "text": comment.text,
        "at_ms": comment.at_ms,
        "edited_at_ms": comment.edited_at_ms,
        "is_deleted": comment.deleted_at_ms.is_some(),
    })
}

pub fn outcome(id: i64, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Recorded { missing } => {
            json!({ "review": id, "state": State::Open.as_str(), "applied": false, "missing": missing })
        }
        Outcome::Applied => {
            json!({ "review": id, "state": State::Applied.as_str(), "applied": true, "missing": [] })
        }
        Outcome::Ended(state) => {
            json!({ "review": id, "state": state.as_str(), "applied": false, "missing": [] })
        }
    }
}
