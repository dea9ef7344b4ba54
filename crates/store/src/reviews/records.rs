//! Release records: what was decided, by whom, on which facts, signed for whoever asks later.

use domain::Millis;
use domain::accounts::Caller;
use domain::reviews::Kind;
use domain::reviews::gates::{GateResult, Status};
use domain::reviews::policy::Roles;
use release::predicate::{
    AuditAnchor, CANONICALIZATION, Digest, Gate, GateStatus, Kind as RecordKind, Model, Override, Person,
    Places, Policy, Predicate, Release, SignOff, Transition, Waiver,
};
use release::{Moment, Statement, Subject};

use super::Office;
use super::rows::Row;
use super::situation::{Situation, check_may_see};
use crate::Db;
use crate::error::{Error, Result};
use crate::registry;
use crate::writer::Tx;

/// A record as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub review: i64,
    pub version: i64,
    pub sha256: String,
    /// A DSSE envelope, a line of JSON.
    pub envelope: String,
    pub at: Millis,
}

/// The envelope for a release that is being made, signed.
pub(super) async fn record(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &Caller,
    now_is: &Situation,
    (override_reason, follow_up): (Option<&str>, Option<i64>),
    now: Millis,
) -> Result<String> {
    let head: Option<(i64, String)> =
        sqlx::query_as("SELECT id, hash FROM audit_entries ORDER BY id DESC LIMIT 1")
            .fetch_optional(&mut *tx.connection)
            .await?;
    let subjects =
        now_is.seen.version.files.iter().map(|file| Subject::new(&*file.path, &*file.sha256, file.size));
    let predicate = predicate(office, by, now_is, (override_reason, follow_up), head, now);
    let statement = Statement::new(subjects.collect(), predicate).map_err(refused)?;
    office.seal(&statement)
}

#[expect(clippy::needless_pass_by_value, reason = "is given to `map_err`")]
fn refused(why: release::Error) -> Error {
    Error::InvalidState(format!("the release can't be recorded, so it isn't made: {why}"))
}

fn predicate(
    office: &Office,
    by: &Caller,
    now_is: &Situation,
    (override_reason, follow_up): (Option<&str>, Option<i64>),
    head: Option<(i64, String)>,
    now: Millis,
) -> Predicate {
    let row = &now_is.row;
    let requester = row.requester_id.unwrap_or_default();
    let roles: Vec<_> = now_is.people.roles(requester).iter().map(|role| role.as_str().to_owned()).collect();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let kind = match row.kind() {
        _ if override_reason.is_some() => RecordKind::Override,
        Kind::Rollback => RecordKind::Rollback,
        _ => RecordKind::Review,
    };
    Predicate {
        release: Release {
            id: row.id.to_string(),
            server: office.instance.clone(),
            url: Some(format!("{}/reviews/{}", office.url, row.id)),
            issued_at: Moment::from(now),
        },
        model: Model {
            name: now_is.seen.model.clone(),
            version: row.version.to_string(),
            source: some(&now_is.seen.version.source),
            run_id: some(&now_is.seen.version.run_uuid),
            previous: now_is.seen.champion.as_ref().map(|champion| champion.facts.version.to_string()),
        },
        transition: Transition {
            from: some(&row.from_stage),
            to: row.target.clone(),
            archived: now_is.seen.archive.iter().map(ToString::to_string).collect(),
            kind,
            requested_by: Person {
                name: row.requester.clone(),
                id: row.requester_id.map(|id| id.to_string()),
                roles,
            },
            requested_at: Moment::from(Millis(row.opened_at_ms)),
            comment: some(&row.comment),
        },
        digest: Digest {
            sha256: now_is.seen.standing.digest.clone(),
            canonicalization: CANONICALIZATION.to_owned(),
            document: now_is.seen.document.clone(),
        },
        policy: policy(now_is),
        gates: now_is.seen.standing.gates.iter().map(|gate| self::gate(now_is, gate, now)).collect(),
        sign_offs: sign_offs(now_is),
        overridden: override_reason.map(|reason| Override {
            by: by.name.clone(),
            reason: reason.to_owned(),
            follow_up: follow_up.map(|id| id.to_string()),
        }),
        audit: head.map(|(seq, hash)| AuditAnchor { seq: seq.to_string(), hash }),
    }
}

fn policy(now_is: &Situation) -> Policy {
    let saved = now_is.seen.policy.as_ref();
    let in_force = now_is.seen.standing.in_force.as_ref();
    let roles = |roles: &Roles| match roles {
        Roles::Any => vec!["any".to_owned()],
        Roles::Of(roles) => roles.iter().map(|role| role.as_str().to_owned()).collect(),
    };
    let requirements = now_is.seen.standing.requirements(&now_is.review);
    Policy {
        scope: in_force.map_or("none", |in_force| in_force.scope.as_str()).to_owned(),
        version: saved.and_then(|saved| u32::try_from(saved.version).ok()).unwrap_or_default(),
        sha256: in_force.map(domain::reviews::policy::InForce::sha256).unwrap_or_default(),
        toml: saved.map(|saved| saved.text.clone()).unwrap_or_default(),
        author_may_sign: in_force.is_some_and(|in_force| in_force.author_may_sign(now_is.review.kind)),
        sign_off: requirements
            .iter()
            .map(|requirement| Places { roles: roles(&requirement.roles), count: requirement.count })
            .collect(),
    }
}

fn gate(now_is: &Situation, gate: &GateResult, now: Millis) -> Gate {
    let status = match gate.status {
        _ if gate.waiver.is_some() => GateStatus::Waived,
        Status::Pass => GateStatus::Pass,
        Status::Fail => GateStatus::Fail,
        Status::Pending => GateStatus::Pending,
        Status::NotApplicable => GateStatus::NotApplicable,
    };
    let waiver = gate.waiver.as_ref().map(|waiver| Waiver {
        by: now_is.people.name(waiver.by),
        id: Some(waiver.by.to_string()),
        reason: waiver.reason.clone(),
    });
    Gate {
        id: gate.id.clone(),
        kind: gate.kind.clone(),
        // A rollback shows its gates and asks none.
        required: gate.required && now_is.review.kind == Kind::Promotion,
        status,
        may_be_not_applicable: true,
        summary: Some(gate.summary.clone()),
        evidence: Some(gate.evidence.clone()),
        computed_at: Some(Moment::from(now)),
        waiver,
    }
}

fn sign_offs(now_is: &Situation) -> Vec<SignOff> {
    let verdicts = now_is.signed.iter().zip(now_is.seen.standing.verdicts(&now_is.review));
    verdicts
        .filter(|(_, verdict)| verdict.is_ok())
        .map(|(signed, _)| SignOff {
            by: signed.name.clone(),
            id: Some(signed.sign_off.by.to_string()),
            role: signed.sign_off.role.as_str().to_owned(),
            at: Moment::from(signed.sign_off.at),
            words: (!signed.words.is_empty()).then(|| signed.words.clone()),
            digest: signed.sign_off.digest.clone(),
            door: if signed.via == "session" { "page" } else { "api" }.to_owned(),
        })
        .collect()
}

pub(super) async fn keep(
    tx: &mut Tx<'_>,
    row: &Row,
    sha256: &str,
    envelope: String,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO release_records (review_id, model_id, version, sha256, envelope, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.id)
    .bind(row.model_id)
    .bind(row.version)
    .bind(sha256)
    .bind(envelope)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

type Kept = (i64, i64, String, String, i64);

fn record_from((review, version, sha256, envelope, at): Kept) -> Record {
    Record { review, version, sha256, envelope, at: Millis(at) }
}

const SELECT: &str = "SELECT review_id, version, sha256, envelope, at_ms FROM release_records";

/// The record that a review ended in.
///
/// # Errors
/// `NotFound` if it ended in none, or if whoever asks may not see the review.
pub async fn record_of(db: &Db, review: i64) -> Result<Record> {
    let mut connection = db.reader().await?;
    check_may_see(&mut connection, db.engine(), db.by(), review).await?;
    let row: Option<Kept> = sqlx::query_as(&format!("{SELECT} WHERE review_id = $1"))
        .bind(review)
        .fetch_optional(&mut *connection)
        .await?;
    row.map(record_from).ok_or_else(|| Error::not_found("release record", "review", review))
}

/// All records of a version, oldest first.
///
/// # Errors
/// `NotFound` without the model.
pub async fn records_of_version(db: &Db, name: &str, version: i64) -> Result<Vec<Record>> {
    let mut connection = db.reader().await?;
    let model = registry::readable(&mut connection, db.engine(), db.by(), name).await?;
    let rows: Vec<Kept> =
        sqlx::query_as(&format!("{SELECT} WHERE model_id = $1 AND version = $2 ORDER BY review_id"))
            .bind(model)
            .bind(version)
            .fetch_all(&mut *connection)
            .await?;
    Ok(rows.into_iter().map(record_from).collect())
}

/// Every record there is, in the order of their reviews.
///
/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn all_records(db: &Db) -> Result<Vec<Record>> {
    db.by().check_admin()?;
    let rows: Vec<Kept> =
        sqlx::query_as(&format!("{SELECT} ORDER BY review_id")).fetch_all(&mut *db.reader().await?).await?;
    Ok(rows.into_iter().map(record_from).collect())
}
