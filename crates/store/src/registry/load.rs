//! Rows to registered models and versions, with all that belongs to them.

use std::collections::HashMap;

use domain::registry::{Alias, ModelVersion, RegisteredModel};
use domain::{KeyValue, Millis};
use sqlx::{AnyConnection, FromRow};

use crate::bulk;
use crate::engine::Engine;
use crate::error::Result;
use crate::sql::Sql;

#[derive(FromRow)]
pub(super) struct ModelRow {
    pub id: i64,
    name: String,
    description: String,
    created_at_ms: i64,
    updated_at_ms: i64,
}

pub(super) const SELECT_MODEL: &str =
    "SELECT m.id, m.name, m.description, m.created_at_ms, m.updated_at_ms FROM registered_models m";

#[derive(FromRow)]
pub(super) struct VersionRow {
    pub id: i64,
    model_id: i64,
    name: String,
    version: i64,
    stage: String,
    description: Option<String>,
    source: String,
    storage_location: String,
    run_uuid: String,
    run_link: String,
    created_at_ms: i64,
    updated_at_ms: i64,
}

pub(super) const SELECT_VERSION: &str = "SELECT v.id, v.model_id, m.name, v.version, v.stage, v.description,
    v.source, v.storage_location, v.run_uuid, v.run_link, v.created_at_ms, v.updated_at_ms
    FROM model_versions v JOIN registered_models m ON m.id = v.model_id";

/// Only the highest of each stage.
pub(super) const IS_LATEST: &str = "v.version = (SELECT MAX(w.version) FROM model_versions w WHERE w.model_id = v.model_id AND w.stage = v.stage)";

pub(super) async fn models(
    engine: Engine,
    connection: &mut AnyConnection,
    rows: Vec<ModelRow>,
) -> Result<Vec<RegisteredModel>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut tags = tags_of(engine, connection, "registered_model_tags", "model_id", &ids).await?;
    let mut aliases = aliases_of(engine, connection, &ids).await?;
    let mut latest: HashMap<i64, Vec<ModelVersion>> = HashMap::new();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(engine, SELECT_VERSION);
        sql.push(" WHERE v.model_id IN")
            .list(chunk)
            .push(" AND ")
            .push(IS_LATEST)
            .push(" ORDER BY v.version");
        let found: Vec<VersionRow> = sql.fetch(connection).await?;
        let of: Vec<_> = found.iter().map(|row| row.model_id).collect();
        for (model, version) in of.into_iter().zip(versions(engine, connection, found, false).await?) {
            latest.entry(model).or_default().push(version);
        }
    }
    let model = |row: ModelRow| RegisteredModel {
        latest_versions: latest.remove(&row.id).unwrap_or_default(),
        tags: tags.remove(&row.id).unwrap_or_default(),
        aliases: aliases.remove(&row.id).unwrap_or_default(),
        name: row.name,
        description: row.description,
        created_at: Millis(row.created_at_ms),
        updated_at: Millis(row.updated_at_ms),
    };
    Ok(rows.into_iter().map(model).collect())
}

/// `with_aliases`: lists of versions come without.
pub(super) async fn versions(
    engine: Engine,
    connection: &mut AnyConnection,
    rows: Vec<VersionRow>,
    with_aliases: bool,
) -> Result<Vec<ModelVersion>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut tags = tags_of(engine, connection, "model_version_tags", "version_id", &ids).await?;
    let mut models: Vec<_> = rows.iter().map(|row| row.model_id).filter(|_| with_aliases).collect();
    models.sort_unstable();
    models.dedup();
    let aliases = aliases_of(engine, connection, &models).await?;
    let version = |row: VersionRow| {
        let of_version = |alias: &&Alias| alias.version == row.version;
        let aliases = aliases.get(&row.model_id).into_iter().flatten().filter(of_version);
        ModelVersion {
            aliases: aliases.map(|alias| alias.alias.clone()).collect(),
            tags: tags.remove(&row.id).unwrap_or_default(),
            name: row.name,
            version: row.version,
            created_at: Millis(row.created_at_ms),
            updated_at: Millis(row.updated_at_ms),
            stage: row.stage,
            description: row.description,
            source: row.source,
            storage_location: row.storage_location,
            run_uuid: row.run_uuid,
            run_link: row.run_link,
        }
    };
    Ok(rows.into_iter().map(version).collect())
}

pub(super) async fn tags_of(
    engine: Engine,
    connection: &mut AnyConnection,
    table: &str,
    column: &str,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<KeyValue>>> {
    let mut tags: HashMap<i64, Vec<KeyValue>> = HashMap::new();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(engine, "SELECT ");
        sql.push(column).push(", key, value FROM ").push(table).push(" WHERE ").push(column);
        let found = sql.push(" IN").list(chunk).push(" ORDER BY key").fetch(connection).await?;
        for (id, key, value) in found {
            tags.entry(id).or_default().push(KeyValue { key, value });
        }
    }
    Ok(tags)
}

async fn aliases_of(
    engine: Engine,
    connection: &mut AnyConnection,
    models: &[i64],
) -> Result<HashMap<i64, Vec<Alias>>> {
    let mut aliases: HashMap<i64, Vec<Alias>> = HashMap::new();
    for chunk in models.chunks(bulk::MAX_LIST) {
        let mut sql =
            Sql::new(engine, "SELECT model_id, alias, version FROM model_aliases WHERE model_id IN");
        for (id, alias, version) in sql.list(chunk).push(" ORDER BY alias").fetch(connection).await? {
            aliases.entry(id).or_default().push(Alias { alias, version });
        }
    }
    Ok(aliases)
}
