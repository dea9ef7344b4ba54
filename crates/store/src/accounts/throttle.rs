//! Guessing is slow: after some failures whoever tries again has to wait, longer each time.

use std::net::{IpAddr, Ipv6Addr};

use domain::Millis;
use domain::accounts::throttle;
use futures::FutureExt as _;
use sqlx::AnyConnection;

use super::key_of;
use crate::Db;
use crate::engine::Engine;
use crate::error::Result;
use crate::sql::Sql;
use crate::writer::Tx;

/// A hash: what people type as a name may be a password, and of any length.
fn account(name: &str) -> String {
    format!("account {}", key_of(&name.to_lowercase()))
}

/// Whoever has one address of IPv6 has all of its network.
fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("address {address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address {}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

fn subjects(name: &str, from: Option<IpAddr>) -> Vec<String> {
    std::iter::once(account(name)).chain(from.map(address)).collect()
}

/// Before a password is looked at: how long to wait first, in ms, or 0 for now. What may go on counts as failed
/// until it has [`succeeded`], so that many at once gain nothing.
///
/// # Errors
/// Only the database's.
pub async fn attempt(db: &Db, name: &str, from: Option<IpAddr>, now: Millis) -> Result<i64> {
    let subjects = subjects(name, from);
    db.write(move |tx| {
        async move {
            let wait = wait(tx.connection, tx.engine, &subjects, now).await?;
            if wait > 0 {
                return Ok(wait);
            }
            for subject in &subjects {
                count(tx, subject, now).await?;
            }
            Ok(0)
        }
        .boxed()
    })
    .await
}

/// How long an address has to wait, in ms, for what its guesses have shown; 0: not at all.
///
/// # Errors
/// Only the database's.
pub async fn wait_of(db: &Db, from: Option<IpAddr>, now: Millis) -> Result<i64> {
    let Some(from) = from else { return Ok(0) };
    wait(&mut *db.reader().await?, db.engine(), &[address(from)], now).await
}

async fn wait(
    connection: &mut AnyConnection,
    engine: Engine,
    subjects: &[String],
    now: Millis,
) -> Result<i64> {
    let mut sql =
        Sql::new(engine, "SELECT subject, failures, last_ms FROM sign_in_failures WHERE subject IN");
    sql.list(subjects);
    let rows: Vec<(String, i64, i64)> = sql.fetch(connection).await?;
    let waits = rows.iter().map(|(subject, failures, last)| {
        let delay = throttle::delay_ms(*failures, subject.starts_with("account "));
        // Two at the same moment don't come in the order of their clocks: that alone is no reason to wait.
        (last + delay - now.0).min(delay)
    });
    Ok(waits.max().unwrap_or(0).max(0))
}

async fn count(tx: &mut Tx<'_>, subject: &str, now: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO sign_in_failures (subject, failures, last_ms) VALUES ($1, 1, $2)
         ON CONFLICT (subject) DO UPDATE SET
             failures = CASE WHEN sign_in_failures.last_ms < $2 - $3 THEN 1
                             ELSE sign_in_failures.failures + 1 END,
             last_ms = $2",
    )
    .bind(subject)
    .bind(now.0)
    .bind(throttle::FORGOTTEN_AFTER_MS)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Takes the attempt back: the account starts anew, its address only loses this one.
///
/// # Errors
/// Only the database's.
pub async fn succeeded(db: &Db, name: &str, from: Option<IpAddr>) -> Result<()> {
    let (account, address) = (account(name), from.map(address));
    db.write(move |tx| {
        async move {
            sqlx::query("DELETE FROM sign_in_failures WHERE subject = $1")
                .bind(account)
                .execute(&mut *tx.connection)
                .await?;
            sqlx::query(
                "UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = $1 AND failures > 0",
            )
            .bind(address.unwrap_or_default())
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}
