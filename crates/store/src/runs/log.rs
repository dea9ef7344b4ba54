//! What runs log: metrics, params and tags, many requests in one go.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use domain::accounts::Caller;
use domain::permissions::Level;
use domain::runs::NAME_TAG;
use domain::{KeyValue, MetricValue, Millis};
use tokio::sync::oneshot;

use super::create::last_of_each;
use super::lifecycle::{RunRef, find_many, not_found};
use crate::Db;
use crate::bulk;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::logged_models::{self, ModelPoint, ModelRef};
use crate::permissions::Grants;
use crate::sql::Sql;
use crate::writer::{Job, Tx};

/// A point to log; maybe measured on a logged model and a data set.
#[derive(Debug, Clone, Default)]
pub struct NewMetric {
    pub key: String,
    pub value: MetricValue,
    pub timestamp: Millis,
    pub step: i64,
    pub model_id: Option<String>,
    pub dataset_name: Option<String>,
    pub dataset_digest: Option<String>,
}

/// What one request logs to a run. It is written as a whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct RunLog {
    pub metrics: Vec<NewMetric>,
    pub params: Vec<KeyValue>,
    pub tags: Vec<KeyValue>,
}

impl RunLog {
    pub(super) fn of_tag(tag: KeyValue) -> Self {
        Self { tags: vec![tag], ..Self::default() }
    }
}

#[derive(Debug)]
pub(crate) struct LogRun {
    uuid: String,
    log: RunLog,
    by: Arc<Caller>,
}

/// Logs to a run. Sending the same again changes nothing.
///
/// # Errors
/// `NotFound` without such a run or logged model, `InvalidState` if the run is deleted, `Invalid` if a
/// param has another value already.
pub async fn log(db: &Db, uuid: String, mut log: RunLog) -> Result<()> {
    last_of_each(&mut log.tags);
    check_params(&log.params)?;
    let (reply, answer) = oneshot::channel();
    db.enqueue(Job::Log(LogRun { uuid, log, by: db.caller() }, reply), answer).await
}

/// Logs to a run as a part of another write.
pub(super) async fn log_within(tx: &mut Tx<'_>, by: Arc<Caller>, uuid: String, log: RunLog) -> Result<()> {
    log_all(tx, &[&LogRun { uuid, log, by }]).await?.into_iter().collect()
}

/// A request may name a param once.
fn check_params(params: &[KeyValue]) -> Result<()> {
    let mut seen = HashSet::new();
    match params.iter().find(|param| !seen.insert(&*param.key)) {
        Some(twice) => {
            let message = format!("Duplicate parameter keys have been submitted: `{}`", twice.key);
            Err(domain::limits::Invalid::new("params", message).into())
        }
        None => Ok(()),
    }
}

fn param_changes(key: &str, old: &str, new: &str) -> Error {
    let message = format!(
        "Changing param values is not allowed. Param with key='{key}' was already logged with \
         value='{old}'. Attempted logging new value '{new}'."
    );
    domain::limits::Invalid::new("params", message).into()
}

/// Writes all `logs`, and says of each whether it was accepted.
pub(crate) async fn log_all(tx: &mut Tx<'_>, logs: &[&LogRun]) -> Result<Vec<Result<()>>> {
    let uuids: BTreeSet<_> = logs.iter().map(|log| log.uuid.as_str()).collect();
    let runs = find_many(tx, &uuids.into_iter().collect::<Vec<_>>()).await?;
    let mut params = Params::of(tx, logs, &runs).await?;
    let models = models_of(tx, logs).await?;
    let asks = logs.iter().any(|log| !log.by.is_admin());
    let objects = runs.values().map(|run| &run.guarded).chain(models.values().map(|model| &model.guarded));
    let grants = Grants::of(tx.connection, tx.engine, objects.filter(|_| asks)).await?;

    let mut answers = Vec::with_capacity(logs.len());
    let mut accepted: Vec<(&RunRef, &RunLog)> = Vec::with_capacity(logs.len());
    for LogRun { uuid, log, by } in logs {
        let answer = match runs.get(uuid.as_str()) {
            None => Err(not_found(uuid)),
            Some(run) => match check_rights(tx, &grants, by, run, log, &models).await {
                Ok(()) if run.is_deleted => Err(Error::run_is_deleted(uuid)),
                Ok(()) => params.accept(run, log).map(|()| accepted.push((run, log))),
                // What the database says concerns the whole group.
                Err(Error::Database) => return Err(Error::Database),
                refused => refused,
            },
        };
        answers.push(answer);
    }
    let series = series_of(&accepted);
    let mut names: Vec<_> = series.iter().map(|one| one.key).collect();
    for (_, log) in &accepted {
        names.extend(log.params.iter().chain(&log.tags).map(|pair| pair.key.as_str()));
    }
    let keys = Keys::intern(tx, &names).await?;
    write_metrics(tx, series, &keys).await?;
    params.write(tx, &keys).await?;
    write_tags(tx, &accepted, &keys).await?;
    write_model_points(tx, &accepted, &models).await?;
    Ok(answers)
}

/// Run and key.
type Place = (i64, i64);
/// Timestamp, step, ordinal: in the order of the table.
type Point = (i64, i64, i64);

/// Points with a greater rank come later; as in the reference, NaN counts as 0, and of equals the first stays.
fn rank((at, step, value): Point) -> Point {
    let is_nan = value == MetricValue(f64::NAN).to_ordinal();
    (step, at, if is_nan { MetricValue(0.0).to_ordinal() } else { value })
}

/// The points that a request logs to one metric, as they came.
struct Series<'l> {
    run: &'l RunRef,
    key: &'l str,
    points: Vec<Point>,
}

fn series_of<'l>(accepted: &[(&'l RunRef, &'l RunLog)]) -> Vec<Series<'l>> {
    let mut all: Vec<Series<'l>> = Vec::new();
    let mut places = HashMap::new();
    for (run, log) in accepted {
        places.clear();
        for metric in &log.metrics {
            let place = *places.entry(metric.key.as_str()).or_insert_with(|| {
                all.push(Series { run, key: &metric.key, points: Vec::new() });
                all.len() - 1
            });
            all[place].points.push((metric.timestamp.0, metric.step, metric.value.to_ordinal()));
        }
    }
    all
}

/// Writes the points, and of each metric the last one (with its experiment) where it is found.
async fn write_metrics(
    tx: &mut Tx<'_>,
    mut series: Vec<Series<'_>>,
    keys: &HashMap<&str, i64>,
) -> Result<()> {
    let place = |one: &Series<'_>| -> Place { (one.run.id, keys[one.key]) };
    // Stable: what came first stays first. In the order of the table, neighbours share pages.
    series.sort_by_key(place);
    let (mut rows, mut latest) = (Vec::new(), Vec::new());
    for same in series.chunk_by(|one, next| place(one) == place(next)) {
        let (run, key) = place(&same[0]);
        let mut points: Vec<_> = same.iter().flat_map(|one| one.points.iter().copied()).collect();
        let last =
            points.iter().copied().reduce(|last, next| if rank(next) > rank(last) { next } else { last });
        latest.extend(last.map(|last| (run, key, same[0].run.experiment_id, last)));
        points.sort_unstable();
        points.dedup();
        rows.extend(points.into_iter().map(|(at, step, value)| (run, key, at, step, value)));
    }
    let head = "INSERT INTO metrics (run_id, key_id, timestamp_ms, step, value)";
    bulk::insert(
        tx.connection,
        tx.engine,
        (head, "ON CONFLICT DO NOTHING"),
        5,
        &rows,
        |row, (run, key, at, step, value)| row.bind(*run).bind(*key).bind(*at).bind(*step).bind(*value),
    )
    .await?;
    let head = "INSERT INTO latest_metrics (run_id, key_id, experiment_id, value, step, timestamp_ms)";
    let [nan, zero] = [f64::NAN, 0.0].map(|value| MetricValue(value).to_ordinal());
    let rank = |table| {
        let value = format!("CASE {table}.value WHEN {nan} THEN {zero} ELSE {table}.value END");
        format!("({table}.step, {table}.timestamp_ms, {value})")
    };
    let tail = format!(
        "ON CONFLICT (run_id, key_id) DO UPDATE
        SET value = excluded.value, step = excluded.step, timestamp_ms = excluded.timestamp_ms
        WHERE {} > {}",
        rank("excluded"),
        rank("latest_metrics")
    );
    bulk::insert(
        tx.connection,
        tx.engine,
        (head, tail.as_str()),
        6,
        &latest,
        |row, (run, key, experiment, (at, step, value))| {
            row.bind(*run).bind(*key).bind(*experiment).bind(*value).bind(*step).bind(*at)
        },
    )
    .await
}

async fn write_tags(
    tx: &mut Tx<'_>,
    accepted: &[(&RunRef, &RunLog)],
    keys: &HashMap<&str, i64>,
) -> Result<()> {
    let mut tags = BTreeMap::new();
    let mut names = BTreeMap::new();
    for (run, log) in accepted {
        // A run has a name: the tag can change it, not take it away.
        for tag in log.tags.iter().filter(|tag| tag.key != NAME_TAG || !tag.value.is_empty()) {
            tags.insert((run.id, keys[tag.key.as_str()]), (run.experiment_id, &*tag.value));
            if tag.key == NAME_TAG {
                names.insert(run.id, &*tag.value);
            }
        }
    }
    let tags: Vec<_> = tags.into_iter().collect();
    let head = "INSERT INTO tags (run_id, key_id, experiment_id, value)";
    let tail = "ON CONFLICT (run_id, key_id) DO UPDATE SET value = excluded.value";
    bulk::insert(
        tx.connection,
        tx.engine,
        (head, tail),
        4,
        &tags,
        |row, ((run, key), (experiment, value))| row.bind(*run).bind(*key).bind(*experiment).bind(*value),
    )
    .await?;
    for (run, name) in names {
        sqlx::query("UPDATE runs SET name = $1 WHERE id = $2")
            .bind(name)
            .bind(run)
            .execute(&mut *tx.connection)
            .await?;
    }
    Ok(())
}

/// The params of the runs that are logged to: what is there, and what will be.
struct Params<'l> {
    stored: HashMap<Place, String>,
    /// The numbers of the keys that have one by now.
    keys: HashMap<&'l str, i64>,
    /// By run and key, with the experiment.
    fresh: BTreeMap<(i64, &'l str), (i64, &'l str)>,
}

impl<'l> Params<'l> {
    async fn of(tx: &mut Tx<'_>, logs: &[&'l LogRun], runs: &HashMap<String, RunRef>) -> Result<Self> {
        let names: Vec<_> =
            logs.iter().flat_map(|log| &log.log.params).map(|param| param.key.as_str()).collect();
        let keys = Keys::find_within(tx, &names).await?;
        let with_params = logs.iter().filter(|log| !log.log.params.is_empty());
        let ids: BTreeSet<_> = with_params.filter_map(|log| Some(runs.get(&log.uuid)?.id)).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut stored = HashMap::new();
        for chunk in ids.chunks(bulk::MAX_LIST) {
            let mut sql = Sql::new(tx.engine, "SELECT run_id, key_id, value FROM params WHERE run_id IN");
            let rows: Vec<(i64, i64, String)> = sql.list(chunk).fetch(tx.connection).await?;
            stored.extend(rows.into_iter().map(|(run, key, value)| ((run, key), value)));
        }
        Ok(Self { stored, keys, fresh: BTreeMap::new() })
    }

    fn stored(&self, run: &RunRef, key: &str) -> Option<&str> {
        self.stored.get(&(run.id, *self.keys.get(key)?)).map(String::as_str)
    }

    fn accept(&mut self, run: &RunRef, log: &'l RunLog) -> Result<()> {
        for param in &log.params {
            let fresh = self.fresh.get(&(run.id, param.key.as_str())).map(|(_, value)| *value);
            let old = fresh.or_else(|| self.stored(run, &param.key));
            if let Some(old) = old.filter(|old| *old != param.value) {
                return Err(param_changes(&param.key, old, &param.value));
            }
        }
        for param in &log.params {
            if self.stored(run, &param.key).is_none() {
                self.fresh.insert((run.id, &param.key), (run.experiment_id, &param.value));
            }
        }
        Ok(())
    }

    async fn write(self, tx: &mut Tx<'_>, keys: &HashMap<&str, i64>) -> Result<()> {
        let placed = self.fresh.into_iter().map(|((run, key), row)| ((run, keys[key]), row));
        // In the order of the table.
        let rows: Vec<_> = placed.collect::<BTreeMap<_, _>>().into_iter().collect();
        let head = "INSERT INTO params (run_id, key_id, experiment_id, value)";
        bulk::insert(
            tx.connection,
            tx.engine,
            (head, ""),
            4,
            &rows,
            |row, ((run, key), (experiment, value))| row.bind(*run).bind(*key).bind(*experiment).bind(*value),
        )
        .await
    }
}

/// The logged models that metrics name.
async fn models_of(tx: &mut Tx<'_>, logs: &[&LogRun]) -> Result<HashMap<String, ModelRef>> {
    let named: HashSet<_> = logs
        .iter()
        .flat_map(|log| &log.log.metrics)
        .filter_map(|metric| metric.model_id.as_deref())
        .collect();
    logged_models::find_many(tx, &named.into_iter().collect::<Vec<_>>()).await
}

/// Fails unless `by` may edit the run, and the logged models that the metrics name.
async fn check_rights(
    tx: &mut Tx<'_>,
    grants: &Grants,
    by: &Caller,
    run: &RunRef,
    log: &RunLog,
    models: &HashMap<String, ModelRef>,
) -> Result<()> {
    let missing = || not_found(&run.uuid);
    grants.check(tx.connection, tx.engine, by, &run.guarded, Level::Edit, missing).await?;
    if run.is_deleted {
        return Ok(());
    }
    let named: BTreeSet<_> = log.metrics.iter().filter_map(|metric| metric.model_id.as_deref()).collect();
    for id in named {
        let missing = || logged_models::not_found(id);
        let model = models.get(id).ok_or_else(missing)?;
        grants.check(tx.connection, tx.engine, by, &model.guarded, Level::Edit, missing).await?;
    }
    Ok(())
}

async fn write_model_points(
    tx: &mut Tx<'_>,
    accepted: &[(&RunRef, &RunLog)],
    models: &HashMap<String, ModelRef>,
) -> Result<()> {
    let points: Vec<_> = accepted
        .iter()
        .flat_map(|(run, log)| log.metrics.iter().map(move |metric| (run, metric)))
        .filter_map(|(run, metric)| {
            let model = models.get(metric.model_id.as_deref()?)?.id;
            Some(ModelPoint { model, run_uuid: &run.uuid, metric })
        })
        .collect();
    logged_models::insert_points(tx, &points).await
}
