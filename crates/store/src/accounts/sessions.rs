//! Sessions: what a browser's cookie stands for.

use domain::Millis;
use futures::FutureExt as _;

use super::key_of;
use super::users::find;
use crate::Db;
use crate::audit::{self, Change};
use crate::error::Result;
use crate::writer::Tx;

/// A session's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `None`: not signed in yet.
    pub user_id: Option<i64>,
    pub data: String,
    pub expires_at: Millis,
}

/// The sessions, by the id in the cookie.
#[derive(Debug, Clone)]
pub struct Sessions(pub Db);

impl Sessions {
    /// Begins a session; `false` if one has the id, or if its person may no longer come in.
    ///
    /// # Errors
    /// Only the database's.
    pub async fn begin(&self, id: String, session: Session) -> Result<bool> {
        self.put(
            "INSERT INTO sessions (user_id, data, expires_at_ms, key)
             SELECT v.user_id, v.data, v.expires_at_ms, v.key
             FROM (SELECT CAST($1 AS BIGINT) AS user_id, CAST($2 AS TEXT) AS data,
                       CAST($3 AS BIGINT) AS expires_at_ms, CAST($4 AS TEXT) AS key) AS v
             WHERE v.user_id IS NULL
                 OR EXISTS (SELECT 1 FROM users u WHERE u.id = v.user_id AND u.is_disabled = 0)
             ON CONFLICT DO NOTHING",
            id,
            session,
        )
        .await
    }

    /// Replaces what a session holds; `false` if it has ended meanwhile. A request that is still under way
    /// when its person signs out doesn't bring the session back.
    ///
    /// # Errors
    /// Only the database's.
    pub async fn replace(&self, id: String, session: Session) -> Result<bool> {
        self.put(
            "UPDATE sessions SET user_id = $1, data = $2, expires_at_ms = $3 WHERE key = $4",
            id,
            session,
        )
        .await
    }

    async fn put(&self, statement: &'static str, id: String, session: Session) -> Result<bool> {
        self.0
            .write(move |tx| {
                async move {
                    let done = sqlx::query(statement)
                        .bind(session.user_id)
                        .bind(session.data)
                        .bind(session.expires_at.0)
                        .bind(key_of(&id))
                        .execute(&mut *tx.connection)
                        .await?;
                    Ok(done.rows_affected() > 0)
                }
                .boxed()
            })
            .await
    }

    /// # Errors
    /// Only the database's.
    pub async fn get(&self, id: &str, now: Millis) -> Result<Option<Session>> {
        let found: Option<(Option<i64>, String, i64)> = sqlx::query_as(
            "SELECT user_id, data, expires_at_ms FROM sessions WHERE key = $1 AND expires_at_ms > $2",
        )
        .bind(key_of(id))
        .bind(now.0)
        .fetch_optional(&mut *self.0.reader().await?)
        .await?;
        Ok(found.map(|(user_id, data, expires)| Session { user_id, data, expires_at: Millis(expires) }))
    }

    /// # Errors
    /// Only the database's.
    pub async fn remove(&self, id: String) -> Result<()> {
        self.0
            .write(move |tx| {
                async move {
                    sqlx::query("DELETE FROM sessions WHERE key = $1")
                        .bind(key_of(&id))
                        .execute(&mut *tx.connection)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }
}

/// Ends the sessions of a person, but the one with the id `keep`.
pub(super) async fn end_sessions_of(tx: &mut Tx<'_>, user_id: i64, keep: Option<&str>) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND key <> $2")
        .bind(user_id)
        .bind(keep.map(key_of).unwrap_or_default())
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

/// Signs a person out everywhere, but in the session with the id `keep`.
///
/// # Errors
/// `Forbidden` unless they ask themselves or an admin does; `NotFound`.
pub async fn end_sessions(db: &Db, user_id: i64, keep: Option<String>, now: Millis) -> Result<()> {
    db.by().check_account(user_id)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let person = find(tx, user_id).await?;
            end_sessions_of(tx, user_id, keep.as_deref()).await?;
            audit::record(tx, &by, Change::new("user.sign_out_everywhere", person.name), now).await
        }
        .boxed()
    })
    .await
}

/// Removes sessions, links and counts of failures that no longer matter.
///
/// # Errors
/// Only the database's.
pub async fn forget_expired(db: &Db, now: Millis) -> Result<()> {
    db.write(move |tx| {
        async move {
            for expired in [
                "DELETE FROM sessions WHERE expires_at_ms <= $1",
                "DELETE FROM links WHERE expires_at_ms <= $1",
                "DELETE FROM sign_in_failures WHERE last_ms <= $1 - 86400000",
            ] {
                sqlx::query(expired).bind(now.0).execute(&mut *tx.connection).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await
}
