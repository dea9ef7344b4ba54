//! A review's rows, read.

use domain::Millis;
use domain::accounts::Role;
use domain::reviews::gates::{CheckReport, CheckState, Waiver};
use domain::reviews::sign_off::{Block, SignOff};
use domain::reviews::state::{Review, State};
use domain::reviews::{Kind, Target};
use sqlx::{AnyConnection, FromRow};

use crate::error::{Error, Result};

/// A review's own row.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Row {
    pub id: i64,
    pub model_id: i64,
    pub version_id: i64,
    pub version: i64,
    pub kind: String,
    pub target: String,
    pub from_stage: String,
    pub archive_existing: i64,
    pub requester_id: Option<i64>,
    pub requester: String,
    pub authors: String,
    pub comment: String,
    pub state: String,
    pub opened_at_ms: i64,
    pub deadline_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
    pub ended_by: String,
    pub reason: String,
    pub is_override: i64,
    pub follows: Option<i64>,
    pub replaced: Option<i64>,
}

pub(super) const SELECT: &str = "SELECT id, model_id, version_id, version, kind, target, from_stage,
    archive_existing, requester_id, requester, authors, comment, state, opened_at_ms, deadline_ms, ended_at_ms,
    ended_by, reason, is_override, follows, replaced FROM reviews";

impl Row {
    pub fn target(&self) -> Target {
        Target::parse(&self.target)
    }

    pub fn kind(&self) -> Kind {
        Kind::parse(&self.kind).unwrap_or(Kind::Promotion)
    }

    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or_default()
    }

    pub fn review(&self) -> Review {
        Review {
            state: self.state(),
            kind: self.kind(),
            target: self.target(),
            requester: self.requester_id,
            authors: self.authors.split(',').filter_map(|id| id.parse().ok()).collect(),
            deadline: self.deadline_ms.map(Millis),
        }
    }
}

/// A signature with what was said.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub sign_off: SignOff,
    pub name: String,
    pub words: String,
    pub via: String,
}

#[derive(Debug, Clone)]
pub(super) struct Blocked {
    pub block: Block,
    pub name: String,
    pub words: String,
}

pub(super) async fn row(connection: &mut AnyConnection, id: i64) -> Result<Row> {
    let row: Option<Row> =
        sqlx::query_as(&format!("{SELECT} WHERE id = $1")).bind(id).fetch_optional(connection).await?;
    row.ok_or_else(|| Error::not_found("review", "id", id))
}

/// The open reviews of a model.
pub(super) async fn open_of(connection: &mut AnyConnection, model: i64) -> Result<Vec<Row>> {
    let text = format!("{SELECT} WHERE model_id = $1 AND state = 'open' ORDER BY id");
    Ok(sqlx::query_as(&text).bind(model).fetch_all(connection).await?)
}

/// A role as it was stored; a role that there isn't any more counts for nothing.
fn role(text: &str) -> Role {
    Role::parse(text).unwrap_or(Role::Viewer)
}

type SignedRow = (i64, String, String, String, String, String, i64, Option<i64>);
type BlockedRow = (i64, String, String, String, i64, Option<i64>);
type CheckRow = (String, String, String, Option<String>, Option<String>, i64);

/// The versions in a stage, but one.
pub(super) async fn others_in(
    connection: &mut AnyConnection,
    model: i64,
    stage: &str,
    not: i64,
) -> Result<Vec<i64>> {
    let versions: Vec<(i64,)> = sqlx::query_as(
        "SELECT version FROM model_versions WHERE model_id = $1 AND stage = $2 AND version <> $3 ORDER BY version",
    )
    .bind(model)
    .bind(stage)
    .bind(not)
    .fetch_all(connection)
    .await?;
    Ok(versions.into_iter().map(|(version,)| version).collect())
}

pub(super) async fn signed(connection: &mut AnyConnection, review: i64) -> Result<Vec<Signed>> {
    let rows: Vec<SignedRow> = sqlx::query_as(
        "SELECT by_id, name, role, digest, words, via, at_ms, withdrawn_at_ms FROM review_sign_offs
         WHERE review_id = $1 ORDER BY id",
    )
    .bind(review)
    .fetch_all(connection)
    .await?;
    let signed = |(by, name, role_text, digest, words, via, at, withdrawn): (
        i64,
        String,
        String,
        String,
        String,
        String,
        i64,
        Option<i64>,
    )| Signed {
        sign_off: SignOff {
            by,
            role: role(&role_text),
            digest,
            at: Millis(at),
            is_withdrawn: withdrawn.is_some(),
        },
        name,
        words,
        via,
    };
    Ok(rows.into_iter().map(signed).collect())
}

pub(super) async fn blocked(connection: &mut AnyConnection, review: i64) -> Result<Vec<Blocked>> {
    let rows: Vec<BlockedRow> = sqlx::query_as(
        "SELECT by_id, name, role, words, at_ms, lifted_at_ms FROM review_blocks WHERE review_id = $1 ORDER BY id",
    )
    .bind(review)
    .fetch_all(connection)
    .await?;
    let blocked = |(by, name, role_text, words, at, lifted): BlockedRow| Blocked {
        block: Block { by, role: role(&role_text), at: Millis(at), is_lifted: lifted.is_some() },
        name,
        words,
    };
    Ok(rows.into_iter().map(blocked).collect())
}

pub(super) async fn waivers(connection: &mut AnyConnection, review: i64) -> Result<Vec<(Waiver, String)>> {
    let rows: Vec<(String, i64, String, String, String, i64)> = sqlx::query_as(
        "SELECT gate, by_id, name, reason, evidence_sha256, at_ms FROM review_waivers
         WHERE review_id = $1 AND lifted_at_ms IS NULL ORDER BY id",
    )
    .bind(review)
    .fetch_all(connection)
    .await?;
    let waiver =
        |(gate, by, name, reason, evidence_sha256, at): (String, i64, String, String, String, i64)| {
            (Waiver { gate, by, reason, evidence_sha256, at: Millis(at) }, name)
        };
    Ok(rows.into_iter().map(waiver).collect())
}

pub(super) async fn checks(connection: &mut AnyConnection, review: i64) -> Result<Vec<CheckReport>> {
    let rows: Vec<CheckRow> = sqlx::query_as(
        "SELECT name, state, summary, link, files_sha256, at_ms FROM review_checks WHERE review_id = $1 ORDER BY id",
    )
    .bind(review)
    .fetch_all(connection)
    .await?;
    let report = |(name, state, summary, link, files_sha256, at): (
        String,
        String,
        String,
        Option<String>,
        Option<String>,
        i64,
    )| CheckReport {
        name,
        state: CheckState::parse(&state).unwrap_or(CheckState::Error),
        summary,
        link,
        files_sha256,
        at: Millis(at),
    };
    Ok(rows.into_iter().map(report).collect())
}
