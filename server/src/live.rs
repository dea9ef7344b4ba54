//! `live/runs/{uuid}`: tells an open page that its run has changed.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::routing::get;
use domain::Run;
use futures::{Stream, StreamExt as _, stream};
use store::runs;
use tokio_util::sync::CancellationToken;
use web::{ApiError, SignedIn};

use crate::state::AppState;

/// How often the database is asked. Any server may have written, so there is nothing else to wait for.
const PACE: Duration = Duration::from_secs(1);

/// Browsers drop an event without data.
const SOMETHING: &str = "1";

pub fn router() -> Router<AppState> {
    Router::new().route("/live/runs/{uuid}", get(follow))
}

/// An event `changed` whenever anything about the run has changed, at most one a second; `ended` once it is
/// over, and no more after that.
async fn follow(
    SignedIn(db): SignedIn,
    State(stopping): State<CancellationToken>,
    Path(uuid): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let run = runs::get(&db, &uuid).await?;
    let state = (db, uuid, fingerprint(&run), run.status.is_terminal());
    let events = stream::unfold(Some(state), |state| async {
        let (db, uuid, seen, is_over) = state?;
        if is_over {
            return Some((Event::default().event("ended").data(SOMETHING), None));
        }
        loop {
            tokio::time::sleep(PACE).await;
            // A failure is logged where it happens; the page stays as it is.
            let run = runs::get(&db, &uuid).await.ok()?;
            let now = fingerprint(&run);
            if now != seen {
                let state = Some((db, uuid, now, run.status.is_terminal()));
                return Some((Event::default().event("changed").data(SOMETHING), state));
            }
        }
    });
    let events = events.map(Ok).take_until(stopping.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn fingerprint(run: &Run) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(run).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}
