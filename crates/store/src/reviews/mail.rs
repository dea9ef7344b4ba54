//! Who gets mail of a step of a review: those it waits for, and whoever asked for it when it is decided.

use domain::Millis;
use domain::accounts::Caller;
use notify::event::Step;

use super::situation::Situation;
use crate::error::Result;
use crate::mails::{self, NewMail};
use crate::permissions::model_level;
use crate::settings;
use crate::sql::Sql;
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
    for recipient in &addresses(tx, &[requester]).await? {
        let mail = NewMail { review: row.id, recipient, subject: &subject, body: &body };
        mails::post(tx, mail, now).await?;
    }
    Ok(())
}

/// What somebody wrote, so that nobody takes it for the server's words.
fn quoted(words: &str) -> String {
    words.lines().flat_map(|line| ["> ", line, "\n"]).collect()
}

/// The addresses of those whose signature is missing and would count, as far as they may read the model.
async fn waited_for(tx: &mut Tx<'_>, now_is: &Situation) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for person in &now_is.seen.standing.people {
        let could_sign = now_is.seen.standing.role_for(&now_is.review, person.id).is_some();
        if !person.is_enabled || !could_sign || ids.len() == MOST {
            continue;
        }
        let caller = Caller {
            user_id: Some(person.id),
            name: now_is.people.name(person.id),
            roles: person.roles.clone(),
            ..Caller::nobody()
        };
        if model_level(tx.connection, tx.engine, &caller, now_is.row.model_id).await?.is_some() {
            ids.push(person.id);
        }
    }
    addresses(tx, &ids).await
}

async fn addresses(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql =
        Sql::new(tx.engine, "SELECT email FROM users WHERE email <> '' AND is_disabled = 0 AND id IN");
    sql.list(ids).push(" ORDER BY id");
    let rows: Vec<(String,)> = sql.fetch(tx.connection).await?;
    Ok(rows.into_iter().map(|(email,)| email).collect())
}
