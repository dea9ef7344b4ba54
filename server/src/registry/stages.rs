//! `stages`, `api/v1/stages`: the workspace's own list of stages, as a page and as JSON.

use app::registry::StagesPage;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use leptos::prelude::view;
use serde::{Deserialize, Serialize};
use store::registry::{set_workspace_stages, stage_uses, workspace_stages};
use store::{Db, Error};
use web::{ApiError, Call, Form, SignedIn};

use super::page;
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/stages", get(show).post(save))
}

pub fn rest() -> Router<AppState> {
    Router::new().route("/api/v1/stages", get(list).put(set))
}

/// What became of the form.
#[derive(Default)]
struct Shown {
    draft: Option<String>,
    done: Option<String>,
    problem: Option<String>,
}

async fn show(SignedIn(db): SignedIn) -> Result<Response, ApiError> {
    stages(&db, Shown::default()).await
}

async fn stages(db: &Db, Shown { draft, done, problem }: Shown) -> Result<Response, ApiError> {
    let uses = stage_uses(db).await?;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(status, "Stages", Some(db.by()), || view! { <StagesPage uses draft done problem/> }))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    stages: String,
    /// The list that the form was filled with.
    #[serde(default)]
    was: String,
}

fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

async fn save(SignedIn(db): SignedIn, Form(typed): Form<Typed>) -> Result<Response, ApiError> {
    let text = super::text_of(&typed.stages);
    let was = Some(lines(&typed.was)).filter(|was| !was.is_empty());
    let problem = match set_workspace_stages(&db, lines(&text), was, now()).await {
        Ok(_) => return stages(&db, Shown { done: Some("Saved.".into()), ..Shown::default() }).await,
        Err(Error::Invalid(why)) => why.message,
        Err(Error::InvalidState(why)) => why,
        Err(error) => return Err(error.into()),
    };
    stages(&db, Shown { draft: Some(text), problem: Some(problem), ..Shown::default() }).await
}

/// In their order, from `None` to `Archived`.
#[derive(Serialize)]
struct Answer {
    stages: Vec<String>,
}

async fn list(SignedIn(db): SignedIn) -> Result<Json<Answer>, ApiError> {
    Ok(Json(Answer { stages: workspace_stages(&db).await?.into() }))
}

#[derive(Deserialize)]
struct Wanted {
    /// The ends may be left out.
    stages: Option<Vec<String>>,
    /// The list as it was read, so that nobody else's change is overwritten.
    was: Option<Vec<String>>,
}

async fn set(SignedIn(db): SignedIn, Call(wanted): Call<Wanted>) -> Result<Json<Answer>, ApiError> {
    let names = wanted.stages.ok_or_else(|| ApiError::missing("stages"))?;
    Ok(Json(Answer { stages: set_workspace_stages(&db, names, wanted.was, now()).await?.into() }))
}
