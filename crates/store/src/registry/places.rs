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
use crate::permissions::{Kind, OWN, heads_of, is_within, places_around, push_readable};
use crate::reviews::guarded_place;
use crate::sql::Sql;
use crate::writer::Tx;

/// For so long a change is under way if nobody says that it is over: whoever began it is gone by then.
const LONGEST_MS: i64 = 10 * 60 * 1000;

/// A version whose files a change reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reached {
    id: i64,
    /// The registered model's.
    name: String,
    /// Whether whoever asks may read that.
    is_readable: bool,
    version: i64,
    /// The review that released it.
    released_by: Option<i64>,
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
async fn find(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    path: &str,
    reach: Reach,
) -> Result<Vec<Reached>> {
    let path = below_root(path);
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
fn check_unreleased(path: &str, reached: &[Reached]) -> Result<()> {
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

/// Fails if a policy guards where one of them is: what serves there changes by a review, also if it came there before
/// the policy.
async fn check_unguarded(
    connection: &mut AnyConnection,
    by: &Caller,
    path: &str,
    reached: &[Reached],
) -> Result<()> {
    for one in reached {
        let Some(target) = guarded_place(connection, by, one.id).await? else { continue };
        let of = if one.is_readable {
            format!("version {} of `{}`", one.version, one.name)
        } else {
            "a version".to_owned()
        };
        return Err(Error::Forbidden(format!(
            "`{path}` can't be changed: it is of {of}, which is in {target}, and a policy guards that; log the files anew and \
             register another version"
        )));
    }
    Ok(())
}

/// Fails if what is at `path` may not change. To be asked before anything is sent in vain.
///
/// # Errors
/// `Forbidden` names the version.
pub async fn check_may_change(db: &Db, path: &str, reach: Reach) -> Result<()> {
    let mut connection = db.reader().await?;
    let reached = find(&mut connection, db.engine(), db.by(), path, reach).await?;
    check_unreleased(path, &reached)?;
    check_unguarded(&mut connection, db.by(), path, &reached).await
}

/// A change that has begun.
#[derive(Debug)]
pub struct Begun {
    id: i64,
    path: String,
    reach: Reach,
}

/// Says that what is at `path` is about to change: until that is over, nobody knows what the files of the versions there
/// are, nor of those that are registered meanwhile. What reaches a folder takes it away, and is written down.
///
/// # Errors
/// `Forbidden` if one of them was released.
pub async fn begin(db: &Db, path: String, reach: Reach, now: Millis) -> Result<Begun> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let reached = find(tx.connection, tx.engine, &by, &path, reach).await?;
            check_unreleased(&path, &reached)?;
            check_unguarded(tx.connection, &by, &path, &reached).await?;
            mark(tx, &reached).await?;
            note_author(tx, &by, &path, &reached, now).await?;
            if reach == Reach::Folder {
                audit::record(tx, &by, Change::new("artifact.delete", &*path), now).await?;
            }
            let id = tx.next_ids("file_changes", 1).await?;
            sqlx::query("INSERT INTO file_changes (id, path, is_folder, until_ms) VALUES ($1, $2, $3, $4)")
                .bind(id)
                .bind(below_root(&path))
                .bind(i64::from(reach == Reach::Folder))
                .bind(now.0 + LONGEST_MS)
                .execute(&mut *tx.connection)
                .await?;
            Ok(Begun { id, path, reach })
        }
        .boxed()
    })
    .await
}

/// Says that a change is over: the versions that it reaches are read again. Whether there are any.
///
/// # Errors
/// Only the database's.
pub async fn end(db: &Db, begun: Begun) -> Result<bool> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            sqlx::query("DELETE FROM file_changes WHERE id = $1")
                .bind(begun.id)
                .execute(&mut *tx.connection)
                .await?;
            let reached = find(tx.connection, tx.engine, &by, &begun.path, begun.reach).await?;
            mark(tx, &reached).await?;
            Ok(!reached.is_empty())
        }
        .boxed()
    })
    .await
}

/// The changes that are under way.
pub(super) struct UnderWay(Vec<(String, i64)>);

impl UnderWay {
    pub async fn read(connection: &mut AnyConnection, now: Millis) -> Result<Self> {
        let found = sqlx::query_as("SELECT path, is_folder FROM file_changes WHERE until_ms > $1")
            .bind(now.0)
            .fetch_all(connection)
            .await?;
        Ok(Self(found))
    }

    /// Whether one of them reaches what is at that place.
    pub fn reaches(&self, storage_location: &str) -> bool {
        let place = below_root(storage_location);
        self.0
            .iter()
            .any(|(path, is_folder)| is_within(path, place) || *is_folder == 1 && is_within(place, path))
    }
}

fn below_root(place: &str) -> &str {
    place.strip_prefix(OWN).unwrap_or(place).trim_matches('/')
}

/// Whoever changes a version's files is one of its authors, also before it is one.
async fn note_author(
    tx: &mut Tx<'_>,
    by: &Caller,
    path: &str,
    reached: &[Reached],
    now: Millis,
) -> Result<()> {
    if let Some(user) = by.user_id {
        let path = below_root(path);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        sqlx::query("INSERT INTO file_authors (folder, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(folder)
            .bind(user)
            .execute(&mut *tx.connection)
            .await?;
        for one in reached {
            add_author(tx, one.id, user).await?;
        }
    }
    for one in reached {
        let change = Change::new("version.change_files", format!("{}/{}", one.name, one.version));
        audit::record(tx, by, change.to(json!({ "path": path })), now).await?;
    }
    Ok(())
}

pub(super) async fn add_author(tx: &mut Tx<'_>, version: i64, user: i64) -> Result<()> {
    sqlx::query("INSERT INTO version_authors (version_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(version)
        .bind(user)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

/// Whoever wrote the files of a new version, or made the version that it is a copy of, is one of its authors.
pub(super) async fn inherit_authors(
    tx: &mut Tx<'_>,
    version: i64,
    storage_location: &str,
    copy_of: Option<i64>,
) -> Result<()> {
    let folder = below_root(storage_location);
    let mut sql = Sql::new(tx.engine, "SELECT user_id FROM file_authors WHERE folder = ");
    sql.bind(folder).push(" OR ").like("folder", "", &format!("{folder}/"), "%");
    let mut users: Vec<(i64,)> = sql.fetch(tx.connection).await?;
    if let Some(earlier) = copy_of {
        let of_earlier: Vec<(i64,)> = sqlx::query_as(
            "SELECT user_id FROM version_authors WHERE version_id = $1
             UNION SELECT created_by FROM model_versions WHERE id = $1 AND created_by IS NOT NULL",
        )
        .bind(earlier)
        .fetch_all(&mut *tx.connection)
        .await?;
        users.extend(of_earlier);
    }
    for (user,) in users {
        add_author(tx, version, user).await?;
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

async fn mark(tx: &mut Tx<'_>, reached: &[Reached]) -> Result<()> {
    let ids: Vec<_> = reached.iter().map(|one| one.id).collect();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            tx.engine,
            "UPDATE model_versions SET files_changes = files_changes + 1,
             files_state = CASE files_state WHEN 'elsewhere' THEN files_state ELSE 'waiting' END WHERE id IN",
        );
        sql.list(chunk).execute(tx.connection).await?;
    }
    Ok(())
}
