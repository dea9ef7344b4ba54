//! What a review is decided on, and how it is kept when the review ends.

use std::collections::BTreeSet;

use domain::reviews::gates::{Facts, Measured};
use domain::reviews::state::Standing;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;

use super::evidence::Version;
use super::policies::SavedPolicy;
use crate::error::Result;
use crate::writer::Tx;

/// Everything but the review's own rows. Of an open review it is as things are now, of one that has ended as they
/// were then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The registered model's name.
    pub model: String,
    pub standing: Standing,
    pub facts: Facts,
    pub version: Version,
    pub champion: Option<Version>,
    pub policy: Option<SavedPolicy>,
    /// What the digest is of.
    pub document: Value,
    /// The versions that leave the target when this one enters it.
    pub archive: Vec<i64>,
    pub retire_to: Option<String>,
}

/// Keeps what the review ended on.
pub(super) async fn keep(tx: &mut Tx<'_>, review: i64, seen: &Seen) -> Result<()> {
    let text = serde_json::to_string(seen).map_err(|cause| sqlx::Error::Encode(cause.into()))?;
    sqlx::query("INSERT INTO review_seen (review_id, seen) VALUES ($1, $2)")
        .bind(review)
        .bind(text)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

/// A version's metrics as the last review that brought it to the target had them: what was logged to its run or its
/// logged model afterwards nobody signed, and moves no bar for others. A metric that it had no value of then is taken
/// as it is now.
pub(super) async fn as_released(
    connection: &mut AnyConnection,
    mut version: Version,
    target: &str,
) -> Result<Version> {
    #[derive(Deserialize)]
    struct Released {
        version: Version,
    }
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT s.seen FROM review_seen s JOIN reviews q ON q.id = s.review_id
         WHERE q.version_id = $1 AND q.state = 'applied' AND q.kind = 'promotion'
         ORDER BY CASE WHEN q.target = $2 THEN 0 ELSE 1 END, q.id DESC LIMIT 1",
    )
    .bind(version.id)
    .bind(target)
    .fetch_optional(connection)
    .await?;
    let Some((text,)) = row else { return Ok(version) };
    let released: Released =
        serde_json::from_str(&text).map_err(|cause| sqlx::Error::Decode(cause.into()))?;
    let released = released.version.facts;
    let known: BTreeSet<_> =
        released.run_metrics.iter().chain(&released.model_metrics).map(|metric| metric.key.clone()).collect();
    let keep = |now: &mut Vec<Measured>, then: Vec<Measured>| {
        now.retain(|metric| !known.contains(&metric.key));
        now.extend(then);
        now.sort_by(|a, b| a.key.cmp(&b.key));
    };
    keep(&mut version.facts.run_metrics, released.run_metrics);
    keep(&mut version.facts.model_metrics, released.model_metrics);
    Ok(version)
}

/// What an ended review ended on; `None` of one that ended before that was kept.
pub(super) async fn kept(connection: &mut AnyConnection, review: i64) -> Result<Option<Seen>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT seen FROM review_seen WHERE review_id = $1")
        .bind(review)
        .fetch_optional(connection)
        .await?;
    let read = |(text,): (String,)| serde_json::from_str(&text);
    Ok(row.map(read).transpose().map_err(|cause| sqlx::Error::Decode(cause.into()))?)
}
