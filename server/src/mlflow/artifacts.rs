//! Files of runs and logged models by their owner: `artifacts/list`, `get-artifact`, `upload-artifact`, ….

use artifacts::Artifacts;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::artifacts::ArtifactEntry;
use domain::permissions::Level;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use store::{logged_models, permissions, runs};
use web::{ApiError, Call, Path, SignedIn, required};

use crate::files::{self, Files};
use crate::reading::Reading;
use crate::state::AppState;

/// The reference's limit for files that come through its own pages.
const MAX_UPLOAD: usize = 10 * 1024 * 1024;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/artifacts/list", get(list))
        .route("/artifacts/presigned-download-url", post(no_presigned_urls))
        .route("/artifacts/presigned-upload-url", post(no_presigned_urls))
        .route("/logged-models/{id}/artifacts/directories", get(list_model))
        .route("/logged-models/{id}/artifacts/files", get(get_model_artifact))
        .route("/get-artifact", get(get_artifact))
        .route("/upload-artifact", post(upload).layer(DefaultBodyLimit::max(MAX_UPLOAD + 1)))
}

/// The address without a prefix, which old clients use.
pub fn downloads() -> Router<AppState> {
    Router::new().route("/get-artifact", get(get_artifact))
}

#[derive(Serialize)]
struct Listing {
    root_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileWire>,
}

#[derive(Serialize)]
pub struct FileWire {
    path: String,
    is_dir: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<u64>,
}

impl From<ArtifactEntry> for FileWire {
    fn from(entry: ArtifactEntry) -> Self {
        Self { path: entry.path, is_dir: entry.is_dir, file_size: entry.size }
    }
}

pub fn wire(found: Vec<ArtifactEntry>) -> Vec<FileWire> {
    found.into_iter().map(FileWire::from).collect()
}

async fn listing(artifacts: &Artifacts, root_uri: String, path: &str) -> Result<Json<Listing>, ApiError> {
    let found = artifacts.list_by_name(&root_uri, path.trim_end_matches('/')).await?;
    Ok(Json(Listing { root_uri, files: wire(found) }))
}

#[derive(Deserialize)]
struct List {
    run_id: Option<String>,
    run_uuid: Option<String>,
    path: Option<String>,
}

async fn list(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Call(call): Call<List>,
) -> Result<Json<Listing>, ApiError> {
    let uuid = required("run_id", call.run_id.or(call.run_uuid))?;
    let run = runs::get(&db, &uuid).await?;
    listing(&artifacts, run.artifact_uri, &call.path.unwrap_or_default()).await
}

#[derive(Deserialize)]
struct ListModel {
    artifact_directory_path: Option<String>,
}

async fn list_model(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(id): Path<String>,
    Call(call): Call<ListModel>,
) -> Result<Json<Listing>, ApiError> {
    let model = logged_models::get(&db, &id).await?;
    listing(&artifacts, model.artifact_uri, &call.artifact_directory_path.unwrap_or_default()).await
}

#[derive(Deserialize)]
struct GetModelArtifact {
    artifact_file_path: Option<String>,
}

async fn get_model_artifact(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Call(call): Call<GetModelArtifact>,
) -> Result<Response, ApiError> {
    let path = required("artifact_file_path", call.artifact_file_path)?;
    let model = logged_models::get(&db, &id).await?;
    let place = artifacts.place(&model.artifact_uri, &path)?;
    files::download(&artifacts, &place, &path, &headers).await
}

async fn get_artifact(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    headers: HeaderMap,
    Call(file): Call<files::FileOf>,
) -> Result<Response, ApiError> {
    let (uri, path) = file.find(&db).await?;
    let place = artifacts.place(&uri, &path)?;
    files::download(&artifacts, &place, &path, &headers).await
}

async fn upload(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    State(reading): State<Reading>,
    uri: http::Uri,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, ApiError> {
    let query =
        http::Request::get(uri).body(Body::empty()).map_err(|_| ApiError::bad_request("no such address"))?;
    let Call(file) =
        <Call<files::FileOf> as axum::extract::FromRequest<()>>::from_request(query, &()).await?;
    let too_large = || ApiError::bad_request("Artifact size is too large. Max size is 10MB.");
    let bytes = body.map_err(|_| too_large())?;
    if bytes.len() > MAX_UPLOAD {
        return Err(too_large());
    }
    if bytes.is_empty() {
        return Err(ApiError::bad_request("Request must specify data."));
    }
    let (uri, path) = file.find(&db).await?;
    let place = artifacts.place(&uri, &path)?;
    permissions::check_path(&db, &format!("{uri}/{path}"), Level::Edit).await?;
    let files = Files { db: &db, artifacts: &artifacts, reading: &reading };
    let whole = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
    files.put(&format!("{uri}/{path}"), &place, whole).await?;
    Ok(StatusCode::OK.into_response())
}

async fn no_presigned_urls() -> ApiError {
    ApiError::bad_request(
        "presigned URLs are not supported for proxied artifacts; use the mlflow-artifacts calls instead",
    )
}
