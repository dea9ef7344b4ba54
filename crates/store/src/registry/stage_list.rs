//! The list of stages that the workspace has, and what keeps a stage in it.

use std::collections::BTreeSet;

use domain::Millis;
use domain::registry::Stages;
use futures::FutureExt as _;
use sqlx::AnyConnection;

use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::reviews::naming_stages;

/// What a stage is used by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageUse {
    pub stage: String,
    /// How many versions are in it, and the first few by name.
    pub versions: i64,
    pub some: Vec<String>,
    /// Open reviews that lead to it.
    pub reviews: Vec<i64>,
    pub policies: Vec<String>,
}

/// So many versions are named.
const MOST_NAMED: i64 = 3;

/// The stages that versions pass through here.
///
/// # Errors
/// Only the database's.
pub async fn workspace_stages(db: &Db) -> Result<Stages> {
    read(&mut *db.reader().await?).await
}

pub(crate) async fn read(connection: &mut AnyConnection) -> Result<Stages> {
    let kept: Option<(String,)> =
        sqlx::query_as("SELECT value FROM settings WHERE key = 'stages'").fetch_optional(connection).await?;
    let Some((text,)) = kept else { return Ok(Stages::default()) };
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
        tracing::error!(%error, "the list of stages can't be read; the usual four hold instead");
        Stages::default()
    }))
}

/// A stage as it is written, from any spelling of its letters.
pub(crate) async fn find(connection: &mut AnyConnection, field: &str, stage: &str) -> Result<String> {
    Ok(read(connection).await?.find(field, stage)?.to_owned())
}

/// What each of the stages between the ends is used by.
///
/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn stage_uses(db: &Db) -> Result<Vec<StageUse>> {
    db.by().check_admin()?;
    let mut connection = db.reader().await?;
    let stages = read(&mut connection).await?;
    let policies = naming_stages(&mut connection, db.by(), &stages).await?;
    let mut uses = Vec::new();
    for stage in stages.active() {
        uses.push(use_of(&mut connection, &policies, stage).await?);
    }
    Ok(uses)
}

async fn use_of(
    connection: &mut AnyConnection,
    policies: &[(String, BTreeSet<String>)],
    stage: &str,
) -> Result<StageUse> {
    let (versions, some) = versions_in(connection, stage).await?;
    let reviews: Vec<(i64,)> =
        sqlx::query_as("SELECT id FROM reviews WHERE state = 'open' AND target = $1 ORDER BY id")
            .bind(stage)
            .fetch_all(connection)
            .await?;
    let policies = policies.iter().filter(|(_, stages)| stages.contains(stage)).map(|(of, _)| of.clone());
    Ok(StageUse {
        stage: stage.to_owned(),
        versions,
        some,
        reviews: reviews.into_iter().map(|(id,)| id).collect(),
        policies: policies.collect(),
    })
}

async fn versions_in(connection: &mut AnyConnection, stage: &str) -> Result<(i64, Vec<String>)> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM model_versions WHERE stage = $1")
        .bind(stage)
        .fetch_one(&mut *connection)
        .await?;
    let some: Vec<(String, i64)> = sqlx::query_as(
        "SELECT m.name, v.version FROM model_versions v JOIN registered_models m ON m.id = v.model_id
         WHERE v.stage = $1 ORDER BY m.name, v.version LIMIT $2",
    )
    .bind(stage)
    .bind(MOST_NAMED)
    .fetch_all(connection)
    .await?;
    Ok((count, some.into_iter().map(|(name, version)| format!("`{name}` version {version}")).collect()))
}

impl StageUse {
    /// Why the stage can't go; `None`: nothing uses it.
    fn holds(&self) -> Option<String> {
        let mut by = self.some.clone();
        let more = self.versions - i64::try_from(self.some.len()).unwrap_or_default();
        if more > 0 {
            by.push(format!("{more} more versions"));
        }
        by.extend(self.reviews.iter().map(|id| format!("the open review {id}")));
        by.extend(self.policies.iter().cloned());
        (!by.is_empty()).then(|| format!("`{}` can't go: it is used by {}", self.stage, by.join(", ")))
    }
}

/// Gives the workspace its own list. What is in it already and in use stays.
///
/// `was`: the list that the new one is made from; `None`: whatever it is.
///
/// # Errors
/// `Forbidden` unless an admin asks; `Invalid` with the rule that the list breaks; `InvalidState` if the list is no
/// longer what it was, or if a stage is missing that something uses, with all that does.
pub async fn set_workspace_stages(
    db: &Db,
    names: Vec<String>,
    was: Option<Vec<String>>,
    now: Millis,
) -> Result<Stages> {
    db.by().check_admin()?;
    let stages = Stages::try_from(names)?;
    let was = was.map(Stages::try_from).transpose()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let before = read(tx.connection).await?;
            if was.is_some_and(|was| was != before) {
                let now: Vec<_> = before.active().collect();
                let why = format!("somebody else has changed the list; it is now {}", now.join(", "));
                return Err(Error::InvalidState(why));
            }
            let policies = naming_stages(tx.connection, &by, &before).await?;
            let mut held = Vec::new();
            for gone in before.active().filter(|stage| !stages.contains(stage)) {
                held.extend(use_of(tx.connection, &policies, gone).await?.holds());
            }
            if !held.is_empty() {
                return Err(Error::InvalidState(held.join("; ")));
            }
            sqlx::query(
                "INSERT INTO settings (key, value) VALUES ('stages', $1)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )
            .bind(serde_json::to_string(&stages).unwrap_or_default())
            .execute(&mut *tx.connection)
            .await?;
            let change = Change::new("stages.save", "workspace").from(&before).to(&stages);
            audit::record(tx, &by, change, now).await?;
            Ok(stages)
        }
        .boxed()
    })
    .await
}
