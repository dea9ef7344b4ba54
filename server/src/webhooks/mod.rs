//! Webhooks: their delivery, our own REST, and their pages.

mod calling;
mod deliver;
mod page;
mod rest;

use axum::Router;
use axum::extract::DefaultBodyLimit;

pub use calling::Calling;
pub use deliver::deliver;

use crate::state::AppState;

/// Names, addresses: more is a mistake.
const MAX_BODY: usize = 256 * 1024;

pub fn router() -> Router<AppState> {
    Router::new().merge(rest::router()).merge(page::router()).layer(DefaultBodyLimit::max(MAX_BODY))
}
