//! Policies: which gates have to hold and which signatures are needed before a version reaches a target.

mod normal;
mod parse;
mod print;
mod reader;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::gates::{GateKind, GateRule};
use super::{Kind, Target};
use crate::accounts::Role;
use crate::canonical;
use crate::registry::Stages;
pub use parse::parse;
pub use reader::Misplaced;

/// More signatures than this for one target are refused.
pub const MAX_PLACES: u32 = 10;

/// What holds for the targets that it names; for others it says nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// By stage.
    pub stages: BTreeMap<String, StageRules>,
    /// By alias.
    pub aliases: BTreeMap<String, StageRules>,
    /// Who may apply a request whatever is missing; empty: nobody.
    pub override_roles: BTreeSet<Role>,
    /// Who may waive a gate; empty: nobody.
    pub waive_roles: BTreeSet<Role>,
}

/// What it takes to reach one stage, or for one alias to be set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRules {
    /// Their order decides between roles that a signer could sign in.
    pub sign_off: Vec<Requirement>,
    pub plain_call: PlainCall,
    /// `None`: a request stays open until somebody ends it.
    pub expires_after_ms: Option<i64>,
    /// Whether the versions that are in the stage leave it in the same step.
    pub replaces: bool,
    /// Where those go; there if, and only if, `replaces`.
    pub retire_to: Option<String>,
    pub leave: Leave,
    /// Sorted by id, each id once.
    pub gates: Vec<GateRule>,
    /// `None`: going back is asked for as going forth is.
    pub rollback: Option<RollbackRules>,
    /// Whether a request is applied as soon as nothing is missing, or waits for a person to do so.
    pub auto_apply: bool,
}

impl StageRules {
    /// Adds signatures that a request needs besides, of whatever kind it is; none of them is an author's.
    pub fn also_signed_by(&mut self, more: &[Requirement]) {
        if more.is_empty() {
            return;
        }
        add(&mut self.sign_off, more);
        if let Some(rollback) = &mut self.rollback {
            add(&mut rollback.sign_off, more);
            rollback.author_may_sign = false;
        }
    }
}

fn add(sign_off: &mut Vec<Requirement>, more: &[Requirement]) {
    for requirement in more {
        if !sign_off.contains(requirement) {
            sign_off.push(requirement.clone());
        }
    }
}

/// Free for everybody.
impl Default for StageRules {
    fn default() -> Self {
        Self {
            sign_off: Vec::new(),
            plain_call: PlainCall::default(),
            expires_after_ms: None,
            replaces: false,
            retire_to: None,
            leave: Leave::default(),
            gates: Vec::new(),
            rollback: None,
            auto_apply: true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RollbackRules {
    pub sign_off: Vec<Requirement>,
    /// So that who finds the fault can end it alone.
    pub author_may_sign: bool,
}

/// So many signatures of people who hold one of these roles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Requirement {
    pub roles: Roles,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roles {
    /// Every role but viewer.
    Any,
    Of(BTreeSet<Role>),
}

impl Roles {
    pub fn one(role: Role) -> Self {
        Self::Of(BTreeSet::from([role]))
    }

    pub fn includes(&self, role: Role) -> bool {
        match self {
            Self::Any => role != Role::Viewer,
            Self::Of(roles) => roles.contains(&role),
        }
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("any"),
            Self::Of(roles) => {
                let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
                formatter.write_str(&roles.join(" or "))
            }
        }
    }
}

/// E.g. `2 ops_engineer`.
impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.count, self.roles)
    }
}

/// What a call that knows no reviews (`transition-stage`) does for a guarded target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlainCall {
    #[default]
    Refuse,
    /// It opens a review.
    Request,
}

/// What it takes to leave the target by a plain call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    #[default]
    Free,
    Review,
}

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Model,
    Workspace,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Workspace => "workspace",
        }
    }
}

/// The rules that hold for one target, with where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InForce {
    pub scope: Scope,
    pub target: Target,
    pub rules: StageRules,
    pub override_roles: BTreeSet<Role>,
    pub waive_roles: BTreeSet<Role>,
}

impl InForce {
    /// The same policy about a target that it says nothing of.
    #[must_use]
    pub fn without_rules(&self, target: Target) -> Self {
        Self { target, rules: StageRules::default(), ..self.clone() }
    }

    /// The signatures that a request of this kind needs.
    pub fn sign_off(&self, kind: Kind) -> &[Requirement] {
        match (&self.rules.rollback, kind) {
            (Some(rollback), Kind::Rollback) => &rollback.sign_off,
            _ => &self.rules.sign_off,
        }
    }

    /// Whether an author's signature counts.
    pub fn author_may_sign(&self, kind: Kind) -> bool {
        kind == Kind::Rollback
            && self.rules.rollback.as_ref().is_some_and(|rollback| rollback.author_may_sign)
    }

    /// Over all that a signature relies on; a change of another target's rules doesn't change it.
    pub fn sha256(&self) -> String {
        canonical::digest(&json!({
            "v": 1,
            "kind": "countersign/policy-target",
            "target": self.target.to_string(),
            "rules": normal::rules(&self.rules),
            "waive": normal::roles(&self.waive_roles),
        }))
    }
}

/// The rules for `target`: the model's own if its policy names the target, else the workspace's. Nothing is
/// merged, so that one text says all that holds.
pub fn in_force(model: Option<&Policy>, workspace: Option<&Policy>, target: &Target) -> Option<InForce> {
    let found = |policy: Option<&Policy>, scope| {
        let policy = policy?;
        Some(InForce {
            scope,
            target: target.clone(),
            rules: policy.rules(target)?.clone(),
            override_roles: policy.override_roles.clone(),
            waive_roles: policy.waive_roles.clone(),
        })
    };
    found(model, Scope::Model).or_else(|| found(workspace, Scope::Workspace))
}

/// What a new workspace starts with.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

impl Policy {
    /// # Panics
    /// Never: the text is part of the program, and a test reads it.
    pub fn default_for_workspace() -> Self {
        parse(DEFAULT_TOML, &Stages::default()).expect("the default policy is one")
    }

    pub fn rules(&self, target: &Target) -> Option<&StageRules> {
        match target {
            Target::Stage(stage) => self.stages.get(stage),
            Target::Alias(alias) => self.aliases.get(alias),
        }
    }

    /// As TOML that reads back as the same policy, each default spelled out.
    pub fn to_toml(&self) -> String {
        print::policy(self)
    }

    /// Over what it means: comments and the order of its text don't change it.
    pub fn sha256(&self) -> String {
        let tables = |tables: &BTreeMap<String, StageRules>| -> Value {
            tables.iter().map(|(name, rules)| (name.clone(), normal::rules(rules))).collect()
        };
        canonical::digest(&json!({
            "v": 1,
            "kind": "countersign/policy",
            "stages": tables(&self.stages),
            "aliases": tables(&self.aliases),
            "override": normal::roles(&self.override_roles),
            "waive": normal::roles(&self.waive_roles),
        }))
    }

    /// The stages that it speaks of: those it has rules for, and those that these name.
    pub fn named_stages(&self) -> BTreeSet<&str> {
        let tables = self.stages.values().chain(self.aliases.values());
        let soaked = tables.clone().flat_map(|rules| &rules.gates).filter_map(|gate| match &gate.kind {
            GateKind::Soak { stage, .. } => Some(stage.as_str()),
            _ => None,
        });
        let retired = tables.filter_map(|rules| rules.retire_to.as_deref());
        self.stages.keys().map(String::as_str).chain(soaked).chain(retired).collect()
    }

    /// The roles that it needs signatures or decisions of, to be compared with those that somebody holds.
    pub fn named_roles(&self) -> BTreeSet<Role> {
        let tables = self.stages.values().chain(self.aliases.values());
        let rollbacks = tables.clone().filter_map(|rules| rules.rollback.as_ref());
        let signed =
            tables.flat_map(|rules| &rules.sign_off).chain(rollbacks.flat_map(|rules| &rules.sign_off));
        let mut named: BTreeSet<Role> = self.override_roles.union(&self.waive_roles).copied().collect();
        for requirement in signed {
            if let Roles::Of(roles) = &requirement.roles {
                named.extend(roles);
            }
        }
        named
    }
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
