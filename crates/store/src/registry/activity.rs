//! What happened to a version: what was changed about it, and what its reviews went through.

use domain::Millis;
use domain::permissions::Level;
use serde_json::Value;

use super::{Asking, find_version};
use crate::Db;
use crate::error::Result;
use crate::reviews::Activity;
use crate::sql::Sql;

/// Something that was done to a version itself, as the audit log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChanged {
    pub at: Millis,
    pub by: String,
    /// E.g. `version.set_tag`.
    pub action: String,
    pub before: Value,
    pub after: Value,
}

/// What happened to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Changed(VersionChanged),
    Reviewed(Activity),
}

impl Happened {
    pub fn at(&self) -> Millis {
        match self {
            Self::Changed(changed) => changed.at,
            Self::Reviewed(activity) => Millis(activity.at_ms),
        }
    }
}

/// So much of it is told.
const MOST: i64 = 100;

/// The last that happened to a version under its model's present name, the newest first.
///
/// # Errors
/// `NotFound` without the version.
pub async fn activity(db: &Db, name: &str, version: i64) -> Result<Vec<Happened>> {
    let mut connection = db.reader().await?;
    let asking = Asking::new(db.engine(), db.by(), Level::Read);
    let (id, _) = find_version(&mut connection, asking, name, version).await?;
    let (created,): (i64,) = sqlx::query_as("SELECT created_at_ms FROM model_versions WHERE id = $1")
        .bind(id)
        .fetch_one(&mut *connection)
        .await?;
    // An earlier model may have had the name.
    let mut sql = Sql::new(
        db.engine(),
        "SELECT at_ms, actor, action, before, after FROM audit_entries WHERE subject IN",
    );
    sql.list(&[format!("version {name}/{version}"), format!("model {name}")])
        .push(" AND at_ms >= ")
        .bind(created);
    sql.push(" AND action IN").list(&OF_VERSIONS).push(" ORDER BY id DESC LIMIT ").bind(MOST);
    let rows: Vec<(i64, String, String, String, String)> = sql.fetch(&mut connection).await?;
    let changed = rows.into_iter().filter_map(|(at, by, action, before, after)| {
        let [before, after]: [Value; 2] =
            [before, after].map(|text| serde_json::from_str(&text).unwrap_or_default());
        let names = |side: &Value| side["version"].as_i64() == Some(version);
        let is_of_this = action.starts_with("version.") || names(&before) || names(&after);
        is_of_this.then_some(Happened::Changed(VersionChanged { at: Millis(at), by, action, before, after }))
    });
    let mut all: Vec<_> = changed.collect();
    drop(connection);
    let reviewed = crate::reviews::activities_of_version(db, name, version).await?;
    all.extend(reviewed.into_iter().map(Happened::Reviewed));
    all.sort_by_key(|happened| std::cmp::Reverse(happened.at()));
    all.truncate(usize::try_from(MOST).unwrap_or_default());
    Ok(all)
}

const OF_VERSIONS: [&str; 9] = [
    "version.create",
    "version.change_files",
    "version.update",
    "version.set_tag",
    "version.delete_tag",
    "version.set_card",
    "version.transition",
    "model.set_alias",
    "model.delete_alias",
];
