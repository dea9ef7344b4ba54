//! What the workspace is told once, and keeps.

use futures::FutureExt as _;
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::Db;
use crate::error::Result;

/// The name that a workspace gives itself when it is made: the same for every server on its database.
///
/// # Errors
/// Only the database's.
pub async fn instance(db: &Db) -> Result<String> {
    db.write(|tx| {
        async move {
            sqlx::query(
                "INSERT INTO settings (key, value) VALUES ('instance', $1) ON CONFLICT (key) DO NOTHING",
            )
            .bind(Uuid::new_v4().simple().to_string())
            .execute(&mut *tx.connection)
            .await?;
            let (instance,): (String,) = sqlx::query_as("SELECT value FROM settings WHERE key = 'instance'")
                .fetch_one(&mut *tx.connection)
                .await?;
            Ok(instance)
        }
        .boxed()
    })
    .await
}

/// Says where people find the pages, without a slash at the end: links in notifications start with it.
///
/// # Errors
/// Only the database's.
pub async fn set_public_url(db: &Db, url: String) -> Result<()> {
    set(db, "public_url", url).await
}

/// Says whether mail is sent here: else none is written.
///
/// # Errors
/// Only the database's.
pub async fn set_sends_mail(db: &Db, yes: bool) -> Result<()> {
    set(db, "mail", if yes { "on" } else { "off" }.into()).await
}

/// Whether mail is sent here.
///
/// # Errors
/// Only the database's.
pub async fn is_mail_sent(db: &Db) -> Result<bool> {
    sends_mail(&mut *db.reader().await?).await
}

async fn set(db: &Db, key: &'static str, value: String) -> Result<()> {
    db.write(move |tx| {
        async move {
            sqlx::query(
                "INSERT INTO settings (key, value) VALUES ($1, $2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )
            .bind(key)
            .bind(value)
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

async fn get(connection: &mut AnyConnection, key: &str) -> Result<Option<String>> {
    let found: Option<(String,)> = sqlx::query_as("SELECT value FROM settings WHERE key = $1")
        .bind(key)
        .fetch_optional(connection)
        .await?;
    Ok(found.map(|(value,)| value))
}

pub(crate) async fn public_url(connection: &mut AnyConnection) -> Result<Option<String>> {
    get(connection, "public_url").await
}

pub(crate) async fn sends_mail(connection: &mut AnyConnection) -> Result<bool> {
    Ok(get(connection, "mail").await?.as_deref() == Some("on"))
}
