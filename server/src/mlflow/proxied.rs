//! `mlflow-artifacts/artifacts`: files by their path below the root, as clients send and fetch them.

use artifacts::{Artifacts, Place};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use domain::permissions::Level;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use store::permissions;
use web::{ApiError, Call, Path, SignedIn};

use super::artifacts::{FileWire, wire};
use super::wire::Empty;
use crate::files::{self, Files};
use crate::reading::Reading;
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

async fn list(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Call(call): Call<List>,
) -> Result<Json<Listing>, ApiError> {
    let path = call.path.unwrap_or_default();
    let path = path.trim_end_matches('/');
    let place = Place::parse(path)?;
    // A folder that isn't there is empty.
    match permissions::check_path(&db, path, Level::Read).await {
        Err(store::Error::NotFound { .. }) => return Ok(Json(Listing { files: Vec::new() })),
        allowed => allowed?,
    }
    let hidden = permissions::hidden_below(&db, path).await?;
    let mut found = artifacts.list_place(&place).await?;
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    found.retain(|entry| !hidden.contains(&below(&entry.path)));
    Ok(Json(Listing { files: wire(found) }))
}

async fn download(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let place = Place::parse(&path)?;
    match permissions::check_path(&db, &path, Level::Read).await {
        Err(store::Error::NotFound { .. }) => return Err(artifacts::Error::NotFound(path).into()),
        allowed => allowed?,
    }
    files::download(&artifacts, &place, &path, &headers).await
}

async fn upload(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    State(reading): State<Reading>,
    Path(path): Path<String>,
    body: Body,
) -> Result<Json<Empty>, ApiError> {
    let place = Place::parse(&path)?;
    permissions::check_path(&db, &path, Level::Edit).await?;
    let files = Files { db: &db, artifacts: &artifacts, reading: &reading };
    files.put(&path, &place, body.into_data_stream()).await?;
    Ok(Json(Empty {}))
}

/// Clients end a folder's path with `/`.
async fn delete(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    State(reading): State<Reading>,
    Path(path): Path<String>,
) -> Result<Json<Empty>, ApiError> {
    let place = Place::parse(path.trim_end_matches('/'))?;
    permissions::check_path(&db, &path, Level::Edit).await?;
    let files = Files { db: &db, artifacts: &artifacts, reading: &reading };
    files.delete(path.trim_end_matches('/'), &place).await?;
    Ok(Json(Empty {}))
}
