//! `live/runs/{uuid}`: tells an open page that its run has changed.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::routing::get;
use domain::Run;
use domain::accounts::Caller;
use futures::{Stream, StreamExt as _, stream};
use store::{Db, accounts, runs};
use tokio_util::sync::{CancellationToken, DropGuard};
use web::{ApiError, SignedIn};

use crate::state::AppState;

/// How often the database is asked. Any server may have written, so there is nothing else to wait for.
const PACE: Duration = Duration::from_secs(1);
/// After so many looks it is asked again who is looking, and with which roles.
const LOOKS: u32 = 60;

/// A browser keeps six connections to a server: so many of one person's pages may hold one, and the others
/// take turns.
const MOST_STREAMS: usize = 4;
/// When a page whose turn is over asks again.
const NEXT_TURN: Duration = Duration::from_secs(4);

/// Browsers drop an event without data.
const SOMETHING: &str = "1";

pub fn router() -> Router<AppState> {
    Router::new().route("/live/runs/{uuid}", get(follow))
}

/// The streams that are open, by the address they go to; the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<Option<IpAddr>, VecDeque<CancellationToken>>>>);

impl Streams {
    /// Takes a place for a stream, the oldest one's if there is none left: as long as the guard lives, or until
    /// the token says that another one has it.
    fn enter(&self, address: Option<IpAddr>) -> (DropGuard, CancellationToken) {
        let token = CancellationToken::new();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = open.entry(address).or_default();
        streams.retain(|stream| !stream.is_cancelled());
        if streams.len() == MOST_STREAMS
            && let Some(oldest) = streams.pop_front()
        {
            oldest.cancel();
        }
        streams.push_back(token.clone());
        (token.clone().drop_guard(), token)
    }
}

/// An event `changed` whenever anything about the run has changed, at most one a second; `ended` once it is
/// over, and no more after that.
async fn follow(
    SignedIn(db): SignedIn,
    State(stopping): State<CancellationToken>,
    State(streams): State<Streams>,
    Path(uuid): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let run = runs::get(&db, &uuid).await?;
    let (turn, turn_is_over) = streams.enter(db.by().address);
    let state = (db, uuid, fingerprint(&run), run.status.is_terminal(), 0);
    let events = stream::unfold(Some(state), |state| async {
        let (mut db, uuid, seen, is_over, mut looks) = state?;
        if is_over {
            return Some((Event::default().event("ended").data(SOMETHING), None));
        }
        loop {
            tokio::time::sleep(PACE).await;
            looks += 1;
            if looks % LOOKS == 0 {
                db = in_their_name_still(&db).await?;
            }
            // Whoever may no longer read the run learns nothing more of it. A failure is logged where it happens; the
            // page stays as it is.
            let run = runs::get(&db, &uuid).await.ok()?;
            let now = fingerprint(&run);
            if now != seen {
                let state = Some((db, uuid, now, run.status.is_terminal(), looks));
                return Some((Event::default().event("changed").data(SOMETHING), state));
            }
        }
    });
    let first = stream::once(async { Event::default().retry(NEXT_TURN) });
    let events = first.chain(events).map(move |event| {
        // Its place is free when the stream is dropped.
        let _ = &turn;
        Ok(event)
    });
    let events = events.take_until(turn_is_over.cancelled_owned()).take_until(stopping.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The database in the name of the same person with the roles that they have now; `None` if they may no longer
/// come in.
async fn in_their_name_still(db: &Db) -> Option<Db> {
    let by = db.by();
    let Some(id) = by.user_id else { return Some(db.clone()) };
    let user = accounts::by_id(&db.in_the_name_of(Caller::server()), id).await.ok()?;
    let caller = Caller { address: by.address, ..Caller::person(&user, by.scopes.clone(), by.via.clone()) };
    (!user.is_disabled && !user.roles.is_empty()).then(|| db.in_the_name_of(caller))
}

fn fingerprint(run: &Run) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(run).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}
