//! Who may do what with an experiment or a model: our own REST, and a page.

mod page;
mod rest;

use axum::Router;
use domain::accounts::Role;
use domain::permissions::{Grantee, Level};
use web::ApiError;

use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().merge(rest::router()).merge(page::router())
}

/// An experiment's number, as it stands in an address.
fn experiment(id: &str) -> Result<i64, ApiError> {
    id.parse()
        .map_err(|_| ApiError::not_found(format!("no experiment with id `{id}` exists; an id is a number")))
}

fn level(text: &str) -> Result<Level, ApiError> {
    Level::parse(text).ok_or_else(|| {
        let levels = Level::ALL.map(Level::as_str).join(", ");
        ApiError::bad_request(format!("`{text}` is no level; it is one of {levels}"))
    })
}

fn role(text: &str) -> Result<Grantee, ApiError> {
    Role::parse(text).map(Grantee::Role).ok_or_else(|| {
        let roles = Role::ALL.map(Role::as_str).join(", ");
        ApiError::bad_request(format!("`{text}` is no role; it is one of {roles}"))
    })
}
