//! `/api/v1/…/runs.csv` and the like: tables as files, in constant memory; and the page that offers them.

mod csv;
mod format;
mod json;
mod metrics;
mod page;
mod parquet;
mod runs;
mod table;

pub use self::format::{Format, answer};
pub use self::table::{Cell, Column, Kind, Row};

use axum::Router;

use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().merge(runs::router()).merge(metrics::router()).merge(page::router())
}
