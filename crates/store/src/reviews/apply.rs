//! The step that a review is for: the version moves, the release is recorded, and it happens once.

use domain::Millis;
use domain::accounts::Caller;
use domain::registry::ARCHIVED;
use domain::reviews::state::State;
use domain::reviews::{Kind, Target};
use notify::event::What;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Office;
use super::open::insert;
use super::records;
use super::rows::Row;
use super::situation::Situation;
use super::timeline::{self, New};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::registry::stages::{self, Move};
use crate::webhooks::events;
use crate::writer::Tx;

/// Applies a review that the rules have found ready, or overrides what it lacks.
pub(super) async fn apply(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &Caller,
    now_is: &Situation,
    override_reason: Option<&str>,
    now: Millis,
) -> Result<()> {
    let row = &now_is.row;
    let reason = override_reason.unwrap_or_default();
    if !timeline::end(tx, by, now_is, (State::Applied, reason), now).await? {
        return Err(Error::InvalidState("this review has ended meanwhile".into()));
    }
    let follow_up = match override_reason {
        Some(_) => {
            sqlx::query("UPDATE reviews SET is_override = 1 WHERE id = $1")
                .bind(row.id)
                .execute(&mut *tx.connection)
                .await?;
            Some(tx.next_ids("reviews", 1).await?)
        }
        None => None,
    };
    if row.kind() == Kind::Followup {
        timeline::note(tx, by, row, New { kind: "confirmed", ..New::default() }, now).await?;
        let change = Change::new("review.confirm", row.id).from(json!({ "state": "open" }));
        return audit::record(tx, by, change.to(json!({ "state": "applied" })), now).await;
    }
    let archived = move_there(tx, by, now_is, now).await?;
    let envelope = records::record(tx, office, by, now_is, (override_reason, follow_up), now).await?;
    let sha256 = hex::encode(Sha256::digest(&envelope));
    records::keep(tx, row, &sha256, envelope, now).await?;
    let version = row.version.to_string();
    let what = What::ReleaseIssued {
        release: row.id.to_string(),
        version: version.clone(),
        stage: row.target.clone(),
    };
    events::tell(tx, by, row.model_id, what, now).await?;
    if let Some(replaced) = row.replaced {
        let what = What::RolledBack { version, stage: row.target.clone(), replaced: replaced.to_string() };
        events::tell(tx, by, row.model_id, what, now).await?;
    }
    let kind = if override_reason.is_some() { "overrode" } else { "applied" };
    timeline::note(tx, by, row, New { kind, words: reason, ..New::default() }, now).await?;
    for version in &archived {
        let to = now_is.seen.retire_to.as_deref().unwrap_or(ARCHIVED);
        let left = New {
            kind: "retired",
            version: Some(*version),
            from_stage: Some(&row.target),
            to_stage: Some(to),
            ..New::default()
        };
        timeline::note(tx, &Caller::server(), row, left, now).await?;
    }
    let action = if override_reason.is_some() { "review.override" } else { "review.apply" };
    let held_by = now_is.seen.facts.holder().map(|holder| holder.version);
    let change = Change::new(action, row.id).from(json!({
        "state": "open", "stage": row.from_stage, "target_held_by": held_by,
    }));
    let change = change.to(json!({
        "state": "applied", "model": now_is.seen.model, "version": row.version, "target": row.target,
        "archived": archived, "digest": now_is.seen.standing.digest, "record_sha256": sha256,
        "reason": override_reason, "missing": override_reason.map(|_| now_is.missing()),
    }));
    audit::record(tx, by, change, now).await?;
    if let Some(follow_up) = follow_up {
        open_follow_up(tx, by, now_is, follow_up, now).await?;
    }
    Ok(())
}

async fn move_there(tx: &mut Tx<'_>, by: &Caller, now_is: &Situation, now: Millis) -> Result<Vec<i64>> {
    let row = &now_is.row;
    match row.target() {
        Target::Stage(stage) => {
            let wanted = Move {
                id: row.version_id,
                model: row.model_id,
                version: row.version,
                stage: &stage,
                retire_to: now_is.seen.retire_to.as_deref(),
                retires_only: row.replaced.filter(|replaced| now_is.seen.archive == [*replaced]),
                rolled_back_from: row.replaced,
                review: Some(row.id),
            };
            Ok(stages::enter(tx, by, &wanted, now).await?.1)
        }
        Target::Alias(alias) => {
            sqlx::query(
                "INSERT INTO model_aliases (model_id, alias, version) VALUES ($1, $2, $3)
                 ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version",
            )
            .bind(row.model_id)
            .bind(&*alias)
            .bind(row.version)
            .execute(&mut *tx.connection)
            .await?;
            let what = What::AliasSet { alias, version: row.version.to_string() };
            events::tell(tx, by, row.model_id, what, now).await?;
            Ok(Vec::new())
        }
    }
}

/// Whether what was done without signatures was right, others say afterwards; the one who did it doesn't count.
async fn open_follow_up(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    id: i64,
    now: Millis,
) -> Result<()> {
    let mut authors = now_is.review.authors.clone();
    authors.extend(by.user_id);
    let authors: Vec<_> = authors.iter().map(ToString::to_string).collect();
    let row = Row {
        id,
        kind: Kind::Followup.as_str().to_owned(),
        requester_id: by.user_id,
        requester: by.name.clone(),
        authors: authors.join(","),
        comment: format!("Review {} was overridden: was that right?", now_is.row.id),
        opened_at_ms: now.0,
        deadline_ms: now_is.row.deadline_ms,
        follows: Some(now_is.row.id),
        from_stage: now_is.row.target.clone(),
        ..now_is.row.clone()
    };
    insert(tx, &row).await?;
    timeline::note(tx, by, &row, New { kind: "opened", words: &row.comment, ..New::default() }, now).await?;
    let change = Change::new("review.open", id);
    let change = change.to(json!({
        "model": now_is.seen.model, "version": row.version, "kind": row.kind, "target": row.target,
        "follows": now_is.row.id,
    }));
    audit::record(tx, by, change, now).await
}
