//! What a review may become, who may do what to it, and whether it is ready.
//!
//! `Open` is the only state that something can be done in; from the others nothing leads away.

mod decisions;
mod guards;
mod readiness;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::gates::GateResult;
use super::policy::{InForce, Requirement, Roles};
use super::sign_off::{self, Block, Person, SignOff, Void};
use super::{Kind, Target};
use crate::Millis;
use crate::accounts::{Role, Scope};
use crate::limits::Invalid;
pub use decisions::MIN_OVERRIDE_REASON;
pub use guards::{MIN_REASON, Opening, check, check_comment, check_open};
pub use readiness::{Label, Missing, is_ready, labels};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Open,
    Applied,
    Rejected,
    Cancelled,
    Expired,
    Superseded,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Applied, Self::Rejected, Self::Cancelled, Self::Expired, Self::Superseded];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn is_final(self) -> bool {
        self != Self::Open
    }
}

/// A review as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub state: State,
    pub kind: Kind,
    pub target: Target,
    /// `None`: nobody with an account.
    pub requester: Option<i64>,
    /// See [`sign_off::authors`]; of a follow-up also the one who overrode.
    pub authors: BTreeSet<i64>,
    /// `None`: it waits for ever.
    pub deadline: Option<Millis>,
}

impl Review {
    /// Whether its time is over, whatever its row still says. A follow-up never ends so.
    pub fn is_due(&self, now: Millis) -> bool {
        self.state == State::Open
            && self.kind != Kind::Followup
            && self.deadline.is_some_and(|deadline| now >= deadline)
    }
}

/// Everything else that decides about a review, as it is at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// `None`: no policy names the target.
    pub in_force: Option<InForce>,
    /// Of the document as the facts are now.
    pub digest: String,
    pub sign_offs: Vec<SignOff>,
    pub blocks: Vec<Block>,
    /// All who may sign, and all who signed or asked for changes.
    pub people: Vec<Person>,
    /// With their waivers.
    pub gates: Vec<GateResult>,
    /// Whether the SHA-256 of each of the version's files is known.
    pub is_hashed: bool,
    /// Whether the version and its model are there, and the target too.
    pub exists: bool,
}

impl Standing {
    /// The signatures that this review needs. Without a policy it is one of anybody but an author: who asked for
    /// a review wanted somebody else to look. Where nobody has an account, nobody could.
    pub fn requirements(&self, review: &Review) -> Vec<Requirement> {
        let others = usize::from(review.requester.is_some());
        let without = || vec![Requirement { roles: Roles::Any, count: 1 }; others];
        self.in_force.as_ref().map_or_else(without, |rules| rules.sign_off(review.kind).to_vec())
    }

    /// Whose signatures don't count: the authors, unless the policy lets them sign.
    pub fn barred(&self, review: &Review) -> BTreeSet<i64> {
        let may_sign = self.in_force.as_ref().is_some_and(|rules| rules.author_may_sign(review.kind));
        if may_sign { BTreeSet::new() } else { review.authors.clone() }
    }

    /// Which of the signatures count, in their order.
    pub fn verdicts(&self, review: &Review) -> Vec<Result<(), Void>> {
        sign_off::verdicts(&self.sign_offs, &self.digest, &self.people, &self.barred(review))
    }

    /// The signatures that count, one of each person at most.
    pub fn valid(&self, review: &Review) -> Vec<&SignOff> {
        let verdicts = self.sign_offs.iter().zip(self.verdicts(review));
        verdicts.filter(|(_, verdict)| verdict.is_ok()).map(|(sign_off, _)| sign_off).collect()
    }

    /// The signatures that are still missing.
    pub fn missing(&self, review: &Review) -> Vec<Requirement> {
        sign_off::missing(&self.requirements(review), &self.valid(review))
    }

    /// A person's signature that counts: who signs the same again is answered with it.
    pub fn sign_off_of(&self, review: &Review, person: i64) -> Option<&SignOff> {
        self.valid(review).into_iter().find(|sign_off| sign_off.by == person)
    }

    /// The role for a signer who names none; `None`: the policy needs no role of theirs.
    pub fn role_for(&self, review: &Review, signer: i64) -> Option<Role> {
        let person = self.people.iter().find(|person| person.id == signer && person.may_read)?;
        let (requirements, valid, barred) =
            (self.requirements(review), self.valid(review), self.barred(review));
        sign_off::choose_role(&requirements, &valid, person, &self.people, &barred)
    }
}

/// Who acts, with what they may do on this model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Actor {
    /// `None`: nobody with an account.
    pub id: Option<i64>,
    pub name: String,
    pub roles: BTreeSet<Role>,
    pub scopes: BTreeSet<Scope>,
    pub access: Access,
    /// Whether they proved who they are just now, as the most dangerous actions ask.
    pub is_fresh: bool,
}

/// The highest of what somebody may do on a model; each includes those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    #[default]
    None,
    Read,
    Edit,
    Manage,
    /// The server itself: what expires, what is overtaken, what is complete.
    Server,
}

/// What somebody wants to do to a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `role`: as [`Standing::role_for`] says unless named. `digest`: what the signer was shown, if known.
    Sign {
        role: Option<Role>,
        digest: Option<String>,
    },
    Withdraw,
    RequestChanges {
        words: String,
    },
    /// Takes back one's own request for changes.
    WithdrawChanges,
    /// Sets aside somebody else's.
    DismissChanges {
        by: i64,
        reason: String,
    },
    Comment,
    EditComment {
        by: i64,
    },
    DeleteComment {
        by: i64,
    },
    /// A check reports.
    Report,
    Waive {
        gate: String,
        reason: String,
    },
    Unwaive {
        gate: String,
    },
    Reject,
    Cancel,
    Expire,
    Supersede {
        reason: String,
    },
    Override {
        reason: String,
    },
    Apply,
}

impl Action {
    /// The state that it leads to by itself; `None`: the review stays open. After each of those
    /// [`is_ready`] says whether it can be applied.
    pub fn leads_to(&self) -> Option<State> {
        match self {
            Self::Reject => Some(State::Rejected),
            Self::Cancel => Some(State::Cancelled),
            Self::Expire => Some(State::Expired),
            Self::Supersede { .. } => Some(State::Superseded),
            Self::Override { .. } | Self::Apply => Some(State::Applied),
            _ => None,
        }
    }
}

/// Why somebody can't do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They may not.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody can, as things are.
    #[error("{0}")]
    InvalidState(String),
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
