//! Logged models: model files with their own params, tags and metrics, made by a run.

use serde::{Deserialize, Serialize};

use crate::{KeyValue, MetricValue, Millis};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ModelStatus {
    #[serde(rename = "LOGGED_MODEL_STATUS_UNSPECIFIED")]
    Unspecified,
    #[default]
    #[serde(rename = "LOGGED_MODEL_PENDING")]
    Pending,
    #[serde(rename = "LOGGED_MODEL_READY")]
    Ready,
    #[serde(rename = "LOGGED_MODEL_UPLOAD_FAILED")]
    UploadFailed,
}

impl ModelStatus {
    /// The number that the reference stores and filters by.
    pub fn code(self) -> i64 {
        match self {
            Self::Unspecified => 0,
            Self::Pending => 1,
            Self::Ready => 2,
            Self::UploadFailed => 3,
        }
    }

    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Pending,
            2 => Self::Ready,
            3 => Self::UploadFailed,
            _ => Self::Unspecified,
        }
    }

    /// As a filter writes it: `status = 'READY'`.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Unspecified => "UNSPECIFIED",
            Self::Pending => "PENDING",
            Self::Ready => "READY",
            Self::UploadFailed => "FAILED",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LoggedModel {
    /// `m-` and 32 hex digits.
    pub model_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub artifact_uri: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub status: ModelStatus,
    pub status_message: Option<String>,
    pub model_type: Option<String>,
    pub source_run: Option<String>,
    pub params: Vec<KeyValue>,
    pub tags: Vec<KeyValue>,
    pub metrics: Vec<ModelMetric>,
}

/// A metric of a logged model, maybe measured on a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelMetric {
    pub key: String,
    pub value: MetricValue,
    pub step: i64,
    pub timestamp: Millis,
    pub run_uuid: Option<String>,
    pub dataset_name: Option<String>,
    pub dataset_digest: Option<String>,
}
