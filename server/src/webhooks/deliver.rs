//! Empties the outbox: sends what is due, a few at a time, until the server stops.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::accounts::Caller;
use notify::retry::Next;
use store::Db;
use store::webhooks::{self, Attempt, Due};
use tokio::task::{Id, JoinSet};

use super::Calling;
use crate::clock::now;
use crate::state::AppState;

/// How often is looked for what is due again, and for what another server has put into the outbox.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// At most so many attempts at once.
const MOST: usize = 16;
/// How long running attempts may go on when the server stops. What they don't finish is sent again later.
const LAST: Duration = Duration::from_secs(5);

/// Delivers until the server stops.
pub async fn deliver(state: AppState) {
    let db = state.db.in_the_name_of(Caller::server());
    let mut running = Running::default();
    loop {
        let more = match start_due(&db, &state.calling, &mut running).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "what is to be delivered could not be looked up");
                false
            }
        };
        if more {
            continue;
        }
        tokio::select! {
            () = state.stopping.cancelled() => break,
            () = running.one_ends() => {}
            () = db.outbox_filled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    let all = async { while running.tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST, all).await.is_err() {
        tracing::info!("deliveries were cut off by the stop; they are sent again");
    }
}

/// Attempts under way, with the webhook of each.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    of: HashMap<Id, i64>,
}

impl Running {
    /// Never, while there is none.
    async fn one_ends(&mut self) {
        let ended = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return std::future::pending().await,
        };
        self.of.remove(&ended);
    }

    fn counts(&self) -> BTreeMap<i64, usize> {
        let mut counts = BTreeMap::new();
        for webhook in self.of.values() {
            *counts.entry(*webhook).or_default() += 1;
        }
        counts
    }
}

/// Starts what is due and can be sent now; whether there may be more.
async fn start_due(db: &Db, calling: &Calling, running: &mut Running) -> Result<bool, store::Error> {
    let free = MOST - running.of.len().min(MOST);
    // Asking costs little, claiming is a write.
    if free == 0 || !webhooks::is_due(db, now()).await? {
        return Ok(false);
    }
    let due = webhooks::claim(db, running.counts(), free, now()).await?;
    let found = !due.is_empty();
    for one in due {
        let webhook = one.webhook;
        let task = running.tasks.spawn(attempt(db.clone(), calling.clone(), one));
        running.of.insert(task.id(), webhook);
    }
    Ok(found)
}

async fn attempt(db: Db, calling: Calling, due: Due) {
    let sender = match calling.sender() {
        Ok(sender) => sender,
        Err(error) => {
            // The claim runs out, and it is tried again.
            tracing::error!(%error, "nothing can be delivered");
            return;
        }
    };
    let outcome = match due.hook.request(&due.message_id, now(), due.body.clone()) {
        Ok(outgoing) => Attempt::Sent(sender.send(outgoing).await),
        Err(error) => Attempt::Unsendable(error),
    };
    match webhooks::finish(&db, &due, outcome, now()).await {
        Ok(Next::SwitchOff) => {
            tracing::warn!(webhook = due.hook.id, "a webhook was switched off: its receiver is gone");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(
            %error, delivery = due.id, "how a delivery ended could not be kept; it is sent again"
        ),
    }
}
