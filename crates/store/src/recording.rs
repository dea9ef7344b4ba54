//! A recorded workspace, as if it had been recorded just now.

use domain::Millis;
use futures::FutureExt as _;

use crate::Db;
use crate::error::{Error, Result};

/// Every moment that a run or a model logged, moved by `$1`. What is part of a key moves in two steps: below zero,
/// then back, as a point may come to where another one still is.
const MOVE: [&str; 7] = [
    "UPDATE runs SET started_at_ms = started_at_ms + $1 WHERE started_at_ms > 0",
    "UPDATE runs SET ended_at_ms = ended_at_ms + $1, deleted_at_ms = deleted_at_ms + $1",
    "UPDATE latest_metrics SET timestamp_ms = timestamp_ms + $1",
    "UPDATE metrics SET timestamp_ms = -(timestamp_ms + $1)",
    "UPDATE logged_model_metrics SET timestamp_ms = -(timestamp_ms + $1)",
    "UPDATE experiments SET created_at_ms = created_at_ms + $1, updated_at_ms = updated_at_ms + $1",
    "UPDATE logged_models SET created_at_ms = created_at_ms + $1, updated_at_ms = updated_at_ms + $1",
];

/// A recording says when its runs were, but was made at once: an experiment is there before its first run, and a
/// logged model when its run ends.
const SETTLE: [&str; 4] = [
    "UPDATE metrics SET timestamp_ms = -timestamp_ms",
    "UPDATE logged_model_metrics SET timestamp_ms = -timestamp_ms",
    "UPDATE experiments SET
         created_at_ms = (SELECT MIN(r.started_at_ms) FROM runs r WHERE r.experiment_id = experiments.id AND r.started_at_ms > 0),
         updated_at_ms = (SELECT MIN(r.started_at_ms) FROM runs r WHERE r.experiment_id = experiments.id AND r.started_at_ms > 0)
     WHERE created_at_ms > (SELECT MIN(r.started_at_ms) FROM runs r WHERE r.experiment_id = experiments.id AND r.started_at_ms > 0)",
    "UPDATE logged_models SET
         created_at_ms = (SELECT r.ended_at_ms FROM runs r WHERE r.uuid = logged_models.source_run),
         updated_at_ms = (SELECT r.ended_at_ms FROM runs r WHERE r.uuid = logged_models.source_run)
     WHERE created_at_ms > (SELECT r.ended_at_ms FROM runs r WHERE r.uuid = logged_models.source_run)",
];

/// Moves every time so that the last thing that was logged happened `now`.
///
/// # Errors
/// `Forbidden` unless an admin asks; `InvalidState` where people or registered models are: what was signed and
/// written into the audit log stays when it was.
pub async fn lead_up_to(db: &Db, now: Millis) -> Result<()> {
    db.by().check_admin()?;
    db.write(move |tx| {
        async move {
            let (people, models): (i64, i64) = sqlx::query_as(
                "SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM registered_models)",
            )
            .fetch_one(&mut *tx.connection)
            .await?;
            if people > 0 || models > 0 {
                let why = "this is no recording: people or registered models are there already";
                return Err(Error::InvalidState(why.into()));
            }
            let (last,): (Option<i64>,) = sqlx::query_as(
                "SELECT MAX(at_ms) FROM (SELECT MAX(started_at_ms) AS at_ms FROM runs
                 UNION ALL SELECT MAX(ended_at_ms) FROM runs
                 UNION ALL SELECT MAX(timestamp_ms) FROM latest_metrics) moments",
            )
            .fetch_one(&mut *tx.connection)
            .await?;
            let Some(last) = last else { return Ok(()) };
            for statement in MOVE {
                sqlx::query(statement).bind(now.0 - last).execute(&mut *tx.connection).await?;
            }
            for statement in SETTLE {
                sqlx::query(statement).execute(&mut *tx.connection).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await
}
