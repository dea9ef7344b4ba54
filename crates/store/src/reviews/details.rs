//! A review, whole, as a page or an answer shows it.

use std::collections::BTreeMap;

use domain::Millis;
use domain::accounts::Role;
use domain::reviews::document::{Difference, FilePart, differences};
use domain::reviews::gates::{Facts, GateResult, Waiver};
use domain::reviews::policy::{InForce, Requirement};
use domain::reviews::sign_off::{self, Void};
use domain::reviews::state::{self, Action, Actor, Label, Review, Standing};
use domain::{KeyValue, canonical};
use sqlx::AnyConnection;

use super::comments::Comment;
use super::people::actor;
use super::policies::SavedPolicy;
use super::rows::{Blocked, Signed};
use super::situation::{Situation, situation};
use super::timeline::{Activity, SELECT as SELECT_ACTIVITY};
use crate::Db;
use crate::error::Result;

/// A signature, and whether it counts.
#[derive(Debug, Clone)]
pub struct SignedBy {
    pub by: i64,
    pub name: String,
    pub role: Role,
    pub words: String,
    pub at: Millis,
    pub void: Option<Void>,
    /// What has changed since it was given.
    pub changed: Vec<Difference>,
}

/// A request for changes that still holds.
#[derive(Debug, Clone)]
pub struct ChangesAsked {
    pub by: i64,
    pub name: String,
    pub role: Role,
    pub words: String,
    pub at: Millis,
}

#[derive(Debug, Clone)]
pub struct Details {
    pub id: i64,
    pub model: String,
    pub version: i64,
    pub from: String,
    pub requester: String,
    pub comment: String,
    pub opened_at: Millis,
    pub ended_at: Option<Millis>,
    pub ended_by: String,
    pub reason: String,
    pub is_override: bool,
    pub follows: Option<i64>,
    pub replaced: Option<i64>,
    pub review: Review,
    pub standing: Standing,
    pub facts: Facts,
    pub params: Vec<KeyValue>,
    pub champion_params: Vec<KeyValue>,
    pub files: Vec<FilePart>,
    pub champion_files: Vec<FilePart>,
    pub files_state: String,
    /// What the digest is of, in its one spelling.
    pub document: String,
    pub policy: Option<(InForce, SavedPolicy)>,
    pub requirements: Vec<Requirement>,
    /// What nobody is left to sign.
    pub infeasible: Vec<Requirement>,
    pub missing: Vec<String>,
    pub labels: Vec<Label>,
    pub signed: Vec<SignedBy>,
    pub changes: Vec<ChangesAsked>,
    pub waivers: Vec<(Waiver, String)>,
    pub archive: Vec<i64>,
    pub timeline: Vec<Activity>,
    pub comments: Vec<Comment>,
    pub names: BTreeMap<i64, String>,
    /// Whoever asks, and what they may do.
    pub actor: Actor,
}

impl Details {
    pub fn gates(&self) -> &[GateResult] {
        &self.standing.gates
    }

    /// Whether whoever asks may do this now.
    pub fn can(&self, action: &Action, now: Millis) -> bool {
        state::check(action, &self.review, &self.actor, &self.standing, now).is_ok()
    }

    pub fn name(&self, id: i64) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| format!("account {id}"))
    }
}

/// Reads it as it is at this moment.
///
/// # Errors
/// `NotFound`.
pub async fn details(db: &Db, id: i64, now: Millis) -> Result<Details> {
    let mut connection = db.snapshot().await?;
    let found = situation(&mut connection, db.engine(), db.by(), id, now).await?;
    let signed = signed(&mut connection, &found.signed, &found).await?;
    let timeline: Vec<Activity> =
        sqlx::query_as(&format!("{SELECT_ACTIVITY} WHERE review_id = $1 ORDER BY id"))
            .bind(id)
            .fetch_all(&mut *connection)
            .await?;
    let comments: Vec<Comment> = sqlx::query_as(
        "SELECT id, version, review_id, by_id, name, text, at_ms, edited_at_ms, deleted_at_ms FROM comments
         WHERE model_id = $1 AND version = $2 AND (review_id IS NULL OR review_id = $3) ORDER BY id",
    )
    .bind(found.row.model_id)
    .bind(found.row.version)
    .bind(id)
    .fetch_all(&mut *connection)
    .await?;
    let standing_blocks = sign_off::standing_blocks(
        &found.seen.standing.blocks,
        &found.seen.standing.sign_offs,
        &found.seen.standing.people,
    );
    let asked = |blocked: &Blocked| ChangesAsked {
        by: blocked.block.by,
        name: blocked.name.clone(),
        role: blocked.block.role,
        words: blocked.words.clone(),
        at: blocked.block.at,
    };
    let holds = |blocked: &&Blocked| standing_blocks.contains(&&blocked.block);
    let barred = found.seen.standing.barred(&found.review);
    let requirements = found.seen.standing.requirements(&found.review);
    let infeasible = sign_off::infeasible(&requirements, &found.seen.standing.people, &barred);
    let missing = found.missing();
    let labels = state::labels(&found.review, &found.seen.standing, now);
    let acting = actor(db.by(), found.access);
    let champion = found.seen.champion.as_ref();
    Ok(Details {
        id,
        model: found.seen.model.clone(),
        version: found.row.version,
        from: found.row.from_stage.clone(),
        requester: found.row.requester.clone(),
        comment: found.row.comment.clone(),
        opened_at: Millis(found.row.opened_at_ms),
        ended_at: found.row.ended_at_ms.map(Millis),
        ended_by: found.row.ended_by.clone(),
        reason: found.row.reason.clone(),
        is_override: found.row.is_override != 0,
        follows: found.row.follows,
        replaced: found.row.replaced,
        changes: found.blocked.iter().filter(holds).map(asked).collect(),
        params: found.seen.version.params.clone(),
        champion_params: champion.map(|champion| champion.params.clone()).unwrap_or_default(),
        champion_files: champion.map(|champion| champion.files.clone()).unwrap_or_default(),
        files: found.seen.version.files.clone(),
        files_state: found.seen.version.files_state.clone(),
        document: canonical::to_string(&found.seen.document),
        policy: found.seen.standing.in_force.clone().zip(found.seen.policy.clone()),
        requirements,
        infeasible,
        missing,
        labels,
        signed,
        waivers: found.waivers,
        archive: found.seen.archive,
        timeline,
        comments,
        names: found.people.names,
        actor: acting,
        review: found.review,
        standing: found.seen.standing,
        facts: found.seen.facts,
    })
}

async fn signed(connection: &mut AnyConnection, all: &[Signed], found: &Situation) -> Result<Vec<SignedBy>> {
    let mut list = Vec::new();
    for (signed, verdict) in all.iter().zip(found.seen.standing.verdicts(&found.review)) {
        let (one, void) = (&signed.sign_off, verdict.err());
        let changed = if void == Some(Void::Stale) && !found.review.state.is_final() {
            changed_since(connection, &one.digest, found).await?
        } else {
            Vec::new()
        };
        list.push(SignedBy {
            by: one.by,
            name: signed.name.clone(),
            role: one.role,
            words: signed.words.clone(),
            at: one.at,
            void,
            changed,
        });
    }
    Ok(list)
}

async fn changed_since(
    connection: &mut AnyConnection,
    digest: &str,
    found: &Situation,
) -> Result<Vec<Difference>> {
    let before: Option<(String,)> = sqlx::query_as("SELECT document FROM review_documents WHERE digest = $1")
        .bind(digest)
        .fetch_optional(connection)
        .await?;
    let before = before.and_then(|(text,)| serde_json::from_str(&text).ok());
    Ok(before.map(|before| differences(&before, &found.seen.document)).unwrap_or_default())
}
