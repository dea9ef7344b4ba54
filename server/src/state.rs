//! What every handler can ask for.

use artifacts::Artifacts;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use store::Db;
use tokio_util::sync::CancellationToken;

#[derive(Clone, FromRef)]
pub struct AppState {
    pub db: Db,
    pub artifacts: Artifacts,
    pub leptos: LeptosOptions,
    /// Cancelled when the server stops: streams without an end of their own end then.
    pub stopping: CancellationToken,
}
