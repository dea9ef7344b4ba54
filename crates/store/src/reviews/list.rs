//! Lists of reviews, and which of them wait for somebody.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::Millis;
use domain::accounts::{Caller, Role};
use domain::reviews::state::State;
use domain::reviews::{self, Target, sign_off};
use sqlx::FromRow;

use super::people;
use super::policies::Held;
use super::situation::situation;
use crate::Db;
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::registry;
use crate::sql::Sql;

/// A review in a list.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Row {
    pub id: i64,
    pub model_id: i64,
    pub model: String,
    pub version: i64,
    pub kind: String,
    pub target: String,
    pub from_stage: String,
    pub requester_id: Option<i64>,
    pub requester: String,
    pub comment: String,
    pub state: String,
    pub opened_at_ms: i64,
    pub deadline_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
    pub ended_by: String,
    pub is_override: i64,
}

const SELECT: &str = "SELECT r.id, r.model_id, COALESCE(m.name, '(deleted model)') AS model, r.version, r.kind, r.target,
    CASE WHEN r.state = 'open' AND r.kind <> 'followup' AND r.target NOT LIKE 'alias:%' THEN COALESCE(v.stage, r.from_stage) ELSE r.from_stage END
        AS from_stage, r.requester_id, r.requester, r.comment, r.state, r.opened_at_ms, r.deadline_ms, r.ended_at_ms,
    r.ended_by, r.is_override
    FROM reviews r LEFT JOIN registered_models m ON m.id = r.model_id
    LEFT JOIN model_versions v ON v.id = r.version_id";

/// Which reviews; what is empty holds for all.
#[derive(Debug, Clone, Default)]
pub struct ReviewQuery {
    pub state: Option<State>,
    /// A part of the model's name.
    pub model: String,
    pub requester: String,
    pub only_overrides: bool,
    /// Only reviews before this one.
    pub before: Option<i64>,
    pub max_results: i64,
}

/// Newest first.
///
/// # Errors
/// Only the database's.
pub async fn search(db: &Db, query: &ReviewQuery) -> Result<Vec<Row>> {
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE r.id < ").bind(query.before.unwrap_or(i64::MAX));
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    if let Some(state) = query.state {
        sql.push(" AND r.state = ").bind(state.as_str());
    }
    if !query.model.is_empty() {
        sql.push(" AND ").like("LOWER(m.name)", "%", &query.model.to_lowercase(), "%");
    }
    if !query.requester.is_empty() {
        sql.push(" AND r.requester = ").bind(&*query.requester);
    }
    if query.only_overrides {
        sql.push(" AND r.is_override = 1");
    }
    sql.push(" ORDER BY r.id DESC LIMIT ").bind(query.max_results);
    sql.fetch(&mut *db.reader().await?).await
}

/// The open reviews of a version, and the last that ended, newest first.
///
/// # Errors
/// `NotFound` without the model.
pub async fn open_of_version(db: &Db, name: &str, version: i64) -> Result<Vec<Row>> {
    let mut connection = db.reader().await?;
    let model = registry::readable(&mut connection, db.engine(), db.by(), name).await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE r.model_id = ").bind(model).push(" AND r.version = ").bind(version);
    sql.push(" AND (r.state = 'open' OR r.id IN (SELECT e.id FROM reviews e WHERE e.model_id = ").bind(model);
    sql.push(" AND e.version = ").bind(version);
    sql.push(" AND e.state <> 'open' ORDER BY e.id DESC LIMIT 100)) ORDER BY r.id DESC");
    sql.fetch(&mut connection).await
}

/// An open review, with what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub row: Row,
    pub missing: Vec<String>,
    /// The role in which whoever asks could sign it; `None`: it isn't theirs to sign.
    pub your_role: Option<Role>,
    pub is_yours: bool,
}

/// What waits, and how many open reviews there are beyond it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaitingList {
    pub waiting: Vec<Waiting>,
    pub more: usize,
}

/// So many open reviews are known of, and of so many it is read what they lack: first of those that may concern whoever
/// asks.
const MOST_OPEN: i64 = 5_000;
const MOST_READ: usize = 200;

/// The open reviews, oldest first, each with what it waits for, as whoever asks sees it.
///
/// # Errors
/// Only the database's.
pub async fn waiting_for(db: &Db, now: Millis) -> Result<WaitingList> {
    let mut connection = db.snapshot().await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE r.state = 'open' AND (r.kind = 'followup' OR r.deadline_ms IS NULL OR r.deadline_ms > ")
        .bind(now.0)
        .push(")");
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    sql.push(" ORDER BY r.id LIMIT ").bind(MOST_OPEN);
    let rows: Vec<Row> = sql.fetch(&mut connection).await?;
    let mut held = HashMap::new();
    let mut ranked = Vec::with_capacity(rows.len());
    for row in rows {
        let held = match held.entry(row.model_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Held::of(&mut connection, db.by(), row.model_id).await?),
        };
        ranked.push((concern(&row, held, db.by()), row));
    }
    let all = ranked.len();
    ranked.sort_by_key(|(concern, row)| (*concern, row.id));
    let mut rows: Vec<_> = ranked.into_iter().map(|(_, row)| row).take(MOST_READ).collect();
    rows.sort_by_key(|row| row.id);
    let mut waiting = Vec::with_capacity(rows.len());
    for row in rows {
        let found = situation(&mut connection, db.engine(), db.by(), row.id, now).await?;
        let acting = people::actor(db.by(), found.access);
        let could_sign = acting.id.and_then(|id| {
            let is_barred = found.seen.standing.barred(&found.review).contains(&id);
            let has_signed = found.seen.standing.sign_off_of(&found.review, id).is_some();
            let missing = found.seen.standing.missing(&found.review);
            let role = found.seen.standing.role_for(&found.review, id)?;
            let is_missing = missing.iter().any(|requirement| requirement.roles.includes(role));
            (!is_barred && !has_signed && is_missing).then_some(role)
        });
        waiting.push(Waiting {
            missing: found.missing(),
            your_role: could_sign,
            is_yours: acting.id.is_some() && acting.id == row.requester_id,
            row,
        });
    }
    let more = all - waiting.len();
    Ok(WaitingList { waiting, more })
}

/// How much a review is somebody's, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Concern {
    /// They asked for it, or a policy names their role.
    Theirs,
    /// Anybody may sign it.
    Anybodys,
    Others,
}

fn concern(row: &Row, held: &Held, by: &Caller) -> Concern {
    let kind = reviews::Kind::parse(&row.kind).unwrap_or(reviews::Kind::Promotion);
    // The place that it leaves may have signers, too.
    let left = (row.from_stage != row.target).then(|| Target::Stage(row.from_stage.clone()));
    let named = |target: Target| held.in_force(&target).map(|(found, _)| found.sign_off(kind).to_vec());
    let into = named(Target::parse(&row.target));
    let asks_anybody = into.is_none();
    let signers: Vec<_> = into.into_iter().chain(left.and_then(named)).flatten().collect();
    let is_theirs = by.user_id.is_some() && row.requester_id == by.user_id;
    if is_theirs || by.roles.iter().any(|role| sign_off::is_named(&signers, *role)) {
        return Concern::Theirs;
    }
    if asks_anybody { Concern::Anybodys } else { Concern::Others }
}
