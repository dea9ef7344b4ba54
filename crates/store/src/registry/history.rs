//! Where versions have been, and when: the stages of one, the hand-overs of a model.

use std::collections::HashMap;

use domain::Millis;
use domain::permissions::Level;
use domain::registry::hand_over::HandOver;
use domain::registry::{ARCHIVED, NO_STAGE, PRODUCTION};

use super::{Asking, find_version, readable};
use crate::Db;
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::sql::Sql;

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

type Moments = (String, i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>, i64);

/// The hand-overs of a model's versions, by version.
///
/// # Errors
/// `NotFound` without the model.
pub async fn hand_overs(db: &Db, name: &str, now: Millis) -> Result<Vec<HandOver>> {
    readable(&mut *db.reader().await?, db.engine(), db.by(), name).await?;
    Ok(hand_overs_of(db, &[name], now).await?.remove(name).unwrap_or_default())
}

/// The hand-overs of the versions of those of the models that whoever asks may read, by model, then version.
///
/// # Errors
/// Only the database's.
pub async fn hand_overs_of(db: &Db, names: &[&str], now: Millis) -> Result<HashMap<String, Vec<HandOver>>> {
    let mut sql = Sql::new(
        db.engine(),
        "SELECT m.name, v.version, v.created_at_ms, r.started_at_ms,
             (SELECT MIN(e.at_ms) FROM stage_entries e WHERE e.model_id = v.model_id AND e.version = v.version
              AND e.stage NOT IN",
    );
    sql.list(&[NO_STAGE, ARCHIVED, PRODUCTION]);
    sql.push(
        "), (SELECT MIN(q.opened_at_ms) FROM reviews q WHERE q.version_id = v.id AND q.kind = 'promotion'",
    );
    sql.push(" AND q.target = ").bind(PRODUCTION);
    sql.push("), (SELECT MIN(e.at_ms) FROM stage_entries e WHERE e.model_id = v.model_id");
    sql.push(" AND e.version = v.version AND e.stage = ").bind(PRODUCTION);
    sql.push("), (SELECT COUNT(*) FROM reviews q WHERE q.version_id = v.id AND q.kind = 'promotion'");
    sql.push(" AND q.state = 'open' AND q.target = ").bind(PRODUCTION);
    sql.push(
        ") FROM registered_models m JOIN model_versions v ON v.model_id = m.id
         LEFT JOIN runs r ON r.uuid = v.run_uuid WHERE m.name IN",
    );
    sql.list(names);
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    sql.push(" ORDER BY v.version");
    let rows: Vec<Moments> = sql.fetch(&mut *db.reader().await?).await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (model, version, registered, started, staged, asked, released, open) in rows {
        found.entry(model).or_default().push(HandOver {
            version,
            // 0: the client didn't say.
            run_started_at: started.filter(|at| *at > 0).map(Millis),
            registered_at: Millis(registered),
            staged_at: staged.map(Millis),
            asked_at: asked.map(Millis),
            released_at: released.map(Millis),
            waits_until: (open > 0).then_some(now),
        });
    }
    Ok(found)
}
