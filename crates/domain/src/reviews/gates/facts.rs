//! What gates are told.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Better;
use crate::metrics::MetricValue;
use crate::reviews::Target;
use crate::reviews::signature::SignatureTexts;
use crate::runs::RunStatus;
use crate::{Millis, canonical};

/// Everything that the gates of one request look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub target: Target,
    pub candidate: VersionFacts,
    /// The version that holds the target now; of several, the one that entered last. Where a stage is empty, the one
    /// that was there last.
    pub champion: Option<VersionFacts>,
    /// The version that came into the stage last, if it was taken out since and isn't the champion.
    #[serde(default)]
    pub departed: Option<Departed>,
    /// What the registered model names as its main metric.
    pub primary_metric: Option<PrimaryMetric>,
    /// In Markdown.
    pub card: Option<String>,
    /// Whether the person whom [`super::super::card::owner`] finds has an account that is enabled.
    pub owner_is_enabled: bool,
    /// In the order they came in.
    pub checks: Vec<CheckReport>,
    /// Of what serves in the target now.
    pub monitor: Option<MonitorState>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimaryMetric {
    pub key: String,
    pub better: Better,
}

/// What is known of one version.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VersionFacts {
    pub version: i64,
    /// `None`: it is of no run.
    pub run_status: Option<RunStatus>,
    /// Of the logged model, if the version is of one.
    pub model_metrics: Vec<Measured>,
    /// The run's last value of each metric, and of each data set.
    pub run_metrics: Vec<Measured>,
    /// Read by the run or by the logged model.
    pub datasets: Vec<DatasetUse>,
    pub signature: Option<SignatureTexts>,
    pub stage: String,
    /// Since when it has been in `stage` without a break.
    pub stage_entered_at: Option<Millis>,
    /// SHA-256 over the list of its files; `None` while they are being hashed.
    pub files_sha256: Option<String>,
}

/// A version that was taken out of a stage by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departed {
    Known(Box<VersionFacts>),
    /// Nothing is known of it any more but its number.
    Deleted(i64),
}

impl Departed {
    pub fn version(&self) -> i64 {
        match self {
            Self::Known(facts) => facts.version,
            Self::Deleted(number) => *number,
        }
    }
}

impl Facts {
    /// The champion, if it holds the target still.
    pub fn holder(&self) -> Option<&VersionFacts> {
        let holds = |champion: &&VersionFacts| match &self.target {
            Target::Stage(stage) => champion.stage == *stage,
            Target::Alias(_) => true,
        };
        self.champion.as_ref().filter(holds)
    }
}

impl VersionFacts {
    /// The value of a metric that speaks for the version; `dataset`: measured on the one of this name or digest.
    ///
    /// That is the logged model's last, else the run's. Whoever logs a model without a step has the run's values of
    /// step 0 copied to it (`mlflow.models.Model.log`): where the run went on, they are not the model's.
    pub fn value(&self, metric: &str, dataset: Option<&str>) -> Option<&Measured> {
        let is_meant = |one: &&Measured| {
            let is_of_dataset = |wanted| {
                one.dataset.as_ref().is_some_and(|dataset| dataset.name == wanted || dataset.digest == wanted)
            };
            one.key == metric && dataset.is_none_or(is_of_dataset)
        };
        let of_model = self.model_metrics.iter().filter(is_meant).max_by_key(|one| Measured::rank(one));
        let of_run = self.run_metrics.iter().filter(is_meant).max_by_key(|one| Measured::rank(one));
        let is_copy = |of_model: &&Measured| {
            of_model.step == 0 && of_model.dataset.is_none() && of_run.is_some_and(|of_run| of_run.step > 0)
        };
        of_model.filter(|of_model| !is_copy(of_model)).or(of_run)
    }

    /// Of each metric the value that speaks for the version.
    pub fn values(&self) -> impl Iterator<Item = &Measured> {
        let keys: BTreeSet<_> =
            self.model_metrics.iter().chain(&self.run_metrics).map(|one| one.key.as_str()).collect();
        keys.into_iter().filter_map(|key| self.value(key, None))
    }
}

/// A metric's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub key: String,
    pub value: MetricValue,
    pub step: i64,
    pub timestamp: Millis,
    /// On what it was measured, if that was said.
    pub dataset: Option<DatasetRef>,
}

impl Measured {
    /// Greater for what comes later: by step, then timestamp, then value, where NaN is 0.
    fn rank(&self) -> (i64, Millis, i64, Option<&DatasetRef>) {
        let value = if self.value.0.is_nan() { 0.0 } else { self.value.0 };
        (self.step, self.timestamp, MetricValue(value).to_ordinal(), self.dataset.as_ref())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DatasetRef {
    pub name: String,
    pub digest: String,
}

/// A data set that a version was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetUse {
    pub name: String,
    pub digest: String,
    /// What it was used for, e.g. `training`.
    pub context: Option<String>,
    pub validation: Validation,
}

/// What the last check of a data set's contents said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    #[default]
    NeverRun,
    Running,
    Passed,
    Failed,
}

impl Validation {
    pub const ALL: [Self; 4] = [Self::NeverRun, Self::Running, Self::Passed, Self::Failed];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|validation| validation.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverRun => "never_run",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }
}

/// What something outside said about the version, e.g. a load test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    pub name: String,
    pub state: CheckState,
    pub summary: String,
    pub link: Option<String>,
    /// The `files_sha256` that it was made for; `None`: whatever the version is.
    pub files_sha256: Option<String>,
    pub at: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Pending,
    Running,
    Success,
    Failure,
    Error,
}

impl CheckState {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Success, Self::Failure, Self::Error];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorState {
    pub name: String,
    /// Ids of the alerts that are open.
    pub open_alerts: Vec<String>,
}

/// A moment or a count as a hashed document has it; those beyond what a double holds are texts.
pub(crate) fn integer(value: i64) -> Value {
    if value.unsigned_abs() <= 1 << 53 { json!(value) } else { json!(value.to_string()) }
}

/// A measured value as a hashed document has it: −0.0 is 0.0.
pub(crate) fn measured(value: f64) -> Value {
    json!(canonical::number(value + 0.0))
}
