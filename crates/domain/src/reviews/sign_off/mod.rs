//! Signatures: who may give one, which of them count, and what is still missing.
//!
//! Whether one counts is computed each time from the facts of that moment; only the signing itself is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::policy::{Requirement, Roles};
use crate::Millis;
use crate::accounts::Role;

/// A person as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: i64,
    pub roles: BTreeSet<Role>,
    pub is_enabled: bool,
    /// Whether they may read the model: a signature is of nothing that its signer can't see.
    #[serde(default = "yes")]
    pub may_read: bool,
}

/// Reviews that ended before this was kept have no signers who might not.
fn yes() -> bool {
    true
}

/// A signature as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    pub by: i64,
    /// In which it was given.
    pub role: Role,
    /// Of the document that was signed.
    pub digest: String,
    pub at: Millis,
    pub is_withdrawn: bool,
}

/// A person's word that something has to change first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub by: i64,
    pub role: Role,
    pub at: Millis,
    /// Withdrawn by that person, or dismissed by one who manages the model.
    pub is_lifted: bool,
}

/// Why a signature doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Void {
    Withdrawn,
    /// The same person has signed again since.
    Replaced,
    /// Something that was signed has changed since.
    Stale,
    Disabled,
    /// The signer doesn't hold the role any more.
    RoleLost,
    /// The signer may not read the model any more.
    Unreadable,
    Author,
}

/// Whose signatures never count: the requester, who made the version, and who owns its run.
pub fn authors(requester: Option<i64>, creator: Option<i64>, run_owner: Option<i64>) -> BTreeSet<i64> {
    [requester, creator, run_owner].into_iter().flatten().collect()
}

/// Which signatures count now, or else the first reason why one doesn't; they are in the order in which they were
/// given. Of each person it is the last one that isn't withdrawn: one that was given before says what they meant
/// then, and never counts again. `barred` are the authors, or nobody where a policy lets authors sign.
pub fn verdicts(
    sign_offs: &[SignOff],
    current_digest: &str,
    people: &[Person],
    barred: &BTreeSet<i64>,
) -> Vec<Result<(), Void>> {
    let given = sign_offs.iter().enumerate().filter(|(_, sign_off)| !sign_off.is_withdrawn);
    let last_of: BTreeMap<i64, usize> = given.map(|(index, sign_off)| (sign_off.by, index)).collect();
    let verdict = |(index, sign_off): (usize, &SignOff)| match last_of.get(&sign_off.by) {
        _ if sign_off.is_withdrawn => Err(Void::Withdrawn),
        Some(last) if *last != index => Err(Void::Replaced),
        _ => validity(sign_off, current_digest, people, barred),
    };
    sign_offs.iter().enumerate().map(verdict).collect()
}

fn validity(
    sign_off: &SignOff,
    current_digest: &str,
    people: &[Person],
    barred: &BTreeSet<i64>,
) -> Result<(), Void> {
    if barred.contains(&sign_off.by) {
        return Err(Void::Author);
    }
    let signer = people.iter().find(|person| person.id == sign_off.by && person.is_enabled);
    let signer = signer.ok_or(Void::Disabled)?;
    if !signer.roles.contains(&sign_off.role) {
        return Err(Void::RoleLost);
    }
    if !signer.may_read {
        return Err(Void::Unreadable);
    }
    if sign_off.digest == current_digest { Ok(()) } else { Err(Void::Stale) }
}

/// What is needed beyond these signatures, each of another person and counted in the role it was given in.
/// Places for anybody are filled after those for a role, so that a surplus signature isn't lost.
pub fn missing(requirements: &[Requirement], valid: &[&SignOff]) -> Vec<Requirement> {
    let signers: Vec<_> = valid.iter().map(|sign_off| BTreeSet::from([sign_off.role])).collect();
    unfilled(requirements, &signers)
}

/// What nobody is left to sign, if everybody who may does; empty: it can be done. Whoever has signed is counted
/// with all their roles, since a signature can be moved.
pub fn infeasible(
    requirements: &[Requirement],
    people: &[Person],
    barred: &BTreeSet<i64>,
) -> Vec<Requirement> {
    let eligible = people.iter().filter(|person| may_sign(person, barred));
    unfilled(requirements, &eligible.map(|person| person.roles.clone()).collect::<Vec<_>>())
}

/// Who could still fill a place of `requirement`: they hold the role, are enabled, no author, and have not signed.
pub fn eligible<'p>(
    requirement: &'p Requirement,
    people: &'p [Person],
    barred: &'p BTreeSet<i64>,
    valid: &'p [&SignOff],
) -> impl Iterator<Item = i64> {
    let has_signed = |id: i64| valid.iter().any(|one| one.by == id);
    let could = move |person: &&Person| {
        may_sign(person, barred)
            && !has_signed(person.id)
            && person.roles.iter().any(|role| requirement.roles.includes(*role))
    };
    people.iter().filter(could).map(|person| person.id)
}

fn may_sign(person: &Person, barred: &BTreeSet<i64>) -> bool {
    person.is_enabled && person.may_read && !barred.contains(&person.id)
}

/// Gives each signer at most one place, and says which places stay free: Kuhn's algorithm for matchings. A place
/// that is filled stays so, and those that fewer roles can fill come first.
fn unfilled(requirements: &[Requirement], signers: &[BTreeSet<Role>]) -> Vec<Requirement> {
    let breadth = |requirement: &Requirement| match &requirement.roles {
        Roles::Of(roles) => roles.len(),
        Roles::Any => Role::ALL.len(),
    };
    let mut order: Vec<_> = (0..requirements.len()).collect();
    order.sort_by_key(|at| breadth(&requirements[*at]));
    let mut matching =
        Matching { requirements, signers, place_of_signer: vec![None; signers.len()], is_seen: vec![] };
    let mut left: Vec<u32> = requirements.iter().map(|requirement| requirement.count).collect();
    for at in order {
        for _ in 0..requirements[at].count {
            matching.is_seen = vec![false; signers.len()];
            left[at] -= u32::from(matching.fill(at));
        }
    }
    let missing = requirements.iter().zip(left).filter(|(_, left)| *left > 0);
    missing.map(|(requirement, count)| Requirement { roles: requirement.roles.clone(), count }).collect()
}

struct Matching<'a> {
    requirements: &'a [Requirement],
    signers: &'a [BTreeSet<Role>],
    /// By signer, the requirement in which they fill a place.
    place_of_signer: Vec<Option<usize>>,
    is_seen: Vec<bool>,
}

impl Matching<'_> {
    /// Finds a signer for one more place of this requirement, moving others to other places if need be.
    fn fill(&mut self, requirement: usize) -> bool {
        for signer in 0..self.signers.len() {
            let roles = &self.requirements[requirement].roles;
            let fits = self.signers[signer].iter().any(|role| roles.includes(*role));
            if !fits || std::mem::replace(&mut self.is_seen[signer], true) {
                continue;
            }
            let is_free = match self.place_of_signer[signer] {
                None => true,
                Some(other) => self.fill(other),
            };
            if is_free {
                self.place_of_signer[signer] = Some(requirement);
                return true;
            }
        }
        false
    }
}

/// The role for somebody who signs without naming one: that of the missing place which the fewest others could
/// fill, the earlier one of equals. With nothing missing it is any role that the policy names; `None`: they hold
/// none.
pub fn choose_role(
    requirements: &[Requirement],
    valid: &[&SignOff],
    signer: &Person,
    people: &[Person],
    barred: &BTreeSet<i64>,
) -> Option<Role> {
    let has_signed = |person: &Person| valid.iter().any(|sign_off| sign_off.by == person.id);
    let others = || {
        people.iter().filter(|other| other.id != signer.id && may_sign(other, barred) && !has_signed(other))
    };
    let could_fill =
        |roles: &Roles| others().filter(|other| other.roles.iter().any(|role| roles.includes(*role))).count();
    let missing = missing(requirements, valid);
    let open = missing.iter().filter_map(|requirement| {
        let role = fitting_role(&requirement.roles, signer)?;
        Some((could_fill(&requirement.roles), role))
    });
    let rarest = open.min_by_key(|(count, _)| *count).map(|(_, role)| role);
    rarest.or_else(|| requirements.iter().find_map(|requirement| fitting_role(&requirement.roles, signer)))
}

/// Of several, one that says what somebody does rather than what they may.
fn fitting_role(roles: &Roles, signer: &Person) -> Option<Role> {
    let mut fitting: Vec<_> = signer.roles.iter().copied().filter(|role| roles.includes(*role)).collect();
    fitting.sort_by_key(|role| (*role == Role::Admin, *role));
    fitting.first().copied()
}

/// Whether the policy names this role.
pub fn is_named(requirements: &[Requirement], role: Role) -> bool {
    requirements.iter().any(|requirement| requirement.roles.includes(role))
}

/// The blocks that still hold: until that person signs, withdraws it or loses the account or the role, or somebody who
/// manages the model dismisses it. Who may read the model is for those who manage it to say, its authors too, and
/// takes no block away.
pub fn standing_blocks<'a>(blocks: &'a [Block], sign_offs: &[SignOff], people: &[Person]) -> Vec<&'a Block> {
    let holds = |block: &&Block| {
        let person = people.iter().find(|person| person.id == block.by && person.is_enabled);
        // Asking for changes withdraws the signatures before, so one of the same moment that stands is later.
        let has_signed_since = sign_offs.iter().any(|sign_off| {
            sign_off.by == block.by
                && (sign_off.at > block.at || sign_off.at == block.at && !sign_off.is_withdrawn)
        });
        !block.is_lifted
            && !has_signed_since
            && person.is_some_and(|person| person.roles.contains(&block.role))
    };
    blocks.iter().filter(holds).collect()
}

#[cfg(test)]
mod tests;
