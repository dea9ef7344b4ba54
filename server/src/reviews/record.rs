//! Release records, and the keys that they are signed with.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header;
use serde::Deserialize;
use store::reviews::{Office, record_of};
use web::{ApiError, Path, SignedIn};

use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/reviews/{id}/record", get(show))
        .route("/.well-known/countersign.pub", get(public_keys))
        .route("/.well-known/databricks-config", get(databricks_config))
}

#[derive(Deserialize)]
struct One {
    id: i64,
}

/// The envelope as it was signed, byte for byte.
async fn show(SignedIn(db): SignedIn, Path(One { id }): Path<One>) -> Result<Response, ApiError> {
    let record = record_of(&db, id).await?;
    let name = format!("attachment; filename=\"release-{id}.json\"");
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, record.envelope).into_response())
}

async fn public_keys(State(office): State<Office>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/x-pem-file"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, office.public_document()).into_response()
}

/// What Databricks' client asks before anything else: there is nothing to say.
async fn databricks_config() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({}))
}
