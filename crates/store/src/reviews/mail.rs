//! Who gets mail of a step of a review: those it waits for, and whoever asked for it when it is decided.

use domain::Millis;
use domain::accounts::Caller;
use notify::event::Step;

use super::situation::Situation;
use crate::error::Result;
use crate::mails::{self, NewMail};
use crate::settings;
use crate::writer::Tx;

/// So many people get mail of one request at most.
const MOST: usize = 100;

/// Whether a step is one that people get mail of, and mail is sent here at all.
pub(super) async fn is_wanted(tx: &mut Tx<'_>, step: &Step) -> Result<bool> {
    let is_told = matches!(step, Step::Opened { .. }) || decision(step).is_some();
    Ok(is_told && settings::sends_mail(tx.connection).await?)
}

/// What the author of a request is told of its end, and what was said with it.
fn decision(step: &Step) -> Option<(&'static str, &str)> {
    Some(match step {
        Step::Applied => ("applied", ""),
        Step::Overridden { reason } => ("applied by an override", reason.as_str()),
        Step::Rejected { comment } => ("rejected", comment.as_str()),
        Step::Cancelled => ("cancelled", ""),
        Step::Expired => ("ended: nobody decided in time", ""),
        Step::Superseded { reason } => ("ended", reason.as_str()),
        _ => return None,
    })
}

/// Puts the mail of a step into the outbox.
pub(super) async fn post(
    tx: &mut Tx<'_>,
    by: &Caller,
    now_is: &Situation,
    step: &Step,
    now: Millis,
) -> Result<()> {
    let row = &now_is.row;
    let what = format!("{} version {} to {}", now_is.seen.model, row.version, row.target);
    let url = settings::public_url(tx.connection).await?.unwrap_or_default();
    let link = format!("{url}/reviews/{}", row.id);
    if let Step::Opened { comment } = step {
        let subject = format!("Waiting for you: {what}");
        let said = quoted(comment);
        let missing = now_is.missing().join(", ");
        let body = format!(
            "{} asks for the transition of {what}.\n{said}\nStill missing: {missing}.\n\n{link}\n\n\
             You get this because a signature of yours would count.\n",
            row.requester
        );
        for recipient in &waited_for(tx, now_is).await? {
            let mail = NewMail { review: row.id, recipient, subject: &subject, body: &body };
            mails::post(tx, mail, now).await?;
        }
        return Ok(());
    }
    let Some((decided, words)) = decision(step) else { return Ok(()) };
    mails::take_back(tx, row.id).await?;
    let Some(requester) = row.requester_id.filter(|id| by.user_id != Some(*id)) else { return Ok(()) };
    let subject = format!("Your request was {decided}: {what}");
    let body = format!(
        "Your request for the transition of {what} was {decided}, by {}.\n{}\n{link}\n",
        by.name,
        quoted(words)
    );
    let Some(recipient) = address(tx, requester).await? else { return Ok(()) };
    let mail = NewMail { review: row.id, recipient: &recipient, subject: &subject, body: &body };
    mails::post(tx, mail, now).await
}

/// What somebody wrote, so that nobody takes it for the server's words.
fn quoted(words: &str) -> String {
    words.lines().flat_map(|line| ["> ", line, "\n"]).collect()
}

/// The addresses of those whose signature is missing and would count: who may not read the model has no role there.
async fn waited_for(tx: &mut Tx<'_>, now_is: &Situation) -> Result<Vec<String>> {
    let with_address: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, email FROM users WHERE email <> '' AND is_disabled = 0 ORDER BY id")
            .fetch_all(&mut *tx.connection)
            .await?;
    let (standing, review) = (&now_is.seen.standing, &now_is.review);
    let barred = standing.barred(review);
    let counts = |id: i64| !barred.contains(&id) && standing.role_for(review, id).is_some();
    Ok(with_address.into_iter().filter(|(id, _)| counts(*id)).map(|(_, email)| email).take(MOST).collect())
}

async fn address(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>> {
    let found: Option<(String,)> =
        sqlx::query_as("SELECT email FROM users WHERE email <> '' AND is_disabled = 0 AND id = $1")
            .bind(id)
            .fetch_optional(&mut *tx.connection)
            .await?;
    Ok(found.map(|(email,)| email))
}
