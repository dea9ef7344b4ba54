//! Registered models.

use domain::accounts::Caller;
use domain::permissions::Level;
use domain::registry::{self, ModelVersion, RegisteredModel, check_name, check_text, is_prompt};
use domain::{KeyValue, Millis};
use futures::FutureExt as _;
use notify::event::What;
use serde_json::json;

use super::load::{self, IS_LATEST, ModelRow, SELECT_MODEL, SELECT_VERSION, VersionRow};
use super::{Asking, Tagged, find, no_model, put_tags, remove_tag, stage_list, tag_of};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::permissions::{Kind, push_readable};
use crate::reviews::{check_keeps_name, check_plain_delete_model, supersede_all};
use crate::sql::Sql;
use crate::webhooks::{self, events};
use crate::writer::Tx;

#[derive(Debug, Clone, Default)]
pub struct NewModel {
    pub name: String,
    pub description: String,
    pub tags: Vec<KeyValue>,
}

/// # Errors
/// `Invalid` for what isn't allowed, `AlreadyExists` if a model or a prompt has the name.
pub async fn create_model(db: &Db, new: NewModel, now: Millis) -> Result<RegisteredModel> {
    check_name("name", &new.name)?;
    check_text("description", &new.description)?;
    new.tags.iter().try_for_each(registry::check_tag)?;
    let (by, name) = (db.by().clone(), new.name.clone());
    db.write(move |tx| {
        async move {
            check_name_is_free(tx, &new.name).await?;
            let id = tx.next_ids("registered_models", 1).await?;
            sqlx::query(
                "INSERT INTO registered_models (id, name, description, created_at_ms, updated_at_ms, created_by)
                 VALUES ($1, $2, $3, $4, $4, $5)",
            )
            .bind(id)
            .bind(&*new.name)
            .bind(&*new.description)
            .bind(now.0)
            .bind(by.user_id)
            .execute(&mut *tx.connection)
            .await?;
            put_tags(tx, Tagged::Model(id), &new.tags).await?;
            let change = Change::new("model.create", &new.name);
            let change = change.to(json!({ "description": new.description, "tags": new.tags }));
            audit::record(tx, &by, change, now).await?;
            let what = What::Created { tags: new.tags, description: new.description };
            events::tell(tx, &by, id, what, now).await
        }
        .boxed()
    })
    .await?;
    model(db, &name).await
}

async fn check_name_is_free(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    let taken: Option<(i64,)> = sqlx::query_as("SELECT id FROM registered_models WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut *tx.connection)
        .await?;
    let Some((id,)) = taken else { return Ok(()) };
    let tags: Vec<(String, String)> =
        sqlx::query_as("SELECT key, value FROM registered_model_tags WHERE model_id = $1")
            .bind(id)
            .fetch_all(&mut *tx.connection)
            .await?;
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| KeyValue { key, value }).collect();
    let what = if is_prompt(&tags) { "prompt" } else { "registered model" };
    Err(Error::AlreadyExists { what, key: name.to_owned(), hint: "" })
}

/// # Errors
/// `Invalid` for a name that no model can have, `NotFound`.
pub async fn model(db: &Db, name: &str) -> Result<RegisteredModel> {
    check_name("name", name)?;
    let mut connection = db.reader().await?;
    let mut sql = Sql::new(db.engine(), SELECT_MODEL);
    sql.push(" WHERE m.name = ").bind(name);
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let rows: Vec<ModelRow> = sql.fetch(&mut connection).await?;
    load::models(db.engine(), &mut connection, rows).await?.pop().ok_or_else(|| no_model(name))
}

/// Sets the description.
///
/// # Errors
/// `Invalid`, `NotFound`.
pub async fn update_model(
    db: &Db,
    name: String,
    description: String,
    now: Millis,
) -> Result<RegisteredModel> {
    check_name("name", &name)?;
    check_text("description", &description)?;
    let (by, of) = (db.by().clone(), name.clone());
    db.write(move |tx| {
        async move {
            let id = find(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &of).await?;
            let (before,): (String,) =
                sqlx::query_as("SELECT COALESCE(description, '') FROM registered_models WHERE id = $1")
                    .bind(id)
                    .fetch_one(&mut *tx.connection)
                    .await?;
            sqlx::query("UPDATE registered_models SET description = $1, updated_at_ms = $2 WHERE id = $3")
                .bind(&*description)
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("model.update", of).from(json!({ "description": before }));
            let change = change.to(json!({ "description": description }));
            audit::record(tx, &by, change, now).await?;
            events::tell(tx, &by, id, What::Updated, now).await
        }
        .boxed()
    })
    .await?;
    model(db, &name).await
}

/// # Errors
/// `Invalid` for the new name, `NotFound`, `AlreadyExists` if another one has it, `Forbidden` for whoever doesn't
/// manage it.
pub async fn rename_model(db: &Db, name: String, new_name: String, now: Millis) -> Result<RegisteredModel> {
    check_name("name", &name)?;
    check_name("new_name", &new_name)?;
    let (by, to) = (db.by().clone(), new_name.clone());
    db.write(move |tx| {
        async move {
            let id = find(tx.connection, Asking::new(tx.engine, &by, Level::Manage), &name).await?;
            if name != to {
                check_name_is_free(tx, &to).await?;
                check_keeps_name(tx, &by, (id, &name)).await?;
            }
            sqlx::query("UPDATE registered_models SET name = $1, updated_at_ms = $2 WHERE id = $3")
                .bind(&*to)
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            sqlx::query("UPDATE model_versions SET updated_at_ms = $1 WHERE model_id = $2")
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("model.rename", &name).to(json!({ "name": to }));
            audit::record(tx, &by, change, now).await?;
            events::tell(tx, &by, id, What::Renamed { from: name }, now).await
        }
        .boxed()
    })
    .await?;
    model(db, &new_name).await
}

/// Deletes a model with all its versions; their files stay.
///
/// # Errors
/// `Invalid`, `NotFound`, `Forbidden` for whoever doesn't manage it.
pub async fn delete_model(db: &Db, name: String, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let id = find(tx.connection, Asking::new(tx.engine, &by, Level::Manage), &name).await?;
            check_plain_delete_model(tx.connection, &by, (id, &name)).await?;
            supersede_all(tx, id, None, "the model was deleted", now).await?;
            events::tell(tx, &by, id, What::Deleted, now).await?;
            webhooks::end_all_of(tx, id, now).await?;
            for statement in [
                "DELETE FROM model_version_tags
                 WHERE version_id IN (SELECT id FROM model_versions WHERE model_id = $1)",
                "DELETE FROM version_files
                 WHERE version_id IN (SELECT id FROM model_versions WHERE model_id = $1)",
                "DELETE FROM version_signatures
                 WHERE version_id IN (SELECT id FROM model_versions WHERE model_id = $1)",
                "DELETE FROM model_cards
                 WHERE version_id IN (SELECT id FROM model_versions WHERE model_id = $1)",
                "DELETE FROM model_aliases WHERE model_id = $1",
                "DELETE FROM model_versions WHERE model_id = $1",
                "DELETE FROM registered_model_tags WHERE model_id = $1",
                "DELETE FROM grants WHERE object = 'model' AND object_id = $1",
                "DELETE FROM registered_models WHERE id = $1",
            ] {
                sqlx::query(statement).bind(id).execute(&mut *tx.connection).await?;
            }
            audit::record(tx, &by, Change::new("model.delete", name), now).await
        }
        .boxed()
    })
    .await
}

/// The highest version of each of the stages; no stages: of all.
///
/// # Errors
/// `Invalid` for the name or an unknown stage, `NotFound`.
pub async fn latest_versions(db: &Db, name: &str, stages: &[String]) -> Result<Vec<ModelVersion>> {
    check_name("name", name)?;
    let mut connection = db.reader().await?;
    let id = find(&mut connection, Asking::new(db.engine(), db.by(), Level::Read), name).await?;
    let known = stage_list::read(&mut connection).await?;
    let stages = stages.iter().map(|stage| known.find("stages", stage));
    let stages = stages.collect::<Result<Vec<_>, _>>()?;
    let mut sql = Sql::new(db.engine(), SELECT_VERSION);
    sql.push(" WHERE v.model_id = ").bind(id).push(" AND ").push(IS_LATEST);
    if !stages.is_empty() {
        sql.push(" AND v.stage IN").list(&stages);
    }
    let rows: Vec<VersionRow> = sql.push(" ORDER BY v.version").fetch(&mut connection).await?;
    load::versions(db.engine(), &mut connection, rows, true).await
}

/// # Errors
/// `Invalid`, `NotFound`.
pub async fn set_model_tag(db: &Db, name: String, tag: KeyValue, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    registry::check_tag(&tag)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let id = find(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name).await?;
            let before = tag_of(tx, Tagged::Model(id), &tag.key).await?;
            check_stays_what_it_is(tx, &by, (id, &name), &tag.key, [before.as_deref(), Some(&*tag.value)])
                .await?;
            put_tags(tx, Tagged::Model(id), std::slice::from_ref(&tag)).await?;
            let change = Change::new("model.set_tag", name).from(json!({ "key": tag.key, "value": before }));
            audit::record(tx, &by, change.to(&tag), now).await?;
            events::tell(tx, &by, id, What::TagSet(tag), now).await
        }
        .boxed()
    })
    .await
}

/// What isn't there is no error.
///
/// # Errors
/// `Invalid`, `NotFound` without the model.
pub async fn delete_model_tag(db: &Db, name: String, key: String, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    domain::limits::check_key("key", &key)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let id = find(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name).await?;
            let before = tag_of(tx, Tagged::Model(id), &key).await?;
            check_stays_what_it_is(tx, &by, (id, &name), &key, [before.as_deref(), None]).await?;
            remove_tag(tx, Tagged::Model(id), &key).await?;
            let change = Change::new("model.delete_tag", name).from(json!({ "key": key, "value": before }));
            audit::record(tx, &by, change, now).await?;
            events::tell(tx, &by, id, What::TagDeleted { key }, now).await
        }
        .boxed()
    })
    .await
}

/// Clients don't find a model that is marked as a prompt, nor a prompt that isn't: whoever may give its name to another
/// may change that. `values`: the tag's before and after.
async fn check_stays_what_it_is(
    tx: &mut Tx<'_>,
    by: &Caller,
    model: (i64, &str),
    key: &str,
    values: [Option<&str>; 2],
) -> Result<()> {
    let [before, after] =
        values.map(|value| value.is_some_and(|value| is_prompt(&[KeyValue::new(key, value)])));
    if before == after { Ok(()) } else { check_keeps_name(tx, by, model).await }
}

/// A registered model's number, which a new name doesn't change.
///
/// # Errors
/// `NotFound`.
pub async fn model_id(db: &Db, name: &str) -> Result<i64> {
    super::readable(&mut *db.reader().await?, db.engine(), db.by(), name).await
}
