//! The files of versions: read once by the server that finds them waiting, then known by their SHA-256.

use domain::Millis;
use domain::permissions::Level;
use domain::registry::FilesState;
use domain::reviews::document::FilePart;
use domain::reviews::signature::SignatureTexts;
use futures::FutureExt as _;
use sqlx::AnyConnection;

use super::places::UnderWay;
use super::{Asking, find_version, no_version, readable};
use crate::Db;
use crate::bulk;
use crate::error::Result;
use crate::sql::unpack;

/// A version whose files nobody has read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub id: i64,
    /// The registered model's.
    pub name: String,
    pub version: i64,
    /// Where its files are, as it was registered.
    pub storage_location: String,
    /// How often they had changed when it was looked up.
    pub changes: i64,
    /// A change of them is under way.
    pub is_changing: bool,
}

/// What reading a version's files came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    pub state: FilesState,
    pub files: Vec<FilePart>,
    pub signature: Option<SignatureTexts>,
}

/// The first versions that wait to be read, those after `id`.
///
/// # Errors
/// Only the database's.
pub async fn unread(db: &Db, after: i64, max: i64, now: Millis) -> Result<Vec<Unread>> {
    let mut connection = db.snapshot().await?;
    let under_way = UnderWay::read(&mut connection, now).await?;
    let found: Vec<(i64, String, i64, String, i64)> = sqlx::query_as(
        "SELECT v.id, m.name, v.version, v.storage_location, v.files_changes
         FROM model_versions v JOIN registered_models m ON m.id = v.model_id
         WHERE v.files_state = 'waiting' AND v.id > $1 ORDER BY v.id LIMIT $2",
    )
    .bind(after)
    .bind(max)
    .fetch_all(&mut *connection)
    .await?;
    let unread = |(id, name, version, storage_location, changes): (i64, String, i64, String, i64)| Unread {
        id,
        name,
        version,
        is_changing: under_way.reaches(&storage_location),
        storage_location,
        changes,
    };
    Ok(found.into_iter().map(unread).collect())
}

/// Keeps what was read, in place of what was known; nothing of a version that no longer waits, is gone, or has changed
/// since it was looked up.
///
/// # Errors
/// Only the database's.
pub async fn set(db: &Db, version: &Unread, reading: Reading, now: Millis) -> Result<()> {
    let Unread { id, changes, storage_location, .. } = version.clone();
    db.write(move |tx| {
        async move {
            if UnderWay::read(tx.connection, now).await?.reaches(&storage_location) {
                return Ok(());
            }
            let waiting: Option<(i64,)> = sqlx::query_as(
                "UPDATE model_versions SET files_state = $1 WHERE id = $2 AND files_state = 'waiting'
                 AND files_changes = $3 RETURNING id",
            )
            .bind(reading.state.as_str())
            .bind(id)
            .bind(changes)
            .fetch_optional(&mut *tx.connection)
            .await?;
            if waiting.is_none() {
                return Ok(());
            }
            for table in ["version_files", "version_signatures"] {
                sqlx::query(&format!("DELETE FROM {table} WHERE version_id = $1"))
                    .bind(id)
                    .execute(&mut *tx.connection)
                    .await?;
            }
            let head = "INSERT INTO version_files (version_id, path, size, sha256)";
            bulk::insert(tx.connection, tx.engine, (head, ""), 4, &reading.files, |row, file| {
                let size = i64::try_from(file.size).unwrap_or(i64::MAX);
                row.bind(id).bind(&*file.path).bind(size).bind(&*file.sha256)
            })
            .await?;
            let Some(signature) = &reading.signature else { return Ok(()) };
            sqlx::query(
                "INSERT INTO version_signatures (version_id, inputs, outputs, params) VALUES ($1, $2, $3, $4)",
            )
            .bind(id)
            .bind(signature.inputs.as_deref())
            .bind(signature.outputs.as_deref())
            .bind(signature.params.as_deref())
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Has a version's files read once more: they changed. Until then what was known holds.
///
/// # Errors
/// `NotFound`.
pub async fn again(db: &Db, name: String, version: i64) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let asking = Asking::new(tx.engine, &by, Level::Edit);
            let (id, _) = find_version(tx.connection, asking, &name, version).await?;
            sqlx::query(
                "UPDATE model_versions SET files_state = 'waiting', files_changes = files_changes + 1
                 WHERE id = $1",
            )
            .bind(id)
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Has those read once more that couldn't be.
///
/// # Errors
/// Only the database's.
pub async fn retry_failed(db: &Db) -> Result<()> {
    db.write(|tx| {
        async move {
            sqlx::query(
                // They didn't change: what counts by that goes on.
                "UPDATE model_versions SET files_state = 'waiting' WHERE files_state = 'failed'",
            )
            .execute(&mut *tx.connection)
            .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// What is known of a version's files, by path. Of one moment: a reading that is kept meanwhile is seen whole or not
/// at all.
///
/// # Errors
/// `NotFound`.
pub async fn get(db: &Db, name: &str, version: i64) -> Result<Reading> {
    type Row = (String, Option<String>, Option<String>, Option<String>, String);

    let mut connection = db.reader().await?;
    readable(&mut connection, db.engine(), db.by(), name).await?;
    let files = db.engine().packed(
        "path, size, sha256",
        "SELECT path, size, sha256 FROM version_files WHERE version_id = v.id ORDER BY path",
    );
    let found: Option<Row> = sqlx::query_as(&format!(
        "SELECT v.files_state, s.inputs, s.outputs, s.params, ({files})
         FROM model_versions v JOIN registered_models m ON m.id = v.model_id
         LEFT JOIN version_signatures s ON s.version_id = v.id
         WHERE m.name = $1 AND v.version = $2"
    ))
    .bind(name)
    .bind(version)
    .fetch_optional(&mut *connection)
    .await?;
    let (state, inputs, outputs, params, files) = found.ok_or_else(|| no_version(name, version))?;
    let files: Vec<(String, u64, String)> = unpack(&files)?;
    let signature = SignatureTexts { inputs, outputs, params };
    Ok(Reading {
        state: FilesState::parse(&state).unwrap_or_default(),
        files: files.into_iter().map(|(path, size, sha256)| FilePart { path, sha256, size }).collect(),
        signature: Some(signature).filter(|texts| *texts != SignatureTexts::default()),
    })
}

/// A version's signature.
pub(super) async fn signature(connection: &mut AnyConnection, id: i64) -> Result<Option<SignatureTexts>> {
    let found: Option<(Option<String>, Option<String>, Option<String>)> =
        sqlx::query_as("SELECT inputs, outputs, params FROM version_signatures WHERE version_id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await?;
    Ok(found.map(|(inputs, outputs, params)| SignatureTexts { inputs, outputs, params }))
}
