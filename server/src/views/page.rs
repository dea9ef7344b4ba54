//! `views/{id}`, and the list of an experiment's views.

use app::Section;
use app::views::{ViewPage, ViewsPage, view_path};
use axum::Router;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::{experiments, views};
use web::wire::{Flag, Int64};
use web::{ApiError, Call, Path, SignedIn};

use super::panels::{Spec, drawn};
use crate::clock::now;
use crate::frame::page;
use crate::rights::{Right, allows};
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/experiments/{id}/views", get(list))
        .route("/views/{id}", get(show))
        .route("/views/{id}/delete", post(delete))
        .route("/views/{id}/restore", post(restore))
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct List {
    q: String,
    bin: Flag,
}

async fn list(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    Call(List { q, bin: Flag(is_bin) }): Call<List>,
) -> Result<Response, ApiError> {
    domain::limits::check_short_text("q", &q, 200)?;
    let experiment = experiments::get(&db, id).await?.name;
    let views = views::of_experiment(&db, id, q.trim(), is_bin).await?;
    let may_save = allows(Right::Write, db.by());
    Ok(page(Some(db.by()), StatusCode::OK, "Views", Section::Experiments, || {
        view! { <ViewsPage experiment_id=id experiment views q is_bin may_save/> }
    }))
}

async fn show(SignedIn(db): SignedIn, Path(One { id: Int64(id) }): Path<One>) -> Result<Response, ApiError> {
    let mut view = views::get(&db, id).await?;
    view.may_change &= allows(Right::Write, db.by());
    let specs: Vec<_> = view.contents.panels.iter().map(|text| Spec::parse(text)).collect();
    let panels = drawn(&db, view.experiment_id, &specs).await?;
    let title = view.contents.name.clone();
    Ok(page(Some(db.by()), StatusCode::OK, &title, Section::Experiments, || {
        view! { <ViewPage view panels/> }
    }))
}

async fn delete(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
) -> Result<Redirect, ApiError> {
    views::set_deleted(&db, id, true, now()).await?;
    Ok(Redirect::to(&view_path(id)))
}

async fn restore(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
) -> Result<Redirect, ApiError> {
    views::set_deleted(&db, id, false, now()).await?;
    Ok(Redirect::to(&view_path(id)))
}
