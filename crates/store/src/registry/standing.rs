//! What reviews say of versions, for lists: which wait for one, and which an override brought where they are.

use std::collections::{HashMap, HashSet};

use domain::registry::{ARCHIVED, NO_STAGE};
use domain::reviews::Kind;
use domain::reviews::state::State;
use sqlx::AnyConnection;

use crate::engine::Engine;
use crate::error::Result;
use crate::sql::Sql;

/// A review that waits for signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReview {
    pub id: i64,
    pub version: i64,
    /// A stage, or `@alias`.
    pub target: String,
    /// Whether it asks if an override was right.
    pub is_followup: bool,
}

/// The open reviews of these versions, by the version's id, the oldest first.
pub(super) async fn open_reviews(
    engine: Engine,
    connection: &mut AnyConnection,
    versions: &[i64],
) -> Result<HashMap<i64, Vec<OpenReview>>> {
    let mut sql =
        Sql::new(engine, "SELECT version_id, id, version, target, kind FROM reviews WHERE state = ");
    sql.bind(State::Open.as_str()).push(" AND version_id IN").list(versions).push(" ORDER BY id");
    by_key(&sql, connection).await
}

/// The open reviews of these models, by the model's id, the oldest first.
pub(super) async fn open_reviews_of_models(
    engine: Engine,
    connection: &mut AnyConnection,
    models: &[i64],
) -> Result<HashMap<i64, Vec<OpenReview>>> {
    let mut sql = Sql::new(engine, "SELECT model_id, id, version, target, kind FROM reviews WHERE state = ");
    sql.bind(State::Open.as_str()).push(" AND model_id IN").list(models).push(" ORDER BY id");
    by_key(&sql, connection).await
}

async fn by_key(sql: &Sql<'_>, connection: &mut AnyConnection) -> Result<HashMap<i64, Vec<OpenReview>>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (key, id, version, target, kind) in sql.fetch::<(i64, i64, i64, String, String)>(connection).await? {
        let is_followup = kind == Kind::Followup.as_str();
        found.entry(key).or_default().push(OpenReview { id, version, target, is_followup });
    }
    Ok(found)
}

/// Those of the versions (by id) that came by an override into the stage that they are in.
pub(super) async fn overridden(
    engine: Engine,
    connection: &mut AnyConnection,
    versions: &[i64],
) -> Result<HashSet<i64>> {
    let mut sql = Sql::new(
        engine,
        "SELECT v.id FROM model_versions v JOIN stage_entries e ON e.id =
             (SELECT MAX(l.id) FROM stage_entries l WHERE l.model_id = v.model_id AND l.version = v.version)
         JOIN reviews q ON q.id = e.review_id WHERE q.is_override = 1 AND v.stage NOT IN",
    );
    sql.list(&[NO_STAGE, ARCHIVED]).push(" AND v.id IN").list(versions);
    let found: Vec<(i64,)> = sql.fetch(connection).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
