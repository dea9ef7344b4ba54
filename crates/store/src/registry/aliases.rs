//! Aliases: names for versions that can move.

use domain::Millis;
use domain::limits::Invalid;
use domain::permissions::Level;
use domain::registry::{LATEST, ModelVersion, check_alias, check_name, check_new_alias};
use domain::reviews::Target;
use futures::FutureExt as _;
use notify::event::What;
use serde_json::json;

use super::versions::version;
use super::{Asking, find, find_version};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::reviews::{PlainCall, check_alias_stays, check_plain_call};
use crate::webhooks::events;

/// Gives a version the alias, which another one of the model may have had.
///
/// # Errors
/// `Invalid` for a name or an alias that isn't allowed, `NotFound`.
pub async fn set_alias(db: &Db, name: String, alias: String, version: i64, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    check_new_alias(&alias)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (_, model) =
                find_version(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name, version).await?;
            let before: Option<(i64,)> =
                sqlx::query_as("SELECT version FROM model_aliases WHERE model_id = $1 AND alias = $2")
                    .bind(model)
                    .bind(&*alias)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            if before != Some((version,)) {
                let call = PlainCall { model, name: &name, version };
                check_plain_call(tx, &by, &call, &Target::Alias(alias.clone())).await?;
            }
            sqlx::query(
                "INSERT INTO model_aliases (model_id, alias, version) VALUES ($1, $2, $3)
                 ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version",
            )
            .bind(model)
            .bind(&*alias)
            .bind(version)
            .execute(&mut *tx.connection)
            .await?;
            let change = Change::new("model.set_alias", name);
            let change = change.from(json!({ "version": before.map(|(version,)| version) }));
            audit::record(tx, &by, change.to(json!({ "alias": alias, "version": version })), now).await?;
            events::tell(tx, &by, model, What::AliasSet { alias, version: version.to_string() }, now).await
        }
        .boxed()
    })
    .await
}

/// What isn't there is no error.
///
/// # Errors
/// `Invalid`, `NotFound` without the model.
pub async fn delete_alias(db: &Db, name: String, alias: String, now: Millis) -> Result<()> {
    check_name("name", &name)?;
    check_alias(&alias)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let model = find(tx.connection, Asking::new(tx.engine, &by, Level::Edit), &name).await?;
            let held: Option<(i64,)> =
                sqlx::query_as("SELECT version FROM model_aliases WHERE model_id = $1 AND alias = $2")
                    .bind(model)
                    .bind(&*alias)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            if held.is_some() {
                check_alias_stays(tx, &by, (model, &name), &alias).await?;
            }
            sqlx::query("DELETE FROM model_aliases WHERE model_id = $1 AND alias = $2")
                .bind(model)
                .bind(&*alias)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("model.delete_alias", name);
            let held = held.map(|(version,)| version);
            let change = change.from(json!({ "alias": alias, "version": held }));
            audit::record(tx, &by, change, now).await?;
            events::tell(tx, &by, model, What::AliasDeleted { alias }, now).await
        }
        .boxed()
    })
    .await
}

/// The version with that alias; `latest` is the highest.
///
/// # Errors
/// `Invalid` for an alias that nothing has: clients rely on that; `NotFound` without the model, or without any
/// version for `latest`.
pub async fn version_by_alias(db: &Db, name: &str, alias: &str) -> Result<ModelVersion> {
    check_name("name", name)?;
    check_alias(alias)?;
    let number = {
        let mut connection = db.reader().await?;
        let model = find(&mut connection, Asking::new(db.engine(), db.by(), Level::Read), name).await?;
        super::source::by_alias(&mut connection, model, alias).await?
    };
    let is_latest = alias.eq_ignore_ascii_case(LATEST);
    match number {
        Some(number) => version(db, name, number).await,
        None if is_latest => Err(Error::not_found("latest version", "model", name)),
        None => Err(Invalid::new("alias", format!("registered model alias {alias} not found")).into()),
    }
}
