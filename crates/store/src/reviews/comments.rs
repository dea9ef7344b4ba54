//! Comments, on a version or in its review.

use domain::Millis;
use domain::accounts::Caller;
use domain::limits::{self, Invalid};
use domain::permissions::Level;
use domain::reviews::state::{Action, Refusal, check_comment};
use futures::FutureExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::FromRow;

use super::open::MAX_WORDS;
use super::people::{access, actor};
use super::tell;
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::permissions::model_level;
use crate::registry::{no_version, readable};
use crate::writer::Tx;

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Comment {
    pub id: i64,
    pub version: i64,
    pub review_id: Option<i64>,
    pub by_id: Option<i64>,
    pub name: String,
    /// Markdown; empty once it is deleted.
    pub text: String,
    pub at_ms: i64,
    pub edited_at_ms: Option<i64>,
    pub deleted_at_ms: Option<i64>,
}

const SELECT: &str =
    "SELECT id, version, review_id, by_id, name, text, at_ms, edited_at_ms, deleted_at_ms FROM comments";

fn check_text(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Invalid::new("comment", "write something").into());
    }
    Ok(limits::check_short_text("comment", text, MAX_WORDS)?)
}

/// What is kept of a text in the log: whoever deletes a comment may do so for good.
fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Comments on a version of a model, or in a review of it.
///
/// # Errors
/// `Invalid`, `NotFound`, `Forbidden` for whoever may only look.
pub async fn add_comment(
    db: &Db,
    name: String,
    version: i64,
    review: Option<i64>,
    text: String,
    now: Millis,
) -> Result<Comment> {
    check_text(&text)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let model = readable(tx.connection, tx.engine, &by, &name).await?;
            let found: Option<(i64,)> =
                sqlx::query_as("SELECT id FROM model_versions WHERE model_id = $1 AND version = $2")
                    .bind(model)
                    .bind(version)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            found.ok_or_else(|| no_version(&name, version))?;
            let level = model_level(tx.connection, tx.engine, &by, model).await?;
            check_may(&by, level, &Action::Comment)?;
            let id = tx.next_ids("comments", 1).await?;
            let comment = Comment {
                id,
                version,
                review_id: review,
                by_id: by.user_id,
                name: by.name.clone(),
                text,
                at_ms: now.0,
                edited_at_ms: None,
                deleted_at_ms: None,
            };
            sqlx::query(
                "INSERT INTO comments (id, model_id, version, review_id, by_id, name, text, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(id)
            .bind(model)
            .bind(version)
            .bind(review)
            .bind(comment.by_id)
            .bind(&*comment.name)
            .bind(&*comment.text)
            .bind(now.0)
            .execute(&mut *tx.connection)
            .await?;
            let change = Change::new("comment.add", id);
            let after = json!({ "model": name, "version": version, "sha256": hash(&comment.text) });
            audit::record(tx, &by, change.to(after), now).await?;
            tell::commented(tx, &by, model, &comment, now).await?;
            Ok(comment)
        }
        .boxed()
    })
    .await
}

fn check_may(by: &Caller, level: Option<Level>, action: &Action) -> Result<()> {
    check_comment(action, &actor(by, access(level))).map_err(|refusal: Refusal| refusal.into())
}

async fn comment(tx: &mut Tx<'_>, by: &Caller, id: i64) -> Result<(Comment, Option<Level>)> {
    let found: Option<Comment> = sqlx::query_as(&format!("{SELECT} WHERE id = $1 AND deleted_at_ms IS NULL"))
        .bind(id)
        .fetch_optional(&mut *tx.connection)
        .await?;
    let found = found.ok_or_else(|| Error::not_found("comment", "id", id))?;
    let model: (i64,) = sqlx::query_as("SELECT model_id FROM comments WHERE id = $1")
        .bind(id)
        .fetch_one(&mut *tx.connection)
        .await?;
    let level = model_level(tx.connection, tx.engine, by, model.0).await?;
    if level.is_none() {
        return Err(Error::not_found("comment", "id", id));
    }
    Ok((found, level))
}

/// # Errors
/// `NotFound`, `Invalid`; `Forbidden` unless they wrote it.
pub async fn edit_comment(db: &Db, id: i64, text: String, now: Millis) -> Result<Comment> {
    check_text(&text)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (mut found, level) = comment(tx, &by, id).await?;
            check_may(&by, level, &Action::EditComment { by: found.by_id.unwrap_or(-1) }).or_else(
                // Nobody has an account in the open mode: there is one person.
                |refusal| if by.user_id.is_none() && found.by_id.is_none() { Ok(()) } else { Err(refusal) },
            )?;
            sqlx::query("UPDATE comments SET text = $1, edited_at_ms = $2 WHERE id = $3")
                .bind(&*text)
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("comment.edit", id).from(json!({ "sha256": hash(&found.text) }));
            audit::record(tx, &by, change.to(json!({ "sha256": hash(&text) })), now).await?;
            found.text = text;
            found.edited_at_ms = Some(now.0);
            Ok(found)
        }
        .boxed()
    })
    .await
}

/// Its place in the timeline stays; its text is gone.
///
/// # Errors
/// `NotFound`; `Forbidden` unless they wrote it or manage the model.
pub async fn delete_comment(db: &Db, id: i64, now: Millis) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (found, level) = comment(tx, &by, id).await?;
            check_may(&by, level, &Action::DeleteComment { by: found.by_id.unwrap_or(-1) })?;
            sqlx::query("UPDATE comments SET text = '', deleted_at_ms = $1 WHERE id = $2")
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("comment.delete", id).from(json!({ "sha256": hash(&found.text) }));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}

/// The comments on a version and in its reviews, oldest first.
///
/// # Errors
/// `NotFound` without the model.
pub async fn comments_of(db: &Db, name: &str, version: i64) -> Result<Vec<Comment>> {
    let mut connection = db.reader().await?;
    let model = readable(&mut connection, db.engine(), db.by(), name).await?;
    let rows = sqlx::query_as(&format!("{SELECT} WHERE model_id = $1 AND version = $2 ORDER BY id"))
        .bind(model)
        .bind(version)
        .fetch_all(&mut *connection)
        .await?;
    Ok(rows)
}
