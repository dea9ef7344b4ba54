//! Metric histories: whole, in pages, and thinned for drawing.

use std::collections::HashMap;

use domain::limits::Invalid;
use domain::metrics::{Axis, Curve};
use domain::{MetricPoint, MetricValue, Millis, Page, thin};
use sqlx::AnyConnection;

use crate::Db;
use crate::error::Result;
use crate::keys::UNKNOWN;
use crate::runs::ids_of;
use crate::search::keyset::{self, SortKey, Value};
use crate::sql::Sql;

/// Which curves, thinned for how many pixels.
#[derive(Debug, Clone, Default)]
pub struct CurveQuery {
    pub run_uuids: Vec<String>,
    pub keys: Vec<String>,
    pub axis: Axis,
    /// The window of the axis to show (zoom), in the axis' unit; `None`: open.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// About the width of the drawing in pixels; each bucket keeps up to 5 points.
    pub buckets: usize,
}

/// One curve for each run and key that has points, runs outside, keys inside, in the order asked for.
///
/// # Errors
/// Only the database's.
pub async fn curves(db: &Db, query: &CurveQuery) -> Result<Vec<Curve>> {
    let mut connection = db.reader().await?;
    let runs = ids_of(db, &mut connection, &query.run_uuids).await?;
    let names: Vec<_> = query.keys.iter().map(String::as_str).collect();
    let keys = db.keys().find(&mut connection, db.engine(), &names).await?;
    let mut curves = Vec::new();
    for run_uuid in &query.run_uuids {
        for key in &query.keys {
            let (Some(run), Some(key_id)) = (runs.get(run_uuid), keys.get(key.as_str())) else { continue };
            let mut points = points(db, &mut connection, *run, *key_id).await?;
            let Some(first_timestamp) = points.first().map(|point| point.timestamp) else { continue };
            let position = |point: &MetricPoint| query.axis.position(point, first_timestamp);
            if query.axis == Axis::Step {
                // Stable: equal steps stay in the order of time.
                points.sort_by_key(|point| point.step);
            }
            let from = query.from.map_or(0, |from| points.partition_point(|point| position(point) < from));
            let to =
                query.to.map_or(points.len(), |to| points.partition_point(|point| position(point) <= to));
            // The neighbours outside the window, so that the line leaves it.
            let window = &points[from.saturating_sub(1).min(to)..(to + 1).min(points.len())];
            curves.push(Curve {
                run_uuid: run_uuid.clone(),
                key: key.clone(),
                points: thin::thin(window, query.axis, query.buckets),
                total_points: window.len() as u64,
                first_timestamp,
            });
        }
    }
    Ok(curves)
}

const COLUMNS: &str = "timestamp_ms, step, value";

/// All points of a metric, by timestamp, then step, then value.
async fn points(db: &Db, connection: &mut AnyConnection, run: i64, key: i64) -> Result<Vec<MetricPoint>> {
    let mut sql = Sql::new(db.engine(), "SELECT timestamp_ms, step, value FROM metrics WHERE run_id = ");
    sql.bind(run).push(" AND key_id = ").bind(key);
    let mut rows: Vec<(i64, i64, i64)> = sql.fetch_packed(connection, COLUMNS).await?;
    rows.sort_unstable();
    Ok(rows.into_iter().map(point).collect())
}

fn point((timestamp, step, value): (i64, i64, i64)) -> MetricPoint {
    MetricPoint { value: MetricValue::from_ordinal(value), step, timestamp: Millis(timestamp) }
}

/// The metrics that these runs have, by key, each with its largest number of points in one run: whether it
/// is a curve, or a value that was logged once.
///
/// # Errors
/// Only the database's.
pub async fn point_counts(db: &Db, run_uuids: &[String]) -> Result<Vec<(String, u64)>> {
    let mut connection = db.reader().await?;
    let mut counts: HashMap<i64, i64> = HashMap::new();
    for run in ids_of(db, &mut connection, run_uuids).await?.into_values() {
        let mut sql = Sql::new(db.engine(), "SELECT key_id, COUNT(*) FROM metrics WHERE run_id = ");
        let rows: Vec<(i64, i64)> = sql.bind(run).push(" GROUP BY key_id").fetch(&mut connection).await?;
        for (key, count) in rows {
            let most = counts.entry(key).or_default();
            *most = count.max(*most);
        }
    }
    let ids: Vec<_> = counts.keys().copied().collect();
    let names = db.keys().names(&mut connection, db.engine(), &ids).await?;
    let mut by_name: Vec<_> = counts
        .into_iter()
        .filter_map(|(id, count)| Some((names.get(&id)?.to_string(), u64::try_from(count).unwrap_or(0))))
        .collect();
    by_name.sort_unstable();
    Ok(by_name)
}

/// Which points of one metric of one run.
#[derive(Debug, Clone, Default)]
pub struct HistoryQuery {
    pub run_uuid: String,
    pub key: String,
    /// `None`: all.
    pub max_results: Option<usize>,
    pub page_token: Option<String>,
}

/// A page of a metric's points, by timestamp, then step, then value; empty without such a run or key.
///
/// # Errors
/// `Invalid` for a token that isn't one.
pub async fn history(db: &Db, query: &HistoryQuery) -> Result<Page<MetricPoint>> {
    let keys = ["timestamp_ms", "step", "value"].map(|column| SortKey::new(column, true));
    let mut connection = db.reader().await?;
    let (run, key) = place(db, &mut connection, &query.run_uuid, &query.key).await?;
    let mut sql = Sql::new(db.engine(), "SELECT timestamp_ms, step, value FROM metrics WHERE run_id = ");
    sql.bind(run).push(" AND key_id = ").bind(key);
    if let Some(token) = query.page_token.as_deref().filter(|token| !token.is_empty()) {
        let after = keyset::decode(token, &[], &[Value::Int(0), Value::Int(0), Value::Int(0)])?;
        // The first part alone lets the index skip what came before.
        sql.push(" AND timestamp_ms >= ");
        keyset::bind(&mut sql, &after[0]);
        sql.push(" AND ");
        keyset::push_after(&mut sql, &keys, &after);
    }
    keyset::push_order(&mut sql, &keys);
    if let Some(max) = query.max_results {
        sql.push(" LIMIT ").bind(i64::try_from(max.saturating_add(1)).unwrap_or(i64::MAX));
    }
    let mut rows: Vec<(i64, i64, i64)> = sql.fetch_packed(&mut connection, COLUMNS).await?;
    rows.sort_unstable();
    let shown = query.max_results.unwrap_or(usize::MAX);
    let has_more = rows.len() > shown;
    rows.truncate(shown);
    let last = rows.last().filter(|_| has_more);
    let next_page_token = last.map(|(at, step, value)| {
        keyset::encode(&[], vec![Value::Int(*at), Value::Int(*step), Value::Int(*value)])
    });
    Ok(Page { items: rows.into_iter().map(point).collect(), next_page_token })
}

async fn place(db: &Db, connection: &mut AnyConnection, run_uuid: &str, key: &str) -> Result<(i64, i64)> {
    let runs = ids_of(db, connection, &[run_uuid.to_owned()]).await?;
    let keys = db.keys().find(connection, db.engine(), &[key]).await?;
    let run = runs.get(run_uuid).copied().unwrap_or(UNKNOWN);
    Ok((run, keys.get(key).copied().unwrap_or(UNKNOWN)))
}

/// The points of one metric of several runs, each with its run: by run as asked for, then by timestamp,
/// step, value; at most `max` in all.
///
/// # Errors
/// Only the database's.
pub async fn bulk_history(
    db: &Db,
    run_uuids: &[String],
    key: &str,
    max: usize,
) -> Result<Vec<(String, MetricPoint)>> {
    let mut found = Vec::new();
    for run_uuid in run_uuids {
        if found.len() >= max {
            break;
        }
        let query = HistoryQuery {
            run_uuid: run_uuid.clone(),
            key: key.to_owned(),
            max_results: Some(max - found.len()),
            page_token: None,
        };
        let page = history(db, &query).await?;
        found.extend(page.items.into_iter().map(|point| (run_uuid.clone(), point)));
    }
    Ok(found)
}

/// Which points, of which steps, thinned to how many.
#[derive(Debug, Clone, Default)]
pub struct IntervalQuery {
    pub run_uuids: Vec<String>,
    pub key: String,
    /// First and last step; `None`: all.
    pub steps: Option<(i64, i64)>,
    /// For each run.
    pub max_results: usize,
}

/// The points of one metric of several runs between two steps, thinned so that no spike is lost.
///
/// # Errors
/// `Invalid` if the interval ends before it starts.
pub async fn interval(db: &Db, query: &IntervalQuery) -> Result<Vec<(String, MetricPoint)>> {
    if let Some((start, end)) = query.steps
        && start > end
    {
        let message =
            format!("end_step must be greater than start_step. Found start_step={start} and end_step={end}.");
        return Err(Invalid::new("end_step", message).into());
    }
    let mut connection = db.reader().await?;
    let runs = ids_of(db, &mut connection, &query.run_uuids).await?;
    let keys = db.keys().find(&mut connection, db.engine(), &[query.key.as_str()]).await?;
    let key = keys.get(query.key.as_str()).copied().unwrap_or(UNKNOWN);
    let mut found = Vec::new();
    for run_uuid in &query.run_uuids {
        let Some(run) = runs.get(run_uuid) else { continue };
        let mut points = points(db, &mut connection, *run, key).await?;
        if let Some((start, end)) = query.steps {
            points.retain(|point| (start..=end).contains(&point.step));
        }
        points.sort_by_key(|point| point.step);
        let thinned = thin::at_most(&points, Axis::Step, query.max_results);
        found.extend(thinned.into_iter().map(|point| (run_uuid.clone(), point)));
    }
    Ok(found)
}
