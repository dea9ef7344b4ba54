//! Links that work once.

use domain::Millis;
use domain::accounts::{Caller, Role};
use futures::FutureExt as _;

use super::sessions::end_sessions_of;
use super::users::{NewUser, count_admins, find, insert, put_password};
use super::{key_of, new_secret};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::writer::Tx;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// For how long a link works.
pub const LINK_MS: i64 = 7 * DAY_MS;
pub const FIRST_LINK_MS: i64 = DAY_MS;

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// Whoever comes first: they become the first admin.
    FirstAdmin,
    /// A person who is to choose a password.
    Person(String),
}

/// Whether nobody who could let others in can sign in.
///
/// # Errors
/// Only the database's.
pub async fn needs_first_admin(db: &Db) -> Result<bool> {
    Ok(count_admins(&mut *db.reader().await?).await? == 0)
}

fn has_admin() -> Error {
    Error::InvalidState("there is an admin already; ask them for an invitation".into())
}

/// The secret of a new link: for the person, or for the first admin. An earlier one no longer works.
///
/// # Errors
/// `Forbidden` unless an admin asks, `NotFound`, `Invalid` for somebody who signs in elsewhere, `InvalidState`
/// for a first admin where there is one.
pub async fn invite(db: &Db, user_id: Option<i64>, now: Millis) -> Result<String> {
    db.by().check_admin()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            if let Some(id) = user_id {
                let person = find(tx, id).await?;
                person.check_enabled()?;
                person.check_local()?;
                end_links_of(tx, id).await?;
                audit::record(tx, &by, Change::new("user.invite", person.name), now).await?;
            } else {
                if count_admins(tx.connection).await? > 0 {
                    return Err(has_admin());
                }
                sqlx::query("DELETE FROM links WHERE user_id IS NULL").execute(&mut *tx.connection).await?;
                audit::record(tx, &by, Change::new("workspace.invite_first_admin", ""), now).await?;
            }
            let secret = new_secret("");
            sqlx::query("INSERT INTO links (key, user_id, expires_at_ms) VALUES ($1, $2, $3)")
                .bind(key_of(&secret))
                .bind(user_id)
                .bind(now.0 + if user_id.is_some() { LINK_MS } else { FIRST_LINK_MS })
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

/// Whoever may no longer come in, or has a new password, is let in by no earlier link.
pub(super) async fn end_links_of(tx: &mut Tx<'_>, user_id: i64) -> Result<()> {
    sqlx::query("DELETE FROM links WHERE user_id = $1").bind(user_id).execute(&mut *tx.connection).await?;
    Ok(())
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
/// `InvalidState` if the link is not for that or used up, or if there is an admin by now; `Invalid` for the name.
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
            if count_admins(tx.connection).await? > 0 {
                return Err(has_admin());
            }
            let by = Caller { user_id: None, ..Caller::by_link(0, &name) };
            let new = NewUser { name, roles: [Role::Admin].into(), password_hash: Some(password_hash) };
            insert(tx, &by, &new, None, now).await
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
            let person = find(tx, id).await?;
            person.check_enabled()?;
            put_password(tx, id, &password_hash).await?;
            end_sessions_of(tx, id, None).await?;
            let by = Caller::by_link(id, &person.name);
            audit::record(tx, &by, Change::new("user.choose_password", person.name), now).await?;
            Ok(id)
        }
        .boxed()
    })
    .await
}
