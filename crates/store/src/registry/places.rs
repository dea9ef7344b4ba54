//! Which versions a file or folder belongs to: what was released stays as it was signed, the rest is read again when it
//! changes.

use domain::Millis;
use domain::accounts::Caller;
use domain::reviews::state::State;
use futures::FutureExt as _;
use serde_json::json;
use sqlx::AnyConnection;

use crate::Db;
use crate::audit::{self, Change};
use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::{Kind, OWN, heads_of, places_around, push_readable};
use crate::sql::Sql;
use crate::writer::Tx;

/// A version whose files a change reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub id: i64,
    /// The registered model's.
    name: String,
    /// Whether whoever asks may read that.
    is_readable: bool,
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
    find(&mut *db.reader().await?, db.engine(), db.by(), path, reach).await
}

async fn find(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    path: &str,
    reach: Reach,
) -> Result<Vec<Reached>> {
    let path = path.strip_prefix(OWN).unwrap_or(path).trim_matches('/');
    let around = places_around(path);
    let mut found = Vec::new();
    for chunk in heads_of(&around).chunks(bulk::MAX_LIST) {
        let mut sql = select(engine, by);
        sql.push(" WHERE SUBSTR(v.storage_location, 1, 200) IN").list(chunk);
        found.extend(sql.fetch::<Row>(connection).await?);
    }
    if reach == Reach::Folder {
        let mut sql = select(engine, by);
        sql.push(" WHERE ").like("v.storage_location", "", &format!("{OWN}/{path}/"), "%");
        found.extend(sql.fetch::<Row>(connection).await?);
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
            name,
            is_readable: is_readable == 1,
            version,
            released_by,
        })
        .collect();
    reached.sort_by_key(|one| one.id);
    reached.dedup_by_key(|one| one.id);
    Ok(reached)
}

type Row = (i64, String, i64, i64, Option<i64>, String);

fn select(engine: Engine, by: &Caller) -> Sql<'static> {
    let mut sql = Sql::new(engine, "SELECT v.id, m.name, CASE WHEN 1 = 1");
    push_readable(&mut sql, by, Kind::Model, "m");
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
    let of = if one.is_readable {
        format!("version {} of `{}`, which review {review} released", one.version, one.name)
    } else {
        "a version that was released".to_owned()
    };
    Err(Error::Forbidden(format!(
        "`{path}` can't be changed: it is of {of}, and its files are what was signed; log them anew and register another \
         version"
    )))
}

/// Says that what is at `path` is about to change: until that is done, nobody knows what the files of the versions there
/// are. `deletes`: that it is taken away, for the audit log.
///
/// # Errors
/// `Forbidden` if one of them was released.
pub async fn begin(db: &Db, path: String, reach: Reach, deletes: bool, now: Millis) -> Result<Vec<Reached>> {
    // Most files are of no version: they cost no write.
    if !deletes && reached(db, &path, reach).await?.is_empty() {
        return Ok(Vec::new());
    }
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let reached = find(tx.connection, tx.engine, &by, &path, reach).await?;
            check_unreleased(&path, &reached)?;
            mark(tx, &reached, "files_pending = files_pending + 1").await?;
            note_author(tx, &by, &path, &reached, now).await?;
            if deletes {
                audit::record(tx, &by, Change::new("artifact.delete", path), now).await?;
            }
            Ok(reached)
        }
        .boxed()
    })
    .await
}

/// Says that a change which reached `begun` is over: these versions, and others that were registered meanwhile, are read
/// again. Whether there are any.
///
/// # Errors
/// Only the database's.
pub async fn end(db: &Db, path: String, reach: Reach, begun: Vec<Reached>) -> Result<bool> {
    if begun.is_empty() && reached(db, &path, reach).await?.is_empty() {
        return Ok(false);
    }
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let mut others = find(tx.connection, tx.engine, &by, &path, reach).await?;
            others.retain(|one| !begun.iter().any(|known| known.id == one.id));
            mark(tx, &begun, "files_pending = CASE WHEN files_pending > 0 THEN files_pending - 1 ELSE 0 END")
                .await?;
            mark(tx, &others, "files_pending = files_pending").await?;
            Ok(!begun.is_empty() || !others.is_empty())
        }
        .boxed()
    })
    .await
}

/// Whoever changes a version's files is one of its authors.
async fn note_author(
    tx: &mut Tx<'_>,
    by: &Caller,
    path: &str,
    reached: &[Reached],
    now: Millis,
) -> Result<()> {
    for one in reached {
        if let Some(user) = by.user_id {
            sqlx::query(
                "INSERT INTO version_authors (version_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(one.id)
            .bind(user)
            .execute(&mut *tx.connection)
            .await?;
        }
        let change = Change::new("version.change_files", format!("{}/{}", one.name, one.version));
        audit::record(tx, by, change.to(json!({ "path": path })), now).await?;
    }
    Ok(())
}

/// Those who changed the version's files.
pub(crate) async fn authors(connection: &mut AnyConnection, version: i64) -> Result<Vec<i64>> {
    let found: Vec<(i64,)> = sqlx::query_as("SELECT user_id FROM version_authors WHERE version_id = $1")
        .bind(version)
        .fetch_all(connection)
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

async fn mark(tx: &mut Tx<'_>, reached: &[Reached], pending: &str) -> Result<()> {
    let ids: Vec<_> = reached.iter().map(|one| one.id).collect();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(tx.engine, "UPDATE model_versions SET files_changes = files_changes + 1, ");
        sql.push(pending)
            .push(", files_state = CASE files_state WHEN 'elsewhere' THEN files_state ELSE 'waiting' END");
        sql.push(" WHERE id IN").list(chunk).execute(tx.connection).await?;
    }
    Ok(())
}
