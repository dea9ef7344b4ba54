//! Files by their path below the artifacts' root. A path names the run or the logged model whose file it is; what
//! lies beside those belongs to the experiment whose place it is in.

use domain::permissions::Level;
use sqlx::AnyConnection;

use super::check::{Grants, Guarded, Kind, push_readable};
use crate::Db;
use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sql::Sql;

/// How an `artifact_uri` begins whose files this server keeps.
pub(crate) const OWN: &str = "mlflow-artifacts:";
/// So many characters of a version's place are in its index.
const INDEXED: usize = 200;

/// Fails unless whoever asks may do what takes `wanted` with the file or folder `path`. What is in a version that
/// they may read they may read, too.
///
/// # Errors
/// `NotFound` for what doesn't exist for them, `Forbidden` names who could help.
pub async fn check_path(db: &Db, path: &str, wanted: Level) -> Result<()> {
    let by = db.by();
    if by.is_admin() {
        return Ok(());
    }
    let missing = || Error::not_found("artifact", "path", path);
    if by.roles.is_empty() {
        return Err(missing());
    }
    let path = clean(path);
    let mut connection = db.reader().await?;
    let mut owners = owners(&mut connection, db.engine(), path).await?;
    if owners.is_empty() {
        let around = restricted(&mut connection, db.engine()).await?.into_iter();
        let concerned = around.filter(|(location, _)| match wanted {
            Level::Read => is_within(path, location),
            // What changes a folder changes what is in it.
            Level::Edit | Level::Manage => is_within(path, location) || is_within(location, path),
        });
        owners = concerned.map(|(_, owner)| owner).collect();
    }
    let grants = Grants::of(&mut connection, db.engine(), &owners).await?;
    for owner in &owners {
        let allowed = grants.check(&mut connection, db.engine(), by, owner, wanted, missing).await;
        let is_hidden = matches!(allowed, Err(Error::NotFound { .. }));
        if is_hidden && wanted == Level::Read && is_of_version(db, &mut connection, path).await? {
            return Ok(());
        }
        allowed?;
    }
    Ok(())
}

/// The folders below `path` that don't exist for whoever asks.
///
/// # Errors
/// Only the database's.
pub async fn hidden_below(db: &Db, path: &str) -> Result<Vec<String>> {
    if db.by().is_admin() {
        return Ok(Vec::new());
    }
    let mut connection = db.reader().await?;
    let mut below = restricted(&mut connection, db.engine()).await?;
    below.retain(|(location, _)| is_within(location, clean(path)));
    let grants = Grants::of(&mut connection, db.engine(), below.iter().map(|(_, owner)| owner)).await?;
    below.retain(|(_, owner)| grants.level(db.by(), owner).is_none());
    Ok(below.into_iter().map(|(location, _)| location).collect())
}

fn clean(path: &str) -> &str {
    path.trim_matches('/')
}

/// Whether `path` is `folder` or below it. Where case means nothing to the disk it means nothing here.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    let (path, folder) = (path.to_lowercase(), folder.to_lowercase());
    match path.strip_prefix(&folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// The experiments of the runs and logged models that the path names.
async fn owners(connection: &mut AnyConnection, engine: Engine, path: &str) -> Result<Vec<Guarded>> {
    let is_id = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<_> = path.split('/').map(str::to_lowercase).collect();
    let mut owners = Vec::new();
    for (table, column, prefix) in [("runs", "uuid", ""), ("logged_models", "model_id", "m-")] {
        let named = parts.iter().filter(|part| part.strip_prefix(prefix).is_some_and(is_id));
        let named: Vec<_> = named.map(String::as_str).collect();
        for chunk in named.chunks(bulk::MAX_LIST) {
            let mut sql = Sql::new(engine, "SELECT e.id, e.is_restricted, e.created_by FROM ");
            sql.push(table).push(" o JOIN experiments e ON e.id = o.experiment_id WHERE o.").push(column);
            let found: Vec<(i64, i64, Option<i64>)> = sql.push(" IN").list(chunk).fetch(connection).await?;
            owners.extend(found.into_iter().map(|(id, flag, by)| Guarded::experiment(id, flag, by)));
        }
    }
    Ok(owners)
}

/// The restricted experiments, with the folder of each that keeps its files here.
async fn restricted(connection: &mut AnyConnection, engine: Engine) -> Result<Vec<(String, Guarded)>> {
    let sql =
        Sql::new(engine, "SELECT id, artifact_location, created_by FROM experiments WHERE is_restricted = 1");
    let found: Vec<(i64, String, Option<i64>)> = sql.fetch(connection).await?;
    let place = |(id, location, by): (i64, String, Option<i64>)| {
        Some((clean(location.strip_prefix(OWN)?).to_owned(), Guarded::experiment(id, 1, by)))
    };
    Ok(found.into_iter().filter_map(place).collect())
}

/// The path and the folders around it, as versions name their places.
pub(crate) fn places_around(path: &str) -> Vec<String> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| format!("{OWN}/{}", &path[..end])).collect()
}

/// What the index of versions' places has of these, with and without a slash at the end.
pub(crate) fn heads_of(places: &[String]) -> Vec<String> {
    let spelled = places.iter().flat_map(|place| [place.clone(), format!("{place}/")]);
    let mut heads: Vec<String> = spelled.map(|place| place.chars().take(INDEXED).collect()).collect();
    heads.dedup();
    heads
}

/// Whether it lies in a version that whoever asks may read.
async fn is_of_version(db: &Db, connection: &mut AnyConnection, path: &str) -> Result<bool> {
    let places = places_around(path);
    for chunk in heads_of(&places).chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            db.engine(),
            "SELECT v.storage_location FROM model_versions v JOIN registered_models m ON m.id = v.model_id
             WHERE SUBSTR(v.storage_location, 1, 200) IN",
        );
        sql.list(chunk);
        push_readable(&mut sql, db.by(), Kind::Model, "m");
        let found: Vec<(String,)> = sql.fetch(&mut *connection).await?;
        if found.iter().any(|(place,)| places.iter().any(|one| one == place.trim_end_matches('/'))) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn a_folder_holds_what_is_below_it() {
        for (path, folder) in [("5", "5"), ("5/a", "5"), ("teams/A/5", "Teams/a"), ("x", ""), ("", "")] {
            assert!(is_within(path, folder), "{path} in {folder}");
        }
        for (path, folder) in [("55", "5"), ("a/5", "5"), ("", "5")] {
            assert!(!is_within(path, folder), "{path} in {folder}");
        }
    }
}
