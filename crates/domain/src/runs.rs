//! Runs: one execution of training code, with what it logged.

use serde::{Deserialize, Serialize};

use crate::datasets::DatasetInput;
use crate::metrics::LatestMetric;
use crate::{KeyValue, Lifecycle, Millis};

pub const PARENT_TAG: &str = "mlflow.parentRunId";
pub const NAME_TAG: &str = "mlflow.runName";
pub const USER_TAG: &str = "mlflow.user";
pub const SOURCE_NAME_TAG: &str = "mlflow.source.name";
pub const SOURCE_TYPE_TAG: &str = "mlflow.source.type";
pub const GIT_COMMIT_TAG: &str = "mlflow.source.git.commit";
/// Metrics with this prefix describe the machine, not the model.
pub const SYSTEM_METRIC_PREFIX: &str = "system/";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    #[default]
    Running,
    Scheduled,
    Finished,
    Failed,
    Killed,
}

impl RunStatus {
    pub const ALL: [Self; 5] = [Self::Running, Self::Scheduled, Self::Finished, Self::Failed, Self::Killed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether nothing more is expected from it.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Killed)
    }
}

/// A run with its params, tags and last metric values; not its curves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Run {
    /// 32 hex digits.
    pub uuid: String,
    pub experiment_id: i64,
    pub name: String,
    pub user: String,
    pub status: RunStatus,
    pub lifecycle: Lifecycle,
    pub started_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    pub artifact_uri: String,
    /// Sorted by key, as are `metrics` and `tags`.
    pub params: Vec<KeyValue>,
    pub metrics: Vec<LatestMetric>,
    pub tags: Vec<KeyValue>,
    pub inputs: RunInputs,
}

/// What a run read and what it made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunInputs {
    pub datasets: Vec<DatasetInput>,
    /// Ids (`m-…`) of logged models that the run read.
    pub models: Vec<String>,
    /// Logged models that the run made, each with the training step.
    pub outputs: Vec<ModelOutput>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOutput {
    pub model_id: String,
    pub step: i64,
}

impl Run {
    pub fn tag(&self, key: &str) -> Option<&str> {
        find(&self.tags, key)
    }

    pub fn param(&self, key: &str) -> Option<&str> {
        find(&self.params, key)
    }

    pub fn metric(&self, key: &str) -> Option<&LatestMetric> {
        self.metrics.iter().find(|metric| metric.key == key)
    }

    pub fn parent(&self) -> Option<&str> {
        self.tag(PARENT_TAG)
    }

    /// When it started, if anybody said so: to clients 0 is no time.
    pub fn start(&self) -> Option<Millis> {
        self.started_at.filter(|at| at.0 > 0)
    }

    /// How long it ran, in ms; for a run that still runs, up to `now`.
    pub fn duration_ms(&self, now: Millis) -> Option<i64> {
        let start = self.start()?;
        let end = match self.ended_at {
            Some(end) => end,
            None if self.status.is_terminal() => return None,
            None => now,
        };
        Some((end.0 - start.0).max(0))
    }
}

fn find<'a>(pairs: &'a [KeyValue], key: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.key == key).map(|pair| pair.value.as_str())
}

/// Which keys the runs of an experiment have: the columns that a run table can show.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunKeys {
    pub params: Vec<String>,
    pub metrics: Vec<String>,
    pub tags: Vec<String>,
}
