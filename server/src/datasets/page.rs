//! The page of data sets.

use app::Section;
use app::datasets::{DatasetsPage, datasets_list};
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::Db;
use store::datasets::{catalog, report_check};
use web::{ApiError, Call, Form, SignedIn};

use super::Reported;
use crate::clock::now;
use crate::frame::page;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/datasets", get(list)).route("/datasets/checks", post(report))
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
}

async fn list(SignedIn(db): SignedIn, Call(asked): Call<Query>) -> Result<Response, ApiError> {
    show(&db, asked, Ok(None)).await
}

/// The list, with what became of a form: what it did, or why it was refused.
async fn show(db: &Db, asked: Query, became: Result<Option<String>, String>) -> Result<Response, ApiError> {
    domain::limits::check_short_text("q", &asked.q, 1000)?;
    let query = datasets_list(asked.q, &asked.page);
    let catalog = catalog(db, &query).await?;
    let may_report = db.by().check_data_engineer().is_ok();
    let (done, problem) = (became.clone().ok().flatten(), became.err());
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(Some(db.by()), status, "Data sets", Section::None, || {
        view! { <DatasetsPage catalog query may_report done problem/> }
    }))
}

async fn report(SignedIn(db): SignedIn, Form(reported): Form<Reported>) -> Result<Response, ApiError> {
    let check = reported.check()?;
    let asked = Query { q: check.name.clone(), page: String::new() };
    let said = format!("The check of `{}` is written down.", check.name);
    let became = match report_check(&db, check, now()).await {
        Ok(()) => Ok(Some(said)),
        Err(store::Error::Invalid(why)) => Err(why.message),
        Err(why) => return Err(why.into()),
    };
    show(&db, asked, became).await
}
