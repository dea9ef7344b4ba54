//! `runs/…`

mod inputs;
mod log;

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::limits::{self, MAX_RESULTS, Place};
use domain::{KeyValue, Millis, Run, RunStatus};
use serde::{Deserialize, Serialize};
use store::runs::{self, NewRun, RunQuery, RunUpdate};
use web::wire::{Int64, Many, Name};
use web::{ApiError, Call, SignedIn, required};

use super::wire::{Empty, Pair, RunInfo, RunWire, tags, view_type};
use super::{experiment_id, experiment_ids, page_size};
use crate::clock::now;
use crate::state::AppState;

/// The reference's default for one page.
const PAGE: usize = 1000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/runs/create", post(create))
        .route("/runs/get", get(get_run))
        .route("/runs/update", post(update))
        .route("/runs/delete", post(delete))
        .route("/runs/restore", post(restore))
        .route("/runs/search", post(search))
        .route("/runs/set-tag", post(set_tag))
        .route("/runs/delete-tag", post(delete_tag))
        .merge(log::router())
        .merge(inputs::router())
}

/// `run_id`, or its old name.
fn run_id(run_id: Option<String>, run_uuid: Option<String>) -> Result<String, ApiError> {
    required("run_id", run_id.filter(|id| !id.is_empty()).or(run_uuid))
}

fn answer(run: &Run) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        run: RunWire<'a>,
    }
    Json(Answer { run: run.into() }).into_response()
}

#[derive(Deserialize)]
struct Create {
    experiment_id: Option<String>,
    user_id: Option<String>,
    run_name: Option<String>,
    start_time: Option<Int64>,
    #[serde(default)]
    tags: Many<Pair>,
}

async fn create(SignedIn(db): SignedIn, Call(call): Call<Create>) -> Result<Response, ApiError> {
    let experiment = required("experiment_id", call.experiment_id)?;
    let started_at = Millis(call.start_time.unwrap_or_default().0);
    limits::check_timestamp("start_time", started_at)?;
    let (name, user) = (call.run_name.unwrap_or_default(), call.user_id.unwrap_or_default());
    check_name("run_name", &name)?;
    check_name("user_id", &user)?;
    let new = NewRun {
        experiment_id: experiment_id("experiment_id", &experiment)?,
        name,
        user,
        started_at,
        tags: tags(call.tags)?,
    };
    Ok(answer(&runs::create(&db, new).await?))
}

fn check_name(field: &str, name: &str) -> Result<(), ApiError> {
    limits::check_text(field, name)?;
    Ok(limits::check_length(field, name, limits::MAX_TAG_LENGTH)?)
}

#[derive(Deserialize)]
struct ById {
    run_id: Option<String>,
    run_uuid: Option<String>,
}

async fn get_run(SignedIn(db): SignedIn, Call(call): Call<ById>) -> Result<Response, ApiError> {
    let uuid = run_id(call.run_id, call.run_uuid)?;
    Ok(answer(&runs::get(&db, &uuid).await?))
}

#[derive(Deserialize)]
struct Update {
    run_id: Option<String>,
    run_uuid: Option<String>,
    status: Option<Name>,
    end_time: Option<Int64>,
    run_name: Option<String>,
}

fn status(given: &Name) -> Result<RunStatus, ApiError> {
    let known = match given.0.as_str() {
        "1" => Some(RunStatus::Running),
        "2" => Some(RunStatus::Scheduled),
        "3" => Some(RunStatus::Finished),
        "4" => Some(RunStatus::Failed),
        "5" => Some(RunStatus::Killed),
        name => RunStatus::parse(name),
    };
    known.ok_or_else(|| {
        ApiError::bad_request(
            "Invalid value for parameter 'status' supplied: it is RUNNING, SCHEDULED, FINISHED, FAILED or KILLED",
        )
    })
}

async fn update(SignedIn(db): SignedIn, Call(call): Call<Update>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        run_info: RunInfo<'a>,
    }
    let uuid = run_id(call.run_id, call.run_uuid)?;
    let ended_at = call.end_time.map(|at| Millis(at.0));
    if let Some(at) = ended_at {
        limits::check_timestamp("end_time", at)?;
    }
    let name = call.run_name.filter(|name| !name.is_empty());
    check_name("run_name", name.as_deref().unwrap_or_default())?;
    let status = call.status.as_ref().map(status).transpose()?;
    runs::update(&db, uuid.clone(), RunUpdate { status, ended_at, name }).await?;
    let run = runs::get(&db, &uuid).await?;
    Ok(Json(Answer { run_info: (&run).into() }).into_response())
}

async fn delete(SignedIn(db): SignedIn, Call(call): Call<ById>) -> Result<Json<Empty>, ApiError> {
    runs::delete(&db, run_id(call.run_id, call.run_uuid)?, now()).await?;
    Ok(Json(Empty {}))
}

async fn restore(SignedIn(db): SignedIn, Call(call): Call<ById>) -> Result<Json<Empty>, ApiError> {
    runs::restore(&db, run_id(call.run_id, call.run_uuid)?, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    experiment_ids: Many<String>,
    filter: Option<String>,
    run_view_type: Option<Name>,
    max_results: Option<Int64>,
    #[serde(default)]
    order_by: Many<String>,
    page_token: Option<String>,
}

async fn search(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        runs: Vec<RunWire<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let query = RunQuery {
        experiment_ids: experiment_ids("experiment_ids", &call.experiment_ids.0)?,
        filter: call.filter.unwrap_or_default(),
        order_by: call.order_by.0,
        view: view_type(call.run_view_type.as_ref(), "run_view_type")?,
        max_results: page_size(call.max_results, PAGE, MAX_RESULTS)?,
        page_token: call.page_token,
        ..RunQuery::default()
    };
    let page = runs::search(&db, &query).await?;
    let runs = page.items.iter().map(RunWire::from).collect();
    Ok(Json(Found { runs, next_page_token: page.next_page_token }).into_response())
}

#[derive(Deserialize)]
struct Tag {
    run_id: Option<String>,
    run_uuid: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn set_tag(SignedIn(db): SignedIn, Call(call): Call<Tag>) -> Result<Json<Empty>, ApiError> {
    let uuid = run_id(call.run_id, call.run_uuid)?;
    let key = required("key", call.key)?;
    let tag = limits::tag(Place::Top, KeyValue { key, value: call.value.unwrap_or_default() })?;
    runs::set_tag(&db, uuid, tag).await?;
    Ok(Json(Empty {}))
}

async fn delete_tag(SignedIn(db): SignedIn, Call(call): Call<Tag>) -> Result<Json<Empty>, ApiError> {
    let uuid = run_id(call.run_id, call.run_uuid)?;
    runs::delete_tag(&db, uuid, required("key", call.key)?).await?;
    Ok(Json(Empty {}))
}
