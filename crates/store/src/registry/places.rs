//! Which versions a file or folder belongs to: what was released stays as it was signed, the rest is read again when it
//! changes.

use domain::Millis;
use domain::reviews::state::State;
use futures::FutureExt as _;

use crate::Db;
use crate::audit::{self, Change};
use crate::bulk;
use crate::error::{Error, Result};
use crate::permissions::{Kind, OWN, heads_of, places_around, push_readable};
use crate::sql::Sql;

/// A version whose files a change reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub id: i64,
    /// The registered model's; empty for whoever may not read that.
    pub name: String,
    pub version: i64,
    /// The review that released it.
    pub released_by: Option<i64>,
}

/// How far a change reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One file.
    File,
    /// All that is below.
    Folder,
}

/// The versions whose files a change of `path` would be, below the artifacts' root.
///
/// # Errors
/// Only the database's.
pub async fn reached(db: &Db, path: &str, reach: Reach) -> Result<Vec<Reached>> {
    let path = path.strip_prefix(OWN).unwrap_or(path).trim_matches('/');
    let around = places_around(path);
    let mut connection = db.reader().await?;
    let mut found = Vec::new();
    for chunk in heads_of(&around).chunks(bulk::MAX_LIST) {
        let mut sql = select(db);
        sql.push(" WHERE SUBSTR(v.storage_location, 1, 200) IN").list(chunk);
        found.extend(sql.fetch::<Row>(&mut connection).await?);
    }
    if reach == Reach::Folder {
        let mut sql = select(db);
        sql.push(" WHERE ").like("v.storage_location", "", &format!("{OWN}/{path}/"), "%");
        found.extend(sql.fetch::<Row>(&mut connection).await?);
    }
    let is_below = |place: &str| place.starts_with(&format!("{OWN}/{path}/")) && reach == Reach::Folder;
    let mut reached: Vec<_> = found
        .into_iter()
        .filter(|(.., place)| {
            let place = place.trim_end_matches('/');
            around.iter().any(|one| one == place) || is_below(place)
        })
        .map(|(id, name, is_readable, version, released_by, ..)| Reached {
            id,
            name: if is_readable == 1 { name } else { String::new() },
            version,
            released_by,
        })
        .collect();
    reached.sort_by_key(|one| one.id);
    reached.dedup_by_key(|one| one.id);
    Ok(reached)
}

type Row = (i64, String, i64, i64, Option<i64>, String);

fn select(db: &Db) -> Sql<'static> {
    let mut sql = Sql::new(db.engine(), "SELECT v.id, m.name, CASE WHEN 1 = 1");
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    sql.push(" THEN 1 ELSE 0 END, v.version, (SELECT MAX(q.id) FROM reviews q WHERE q.version_id = v.id AND q.state = ");
    sql.bind(State::Applied.as_str());
    sql.push("), v.storage_location FROM model_versions v JOIN registered_models m ON m.id = v.model_id");
    sql
}

/// Fails if one of them was released: its files are what was signed.
///
/// # Errors
/// `Forbidden` names the version.
pub fn check_unreleased(path: &str, reached: &[Reached]) -> Result<()> {
    let Some((one, review)) = reached.iter().find_map(|one| Some((one, one.released_by?))) else {
        return Ok(());
    };
    let of = if one.name.is_empty() {
        "a version that was released".to_owned()
    } else {
        format!("version {} of `{}`, which review {review} released", one.version, one.name)
    };
    Err(Error::Forbidden(format!(
        "`{path}` can't be changed: it is of {of}, and its files are what was signed; log them anew and register another \
         version"
    )))
}

/// Has the files of these versions read again. `deleted`: what is taken away, for the audit log.
///
/// # Errors
/// Only the database's.
pub async fn changed(db: &Db, reached: &[Reached], deleted: Option<String>, now: Millis) -> Result<()> {
    let ids: Vec<_> = reached.iter().map(|one| one.id).collect();
    if ids.is_empty() && deleted.is_none() {
        return Ok(());
    }
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let mut sql =
                Sql::new(tx.engine, "UPDATE model_versions SET files_state = 'waiting' WHERE id IN");
            sql.list(&ids).push(" AND files_state <> 'elsewhere'").execute(tx.connection).await?;
            let Some(path) = deleted else { return Ok(()) };
            audit::record(tx, &by, Change::new("artifact.delete", path), now).await
        }
        .boxed()
    })
    .await
}
