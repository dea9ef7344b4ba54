//! What an action leaves behind: its rows, its place in the timeline and in the audit log.

use domain::Millis;
use domain::accounts::{Caller, Role};
use domain::reviews::gates;
use domain::reviews::state::State;
use serde_json::{Value, json};

use super::act::{Act, Report};
use super::situation::Situation;
use super::timeline::{self, New};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::writer::Tx;

/// Writes down what was done, with its place in the timeline and the audit log.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    act: &Act,
    now: Millis,
) -> Result<()> {
    let id = now_is.row.id;
    let (action, new, after): (&'static str, New<'_>, Value) = match act {
        Act::Sign { role, words, .. } => {
            let signer = by.user_id.unwrap_or_default();
            let role = role
                .or_else(|| now_is.seen.standing.role_for(&now_is.review, signer))
                .unwrap_or(Role::Viewer);
            sign(tx, by, now_is, (role, words), now).await?;
            let after = json!({ "role": role, "digest": now_is.seen.standing.digest, "words": words });
            ("review.sign", New { kind: "signed", role: role.as_str(), words, ..New::default() }, after)
        }
        Act::Withdraw => {
            withdraw(tx, by, id, now).await?;
            ("review.withdraw", New { kind: "withdrew", ..New::default() }, Value::Null)
        }
        Act::RequestChanges { words } => {
            let signer = by.user_id.unwrap_or_default();
            let role = now_is.seen.standing.role_for(&now_is.review, signer).unwrap_or(Role::Viewer);
            withdraw(tx, by, id, now).await?;
            block(tx, by, id, (role, words), now).await?;
            let after = json!({ "role": role, "words": words });
            let new = New { kind: "requested_changes", role: role.as_str(), words, ..New::default() };
            ("review.request_changes", new, after)
        }
        Act::WithdrawChanges => {
            lift(tx, id, by.user_id.unwrap_or_default(), now).await?;
            ("review.withdraw_changes", New { kind: "withdrew_changes", ..New::default() }, Value::Null)
        }
        Act::DismissChanges { by: whose, reason } => {
            lift(tx, id, *whose, now).await?;
            let after = json!({ "of": now_is.people.name(*whose), "reason": reason });
            (
                "review.dismiss_changes",
                New { kind: "dismissed_changes", words: reason, ..New::default() },
                after,
            )
        }
        Act::Report(report) => {
            put_report(tx, by, now_is, report, now).await?;
            let after =
                json!({ "name": report.name, "state": report.state.as_str(), "summary": report.summary });
            let new = New { kind: "reported", said: &report.name, words: &report.summary, ..New::default() };
            ("review.report", new, after)
        }
        Act::Waive { gate, reason } => {
            waive(tx, by, now_is, (gate, reason), now).await?;
            let new = New { kind: "waived", said: gate, words: reason, ..New::default() };
            ("review.waive", new, json!({ "gate": gate, "reason": reason }))
        }
        Act::Unwaive { gate } => {
            sqlx::query(
                "UPDATE review_waivers SET lifted_at_ms = $1
                 WHERE review_id = $2 AND gate = $3 AND lifted_at_ms IS NULL",
            )
            .bind(now.0)
            .bind(id)
            .bind(&**gate)
            .execute(&mut *tx.connection)
            .await?;
            (
                "review.unwaive",
                New { kind: "unwaived", said: gate, ..New::default() },
                json!({ "gate": gate }),
            )
        }
        Act::Reject { words } => {
            timeline::end(tx, by, now_is, (State::Rejected, words), now).await?;
            let after = json!({ "state": "rejected", "words": words });
            ("review.reject", New { kind: "rejected", words, ..New::default() }, after)
        }
        Act::Cancel { words } => {
            timeline::end(tx, by, now_is, (State::Cancelled, words), now).await?;
            let after = json!({ "state": "cancelled", "words": words });
            ("review.cancel", New { kind: "cancelled", words, ..New::default() }, after)
        }
        // Both are the work of `apply`.
        Act::Override { .. } | Act::Apply => return Ok(()),
    };
    timeline::note(tx, by, &now_is.row, new, now).await?;
    audit::record(tx, by, Change::new(action, id).to(after), now).await
}

async fn sign(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    (role, words): (Role, &str),
    now: Millis,
) -> Result<()> {
    // What is signed is kept as it was, so that it can be shown, and compared with what it became.
    sqlx::query("INSERT INTO review_documents (digest, document) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(&*now_is.seen.standing.digest)
        .bind(domain::canonical::to_string(&now_is.seen.document))
        .execute(&mut *tx.connection)
        .await?;
    let id = tx.next_ids("review_sign_offs", 1).await?;
    sqlx::query(
        "INSERT INTO review_sign_offs (id, review_id, by_id, name, role, digest, words, via, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(now_is.row.id)
    .bind(by.user_id)
    .bind(&*by.name)
    .bind(role.as_str())
    .bind(&*now_is.seen.standing.digest)
    .bind(words)
    .bind(by.via.to_string())
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

async fn withdraw(tx: &mut Tx<'_>, by: &Caller, review: i64, now: Millis) -> Result<()> {
    sqlx::query(
        "UPDATE review_sign_offs SET withdrawn_at_ms = $1
         WHERE review_id = $2 AND by_id = $3 AND withdrawn_at_ms IS NULL",
    )
    .bind(now.0)
    .bind(review)
    .bind(by.user_id)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

async fn block(
    tx: &mut Tx<'_>,
    by: &Caller,
    review: i64,
    (role, words): (Role, &str),
    now: Millis,
) -> Result<()> {
    let id = tx.next_ids("review_blocks", 1).await?;
    sqlx::query(
        "INSERT INTO review_blocks (id, review_id, by_id, name, role, words, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(review)
    .bind(by.user_id)
    .bind(&*by.name)
    .bind(role.as_str())
    .bind(words)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

async fn lift(tx: &mut Tx<'_>, review: i64, whose: i64, now: Millis) -> Result<()> {
    sqlx::query(
        "UPDATE review_blocks SET lifted_at_ms = $1
         WHERE review_id = $2 AND by_id = $3 AND lifted_at_ms IS NULL",
    )
    .bind(now.0)
    .bind(review)
    .bind(whose)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// A report that names no files is of those that are there: a success isn't of whatever replaces them.
async fn put_report(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    report: &Report,
    now: Millis,
) -> Result<()> {
    let files = report.files_sha256.as_ref().or(now_is.seen.facts.candidate.files_sha256.as_ref());
    let id = tx.next_ids("review_checks", 1).await?;
    sqlx::query(
        "INSERT INTO review_checks (id, review_id, name, state, summary, link, files_sha256, reporter, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(now_is.row.id)
    .bind(&*report.name)
    .bind(report.state.as_str())
    .bind(&*report.summary)
    .bind(report.link.as_deref())
    .bind(files)
    .bind(&*by.name)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

async fn waive(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    (gate, reason): (&str, &str),
    now: Millis,
) -> Result<()> {
    let files = now_is.seen.facts.candidate.files_sha256.as_deref();
    let seen = now_is.seen.standing.gates.iter().find(|one| one.id == gate);
    let given_for = seen.map(|seen| gates::waived(seen, files)).unwrap_or_default();
    let id = tx.next_ids("review_waivers", 1).await?;
    sqlx::query(
        "INSERT INTO review_waivers (id, review_id, gate, by_id, name, reason, evidence_sha256, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(now_is.row.id)
    .bind(gate)
    .bind(by.user_id)
    .bind(&*by.name)
    .bind(reason)
    .bind(given_for)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}
