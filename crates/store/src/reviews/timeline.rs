//! What happened to a version and its reviews, in order.

use domain::Millis;
use domain::accounts::Caller;
use domain::reviews::state::State;

use super::rows::Row;
use super::seen;
use super::situation::{Situation, situation};
use super::tell;
use crate::Db;
use crate::audit::{self, Change};
use crate::error::Result;
use crate::registry;
use crate::writer::Tx;
use serde_json::json;
use sqlx::FromRow;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Activity {
    pub id: i64,
    pub version: i64,
    pub review_id: Option<i64>,
    /// E.g. `opened`, `signed`, `applied`.
    pub kind: String,
    pub by_id: Option<i64>,
    pub name: String,
    pub role: String,
    pub from_stage: String,
    pub to_stage: String,
    /// What the person said.
    pub words: String,
    /// What the server has to say of it.
    pub said: String,
    pub at_ms: i64,
}

pub(super) const SELECT: &str =
    "SELECT id, version, review_id, kind, by_id, name, role, from_stage, to_stage,
    words, said, at_ms FROM activities";

/// What is written down beside who and when.
#[derive(Debug, Clone, Default)]
pub(super) struct New<'a> {
    pub kind: &'a str,
    pub role: &'a str,
    pub words: &'a str,
    pub said: &'a str,
    /// The version that it happened to, if it isn't the review's.
    pub version: Option<i64>,
    pub from_stage: Option<&'a str>,
    pub to_stage: Option<&'a str>,
}

pub(super) async fn note(
    tx: &mut Tx<'_>,
    by: &Caller,
    row: &Row,
    new: New<'_>,
    now: Millis,
) -> Result<Activity> {
    let id = tx.next_ids("activities", 1).await?;
    let activity = Activity {
        id,
        version: new.version.unwrap_or(row.version),
        review_id: Some(row.id),
        kind: new.kind.to_owned(),
        by_id: by.user_id,
        name: by.name.clone(),
        role: new.role.to_owned(),
        from_stage: new.from_stage.unwrap_or(&row.from_stage).to_owned(),
        to_stage: new.to_stage.unwrap_or(&row.target).to_owned(),
        words: new.words.to_owned(),
        said: new.said.to_owned(),
        at_ms: now.0,
    };
    sqlx::query(
        "INSERT INTO activities (id, model_id, version, review_id, kind, by_id, name, role, from_stage, to_stage,
             words, said, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id)
    .bind(row.model_id)
    .bind(activity.version)
    .bind(row.id)
    .bind(&*activity.kind)
    .bind(activity.by_id)
    .bind(&*activity.name)
    .bind(&*activity.role)
    .bind(&*activity.from_stage)
    .bind(&*activity.to_stage)
    .bind(&*activity.words)
    .bind(&*activity.said)
    .bind(activity.at_ms)
    .execute(&mut *tx.connection)
    .await?;
    // It reads everything once more, for those who listen: kept out of all futures that note something.
    Box::pin(tell::noted(tx, by, row, &activity, now)).await?;
    Ok(activity)
}

/// Of a version, oldest first.
///
/// # Errors
/// `NotFound` without the model.
pub async fn activities_of_version(db: &Db, name: &str, version: i64) -> Result<Vec<Activity>> {
    let mut connection = db.reader().await?;
    let model = registry::readable(&mut connection, db.engine(), db.by(), name).await?;
    let rows = sqlx::query_as(&format!("{SELECT} WHERE model_id = $1 AND version = $2 ORDER BY id"))
        .bind(model)
        .bind(version)
        .fetch_all(&mut *connection)
        .await?;
    Ok(rows)
}

/// Ends a review and keeps what it ended on; `false` if it has ended already.
pub(super) async fn end(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    (state, reason): (State, &str),
    now: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE reviews SET state = $1, ended_at_ms = $2, ended_by = $3, reason = $4, from_stage = $5
         WHERE id = $6 AND state = 'open'",
    )
    .bind(state.as_str())
    .bind(now.0)
    .bind(&*by.name)
    .bind(reason)
    .bind(&*now_is.row.from_stage)
    .bind(now_is.row.id)
    .execute(&mut *tx.connection)
    .await?;
    let has_ended = done.rows_affected() == 1;
    if has_ended {
        seen::keep(tx, now_is.row.id, &now_is.seen).await?;
        sqlx::query("DELETE FROM review_noticed WHERE review_id = $1")
            .bind(now_is.row.id)
            .execute(&mut *tx.connection)
            .await?;
    }
    Ok(has_ended)
}

/// Ends every open review of a model, or of one of its versions, that has become pointless.
pub(crate) async fn supersede_all(
    tx: &mut Tx<'_>,
    model: i64,
    version: Option<i64>,
    reason: &str,
    now: Millis,
) -> Result<()> {
    let open: Vec<(i64,)> = sqlx::query_as(
        "SELECT id FROM reviews WHERE model_id = $1 AND state = 'open' AND ($2 IS NULL OR version = $2) ORDER BY id",
    )
    .bind(model)
    .bind(version)
    .fetch_all(&mut *tx.connection)
    .await?;
    for (id,) in open {
        supersede(tx, id, reason, now).await?;
    }
    Ok(())
}

/// Ends an open review that has become pointless.
pub(super) async fn supersede(tx: &mut Tx<'_>, id: i64, reason: &str, now: Millis) -> Result<()> {
    let by = Caller::server();
    let now_is = situation(tx.connection, tx.engine, &by, id, now).await?;
    if end(tx, &by, &now_is, (State::Superseded, reason), now).await? {
        note(tx, &by, &now_is.row, New { kind: "superseded", said: reason, ..New::default() }, now).await?;
        let change = Change::new("review.supersede", id).from(json!({ "state": "open" }));
        let change = change.to(json!({ "state": "superseded", "reason": reason }));
        audit::record(tx, &by, change, now).await?;
    }
    Ok(())
}
