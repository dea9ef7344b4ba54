//! Who may do what to a review, and when.

use std::collections::BTreeSet;

use super::decisions::{apply, override_all, reject, sign, signer, waive, waiver};
use super::{Access, Action, Actor, Refusal, Review, Standing, State};
use crate::Millis;
use crate::accounts::{Role, Scope};
use crate::limits::Invalid;
use crate::reviews::Kind;

/// Characters that a reason for a waiver or a dismissal has at least.
pub const MIN_REASON: usize = 10;
const MAX_WORDS: usize = 10_000;

pub(super) type Verdict = Result<(), Refusal>;

/// What is known before a review is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Whether the version is ready, i.e. neither being made nor failed.
    pub is_ready: bool,
    pub target_exists: bool,
    /// Whether the version has reached the target already.
    pub is_there: bool,
    /// The review of the same version and target that is open.
    pub open_review: Option<i64>,
}

/// Whether a review may be opened.
///
/// # Errors
/// `Forbidden` for whoever can't read the model, only looks or writes nothing; `InvalidState` says what stands in the way.
pub fn check_open(opening: &Opening, actor: &Actor) -> Verdict {
    taking_part(actor)?;
    scoped(actor, &[Scope::Write, Scope::Review])?;
    if !opening.target_exists {
        return Err(Invalid::new("target", "the target doesn't exist; choose one of the workspace's").into());
    }
    if !opening.is_ready {
        return invalid_state(
            "the version's files can't be read, so nothing says what would be signed: its place is no folder with files, or \
             a name has `%`, `?` or `#`; log the model anew and register that",
        );
    }
    if opening.is_there {
        return invalid_state("the version has reached the target already");
    }
    if let Some(id) = opening.open_review {
        return invalid_state(format!(
            "review {id} of this version and target is open; sign or cancel that one"
        ));
    }
    Ok(())
}

/// Whether the actor may do this to the review at this moment.
///
/// A review whose time is over is refused everything but comments until [`Action::Expire`] has been done: do that
/// first, in the same transaction.
///
/// # Errors
/// `Forbidden`, `InvalidState` or `Invalid`, each with what to change.
pub fn check(action: &Action, review: &Review, actor: &Actor, standing: &Standing, now: Millis) -> Verdict {
    if let Action::Comment | Action::EditComment { .. } | Action::DeleteComment { .. } = action {
        return check_comment(action, actor);
    }
    taking_part(actor)?;
    if review.state.is_final() {
        return invalid_state(format!("this review is {}; open another one", review.state.as_str()));
    }
    if *action == Action::Expire {
        server(actor)?;
        let is_due = review.is_due(now);
        return if is_due { Ok(()) } else { invalid_state("this review's time isn't over yet") };
    }
    if review.is_due(now) {
        return invalid_state(format!("this review is {}; open another one", State::Expired.as_str()));
    }
    match action {
        Action::Sign { role, digest } => sign(*role, digest.as_deref(), review, actor, standing),
        Action::Withdraw => withdraw(actor, standing),
        Action::RequestChanges { words } => {
            check_words("words", words, 1)?;
            signer(review, actor, standing).map(|_| ())
        }
        Action::WithdrawChanges => {
            scoped(actor, &[Scope::Review])?;
            has_block(standing, actor.id)
        }
        Action::DismissChanges { by, reason } => {
            managing(actor, "to dismiss a request for changes")?;
            not_author(review, actor, "dismiss a request for changes")?;
            has_block(standing, Some(*by))?;
            check_words("reason", reason, MIN_REASON)
        }
        Action::Report => {
            scoped(actor, &[Scope::Write])?;
            if actor.access >= Access::Edit {
                Ok(())
            } else {
                forbidden("reporting a check takes the right to edit the model")
            }
        }
        Action::Waive { gate, reason } => waive(gate, reason, review, actor, standing),
        Action::Unwaive { gate } => {
            waiver(review, actor, standing)?;
            let is_waived = standing.gates.iter().any(|one| one.id == *gate && one.waiver.is_some());
            if is_waived { Ok(()) } else { invalid_state(format!("the gate `{gate}` isn't waived")) }
        }
        Action::Reject => reject(review, actor, standing),
        Action::Cancel => {
            scoped(actor, &[Scope::Write, Scope::Review])?;
            if review.kind == Kind::Followup {
                return forbidden("whether an override was right is signed or rejected, not cancelled");
            }
            let is_requester = actor.id.is_some() && actor.id == review.requester;
            if is_requester || actor.access >= Access::Manage {
                return Ok(());
            }
            forbidden("a review is cancelled by whoever asked for it or manages the model; reject it instead")
        }
        Action::Supersede { reason } => {
            server(actor)?;
            check_words("reason", reason, 1)
        }
        Action::Override { reason } => override_all(reason, review, actor, standing),
        Action::Apply => apply(review, actor, standing),
        Action::Comment | Action::EditComment { .. } | Action::DeleteComment { .. } | Action::Expire => {
            Ok(())
        }
    }
}

pub(super) fn forbidden<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Forbidden(why.into()))
}

pub(super) fn invalid_state<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::InvalidState(why.into()))
}

fn taking_part(actor: &Actor) -> Verdict {
    if actor.access < Access::Read {
        return forbidden(format!("`{}` may not see this model", actor.name));
    }
    if actor.roles == BTreeSet::from([Role::Viewer]) {
        return forbidden(format!(
            "`{}` may look, but change nothing: the role viewer alone allows no more",
            actor.name
        ));
    }
    Ok(())
}

fn server(actor: &Actor) -> Verdict {
    if actor.access == Access::Server {
        Ok(())
    } else {
        forbidden("only the server does this, when it is time")
    }
}

/// Any of these.
pub(super) fn scoped(actor: &Actor, scopes: &[Scope]) -> Verdict {
    if actor.access == Access::Server || scopes.iter().any(|scope| actor.scopes.contains(scope)) {
        return Ok(());
    }
    let scopes: Vec<_> = scopes.iter().map(|scope| format!("`{}`", scope.as_str())).collect();
    forbidden(format!("this takes a token with the scope {}", scopes.join(" or ")))
}

fn managing(actor: &Actor, what: &str) -> Verdict {
    scoped(actor, &[Scope::Review])?;
    if actor.access >= Access::Manage {
        Ok(())
    } else {
        forbidden(format!("{what} takes the right to manage the model"))
    }
}

pub(super) fn not_author(review: &Review, actor: &Actor, what: &str) -> Verdict {
    let is_author = actor.id.is_some_and(|id| review.authors.contains(&id));
    if is_author {
        return forbidden(format!("an author of what is reviewed may not {what}; somebody else has to"));
    }
    Ok(())
}

pub(super) fn check_words(field: &str, words: &str, least: usize) -> Verdict {
    if words.trim().chars().count() < least {
        return Err(Invalid::new(field, format!("write at least {least} characters that say why")).into());
    }
    crate::limits::check_short_text(field, words, MAX_WORDS)?;
    Ok(())
}

/// Whether the actor may write, edit or delete a comment: that asks nothing of a review, which may have ended
/// long ago.
///
/// # Errors
/// `Forbidden`, with who may.
pub fn check_comment(action: &Action, actor: &Actor) -> Verdict {
    taking_part(actor)?;
    scoped(actor, &[Scope::Write, Scope::Review])?;
    match action {
        Action::EditComment { by } if actor.id != Some(*by) => {
            forbidden("a comment is edited by its author only")
        }
        Action::DeleteComment { by } if actor.id != Some(*by) && actor.access < Access::Manage => {
            forbidden("a comment is deleted by its author or by whoever manages the model")
        }
        _ => Ok(()),
    }
}

fn withdraw(actor: &Actor, standing: &Standing) -> Verdict {
    scoped(actor, &[Scope::Review])?;
    let has_signed = standing.sign_offs.iter().any(|one| Some(one.by) == actor.id && !one.is_withdrawn);
    if has_signed { Ok(()) } else { invalid_state("you have no signature here to withdraw") }
}

fn has_block(standing: &Standing, by: Option<i64>) -> Verdict {
    let is_there = standing.blocks.iter().any(|block| Some(block.by) == by && !block.is_lifted);
    if is_there { Ok(()) } else { invalid_state("this person asks for no changes here") }
}
