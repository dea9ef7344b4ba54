//! What every handler can ask for.

use artifacts::Artifacts;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use store::Db;
use store::reviews::Office;
use tokio_util::sync::CancellationToken;

use crate::accounts::SignOn;
use crate::live::Streams;
use crate::reading::Reading;
use crate::webhooks::Calling;

#[derive(Clone, FromRef)]
pub struct AppState {
    pub db: Db,
    pub office: Office,
    pub artifacts: Artifacts,
    pub leptos: LeptosOptions,
    pub streams: Streams,
    pub sign_on: SignOn,
    pub reading: Reading,
    pub calling: Calling,
    /// Cancelled when the server stops: streams without an end of their own end then.
    pub stopping: CancellationToken,
}
