//! Links that work once.

use domain::Millis;
use domain::accounts::{Caller, Role};
use futures::FutureExt as _;

use super::users::{NewUser, insert, put_password};
use super::{key_of, new_secret};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::writer::Tx;

/// For how long a link works.
pub const LINK_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// Whoever comes first: they become the first admin.
    FirstAdmin,
    /// A person who is to choose a password.
    Person(String),
}

/// Whether nobody can sign in yet.
///
/// # Errors
/// Only the database's.
pub async fn needs_first_admin(db: &Db) -> Result<bool> {
    let (users,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM users").fetch_one(&mut *db.reader().await?).await?;
    Ok(users == 0)
}

/// The secret of a new link: for the person, or for the first admin. An earlier one no longer works.
///
/// # Errors
/// `Forbidden` unless an admin asks, `NotFound`.
pub async fn invite(db: &Db, user_id: Option<i64>, now: Millis) -> Result<String> {
    db.by().check_admin()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            match user_id {
                Some(id) => {
                    let name: Option<(String,)> = sqlx::query_as("SELECT name FROM users WHERE id = $1")
                        .bind(id)
                        .fetch_optional(&mut *tx.connection)
                        .await?;
                    let (name,) = name.ok_or_else(|| Error::not_found("user", "id", id))?;
                    sqlx::query("DELETE FROM links WHERE user_id = $1")
                        .bind(id)
                        .execute(&mut *tx.connection)
                        .await?;
                    audit::record(tx, &by, Change::new("user.invite", name), now).await?;
                }
                None => {
                    sqlx::query("DELETE FROM links WHERE user_id IS NULL")
                        .execute(&mut *tx.connection)
                        .await?;
                }
            }
            let secret = new_secret("");
            sqlx::query("INSERT INTO links (key, user_id, expires_at_ms) VALUES ($1, $2, $3)")
                .bind(key_of(&secret))
                .bind(user_id)
                .bind(now.0 + LINK_MS)
                .execute(&mut *tx.connection)
                .await?;
            Ok(secret)
        }
        .boxed()
    })
    .await
}

fn used_up() -> Error {
    Error::InvalidState("this link has been used or has expired; ask an admin for a new one".into())
}

/// Whom a link is for, as long as it works.
///
/// # Errors
/// `InvalidState` if it was used, replaced or has expired.
pub async fn link(db: &Db, secret: &str, now: Millis) -> Result<Invited> {
    let found: Option<(Option<String>, i64)> = sqlx::query_as(
        "SELECT u.name, l.expires_at_ms FROM links l LEFT JOIN users u ON u.id = l.user_id WHERE l.key = $1",
    )
    .bind(key_of(secret))
    .fetch_optional(&mut *db.reader().await?)
    .await?;
    match found {
        Some((name, expires)) if expires > now.0 => Ok(name.map_or(Invited::FirstAdmin, Invited::Person)),
        _ => Err(used_up()),
    }
}

/// Uses a link up; whom it was for.
async fn take(tx: &mut Tx<'_>, secret: &str, now: Millis) -> Result<Option<i64>> {
    let taken: Option<(Option<i64>,)> =
        sqlx::query_as("DELETE FROM links WHERE key = $1 AND expires_at_ms > $2 RETURNING user_id")
            .bind(key_of(secret))
            .bind(now.0)
            .fetch_optional(&mut *tx.connection)
            .await?;
    taken.map(|(user_id,)| user_id).ok_or_else(used_up)
}

/// Makes the first admin by a link; their number.
///
/// # Errors
/// `InvalidState` if the link is not for that or used up, `Invalid` for the name.
pub async fn first_admin(
    db: &Db,
    secret: String,
    name: String,
    password_hash: String,
    now: Millis,
) -> Result<i64> {
    domain::accounts::check_user_name("name", &name)?;
    db.write(move |tx| {
        async move {
            if take(tx, &secret, now).await?.is_some() {
                return Err(used_up());
            }
            let new = NewUser { name, roles: [Role::Admin].into(), password_hash: Some(password_hash) };
            insert(tx, &Caller::server(), &new, None, now).await
        }
        .boxed()
    })
    .await
}

/// Sets the password of the person whom a link is for; their number.
///
/// # Errors
/// `InvalidState` if the link is not for that or used up.
pub async fn choose_password(db: &Db, secret: String, password_hash: String, now: Millis) -> Result<i64> {
    db.write(move |tx| {
        async move {
            let id = take(tx, &secret, now).await?.ok_or_else(used_up)?;
            put_password(tx, id, &password_hash).await?;
            super::sessions::end_sessions_of(tx, id, None).await?;
            let (name,): (String,) = sqlx::query_as("SELECT name FROM users WHERE id = $1")
                .bind(id)
                .fetch_one(&mut *tx.connection)
                .await?;
            audit::record(tx, &Caller::server(), Change::new("user.choose_password", name), now).await?;
            Ok(id)
        }
        .boxed()
    })
    .await
}
