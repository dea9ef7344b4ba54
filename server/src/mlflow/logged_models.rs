//! `logged-models/…`

use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use domain::KeyValue;
use domain::limits;
use domain::logged_models::{LoggedModel, ModelMetric, ModelStatus};
use serde::{Deserialize, Serialize};
use store::logged_models::{self, DatasetFilter, LoggedModelQuery, ModelOrder, NewLoggedModel};
use web::wire::{Flag, Int64, Many, Name};
use web::{ApiError, Call, Path, SignedIn, required};

use super::wire::{Empty, Pair, model_pairs};
use super::{experiment_id, experiment_ids, page_size};
use crate::clock::now;
use crate::state::AppState;

/// The reference's default for one page.
const PAGE: usize = 100;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/logged-models", post(create))
        .route("/logged-models/search", post(search))
        .route("/logged-models/{id}", get(get_model).patch(finalize).delete(delete))
        .route("/logged-models/{id}/params", post(log_params))
        .route("/logged-models/{id}/tags", patch(set_tags))
        .route("/logged-models/{id}/tags/{key}", axum::routing::delete(delete_tag))
}

#[derive(Serialize)]
struct ModelWire<'a> {
    info: Info<'a>,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Info<'a> {
    model_id: &'a str,
    experiment_id: String,
    name: &'a str,
    creation_timestamp_ms: i64,
    last_updated_timestamp_ms: i64,
    artifact_uri: &'a str,
    status: ModelStatus,
    model_type: &'a str,
    source_run_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [KeyValue],
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    params: &'a [KeyValue],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<MetricWire<'a>>,
}

#[derive(Serialize)]
struct MetricWire<'a> {
    key: &'a str,
    value: domain::MetricValue,
    timestamp: i64,
    step: i64,
    model_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
}

impl<'a> From<&'a LoggedModel> for ModelWire<'a> {
    fn from(model: &'a LoggedModel) -> Self {
        let metric = |metric: &'a ModelMetric| MetricWire {
            key: &metric.key,
            value: metric.value,
            timestamp: metric.timestamp.0,
            step: metric.step,
            model_id: &model.model_id,
            dataset_name: metric.dataset_name.as_deref(),
            dataset_digest: metric.dataset_digest.as_deref(),
            run_id: metric.run_uuid.as_deref(),
        };
        Self {
            info: Info {
                model_id: &model.model_id,
                experiment_id: model.experiment_id.to_string(),
                name: &model.name,
                creation_timestamp_ms: model.created_at.0,
                last_updated_timestamp_ms: model.updated_at.0,
                artifact_uri: &model.artifact_uri,
                status: model.status,
                model_type: model.model_type.as_deref().unwrap_or_default(),
                source_run_id: model.source_run.as_deref().unwrap_or_default(),
                status_message: model.status_message.as_deref(),
                tags: &model.tags,
            },
            data: Data { params: &model.params, metrics: model.metrics.iter().map(metric).collect() },
        }
    }
}

fn answer(model: &LoggedModel) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        model: ModelWire<'a>,
    }
    Json(Answer { model: model.into() }).into_response()
}

#[derive(Deserialize)]
struct Create {
    experiment_id: Option<String>,
    name: Option<String>,
    model_type: Option<String>,
    source_run_id: Option<String>,
    #[serde(default)]
    params: Many<Pair>,
    #[serde(default)]
    tags: Many<Pair>,
}

async fn create(SignedIn(db): SignedIn, Call(call): Call<Create>) -> Result<Response, ApiError> {
    for (field, text) in [("model_type", &call.model_type), ("source_run_id", &call.source_run_id)] {
        limits::check_short_text(field, text.as_deref().unwrap_or_default(), limits::MAX_KEY_LENGTH)?;
    }
    let new = NewLoggedModel {
        experiment_id: experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?,
        name: call.name.unwrap_or_default(),
        model_type: call.model_type,
        source_run: call.source_run_id,
        params: model_pairs("params", call.params)?,
        tags: model_pairs("tags", call.tags)?,
    };
    Ok(answer(&logged_models::create(&db, new, now()).await?))
}

#[derive(Deserialize)]
struct Get {
    #[serde(default)]
    allow_deleted: Flag,
}

async fn get_model(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(call): Call<Get>,
) -> Result<Response, ApiError> {
    let found = if call.allow_deleted.0 {
        logged_models::get_even_deleted(&db, &id).await?
    } else {
        logged_models::get(&db, &id).await?
    };
    Ok(answer(&found))
}

#[derive(Deserialize)]
struct Finalize {
    status: Option<Name>,
}

async fn finalize(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(call): Call<Finalize>,
) -> Result<Response, ApiError> {
    let status = match call.status.as_ref().map(|name| name.0.as_str()) {
        None | Some("") => return Err(ApiError::missing("status")),
        Some("LOGGED_MODEL_PENDING" | "1") => ModelStatus::Pending,
        Some("LOGGED_MODEL_READY" | "2") => ModelStatus::Ready,
        Some("LOGGED_MODEL_UPLOAD_FAILED" | "3") => ModelStatus::UploadFailed,
        Some(other) => {
            return Err(ApiError::bad_request(format!(
                "Invalid value `{other}` for parameter 'status' supplied: it is LOGGED_MODEL_PENDING, \
                 LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED"
            )));
        }
    };
    Ok(answer(&logged_models::finalize(&db, id, status, now()).await?))
}

async fn delete(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Json<Empty>, ApiError> {
    logged_models::delete(&db, id, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    params: Many<Pair>,
}

async fn log_params(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(call): Call<Params>,
) -> Result<Json<Empty>, ApiError> {
    logged_models::log_params(&db, id, model_pairs("params", call.params)?).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Many<Pair>,
}

async fn set_tags(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(call): Call<Tags>,
) -> Result<Json<Empty>, ApiError> {
    logged_models::set_tags(&db, id, model_pairs("tags", call.tags)?).await?;
    Ok(Json(Empty {}))
}

async fn delete_tag(
    SignedIn(db): SignedIn,
    Path((id, key)): Path<(String, String)>,
) -> Result<Json<Empty>, ApiError> {
    logged_models::delete_tag(&db, id, key).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Search {
    experiment_ids: Option<Many<String>>,
    filter: Option<String>,
    #[serde(default)]
    datasets: Many<Dataset>,
    max_results: Option<Int64>,
    #[serde(default)]
    order_by: Many<OrderBy>,
    page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `dataset_name`")]
struct Dataset {
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `field_name`")]
struct OrderBy {
    field_name: Option<String>,
    ascending: Option<Flag>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

async fn search(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        models: Vec<ModelWire<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let experiments = call.experiment_ids.ok_or_else(|| ApiError::missing("experiment_ids"))?;
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let dataset = |one: Dataset| {
        let name = present(one.dataset_name).ok_or_else(|| {
            ApiError::bad_request("`dataset_name` in the `datasets` clause must be specified.")
        })?;
        Ok::<_, ApiError>(DatasetFilter { name, digest: present(one.dataset_digest) })
    };
    let order = |one: OrderBy| {
        let field_name = required("order_by.field_name", one.field_name)?;
        let digest = present(one.dataset_digest);
        let dataset = match present(one.dataset_name) {
            Some(name) => Some(DatasetFilter { name, digest }),
            None if digest.is_some() => {
                return Err(ApiError::bad_request(
                    "`dataset_name` must be specified when `dataset_digest` is.",
                ));
            }
            None => None,
        };
        Ok(ModelOrder { field_name, ascending: one.ascending.is_none_or(|flag| flag.0), dataset })
    };
    // Unset and 0 are the same to protobuf. The reference takes any other number; a page holds our most.
    let size = call.max_results.filter(|size| size.0 != 0);
    let query = LoggedModelQuery {
        experiment_ids: experiment_ids("experiment_ids", &experiments.0)?,
        filter: call.filter.unwrap_or_default(),
        datasets: call.datasets.0.into_iter().map(dataset).collect::<Result<_, _>>()?,
        order_by: call.order_by.0.into_iter().map(order).collect::<Result<_, _>>()?,
        max_results: page_size(size, PAGE, i32::MAX as usize)?.min(limits::MAX_RESULTS),
        page_token: call.page_token,
    };
    let page = logged_models::search(&db, &query).await?;
    let models = page.items.iter().map(ModelWire::from).collect();
    Ok(Json(Found { models, next_page_token: page.next_page_token }).into_response())
}
