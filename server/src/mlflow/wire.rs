//! What several calls send or take.

use domain::datasets::DatasetInput;
use domain::limits::{self, Invalid, Place};
use domain::{Experiment, KeyValue, MetricValue, Run, ViewType};
use serde::{Deserialize, Serialize};
use web::ApiError;
use web::wire::{Many, Name};

/// The answer of calls that answer nothing.
#[derive(Serialize)]
pub struct Empty {}

#[derive(Deserialize)]
#[serde(expecting = "an object with `key` and `value`")]
pub struct Pair {
    key: Option<String>,
    value: Option<String>,
}

impl From<Pair> for KeyValue {
    fn from(pair: Pair) -> Self {
        Self { key: pair.key.unwrap_or_default(), value: pair.value.unwrap_or_default() }
    }
}

/// Each pair checked by `check`, which gets the pair's place.
pub fn pairs(
    field: &str,
    pairs: Many<Pair>,
    check: impl Fn(Place<'_>, KeyValue) -> Result<KeyValue, Invalid>,
) -> Result<Vec<KeyValue>, ApiError> {
    let checked = |(index, pair): (usize, Pair)| Ok(check(Place::Entry(field, index), pair.into())?);
    pairs.0.into_iter().enumerate().map(checked).collect()
}

/// Tags of an experiment.
pub fn experiment_tags(tags: Many<Pair>) -> Result<Vec<KeyValue>, ApiError> {
    pairs("tags", tags, |_, tag| store::experiments::check_tag(&tag).map(|()| tag))
}

/// Tags of a run.
pub fn tags(tags: Many<Pair>) -> Result<Vec<KeyValue>, ApiError> {
    pairs("tags", tags, limits::tag)
}

/// Params or tags of a logged model.
pub fn model_pairs(field: &str, given: Many<Pair>) -> Result<Vec<KeyValue>, ApiError> {
    pairs(field, given, limits::model_pair)
}

pub fn params(params: Many<Pair>) -> Result<Vec<KeyValue>, ApiError> {
    pairs("params", params, limits::param)
}

pub fn view_type(given: Option<&Name>, field: &str) -> Result<ViewType, ApiError> {
    match given.map(|name| name.0.as_str()) {
        None | Some("" | "ACTIVE_ONLY" | "1") => Ok(ViewType::ActiveOnly),
        Some("DELETED_ONLY" | "2") => Ok(ViewType::DeletedOnly),
        Some("ALL" | "3") => Ok(ViewType::All),
        Some(other) => Err(ApiError::bad_request(format!(
            "Invalid value `{other}` for parameter '{field}' supplied: it is ACTIVE_ONLY, DELETED_ONLY or ALL"
        ))),
    }
}

#[derive(Serialize)]
pub struct ExperimentWire<'a> {
    experiment_id: String,
    name: &'a str,
    artifact_location: &'a str,
    lifecycle_stage: &'static str,
    last_update_time: i64,
    creation_time: i64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [KeyValue],
}

impl<'a> From<&'a Experiment> for ExperimentWire<'a> {
    fn from(experiment: &'a Experiment) -> Self {
        Self {
            experiment_id: experiment.id.to_string(),
            name: &experiment.name,
            artifact_location: &experiment.artifact_location,
            lifecycle_stage: experiment.lifecycle.as_str(),
            last_update_time: experiment.updated_at.0,
            creation_time: experiment.created_at.0,
            tags: &experiment.tags,
        }
    }
}

#[derive(Serialize)]
pub struct RunWire<'a> {
    pub info: RunInfo<'a>,
    data: RunData<'a>,
    inputs: Inputs<'a>,
    outputs: Outputs<'a>,
}

#[derive(Serialize)]
pub struct RunInfo<'a> {
    run_uuid: &'a str,
    experiment_id: String,
    run_name: &'a str,
    user_id: &'a str,
    status: &'static str,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    artifact_uri: &'a str,
    lifecycle_stage: &'static str,
    run_id: &'a str,
}

#[derive(Serialize)]
struct RunData<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<MetricWire<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    params: &'a [KeyValue],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [KeyValue],
}

/// A point, of a run if it doesn't go without saying.
#[derive(Serialize)]
pub struct MetricWire<'a> {
    pub key: &'a str,
    pub value: MetricValue,
    pub timestamp: i64,
    pub step: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Inputs<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset_inputs: Vec<DatasetInputWire<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    model_inputs: Vec<ModelInputWire<'a>>,
}

#[derive(Serialize)]
struct DatasetInputWire<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [KeyValue],
    dataset: DatasetWire<'a>,
}

#[derive(Serialize)]
struct DatasetWire<'a> {
    name: &'a str,
    digest: &'a str,
    source_type: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
}

#[derive(Serialize)]
struct ModelInputWire<'a> {
    model_id: &'a str,
}

#[derive(Serialize)]
struct Outputs<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    model_outputs: Vec<ModelOutputWire<'a>>,
}

#[derive(Serialize)]
struct ModelOutputWire<'a> {
    model_id: &'a str,
    step: i64,
}

impl<'a> From<&'a Run> for RunInfo<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            run_uuid: &run.uuid,
            experiment_id: run.experiment_id.to_string(),
            run_name: &run.name,
            user_id: &run.user,
            status: run.status.as_str(),
            start_time: run.started_at.unwrap_or_default().0,
            end_time: run.ended_at.map(|at| at.0),
            artifact_uri: &run.artifact_uri,
            lifecycle_stage: run.lifecycle.as_str(),
            run_id: &run.uuid,
        }
    }
}

impl<'a> From<&'a DatasetInput> for DatasetInputWire<'a> {
    fn from(input: &'a DatasetInput) -> Self {
        let dataset = &input.dataset;
        Self {
            tags: &input.tags,
            dataset: DatasetWire {
                name: &dataset.name,
                digest: &dataset.digest,
                source_type: &dataset.source_type,
                source: &dataset.source,
                schema: dataset.schema.as_deref(),
                profile: dataset.profile.as_deref(),
            },
        }
    }
}

impl<'a> From<&'a Run> for RunWire<'a> {
    fn from(run: &'a Run) -> Self {
        let metric = |metric: &'a domain::metrics::LatestMetric| MetricWire {
            key: &metric.key,
            value: metric.value,
            timestamp: metric.timestamp.0,
            step: metric.step,
            run_id: None,
        };
        Self {
            info: run.into(),
            data: RunData {
                metrics: run.metrics.iter().map(metric).collect(),
                params: &run.params,
                tags: &run.tags,
            },
            inputs: Inputs {
                dataset_inputs: run.inputs.datasets.iter().map(DatasetInputWire::from).collect(),
                model_inputs: run.inputs.models.iter().map(|model_id| ModelInputWire { model_id }).collect(),
            },
            outputs: Outputs {
                model_outputs: run
                    .inputs
                    .outputs
                    .iter()
                    .map(|output| ModelOutputWire { model_id: &output.model_id, step: output.step })
                    .collect(),
            },
        }
    }
}

/// `true`, `false`, or either as a text in any case: scripts send both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LooseFlag(pub bool);

impl<'de> serde::Deserialize<'de> for LooseFlag {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Either {
            Flag(bool),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Flag(flag) => Ok(Self(flag)),
            Either::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            Either::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            Either::Text(text) => {
                Err(serde::de::Error::custom(format!("`{text}` is neither `true` nor `false`")))
            }
        }
    }
}
