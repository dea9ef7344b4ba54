//! The registry: registered models, their versions, stages and aliases.

mod aliases;
mod load;
mod models;
mod search;
mod source;
pub(crate) mod stages;
mod versions;

pub use aliases::{delete_alias, set_alias, version_by_alias};
pub use models::{
    NewModel, create_model, delete_model, delete_model_tag, latest_versions, model, model_id, rename_model,
    set_model_tag, update_model,
};
pub use search::{RegistryQuery, search_models, search_versions};
pub use versions::{
    NewVersion, create_version, delete_version, delete_version_tag, set_version_tag, transition,
    update_version, version,
};

use domain::{KeyValue, Millis};
use sqlx::AnyConnection;

use crate::error::{Error, Result};
use crate::writer::Tx;

fn no_model(name: &str) -> Error {
    Error::not_found("registered model", "name", name)
}

pub(crate) fn no_version(name: &str, version: impl std::fmt::Display) -> Error {
    Error::not_found("model version", "name and version", format!("{name}/{version}"))
}

/// A registered model's number.
pub(crate) async fn find(connection: &mut AnyConnection, name: &str) -> Result<i64> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT id FROM registered_models WHERE name = $1")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    found.map(|(id,)| id).ok_or_else(|| no_model(name))
}

/// The numbers of a version and of its model.
async fn find_version(connection: &mut AnyConnection, name: &str, version: i64) -> Result<(i64, i64)> {
    let found: Option<(i64, i64)> = sqlx::query_as(
        "SELECT v.id, v.model_id FROM model_versions v JOIN registered_models m ON m.id = v.model_id
         WHERE m.name = $1 AND v.version = $2",
    )
    .bind(name)
    .bind(version)
    .fetch_optional(connection)
    .await?;
    found.ok_or_else(|| no_version(name, version))
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

async fn remove_tag(tx: &mut Tx<'_>, of: Tagged, key: &str) -> Result<()> {
    let (table, column, id) = of.table();
    sqlx::query(&format!("DELETE FROM {table} WHERE {column} = $1 AND key = $2"))
        .bind(id)
        .bind(key)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}
