//! Sessions of browsers: kept in the database, named by a cookie.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::Millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Db;
use store::accounts::{Session as Stored, Sessions};
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::ApiError;

const USER: &str = "user";
const SIGNED_IN_AT: &str = "signed_in_at";
const SEEN_AT: &str = "seen_at";
/// Writing with every request would cost more than the request.
const SEEN_EVERY_MS: i64 = 60_000;

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    /// Without a request.
    pub idle_ms: i64,
    /// From signing in, whatever happens.
    pub whole_ms: i64,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self { idle_ms: 12 * 3_600_000, whole_ms: 7 * 24 * 3_600_000 }
    }
}

/// Who has signed in, by a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedInAs {
    pub user_id: i64,
    pub at: Millis,
}

/// The layer that finds a request's session when somebody asks for it.
///
/// Cookies don't know ports, so the name holds something of the server's own: two servers on one machine don't
/// sign each other's people out.
pub fn layer(db: Db, instance: &str, is_secure: bool) -> SessionManagerLayer<DatabaseSessions> {
    let part = instance.get(..8).unwrap_or(instance);
    let name = if is_secure { format!("__Host-cs_{part}") } else { format!("cs_{part}") };
    SessionManagerLayer::new(DatabaseSessions(Sessions(db)))
        .with_name(name)
        .with_path("/")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(is_secure)
}

/// Signs somebody in, under a new id: one that was known before is worth nothing.
///
/// # Errors
/// If the database fails.
pub async fn sign_in(
    session: &Session,
    user_id: i64,
    lifetime: Lifetime,
    now: Millis,
) -> std::result::Result<(), ApiError> {
    session.clear().await;
    session.cycle_id().await.map_err(failed)?;
    for (key, value) in [(USER, user_id), (SIGNED_IN_AT, now.0), (SEEN_AT, now.0)] {
        session.insert(key, value).await.map_err(failed)?;
    }
    session.set_expiry(Some(ends(now, lifetime, now)));
    Ok(())
}

/// Who the session belongs to, as long as it lasts; and that they were here.
///
/// # Errors
/// If the database fails.
pub async fn signed_in(
    session: &Session,
    lifetime: Lifetime,
    now: Millis,
) -> std::result::Result<Option<SignedInAs>, ApiError> {
    let user: Option<i64> = session.get(USER).await.map_err(failed)?;
    let at: Option<i64> = session.get(SIGNED_IN_AT).await.map_err(failed)?;
    let (Some(user_id), Some(at)) = (user, at.map(Millis)) else { return Ok(None) };
    let seen: i64 = session.get(SEEN_AT).await.map_err(failed)?.unwrap_or_default();
    if now.0 - seen >= lifetime.idle_ms || now.0 - at.0 >= lifetime.whole_ms {
        session.flush().await.map_err(failed)?;
        return Ok(None);
    }
    if now.0 - seen >= SEEN_EVERY_MS {
        session.insert(SEEN_AT, now.0).await.map_err(failed)?;
        session.set_expiry(Some(ends(at, lifetime, now)));
    }
    Ok(Some(SignedInAs { user_id, at }))
}

/// # Errors
/// If the database fails.
pub async fn sign_out(session: &Session) -> std::result::Result<(), ApiError> {
    session.flush().await.map_err(failed)
}

/// Keeps something for a visitor: in the session of who has signed in, else in one of its own that lasts for `lasts_ms`.
///
/// # Errors
/// If the database fails.
pub async fn put_aside(
    session: &Session,
    key: &str,
    value: &impl Serialize,
    lasts_ms: i64,
    now: Millis,
) -> std::result::Result<(), ApiError> {
    if session.get::<i64>(USER).await.map_err(failed)?.is_some() {
        return session.insert(key, value).await.map_err(failed);
    }
    if session.id().is_some() {
        session.flush().await.map_err(failed)?;
    }
    session.insert(key, value).await.map_err(failed)?;
    session.set_expiry(Some(Expiry::AtDateTime(moment(now.0 + lasts_ms))));
    Ok(())
}

/// What was put aside. It is gone from now on, whatever becomes of the request, and so is the session that was only for
/// that.
///
/// # Errors
/// If the database fails.
pub async fn take_aside<T: DeserializeOwned>(
    session: &Session,
    key: &str,
) -> std::result::Result<Option<T>, ApiError> {
    let Some(value) = session.remove_value(key).await.map_err(failed)? else { return Ok(None) };
    if session.get::<i64>(USER).await.map_err(failed)?.is_none() {
        session.flush().await.map_err(failed)?;
    }
    // An older version may have kept it in another form.
    Ok(serde_json::from_value(value).ok())
}

fn ends(signed_in_at: Millis, lifetime: Lifetime, now: Millis) -> Expiry {
    let at = (signed_in_at.0 + lifetime.whole_ms).min(now.0 + lifetime.idle_ms);
    Expiry::AtDateTime(moment(at))
}

fn moment(at_ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at_ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[expect(clippy::needless_pass_by_value, reason = "is given to `map_err`")]
fn failed(error: tower_sessions::session::Error) -> ApiError {
    tracing::error!(%error, "a session could not be read or written");
    store::Error::Database.into()
}

/// [`Sessions`], as the session layer wants them.
#[derive(Debug, Clone)]
pub struct DatabaseSessions(Sessions);

fn to_store(record: &Record) -> Result<Stored> {
    let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    let user_id = record.data.get(USER).and_then(serde_json::Value::as_i64);
    Ok(Stored { user_id, data, expires_at: Millis(record.expiry_date.unix_timestamp() * 1000) })
}

#[expect(clippy::needless_pass_by_value, reason = "is given to `map_err`")]
fn backend(error: store::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for DatabaseSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // A collision of 128 random bits won't happen twice; whose person was just shut out has no session.
        for _ in 0..2 {
            if self.0.begin(record.id.to_string(), to_store(record)?).await.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("the session's person may not come in".into()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.replace(record.id.to_string(), to_store(record)?).await.map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = OffsetDateTime::now_utc().unix_timestamp() * 1000;
        let found = self.0.get(&id.to_string(), Millis(now)).await.map_err(backend)?;
        let Some(found) = found else { return Ok(None) };
        let data: HashMap<_, _> =
            serde_json::from_str(&found.data).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: moment(found.expires_at.0) }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.remove(id.to_string()).await.map_err(backend)
    }
}
