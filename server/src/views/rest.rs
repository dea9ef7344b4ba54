//! `api/v1/experiments/{id}/views` and `api/v1/views/{id}`.

use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::views::{self, Contents, View};
use web::wire::Int64;
use web::{ApiError, Call, Path, SignedIn, required};

use super::panels::Spec;
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/experiments/{id}/views", get(list).post(create))
        .route("/api/v1/views/{id}", get(show).put(change).delete(delete))
        .route("/api/v1/views/{id}/restore", post(restore))
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

#[derive(Deserialize)]
struct Asked {
    name: Option<String>,
    #[serde(default)]
    notes: String,
    panels: Option<Vec<String>>,
    #[serde(default)]
    is_shared: bool,
}

impl Asked {
    fn read(self, experiment: i64) -> Result<Contents, ApiError> {
        let panels = self.panels.ok_or_else(|| ApiError::missing("panels"))?;
        let specs: Vec<_> = panels.iter().map(|text| Spec::parse(text)).collect();
        specs.iter().try_for_each(|spec| spec.check(experiment))?;
        Ok(Contents {
            name: required("name", self.name)?,
            notes: self.notes,
            panels: specs.iter().map(Spec::text).collect(),
            is_shared: self.is_shared,
        })
    }
}

fn wire(view: &View) -> Value {
    json!({
        "id": view.id.to_string(),
        "experiment_id": view.experiment_id.to_string(),
        "name": view.contents.name,
        "notes": view.contents.notes,
        "panels": view.contents.panels,
        "is_shared": view.contents.is_shared,
        "owner": view.owner,
        "created_at_ms": view.created_at.0,
        "updated_at_ms": view.updated_at.0,
        "is_deleted": view.is_deleted,
        "may_change": view.may_change,
    })
}

async fn list(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
) -> Result<Json<Value>, ApiError> {
    let views = views::of_experiment(&db, id, "", false).await?;
    Ok(Json(json!({ "views": views.iter().map(wire).collect::<Vec<_>>() })))
}

async fn create(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(experiment) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let id = views::create(&db, experiment, asked.read(experiment)?, now()).await?;
    Ok((StatusCode::CREATED, Json(wire(&views::get(&db, id).await?))))
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(wire(&views::get(&db, id).await?)))
}

async fn change(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<Json<Value>, ApiError> {
    let experiment = views::get(&db, id).await?.experiment_id;
    views::change(&db, id, asked.read(experiment)?, now()).await?;
    Ok(Json(wire(&views::get(&db, id).await?)))
}

/// Into the bin.
async fn delete(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
) -> Result<Json<Value>, ApiError> {
    views::set_deleted(&db, id, true, now()).await?;
    Ok(Json(json!({})))
}

async fn restore(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
) -> Result<Json<Value>, ApiError> {
    views::set_deleted(&db, id, false, now()).await?;
    Ok(Json(wire(&views::get(&db, id).await?)))
}
