//! What is on its way: claimed for a while, so that no two servers send it at once, and never lost, as a claim whose
//! holder is gone runs out.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::Millis;
use domain::accounts::Caller;
use futures::FutureExt as _;
use notify::payload::Unsendable;
use notify::retry::{self, Next};
use notify::{Answer, Hook, SendError};
use serde_json::json;
use sqlx::FromRow;

use super::Status;
use super::hooks::outbox_of;
use super::rows::{Row, SELECT};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::Result;
use crate::sql::Sql;
use crate::writer::Tx;

/// How long a claim holds: longer than any attempt takes.
const LEASE_MS: i64 = 60 * 1000;
/// At most so many attempts for one webhook at a time: a slow receiver keeps nobody else waiting.
const MOST_OF_ONE: usize = 2;
/// So many that are due are looked at for those that can be sent now.
const LOOKED_AT: i64 = 64;
/// What has ended is kept for so long: bodies may hold names.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
const PRUNED_AT_ONCE: i64 = 1000;

/// A claimed delivery.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: i64,
    /// The webhook's number.
    pub webhook: i64,
    /// Which attempt this is, from 1. Whoever claims it later has a higher one.
    pub attempt: u32,
    pub message_id: String,
    pub hook: Hook,
    pub body: Bytes,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Attempt {
    /// It wasn't made.
    Unsendable(Unsendable),
    Sent(Result<Answer, SendError>),
}

/// Whether anything waits to be sent. Cheap: it is asked every second.
///
/// # Errors
/// Only the database's.
pub async fn is_due(db: &Db, now: Millis) -> Result<bool> {
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM deliveries WHERE state = 'waiting' AND next_at_ms <= $1 LIMIT 1")
            .bind(now.0)
            .fetch_optional(&mut *db.reader().await?)
            .await?;
    Ok(found.is_some())
}

/// Claims at most `limit` deliveries, the longest due first; `under_way`: how many attempts each webhook has
/// running here.
///
/// # Errors
/// Only the database's.
pub async fn claim(db: &Db, under_way: BTreeMap<i64, usize>, limit: usize, now: Millis) -> Result<Vec<Due>> {
    db.write(move |tx| async move { claim_in(tx, under_way, limit, now).await }.boxed()).await
}

#[derive(FromRow)]
struct Claimed {
    id: i64,
    webhook_id: i64,
    message_id: String,
    body: String,
    attempts: i64,
}

async fn claim_in(
    tx: &mut Tx<'_>,
    mut under_way: BTreeMap<i64, usize>,
    limit: usize,
    now: Millis,
) -> Result<Vec<Due>> {
    let busy: Vec<i64> =
        under_way.iter().filter(|(_, count)| **count >= MOST_OF_ONE).map(|(id, _)| *id).collect();
    let mut sql = Sql::new(tx.engine, "SELECT id, webhook_id FROM deliveries WHERE state = 'waiting'");
    sql.push(" AND next_at_ms <= ").bind(now.0);
    if !busy.is_empty() {
        sql.push(" AND webhook_id NOT IN").list(&busy);
    }
    sql.push(" ORDER BY next_at_ms LIMIT ").bind(LOOKED_AT).push(tx.engine.skip_locked());
    let due: Vec<(i64, i64)> = sql.fetch(tx.connection).await?;
    let mut chosen = Vec::new();
    for (id, webhook) in due {
        let count = under_way.entry(webhook).or_default();
        if *count < MOST_OF_ONE && chosen.len() < limit {
            *count += 1;
            chosen.push(id);
        }
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(tx.engine, "UPDATE deliveries SET attempts = attempts + 1, next_at_ms = ");
    sql.bind(now.0 + LEASE_MS).push(" WHERE id IN").list(&chosen);
    sql.push(" RETURNING id, webhook_id, message_id, body, attempts");
    let claimed: Vec<Claimed> = sql.fetch(tx.connection).await?;
    let of: Vec<i64> = claimed.iter().map(|one| one.webhook_id).collect();
    let mut sql = Sql::new(tx.engine, SELECT);
    sql.push(" WHERE w.id IN").list(&of);
    let rows: Vec<Row> = sql.fetch(tx.connection).await?;
    let hooks: HashMap<i64, Hook> = rows.into_iter().map(|row| (row.id, row.hook(now))).collect();
    let due = claimed.into_iter().filter_map(|one| {
        let hook = hooks.get(&one.webhook_id)?.clone();
        Some(Due {
            id: one.id,
            webhook: one.webhook_id,
            attempt: u32::try_from(one.attempts).unwrap_or(u32::MAX),
            message_id: one.message_id,
            hook,
            body: one.body.into(),
        })
    });
    Ok(due.collect())
}

/// Writes down how an attempt ended, and what comes next. If another one has been made meanwhile, that one counts.
///
/// # Errors
/// Only the database's.
pub async fn finish(db: &Db, due: &Due, attempt: Attempt, now: Millis) -> Result<Next> {
    let next = match &attempt {
        // It is for the owner to mend, then to be replayed.
        Attempt::Unsendable(_) => Next::GiveUp,
        Attempt::Sent(outcome) => retry::next(outcome, due.attempt, now, rand::random()),
    };
    let (status, excerpt, problem) = match &attempt {
        Attempt::Unsendable(error) => (None, String::new(), error.to_string()),
        // What PostgreSQL keeps in no text is left out.
        Attempt::Sent(Ok(answer)) => {
            (Some(i64::from(answer.status)), answer.excerpt().replace('\0', ""), String::new())
        }
        Attempt::Sent(Err(SendError::Redirect(status))) => {
            (Some(i64::from(*status)), String::new(), SendError::Redirect(*status).to_string())
        }
        Attempt::Sent(Err(error)) => (None, String::new(), error.to_string()),
    };
    let (id, number, webhook) = (due.id, i64::from(due.attempt), due.webhook);
    db.write(move |tx| {
        async move {
            let (state, next_at) = match next {
                Next::Delivered => ("delivered", now.0),
                // One that is held stays so.
                Next::Retry { after_ms } => ("waiting", now.0 + after_ms),
                Next::GiveUp | Next::SwitchOff => ("dead", now.0),
            };
            let done = sqlx::query(
                "UPDATE deliveries SET state = CASE WHEN $1 = 'waiting' THEN state ELSE $1 END, next_at_ms = $2,
                     last_at_ms = $3, http_status = $4, excerpt = $5, problem = $6
                 WHERE id = $7 AND attempts = $8 AND state IN ('waiting', 'held')",
            )
            .bind(state)
            .bind(next_at)
            .bind(now.0)
            .bind(status)
            .bind(excerpt)
            .bind(problem)
            .bind(id)
            .bind(number)
            .execute(&mut *tx.connection)
            .await?;
            if done.rows_affected() == 1 {
                judge(tx, webhook, next, now).await?;
            }
            Ok(next)
        }
        .boxed()
    })
    .await
}

/// So many attempts a quiet hook gets, too, before it is switched off.
const OFTEN: i64 = 10;

async fn has_failed_often(tx: &mut Tx<'_>, webhook: i64, since: i64) -> Result<bool> {
    let (attempts,): (i64,) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM deliveries WHERE webhook_id = $1 AND last_at_ms >= $2",
    )
    .bind(webhook)
    .bind(since)
    .fetch_one(&mut *tx.connection)
    .await?;
    Ok(attempts >= OFTEN)
}

/// What an attempt says of its webhook: one that has only failed for days is switched off.
async fn judge(tx: &mut Tx<'_>, webhook: i64, next: Next, now: Millis) -> Result<()> {
    if next == Next::Delivered {
        sqlx::query(
            "UPDATE webhooks SET failing_since_ms = NULL WHERE id = $1 AND failing_since_ms IS NOT NULL",
        )
        .bind(webhook)
        .execute(&mut *tx.connection)
        .await?;
        return Ok(());
    }
    let since: Option<(i64,)> = sqlx::query_as(
        "UPDATE webhooks SET failing_since_ms = COALESCE(failing_since_ms, $1) WHERE id = $2
         RETURNING failing_since_ms",
    )
    .bind(now.0)
    .bind(webhook)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let said = match (next, since) {
        (Next::SwitchOff, _) => "the receiver answered 410: it is gone",
        (_, Some((since,)))
            if retry::is_hopeless(Millis(since), now) && has_failed_often(tx, webhook, since).await? =>
        {
            "no attempt succeeded for days"
        }
        _ => return Ok(()),
    };
    let off = Status::Disabled;
    let switched =
        sqlx::query("UPDATE webhooks SET status = $1, said = $2 WHERE id = $3 AND status = 'ACTIVE'")
            .bind(off.as_str())
            .bind(said)
            .bind(webhook)
            .execute(&mut *tx.connection)
            .await?;
    if switched.rows_affected() > 0 {
        let change = Change::new("webhook.switch_off", webhook).from(json!({ "status": "ACTIVE" }));
        let change = change.to(json!({ "status": off.as_str(), "why": said }));
        audit::record(tx, &Caller::server(), change, now).await?;
    }
    outbox_of(tx, webhook, off, now).await
}

/// Removes what ended long ago, and webhooks of models that are gone; how many deliveries.
///
/// # Errors
/// Only the database's.
pub async fn prune(db: &Db, now: Millis) -> Result<u64> {
    let mut all = 0;
    loop {
        let pruned = db
            .write(move |tx| {
                async move {
                    let done = sqlx::query(
                        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries
                         WHERE created_at_ms < $1 AND state <> 'waiting' ORDER BY created_at_ms LIMIT $2)",
                    )
                    .bind(now.0 - KEPT_MS)
                    .bind(PRUNED_AT_ONCE)
                    .execute(&mut *tx.connection)
                    .await?;
                    sqlx::query(
                        "DELETE FROM webhooks WHERE deleted_at_ms IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = webhooks.id)",
                    )
                    .execute(&mut *tx.connection)
                    .await?;
                    Ok(done.rows_affected())
                }
                .boxed()
            })
            .await?;
        all += pruned;
        if pruned < PRUNED_AT_ONCE.unsigned_abs() {
            return Ok(all);
        }
    }
}
