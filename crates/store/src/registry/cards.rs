//! Model cards, and the metric by which a model is judged.

use domain::Millis;
use domain::permissions::Level;
use domain::registry::{check_name, check_text};
use domain::reviews::gates::{Better, PrimaryMetric};
use futures::FutureExt as _;
use serde_json::json;

use super::{Asking, find, find_version, readable, touch};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::Result;
use crate::reviews::{check_primary_metric, refusal};

/// What a person says about a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// In Markdown.
    pub text: String,
    pub updated_at: Millis,
}

/// A version's card, if somebody has written one.
///
/// # Errors
/// `NotFound` without the version.
pub async fn card(db: &Db, name: &str, version: i64) -> Result<Option<Card>> {
    let mut connection = db.reader().await?;
    let (id, _) =
        find_version(&mut connection, Asking::new(db.engine(), db.by(), Level::Read), name, version).await?;
    let found: Option<(String, i64)> =
        sqlx::query_as("SELECT text, updated_at_ms FROM model_cards WHERE version_id = $1")
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
    Ok(found.map(|(text, updated_at)| Card { text, updated_at: Millis(updated_at) }))
}

/// Writes a version's card; an empty text takes it away.
///
/// # Errors
/// `Invalid` for a text that is too long, `NotFound`.
pub async fn set_card(db: &Db, name: String, version: i64, text: String, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    check_text("card", &text)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (id, _) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name, version).await?;
            let before: Option<(String,)> =
                sqlx::query_as("SELECT text FROM model_cards WHERE version_id = $1")
                    .bind(id)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            let before = before.map(|(text,)| text);
            if text.trim().is_empty() {
                sqlx::query("DELETE FROM model_cards WHERE version_id = $1")
                    .bind(id)
                    .execute(&mut *tx.connection)
                    .await?;
            } else {
                sqlx::query(
                    "INSERT INTO model_cards (version_id, text, updated_at_ms) VALUES ($1, $2, $3)
                     ON CONFLICT (version_id)
                     DO UPDATE SET text = excluded.text, updated_at_ms = excluded.updated_at_ms",
                )
                .bind(id)
                .bind(&*text)
                .bind(now.0)
                .execute(&mut *tx.connection)
                .await?;
            }
            sqlx::query("UPDATE model_versions SET updated_at_ms = $1 WHERE id = $2")
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("version.set_card", format!("{name}/{version}"));
            let change = change.from(json!({ "text": before })).to(json!({ "text": text }));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}

pub(super) fn primary(key: String, better: &str) -> Option<PrimaryMetric> {
    let better = match better {
        "higher" => Better::Higher,
        "lower" => Better::Lower,
        _ => return None,
    };
    (!key.is_empty()).then_some(PrimaryMetric { key, better })
}

/// The metric by which a model's versions are judged, if one was named.
///
/// # Errors
/// `NotFound` without the model.
pub async fn primary_metric(db: &Db, name: &str) -> Result<Option<PrimaryMetric>> {
    let mut connection = db.reader().await?;
    let id = readable(&mut connection, db.engine(), db.by(), name).await?;
    let (key, better): (String, String) =
        sqlx::query_as("SELECT primary_metric, primary_better FROM registered_models WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *connection)
            .await?;
    Ok(primary(key, &better))
}

/// Why whoever asks may not choose the metric by which a model's versions are judged, though they may change the model;
/// `None`: they may.
///
/// # Errors
/// `NotFound` without the model.
pub async fn primary_metric_is_guarded(db: &Db, name: &str) -> Result<Option<String>> {
    let is_first = primary_metric(db, name).await?.is_none();
    let mut connection = db.reader().await?;
    let id = readable(&mut connection, db.engine(), db.by(), name).await?;
    refusal(check_primary_metric(&mut connection, db.by(), (id, name), is_first).await)
}

/// Names the metric by which a model's versions are judged; `None` takes it away.
///
/// # Errors
/// `Invalid` for a name that no metric can have, `NotFound`; `Forbidden` where a policy's gate relies on it, for whoever
/// may not waive that.
pub async fn set_primary_metric(
    db: &Db,
    name: String,
    metric: Option<PrimaryMetric>,
    now: Millis,
) -> Result<()> {
    check_name("name", &name)?;
    if let Some(metric) = &metric {
        domain::limits::check_key("metric", &metric.key)?;
    }
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let id = find(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name).await?;
            let (key, better): (String, String) =
                sqlx::query_as("SELECT primary_metric, primary_better FROM registered_models WHERE id = $1")
                    .bind(id)
                    .fetch_one(&mut *tx.connection)
                    .await?;
            check_primary_metric(tx.connection, &by, (id, &name), key.is_empty()).await?;
            let (new_key, new_better) = match &metric {
                Some(PrimaryMetric { key, better: Better::Higher }) => (key.as_str(), "higher"),
                Some(PrimaryMetric { key, better: Better::Lower }) => (key.as_str(), "lower"),
                None => ("", ""),
            };
            sqlx::query(
                "UPDATE registered_models SET primary_metric = $1, primary_better = $2 WHERE id = $3",
            )
            .bind(new_key)
            .bind(new_better)
            .bind(id)
            .execute(&mut *tx.connection)
            .await?;
            touch(tx, id, now).await?;
            let change = Change::new("model.set_primary_metric", name);
            let change = change.from(json!({ "metric": key, "better": better }));
            let change = change.to(json!({ "metric": new_key, "better": new_better }));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}
