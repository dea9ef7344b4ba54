//! The list of data sets, as people look for them: how they were checked, and what was made from them.

use std::collections::HashMap;

use domain::Millis;
use sqlx::AnyConnection;

use super::checks::{COLUMNS, DatasetCheck, check};
use crate::Db;
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::sql::Sql;

/// Which page of the list.
#[derive(Debug, Clone, Default)]
pub struct DatasetsQuery {
    /// A part of a name or of a digest, in any case; empty: all.
    pub part: String,
    /// From 0.
    pub page: usize,
    pub page_size: usize,
}

/// A data set, in whichever of the experiments it was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetEntry {
    pub name: String,
    pub digest: String,
    /// E.g. `http`, `local`, `code`.
    pub source_type: String,
    /// The runs that read it and aren't deleted.
    pub runs: i64,
    /// When the last of them started.
    pub last_used: Option<Millis>,
    /// Registered models with the newest version that such a run made.
    pub models: Vec<(String, i64)>,
    /// What the last check found.
    pub check: Option<DatasetCheck>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatasetsCatalog {
    pub entries: Vec<DatasetEntry>,
    /// On all pages.
    pub total: i64,
}

type Key = (String, String);

/// A key with the columns of a check.
type KeyedCheck = (String, String, String, String, Option<String>, String, i64);

/// The newest first.
///
/// # Errors
/// Only the database's.
pub async fn catalog(db: &Db, query: &DatasetsQuery) -> Result<DatasetsCatalog> {
    let mut connection = db.reader().await?;
    let mut count = Sql::new(db.engine(), "SELECT COUNT(*) FROM (SELECT 1 AS one");
    matching(&mut count, db, query).push(") AS found");
    let total = count.count(&mut connection).await?;
    let mut page = Sql::new(db.engine(), "SELECT d.name, d.digest, MIN(d.source_type)");
    matching(&mut page, db, query).push(" ORDER BY MAX(d.id) DESC LIMIT ");
    page.bind(number(query.page_size)).push(" OFFSET ");
    page.bind(number(query.page.saturating_mul(query.page_size)));
    let rows: Vec<(String, String, String)> = page.fetch(&mut connection).await?;
    let names: Vec<_> = rows.iter().map(|(name, ..)| name.clone()).collect();
    let mut uses = uses(&mut connection, db, &names).await?;
    let mut models = models(&mut connection, db, &names).await?;
    let mut checks = checks(&mut connection, db, &names).await?;
    let entry = |(name, digest, source_type): (String, String, String)| {
        let key = (name, digest);
        let (runs, last_used) = uses.remove(&key).unwrap_or_default();
        let (models, check) = (models.remove(&key).unwrap_or_default(), checks.remove(&key));
        let (name, digest) = key;
        DatasetEntry { name, digest, source_type, runs, last_used, models, check }
    };
    Ok(DatasetsCatalog { entries: rows.into_iter().map(entry).collect(), total })
}

fn number(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// ` FROM … GROUP BY …` of those that match.
fn matching<'s, 'q>(sql: &'s mut Sql<'q>, db: &Db, query: &'q DatasetsQuery) -> &'s mut Sql<'q> {
    sql.push(" FROM datasets d JOIN experiments e ON e.id = d.experiment_id WHERE e.is_deleted = 0");
    push_readable(sql, db.by(), Kind::Experiment, "e");
    let part = query.part.trim();
    if !part.is_empty() {
        let part = part.to_lowercase();
        sql.push(" AND (").like("LOWER(d.name)", "%", &part, "%");
        sql.push(" OR ").like("LOWER(d.digest)", "%", &part, "%").push(")");
    }
    sql.push(" GROUP BY d.name, d.digest")
}

/// How many runs read each, and when the last one started.
async fn uses(
    connection: &mut AnyConnection,
    db: &Db,
    names: &[String],
) -> Result<HashMap<Key, (i64, Option<Millis>)>> {
    let mut sql = Sql::new(
        db.engine(),
        "SELECT d.name, d.digest, COUNT(*), MAX(r.started_at_ms) FROM datasets d
         JOIN experiments e ON e.id = d.experiment_id
         JOIN run_datasets u ON u.dataset_id = d.id JOIN runs r ON r.id = u.run_id AND r.is_deleted = 0
         WHERE d.name IN",
    );
    sql.list(names);
    push_readable(&mut sql, db.by(), Kind::Experiment, "e");
    sql.push(" GROUP BY d.name, d.digest");
    let rows: Vec<(String, String, i64, Option<i64>)> = sql.fetch(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(name, digest, runs, at)| ((name, digest), (runs, at.filter(|at| *at > 0).map(Millis))))
        .collect())
}

/// The registered models that were made from each.
async fn models(
    connection: &mut AnyConnection,
    db: &Db,
    names: &[String],
) -> Result<HashMap<Key, Vec<(String, i64)>>> {
    let mut sql = Sql::new(
        db.engine(),
        "SELECT d.name, d.digest, m.name, MAX(v.version) FROM datasets d
         JOIN run_datasets u ON u.dataset_id = d.id JOIN runs r ON r.id = u.run_id
         JOIN model_versions v ON v.run_uuid = r.uuid JOIN registered_models m ON m.id = v.model_id
         WHERE d.name IN",
    );
    sql.list(names);
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    sql.push(" GROUP BY d.name, d.digest, m.name ORDER BY m.name");
    let mut found: HashMap<Key, Vec<(String, i64)>> = HashMap::new();
    for (name, digest, model, version) in sql.fetch::<(String, String, String, i64)>(connection).await? {
        found.entry((name, digest)).or_default().push((model, version));
    }
    Ok(found)
}

async fn checks(
    connection: &mut AnyConnection,
    db: &Db,
    names: &[String],
) -> Result<HashMap<Key, DatasetCheck>> {
    let mut sql = Sql::new(db.engine(), &format!("SELECT name, digest, {COLUMNS} FROM dataset_checks"));
    sql.push(" WHERE id IN (SELECT MAX(id) FROM dataset_checks WHERE name IN").list(names);
    sql.push(" GROUP BY name, digest)");
    let rows: Vec<KeyedCheck> = sql.fetch(connection).await?;
    let keyed = |(name, digest, state, summary, link, reporter, at)| {
        ((name, digest), check((state, summary, link, reporter, at)))
    };
    Ok(rows.into_iter().map(keyed).collect())
}
