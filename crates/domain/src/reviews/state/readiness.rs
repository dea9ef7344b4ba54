//! Whether a review can be applied, and what a page says of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Review, Standing, State};
use crate::Millis;
use crate::reviews::Kind;
use crate::reviews::policy::Requirement;
use crate::reviews::sign_off::{self, Void};

/// What a review waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// So many signatures more.
    SignOff(Requirement),
    /// A required gate that neither passes nor is waived.
    Gate { id: String, summary: String },
    /// This person asks for changes.
    Changes { by: i64 },
    /// The files aren't hashed yet.
    Files,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignOff(requirement) => write!(formatter, "{requirement}"),
            Self::Gate { id, summary } => write!(formatter, "the gate `{id}`: {summary}"),
            Self::Changes { .. } => formatter.write_str("the changes that somebody asks for"),
            Self::Files => formatter.write_str("the version's files are being hashed"),
        }
    }
}

/// Whether nothing is missing any more.
///
/// A rollback and a follow-up show their gates and don't ask them: the one goes back to what has served, the other
/// asks whether what was done was right.
///
/// # Errors
/// Everything that is missing, signatures first.
pub fn is_ready(review: &Review, standing: &Standing) -> Result<(), Vec<Missing>> {
    let mut missing: Vec<_> = standing.missing(review).into_iter().map(Missing::SignOff).collect();
    if review.kind == Kind::Promotion {
        let blocking = standing.gates.iter().filter(|gate| gate.blocks());
        missing.extend(
            blocking.map(|gate| Missing::Gate { id: gate.id.clone(), summary: gate.summary.clone() }),
        );
    }
    let blocks = sign_off::standing_blocks(&standing.blocks, &standing.sign_offs, &standing.people);
    missing.extend(blocks.into_iter().map(|block| Missing::Changes { by: block.by }));
    if !standing.is_hashed {
        missing.push(Missing::Files);
    }
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// What a page says of an open review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    WaitingForSignature(Vec<Requirement>),
    /// By the gates with these ids.
    Blocked(Vec<String>),
    /// By these people.
    ChangesRequested(Vec<i64>),
    /// These people signed what has changed since.
    Stale(Vec<i64>),
    /// A follow-up whose time is over.
    Overdue,
    /// Nothing is missing; a person has to apply it.
    Ready,
}

/// Labels for pages, computed from the facts of now; none for a review that has ended.
pub fn labels(review: &Review, standing: &Standing, now: Millis) -> Vec<Label> {
    if review.state != State::Open {
        return Vec::new();
    }
    let (mut requirements, mut gates, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let ready = is_ready(review, standing);
    let is_ready = ready.is_ok();
    for missing in ready.err().unwrap_or_default() {
        match missing {
            Missing::SignOff(requirement) => requirements.push(requirement),
            Missing::Gate { id, .. } => gates.push(id),
            Missing::Changes { by } => changes.push(by),
            Missing::Files => {}
        }
    }
    let stale = stale_signers(review, standing);
    let is_overdue = review.kind == Kind::Followup && review.deadline.is_some_and(|deadline| now >= deadline);
    let labels = [
        (!requirements.is_empty(), Label::WaitingForSignature(requirements)),
        (!gates.is_empty(), Label::Blocked(gates)),
        (!changes.is_empty(), Label::ChangesRequested(changes)),
        (!stale.is_empty(), Label::Stale(stale)),
        (is_overdue, Label::Overdue),
        (is_ready, Label::Ready),
    ];
    labels.into_iter().filter(|(holds, _)| *holds).map(|(_, label)| label).collect()
}

fn stale_signers(review: &Review, standing: &Standing) -> Vec<i64> {
    let verdicts = standing.sign_offs.iter().zip(standing.verdicts(review));
    let mut stale: Vec<_> =
        verdicts.filter(|(_, verdict)| *verdict == Err(Void::Stale)).map(|(one, _)| one.by).collect();
    stale.sort_unstable();
    stale
}
