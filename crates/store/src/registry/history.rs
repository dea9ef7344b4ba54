//! Where versions have been, and when: the stages of one, the hand-overs of a model.

use domain::Millis;
use domain::permissions::Level;
use domain::registry::hand_over::HandOver;
use domain::registry::{ARCHIVED, NO_STAGE, PRODUCTION};

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

type Moments = (i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// The hand-overs of a model's versions, by version.
///
/// # Errors
/// `NotFound` without the model.
pub async fn hand_overs(db: &Db, name: &str) -> Result<Vec<HandOver>> {
    let mut connection = db.reader().await?;
    let model = readable(&mut connection, db.engine(), db.by(), name).await?;
    let rows: Vec<Moments> = sqlx::query_as(
        "SELECT v.version, v.created_at_ms, r.started_at_ms,
             (SELECT MIN(e.at_ms) FROM stage_entries e WHERE e.model_id = v.model_id AND e.version = v.version
              AND e.stage NOT IN ($1, $2, $3)),
             (SELECT MIN(q.opened_at_ms) FROM reviews q
              WHERE q.version_id = v.id AND q.target = $3 AND q.kind = 'promotion'),
             (SELECT MIN(e.at_ms) FROM stage_entries e WHERE e.model_id = v.model_id AND e.version = v.version
              AND e.stage = $3)
         FROM model_versions v LEFT JOIN runs r ON r.uuid = v.run_uuid
         WHERE v.model_id = $4 ORDER BY v.version",
    )
    .bind(NO_STAGE)
    .bind(ARCHIVED)
    .bind(PRODUCTION)
    .bind(model)
    .fetch_all(&mut *connection)
    .await?;
    let hand_over = |(version, registered, started, staged, asked, released): Moments| HandOver {
        version,
        // 0: the client didn't say.
        run_started_at: started.filter(|at| *at > 0).map(Millis),
        registered_at: Millis(registered),
        staged_at: staged.map(Millis),
        asked_at: asked.map(Millis),
        released_at: released.map(Millis),
    };
    Ok(rows.into_iter().map(hand_over).collect())
}
