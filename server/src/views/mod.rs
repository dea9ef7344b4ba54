//! `experiments/{id}/views`, `experiments/{id}/panels` and `views/{id}`: charts kept together, with notes.

mod arrange;
mod page;
mod panels;
mod rest;

use axum::Router;

use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().merge(page::router()).merge(arrange::router()).merge(rest::router())
}
