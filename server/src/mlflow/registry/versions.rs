//! `model-versions/…`

use artifacts::Artifacts;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use domain::KeyValue;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use store::registry::{self, NewVersion};
use store::reviews::Office;
use web::wire::Many;
use web::{ApiError, Call, Either, SignedIn, required};

use super::super::wire::{Empty, Pair};
use super::models::{Search, tags};
use super::requests::plain_transition;
use super::version_number;
use super::wire::{VersionWire, version_answer};
use crate::clock::now;
use crate::files;
use crate::reading::Reading;
use crate::state::AppState;

const LARGEST_PAGE: usize = 200_000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/model-versions/create", post(create))
        .route("/model-versions/get", get(get_version))
        .route("/model-versions/update", patch(update))
        .route("/model-versions/transition-stage", post(transition))
        .route("/model-versions/delete", delete(delete_version))
        .route("/model-versions/search", get(search))
        .route("/model-versions/get-download-uri", get(download_uri))
        .route("/model-versions/set-tag", post(set_tag))
        .route("/model-versions/delete-tag", delete(delete_tag))
}

/// The address without a prefix, which the reference's own pages use.
pub fn downloads() -> Router<AppState> {
    Router::new().route("/model-versions/get-artifact", get(get_artifact))
}

#[derive(Deserialize)]
struct Create {
    name: Option<String>,
    source: Option<String>,
    #[serde(alias = "runId")]
    run_id: Option<String>,
    #[serde(default)]
    tags: Many<Pair>,
    #[serde(alias = "runLink")]
    run_link: Option<String>,
    description: Option<String>,
    #[serde(alias = "modelId")]
    model_id: Option<String>,
}

async fn create(
    SignedIn(db): SignedIn,
    State(reading): State<Reading>,
    Call(call): Call<Create>,
) -> Result<Response, ApiError> {
    let new = NewVersion {
        name: required("name", call.name)?,
        source: required("source", call.source)?,
        run_uuid: call.run_id,
        model_id: call.model_id.filter(|id| !id.is_empty()),
        description: call.description.unwrap_or_default(),
        run_link: call.run_link.unwrap_or_default(),
        tags: tags(call.tags),
    };
    let version = registry::create_version(&db, new, now()).await?;
    reading.wake();
    Ok(version_answer(&version))
}

#[derive(Deserialize)]
struct One {
    name: Option<String>,
    version: Option<String>,
}

impl One {
    fn read(self) -> Result<(String, i64), ApiError> {
        one(self.name, self.version)
    }
}

fn one(name: Option<String>, version: Option<String>) -> Result<(String, i64), ApiError> {
    let name = required("name", name)?;
    Ok((name, version_number(&required("version", version)?)?))
}

async fn get_version(SignedIn(db): SignedIn, Call(call): Call<One>) -> Result<Response, ApiError> {
    let (name, version) = call.read()?;
    Ok(version_answer(&registry::version(&db, &name, version).await?))
}

#[derive(Deserialize)]
struct Update {
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
}

async fn update(SignedIn(db): SignedIn, Call(call): Call<Update>) -> Result<Response, ApiError> {
    let (name, version) = one(call.name, call.version)?;
    Ok(version_answer(&registry::update_version(&db, name, version, call.description, now()).await?))
}

#[derive(Deserialize)]
struct Transition {
    name: Option<String>,
    version: Option<String>,
    stage: Option<String>,
    archive_existing_versions: Option<bool>,
}

async fn transition(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<Transition>,
) -> Result<Response, ApiError> {
    let (name, version) = one(call.name, call.version)?;
    let stage = required("stage", call.stage)?;
    let archive = call.archive_existing_versions.unwrap_or_default();
    Ok(version_answer(&plain_transition(&db, &office, (name, version), &stage, (archive, "")).await?))
}

async fn delete_version(SignedIn(db): SignedIn, Either(call): Either<One>) -> Result<Json<Empty>, ApiError> {
    let (name, version) = call.read()?;
    registry::delete_version(&db, name, version, now()).await?;
    Ok(Json(Empty {}))
}

async fn search(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        model_versions: Vec<VersionWire<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let page = registry::search_versions(&db, &call.query(LARGEST_PAGE, LARGEST_PAGE)?).await?;
    let model_versions = page.items.iter().map(VersionWire::from).collect();
    Ok(Json(Found { model_versions, next_page_token: page.next_page_token }).into_response())
}

async fn download_uri(SignedIn(db): SignedIn, Call(call): Call<One>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Answer {
        artifact_uri: String,
    }
    let (name, version) = call.read()?;
    let artifact_uri = registry::download_uri(&db, &name, version).await?;
    Ok(Json(Answer { artifact_uri }).into_response())
}

#[derive(Deserialize)]
struct Tag {
    name: Option<String>,
    version: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn set_tag(SignedIn(db): SignedIn, Call(call): Call<Tag>) -> Result<Json<Empty>, ApiError> {
    let (name, version) = one(call.name, call.version)?;
    let tag = KeyValue { key: required("key", call.key)?, value: call.value.unwrap_or_default() };
    registry::set_version_tag(&db, name, version, tag, now()).await?;
    Ok(Json(Empty {}))
}

async fn delete_tag(SignedIn(db): SignedIn, Either(call): Either<Tag>) -> Result<Json<Empty>, ApiError> {
    let (name, version) = one(call.name, call.version)?;
    registry::delete_version_tag(&db, name, version, required("key", call.key)?, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct GetArtifact {
    name: Option<String>,
    version: Option<String>,
    path: Option<String>,
}

async fn get_artifact(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    headers: HeaderMap,
    Call(call): Call<GetArtifact>,
) -> Result<Response, ApiError> {
    let path = required("path", call.path)?;
    let (name, version) = one(call.name, call.version)?;
    let version = registry::version(&db, &name, version).await?;
    let place = artifacts.place(&version.storage_location, &path)?;
    files::download(&artifacts, &place, &path, &headers).await
}
