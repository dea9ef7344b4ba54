//! Reviews: door 2's calls, and what else belongs to them.

mod api;
mod audit;
pub mod json;
mod pages;
mod policy;
mod policy_page;
mod record;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::state::AppState;

/// Words, a policy: more is a mistake.
const MAX_BODY: usize = 1024 * 1024;

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(api::router())
        .merge(policy::router())
        .merge(pages::router())
        .merge(policy_page::router())
        .merge(audit::router())
        .merge(record::router())
        .layer(DefaultBodyLimit::max(MAX_BODY))
}
