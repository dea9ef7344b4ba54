//! `compare/details`: runs beside a baseline, in full.

mod files;
mod packages;

use app::{Details, DetailsAsked, DetailsPage, Section};
use artifacts::Artifacts;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::runs;
use web::wire::{Flag, Many};
use web::{ApiError, Call, SignedIn};

use crate::frame::page;
use crate::state::AppState;

/// Columns of one table.
const MOST_RUNS: usize = 50;

pub fn router() -> Router<AppState> {
    Router::new().route("/compare/details", get(show))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    runs: Many<String>,
    baseline: String,
    all: Flag,
    higher: Many<String>,
    lower: Many<String>,
    file: String,
}

async fn show(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    let mut named: Vec<String> = Vec::new();
    for uuid in asked.runs.0.iter().flat_map(|part| part.split(',')).filter(|uuid| !uuid.is_empty()) {
        if !named.iter().any(|one| one == uuid) {
            named.push(uuid.to_owned());
        }
    }
    let runs = runs::get_many(&db, &named[..named.len().min(MOST_RUNS)]).await?;
    let trees = files::trees(&artifacts, &runs).await;
    let packages = packages::of_runs(&db, &artifacts, &runs, &trees).await?;
    let shared = files::shared(&trees);
    let asked = DetailsAsked {
        runs: named,
        baseline: asked.baseline,
        all: asked.all.0,
        higher: asked.higher.0,
        lower: asked.lower.0,
        file: asked.file,
    };
    let mut details = Details { asked, runs, packages, shared, file: None };
    if details.shared.iter().any(|(path, _)| *path == details.asked.file) {
        let path = details.asked.file.clone();
        details.file = Some(files::view(&artifacts, path, &trees, details.baseline()).await);
    }
    Ok(page(Some(db.by()), StatusCode::OK, "Differences in full", Section::Experiments, || {
        view! { <DetailsPage details/> }
    }))
}
