//! The audit log.

use std::collections::BTreeSet;

use domain::Millis;
use domain::accounts::Caller;
use domain::audit::AuditEntry;
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;

use crate::Db;
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::writer::Tx;

/// So many entries are read at once when the chain is walked.
const STRIDE: i64 = 1000;

/// What an entry says beside who and when.
pub(crate) struct Change {
    /// `<kind>.<verb>`, e.g. `experiment.rename`.
    pub action: &'static str,
    /// `<kind> <key>`, e.g. `experiment 7`.
    pub subject: String,
    pub before: Value,
    pub after: Value,
}

impl Change {
    pub fn new(action: &'static str, key: impl std::fmt::Display) -> Self {
        let kind = action.split('.').next().unwrap_or(action);
        Self { action, subject: format!("{kind} {key}"), before: Value::Null, after: Value::Null }
    }

    pub fn from(mut self, before: impl Serialize) -> Self {
        self.before = serde_json::to_value(before).unwrap_or_default();
        self
    }

    pub fn to(mut self, after: impl Serialize) -> Self {
        self.after = serde_json::to_value(after).unwrap_or_default();
        self
    }
}

/// Writes down a change, in the transaction that makes it.
pub(crate) async fn record(tx: &mut Tx<'_>, by: &Caller, change: Change, now: Millis) -> Result<()> {
    // Taking the number locks its row: on PostgreSQL, too, one entry follows the other.
    let id = tx.next_ids("audit", 1).await?;
    let previous: Option<(String,)> = sqlx::query_as("SELECT hash FROM audit_entries WHERE id = $1")
        .bind(id - 1)
        .fetch_optional(&mut *tx.connection)
        .await?;
    let roles: Vec<_> = by.roles.iter().map(|role| role.as_str()).collect();
    let mut entry = AuditEntry {
        id,
        at: now,
        actor: by.name.clone(),
        roles: roles.join(","),
        via: by.via.to_string(),
        address: by.address.map(|address| address.to_string()).unwrap_or_default(),
        action: change.action.to_owned(),
        subject: change.subject,
        before: change.before.to_string(),
        after: change.after.to_string(),
        previous: previous.map(|(hash,)| hash).unwrap_or_default(),
        hash: String::new(),
    };
    entry.hash = entry.digest();
    sqlx::query(
        "INSERT INTO audit_entries
             (id, at_ms, actor, roles, via, address, action, subject, before, after, previous, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(entry.id)
    .bind(entry.at.0)
    .bind(entry.actor)
    .bind(entry.roles)
    .bind(entry.via)
    .bind(entry.address)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.before)
    .bind(entry.after)
    .bind(entry.previous)
    .bind(entry.hash)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: i64,
    at_ms: i64,
    actor: String,
    roles: String,
    via: String,
    address: String,
    action: String,
    subject: String,
    before: String,
    after: String,
    previous: String,
    hash: String,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: Millis(row.at_ms),
            actor: row.actor,
            roles: row.roles,
            via: row.via,
            address: row.address,
            action: row.action,
            subject: row.subject,
            before: row.before,
            after: row.after,
            previous: row.previous,
            hash: row.hash,
        }
    }
}

const SELECT: &str = "SELECT id, at_ms, actor, roles, via, address, action, subject, before, after, previous, hash FROM audit_entries";

/// Which entries, newest first. What is empty holds for all.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    pub actor: String,
    /// The whole action, or its kind, e.g. `experiment`.
    pub action: String,
    /// A part of it.
    pub subject: String,
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Only entries before this one.
    pub before_id: Option<i64>,
    pub max_results: usize,
}

/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn search(db: &Db, query: &AuditQuery) -> Result<Vec<AuditEntry>> {
    db.by().check_admin()?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE id < ").bind(query.before_id.unwrap_or(i64::MAX));
    if !query.actor.is_empty() {
        sql.push(" AND actor = ").bind(&*query.actor);
    }
    if !query.subject.is_empty() {
        sql.push(" AND ").like("subject", "%", &query.subject, "%");
    }
    if query.action.contains('.') {
        sql.push(" AND action = ").bind(&*query.action);
    } else if !query.action.is_empty() {
        sql.push(" AND ").like("action", "", &query.action, ".%");
    }
    if let Some(since) = query.since {
        sql.push(" AND at_ms >= ").bind(since.0);
    }
    if let Some(until) = query.until {
        sql.push(" AND at_ms < ").bind(until.0);
    }
    sql.push(" ORDER BY id DESC LIMIT ").bind(i64::try_from(query.max_results).unwrap_or(i64::MAX));
    let rows: Vec<Row> = sql.fetch(&mut *db.reader().await?).await?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Walks the whole chain; how many entries it has and the last one's hash.
///
/// # Errors
/// `Forbidden` unless an admin asks; `InvalidState` names the first entry that was changed, removed or moved.
pub async fn verify(db: &Db) -> Result<(i64, String)> {
    db.by().check_admin()?;
    let mut connection = db.reader().await?;
    // Read first: entries that are written during the walk are more, never fewer.
    let next: Option<(i64,)> = sqlx::query_as("SELECT next_id FROM sequences WHERE name = 'audit'")
        .fetch_optional(&mut *connection)
        .await?;
    let written = next.map_or(0, |(next,)| next - 1);
    let (mut last, mut hash) = (0, String::new());
    loop {
        let mut sql = Sql::new(db.engine(), SELECT);
        sql.push(" WHERE id > ").bind(last).push(" ORDER BY id LIMIT ").bind(STRIDE);
        let rows: Vec<Row> = sql.fetch(&mut connection).await?;
        if rows.is_empty() {
            break;
        }
        for entry in rows.into_iter().map(AuditEntry::from) {
            if let Some(fault) = entry.fault(last, &hash) {
                return Err(Error::InvalidState(format!("the audit log was tampered with: {fault}")));
            }
            (last, hash) = (entry.id, entry.hash);
        }
    }
    if last >= written {
        return Ok((last, hash));
    }
    Err(Error::InvalidState(format!(
        "the audit log was tampered with: {written} entries were written, but the last one is entry {last}"
    )))
}

/// The reviews of which the log says that a release was recorded.
///
/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn reviews_with_records(db: &Db) -> Result<BTreeSet<i64>> {
    db.by().check_admin()?;
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT subject, after FROM audit_entries WHERE action IN ('review.apply', 'review.override')",
    )
    .fetch_all(&mut *db.reader().await?)
    .await?;
    let with_record = |(subject, after): (String, String)| {
        let after: Value = serde_json::from_str(&after).ok()?;
        after["record_sha256"].is_string().then(|| subject.strip_prefix("review ")?.parse().ok())?
    };
    Ok(found.into_iter().filter_map(with_record).collect())
}

/// The hash of an entry.
///
/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn hash_of(db: &Db, entry: i64) -> Result<Option<String>> {
    db.by().check_admin()?;
    let found: Option<(String,)> = sqlx::query_as("SELECT hash FROM audit_entries WHERE id = $1")
        .bind(entry)
        .fetch_optional(&mut *db.reader().await?)
        .await?;
    Ok(found.map(|(hash,)| hash))
}

/// Whether the log says that a review's release was recorded as this very record.
///
/// # Errors
/// `Forbidden` unless an admin asks; `InvalidState` if the log knows another one, or none.
pub async fn verify_record(db: &Db, review: i64, sha256: &str) -> Result<()> {
    db.by().check_admin()?;
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT after FROM audit_entries
         WHERE subject = $1 AND action IN ('review.apply', 'review.override')",
    )
    .bind(format!("review {review}"))
    .fetch_optional(&mut *db.reader().await?)
    .await?;
    let logged = found.and_then(|(after,)| serde_json::from_str::<Value>(&after).ok());
    if logged.is_some_and(|after| after["record_sha256"] == sha256) {
        return Ok(());
    }
    Err(Error::InvalidState(format!("the audit log knows of no such release record of review {review}")))
}
