//! `comments/…`: in the words of Databricks' registry.

use axum::routing::{delete, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::reviews::{self, Comment};
use web::wire::{Int64, Name};
use web::{ApiError, Call, Either, SignedIn, required};

use super::version_number;
use crate::clock::now;
use crate::mlflow::wire::Empty;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/comments/create", post(create))
        .route("/comments/update", patch(update).post(update))
        .route("/comments/delete", delete(remove))
}

#[derive(Deserialize)]
struct Create {
    name: Option<String>,
    version: Option<Name>,
    comment: Option<String>,
}

async fn create(SignedIn(db): SignedIn, Call(call): Call<Create>) -> Result<Json<Value>, ApiError> {
    let name = required("name", call.name)?;
    let version = version_number(&required("version", call.version.map(|version| version.0))?)?;
    let comment = required("comment", call.comment)?;
    let made = reviews::add_comment(&db, name, version, None, comment, now()).await?;
    Ok(Json(json!({ "comment": shown(&made) })))
}

#[derive(Deserialize)]
struct Update {
    id: Option<Int64>,
    comment: Option<String>,
}

async fn update(SignedIn(db): SignedIn, Call(call): Call<Update>) -> Result<Json<Value>, ApiError> {
    let id = call.id.ok_or_else(|| ApiError::missing("id"))?.0;
    let edited = reviews::edit_comment(&db, id, required("comment", call.comment)?, now()).await?;
    Ok(Json(json!({ "comment": shown(&edited) })))
}

async fn remove(SignedIn(db): SignedIn, Either(call): Either<Update>) -> Result<Json<Empty>, ApiError> {
    let id = call.id.ok_or_else(|| ApiError::missing("id"))?.0;
    reviews::delete_comment(&db, id, now()).await?;
    Ok(Json(Empty {}))
}

/// As whoever wrote it sees it.
fn shown(comment: &Comment) -> Value {
    json!({
        "id": comment.id.to_string(),
        "comment": comment.text,
        "user_id": comment.name,
        "creation_timestamp": comment.at_ms,
        "last_updated_timestamp": comment.edited_at_ms.unwrap_or(comment.at_ms),
        "available_actions": ["EDIT_COMMENT", "DELETE_COMMENT"],
    })
}
