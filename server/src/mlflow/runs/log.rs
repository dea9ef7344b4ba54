//! What runs log: `runs/log-metric`, `log-parameter`, `log-batch`, `log-model`.

use axum::routing::post;
use axum::{Json, Router};
use domain::limits::{self, Place};
use domain::{KeyValue, MetricValue, Millis};
use serde::Deserialize;
use serde_json::Value;
use store::runs::{self, NewMetric, RunLog};
use web::wire::{Int64, Many};
use web::{ApiError, Call, SignedIn, required};

use super::super::wire::{Empty, Pair, params, tags};
use super::run_id;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/runs/log-metric", post(log_metric))
        .route("/runs/log-parameter", post(log_parameter))
        .route("/runs/log-batch", post(log_batch))
        .route("/runs/log-model", post(log_model))
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `key`, `value` and `timestamp`")]
struct Metric {
    key: Option<String>,
    value: Option<MetricValue>,
    timestamp: Option<Int64>,
    step: Option<Int64>,
    model_id: Option<String>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

impl Metric {
    fn check(self, place: Place<'_>) -> Result<NewMetric, ApiError> {
        let key = required(place.field("key"), self.key)?;
        limits::check_key(place.field("key"), &key)?;
        let missing = |field| ApiError::missing(place.field(field));
        let timestamp = Millis(self.timestamp.ok_or_else(|| missing("timestamp"))?.0);
        limits::check_timestamp(place.field("timestamp"), timestamp)?;
        let texts = [
            ("model_id", &self.model_id, limits::MAX_KEY_LENGTH),
            ("dataset_name", &self.dataset_name, limits::MAX_DATASET_NAME_LENGTH),
            ("dataset_digest", &self.dataset_digest, limits::MAX_DATASET_DIGEST_LENGTH),
        ];
        for (field, text, limit) in texts {
            if let Some(text) = text {
                limits::check_short_text(place.field(field), text, limit)?;
            }
        }
        Ok(NewMetric {
            key,
            value: self.value.ok_or_else(|| missing("value"))?,
            timestamp,
            step: self.step.unwrap_or_default().0,
            model_id: self.model_id.filter(|id| !id.is_empty()),
            dataset_name: self.dataset_name,
            dataset_digest: self.dataset_digest,
        })
    }
}

#[derive(Deserialize)]
struct LogMetric {
    run_id: Option<String>,
    run_uuid: Option<String>,
    // Not flattened: then errors would not know their field.
    key: Option<String>,
    value: Option<MetricValue>,
    timestamp: Option<Int64>,
    step: Option<Int64>,
    model_id: Option<String>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

async fn log_metric(SignedIn(db): SignedIn, Call(call): Call<LogMetric>) -> Result<Json<Empty>, ApiError> {
    let uuid = run_id(call.run_id, call.run_uuid)?;
    let LogMetric { key, value, timestamp, step, model_id, dataset_name, dataset_digest, .. } = call;
    let metric = Metric { key, value, timestamp, step, model_id, dataset_name, dataset_digest };
    let metrics = vec![metric.check(Place::Top)?];
    runs::log(&db, uuid, RunLog { metrics, ..RunLog::default() }).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct LogParameter {
    run_id: Option<String>,
    run_uuid: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn log_parameter(
    SignedIn(db): SignedIn,
    Call(call): Call<LogParameter>,
) -> Result<Json<Empty>, ApiError> {
    let uuid = run_id(call.run_id, call.run_uuid)?;
    let key = required("key", call.key)?;
    let param = limits::param(Place::Top, KeyValue { key, value: call.value.unwrap_or_default() })?;
    runs::log(&db, uuid, RunLog { params: vec![param], ..RunLog::default() }).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct LogBatch {
    run_id: Option<String>,
    #[serde(default)]
    metrics: Many<Metric>,
    #[serde(default)]
    params: Many<Pair>,
    #[serde(default)]
    tags: Many<Pair>,
}

async fn log_batch(SignedIn(db): SignedIn, Call(call): Call<LogBatch>) -> Result<Json<Empty>, ApiError> {
    let uuid = required("run_id", call.run_id)?;
    limits::check_batch(call.metrics.0.len(), call.params.0.len(), call.tags.0.len())?;
    let metric = |(index, metric): (usize, Metric)| metric.check(Place::Entry("metrics", index));
    let log = RunLog {
        metrics: call.metrics.0.into_iter().enumerate().map(metric).collect::<Result<_, _>>()?,
        params: params(call.params)?,
        tags: tags(call.tags)?,
    };
    runs::log(&db, uuid, log).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct LogModel {
    run_id: Option<String>,
    model_json: Option<String>,
}

/// Appends the model's description to the run's history of models.
async fn log_model(SignedIn(db): SignedIn, Call(call): Call<LogModel>) -> Result<Json<Empty>, ApiError> {
    let uuid = required("run_id", call.run_id)?;
    let text = required("model_json", call.model_json)?;
    let malformed =
        || ApiError::bad_request(format!("Malformed model info. \n {text} \n is not valid JSON."));
    let model: Value = serde_json::from_str(&text).map_err(|_| malformed())?;
    let needed = ["artifact_path", "flavors", "utc_time_created", "run_id"];
    let missing: Vec<_> = needed.into_iter().filter(|field| model.get(field).is_none()).collect();
    if !missing.is_empty() {
        return Err(ApiError::bad_request(format!(
            "Model json is missing mandatory fields: {}",
            missing.join(", ")
        )));
    }
    runs::log_model(&db, uuid, model).await?;
    Ok(Json(Empty {}))
}
