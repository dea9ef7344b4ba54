//! Runs as they are read: with params, tags, last metrics and inputs, many in a few queries.

use std::collections::HashMap;
use std::sync::Arc;

use domain::metrics::LatestMetric;
use domain::runs::{PARENT_TAG, RunInputs};
use domain::{KeyValue, Lifecycle, MetricValue, Millis, Run, RunStatus};
use serde::de::DeserializeOwned;
use sqlx::AnyConnection;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::{Db, bulk, datasets, logged_models};

/// # Errors
/// `NotFound`.
pub async fn get(db: &Db, uuid: &str) -> Result<Run> {
    let mut runs = get_many(db, &[uuid.to_owned()]).await?;
    runs.pop().ok_or_else(|| Error::not_found("run", "id", uuid))
}

/// Those of the runs that exist, in the order asked for.
///
/// # Errors
/// Only the database's.
pub async fn get_many(db: &Db, uuids: &[String]) -> Result<Vec<Run>> {
    let mut connection = db.reader().await?;
    let ids = ids_of(db, &mut connection, uuids).await?;
    let ids: Vec<_> = uuids.iter().filter_map(|uuid| ids.get(uuid).copied()).collect();
    load(db, &mut connection, &ids).await
}

/// How many runs that aren't deleted name each of `uuids` as their parent, in that order.
///
/// # Errors
/// Only the database's.
pub async fn child_counts(db: &Db, uuids: &[String]) -> Result<Vec<i64>> {
    let mut connection = db.reader().await?;
    let keys = db.keys().find(&mut connection, db.engine(), &[PARENT_TAG]).await?;
    let Some(key) = keys.get(PARENT_TAG).copied() else { return Ok(vec![0; uuids.len()]) };
    let mut counts: HashMap<String, i64> = HashMap::new();
    for chunk in uuids.chunks(bulk::MAX_LIST) {
        let names: Vec<_> = chunk.iter().map(String::as_str).collect();
        let mut experiments = Sql::new(db.engine(), "SELECT DISTINCT experiment_id FROM runs WHERE uuid IN");
        let experiments: Vec<(i64,)> = experiments.list(&names).fetch(&mut connection).await?;
        for (experiment,) in experiments {
            let mut children = Sql::new(
                db.engine(),
                "SELECT t.value, COUNT(*) FROM tags t JOIN runs r ON r.id = t.run_id AND r.is_deleted = 0
                 WHERE t.experiment_id = ",
            );
            children.bind(experiment).push(" AND t.key_id = ").bind(key);
            children.push(" AND SUBSTR(t.value, 1, 64) IN").list(&names).push(" GROUP BY t.value");
            let rows: Vec<(String, i64)> = children.fetch(&mut connection).await?;
            counts.extend(rows);
        }
    }
    Ok(uuids.iter().map(|uuid| counts.get(uuid).copied().unwrap_or(0)).collect())
}

/// The numbers of those of the runs that exist.
pub(crate) async fn ids_of(
    db: &Db,
    connection: &mut AnyConnection,
    uuids: &[String],
) -> Result<HashMap<String, i64>> {
    let mut ids = HashMap::with_capacity(uuids.len());
    for chunk in uuids.chunks(bulk::MAX_LIST) {
        let chunk: Vec<_> = chunk.iter().map(String::as_str).collect();
        let mut sql = Sql::new(db.engine(), "SELECT uuid, id FROM runs WHERE uuid IN");
        ids.extend(sql.list(&chunk).fetch::<(String, i64)>(connection).await?);
    }
    Ok(ids)
}

/// The runs with these numbers, in this order, with all that belongs to them.
pub(crate) async fn load(db: &Db, connection: &mut AnyConnection, ids: &[i64]) -> Result<Vec<Run>> {
    let mut loaded = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(bulk::MAX_LIST) {
        loaded.append(&mut load_chunk(db, connection, chunk).await?);
    }
    Ok(loaded)
}

#[derive(FromRow)]
struct RunRow {
    id: i64,
    uuid: String,
    experiment_id: i64,
    name: String,
    user_id: String,
    status: String,
    is_deleted: i64,
    started_at_ms: i64,
    ended_at_ms: Option<i64>,
    artifact_uri: String,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            uuid: row.uuid,
            experiment_id: row.experiment_id,
            name: row.name,
            user: row.user_id,
            status: RunStatus::parse(&row.status).unwrap_or_default(),
            lifecycle: Lifecycle::from_deleted(row.is_deleted != 0),
            started_at: Some(Millis(row.started_at_ms)),
            ended_at: row.ended_at_ms.map(Millis),
            artifact_uri: row.artifact_uri,
            params: Vec::new(),
            metrics: Vec::new(),
            tags: Vec::new(),
            inputs: RunInputs::default(),
        }
    }
}

async fn load_chunk(db: &Db, connection: &mut AnyConnection, ids: &[i64]) -> Result<Vec<Run>> {
    let list = List { engine: db.engine(), ids };
    let rows: Vec<RunRow> = list
        .fetch(
            connection,
            "SELECT id, uuid, experiment_id, name, user_id, status, is_deleted, started_at_ms, ended_at_ms,
                 artifact_uri
             FROM runs WHERE id IN",
        )
        .await?;
    let mut runs: HashMap<i64, Run> = rows.into_iter().map(|row| (row.id, row.into())).collect();

    let params: Vec<(i64, i64, String)> =
        list.fetch_packed(connection, "params", "run_id, key_id, value").await?;
    let tags: Vec<(i64, i64, String)> =
        list.fetch_packed(connection, "tags", "run_id, key_id, value").await?;
    let metrics: Vec<(i64, i64, i64, i64, i64)> =
        list.fetch_packed(connection, "latest_metrics", "run_id, key_id, value, step, timestamp_ms").await?;
    let mut key_ids: Vec<_> = params.iter().chain(&tags).map(|row| row.1).collect();
    key_ids.extend(metrics.iter().map(|row| row.1));
    let names = db.keys().names(connection, db.engine(), &key_ids).await?;
    let name = |id: i64| names.get(&id).map(Arc::as_ref).unwrap_or_default().to_owned();

    for (run, key, value) in params {
        if let Some(run) = runs.get_mut(&run) {
            run.params.push(KeyValue { key: name(key), value });
        }
    }
    for (run, key, value) in tags {
        if let Some(run) = runs.get_mut(&run) {
            run.tags.push(KeyValue { key: name(key), value });
        }
    }
    for (run, key, value, step, at) in metrics {
        if let Some(run) = runs.get_mut(&run) {
            let value = MetricValue::from_ordinal(value);
            run.metrics.push(LatestMetric { key: name(key), value, step, timestamp: Millis(at) });
        }
    }
    for (run, input) in datasets::of_runs(connection, &list).await? {
        if let Some(run) = runs.get_mut(&run) {
            run.inputs.datasets.push(input);
        }
    }
    for (run, link) in logged_models::of_runs(connection, &list).await? {
        if let Some(run) = runs.get_mut(&run) {
            match link {
                logged_models::Link::Input(model) => run.inputs.models.push(model),
                logged_models::Link::Output(output) => run.inputs.outputs.push(output),
            }
        }
    }
    for run in runs.values_mut() {
        run.params.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        run.tags.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        run.metrics.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    }
    Ok(ids.iter().filter_map(|id| runs.remove(id)).collect())
}

/// Numbers of runs, for an `IN (…)`.
pub(crate) struct List<'i> {
    engine: Engine,
    ids: &'i [i64],
}

impl List<'_> {
    /// The rows of `select`, which ends with `IN`.
    pub async fn fetch<T>(&self, connection: &mut AnyConnection, select: &str) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        Sql::new(self.engine, select).list(self.ids).fetch(connection).await
    }

    /// The rows of these runs in `table`, which are many.
    async fn fetch_packed<T: DeserializeOwned>(
        &self,
        connection: &mut AnyConnection,
        table: &str,
        columns: &str,
    ) -> Result<Vec<T>> {
        let mut sql = Sql::new(self.engine, &format!("SELECT {columns} FROM {table} WHERE run_id IN"));
        sql.list(self.ids).fetch_packed(connection, columns).await
    }
}
