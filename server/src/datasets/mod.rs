//! `datasets`: what checks of data sets found, on a page and for scripts.

mod page;
mod rest;

use axum::Router;
use domain::limits::Invalid;
use domain::reviews::gates::Validation;
use serde::Deserialize;
use store::datasets::NewDatasetCheck;
use web::{ApiError, required};

use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().merge(rest::router()).merge(page::router())
}

/// A check, as a form or a script reports it.
#[derive(Deserialize)]
struct Reported {
    name: Option<String>,
    digest: Option<String>,
    state: Option<String>,
    #[serde(default)]
    summary: String,
    link: Option<String>,
}

impl Reported {
    fn check(self) -> Result<NewDatasetCheck, ApiError> {
        let state = required("state", self.state)?;
        let parsed = Validation::parse(&state).filter(|state| *state != Validation::NeverRun);
        Ok(NewDatasetCheck {
            name: required("name", self.name)?,
            digest: required("digest", self.digest)?,
            state: parsed.ok_or_else(|| {
                Invalid::new("state", format!("`{state}` is none; a check is running, passed or failed"))
            })?,
            summary: self.summary,
            link: self.link.filter(|link| !link.is_empty()),
        })
    }
}
