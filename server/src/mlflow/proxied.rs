//! `mlflow-artifacts/artifacts`: files by their path below the root, as clients send and fetch them.

use artifacts::{Artifacts, Place};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use web::{ApiError, Call, Path};

use super::artifacts::{FileWire, wire};
use super::wire::Empty;
use crate::files;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/artifacts", get(list))
        .route("/artifacts/{*path}", get(download).put(upload).delete(delete))
}

#[derive(Deserialize)]
struct List {
    path: Option<String>,
}

#[derive(Serialize)]
struct Listing {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileWire>,
}

async fn list(State(artifacts): State<Artifacts>, Call(call): Call<List>) -> Result<Json<Listing>, ApiError> {
    let place = Place::parse(call.path.unwrap_or_default().trim_end_matches('/'))?;
    let found = artifacts.list_place(&place).await?;
    Ok(Json(Listing { files: wire(found) }))
}

async fn download(
    State(artifacts): State<Artifacts>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    files::download(&artifacts, &Place::parse(&path)?, &path, &headers).await
}

async fn upload(
    State(artifacts): State<Artifacts>,
    Path(path): Path<String>,
    body: Body,
) -> Result<Json<Empty>, ApiError> {
    artifacts.put(&Place::parse(&path)?, body.into_data_stream()).await?;
    Ok(Json(Empty {}))
}

/// Clients end a folder's path with `/`.
async fn delete(
    State(artifacts): State<Artifacts>,
    Path(path): Path<String>,
) -> Result<Json<Empty>, ApiError> {
    artifacts.delete(&Place::parse(path.trim_end_matches('/'))?).await?;
    Ok(Json(Empty {}))
}
