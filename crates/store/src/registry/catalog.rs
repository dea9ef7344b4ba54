//! The list of models, as people look for them: who answers for each, what serves, what is new.

use std::collections::HashMap;

use domain::registry::{PROMPT_TAG, Stages};
use domain::reviews::card;
use domain::{KeyValue, Millis};
use sqlx::AnyConnection;

use super::standing::{self, OpenReview};
use super::{load, stage_list};
use crate::Db;
use crate::bulk;
use crate::engine::Engine;
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::sql::Sql;

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CatalogOrder {
    #[default]
    Name,
    Updated,
}

/// Which page of the list.
#[derive(Debug, Clone, Default)]
pub struct CatalogQuery {
    /// A part of a name or of a tag (`key=value`), in any case; empty: all.
    pub part: String,
    pub order: CatalogOrder,
    pub descends: bool,
    /// From 0.
    pub page: usize,
    pub page_size: usize,
    /// Prompts instead of models.
    pub prompts: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogEntry {
    pub name: String,
    /// Whom the newest card names, else who made the model, else who made its newest version, else whose run that is
    /// of; maybe nobody.
    pub owner: String,
    /// The versions in each active stage that has any, ascending.
    pub active: HashMap<String, Vec<i64>>,
    /// Those of them that an override brought there.
    pub overridden: Vec<i64>,
    /// Its reviews that are open.
    pub open_reviews: Vec<OpenReview>,
    pub newest: Option<i64>,
    pub versions: i64,
    pub updated_at: Millis,
    pub tags: Vec<KeyValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog {
    pub entries: Vec<CatalogEntry>,
    /// On all pages.
    pub total: i64,
    /// The workspace's.
    pub stages: Stages,
}

/// # Errors
/// Only the database's.
pub async fn catalog(db: &Db, query: &CatalogQuery) -> Result<Catalog> {
    let mut connection = db.reader().await?;
    let total =
        matching(db, "SELECT COUNT(*) FROM registered_models m", query).count(&mut connection).await?;
    let select = "SELECT m.id, m.name, m.updated_at_ms,
        COALESCE((SELECT u.name FROM users u WHERE u.id = m.created_by), '') FROM registered_models m";
    let mut sql = matching(db, select, query);
    let direction = if query.descends { "DESC" } else { "ASC" };
    let column = match query.order {
        CatalogOrder::Name => "LOWER(m.name)",
        CatalogOrder::Updated => "m.updated_at_ms",
    };
    sql.push(&format!(" ORDER BY {column} {direction}, m.name, m.id LIMIT "));
    sql.bind(number(query.page_size))
        .push(" OFFSET ")
        .bind(number(query.page.saturating_mul(query.page_size)));
    let rows: Vec<(i64, String, i64, String)> = sql.fetch(&mut connection).await?;
    let ids: Vec<_> = rows.iter().map(|(id, ..)| *id).collect();
    let mut tags =
        load::tags_of(db.engine(), &mut connection, "registered_model_tags", "model_id", &ids).await?;

    let mut newest = newest_of(db.engine(), &mut connection, &ids).await?;
    let mut sql = Sql::new(db.engine(), "SELECT model_id, COUNT(*) FROM model_versions WHERE model_id IN");
    let counts: Vec<(i64, i64)> = sql.list(&ids).push(" GROUP BY model_id").fetch(&mut connection).await?;
    let counts: HashMap<_, _> = counts.into_iter().collect();
    let stages = stage_list::read(&mut connection).await?;
    let mut sql =
        Sql::new(db.engine(), "SELECT id, model_id, stage, version FROM model_versions WHERE stage IN");
    let between: Vec<_> = stages.active().collect();
    sql.list(&between).push(" AND model_id IN").list(&ids).push(" ORDER BY version");
    let mut active: HashMap<i64, HashMap<String, Vec<i64>>> = HashMap::new();
    let held: Vec<(i64, i64, String, i64)> = sql.fetch(&mut connection).await?;
    let versions: Vec<_> = held.iter().map(|(id, ..)| *id).collect();
    let by_override = standing::overridden(db.engine(), &mut connection, &versions).await?;
    let mut overridden: HashMap<i64, Vec<i64>> = HashMap::new();
    for (id, model, stage, version) in held {
        if by_override.contains(&id) {
            overridden.entry(model).or_default().push(version);
        }
        active.entry(model).or_default().entry(stage).or_default().push(version);
    }
    let mut open = standing::open_reviews_of_models(db.engine(), &mut connection, &ids).await?;

    let entry = |(id, name, updated_at, creator): (i64, String, i64, String)| {
        let (newest, owner) =
            newest.remove(&id).map_or((None, creator), |(version, owner)| (Some(version), owner));
        CatalogEntry {
            name,
            owner,
            active: active.remove(&id).unwrap_or_default(),
            overridden: overridden.remove(&id).unwrap_or_default(),
            open_reviews: open.remove(&id).unwrap_or_default(),
            newest,
            versions: counts.get(&id).copied().unwrap_or_default(),
            updated_at: Millis(updated_at),
            tags: tags.remove(&id).unwrap_or_default(),
        }
    };
    Ok(Catalog { entries: rows.into_iter().map(entry).collect(), total, stages })
}

/// The newest version of each of the models, with who answers for the model: see [`CatalogEntry::owner`].
pub(super) async fn newest_of(
    engine: Engine,
    connection: &mut AnyConnection,
    models: &[i64],
) -> Result<HashMap<i64, (i64, String)>> {
    let mut newest = HashMap::new();
    for chunk in models.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            engine,
            "SELECT v.model_id, v.version, COALESCE(u.name, ''), v.author, COALESCE(r.user_id, '')
             FROM model_versions v JOIN registered_models m ON m.id = v.model_id
             LEFT JOIN users u ON u.id = m.created_by LEFT JOIN runs r ON r.uuid = v.run_uuid
             WHERE v.version = (SELECT MAX(w.version) FROM model_versions w WHERE w.model_id = v.model_id)
             AND v.model_id IN",
        );
        let rows: Vec<(i64, i64, String, String, String)> = sql.list(chunk).fetch(connection).await?;
        let mut sql = Sql::new(
            engine,
            "SELECT v.model_id, c.text FROM model_versions v JOIN model_cards c ON c.version_id = v.id
             WHERE v.version = (SELECT MAX(w.version) FROM model_versions w
                                JOIN model_cards d ON d.version_id = w.id WHERE w.model_id = v.model_id)
             AND v.model_id IN",
        );
        let cards: Vec<(i64, String)> = sql.list(chunk).fetch(connection).await?;
        let named = cards.into_iter().filter_map(|(model, text)| Some((model, card::owner(&text)?)));
        let mut named: HashMap<_, _> = named.collect();
        newest.extend(rows.into_iter().map(|(model, version, creator, author, user)| {
            let made_by = [creator, author, user].into_iter().find(|name| !name.is_empty());
            (model, (version, named.remove(&model).or(made_by).unwrap_or_default()))
        }));
    }
    Ok(newest)
}

fn number(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// `select` of those that match.
fn matching<'q>(db: &Db, select: &str, query: &'q CatalogQuery) -> Sql<'q> {
    let mut sql = Sql::new(db.engine(), select);
    sql.push(if query.prompts { " WHERE EXISTS" } else { " WHERE NOT EXISTS" });
    sql.push(" (SELECT 1 FROM registered_model_tags p WHERE p.model_id = m.id AND p.key = ");
    sql.bind(PROMPT_TAG).push(" AND LOWER(p.value) = 'true')");
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let part = query.part.trim();
    if !part.is_empty() {
        // Either side by the database: what it takes for lower case is its own business.
        let literal = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{literal}%");
        sql.push(" AND (LOWER(m.name) LIKE LOWER(").bind(pattern.clone()).push(") ESCAPE '\\'");
        sql.push(
            " OR EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.model_id = m.id
              AND t.key NOT LIKE 'mlflow.%' AND LOWER(t.key || '=' || t.value) LIKE LOWER(",
        );
        sql.bind(pattern).push(") ESCAPE '\\'))");
    }
    sql
}
