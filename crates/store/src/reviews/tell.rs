//! What happens in a review, as those are told who listen to its model.

use domain::Millis;
use domain::accounts::Caller;
use domain::reviews::policy::Requirement;
use notify::event::{Missing, Review, Step, VersionChange, What};

use super::comments::Comment;
use super::mail;
use super::notice::{self, Noticed};
use super::rows::Row;
use super::situation::{Situation, situation};
use super::timeline::Activity;
use crate::error::Result;
use crate::webhooks::events::{self, listeners};
use crate::writer::Tx;

/// Tells of an entry of the timeline, if it is a step that is told.
pub(super) async fn noted(
    tx: &mut Tx<'_>,
    by: &Caller,
    row: &Row,
    activity: &Activity,
    now: Millis,
) -> Result<()> {
    let Some(step) = step(activity) else { return Ok(()) };
    let (listeners, by_mail) = (listeners(tx, row.model_id).await?, mail::is_wanted(tx, &step).await?);
    // What is still missing takes reading everything: only for those who want to know.
    if listeners.is_none() && !by_mail {
        return Ok(());
    }
    let now_is = situation(tx.connection, tx.engine, &Caller::server(), row.id, now).await?;
    if by_mail {
        mail::post(tx, by, &now_is, &step, now).await?;
    }
    match listeners {
        Some(listeners) => listeners.tell(tx, by, what(&now_is, step), now).await,
        None => Ok(()),
    }
}

fn step(activity: &Activity) -> Option<Step> {
    let words = || activity.words.clone();
    Some(match activity.kind.as_str() {
        "opened" => Step::Opened { comment: words() },
        "signed" => Step::Signed { role: activity.role.clone() },
        "withdrew" => Step::SignatureStale { signer: activity.name.clone() },
        "requested_changes" => Step::ChangesRequested { comment: words() },
        "waived" => Step::Waived { gate: activity.said.clone(), reason: words() },
        "applied" | "confirmed" => Step::Applied,
        "overrode" => Step::Overridden { reason: words() },
        "rejected" => Step::Rejected { comment: words() },
        "cancelled" => Step::Cancelled,
        "expired" => Step::Expired,
        "superseded" => Step::Superseded { reason: activity.said.clone() },
        _ => return None,
    })
}

fn what(now_is: &Situation, step: Step) -> What {
    let row = &now_is.row;
    let missing = |one: Requirement| Missing { role: one.roles.to_string(), count: one.count };
    let review = Review {
        id: row.id,
        state: row.state.clone(),
        version: row.version.to_string(),
        from_stage: row.from_stage.clone(),
        to_stage: row.target.clone(),
        missing: now_is.seen.standing.missing(&now_is.review).into_iter().map(missing).collect(),
    };
    What::Review { review: Box::new(review), step }
}

/// Tells of gates that have changed, and of signatures that count no longer because of it: since it was last told, or
/// since `before`, if it never was.
pub(super) async fn differences(
    tx: &mut Tx<'_>,
    by: &Caller,
    before: Option<&Situation>,
    after: &Situation,
    now: Millis,
) -> Result<()> {
    let current = Noticed::of(after);
    let before = notice::noticed(tx, after.row.id).await?.or_else(|| before.map(Noticed::of));
    notice::keep(tx, after.row.id, &current).await?;
    let (Some(before), Some(listeners)) = (before, listeners(tx, after.row.model_id).await?) else {
        return Ok(());
    };
    for (gate, status) in &current.gates {
        if before.gates.get(gate) != Some(status) {
            let step = Step::GateChanged { gate: gate.clone(), status: status.clone() };
            listeners.tell(tx, by, what(after, step), now).await?;
        }
    }
    if before.digest == current.digest {
        return Ok(());
    }
    for signed in &after.signed {
        if !signed.sign_off.is_withdrawn && signed.sign_off.digest == before.digest {
            let step = Step::SignatureStale { signer: signed.name.clone() };
            listeners.tell(tx, by, what(after, step), now).await?;
        }
    }
    Ok(())
}

/// Tells of a comment on a version, or in its review.
pub(super) async fn commented(
    tx: &mut Tx<'_>,
    by: &Caller,
    model: i64,
    comment: &Comment,
    now: Millis,
) -> Result<()> {
    let text = || comment.text.clone();
    if let Some(review) = comment.review_id {
        let Some(listeners) = listeners(tx, model).await? else { return Ok(()) };
        let now_is = situation(tx.connection, tx.engine, &Caller::server(), review, now).await?;
        return listeners.tell(tx, by, what(&now_is, Step::Commented { comment: text() }), now).await;
    }
    let change = VersionChange::Commented { comment: text() };
    let what = What::Version { version: comment.version.to_string(), change };
    events::tell(tx, by, model, what, now).await
}
