//! Experiments: what groups runs.

use serde::{Deserialize, Serialize};

use crate::{KeyValue, Lifecycle, Millis};

/// The tag whose text a page shows as the notes (Markdown) of an experiment or a run.
pub const NOTE_TAG: &str = "mlflow.note.content";

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Experiment {
    pub id: i64,
    pub name: String,
    /// Where its runs' artifacts go, e.g. `mlflow-artifacts:/3`.
    pub artifact_location: String,
    pub lifecycle: Lifecycle,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub tags: Vec<KeyValue>,
}

impl Experiment {
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }

    /// The notes in Markdown.
    pub fn note(&self) -> Option<&str> {
        self.tag(NOTE_TAG)
    }
}

/// An experiment as the list of experiments shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentSummary {
    pub experiment: Experiment,
    /// Runs that aren't deleted.
    pub active_runs: i64,
    /// Of those, the ones whose status is RUNNING.
    pub running_runs: i64,
    /// When its newest run started, if it has one.
    pub last_run_at: Option<Millis>,
}
