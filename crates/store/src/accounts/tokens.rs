//! API tokens.

use std::collections::BTreeSet;

use domain::accounts::{Scope, check_label};
use domain::{KeyValue, Millis};
use futures::FutureExt as _;
use serde_json::json;
use sqlx::FromRow;

use super::{key_of, new_secret};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};

pub use domain::accounts::Token;

/// Whoever finds one in a log or a repository can tell what it is.
pub const TOKEN_PREFIX: &str = "cs_";
/// The last use is known to the minute: writing it down with every request would cost more than the request.
const USE_NOTED_EVERY_MS: i64 = 60_000;

#[derive(Debug, Clone)]
pub struct NewToken {
    pub user_id: i64,
    pub label: String,
    pub scopes: BTreeSet<Scope>,
    pub expires_at: Option<Millis>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    label: String,
    scopes: String,
    created_at_ms: i64,
    expires_at_ms: Option<i64>,
    used_at_ms: Option<i64>,
}

fn scopes_of(text: &str) -> BTreeSet<Scope> {
    text.split(',').filter_map(Scope::parse).collect()
}

impl From<Row> for Token {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            label: row.label,
            scopes: scopes_of(&row.scopes),
            created_at: Millis(row.created_at_ms),
            expires_at: row.expires_at_ms.map(Millis),
            used_at: row.used_at_ms.map(Millis),
        }
    }
}

/// Creates a token: this is the only time that it can be seen.
///
/// # Errors
/// `Forbidden` unless they ask themselves or an admin does; `InvalidState` for a disabled account; `Invalid`,
/// `NotFound`, `AlreadyExists` for the label.
pub async fn create_token(db: &Db, new: NewToken, now: Millis) -> Result<String> {
    db.by().check_account(new.user_id)?;
    if new.scopes.contains(&Scope::Review) && db.by().user_id != Some(new.user_id) {
        let why = "only its owner can make a token that signs reviews: nobody signs for somebody else";
        return Err(Error::Forbidden(why.into()));
    }
    check_label("label", &new.label)?;
    if new.scopes.is_empty() {
        let why = "a token has at least one scope: read, write, review";
        return Err(domain::limits::Invalid::new("scopes", why).into());
    }
    if new.expires_at.is_some_and(|at| at <= now) {
        return Err(domain::limits::Invalid::new("expires", "it has to be in the future").into());
    }
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let user: Option<(String, i64)> =
                sqlx::query_as("SELECT name, is_disabled FROM users WHERE id = $1")
                    .bind(new.user_id)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            let (name, is_disabled) = user.ok_or_else(|| Error::not_found("user", "id", new.user_id))?;
            if is_disabled != 0 {
                let why = format!("the account of `{name}` is disabled; let them in again first");
                return Err(Error::InvalidState(why));
            }
            let taken: Option<(i64,)> =
                sqlx::query_as("SELECT id FROM tokens WHERE user_id = $1 AND label = $2")
                    .bind(new.user_id)
                    .bind(&*new.label)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            if taken.is_some() {
                let hint = "; revoke it, or choose another label";
                return Err(Error::AlreadyExists { what: "token", key: new.label, hint });
            }
            let secret = new_secret(TOKEN_PREFIX);
            let id = tx.next_ids("tokens", 1).await?;
            let scopes: Vec<_> = new.scopes.iter().map(|scope| scope.as_str()).collect();
            sqlx::query(
                "INSERT INTO tokens (id, user_id, label, key, scopes, created_at_ms, expires_at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(id)
            .bind(new.user_id)
            .bind(&*new.label)
            .bind(key_of(&secret))
            .bind(scopes.join(","))
            .bind(now.0)
            .bind(new.expires_at.map(|at| at.0))
            .execute(&mut *tx.connection)
            .await?;
            let change = Change::new("token.create", format!("{name}/{}", new.label));
            let change = change.to(json!({ "scopes": scopes, "expires_at": new.expires_at.map(|at| at.0) }));
            audit::record(tx, &by, change, now).await?;
            Ok(secret)
        }
        .boxed()
    })
    .await
}

/// A person's tokens, newest first.
///
/// # Errors
/// `Forbidden` unless they ask themselves or an admin does.
pub async fn tokens(db: &Db, user_id: i64) -> Result<Vec<Token>> {
    db.by().check_account(user_id)?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, label, scopes, created_at_ms, expires_at_ms, used_at_ms FROM tokens
         WHERE user_id = $1 ORDER BY id DESC",
    )
    .bind(user_id)
    .fetch_all(&mut *db.reader().await?)
    .await?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// # Errors
/// `NotFound`, too if it belongs to somebody else and no admin asks.
pub async fn revoke_token(db: &Db, id: i64, now: Millis) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let found: Option<(i64, String, String)> = sqlx::query_as(
                "SELECT t.user_id, t.label, u.name FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id = $1",
            )
            .bind(id)
            .fetch_optional(&mut *tx.connection)
            .await?;
            // Whoever may not revoke a token doesn't learn that it is there.
            let theirs = found.filter(|(user_id, ..)| by.check_account(*user_id).is_ok());
            let Some((_, label, name)) = theirs else {
                return Err(Error::not_found("token", "id", id));
            };
            sqlx::query("DELETE FROM tokens WHERE id = $1").bind(id).execute(&mut *tx.connection).await?;
            audit::record(tx, &by, Change::new("token.revoke", format!("{name}/{label}")), now).await
        }
        .boxed()
    })
    .await
}

/// Whose token it is, and what it may be used for, with its label; `None` if it is unknown, has expired, or
/// belongs to somebody who may not come in.
///
/// # Errors
/// Only the database's.
pub async fn with_token(
    db: &Db,
    secret: &str,
    now: Millis,
) -> Result<Option<(i64, BTreeSet<Scope>, KeyValue)>> {
    if !secret.starts_with(TOKEN_PREFIX) {
        return Ok(None);
    }
    let found: Option<(i64, i64, String, String, String, Option<i64>)> = sqlx::query_as(
        "SELECT t.id, t.user_id, u.name, t.label, t.scopes, t.used_at_ms
         FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.key = $1 AND u.is_disabled = 0 AND (t.expires_at_ms IS NULL OR t.expires_at_ms > $2)",
    )
    .bind(key_of(secret))
    .bind(now.0)
    .fetch_optional(&mut *db.reader().await?)
    .await?;
    let Some((id, user_id, name, label, scopes, used_at)) = found else { return Ok(None) };
    if used_at.is_none_or(|used| now.0 - used >= USE_NOTED_EVERY_MS) {
        db.write(move |tx| {
            async move {
                sqlx::query("UPDATE tokens SET used_at_ms = $1 WHERE id = $2")
                    .bind(now.0)
                    .bind(id)
                    .execute(&mut *tx.connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await?;
    }
    Ok(Some((user_id, scopes_of(&scopes), KeyValue { key: name, value: label })))
}
