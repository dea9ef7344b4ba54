//! Logged models: model files with params, tags and metrics of their own.

mod points;
mod search;

pub(crate) use points::{ModelPoint, insert_points};
pub use search::{DatasetFilter, LoggedModelQuery, ModelOrder, search};

use std::collections::HashMap;

use domain::accounts::Caller;
use domain::limits::Invalid;
use domain::logged_models::{LoggedModel, ModelStatus};
use domain::permissions::Level;
use domain::runs::ModelOutput;
use domain::{KeyValue, Millis};
use futures::FutureExt as _;
use sqlx::AnyConnection;
use sqlx::FromRow;

use crate::audit::{self, Change};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::{Guarded, Kind as ObjectKind, push_readable};
use crate::runs::Kind;
use crate::sql::Sql;
use crate::writer::Tx;
use crate::{Db, bulk, experiments, names, runs};

/// What a client says about a model that it is about to log.
#[derive(Debug, Clone, Default)]
pub struct NewLoggedModel {
    pub experiment_id: i64,
    /// Empty: one is made up.
    pub name: String,
    pub model_type: Option<String>,
    pub source_run: Option<String>,
    pub params: Vec<KeyValue>,
    pub tags: Vec<KeyValue>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    model_id: String,
    experiment_id: i64,
    name: String,
    artifact_uri: String,
    created_at_ms: i64,
    updated_at_ms: i64,
    status: i64,
    status_message: Option<String>,
    model_type: Option<String>,
    source_run: Option<String>,
}

const SELECT: &str = "SELECT m.id, m.model_id, m.experiment_id, m.name, m.artifact_uri, m.created_at_ms,
    m.updated_at_ms, m.status, m.status_message, m.model_type, m.source_run
    FROM logged_models m JOIN experiments e ON e.id = m.experiment_id";

/// Creates a logged model that is PENDING.
///
/// # Errors
/// `NotFound` without the experiment, `InvalidState` if that is deleted, `Invalid` for a name that could
/// not stand in a URI.
pub async fn create(db: &Db, mut new: NewLoggedModel, now: Millis) -> Result<LoggedModel> {
    if new.name.is_empty() {
        new.name = names::random();
    }
    check_name(&new.name)?;
    let model_id = format!("m-{}", uuid::Uuid::new_v4().simple());
    let (by, id) = (db.caller(), model_id.clone());
    db.write(move |tx| {
        async move {
            experiments::find_active(tx, &by, new.experiment_id).await?;
            // Whoever reviews the model judges it by that run.
            if let Some(run) = &new.source_run {
                runs::check_editable(tx, &by, run).await?;
            }
            let (home,): (String,) =
                sqlx::query_as("SELECT artifact_location FROM experiments WHERE id = $1")
                    .bind(new.experiment_id)
                    .fetch_one(&mut *tx.connection)
                    .await?;
            let number = tx.next_ids("logged_models", 1).await?;
            sqlx::query(
                "INSERT INTO logged_models (id, model_id, experiment_id, name, artifact_uri, created_at_ms,
                     updated_at_ms, status, model_type, source_run)
                 VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)",
            )
            .bind(number)
            .bind(&*id)
            .bind(new.experiment_id)
            .bind(&*new.name)
            .bind(format!("{}/models/{id}/artifacts", home.trim_end_matches('/')))
            .bind(now.0)
            .bind(ModelStatus::Pending.code())
            .bind(new.model_type.as_deref())
            .bind(new.source_run.as_deref())
            .execute(&mut *tx.connection)
            .await?;
            put_pairs(tx, "logged_model_params", number, &new.params).await?;
            put_pairs(tx, "logged_model_tags", number, &new.tags).await
        }
        .boxed()
    })
    .await?;
    get(db, &model_id).await
}

fn check_name(name: &str) -> Result<(), Invalid> {
    match name.chars().find(|c| "/:.%\"'".contains(*c)) {
        Some(bad) => Err(Invalid::new(
            "name",
            format!("`{name}` has the character `{bad}`; a model name must not contain / : . % \" '"),
        )),
        None => domain::limits::check_text("name", name).and_then(|()| {
            domain::limits::check_length("name", name, domain::limits::MAX_EXPERIMENT_NAME_LENGTH)
        }),
    }
}

/// # Errors
/// `NotFound`, also if it is deleted.
pub async fn get(db: &Db, model_id: &str) -> Result<LoggedModel> {
    one(db, model_id, " WHERE m.is_deleted = 0 AND m.model_id = ").await
}

/// The same, also if it is deleted.
///
/// # Errors
/// `NotFound`.
pub async fn get_even_deleted(db: &Db, model_id: &str) -> Result<LoggedModel> {
    one(db, model_id, " WHERE m.model_id = ").await
}

async fn one(db: &Db, model_id: &str, condition: &str) -> Result<LoggedModel> {
    let mut connection = db.reader().await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(condition).bind(model_id);

    push_readable(&mut sql, db.by(), ObjectKind::Experiment, "e");
    let rows = sql.fetch(&mut connection).await?;
    let mut models = load(db.engine(), &mut connection, rows).await?;
    models.pop().ok_or_else(|| not_found(model_id))
}

/// Those of the models that exist and aren't deleted, in the order asked for.
///
/// # Errors
/// Only the database's.
pub async fn get_many(db: &Db, model_ids: &[String]) -> Result<Vec<LoggedModel>> {
    let mut connection = db.reader().await?;
    let mut found = HashMap::new();
    for chunk in model_ids.chunks(bulk::MAX_LIST) {
        let ids: Vec<_> = chunk.iter().map(String::as_str).collect();
        let mut sql = Sql::new(db.engine(), SELECT);
        sql.push(" WHERE m.is_deleted = 0 AND m.model_id IN").list(&ids);
        push_readable(&mut sql, db.by(), ObjectKind::Experiment, "e");
        let rows = sql.fetch(&mut connection).await?;
        let models = load(db.engine(), &mut connection, rows).await?;
        found.extend(models.into_iter().map(|model| (model.model_id.clone(), model)));
    }
    Ok(model_ids.iter().filter_map(|id| found.remove(id)).collect())
}

pub(crate) fn not_found(model_id: &str) -> Error {
    Error::not_found("logged model", "id", model_id)
}

/// The models of `rows`, with all that belongs to them.
async fn load(engine: Engine, connection: &mut AnyConnection, rows: Vec<Row>) -> Result<Vec<LoggedModel>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let (mut params, mut tags, mut metrics) = (HashMap::new(), HashMap::new(), HashMap::new());
    for chunk in ids.chunks(bulk::MAX_LIST) {
        for (table, into) in [("logged_model_params", &mut params), ("logged_model_tags", &mut tags)] {
            let mut sql = Sql::new(engine, "SELECT model_id, key, value FROM ");
            sql.push(table).push(" WHERE model_id IN").list(chunk).push(" ORDER BY key");
            for (id, key, value) in sql.fetch::<(i64, String, String)>(connection).await? {
                into.entry(id).or_insert_with(Vec::new).push(KeyValue { key, value });
            }
        }
        for (id, metric) in points::of_models(engine, connection, chunk).await? {
            metrics.entry(id).or_insert_with(Vec::new).push(metric);
        }
    }
    let model = |row: Row| LoggedModel {
        model_id: row.model_id,
        experiment_id: row.experiment_id,
        name: row.name,
        artifact_uri: row.artifact_uri,
        created_at: Millis(row.created_at_ms),
        updated_at: Millis(row.updated_at_ms),
        status: ModelStatus::from_code(row.status),
        status_message: row.status_message,
        model_type: row.model_type,
        source_run: row.source_run,
        params: params.remove(&row.id).unwrap_or_default(),
        tags: tags.remove(&row.id).unwrap_or_default(),
        metrics: metrics.remove(&row.id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(model).collect())
}

/// Where a model is, for those who write to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ModelRef {
    pub id: i64,
    /// Its experiment, which says who may do what with it.
    pub guarded: Guarded,
}

/// Those of the models that exist, deleted or not, whoever may do what with them.
pub(crate) async fn find_many(tx: &mut Tx<'_>, model_ids: &[&str]) -> Result<HashMap<String, ModelRef>> {
    let mut found = HashMap::new();
    for chunk in model_ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            tx.engine,
            "SELECT m.model_id, m.id, e.id, e.is_restricted, e.created_by
             FROM logged_models m JOIN experiments e ON e.id = m.experiment_id WHERE m.model_id IN",
        );
        let rows: Vec<(String, i64, i64, i64, Option<i64>)> = sql.list(chunk).fetch(tx.connection).await?;
        for (model_id, id, experiment, restricted, created_by) in rows {
            let guarded = Guarded::experiment(experiment, restricted, created_by);
            found.insert(model_id, ModelRef { id, guarded });
        }
    }
    Ok(found)
}

/// The model's number, if `by` may edit it.
async fn number(tx: &mut Tx<'_>, by: &Caller, model_id: &str) -> Result<i64> {
    let found = find_many(tx, &[model_id]).await?.remove(model_id).ok_or_else(|| not_found(model_id))?;
    found.guarded.check(tx.connection, tx.engine, by, Level::Edit, || not_found(model_id)).await?;
    Ok(found.id)
}

/// Says that the model's files are there, or that they never came.
///
/// # Errors
/// `NotFound`.
pub async fn finalize(db: &Db, model_id: String, status: ModelStatus, now: Millis) -> Result<LoggedModel> {
    let (by, id) = (db.caller(), model_id.clone());
    db.write(move |tx| {
        async move {
            let number = number(tx, &by, &id).await?;
            sqlx::query("UPDATE logged_models SET status = $1, updated_at_ms = $2 WHERE id = $3")
                .bind(status.code())
                .bind(now.0)
                .bind(number)
                .execute(&mut *tx.connection)
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await?;
    get(db, &model_id).await
}

/// Moves a model to the bin. Deleting it again changes nothing.
///
/// # Errors
/// `NotFound`.
pub async fn delete(db: &Db, model_id: String, now: Millis) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let number = number(tx, &by, &model_id).await?;
            sqlx::query("UPDATE logged_models SET is_deleted = 1, updated_at_ms = $1 WHERE id = $2 AND is_deleted = 0")
                .bind(now.0)
                .bind(number)
                .execute(&mut *tx.connection)
                .await?;
            audit::record(tx, &by, Change::new("logged_model.delete", model_id), now).await
        }
        .boxed()
    })
    .await
}

/// Adds params. One that is there with the same value stays.
///
/// # Errors
/// `NotFound`, or `Invalid` if one is there with another value.
pub async fn log_params(db: &Db, model_id: String, params: Vec<KeyValue>) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let number = number(tx, &by, &model_id).await?;
            let mut sql = Sql::new(tx.engine, "SELECT key, value FROM logged_model_params WHERE model_id = ");
            let known: Vec<(String, String)> = sql.bind(number).fetch(tx.connection).await?;
            let known: HashMap<_, _> = known.into_iter().collect();
            let changed =
                params.iter().find(|param| known.get(&param.key).is_some_and(|old| *old != param.value));
            if let Some(param) = changed {
                let message = format!("param `{}` of the logged model has another value already", param.key);
                return Err(Invalid::new("params", message).into());
            }
            put_pairs(tx, "logged_model_params", number, &params).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `NotFound`.
pub async fn set_tags(db: &Db, model_id: String, tags: Vec<KeyValue>) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let number = number(tx, &by, &model_id).await?;
            put_pairs(tx, "logged_model_tags", number, &tags).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `NotFound` without the model or the tag.
pub async fn delete_tag(db: &Db, model_id: String, key: String) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let number = number(tx, &by, &model_id).await?;
            let deleted = sqlx::query("DELETE FROM logged_model_tags WHERE model_id = $1 AND key = $2")
                .bind(number)
                .bind(&*key)
                .execute(&mut *tx.connection)
                .await?;
            if deleted.rows_affected() == 0 { Err(Error::not_found("tag", "key", key)) } else { Ok(()) }
        }
        .boxed()
    })
    .await
}

async fn put_pairs(tx: &mut Tx<'_>, table: &str, model: i64, pairs: &[KeyValue]) -> Result<()> {
    let text = format!(
        "INSERT INTO {table} (model_id, key, value) VALUES ($1, $2, $3)
         ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value"
    );
    for pair in pairs {
        sqlx::query(&text)
            .bind(model)
            .bind(&*pair.key)
            .bind(&*pair.value)
            .execute(&mut *tx.connection)
            .await?;
    }
    Ok(())
}

/// Says that a run made these models. Saying it again changes nothing.
///
/// # Errors
/// `NotFound`, or `InvalidState` if the run is deleted.
pub async fn log_outputs(db: &Db, run_uuid: String, outputs: Vec<ModelOutput>) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let run = crate::runs::find(tx, &by, &run_uuid).await?;
            if run.is_deleted {
                return Err(Error::run_is_deleted(&run_uuid));
            }
            for output in &outputs {
                link(tx, run.id, 1, &output.model_id, output.step).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Says that a run read these models.
pub(crate) async fn link_inputs(tx: &mut Tx<'_>, run: i64, model_ids: &[String]) -> Result<()> {
    for model_id in model_ids {
        link(tx, run, 0, model_id, 0).await?;
    }
    Ok(())
}

async fn link(tx: &mut Tx<'_>, run: i64, is_output: i64, model_id: &str, step: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO run_models (run_id, is_output, model_id, step) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(run)
    .bind(is_output)
    .bind(model_id)
    .bind(step)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// How a run knows a model.
pub(crate) enum Link {
    Input(String),
    Output(ModelOutput),
}

pub(crate) const OF_RUNS: Kind =
    Kind { columns: "run_id, is_output, model_id, step", from: "run_models", run: "run_id" };

/// Links of runs, each with its run, from what was read as [`OF_RUNS`].
pub(crate) fn links(rows: Vec<(i64, i64, String, i64)>) -> impl Iterator<Item = (i64, Link)> {
    rows.into_iter().map(|(run, is_output, model_id, step)| {
        let link =
            if is_output == 0 { Link::Input(model_id) } else { Link::Output(ModelOutput { model_id, step }) };
        (run, link)
    })
}
