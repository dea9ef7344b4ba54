//! Policies: what a stage or an alias asks for, saved as versions.

use std::collections::BTreeSet;

use domain::Millis;
use domain::accounts::{Caller, Via};
use domain::limits::{self, Invalid};
use domain::registry::{ARCHIVED, Stages};
use domain::reviews::Target;
use domain::reviews::policy::{self, InForce, Policy, StageRules};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::AnyConnection;

use crate::Db;
use crate::audit::{self, Change};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::registry::{self, stage_list};

/// The workspace's, or one model's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyOf {
    Workspace,
    /// By its name.
    Model(String),
}

/// A policy as somebody saved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPolicy {
    /// From 1; 0: the default that nobody has saved.
    pub version: i64,
    /// TOML; empty: it was taken away.
    pub text: String,
    pub sha256: String,
    pub author: String,
    pub reason: String,
    pub at: Millis,
}

const WORKSPACE: i64 = 0;
const MAX_TEXT_LENGTH: usize = 100_000;
const MAX_REASON_LENGTH: usize = 1000;

type Row = (i64, String, String, String, String, i64);

fn saved((version, text, sha256, author, reason, at): Row) -> SavedPolicy {
    SavedPolicy { version, text, sha256, author, reason, at: Millis(at) }
}

async fn newest(connection: &mut AnyConnection, model: i64) -> Result<Option<SavedPolicy>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT version, text, sha256, author, reason, at_ms FROM policies
         WHERE model_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(model)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(saved))
}

/// What holds where nobody has saved anything. In the open mode there is one person, and nobody to countersign.
fn unsaved(by: &Caller) -> Option<SavedPolicy> {
    (by.via != Via::Open).then(|| SavedPolicy {
        version: 0,
        text: policy::DEFAULT_TOML.to_owned(),
        sha256: Policy::default_for_workspace().sha256(),
        author: String::new(),
        reason: "the default of a new workspace".into(),
        at: Millis(0),
    })
}

fn read(saved: Option<SavedPolicy>, stages: &Stages) -> Option<(SavedPolicy, Policy)> {
    let saved = saved.filter(|saved| !saved.text.is_empty())?;
    match policy::parse(&saved.text, stages) {
        Ok(policy) => Some((saved, policy)),
        Err(error) => {
            // It was read when it was saved; whoever changed it since has to be stopped, not let through.
            tracing::error!(%error, "a saved policy can't be read; the default holds instead");
            Some((saved, Policy::default_for_workspace()))
        }
    }
}

/// The policies that decide about a model, read once for all of its targets.
pub(super) struct Held {
    stages: Stages,
    of_model: Option<(SavedPolicy, Policy)>,
    of_workspace: Option<(SavedPolicy, Policy)>,
}

impl Held {
    pub async fn of(connection: &mut AnyConnection, by: &Caller, model: i64) -> Result<Self> {
        let stages = stage_list::read(connection).await?;
        let of_model = read(newest(connection, model).await?, &stages);
        let of_workspace = newest(connection, WORKSPACE).await?.or_else(|| unsaved(by));
        Ok(Self { of_workspace: read(of_workspace, &stages), of_model, stages })
    }

    /// What decides about a target, with the policy that it is in.
    pub fn in_force(&self, target: &Target) -> Option<(InForce, SavedPolicy)> {
        let found = policy::in_force(
            self.of_model.as_ref().map(|(_, policy)| policy),
            self.of_workspace.as_ref().map(|(_, policy)| policy),
            target,
        )?;
        let held = match found.scope {
            policy::Scope::Model => &self.of_model,
            policy::Scope::Workspace => &self.of_workspace,
        };
        let saved = held.as_ref().map(|(saved, _)| saved.clone())?;
        Some((found, saved))
    }

    /// The stages, and the aliases that one of the policies names.
    pub fn targets(&self) -> Vec<Target> {
        let policies = self.of_model.iter().chain(&self.of_workspace);
        let aliases: BTreeSet<&String> = policies.flat_map(|(_, policy)| policy.aliases.keys()).collect();
        let stages = self.stages.iter().map(|stage| Target::Stage(stage.to_owned()));
        stages.chain(aliases.into_iter().cloned().map(Target::Alias)).collect()
    }
}

/// The policy that decides about one target, with the text that it is in.
pub(super) async fn in_force(
    connection: &mut AnyConnection,
    by: &Caller,
    model: i64,
    target: &Target,
) -> Result<Option<(InForce, SavedPolicy)>> {
    Ok(Held::of(connection, by, model).await?.in_force(target))
}

/// Whether a model has a policy of its own.
pub(super) async fn has_own(connection: &mut AnyConnection, model: i64) -> Result<bool> {
    Ok(newest(connection, model).await?.is_some_and(|saved| !saved.text.is_empty()))
}

/// What decides about a model's target, for a page.
///
/// # Errors
/// `NotFound` without the model.
pub async fn in_force_for(db: &Db, model: &str, target: &Target) -> Result<Option<InForce>> {
    let mut connection = db.reader().await?;
    let id = registry::readable(&mut connection, db.engine(), db.by(), model).await?;
    Ok(in_force(&mut connection, db.by(), id, target).await?.map(|(in_force, _)| in_force))
}

/// The rules for each stage and alias of a model that has any.
///
/// # Errors
/// `NotFound` without the model.
pub async fn stage_rules_of(db: &Db, model: &str) -> Result<Vec<(Target, StageRules)>> {
    let mut connection = db.reader().await?;
    let id = registry::readable(&mut connection, db.engine(), db.by(), model).await?;
    let held = Held::of(&mut connection, db.by(), id).await?;
    let stages = held.stages.iter().map(|stage| Target::Stage(stage.to_owned()));
    let ruled = stages.filter_map(|target| {
        let (found, _) = held.in_force(&target)?;
        Some((target, found.rules))
    });
    Ok(ruled.collect())
}

/// The policies that hold, each with the stages that it names.
pub(crate) async fn naming_stages(
    connection: &mut AnyConnection,
    by: &Caller,
    stages: &Stages,
) -> Result<Vec<(String, BTreeSet<String>)>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT p.model_id, COALESCE(m.name, ''), p.text FROM policies p
         LEFT JOIN registered_models m ON m.id = p.model_id
         WHERE p.version = (SELECT MAX(q.version) FROM policies q WHERE q.model_id = p.model_id)
         AND (m.id IS NOT NULL OR p.model_id = $1) ORDER BY p.model_id",
    )
    .bind(WORKSPACE)
    .fetch_all(connection)
    .await?;
    let mut held: Vec<_> = rows
        .into_iter()
        .map(|(model, name, text)| {
            let of =
                if model == WORKSPACE { WORKSPACES.to_owned() } else { format!("the policy of `{name}`") };
            (of, text)
        })
        .collect();
    if !held.iter().any(|(of, _)| of == WORKSPACES) {
        held.extend(unsaved(by).map(|saved| (WORKSPACES.to_owned(), saved.text)));
    }
    let named = held.into_iter().filter(|(_, text)| !text.is_empty()).map(|(of, text)| {
        let policy = policy::parse(&text, stages).unwrap_or_else(|_| Policy::default_for_workspace());
        (of, policy.named_stages().into_iter().map(str::to_owned).collect())
    });
    Ok(named.collect())
}

const WORKSPACES: &str = "the workspace's policy";

async fn number_of(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    of: &PolicyOf,
) -> Result<i64> {
    match of {
        PolicyOf::Workspace => Ok(WORKSPACE),
        PolicyOf::Model(name) => registry::readable(connection, engine, by, name).await,
    }
}

/// The policy that holds; `None`: there is none.
///
/// # Errors
/// `NotFound` without the model.
pub async fn policy(db: &Db, of: &PolicyOf) -> Result<Option<SavedPolicy>> {
    let mut connection = db.reader().await?;
    let number = number_of(&mut connection, db.engine(), db.by(), of).await?;
    let found = newest(&mut connection, number).await?;
    let found = if *of == PolicyOf::Workspace { found.or_else(|| unsaved(db.by())) } else { found };
    Ok(found.filter(|saved| !saved.text.is_empty()))
}

/// All that were saved, newest first.
///
/// # Errors
/// `NotFound` without the model.
pub async fn policy_history(db: &Db, of: &PolicyOf) -> Result<Vec<SavedPolicy>> {
    let mut connection = db.reader().await?;
    let number = number_of(&mut connection, db.engine(), db.by(), of).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT version, text, sha256, author, reason, at_ms FROM policies
         WHERE model_id = $1 ORDER BY version DESC LIMIT 100",
    )
    .bind(number)
    .fetch_all(&mut *connection)
    .await?;
    Ok(rows.into_iter().map(saved).collect())
}

/// What is pushed out of a stage goes back, or to `Archived`: nothing reaches a later stage by itself.
fn check_retirement(policy: &Policy, stages: &Stages) -> Result<(), Invalid> {
    let place = |name: &str| stages.iter().position(|one| one == name);
    for (stage, rules) in &policy.stages {
        let Some(retire_to) = rules.retire_to.as_deref().filter(|name| *name != ARCHIVED) else { continue };
        if place(retire_to) > place(stage) {
            let why = format!(
                "`retire_to` of {stage}: {retire_to} comes after it, and what is pushed out goes back, or to Archived"
            );
            return Err(Invalid::new("policy", why));
        }
    }
    Ok(())
}

/// Saves a policy; an empty text takes it away. `after` is the version that was edited: who was overtaken is told.
///
/// # Errors
/// `Forbidden` unless an admin asks; `Invalid` with line and column, `InvalidState` if another was saved meanwhile,
/// `NotFound`.
pub async fn save_policy(
    db: &Db,
    of: PolicyOf,
    text: String,
    reason: String,
    after: Option<i64>,
    now: Millis,
) -> Result<i64> {
    db.by().check_admin()?;
    limits::check_short_text("text", &text, MAX_TEXT_LENGTH)?;
    limits::check_short_text("reason", &reason, MAX_REASON_LENGTH)?;
    let text = if text.trim().is_empty() { String::new() } else { text };
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let number = number_of(tx.connection, tx.engine, &by, &of).await?;
            let stages = stage_list::read(tx.connection).await?;
            let sha256 = if text.is_empty() {
                String::new()
            } else {
                let policy = policy::parse(&text, &stages).map_err(Invalid::from)?;
                check_retirement(&policy, &stages)?;
                policy.sha256()
            };
            let before = newest(tx.connection, number).await?;
            let version = before.as_ref().map_or(0, |before| before.version);
            if after.is_some_and(|after| after != version) {
                let why = "somebody saved another policy meanwhile; look at that one first";
                return Err(Error::InvalidState(why.into()));
            }
            sqlx::query(
                "INSERT INTO policies (model_id, version, text, sha256, author, reason, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(number)
            .bind(version + 1)
            .bind(&*text)
            .bind(&*sha256)
            .bind(&*by.name)
            .bind(&*reason)
            .bind(now.0)
            .execute(&mut *tx.connection)
            .await?;
            let key = match &of {
                PolicyOf::Workspace => "workspace".to_owned(),
                PolicyOf::Model(name) => name.clone(),
            };
            let part = |version: i64, sha256: &str| json!({ "version": version, "sha256": sha256 });
            let change = Change::new("policy.save", key);
            let change = change.from(before.map(|before| part(before.version, &before.sha256)));
            let mut after = part(version + 1, &sha256);
            after["reason"] = json!(reason);
            audit::record(tx, &by, change.to(after), now).await?;
            Ok(version + 1)
        }
        .boxed()
    })
    .await
}
