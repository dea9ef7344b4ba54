//! Metric histories: whole, in pages, and thinned for drawing.

use std::collections::HashSet;

use domain::limits::Invalid;
use domain::metrics::{Axis, Curve};
use domain::smooth::smooth;
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
    /// The weight of the past in an exponential moving average; 0: none is computed.
    pub smoothing: f64,
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
    let each = query.run_uuids.iter().flat_map(|run| query.keys.iter().map(move |key| (run, key)));
    let known = each.filter_map(|(run, key)| {
        let series = Series { run: *runs.get(run)?, key: *keys.get(key.as_str())? };
        Some(((run, key), series))
    });
    let (names, series): (Vec<_>, Vec<_>) = known.unzip();
    let mut curves = Vec::new();
    for (names, series) in names.chunks(AT_ONCE).zip(series.chunks(AT_ONCE)) {
        let read = points_of(db, &mut connection, series, None).await?;
        curves
            .extend(names.iter().zip(read).filter_map(|((run, key), points)| curve(query, run, key, points)));
    }
    Ok(curves)
}

/// The curve of these points (by timestamp), thinned; `None` without any.
fn curve(query: &CurveQuery, run_uuid: &str, key: &str, mut points: Vec<MetricPoint>) -> Option<Curve> {
    let first_timestamp = points.first()?.timestamp;
    let position = |point: &MetricPoint| query.axis.position(point, first_timestamp);
    if query.axis == Axis::Step {
        // Stable: equal steps stay in the order of time.
        points.sort_by_key(|point| point.step);
    }
    let from = query.from.map_or(0, |from| points.partition_point(|point| position(point) < from));
    let to = query.to.map_or(points.len(), |to| points.partition_point(|point| position(point) <= to));
    // The neighbours outside the window, so that the line leaves it.
    let range = from.saturating_sub(1).min(to)..(to + 1).min(points.len());
    let window = &points[range.clone()];
    let kept = thin::thin(window, query.axis, query.buckets);
    let smoothed = if query.smoothing > 0.0 {
        // Over all points, also those before the window: thinned ones would make another average.
        let values: Vec<_> = points.iter().map(|point| (position(point), point.value.0)).collect();
        let smoothed = smooth(&values, query.smoothing);
        at_kept(window, &kept, &smoothed[range])
    } else {
        Vec::new()
    };
    Some(Curve {
        run_uuid: run_uuid.to_owned(),
        key: key.to_owned(),
        points: kept,
        smoothed,
        total_points: window.len() as u64,
        first_timestamp,
    })
}

/// Of the averages at `points` those at the points that were kept, which are some of them in their order.
fn at_kept(points: &[MetricPoint], kept: &[MetricPoint], smoothed: &[(f64, f64)]) -> Vec<f64> {
    let is_same = |a: &MetricPoint, b: &MetricPoint| {
        (a.step, a.timestamp, a.value.to_ordinal()) == (b.step, b.timestamp, b.value.to_ordinal())
    };
    let mut all = points.iter().zip(smoothed);
    kept.iter()
        .filter_map(|one| all.find(|(point, _)| is_same(point, one)).map(|(_, (_, value))| *value))
        .collect()
}

/// A metric of a run, by their numbers.
#[derive(Debug, Clone, Copy)]
struct Series {
    run: i64,
    key: i64,
}

/// So many series are read by one statement: few round trips, and not the points of a hundred runs in memory.
const AT_ONCE: usize = 8;

const COLUMNS: &str = "timestamp_ms, step, value";

/// The points of each of the `series`, by timestamp, then step, then value; of each the first `most`.
async fn points_of(
    db: &Db,
    connection: &mut AnyConnection,
    series: &[Series],
    most: Option<usize>,
) -> Result<Vec<Vec<MetricPoint>>> {
    let mut points = vec![Vec::new(); series.len()];
    if series.is_empty() {
        return Ok(points);
    }
    let mut sql = Sql::new(db.engine(), "");
    for (place, Series { run, key }) in series.iter().enumerate() {
        let union = if place > 0 { " UNION ALL " } else { "" };
        sql.push(&format!("{union}SELECT place, {COLUMNS} FROM (SELECT {place} AS place, {COLUMNS}"));
        sql.push(" FROM metrics WHERE run_id = ").bind(*run).push(" AND key_id = ").bind(*key);
        if let Some(most) = most {
            sql.push(&format!(" ORDER BY {COLUMNS} LIMIT ")).bind(i64::try_from(most).unwrap_or(i64::MAX));
        }
        sql.push(&format!(") AS points{place}"));
    }
    let mut rows: Vec<(usize, i64, i64, i64)> =
        sql.fetch_packed(connection, &format!("place, {COLUMNS}")).await?;
    rows.sort_unstable();
    for (place, at, step, value) in rows {
        points[place].push(point((at, step, value)));
    }
    Ok(points)
}

fn point((timestamp, step, value): (i64, i64, i64)) -> MetricPoint {
    MetricPoint { value: MetricValue::from_ordinal(value), step, timestamp: Millis(timestamp) }
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
    let mut connection = db.reader().await?;
    let (names, series) = series_of(db, &mut connection, run_uuids, key).await?;
    for (names, series) in names.chunks(AT_ONCE).zip(series.chunks(AT_ONCE)) {
        let rest = max - found.len();
        let read = points_of(db, &mut connection, series, Some(rest)).await?;
        let each = names.iter().zip(read);
        found.extend(each.flat_map(|(run, points)| points.into_iter().map(|point| (run.clone(), point))));
        found.truncate(max);
        if found.len() == max {
            break;
        }
    }
    Ok(found)
}

/// The metric `key` of each of the runs that exist, with their ids.
async fn series_of(
    db: &Db,
    connection: &mut AnyConnection,
    run_uuids: &[String],
    key: &str,
) -> Result<(Vec<String>, Vec<Series>)> {
    let runs = ids_of(db, connection, run_uuids).await?;
    let keys = db.keys().find(connection, db.engine(), &[key]).await?;
    let key = keys.get(key).copied().unwrap_or(UNKNOWN);
    let mut met = HashSet::new();
    let once = run_uuids.iter().filter(|uuid| met.insert(*uuid));
    let known = once.filter_map(|uuid| Some((uuid.clone(), Series { run: *runs.get(uuid)?, key })));
    Ok(known.unzip())
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
    let (names, series) = series_of(db, &mut connection, &query.run_uuids, &query.key).await?;
    let mut found = Vec::new();
    for (names, series) in names.chunks(AT_ONCE).zip(series.chunks(AT_ONCE)) {
        let read = points_of(db, &mut connection, series, None).await?;
        for (run_uuid, mut points) in names.iter().zip(read) {
            if let Some((start, end)) = query.steps {
                points.retain(|point| (start..=end).contains(&point.step));
            }
            points.sort_by_key(|point| point.step);
            let thinned = thin::at_most(&points, query.max_results);
            found.extend(thinned.into_iter().map(|point| (run_uuid.clone(), point)));
        }
    }
    Ok(found)
}
