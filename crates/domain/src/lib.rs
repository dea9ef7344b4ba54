//! Types and rules of the field, without I/O: what a run is, which names are allowed, what a filter
//! means. Builds for WebAssembly, so that the page and the server agree by construction.

pub mod accounts;
pub mod artifacts;
pub mod audit;
pub mod canonical;
pub mod datasets;
pub mod experiments;
pub mod filter;
pub mod limits;
pub mod logged_models;
pub mod metrics;
pub mod page;
pub mod permissions;
pub mod registry;
pub mod reviews;
pub mod runs;
pub mod smooth;
pub mod thin;
pub mod time;

pub use experiments::Experiment;
pub use metrics::{MetricPoint, MetricValue};
pub use page::Page;
pub use runs::{Run, RunStatus};
pub use time::Millis;

use serde::{Deserialize, Serialize};

/// A key with its text, as tags and params have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    pub key: String,
    pub value: String,
}

impl KeyValue {
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// Whether a thing is in use or in the bin, from which it can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    #[default]
    Active,
    Deleted,
}

impl Lifecycle {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deleted => "deleted",
        }
    }

    pub fn from_deleted(deleted: bool) -> Self {
        if deleted { Self::Deleted } else { Self::Active }
    }
}

/// Which of the two a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub enum ViewType {
    #[default]
    #[serde(rename = "ACTIVE_ONLY")]
    ActiveOnly,
    #[serde(rename = "DELETED_ONLY")]
    DeletedOnly,
    #[serde(rename = "ALL")]
    All,
}
