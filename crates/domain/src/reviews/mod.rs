//! Reviews: what has to hold before a model version reaches a stage, who has said so, and what a review may
//! become. Rules only: they are told the facts and the time, and return verdicts.
//!
//! People are named by their account's id, versions by their number in the registered model.

pub mod card;
pub mod document;
pub mod gates;
pub mod policy;
pub mod rollback;
pub mod sign_off;
pub mod signature;
pub mod state;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a review wants its version to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Stage(String),
    Alias(String),
}

const ALIAS_PREFIX: &str = "alias:";

impl Target {
    /// Reads what its `Display` writes: `Production`, `alias:champion`.
    pub fn parse(text: &str) -> Self {
        let alias = text.strip_prefix(ALIAS_PREFIX).map(|alias| Self::Alias(alias.to_owned()));
        alias.unwrap_or_else(|| Self::Stage(text.to_owned()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => formatter.write_str(stage),
            Self::Alias(alias) => write!(formatter, "{ALIAS_PREFIX}{alias}"),
        }
    }
}

/// What a review is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Promotion,
    /// Of an override: whether what was done without signatures was right.
    Followup,
    /// Back to the version that served before.
    Rollback,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Promotion, Self::Followup, Self::Rollback];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promotion => "promotion",
            Self::Followup => "followup",
            Self::Rollback => "rollback",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
