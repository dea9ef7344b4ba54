//! Guessing is slow: after some failures whoever tries again has to wait, longer each time.

use std::net::IpAddr;

use domain::Millis;
use domain::accounts::throttle;
use futures::FutureExt as _;

use crate::Db;
use crate::error::Result;
use crate::sql::Sql;

fn subjects(name: &str, address: Option<IpAddr>) -> Vec<String> {
    let account = format!("account {}", name.to_lowercase());
    std::iter::once(account).chain(address.map(|address| format!("address {address}"))).collect()
}

/// How long it takes until another attempt is looked at, in ms; 0: now.
///
/// # Errors
/// Only the database's.
pub async fn wait_before_next(db: &Db, name: &str, address: Option<IpAddr>, now: Millis) -> Result<i64> {
    let subjects = subjects(name, address);
    let mut sql =
        Sql::new(db.engine(), "SELECT subject, failures, last_ms FROM sign_in_failures WHERE subject IN");
    sql.list(&subjects);
    let rows: Vec<(String, i64, i64)> = sql.fetch(&mut *db.reader().await?).await?;
    let waits = rows.iter().map(|(subject, failures, last)| {
        let is_account = subject.starts_with("account ");
        last + throttle::delay_ms(*failures, is_account) - now.0
    });
    Ok(waits.max().unwrap_or(0).max(0))
}

/// Counts a failed attempt.
///
/// # Errors
/// Only the database's.
pub async fn failed(db: &Db, name: &str, address: Option<IpAddr>, now: Millis) -> Result<()> {
    let subjects = subjects(name, address);
    db.write(move |tx| {
        async move {
            for subject in subjects {
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
            }
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Whoever signed in starts anew; others at their address don't.
///
/// # Errors
/// Only the database's.
pub async fn succeeded(db: &Db, name: &str) -> Result<()> {
    let account = format!("account {}", name.to_lowercase());
    db.write(move |tx| {
        async move {
            sqlx::query("DELETE FROM sign_in_failures WHERE subject = $1")
                .bind(account)
                .execute(&mut *tx.connection)
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}
