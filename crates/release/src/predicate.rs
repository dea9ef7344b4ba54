//! What a record says about a release: the predicate `https://countersign.dev/release/v1`.
//!
//! Many readers take every JSON number for a double, so ids, versions, sizes and measured values are texts; only
//! small counts are numbers. What is absent is left out. A reader ignores members that it does not know, so the
//! meaning of these never changes: that would be `v2`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Moment;

pub const PREDICATE_TYPE: &str = "https://countersign.dev/release/v1";

/// How [`Digest::sha256`] is made from [`Digest::document`].
pub const CANONICALIZATION: &str = "RFC8785";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    pub release: Release,
    pub model: Model,
    pub transition: Transition,
    pub digest: Digest,
    pub policy: Policy,
    pub gates: Vec<Gate>,
    pub sign_offs: Vec<SignOff>,
    /// There if, and only if, the transition is of kind `override`.
    #[serde(rename = "override", default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Override>,
    /// The audit log's last entry before this release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditAnchor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub id: String,
    /// Which installation issued it.
    pub server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub issued_at: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub name: String,
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The version that held the stage before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
    /// The versions that left the stage in the same step.
    #[serde(default)]
    pub archived: Vec<String>,
    pub kind: Kind,
    pub requested_by: Person,
    pub requested_at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Review,
    /// Somebody with the right to it moved the version without the sign-offs or gates that the policy asks for.
    Override,
    Rollback,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    /// The user's id, where the signed document names authors by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub roles: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// SHA-256 of the document's canonical form as lower-case hexadecimal digits.
    pub sha256: String,
    pub canonicalization: String,
    /// What was signed off, whole.
    pub document: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub scope: String,
    pub version: u32,
    pub sha256: String,
    /// The text as people wrote it.
    pub toml: String,
    /// Whether whoever asked may sign as well: a rollback that has to be quick.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub author_may_sign: bool,
    /// What the text asks for: all of these.
    pub sign_off: Vec<Places>,
}

/// So many people, each holding one of the roles. `any` is every role but `viewer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    pub roles: Vec<String>,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    pub id: String,
    pub kind: String,
    pub required: bool,
    pub status: GateStatus,
    /// The policy lets this gate be not applicable although it is required.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_not_applicable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_at: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateStatus {
    Pass,
    Fail,
    Pending,
    Waived,
    NotApplicable,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    pub by: String,
    /// The user's id, where the signed document names authors by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The role in which they signed.
    pub role: String,
    pub at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The digest that they signed.
    pub digest: String,
    /// Where they signed, e.g. `page` or `api`.
    pub door: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    pub by: String,
    pub reason: String,
    /// The review that was opened for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditAnchor {
    pub seq: String,
    pub hash: String,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Override => "override",
            Self::Rollback => "rollback",
        }
    }
}

impl Places {
    /// Whether somebody who signed in this role fills one of the places.
    pub fn admit(&self, role: &str) -> bool {
        self.roles.iter().any(|asked| if asked == "any" { role != "viewer" } else { asked == role })
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by `{}`", self.count, self.roles.join("` or `"))
    }
}

impl Gate {
    /// Why a required gate keeps a version from its stage; `None` if it does not.
    pub fn blocked_by(&self) -> Option<&'static str> {
        match self.status {
            GateStatus::Pass => None,
            GateStatus::Waived if self.waiver.is_some() => None,
            GateStatus::NotApplicable if self.may_be_not_applicable => None,
            _ if !self.required => None,
            GateStatus::Waived => Some("waived by nobody"),
            GateStatus::Fail => Some("failed"),
            GateStatus::Pending => Some("pending"),
            GateStatus::NotApplicable => Some("not applicable"),
        }
    }
}
