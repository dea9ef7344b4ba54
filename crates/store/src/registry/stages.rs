//! How versions move between stages: one step, in which whatever they replace moves, too.

use domain::Millis;
use domain::accounts::Caller;
use domain::registry::ARCHIVED;
use notify::event::{VersionChange, What};

use super::touch;
use crate::error::Result;
use crate::webhooks::events;
use crate::writer::Tx;

/// A version on its way to a stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Move<'a> {
    /// The version's, and its model's.
    pub id: i64,
    pub model: i64,
    pub version: i64,
    pub stage: &'a str,
    /// Where those go that are in the stage now; `None`: they stay.
    pub retire_to: Option<&'a str>,
    /// Only this one goes there.
    pub retires_only: Option<i64>,
    pub rolled_back_from: Option<i64>,
    pub review: Option<i64>,
}

/// Makes the move; where the version was, and which others left for it.
pub(crate) async fn enter(
    tx: &mut Tx<'_>,
    by: &Caller,
    wanted: &Move<'_>,
    now: Millis,
) -> Result<(String, Vec<i64>)> {
    let (before,): (String,) = sqlx::query_as("SELECT stage FROM model_versions WHERE id = $1")
        .bind(wanted.id)
        .fetch_one(&mut *tx.connection)
        .await?;
    let mut retired: Vec<(i64,)> = Vec::new();
    if let Some(retire_to) = wanted.retire_to {
        retired = sqlx::query_as(
            "UPDATE model_versions SET stage = $1, updated_at_ms = $2
                          WHERE model_id = $3 AND stage = $4 AND id <> $5 AND ($6 IS NULL OR version = $6) RETURNING version",
        )
        .bind(retire_to)
        .bind(now.0)
        .bind(wanted.model)
                .bind(wanted.stage)
        .bind(wanted.id)
        .bind(wanted.retires_only)
        .fetch_all(&mut *tx.connection)
        .await?;
    }
    sqlx::query("UPDATE model_versions SET stage = $1, updated_at_ms = $2 WHERE id = $3")
        .bind(wanted.stage)
        .bind(now.0)
        .bind(wanted.id)
        .execute(&mut *tx.connection)
        .await?;
    touch(tx, wanted.model, now).await?;
    let mut retired: Vec<_> = retired.into_iter().map(|(version,)| version).collect();
    retired.sort_unstable();
    for version in &retired {
        let stage = wanted.retire_to.unwrap_or(ARCHIVED);
        let gone =
            Move { model: wanted.model, version: *version, stage, review: wanted.review, ..Move::default() };
        note(tx, &gone, now).await?;
        events::tell(tx, by, wanted.model, moved(*version, wanted.stage, stage), now).await?;
    }
    if before != wanted.stage || wanted.rolled_back_from.is_some() {
        note(tx, wanted, now).await?;
    }
    if before != wanted.stage {
        events::tell(tx, by, wanted.model, moved(wanted.version, &before, wanted.stage), now).await?;
    }
    Ok((before, retired))
}

fn moved(version: i64, from: &str, to: &str) -> What {
    let change = VersionChange::Transitioned { from_stage: from.to_owned(), to_stage: to.to_owned() };
    What::Version { version: version.to_string(), change }
}

/// Writes down that a version came into a stage.
pub(super) async fn note(tx: &mut Tx<'_>, wanted: &Move<'_>, now: Millis) -> Result<()> {
    let id = tx.next_ids("stage_entries", 1).await?;
    sqlx::query(
        "INSERT INTO stage_entries (id, model_id, version, stage, at_ms, rolled_back_from, review_id, files_changes)
         VALUES ($1, $2, $3, $4, $5, $6, $7,
             COALESCE((SELECT v.files_changes FROM model_versions v WHERE v.model_id = $2 AND v.version = $3), 0))",
    )
    .bind(id)
    .bind(wanted.model)
    .bind(wanted.version)
    .bind(wanted.stage)
    .bind(now.0)
    .bind(wanted.rolled_back_from)
    .bind(wanted.review)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}
