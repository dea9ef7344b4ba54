//! `metrics/…`: histories.

use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::MetricPoint;
use serde::{Deserialize, Serialize};
use store::metrics::{self, HistoryQuery, IntervalQuery};
use web::wire::{Int64, Many};
use web::{ApiError, Call, SignedIn, required};

use super::page_size;
use super::wire::{Empty, MetricWire};
use crate::state::AppState;

/// The reference's limits.
const MOST_RUNS: usize = 100;
const BULK_PAGE: usize = 25_000;
const MOST_IN_INTERVAL: usize = 2_500;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/metrics/get-history", get(get_history))
        .route("/metrics/get-history-bulk", get(get_history_bulk))
        .route("/metrics/get-history-bulk-interval", get(get_history_bulk_interval))
}

#[derive(Deserialize)]
struct GetHistory {
    run_id: Option<String>,
    run_uuid: Option<String>,
    metric_key: Option<String>,
    max_results: Option<Int64>,
    page_token: Option<String>,
}

async fn get_history(SignedIn(db): SignedIn, Call(call): Call<GetHistory>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        metrics: Vec<MetricWire<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let query = HistoryQuery {
        run_uuid: required("run_id", call.run_id.or(call.run_uuid))?,
        key: required("metric_key", call.metric_key)?,
        max_results: call.max_results.map(|size| page_size(Some(size), 0, usize::MAX)).transpose()?,
        page_token: call.page_token,
    };
    let page = metrics::history(&db, &query).await?;
    let metrics = page.items.iter().map(|point| wire(&query.key, None, point)).collect();
    Ok(Json(Found { metrics, next_page_token: page.next_page_token }).into_response())
}

fn wire<'a>(key: &'a str, run_id: Option<&'a str>, point: &MetricPoint) -> MetricWire<'a> {
    MetricWire { key, value: point.value, timestamp: point.timestamp.0, step: point.step, run_id }
}

#[derive(Serialize)]
struct Bulk<'a> {
    metrics: Vec<MetricWire<'a>>,
}

fn bulk(key: &str, points: &[(String, MetricPoint)]) -> Response {
    let metrics = points.iter().map(|(run, point)| wire(key, Some(run), point)).collect();
    Json(Bulk { metrics }).into_response()
}

#[derive(Deserialize)]
struct GetHistoryBulk {
    #[serde(default)]
    run_id: Many<String>,
    metric_key: Option<String>,
    max_results: Option<Int64>,
}

async fn get_history_bulk(
    SignedIn(db): SignedIn,
    Call(call): Call<GetHistoryBulk>,
) -> Result<Response, ApiError> {
    let runs = call.run_id.0;
    check_runs("GetMetricHistoryBulk", "run_id", &runs)?;
    let key = call
        .metric_key
        .filter(|key| !key.is_empty())
        .ok_or_else(|| ApiError::bad_request("GetMetricHistoryBulk request must specify a metric_key."))?;
    let most = page_size(call.max_results, BULK_PAGE, i32::MAX as usize)?.min(BULK_PAGE);
    let points = metrics::bulk_history(&db, &runs, &key, most).await?;
    Ok(bulk(&key, &points))
}

fn check_runs(call: &str, field: &str, runs: &[String]) -> Result<(), ApiError> {
    match runs.len() {
        0 => Err(ApiError::bad_request(format!("{call} request must specify at least one {field}."))),
        count if count > MOST_RUNS => Err(ApiError::bad_request(format!(
            "{call} request cannot specify more than {MOST_RUNS} {field}s. Received {count} {field}s."
        ))),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
struct GetHistoryBulkInterval {
    #[serde(default)]
    run_ids: Many<String>,
    metric_key: Option<String>,
    start_step: Option<Int64>,
    end_step: Option<Int64>,
    max_results: Option<Int64>,
}

async fn get_history_bulk_interval(
    SignedIn(db): SignedIn,
    Call(call): Call<GetHistoryBulkInterval>,
) -> Result<Response, ApiError> {
    let run_uuids = call.run_ids.0;
    check_runs("GetMetricHistoryBulkInterval", "run_id", &run_uuids)?;
    let steps = match (call.start_step, call.end_step) {
        (Some(start), Some(end)) => Some((start.0, end.0)),
        (None, None) => None,
        _ => {
            return Err(ApiError::bad_request(
                "If either start step or end step are specified, both must be specified: 'start_step', 'end_step'.",
            ));
        }
    };
    let query = IntervalQuery {
        run_uuids,
        key: required("metric_key", call.metric_key)?,
        steps,
        max_results: page_size(call.max_results, MOST_IN_INTERVAL, MOST_IN_INTERVAL)?,
    };
    let points = metrics::interval(&db, &query).await?;
    if points.is_empty() {
        return Ok(Json(Empty {}).into_response());
    }
    Ok(bulk(&query.key, &points))
}
