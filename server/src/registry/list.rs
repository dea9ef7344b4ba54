//! `models`: the list.

use app::registry::{ModelsPage, models_list};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use leptos::prelude::view;
use serde::Deserialize;
use store::registry::catalog;
use web::{ApiError, Call, SignedIn};

use super::page;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/models", get(models))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    kind: String,
}

async fn models(
    SignedIn(db): SignedIn,
    headers: HeaderMap,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    domain::limits::check_short_text("q", &asked.q, 1000)?;
    let query = models_list(asked.q, &asked.sort, &asked.page, &asked.kind);
    let catalog = catalog(&db, &query).await?;
    let title = if query.prompts { "Prompts" } else { "Models" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let scheme = if is_secure { "https" } else { "http" };
    let has_accounts = db.by().user_id.is_some();
    let base = format!("{scheme}://{}", host.unwrap_or("127.0.0.1:5000"));
    Ok(page(StatusCode::OK, title, Some(db.by()), || view! { <ModelsPage catalog query base has_accounts/> }))
}
