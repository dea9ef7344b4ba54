//! Prompts: what one says is in its version's tags. To reviews each of these is a file, named by its key.

use domain::accounts::Caller;
use domain::registry::{PROMPT_TAG, source};
use domain::reviews::state::State;
use sha2::{Digest as _, Sha256};

use super::places::add_author;
use crate::error::{Error, Result};
use crate::reviews::guarded_place;
use crate::writer::Tx;

pub(super) const TEXT_TAG: &str = "mlflow.prompt.text";
/// Kind of prompt, form of the answer, settings of the model.
const SETTINGS: &str = "_mlflow_prompt_";

/// Whether a tag is a part of what a prompt says, rather than a note about it.
fn is_content(key: &str) -> bool {
    key == TEXT_TAG || key == PROMPT_TAG || key.starts_with(SETTINGS)
}

/// Keeps what a version says as its files, if it is of a prompt.
pub(crate) async fn keep_files(tx: &mut Tx<'_>, version: i64) -> Result<()> {
    if !is_prompt(tx, version).await? {
        return Ok(());
    }
    let tags: Vec<(String, String)> =
        sqlx::query_as("SELECT key, value FROM model_version_tags WHERE version_id = $1 ORDER BY key")
            .bind(version)
            .fetch_all(&mut *tx.connection)
            .await?;
    sqlx::query("DELETE FROM version_files WHERE version_id = $1")
        .bind(version)
        .execute(&mut *tx.connection)
        .await?;
    for (key, value) in tags.into_iter().filter(|(key, _)| is_content(key)) {
        sqlx::query("INSERT INTO version_files (version_id, path, sha256, size) VALUES ($1, $2, $3, $4)")
            .bind(version)
            .bind(key)
            .bind(hex::encode(Sha256::digest(&value)))
            .bind(i64::try_from(value.len()).unwrap_or(i64::MAX))
            .execute(&mut *tx.connection)
            .await?;
    }
    Ok(())
}

/// Fails if a tag is what a released prompt says, or one that serves where a policy guards; or if it would make a released
/// model something else to clients. To be asked before the tag changes.
///
/// # Errors
/// `Forbidden` names the review, or the place.
pub(super) async fn check_tag_may_change(
    tx: &mut Tx<'_>,
    by: &Caller,
    version: i64,
    key: &str,
) -> Result<()> {
    let is_prompt = is_prompt(tx, version).await?;
    if !is_content(key) || !(is_prompt || key == PROMPT_TAG) {
        return Ok(());
    }
    let said = if is_prompt { "is what this prompt says" } else { "says what clients take this version for" };
    let (released,): (Option<i64>,) =
        sqlx::query_as("SELECT MAX(id) FROM reviews WHERE version_id = $1 AND state = $2")
            .bind(version)
            .bind(State::Applied.as_str())
            .fetch_one(&mut *tx.connection)
            .await?;
    if let (None, Some(target)) = (released, guarded_place(tx.connection, by, version).await?) {
        return Err(Error::Forbidden(format!(
            "the tag `{key}` {said}, and it is in {target}, which a policy guards; register another version"
        )));
    }
    let Some(review) = released else { return Ok(()) };
    Err(Error::Forbidden(format!(
        "the tag `{key}` {said}, and review {review} released it as it is; register another version"
    )))
}

/// Notes that what a prompt says has changed: signatures are for what it said before, and who changed it is an author.
/// To be called after the change.
pub(super) async fn tag_changed(tx: &mut Tx<'_>, by: Option<i64>, version: i64, key: &str) -> Result<()> {
    if !is_content(key) || !is_prompt(tx, version).await? {
        return Ok(());
    }
    sqlx::query("UPDATE model_versions SET files_changes = files_changes + 1 WHERE id = $1")
        .bind(version)
        .execute(&mut *tx.connection)
        .await?;
    if let Some(by) = by {
        add_author(tx, version, by).await?;
    }
    keep_files(tx, version).await
}

async fn is_prompt(tx: &mut Tx<'_>, version: i64) -> Result<bool> {
    let (source,): (String,) = sqlx::query_as("SELECT source FROM model_versions WHERE id = $1")
        .bind(version)
        .fetch_one(&mut *tx.connection)
        .await?;
    Ok(source::parse(&source, true).is_ok())
}
