//! Versions of registered models.

use domain::accounts::Caller;
use domain::limits::Invalid;
use domain::permissions::Level;
use domain::registry::{
    self, ARCHIVED, FilesState, ModelVersion, NO_STAGE, check_name, check_text, is_active, is_prompt,
};
use domain::reviews::Target;
use domain::reviews::state::State;
use domain::{KeyValue, Millis};
use futures::FutureExt as _;
use notify::event::{self, VersionChange, What};
use serde_json::{Value, json};

use super::load::{self, SELECT_VERSION, VersionRow};
use super::prompts;
use super::source::{Resolved, resolve};
use super::stages::{self, Move};
use super::{
    Asking, Tagged, find, find_version, no_version, places, put_tags, remove_tag, stage_list, tag_of, touch,
};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::reviews::{
    PlainCall, check_plain_call, check_plain_delete, check_plain_leave, check_plain_retirement, supersede_all,
};
use crate::runs;
use crate::sql::Sql;
use crate::webhooks::events;
use crate::writer::Tx;

/// Which versions a logged model became, as clients read it.
const VERSIONS_TAG: &str = "mlflow.modelVersions";
/// What a prompt's version says.

#[derive(Debug, Clone, Default)]
pub struct NewVersion {
    /// The registered model's.
    pub name: String,
    pub source: String,
    pub run_uuid: Option<String>,
    pub model_id: Option<String>,
    pub description: String,
    pub run_link: String,
    pub tags: Vec<KeyValue>,
}

/// Registers a version, in no stage; it gets the next number.
///
/// # Errors
/// `Invalid` for what isn't allowed, a source above all; `NotFound` without the model, or what the source names.
pub async fn create_version(db: &Db, new: NewVersion, now: Millis) -> Result<ModelVersion> {
    check_name("name", &new.name)?;
    for (field, text) in [
        ("source", &new.source),
        ("description", &new.description),
        ("run_link", &new.run_link),
        ("run_id", new.run_uuid.as_ref().unwrap_or(&String::new())),
    ] {
        check_text(field, text)?;
    }
    new.tags.iter().try_for_each(registry::check_tag)?;
    let (by, name) = (db.by().clone(), new.name.clone());
    let number = db
        .write(move |tx| {
            async move {
                let resolved = resolve(tx, &by, &new).await?;
                let model = find(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &new.name).await?;
                let number = insert(tx, &by, model, (&new, &resolved), now).await?;
                if let Some(logged) = new.model_id.as_deref().filter(|_| !is_prompt(&new.tags)) {
                    tell_logged_model(tx, logged, &new.name, number).await?;
                }
                let change = Change::new("version.create", format!("{}/{number}", new.name));
                let change = change.to(json!({ "source": resolved.source, "run_id": resolved.run_uuid }));
                audit::record(tx, &by, change, now).await?;
                events::tell(tx, &by, model, registered(new, resolved, number), now).await?;
                Ok(number)
            }
            .boxed()
        })
        .await?;
    version(db, &name, number).await
}

fn registered(new: NewVersion, from: Resolved, number: i64) -> What {
    let template = new.tags.iter().find(|tag| tag.key == prompts::TEXT_TAG).map(|tag| tag.value.clone());
    What::VersionCreated(Box::new(event::NewVersion {
        version: number.to_string(),
        source: from.source,
        run_id: Some(from.run_uuid).filter(|run| !run.is_empty()),
        tags: new.tags,
        description: Some(new.description).filter(|text| !text.is_empty()),
        template,
    }))
}

async fn insert(
    tx: &mut Tx<'_>,
    by: &Caller,
    model: i64,
    (new, from): (&NewVersion, &Resolved),
    now: Millis,
) -> Result<i64> {
    let (number,): (i64,) = sqlx::query_as(
        "UPDATE registered_models SET last_version = last_version + 1, updated_at_ms = $1 WHERE id = $2
         RETURNING last_version",
    )
    .bind(now.0)
    .bind(model)
    .fetch_one(&mut *tx.connection)
    .await?;
    let id = tx.next_ids("model_versions", 1).await?;
    // What a prompt says is known at once.
    let files_state = if is_prompt(&new.tags) { FilesState::Done } else { FilesState::Waiting };
    sqlx::query(
        "INSERT INTO model_versions (id, model_id, version, stage, description, source, storage_location,
             run_uuid, run_link, created_at_ms, updated_at_ms, created_by, author, files_state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13)",
    )
    .bind(id)
    .bind(model)
    .bind(number)
    .bind(NO_STAGE)
    .bind(&*new.description)
    .bind(&*from.source)
    .bind(&*from.storage_location)
    .bind(&*from.run_uuid)
    .bind(&*new.run_link)
    .bind(now.0)
    .bind(by.user_id)
    .bind(by.user_id.map_or("", |_| &*by.name))
    .bind(files_state.as_str())
    .execute(&mut *tx.connection)
    .await?;
    let first = Move { id, model, version: number, stage: NO_STAGE, ..Move::default() };
    stages::note(tx, &first, now).await?;
    put_tags(tx, Tagged::Version(id), &new.tags).await?;
    prompts::keep_files(tx, id).await?;
    places::inherit_authors(tx, id, &from.storage_location, from.copy_of).await?;
    Ok(number)
}

async fn tell_logged_model(tx: &mut Tx<'_>, model_id: &str, name: &str, number: i64) -> Result<()> {
    let before: Option<(String,)> = sqlx::query_as(
        "SELECT t.value FROM logged_model_tags t JOIN logged_models m ON m.id = t.model_id
         WHERE m.model_id = $1 AND t.key = $2",
    )
    .bind(model_id)
    .bind(VERSIONS_TAG)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let mut versions: Vec<Value> =
        before.and_then(|(text,)| serde_json::from_str(&text).ok()).unwrap_or_default();
    versions.push(json!({ "name": name, "version": number }));
    sqlx::query(
        "INSERT INTO logged_model_tags (model_id, key, value)
         SELECT m.id, $2, $3 FROM logged_models m WHERE m.model_id = $1
         ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value",
    )
    .bind(model_id)
    .bind(VERSIONS_TAG)
    .bind(Value::from(versions).to_string())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

fn of_version(number: i64, change: VersionChange) -> What {
    What::Version { version: number.to_string(), change }
}

/// # Errors
/// `Invalid` for a name that no model can have, `NotFound`.
pub async fn version(db: &Db, name: &str, version: i64) -> Result<ModelVersion> {
    check_name("name", name)?;
    let mut connection = db.reader().await?;
    let mut sql = Sql::new(db.engine(), SELECT_VERSION);
    sql.push(" WHERE m.name = ").bind(name).push(" AND v.version = ").bind(version);
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let rows: Vec<VersionRow> = sql.fetch(&mut connection).await?;
    let found = load::versions(db.engine(), &mut connection, rows, true).await?.pop();
    found.ok_or_else(|| no_version(name, version))
}

/// Where a client finds a version's files: by the run that they are of, as they were registered, if whoever asks may
/// read that; else the place itself, as reading the version is what counts.
///
/// # Errors
/// As [`version`].
pub async fn download_uri(db: &Db, name: &str, number: i64) -> Result<String> {
    let version = version(db, name, number).await?;
    let is_of_run = version.source.starts_with("runs:/");
    if is_of_run
        // To clients a run's folder is also what logged models of its name hold: that isn't what was signed.
        && !is_released(db, name, number).await?
        && !runs::get_many(db, std::slice::from_ref(&version.run_uuid)).await?.is_empty()
    {
        return Ok(version.source);
    }
    Ok(version.storage_location)
}

async fn is_released(db: &Db, name: &str, number: i64) -> Result<bool> {
    let found: Option<(i64,)> = sqlx::query_as(
        "SELECT q.id FROM reviews q JOIN model_versions v ON v.id = q.version_id
         JOIN registered_models m ON m.id = v.model_id
         WHERE m.name = $1 AND v.version = $2 AND q.state = $3 LIMIT 1",
    )
    .bind(name)
    .bind(number)
    .bind(State::Applied.as_str())
    .fetch_optional(&mut *db.reader().await?)
    .await?;
    Ok(found.is_some())
}

/// Sets the description; `None` takes it away.
///
/// # Errors
/// `Invalid`, `NotFound`.
pub async fn update_version(
    db: &Db,
    name: String,
    number: i64,
    description: Option<String>,
    now: Millis,
) -> Result<ModelVersion> {
    check_name("name", &name)?;
    check_text("description", description.as_deref().unwrap_or_default())?;
    let (by, of) = (db.by().clone(), name.clone());
    db.write(move |tx| {
        async move {
            let (id, model) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &of, number).await?;
            let (before,): (Option<String>,) =
                sqlx::query_as("SELECT description FROM model_versions WHERE id = $1")
                    .bind(id)
                    .fetch_one(&mut *tx.connection)
                    .await?;
            sqlx::query("UPDATE model_versions SET description = $1, updated_at_ms = $2 WHERE id = $3")
                .bind(description.as_deref())
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("version.update", format!("{of}/{number}"));
            let change = change.from(json!({ "description": before }));
            audit::record(tx, &by, change.to(json!({ "description": description })), now).await?;
            events::tell(tx, &by, model, of_version(number, VersionChange::Updated), now).await
        }
        .boxed()
    })
    .await?;
    version(db, &name, number).await
}

/// Moves a version to a stage; with `archive_others` those that were there go to the archive in the same step.
///
/// # Errors
/// `Invalid` for a stage that there isn't, or one that can't be cleared; `NotFound`.
pub async fn transition(
    db: &Db,
    name: String,
    number: i64,
    stage: &str,
    archive_others: bool,
    now: Millis,
) -> Result<ModelVersion> {
    check_name("name", &name)?;
    let (by, of, stage) = (db.by().clone(), name.clone(), stage.to_owned());
    db.write(move |tx| {
        async move {
            let stage = stage_list::find(tx.connection, "stage", &stage).await?;
            let stage = stage.as_str();
            if archive_others && !is_active(stage) {
                let why = format!("what is in `{stage}` can't be archived: it is not an active stage");
                return Err(Invalid::new("archive_existing_versions", why).into());
            }
            let (id, model) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &of, number).await?;
            let call = PlainCall { model, name: &of, version: number };
            let (before,): (String,) = sqlx::query_as("SELECT stage FROM model_versions WHERE id = $1")
                .bind(id)
                .fetch_one(&mut *tx.connection)
                .await?;
            if before != stage {
                check_plain_call(tx, &by, &call, &Target::Stage(stage.to_owned())).await?;
                check_plain_leave(tx.connection, &by, &call, &before).await?;
            }
            if archive_others {
                check_plain_retirement(tx, &by, &call, stage).await?;
            }
            let retire_to = archive_others.then_some(ARCHIVED);
            let wanted = Move { id, model, version: number, stage, retire_to, ..Move::default() };
            let (before, archived) = stages::enter(tx, &by, &wanted, now).await?;
            let change = Change::new("version.transition", format!("{of}/{number}"));
            let change = change.from(json!({ "stage": before }));
            audit::record(tx, &by, change.to(json!({ "stage": stage, "archived": archived })), now).await
        }
        .boxed()
    })
    .await?;
    version(db, &name, number).await
}

/// Deletes a version and the aliases that point to it; its files stay.
///
/// # Errors
/// `Invalid`, `NotFound`, `Forbidden` for whoever doesn't manage the model.
pub async fn delete_version(db: &Db, name: String, number: i64, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (id, model) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Manage), &name, number)
                    .await?;
            let (stage,): (String,) = sqlx::query_as("SELECT stage FROM model_versions WHERE id = $1")
                .bind(id)
                .fetch_one(&mut *tx.connection)
                .await?;
            let call = PlainCall { model, name: &name, version: number };
            check_plain_delete(tx.connection, &by, &call, &stage).await?;
            supersede_all(tx, model, Some(number), "the version was deleted", now).await?;
            events::tell(tx, &by, model, of_version(number, VersionChange::Deleted), now).await?;
            for table in ["model_version_tags", "version_files", "version_signatures", "model_cards"] {
                sqlx::query(&format!("DELETE FROM {table} WHERE version_id = $1"))
                    .bind(id)
                    .execute(&mut *tx.connection)
                    .await?;
            }
            sqlx::query("DELETE FROM model_versions WHERE id = $1")
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            sqlx::query("DELETE FROM model_aliases WHERE model_id = $1 AND version = $2")
                .bind(model)
                .bind(number)
                .execute(&mut *tx.connection)
                .await?;
            touch(tx, model, now).await?;
            audit::record(tx, &by, Change::new("version.delete", format!("{name}/{number}")), now).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `Invalid`, `NotFound`.
pub async fn set_version_tag(db: &Db, name: String, number: i64, tag: KeyValue, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    registry::check_tag(&tag)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (id, model) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name, number).await?;
            prompts::check_tag_may_change(tx, &by, id, &tag.key).await?;
            let before = tag_of(tx, Tagged::Version(id), &tag.key).await?;
            put_tags(tx, Tagged::Version(id), std::slice::from_ref(&tag)).await?;
            prompts::tag_changed(tx, by.user_id, id, &tag.key).await?;
            let change = Change::new("version.set_tag", format!("{name}/{number}"));
            let change = change.from(json!({ "key": tag.key, "value": before })).to(&tag);
            audit::record(tx, &by, change, now).await?;
            events::tell(tx, &by, model, of_version(number, VersionChange::TagSet(tag)), now).await
        }
        .boxed()
    })
    .await
}

/// What isn't there is no error.
///
/// # Errors
/// `Invalid`, `NotFound` without the version.
pub async fn delete_version_tag(db: &Db, name: String, number: i64, key: String, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    domain::limits::check_key("key", &key)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (id, model) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name, number).await?;
            prompts::check_tag_may_change(tx, &by, id, &key).await?;
            let before = tag_of(tx, Tagged::Version(id), &key).await?;
            remove_tag(tx, Tagged::Version(id), &key).await?;
            prompts::tag_changed(tx, by.user_id, id, &key).await?;
            let change = Change::new("version.delete_tag", format!("{name}/{number}"));
            audit::record(tx, &by, change.from(json!({ "key": key, "value": before })), now).await?;
            events::tell(tx, &by, model, of_version(number, VersionChange::TagDeleted { key }), now).await
        }
        .boxed()
    })
    .await
}
