//! Where versions have been, and when: the stages of one, the hand-overs of a model.

use std::collections::BTreeMap;

use domain::Millis;
use domain::permissions::Level;

use super::{Asking, find_version, readable};
use crate::Db;
use crate::error::Result;

/// A version came into a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageEntry {
    pub stage: String,
    pub at: Millis,
    /// The version that this was a rollback from.
    pub rolled_back_from: Option<i64>,
    /// `None`: by a plain call.
    pub review: Option<i64>,
}

/// Where a version has been, latest first.
///
/// # Errors
/// `NotFound` without the version.
pub async fn stage_entries(db: &Db, name: &str, version: i64) -> Result<Vec<StageEntry>> {
    let mut connection = db.reader().await?;
    let (_, model) =
        find_version(&mut connection, Asking::new(db.engine(), db.by(), Level::Read), name, version).await?;
    let found: Vec<(String, i64, Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT stage, at_ms, rolled_back_from, review_id FROM stage_entries
         WHERE model_id = $1 AND version = $2 ORDER BY id DESC",
    )
    .bind(model)
    .bind(version)
    .fetch_all(&mut *connection)
    .await?;
    let entry = |(stage, at, rolled_back_from, review)| StageEntry {
        stage,
        at: Millis(at),
        rolled_back_from,
        review,
    };
    Ok(found.into_iter().map(entry).collect())
}

/// When a version was handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    pub version: i64,
    /// When its run began; `None`: it is of no run, or that didn't say.
    pub run_started_at: Option<Millis>,
    pub registered_at: Millis,
    /// The stages it came into after its first, each with the first time.
    pub reached: BTreeMap<String, Millis>,
}

/// The hand-overs of a model's versions, by version.
///
/// # Errors
/// `NotFound` without the model.
pub async fn hand_overs(db: &Db, name: &str) -> Result<Vec<HandOver>> {
    let mut connection = db.reader().await?;
    let model = readable(&mut connection, db.engine(), db.by(), name).await?;
    let versions: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT v.version, v.created_at_ms, r.started_at_ms
         FROM model_versions v LEFT JOIN runs r ON r.uuid = v.run_uuid
         WHERE v.model_id = $1 ORDER BY v.version",
    )
    .bind(model)
    .fetch_all(&mut *connection)
    .await?;
    let entries: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT version, stage, MIN(at_ms) FROM stage_entries
         WHERE model_id = $1 AND stage <> $2 GROUP BY version, stage",
    )
    .bind(model)
    .bind(domain::registry::NO_STAGE)
    .fetch_all(&mut *connection)
    .await?;
    let mut reached: BTreeMap<i64, BTreeMap<String, Millis>> = BTreeMap::new();
    for (version, stage, at) in entries {
        reached.entry(version).or_default().insert(stage, Millis(at));
    }
    let hand_over = |(version, registered_at, started_at): (i64, i64, Option<i64>)| HandOver {
        version,
        // 0: the client didn't say.
        run_started_at: started_at.filter(|at| *at > 0).map(Millis),
        registered_at: Millis(registered_at),
        reached: reached.remove(&version).unwrap_or_default(),
    };
    Ok(versions.into_iter().map(hand_over).collect())
}
