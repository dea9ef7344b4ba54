//! Experiments.

use std::collections::HashMap;

use domain::accounts::Caller;
use domain::experiments::ExperimentSummary;
use domain::filter::{self, EXPERIMENTS, OrderBy, Subject, Test};
use domain::limits::{self, Invalid};
use domain::permissions::Level;
use domain::{Experiment, KeyValue, Lifecycle, Millis, Page, ViewType};
use futures::FutureExt as _;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::FromRow;

use crate::Db;
use crate::audit::{self, Change};
use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::{Grants, Guarded, Kind, OWN, push_readable};
use crate::search::keyset::{self, SortKey, Value};
use crate::search::text::push_test;
use crate::sql::Sql;
use crate::writer::Tx;

/// The experiment that is there from the first start on, for runs that name none.
pub const DEFAULT_ID: i64 = 0;

/// Which experiments, in which order.
#[derive(Debug, Clone, Default)]
pub struct ExperimentQuery {
    /// The filter grammar, e.g. `name ILIKE '%churn%' AND tags.team = 'risk'`; empty: all.
    pub filter: String,
    /// E.g. `last_update_time DESC`; empty: newest first.
    pub order_by: Vec<String>,
    pub view: ViewType,
    pub max_results: usize,
    pub page_token: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct NewExperiment {
    pub name: String,
    /// `None`: the server's own place.
    pub artifact_location: Option<String>,
    pub tags: Vec<KeyValue>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    artifact_location: String,
    is_deleted: i64,
    created_at_ms: i64,
    updated_at_ms: i64,
}

const SELECT: &str = "SELECT e.id, e.name, e.artifact_location, e.is_deleted, e.created_at_ms, e.updated_at_ms FROM experiments e";

/// # Errors
/// `Filter` if the filter or an order can't be read, `Invalid` for a token of another search.
pub async fn search(db: &Db, query: &ExperimentQuery) -> Result<Page<Experiment>> {
    let filter = filter::parse(&EXPERIMENTS, &query.filter)?;
    let order = filter::parse_orders(&EXPERIMENTS, &query.order_by)?;
    let keys = sort_keys(&order);

    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(match query.view {
        ViewType::ActiveOnly => " WHERE e.is_deleted = 0",
        ViewType::DeletedOnly => " WHERE e.is_deleted = 1",
        ViewType::All => " WHERE 1 = 1",
    });
    push_readable(&mut sql, db.by(), Kind::Experiment, "e");
    for clause in &filter.clauses {
        sql.push(" AND ");
        match &clause.subject {
            Subject::Tag(key) => {
                let is_absence = matches!(clause.test, Test::IsNull { negated: false });
                sql.push(if is_absence { "NOT EXISTS" } else { "EXISTS" });
                sql.push(" (SELECT 1 FROM experiment_tags t WHERE t.experiment_id = e.id AND t.key = ")
                    .bind(&**key);
                if !matches!(clause.test, Test::IsNull { .. }) {
                    sql.push(" AND ");
                    push_test(&mut sql, "t.value", &clause.test);
                }
                sql.push(")");
            }
            subject => push_test(&mut sql, column(subject), &clause.test),
        }
    }
    if let Some(token) = query.page_token.as_deref().filter(|token| !token.is_empty()) {
        let kinds = position(&order, &Experiment::default());
        let after = keyset::decode(token, &query.order_by, &kinds)?;
        sql.push(" AND ");
        keyset::push_after(&mut sql, &keys, &after);
    }
    keyset::push_order(&mut sql, &keys);
    sql.push(" LIMIT ").bind(i64::try_from(query.max_results.saturating_add(1)).unwrap_or(i64::MAX));

    let mut connection = db.reader().await?;
    let mut rows: Vec<Row> = sql.fetch(&mut connection).await?;
    let has_more = rows.len() > query.max_results;
    rows.truncate(query.max_results);
    let items = with_tags(db.engine(), &mut connection, rows).await?;
    let last = items.last().filter(|_| has_more);
    let next_page_token = last.map(|last| keyset::encode(&query.order_by, position(&order, last)));
    Ok(Page { items, next_page_token })
}

/// An integer is compared with as text where the grammar has a text.
fn column(subject: &Subject) -> &'static str {
    match subject {
        Subject::Attribute("name") => "e.name",
        Subject::Attribute("experiment_id") => "CAST(e.id AS TEXT)",
        Subject::Attribute("creation_time") => "e.created_at_ms",
        _ => "e.updated_at_ms",
    }
}

fn sort_keys(order: &[OrderBy]) -> Vec<SortKey> {
    let mut keys: Vec<_> = order
        .iter()
        .map(|one| {
            let expression = match &one.subject {
                Subject::Attribute("experiment_id") => "e.id",
                subject => column(subject),
            };
            SortKey::new(expression, one.ascending)
        })
        .collect();
    if order.is_empty() {
        keys.push(SortKey::new("e.created_at_ms", false));
    }
    keys.push(SortKey::new("e.id", false));
    keys
}

fn position(order: &[OrderBy], experiment: &Experiment) -> Vec<Value> {
    let mut position: Vec<_> = order
        .iter()
        .map(|one| match &one.subject {
            Subject::Attribute("name") => Value::Text(experiment.name.clone()),
            Subject::Attribute("experiment_id") => Value::Int(experiment.id),
            Subject::Attribute("creation_time") => Value::Int(experiment.created_at.0),
            _ => Value::Int(experiment.updated_at.0),
        })
        .collect();
    if order.is_empty() {
        position.push(Value::Int(experiment.created_at.0));
    }
    position.push(Value::Int(experiment.id));
    position
}

async fn with_tags(
    engine: Engine,
    connection: &mut AnyConnection,
    rows: Vec<Row>,
) -> Result<Vec<Experiment>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut tags: HashMap<i64, Vec<KeyValue>> = HashMap::new();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql =
            Sql::new(engine, "SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id IN");
        let found: Vec<(i64, String, String)> =
            sql.list(chunk).push(" ORDER BY key").fetch(connection).await?;
        for (id, key, value) in found {
            tags.entry(id).or_default().push(KeyValue { key, value });
        }
    }
    let experiment = |row: Row| Experiment {
        tags: tags.remove(&row.id).unwrap_or_default(),
        id: row.id,
        name: row.name,
        artifact_location: row.artifact_location,
        lifecycle: Lifecycle::from_deleted(row.is_deleted != 0),
        created_at: Millis(row.created_at_ms),
        updated_at: Millis(row.updated_at_ms),
    };
    Ok(rows.into_iter().map(experiment).collect())
}

/// The same list with run counts and last activity.
///
/// # Errors
/// As [`search`].
pub async fn summaries(db: &Db, query: &ExperimentQuery) -> Result<Page<ExperimentSummary>> {
    let Page { items, next_page_token } = search(db, query).await?;
    let mut connection = db.reader().await?;
    let mut counts: HashMap<i64, (i64, i64)> = HashMap::new();
    let mut running: HashMap<i64, i64> = HashMap::new();
    let ids: Vec<_> = items.iter().map(|experiment| experiment.id).collect();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            db.engine(),
            "SELECT experiment_id, COUNT(*), MAX(started_at_ms) FROM runs WHERE is_deleted = 0 AND experiment_id IN",
        );
        let found: Vec<(i64, i64, i64)> =
            sql.list(chunk).push(" GROUP BY experiment_id").fetch(&mut connection).await?;
        counts.extend(found.into_iter().map(|(id, runs, last)| (id, (runs, last))));
        let mut sql = Sql::new(
            db.engine(),
            "SELECT experiment_id, COUNT(*) FROM runs WHERE status = 'RUNNING' AND is_deleted = 0 AND experiment_id IN",
        );
        running.extend(
            sql.list(chunk).push(" GROUP BY experiment_id").fetch::<(i64, i64)>(&mut connection).await?,
        );
    }
    let summary = |experiment: Experiment| {
        let counted = counts.get(&experiment.id);
        ExperimentSummary {
            active_runs: counted.map_or(0, |(runs, _)| *runs),
            running_runs: running.get(&experiment.id).copied().unwrap_or(0),
            last_run_at: counted.map(|(_, last)| Millis(*last)).filter(|last| last.0 > 0),
            experiment,
        }
    };
    Ok(Page { items: items.into_iter().map(summary).collect(), next_page_token })
}

/// # Errors
/// `NotFound`.
pub async fn get(db: &Db, id: i64) -> Result<Experiment> {
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE e.id = ").bind(id);
    one(db, sql).await?.ok_or_else(|| Error::not_found("experiment", "id", id))
}

/// The experiment of that name, deleted or not.
///
/// # Errors
/// `NotFound`.
pub async fn get_by_name(db: &Db, name: &str) -> Result<Experiment> {
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE e.name = ").bind(name);
    one(db, sql).await?.ok_or_else(|| Error::not_found("experiment", "name", name))
}

async fn one(db: &Db, mut sql: Sql<'_>) -> Result<Option<Experiment>> {
    push_readable(&mut sql, db.by(), Kind::Experiment, "e");
    let mut connection = db.reader().await?;
    let rows = sql.fetch(&mut connection).await?;
    Ok(with_tags(db.engine(), &mut connection, rows).await?.pop())
}

/// A place of ours is written in one way, so that whoever changes a file is told whose it is.
fn one_spelling(location: String) -> String {
    match location.strip_prefix(OWN) {
        Some(below) => format!("{OWN}/{}", below.trim_matches('/')),
        None => location,
    }
}

/// Creates the experiment for runs that name none, if it isn't there.
///
/// # Errors
/// Only the database's.
pub async fn ensure_default(db: &Db, now: Millis) -> Result<()> {
    db.write(move |tx| {
        async move {
            sqlx::query(
                "INSERT INTO experiments (id, name, artifact_location, created_at_ms, updated_at_ms)
                 VALUES ($1, 'Default', $2, $3, $3) ON CONFLICT DO NOTHING",
            )
            .bind(DEFAULT_ID)
            .bind(own_location(DEFAULT_ID))
            .bind(now.0)
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Where this server keeps an experiment's artifacts.
fn own_location(id: i64) -> String {
    format!("mlflow-artifacts:/{id}")
}

/// Creates an experiment; its number.
///
/// # Errors
/// `Invalid` for a name that isn't allowed, `AlreadyExists` if one has it, even a deleted one.
pub async fn create(db: &Db, new: NewExperiment, now: Millis) -> Result<i64> {
    limits::check_experiment_name("name", &new.name)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            check_name_is_free(tx, &new.name).await?;
            let id = tx.next_ids("experiments", 1).await?;
            sqlx::query(
                "INSERT INTO experiments (id, name, artifact_location, created_at_ms, updated_at_ms, created_by)
                 VALUES ($1, $2, $3, $4, $4, $5)",
            )
            .bind(id)
            .bind(&*new.name)
            .bind(new.artifact_location.map_or_else(|| own_location(id), one_spelling))
            .bind(now.0)
            .bind(by.user_id)
            .execute(&mut *tx.connection)
            .await?;
            for tag in new.tags {
                put_tag(tx, id, &tag).await?;
            }
            let change = Change::new("experiment.create", id).to(json!({ "name": new.name }));
            audit::record(tx, &by, change, now).await?;
            Ok(id)
        }
        .boxed()
    })
    .await
}

async fn check_name_is_free(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    let taken: Option<(i64,)> = sqlx::query_as("SELECT is_deleted FROM experiments WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut *tx.connection)
        .await?;
    let Some((deleted,)) = taken else { return Ok(()) };
    let hint = if deleted == 0 { "" } else { " in deleted state; restore it, or choose another name" };
    Err(Error::AlreadyExists { what: "experiment", key: name.to_owned(), hint })
}

/// # Errors
/// `NotFound`, `InvalidState` if it is deleted, `AlreadyExists` if another one has the name.
pub async fn rename(db: &Db, id: i64, name: String, now: Millis) -> Result<()> {
    limits::check_experiment_name("new_name", &name)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let before = find_active(tx, &by, id).await?;
            if before == name {
                return Ok(());
            }
            check_name_is_free(tx, &name).await?;
            sqlx::query("UPDATE experiments SET name = $1, updated_at_ms = $2 WHERE id = $3")
                .bind(&*name)
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("experiment.rename", id);
            let change = change.from(json!({ "name": before })).to(json!({ "name": name }));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}

/// The name of an experiment that isn't deleted and that `by` may edit.
pub(crate) async fn find_active(tx: &mut Tx<'_>, by: &Caller, id: i64) -> Result<String> {
    let found = find(tx, by, id, Level::Edit).await?;
    if found.is_deleted { Err(Error::experiment_is_deleted(id)) } else { Ok(found.name) }
}

/// Fails unless `by` may do in an experiment what takes `wanted`.
pub(crate) async fn check(tx: &mut Tx<'_>, by: &Caller, id: i64, wanted: Level) -> Result<()> {
    find(tx, by, id, wanted).await.map(drop)
}

/// The most that `by` may do in an experiment that isn't deleted; `None`: for them it doesn't exist.
pub(crate) async fn level(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    id: i64,
) -> Result<Option<Level>> {
    let found: Option<(i64, Option<i64>)> =
        sqlx::query_as("SELECT is_restricted, created_by FROM experiments WHERE id = $1 AND is_deleted = 0")
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
    let Some((restricted, created_by)) = found else { return Ok(None) };
    let guarded = Guarded::experiment(id, restricted, created_by);
    let grants = Grants::of(connection, engine, [&guarded]).await?;
    Ok(grants.level(by, &guarded))
}

struct Found {
    name: String,
    is_deleted: bool,
    updated_at_ms: i64,
}

/// The experiment, deleted or not, if `by` may do what takes `wanted`.
async fn find(tx: &mut Tx<'_>, by: &Caller, id: i64, wanted: Level) -> Result<Found> {
    let row: Option<(String, i64, i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT name, is_deleted, updated_at_ms, is_restricted, created_by FROM experiments WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let missing = || Error::not_found("experiment", "id", id);
    let (name, deleted, updated_at_ms, restricted, created_by) = row.ok_or_else(missing)?;
    let guarded = Guarded::experiment(id, restricted, created_by);
    guarded.check(tx.connection, tx.engine, by, wanted, missing).await?;
    Ok(Found { name, is_deleted: deleted != 0, updated_at_ms })
}

/// Moves an experiment and its runs to the bin.
///
/// # Errors
/// `NotFound` if there is none, or if it is there already; `Forbidden` for whoever doesn't manage it.
pub async fn delete(db: &Db, id: i64, now: Millis) -> Result<()> {
    set_deleted(db, id, true, now).await
}

/// Takes an experiment and the runs that went with it back out of the bin.
///
/// # Errors
/// `NotFound` if it isn't there, `Forbidden` for whoever doesn't manage it.
pub async fn restore(db: &Db, id: i64, now: Millis) -> Result<()> {
    set_deleted(db, id, false, now).await
}

async fn set_deleted(db: &Db, id: i64, deleted: bool, now: Millis) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let found = find(tx, &by, id, Level::Manage).await?;
            if found.is_deleted == deleted {
                let what = if deleted { "active experiment" } else { "deleted experiment" };
                return Err(Error::not_found(what, "id", id));
            }
            sqlx::query("UPDATE experiments SET is_deleted = $1, updated_at_ms = $2 WHERE id = $3")
                .bind(i64::from(deleted))
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            if deleted {
                sqlx::query(
                    "UPDATE runs SET is_deleted = 1, deleted_at_ms = $1 WHERE experiment_id = $2 AND is_deleted = 0",
                )
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            } else {
                // Runs that were in the bin before the experiment stay there.
                sqlx::query(
                    "UPDATE runs SET is_deleted = 0, deleted_at_ms = NULL
                     WHERE experiment_id = $1 AND is_deleted = 1 AND deleted_at_ms >= $2",
                )
                .bind(id)
                .bind(found.updated_at_ms)
                .execute(&mut *tx.connection)
                .await?;
            }
            let action = if deleted { "experiment.delete" } else { "experiment.restore" };
            audit::record(tx, &by, Change::new(action, id).from(json!({ "name": found.name })), now).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `NotFound`, or `InvalidState` if the experiment is deleted.
pub async fn set_tag(db: &Db, id: i64, tag: KeyValue, now: Millis) -> Result<()> {
    check_tag(&tag)?;
    let by = db.caller();
    db.write(move |tx| {
        async move {
            find_active(tx, &by, id).await?;
            put_tag(tx, id, &tag).await?;
            audit::record(tx, &by, Change::new("experiment.set_tag", id).to(&tag), now).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `Invalid` if key or value are not allowed.
pub fn check_tag(tag: &KeyValue) -> Result<(), Invalid> {
    limits::check_key("key", &tag.key)?;
    limits::check_text("value", &tag.value)?;
    limits::check_length("value", &tag.value, limits::MAX_EXPERIMENT_TAG_LENGTH)
}

async fn put_tag(tx: &mut Tx<'_>, id: i64, tag: &KeyValue) -> Result<()> {
    sqlx::query(
        "INSERT INTO experiment_tags (experiment_id, key, value) VALUES ($1, $2, $3)
         ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
    )
    .bind(id)
    .bind(&*tag.key)
    .bind(&*tag.value)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// # Errors
/// `NotFound` without the experiment or the tag, `InvalidState` if the experiment is deleted.
pub async fn delete_tag(db: &Db, id: i64, key: String, now: Millis) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            find_active(tx, &by, id).await?;
            let deleted = sqlx::query("DELETE FROM experiment_tags WHERE experiment_id = $1 AND key = $2")
                .bind(id)
                .bind(&*key)
                .execute(&mut *tx.connection)
                .await?;
            if deleted.rows_affected() == 0 {
                return Err(Error::not_found("tag", "key", key));
            }
            let change = Change::new("experiment.delete_tag", id).from(json!({ "key": key }));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}
