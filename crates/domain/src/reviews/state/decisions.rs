//! What needs more than a glance: signing, waiving, rejecting, overriding, applying.

use super::guards::{MIN_REASON, Verdict, check_words, forbidden, invalid_state, not_author, scoped};
use super::readiness::is_ready;
use super::{Access, Actor, Refusal, Review, Standing};
use crate::accounts::{Role, Scope};
use crate::limits::Invalid;
use crate::reviews::gates::Status;
use crate::reviews::{Kind, sign_off};

/// Characters that a reason for an override has at least.
pub const MIN_OVERRIDE_REASON: usize = 20;

/// An account that may sign, with the role of theirs that would count.
pub(super) fn signer(review: &Review, actor: &Actor, standing: &Standing) -> Result<(i64, Role), Refusal> {
    scoped(actor, &[Scope::Review])?;
    let Some(id) = actor.id else { return forbidden("only people with an account sign; sign in as one") };
    if standing.barred(review).contains(&id) {
        return forbidden("an author of what is reviewed can't sign it; somebody else has to");
    }
    let Some(role) = standing.role_for(review, id) else {
        let needed: Vec<_> = standing.requirements(review).iter().map(|one| one.roles.to_string()).collect();
        let needed = needed.join(", ");
        return forbidden(format!("`{}` holds no role that is asked for here: {needed}", actor.name));
    };
    Ok((id, role))
}

pub(super) fn sign(
    role: Option<Role>,
    digest: Option<&str>,
    review: &Review,
    actor: &Actor,
    standing: &Standing,
) -> Verdict {
    let (id, _) = signer(review, actor, standing)?;
    if let Some(role) = role {
        let is_held = standing.people.iter().any(|person| person.id == id && person.roles.contains(&role));
        if !is_held {
            return forbidden(format!("`{}` doesn't hold the role `{role}`", actor.name));
        }
        if !sign_off::is_named(&standing.requirements(review), role) {
            return forbidden(format!("nobody has to sign as `{role}` here"));
        }
    }
    if !standing.is_hashed {
        return invalid_state("the version's files are being hashed; sign when that is done");
    }
    if digest.is_some_and(|digest| digest != standing.digest) {
        return invalid_state("what is reviewed has changed since it was shown; look again and sign that");
    }
    if standing.sign_off_of(review, id).is_some() {
        return invalid_state(
            "you have signed this already; a signature can be withdrawn as long as the review is open",
        );
    }
    Ok(())
}

pub(super) fn waiver(review: &Review, actor: &Actor, standing: &Standing) -> Verdict {
    scoped(actor, &[Scope::Review])?;
    let roles = standing.in_force.as_ref().map(|rules| &rules.waive_roles);
    if roles.is_none_or(|roles| roles.is_disjoint(&actor.roles)) {
        return forbidden(format!("`{}` holds no role that the policy lets waive gates", actor.name));
    }
    if actor.id.is_none() {
        return forbidden("only people with an account waive gates; sign in as one");
    }
    not_author(review, actor, "waive its gates")
}

pub(super) fn waive(
    gate: &str,
    reason: &str,
    review: &Review,
    actor: &Actor,
    standing: &Standing,
) -> Verdict {
    waiver(review, actor, standing)?;
    let Some(result) = standing.gates.iter().find(|one| one.id == gate) else {
        return Err(Invalid::new("gate", format!("there is no gate `{gate}` here")).into());
    };
    if !result.required {
        return invalid_state(format!("the gate `{gate}` isn't required; it needs no waiver"));
    }
    if !matches!(result.status, Status::Fail | Status::Pending) {
        return invalid_state(format!("the gate `{gate}` lets the version pass; it needs no waiver"));
    }
    if result.waiver.is_some() {
        return invalid_state(format!("the gate `{gate}` is waived already"));
    }
    check_words("reason", reason, MIN_REASON)
}

pub(super) fn reject(review: &Review, actor: &Actor, standing: &Standing) -> Verdict {
    scoped(actor, &[Scope::Review])?;
    if actor.id.is_some() && actor.id == review.requester {
        return forbidden("who asked for a review can't reject it; cancel it instead");
    }
    independent(review, actor, "reject the follow-up of an override")?;
    if actor.access >= Access::Manage || has_named_role(review, actor, standing) {
        return Ok(());
    }
    forbidden(format!("`{}` holds no role that is asked for here, and doesn't manage the model", actor.name))
}

/// Whether an override was right is not for those to end who made the version or overrode.
fn independent(review: &Review, actor: &Actor, what: &str) -> Verdict {
    if review.kind == Kind::Followup { not_author(review, actor, what) } else { Ok(()) }
}

fn has_named_role(review: &Review, actor: &Actor, standing: &Standing) -> bool {
    let requirements = standing.requirements(review);
    actor.roles.iter().any(|role| sign_off::is_named(&requirements, *role))
}

pub(super) fn override_all(reason: &str, review: &Review, actor: &Actor, standing: &Standing) -> Verdict {
    scoped(actor, &[Scope::Review])?;
    if review.kind == Kind::Followup {
        return invalid_state("a follow-up can't be overridden; it is there because something was");
    }
    let Some(rules) = &standing.in_force else {
        return invalid_state("no policy holds here, so there is nothing to override");
    };
    if rules.override_roles.is_disjoint(&actor.roles) {
        return forbidden(format!("`{}` holds no role that the policy lets override", actor.name));
    }
    if !actor.is_fresh {
        return forbidden(
            "an override asks who is there: sign in again, on the review's page, and override it there",
        );
    }
    exists(standing)?;
    if !standing.is_hashed {
        return invalid_state(
            "the version's files are being hashed; an override has to say what it releases",
        );
    }
    check_words("reason", reason, MIN_OVERRIDE_REASON)
}

fn exists(standing: &Standing) -> Verdict {
    if standing.exists { Ok(()) } else { invalid_state("the version or its target isn't there any more") }
}

pub(super) fn apply(review: &Review, actor: &Actor, standing: &Standing) -> Verdict {
    // Where no policy names who has to sign, applying is the plain move, and takes as much.
    let names_signers =
        standing.in_force.as_ref().is_some_and(|rules| !rules.sign_off(review.kind).is_empty());
    let is_requester = actor.id.is_some() && actor.id == review.requester;
    let is_concerned = names_signers && (is_requester || has_named_role(review, actor, standing));
    if actor.access < Access::Edit && !is_concerned {
        return forbidden("a review is applied by whoever asked for it, may sign it, or edits the model");
    }
    scoped(actor, &[Scope::Write, Scope::Review])?;
    independent(review, actor, "end the follow-up of an override")?;
    exists(standing)?;
    is_ready(review, standing).or_else(|missing| {
        let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
        invalid_state(format!("this review isn't ready; missing: {}", missing.join("; ")))
    })
}
