//! `experiments/…`

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::KeyValue;
use serde::{Deserialize, Serialize};
use store::datasets;
use store::experiments::{self, ExperimentQuery, NewExperiment};
use web::wire::{Int64, Many, Name};
use web::{ApiError, Call, SignedIn, required};

use super::wire::{Empty, ExperimentWire, Pair, experiment_tags, view_type};
use super::{experiment_id, experiment_ids, page_size};
use crate::clock::now;
use crate::state::AppState;

/// The reference's default and limit for one page.
const PAGE: usize = 1000;
const LARGEST_PAGE: usize = 50_000;
const MOST_EXPERIMENTS: usize = 20;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/experiments/create", post(create))
        .route("/experiments/get", get(get_by_id))
        .route("/experiments/get-by-name", get(get_by_name))
        .route("/experiments/search", get(search).post(search))
        .route("/experiments/update", post(update))
        .route("/experiments/delete", post(delete))
        .route("/experiments/restore", post(restore))
        .route("/experiments/set-experiment-tag", post(set_tag))
        .route("/experiments/delete-experiment-tag", post(delete_tag))
        .route("/experiments/search-datasets", post(search_datasets))
}

#[derive(Deserialize)]
struct Create {
    name: Option<String>,
    artifact_location: Option<String>,
    #[serde(default)]
    tags: Many<Pair>,
}

#[derive(Serialize)]
struct Created {
    experiment_id: String,
}

async fn create(SignedIn(db): SignedIn, Call(call): Call<Create>) -> Result<Json<Created>, ApiError> {
    let new = NewExperiment {
        name: required("name", call.name)?,
        artifact_location: call.artifact_location.filter(|location| !location.is_empty()),
        tags: experiment_tags(call.tags)?,
    };
    if let Some(location) = &new.artifact_location {
        check_location(location)?;
    }
    let id = experiments::create(&db, new, now()).await?;
    Ok(Json(Created { experiment_id: id.to_string() }))
}

/// A place of ours has to be one; elsewhere is the client's business.
fn check_location(location: &str) -> Result<(), ApiError> {
    domain::limits::check_text("artifact_location", location)?;
    domain::limits::check_length("artifact_location", location, 1000)?;
    if location.contains(['#', '?', ';']) {
        return Err(ApiError::bad_request(
            "Invalid value for parameter 'artifact_location' supplied: an artifact URI can't contain `#`, `?` or `;`",
        ));
    }
    if let Some(scheme) = ["runs:", "models:"].into_iter().find(|scheme| begins_with(location, scheme)) {
        // Another name for files that have a place: whoever changes them would not be told whose they are.
        return Err(ApiError::bad_request(format!(
            "Invalid value for parameter 'artifact_location' supplied: `{scheme}` names what is logged already; give a place"
        )));
    }
    let scheme = artifacts::SCHEME;
    if begins_with(location, scheme) && !location.starts_with(scheme) {
        return Err(ApiError::bad_request(format!(
            "Invalid value for parameter 'artifact_location' supplied: a place of this server begins with `{scheme}`"
        )));
    }
    if let Some(path) = location.strip_prefix(scheme) {
        if path.contains('%') {
            // Clients decode it, and would read another place than this server.
            return Err(ApiError::bad_request(
                "Invalid value for parameter 'artifact_location' supplied: a place of this server can't contain `%`",
            ));
        }
        if let Some(host) =
            path.strip_prefix('/').and_then(|rest| rest.split('/').next()).filter(|it| !it.is_empty())
        {
            return Err(ApiError::bad_request(format!(
                "Invalid value for parameter 'artifact_location' supplied: `{host}` is another server's name; a place of this one \
                 is `{scheme}` and a path"
            )));
        }
        artifacts::Place::parse(path.trim_matches('/'))?;
    }
    Ok(())
}

fn begins_with(location: &str, scheme: &str) -> bool {
    location.trim_start().get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
}

#[derive(Deserialize)]
struct ById {
    experiment_id: Option<String>,
}

fn answer(experiment: &domain::Experiment) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        experiment: ExperimentWire<'a>,
    }
    Json(Answer { experiment: experiment.into() }).into_response()
}

async fn get_by_id(SignedIn(db): SignedIn, Call(call): Call<ById>) -> Result<Response, ApiError> {
    let id = experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?;
    Ok(answer(&experiments::get(&db, id).await?))
}

#[derive(Deserialize)]
struct ByName {
    experiment_name: Option<String>,
}

async fn get_by_name(SignedIn(db): SignedIn, Call(call): Call<ByName>) -> Result<Response, ApiError> {
    let name = required("experiment_name", call.experiment_name)?;
    Ok(answer(&experiments::get_by_name(&db, &name).await?))
}

#[derive(Deserialize)]
struct Search {
    max_results: Option<Int64>,
    page_token: Option<String>,
    filter: Option<String>,
    #[serde(default)]
    order_by: Many<String>,
    view_type: Option<Name>,
}

#[derive(Serialize)]
struct Found<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    experiments: Vec<ExperimentWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn search(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    let query = ExperimentQuery {
        filter: call.filter.unwrap_or_default(),
        order_by: call.order_by.0,
        view: view_type(call.view_type.as_ref(), "view_type")?,
        max_results: page_size(call.max_results, PAGE, LARGEST_PAGE)?,
        page_token: call.page_token,
    };
    let page = experiments::search(&db, &query).await?;
    let experiments = page.items.iter().map(ExperimentWire::from).collect();
    Ok(Json(Found { experiments, next_page_token: page.next_page_token }).into_response())
}

#[derive(Deserialize)]
struct Update {
    experiment_id: Option<String>,
    new_name: Option<String>,
}

async fn update(SignedIn(db): SignedIn, Call(call): Call<Update>) -> Result<Json<Empty>, ApiError> {
    let id = experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?;
    let name = required("new_name", call.new_name)?;
    experiments::rename(&db, id, name, now()).await?;
    Ok(Json(Empty {}))
}

async fn delete(SignedIn(db): SignedIn, Call(call): Call<ById>) -> Result<Json<Empty>, ApiError> {
    let id = experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?;
    experiments::delete(&db, id, now()).await?;
    Ok(Json(Empty {}))
}

async fn restore(SignedIn(db): SignedIn, Call(call): Call<ById>) -> Result<Json<Empty>, ApiError> {
    let id = experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?;
    experiments::restore(&db, id, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Tag {
    experiment_id: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn set_tag(SignedIn(db): SignedIn, Call(call): Call<Tag>) -> Result<Json<Empty>, ApiError> {
    let id = experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?;
    let key = required("key", call.key)?;
    let tag = KeyValue { key, value: call.value.unwrap_or_default() };
    experiments::set_tag(&db, id, tag, now()).await?;
    Ok(Json(Empty {}))
}

async fn delete_tag(SignedIn(db): SignedIn, Call(call): Call<Tag>) -> Result<Json<Empty>, ApiError> {
    let id = experiment_id("experiment_id", &required("experiment_id", call.experiment_id)?)?;
    experiments::delete_tag(&db, id, required("key", call.key)?, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct SearchDatasets {
    #[serde(default)]
    experiment_ids: Many<String>,
}

#[derive(Serialize)]
struct DatasetSummaries {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset_summaries: Vec<DatasetSummary>,
}

#[derive(Serialize)]
struct DatasetSummary {
    experiment_id: String,
    name: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
}

impl From<datasets::DatasetSummary> for DatasetSummary {
    fn from(summary: datasets::DatasetSummary) -> Self {
        Self {
            experiment_id: summary.experiment_id.to_string(),
            name: summary.name,
            digest: summary.digest,
            context: summary.context,
        }
    }
}

async fn search_datasets(
    SignedIn(db): SignedIn,
    Call(call): Call<SearchDatasets>,
) -> Result<Json<DatasetSummaries>, ApiError> {
    let ids = call.experiment_ids.0;
    if ids.is_empty() {
        return Err(ApiError::bad_request("SearchDatasets request must specify at least one experiment_id."));
    }
    if ids.len() > MOST_EXPERIMENTS {
        return Err(ApiError::bad_request(format!(
            "SearchDatasets request cannot specify more than {MOST_EXPERIMENTS} experiment_ids. Received {} experiment_ids.",
            ids.len()
        )));
    }
    let found = datasets::search(&db, &experiment_ids("experiment_ids", &ids)?).await?;
    Ok(Json(DatasetSummaries { dataset_summaries: found.into_iter().map(DatasetSummary::from).collect() }))
}
