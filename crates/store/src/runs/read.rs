//! Runs as they are read: with params, tags, last metrics and inputs, many in one query.

use std::collections::HashMap;
use std::sync::Arc;

use domain::metrics::LatestMetric;
use domain::runs::PARENT_TAG;
use domain::{KeyValue, Lifecycle, MetricValue, Millis, Run, RunStatus};
use serde::Deserialize;
use sqlx::AnyConnection;

use crate::error::{Error, Result};
use crate::permissions::{Kind as ObjectKind, push_readable};
use crate::sql::{Sql, unpack};
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
    load(db, &mut connection, &ids, true).await
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
        let mut sql = Sql::new(
            db.engine(),
            "SELECT t.value, COUNT(*) FROM tags t JOIN runs r ON r.id = t.run_id AND r.is_deleted = 0
             WHERE t.experiment_id IN (SELECT p.experiment_id FROM runs p
                 JOIN experiments e ON e.id = p.experiment_id WHERE p.uuid IN",
        );
        sql.list(&names);
        push_readable(&mut sql, db.by(), ObjectKind::Experiment, "e");
        sql.push(") AND t.key_id = ").bind(key);
        sql.push(" AND SUBSTR(t.value, 1, 64) IN").list(&names).push(" GROUP BY t.value");
        counts.extend(sql.fetch::<(String, i64)>(&mut connection).await?);
    }
    Ok(uuids.iter().map(|uuid| counts.get(uuid).copied().unwrap_or(0)).collect())
}

/// The numbers of those of the runs that exist for whoever asks: nothing of a run is read but by them.
pub(crate) async fn ids_of(
    db: &Db,
    connection: &mut AnyConnection,
    uuids: &[String],
) -> Result<HashMap<String, i64>> {
    let mut ids = HashMap::with_capacity(uuids.len());
    for chunk in uuids.chunks(bulk::MAX_LIST) {
        let chunk: Vec<_> = chunk.iter().map(String::as_str).collect();
        let mut sql = Sql::new(
            db.engine(),
            "SELECT r.uuid, r.id FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE r.uuid IN",
        );
        sql.list(&chunk);
        push_readable(&mut sql, db.by(), ObjectKind::Experiment, "e");
        ids.extend(sql.fetch::<(String, i64)>(connection).await?);
    }
    Ok(ids)
}

/// The runs with these numbers, in this order, with all that belongs to them; what they read and made only if asked for.
pub(crate) async fn load(
    db: &Db,
    connection: &mut AnyConnection,
    ids: &[i64],
    with_inputs: bool,
) -> Result<Vec<Run>> {
    let mut loaded = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(bulk::MAX_LIST) {
        loaded.append(&mut load_chunk(db, connection, chunk, with_inputs).await?);
    }
    Ok(loaded)
}

/// A kind of thing that runs have: its columns, where they are, and which of them names the run.
pub(crate) struct Kind {
    pub columns: &'static str,
    pub from: &'static str,
    pub run: &'static str,
}

const RUNS: Kind = Kind {
    columns: "id, uuid, experiment_id, name, user_id, status, is_deleted, started_at_ms, ended_at_ms, artifact_uri",
    from: "runs",
    run: "id",
};
const PARAMS: Kind = Kind { columns: "run_id, key_id, value", from: "params", run: "run_id" };
const TAGS: Kind = Kind { columns: "run_id, key_id, value", from: "tags", run: "run_id" };
const METRICS: Kind =
    Kind { columns: "run_id, key_id, value, step, timestamp_ms", from: "latest_metrics", run: "run_id" };

/// In the order of [`Packed`].
const KINDS: [Kind; 7] =
    [RUNS, PARAMS, TAGS, METRICS, datasets::OF_RUNS, datasets::TAGS_OF_RUNS, logged_models::OF_RUNS];

/// The rows of each kind as one text. Every statement costs a change of threads, and every row more than its
/// cells do, so all of a page comes in one row.
type Packed = (String, String, String, String, String, String, String);

#[derive(Deserialize)]
struct RunRow(i64, String, i64, String, String, String, i64, i64, Option<i64>, String);

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        let RunRow(_, uuid, experiment_id, name, user, status, deleted, started_at, ended_at, artifact_uri) =
            row;
        Self {
            uuid,
            experiment_id,
            name,
            user,
            status: RunStatus::parse(&status).unwrap_or_default(),
            lifecycle: Lifecycle::from_deleted(deleted != 0),
            started_at: Some(Millis(started_at)),
            ended_at: ended_at.map(Millis),
            artifact_uri,
            ..Self::default()
        }
    }
}

async fn load_chunk(
    db: &Db,
    connection: &mut AnyConnection,
    ids: &[i64],
    with_inputs: bool,
) -> Result<Vec<Run>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(db.engine(), "WITH page (run) AS MATERIALIZED (VALUES ");
    for (index, id) in bulk::padded(ids).into_iter().enumerate() {
        sql.push(if index == 0 { "(" } else { ",(" }).bind(id).push(")");
    }
    sql.push(")");
    for (index, Kind { columns, from, run }) in KINDS.iter().enumerate() {
        let rows = format!("SELECT {columns} FROM {from} WHERE {run} IN (SELECT run FROM page)");
        sql.push(if index == 0 { " SELECT (" } else { ", (" });
        sql.push(&db.engine().packed(columns, &rows)).push(")");
    }
    let packed: Vec<Packed> = sql.fetch(connection).await?;
    let Some((runs, params, tags, metrics, datasets, dataset_tags, links)) = packed.first() else {
        return Ok(Vec::new());
    };
    let rows: Vec<RunRow> = unpack(runs)?;
    let params: Vec<(i64, i64, String)> = unpack(params)?;
    let tags: Vec<(i64, i64, String)> = unpack(tags)?;
    let metrics: Vec<(i64, i64, i64, i64, i64)> = unpack(metrics)?;
    let mut key_ids: Vec<_> = params.iter().chain(&tags).map(|row| row.1).collect();
    key_ids.extend(metrics.iter().map(|row| row.1));
    key_ids.sort_unstable();
    key_ids.dedup();
    let names = db.keys().names(connection, db.engine(), &key_ids).await?;
    let name = |id: i64| names.get(&id).map(Arc::as_ref).unwrap_or_default().to_owned();

    let mut runs: HashMap<i64, Run> = rows.into_iter().map(|row| (row.0, row.into())).collect();
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
    let used: Vec<(i64, i64)> = unpack(datasets)?;
    let facts =
        if with_inputs { datasets::facts(db.engine(), connection, &used).await? } else { HashMap::new() };
    for (run, input) in datasets::inputs(used, unpack(dataset_tags)?, &facts) {
        if let Some(run) = runs.get_mut(&run) {
            run.inputs.datasets.push(input);
        }
    }
    for (run, link) in logged_models::links(unpack(links)?) {
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
