//! Mail on its way to people: put there in the transaction of what it tells, claimed for a while, tried again.

use domain::Millis;
use futures::FutureExt as _;
use notify::retry;
use sqlx::FromRow;

use crate::Db;
use crate::error::Result;
use crate::sql::Sql;
use crate::writer::Tx;

/// How long a claim holds: longer than sending takes.
const LEASE_MS: i64 = 120 * 1000;
/// What has ended is kept for so long.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// A claimed mail.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Mail {
    pub id: i64,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    /// Which attempt this is, from 1.
    pub attempts: i64,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    Sent,
    /// It may work later.
    Failed(String),
    /// It would fail again.
    Refused(String),
}

/// A mail to be.
pub(crate) struct NewMail<'a> {
    pub review: i64,
    pub recipient: &'a str,
    pub subject: &'a str,
    pub body: &'a str,
}

pub(crate) async fn post(tx: &mut Tx<'_>, mail: NewMail<'_>, now: Millis) -> Result<()> {
    let id = tx.next_ids("mails", 1).await?;
    sqlx::query(
        "INSERT INTO mails (id, review_id, recipient, subject, body, state, next_at_ms, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6)",
    )
    .bind(id)
    .bind(mail.review)
    .bind(mail.recipient)
    .bind(mail.subject)
    .bind(mail.body)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Takes back what nobody has begun to send: the review that it is about is over.
pub(crate) async fn take_back(tx: &mut Tx<'_>, review: i64) -> Result<()> {
    sqlx::query("DELETE FROM mails WHERE review_id = $1 AND state = 'waiting' AND attempts = 0")
        .bind(review)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

/// Claims the mail that has been due for longest, if there is any.
///
/// # Errors
/// Only the database's.
pub async fn claim(db: &Db, now: Millis) -> Result<Option<Mail>> {
    // Asking costs little, claiming is a write.
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM mails WHERE state = 'waiting' AND next_at_ms <= $1 LIMIT 1")
            .bind(now.0)
            .fetch_optional(&mut *db.reader().await?)
            .await?;
    if found.is_none() {
        return Ok(None);
    }
    db.write(move |tx| {
        async move {
            let mut sql = Sql::new(tx.engine, "UPDATE mails SET attempts = attempts + 1, next_at_ms = ");
            sql.bind(now.0 + LEASE_MS).push(" WHERE id IN (SELECT id FROM mails WHERE state = 'waiting'");
            sql.push(" AND next_at_ms <= ").bind(now.0).push(" ORDER BY next_at_ms LIMIT 1");
            sql.push(tx.engine.skip_locked()).push(") RETURNING id, recipient, subject, body, attempts");
            Ok(sql.fetch::<Mail>(tx.connection).await?.pop())
        }
        .boxed()
    })
    .await
}

/// Writes down how an attempt ended. If another one has been made meanwhile, that one counts.
///
/// # Errors
/// Only the database's.
pub async fn finish(db: &Db, mail: &Mail, sending: Sending, now: Millis) -> Result<()> {
    let attempt = u32::try_from(mail.attempts).unwrap_or(u32::MAX);
    let (state, wait_ms, problem) = match sending {
        Sending::Sent => ("sent", 0, String::new()),
        Sending::Refused(why) => ("dead", 0, why),
        Sending::Failed(why) => match retry::delay_ms(attempt, rand::random()) {
            Some(wait_ms) => ("waiting", wait_ms, why),
            None => ("dead", 0, why),
        },
    };
    let (id, attempts) = (mail.id, mail.attempts);
    db.write(move |tx| {
        async move {
            sqlx::query(
                "UPDATE mails SET state = $1, next_at_ms = $2, problem = $3
                 WHERE id = $4 AND attempts = $5 AND state = 'waiting'",
            )
            .bind(state)
            .bind(now.0 + wait_ms)
            .bind(problem)
            .bind(id)
            .bind(attempts)
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Removes what ended long ago.
///
/// # Errors
/// Only the database's.
pub async fn prune(db: &Db, now: Millis) -> Result<()> {
    db.write(move |tx| {
        async move {
            sqlx::query("DELETE FROM mails WHERE created_at_ms < $1 AND state <> 'waiting'")
                .bind(now.0 - KEPT_MS)
                .execute(&mut *tx.connection)
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}
