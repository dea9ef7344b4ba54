//! What people do to a review. Each step reads everything anew, asks the rules, and writes what follows.

use std::collections::HashMap;

use domain::Millis;
use domain::accounts::{Caller, Role};
use domain::limits;
use domain::permissions::Level;
use domain::reviews::gates::{CheckReport, CheckState, check_report};
use domain::reviews::state::{self, Access, Action, Refusal, State};
use domain::reviews::{Kind, Target};
use futures::FutureExt as _;
use serde_json::json;
use sqlx::AnyConnection;

use super::Office;
use super::apply;
use super::evidence;
use super::open::MAX_WORDS;
use super::people::actor;
use super::policies;
use super::situation::{Situation, situation};
use super::tell;
use super::timeline::{self, New};
use super::write;
use crate::Db;
use crate::audit::{self, Change};
use crate::engine::Engine;
use crate::error::Result;
use crate::permissions::model_level;
use crate::writer::Tx;

/// What somebody does, with what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `digest`: what the signer was shown.
    Sign {
        role: Option<Role>,
        digest: Option<String>,
        words: String,
    },
    Withdraw,
    RequestChanges {
        words: String,
    },
    WithdrawChanges,
    DismissChanges {
        by: i64,
        reason: String,
    },
    Report(Report),
    Waive {
        gate: String,
        reason: String,
    },
    Unwaive {
        gate: String,
    },
    Reject {
        words: String,
    },
    Cancel {
        words: String,
    },
    Override {
        reason: String,
    },
    Apply,
}

/// What something outside says about the version under review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub name: String,
    pub state: CheckState,
    pub summary: String,
    pub link: Option<String>,
    /// The files that it was made for; `None`: those that the version has now.
    pub files_sha256: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is written down; so much is still missing.
    Recorded { missing: Vec<String> },
    /// Nothing is missing any more: the version is where it was to be.
    Applied,
    /// The review is over, without that.
    Ended(State),
}

/// Does it, and applies the review if nothing is missing then.
///
/// # Errors
/// `NotFound`; `Forbidden`, `InvalidState`, `Invalid` as the rules say. A review whose time is over ends then.
pub async fn act(db: &Db, office: &Office, id: i64, act: Act, now: Millis) -> Result<Outcome> {
    let (by, office) = (db.by().clone(), office.clone());
    let outcome =
        db.write(move |tx| async move { decide(tx, &office, &by, id, &act, now).await }.boxed()).await?;
    outcome.map_err(Into::into)
}

/// The outcome, or the refusal: what expired on the way stays expired.
pub(super) async fn decide(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &Caller,
    id: i64,
    act: &Act,
    now: Millis,
) -> Result<Result<Outcome, Refusal>> {
    let mut now_is = situation(tx.connection, tx.engine, by, id, now).await?;
    if now_is.review.is_due(now) {
        expire(tx, &now_is, now).await?;
        now_is = situation(tx.connection, tx.engine, by, id, now).await?;
    }
    let acting = actor(by, now_is.access);
    if let Act::Sign { .. } = act
        && let Some(repeated) = repeated(&now_is, acting.id, act)
    {
        return Ok(Ok(repeated));
    }
    let action = action(act);
    if let Err(refusal) = state::check(&action, &now_is.review, &acting, &now_is.seen.standing, now) {
        return Ok(Err(refusal));
    }
    if let Err(invalid) = check_words(act) {
        return Ok(Err(invalid.into()));
    }
    if let Act::Report(Report { state: CheckState::Success, files_sha256: None, .. }) = act
        && now_is.seen.facts.candidate.files_sha256.is_none()
    {
        let why =
            "the version's files are being read, so nobody knows what was checked; report again in a moment";
        return Ok(Err(Refusal::InvalidState(why.into())));
    }
    if let Act::Sign { .. } | Act::Apply | Act::Override { .. } = act
        && let Some(why) = overtaken(tx.connection, &now_is).await?
    {
        return Ok(Err(Refusal::InvalidState(why)));
    }
    if let Act::Override { reason } = act {
        apply::apply(tx, office, by, &now_is, Some(reason), now).await?;
        return Ok(Ok(Outcome::Applied));
    }
    if *act == Act::Apply {
        apply::apply(tx, office, by, &now_is, None, now).await?;
        return Ok(Ok(Outcome::Applied));
    }
    write::write(tx, by, &now_is, act, now).await?;
    if let Some(ended) = action.leads_to() {
        return Ok(Ok(Outcome::Ended(ended)));
    }
    // Whatever it changed may have been the last that was missing, or have made something stale.
    let then = situation(tx.connection, tx.engine, by, id, now).await?;
    tell::differences(tx, by, Some(&now_is), &then, now).await?;
    if applies_itself(tx.connection, tx.engine, &then, now).await? {
        apply::apply(tx, office, by, &then, None, now).await?;
        return Ok(Ok(Outcome::Applied));
    }
    Ok(Ok(Outcome::Recorded { missing: then.missing() }))
}

/// Why a rollback is of a version that serves no more; `None`: it isn't one, or that serves still.
async fn overtaken(connection: &mut AnyConnection, now_is: &Situation) -> Result<Option<String>> {
    let Some(replaced) = now_is.row.replaced.filter(|_| now_is.review.kind == Kind::Rollback) else {
        return Ok(None);
    };
    let holder = evidence::holder(connection, now_is.row.model_id, &now_is.review.target, 0).await?;
    let is_there = holder == Some(replaced);
    Ok((!is_there).then(|| {
        format!("this rollback is of version {replaced}, which serves no more; cancel it, and look again")
    }))
}

/// The same signature once more, as a client sends it that heard no answer.
fn repeated(now_is: &Situation, signer: Option<i64>, act: &Act) -> Option<Outcome> {
    let Act::Sign { role, digest, .. } = act else { return None };
    let signer = signer?;
    if now_is.review.state == State::Applied {
        let last =
            now_is.signed.iter().rev().map(|signed| &signed.sign_off).find(|last| last.by == signer)?;
        let is_same = !last.is_withdrawn && digest.as_ref() == Some(&last.digest);
        return is_same.then_some(Outcome::Applied);
    }
    let standing = now_is.seen.standing.sign_off_of(&now_is.review, signer)?;
    let is_same = digest.is_some() && role.is_none_or(|role| role == standing.role);
    is_same.then(|| Outcome::Recorded { missing: now_is.missing() })
}

fn action(act: &Act) -> Action {
    match act {
        Act::Sign { role, digest, .. } => Action::Sign { role: *role, digest: digest.clone() },
        Act::Withdraw => Action::Withdraw,
        Act::RequestChanges { words } => Action::RequestChanges { words: words.clone() },
        Act::WithdrawChanges => Action::WithdrawChanges,
        Act::DismissChanges { by, reason } => Action::DismissChanges { by: *by, reason: reason.clone() },
        Act::Report(_) => Action::Report,
        Act::Waive { gate, reason } => Action::Waive { gate: gate.clone(), reason: reason.clone() },
        Act::Unwaive { gate } => Action::Unwaive { gate: gate.clone() },
        Act::Reject { .. } => Action::Reject,
        Act::Cancel { .. } => Action::Cancel,
        Act::Override { reason } => Action::Override { reason: reason.clone() },
        Act::Apply => Action::Apply,
    }
}

fn check_words(act: &Act) -> Result<(), limits::Invalid> {
    match act {
        Act::Sign { words, .. } | Act::Reject { words } | Act::Cancel { words } => {
            limits::check_short_text("comment", words, MAX_WORDS)
        }
        Act::Report(report) => check_report(&check(report, Millis(0))),
        _ => Ok(()),
    }
}

fn check(report: &Report, at: Millis) -> CheckReport {
    CheckReport {
        name: report.name.clone(),
        state: report.state,
        summary: report.summary.clone(),
        link: report.link.clone(),
        files_sha256: report.files_sha256.clone(),
        at,
    }
}

/// Ends every review whose time is over; how many.
///
/// # Errors
/// Only the database's.
pub async fn expire_due(db: &Db, now: Millis) -> Result<usize> {
    db.write(move |tx| {
        async move {
            let due: Vec<(i64,)> = sqlx::query_as(
                "SELECT id FROM reviews
                 WHERE state = 'open' AND kind <> 'followup' AND deadline_ms IS NOT NULL AND deadline_ms <= $1",
            )
            .bind(now.0)
            .fetch_all(&mut *tx.connection)
            .await?;
            let mut count = 0;
            for (id,) in due {
                match situation(tx.connection, tx.engine, &Caller::server(), id, now).await {
                    Ok(now_is) => {
                        expire(tx, &now_is, now).await?;
                        count += 1;
                    }
                    Err(error) => tracing::warn!(review = id, %error, "a review that is due can't be read"),
                }
            }
            Ok(count)
        }
        .boxed()
    })
    .await
}

/// Applies every review that lacks nothing any more because time has passed, as after a soak; how many.
///
/// # Errors
/// Only the database's: what can't be applied stays open.
pub async fn apply_ready(db: &Db, office: &Office, now: Millis) -> Result<usize> {
    let server = db.in_the_name_of(Caller::server());
    let mut connection = server.reader().await?;
    let open: Vec<(i64, i64, String, i64)> = sqlx::query_as(
        "SELECT q.id, q.model_id, q.target, CASE WHEN EXISTS
             (SELECT 1 FROM review_sign_offs s WHERE s.review_id = q.id AND s.withdrawn_at_ms IS NULL)
             THEN 1 ELSE 0 END FROM reviews q WHERE q.state = 'open' AND q.kind = $1",
    )
    .bind(Kind::Promotion.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let mut complete = Vec::new();
    let mut left_to_gates = HashMap::new();
    for (id, model, target, is_signed) in open {
        // What somebody has to sign, and nobody has, lacks more than time.
        if is_signed == 0 {
            let asked = (model, target);
            if !left_to_gates.contains_key(&asked) {
                let is_left = is_left_to_gates(&mut connection, server.by(), asked.0, &asked.1).await?;
                left_to_gates.insert(asked.clone(), is_left);
            }
            if !left_to_gates[&asked] {
                continue;
            }
        }
        match ready(&mut connection, server.engine(), id, now).await {
            Ok(Some(_)) => complete.push(id),
            Ok(None) => {}
            Err(error) => tracing::warn!(review = id, %error, "a review can't be read"),
        }
    }
    drop(connection);
    let mut count = 0;
    for id in complete {
        let office = office.clone();
        let outcome = server
            .write(move |tx| {
                async move {
                    let Some(now_is) = ready(tx.connection, tx.engine, id, now).await? else {
                        return Ok(false);
                    };
                    apply::apply(tx, &office, &Caller::server(), &now_is, None, now).await?;
                    Ok(true)
                }
                .boxed()
            })
            .await;
        match outcome {
            Ok(is_applied) => count += usize::from(is_applied),
            Err(error) => {
                tracing::warn!(review = id, %error, "a review that lacks nothing could not be applied");
            }
        }
    }
    Ok(count)
}

/// Whether a policy leaves the target to its gates: nobody has to sign.
async fn is_left_to_gates(
    connection: &mut AnyConnection,
    by: &Caller,
    model: i64,
    target: &str,
) -> Result<bool> {
    let found = policies::in_force(connection, by, model, &Target::parse(target)).await?;
    Ok(found.is_some_and(|(found, _)| found.rules.sign_off.is_empty()))
}

/// Whether somebody vouches for the request who may: those whom a policy asks to sign; else whoever asked or signed, if
/// one of them may change the model.
async fn is_vouched_for(connection: &mut AnyConnection, engine: Engine, now_is: &Situation) -> Result<bool> {
    let standing = &now_is.seen.standing;
    let named = standing.in_force.as_ref().map(|rules| rules.sign_off(now_is.review.kind));
    let Some(requester) = now_is.review.requester.filter(|_| named.is_none_or(<[_]>::is_empty)) else {
        return Ok(true);
    };
    let signers = standing.valid(&now_is.review).into_iter().map(|sign_off| sign_off.by);
    let is_enabled = |person: &i64| now_is.people.all.iter().any(|one| one.id == *person && one.is_enabled);
    for person in std::iter::once(requester).chain(signers).filter(is_enabled) {
        let roles = now_is.people.roles(person);
        let caller = Caller { user_id: Some(person), roles, ..Caller::server() };
        if model_level(connection, engine, &caller, now_is.row.model_id).await? >= Some(Level::Edit) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The review as it stands, if it applies itself now.
async fn ready(
    connection: &mut AnyConnection,
    engine: Engine,
    id: i64,
    now: Millis,
) -> Result<Option<Situation>> {
    let now_is = situation(connection, engine, &Caller::server(), id, now).await?;
    Ok(applies_itself(connection, engine, &now_is, now).await?.then_some(now_is))
}

/// Whether nothing is missing, and no person has to say so.
async fn applies_itself(
    connection: &mut AnyConnection,
    engine: Engine,
    now_is: &Situation,
    now: Millis,
) -> Result<bool> {
    let standing = &now_is.seen.standing;
    let auto_apply = standing.in_force.as_ref().is_none_or(|in_force| in_force.rules.auto_apply);
    let server = actor(&Caller::server(), Access::Server);
    let lacks_nothing =
        auto_apply && state::check(&Action::Apply, &now_is.review, &server, standing, now).is_ok();
    Ok(lacks_nothing && is_vouched_for(connection, engine, now_is).await?)
}

/// Ends a review whose time is over.
pub(super) async fn expire(tx: &mut Tx<'_>, now_is: &Situation, now: Millis) -> Result<()> {
    let by = Caller::server();
    let reason = "nobody decided in time";
    if timeline::end(tx, &by, now_is, (State::Expired, reason), now).await? {
        timeline::note(tx, &by, &now_is.row, New { kind: "expired", said: reason, ..New::default() }, now)
            .await?;
        let change = Change::new("review.expire", now_is.row.id).from(json!({ "state": "open" }));
        audit::record(tx, &by, change.to(json!({ "state": "expired" })), now).await?;
    }
    Ok(())
}
