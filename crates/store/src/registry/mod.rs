//! The registry: registered models, their versions, stages and aliases; what is known and said of them.

mod activity;
mod aliases;
pub mod cards;
mod catalog;
pub mod files;
pub mod history;
mod load;
mod models;
mod overview;
pub mod places;
pub(crate) mod prompts;
mod search;
mod source;
pub(crate) mod stage_list;
pub(crate) mod stages;
mod standing;
mod versions;
mod watch;

pub use activity::{Happened, VersionChanged, activity};
pub use aliases::{delete_alias, set_alias, version_by_alias};
pub use catalog::{Catalog, CatalogEntry, CatalogOrder, CatalogQuery, catalog};
pub use models::{
    NewModel, create_model, delete_model, delete_model_tag, latest_versions, model, model_id, rename_model,
    set_model_tag, update_model,
};
pub use overview::{
    MOST_VERSIONS, ModelOverview, VersionEvidence, VersionOverview, VersionSummary, model_overview,
    version_overview,
};
pub use search::{RegistryQuery, search_models, search_versions};
pub use stage_list::{StageUse, set_workspace_stages, stage_uses, workspace_stages};
pub use standing::OpenReview;
pub use versions::{
    NewVersion, create_version, delete_version, delete_version_tag, download_uri, set_version_tag,
    transition, update_version, version,
};
pub use watch::{Alert, Cause, Handed, Watched, watched};

use domain::accounts::Caller;
use domain::permissions::Level;
use domain::{KeyValue, Millis};
use sqlx::AnyConnection;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::Guarded;
use crate::writer::Tx;

fn no_model(name: &str) -> Error {
    Error::not_found("registered model", "name", name)
}

pub(crate) fn no_version(name: &str, version: impl std::fmt::Display) -> Error {
    Error::not_found("model version", "name and version", format!("{name}/{version}"))
}

/// Who looks something up, and for what.
#[derive(Clone, Copy)]
struct Asking<'c> {
    engine: Engine,
    by: &'c Caller,
    wanted: Level,
}

impl<'c> Asking<'c> {
    fn new(engine: Engine, by: &'c Caller, wanted: Level) -> Self {
        Self { engine, by, wanted }
    }
}

/// A registered model's number.
async fn find(connection: &mut AnyConnection, asking: Asking<'_>, name: &str) -> Result<i64> {
    let found: Option<(i64, i64, Option<i64>)> =
        sqlx::query_as("SELECT id, is_restricted, created_by FROM registered_models WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *connection)
            .await?;
    let (id, restricted, created_by) = found.ok_or_else(|| no_model(name))?;
    let Asking { engine, by, wanted } = asking;
    let guarded = Guarded::model(id, restricted, created_by);
    guarded.check(connection, engine, by, wanted, || no_model(name)).await?;
    Ok(id)
}

/// A registered model's number, for whoever may read it.
pub(crate) async fn readable(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    name: &str,
) -> Result<i64> {
    find(connection, Asking::new(engine, by, Level::Read), name).await
}

/// A registered model's number, for whoever manages it.
pub(crate) async fn managed(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    name: &str,
) -> Result<i64> {
    find(connection, Asking::new(engine, by, Level::Manage), name).await
}

/// The numbers of a version and of its model.
async fn find_version(
    connection: &mut AnyConnection,
    asking: Asking<'_>,
    name: &str,
    version: i64,
) -> Result<(i64, i64)> {
    let found: Option<(i64, i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT v.id, v.model_id, m.is_restricted, m.created_by
         FROM model_versions v JOIN registered_models m ON m.id = v.model_id
         WHERE m.name = $1 AND v.version = $2",
    )
    .bind(name)
    .bind(version)
    .fetch_optional(&mut *connection)
    .await?;
    let missing = || no_version(name, version);
    let (id, model, restricted, created_by) = found.ok_or_else(missing)?;
    let Asking { engine, by, wanted } = asking;
    Guarded::model(model, restricted, created_by).check(connection, engine, by, wanted, missing).await?;
    Ok((id, model))
}

async fn touch(tx: &mut Tx<'_>, model: i64, now: Millis) -> Result<()> {
    sqlx::query("UPDATE registered_models SET updated_at_ms = $1 WHERE id = $2")
        .bind(now.0)
        .bind(model)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

/// Of what tags are.
#[derive(Clone, Copy)]
enum Tagged {
    Model(i64),
    Version(i64),
}

impl Tagged {
    fn table(self) -> (&'static str, &'static str, i64) {
        match self {
            Self::Model(id) => ("registered_model_tags", "model_id", id),
            Self::Version(id) => ("model_version_tags", "version_id", id),
        }
    }
}

async fn put_tags(tx: &mut Tx<'_>, of: Tagged, tags: &[KeyValue]) -> Result<()> {
    let (table, column, id) = of.table();
    let text = format!(
        "INSERT INTO {table} ({column}, key, value) VALUES ($1, $2, $3)
         ON CONFLICT ({column}, key) DO UPDATE SET value = excluded.value"
    );
    for tag in tags {
        sqlx::query(&text).bind(id).bind(&*tag.key).bind(&*tag.value).execute(&mut *tx.connection).await?;
    }
    Ok(())
}

/// The value that is there, for the audit log.
async fn tag_of(tx: &mut Tx<'_>, of: Tagged, key: &str) -> Result<Option<String>> {
    let (table, column, id) = of.table();
    let found: Option<(String,)> =
        sqlx::query_as(&format!("SELECT value FROM {table} WHERE {column} = $1 AND key = $2"))
            .bind(id)
            .bind(key)
            .fetch_optional(&mut *tx.connection)
            .await?;
    Ok(found.map(|(value,)| value))
}

async fn remove_tag(tx: &mut Tx<'_>, of: Tagged, key: &str) -> Result<()> {
    let (table, column, id) = of.table();
    sqlx::query(&format!("DELETE FROM {table} WHERE {column} = $1 AND key = $2"))
        .bind(id)
        .bind(key)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}
