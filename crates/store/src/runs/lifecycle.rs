//! A run's status, name, tags and way into the bin and back.

use std::collections::HashMap;

use domain::accounts::Caller;
use domain::limits::{self, Invalid};
use domain::permissions::Level;
use domain::runs::NAME_TAG;
use domain::{KeyValue, Millis, RunStatus};
use futures::FutureExt as _;

use super::log::{RunLog, log, log_within};
use crate::Db;
use crate::audit::{self, Change};
use crate::bulk;
use crate::error::{Error, Result};
use crate::keys::{Keys, UNKNOWN};
use crate::permissions::{Grants, Guarded};
use crate::sql::Sql;
use crate::writer::Tx;

const MODEL_HISTORY_TAG: &str = "mlflow.log-model.history";

/// Where a run is, for those who write to it.
#[derive(Debug, Clone)]
pub(crate) struct RunRef {
    pub id: i64,
    pub uuid: String,
    pub experiment_id: i64,
    pub is_deleted: bool,
    /// Its experiment, which says who may do what with it.
    pub guarded: Guarded,
}

/// Those of the runs that exist, by uuid, whoever may do what with them.
pub(super) async fn find_many(tx: &mut Tx<'_>, uuids: &[&str]) -> Result<HashMap<String, RunRef>> {
    let mut runs = HashMap::with_capacity(uuids.len());
    for chunk in uuids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            tx.engine,
            "SELECT r.id, r.uuid, r.experiment_id, r.is_deleted, e.is_restricted, e.created_by
             FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE r.uuid IN",
        );
        let rows: Vec<(i64, String, i64, i64, i64, Option<i64>)> =
            sql.list(chunk).fetch(tx.connection).await?;
        for (id, uuid, experiment_id, deleted, restricted, created_by) in rows {
            let guarded = Guarded::experiment(experiment_id, restricted, created_by);
            let is_deleted = deleted != 0;
            runs.insert(uuid.clone(), RunRef { id, uuid, experiment_id, is_deleted, guarded });
        }
    }
    Ok(runs)
}

pub(crate) fn not_found(uuid: &str) -> Error {
    Error::not_found("run", "id", uuid)
}

/// The run, deleted or not, if `by` may edit it.
pub(crate) async fn find(tx: &mut Tx<'_>, by: &Caller, uuid: &str) -> Result<RunRef> {
    let run = find_many(tx, &[uuid]).await?.remove(uuid).ok_or_else(|| not_found(uuid))?;
    run.guarded.check(tx.connection, tx.engine, by, Level::Edit, || not_found(uuid)).await?;
    Ok(run)
}

/// Fails for a run that is here and that `by` may not edit. One that another server made is only a name.
pub(crate) async fn check_editable(tx: &mut Tx<'_>, by: &Caller, uuid: &str) -> Result<()> {
    let Some(run) = find_many(tx, &[uuid]).await?.remove(uuid) else { return Ok(()) };
    run.guarded.check(tx.connection, tx.engine, by, Level::Edit, || not_found(uuid)).await
}

/// The run, if it isn't deleted and `by` may edit it.
async fn find_active(tx: &mut Tx<'_>, by: &Caller, uuid: &str) -> Result<RunRef> {
    let run = find(tx, by, uuid).await?;
    if run.is_deleted { Err(Error::run_is_deleted(uuid)) } else { Ok(run) }
}

/// What changes about a run; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RunUpdate {
    pub status: Option<RunStatus>,
    pub ended_at: Option<Millis>,
    pub name: Option<String>,
}

/// # Errors
/// `NotFound`, or `InvalidState` if the run is deleted.
pub async fn update(db: &Db, uuid: String, update: RunUpdate) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let run = find_active(tx, &by, &uuid).await?;
            sqlx::query(
                "UPDATE runs SET status = COALESCE($1, status), ended_at_ms = COALESCE($2, ended_at_ms) WHERE id = $3",
            )
            .bind(update.status.map(RunStatus::as_str))
            .bind(update.ended_at.map(|at| at.0))
            .bind(run.id)
            .execute(&mut *tx.connection)
            .await?;
            match update.name {
                Some(name) => log_within(tx, by, uuid, RunLog::of_tag(KeyValue::new(NAME_TAG, name))).await,
                None => Ok(()),
            }
        }
        .boxed()
    })
    .await
}

/// Gives the run another name, and the tag that says it.
///
/// # Errors
/// `Invalid` for an empty name, `NotFound`, or `InvalidState` if the run is deleted.
pub async fn rename(db: &Db, uuid: String, name: String) -> Result<()> {
    if name.is_empty() {
        return Err(Invalid::new("name", "a run's name must not be empty").into());
    }
    set_tag(db, uuid, KeyValue::new(NAME_TAG, name)).await
}

/// Moves a run to the bin. Deleting it again changes nothing.
///
/// # Errors
/// `NotFound`.
pub async fn delete(db: &Db, uuid: String, now: Millis) -> Result<()> {
    delete_many(db, vec![uuid], now).await
}

/// Moves all of the runs to the bin, or none.
///
/// # Errors
/// `NotFound` if one of them isn't there.
pub async fn delete_many(db: &Db, uuids: Vec<String>, now: Millis) -> Result<()> {
    set_deleted(db, uuids, true, now).await
}

/// Takes a run back out of the bin.
///
/// # Errors
/// `NotFound`.
pub async fn restore(db: &Db, uuid: String, now: Millis) -> Result<()> {
    restore_many(db, vec![uuid], now).await
}

/// Takes all of the runs back out of the bin, or none.
///
/// # Errors
/// `NotFound` if one of them isn't there.
pub async fn restore_many(db: &Db, uuids: Vec<String>, now: Millis) -> Result<()> {
    set_deleted(db, uuids, false, now).await
}

async fn set_deleted(db: &Db, uuids: Vec<String>, is_deleted: bool, now: Millis) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let names: Vec<_> = uuids.iter().map(String::as_str).collect();
            let found = find_many(tx, &names).await?;
            if let Some(missing) = names.iter().find(|uuid| !found.contains_key(**uuid)) {
                return Err(not_found(missing));
            }
            let objects = found.values().map(|run| &run.guarded);
            let grants = Grants::of(tx.connection, tx.engine, objects).await?;
            for run in found.values() {
                let missing = || not_found(&run.uuid);
                let (connection, engine) = (&mut *tx.connection, tx.engine);
                grants.check(connection, engine, &by, &run.guarded, Level::Edit, missing).await?;
            }
            let ids: Vec<_> = found.values().map(|run| run.id).collect();
            for chunk in ids.chunks(bulk::MAX_LIST) {
                let mut sql = Sql::new(tx.engine, "UPDATE runs SET ");
                if is_deleted {
                    sql.push("is_deleted = 1, deleted_at_ms = ").bind(now.0);
                } else {
                    sql.push("is_deleted = 0, deleted_at_ms = NULL");
                }
                sql.push(" WHERE id IN").list(chunk).execute(tx.connection).await?;
            }
            let action = if is_deleted { "run.delete" } else { "run.restore" };
            let mut names: Vec<_> = found.into_keys().collect();
            names.sort_unstable();
            for uuid in names {
                audit::record(tx, &by, Change::new(action, uuid), now).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `Invalid` if key or value are not allowed, `NotFound`, or `InvalidState` if the run is deleted.
pub async fn set_tag(db: &Db, uuid: String, tag: KeyValue) -> Result<()> {
    limits::check_key("key", &tag.key)?;
    limits::check_text("value", &tag.value)?;
    limits::check_length("value", &tag.value, limits::MAX_TAG_LENGTH)?;
    log(db, uuid, RunLog::of_tag(tag)).await
}

/// Appends a model's description to the tag in which old clients keep what models a run logged.
///
/// # Errors
/// `NotFound`, or `InvalidState` if the run is deleted.
pub async fn log_model(db: &Db, uuid: String, model: serde_json::Value) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let run = find_active(tx, &by, &uuid).await?;
            let key = Keys::intern(tx, &[MODEL_HISTORY_TAG]).await?[MODEL_HISTORY_TAG];
            let old: Option<(String,)> =
                sqlx::query_as("SELECT value FROM tags WHERE run_id = $1 AND key_id = $2")
                    .bind(run.id)
                    .bind(key)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            let mut history: Vec<serde_json::Value> =
                old.and_then(|(text,)| serde_json::from_str(&text).ok()).unwrap_or_default();
            // A client that heard no answer sends it again.
            if history.contains(&model) {
                return Ok(());
            }
            history.push(model);
            sqlx::query(
                "INSERT INTO tags (run_id, key_id, experiment_id, value) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (run_id, key_id) DO UPDATE SET value = excluded.value",
            )
            .bind(run.id)
            .bind(key)
            .bind(run.experiment_id)
            .bind(serde_json::Value::from(history).to_string())
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `NotFound` without the run or the tag, `InvalidState` if the run is deleted.
pub async fn delete_tag(db: &Db, uuid: String, key: String) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let run = find_active(tx, &by, &uuid).await?;
            let ids = Keys::find_within(tx, &[key.as_str()]).await?;
            let deleted = sqlx::query("DELETE FROM tags WHERE run_id = $1 AND key_id = $2")
                .bind(run.id)
                .bind(ids.get(key.as_str()).copied().unwrap_or(UNKNOWN))
                .execute(&mut *tx.connection)
                .await?;
            match deleted.rows_affected() {
                0 => Err(Error::not_found("tag", "key", key)),
                _ => Ok(()),
            }
        }
        .boxed()
    })
    .await
}
