//! Data sets as runs name them: by name and digest.

use serde::{Deserialize, Serialize};

use crate::KeyValue;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    pub name: String,
    pub digest: String,
    pub source_type: String,
    pub source: String,
    /// JSON, as the client described the columns.
    pub schema: Option<String>,
    /// JSON, e.g. the number of rows.
    pub profile: Option<String>,
}

/// The tag of a dataset input that says what it was used for: training, validation, …
pub const CONTEXT_TAG: &str = "mlflow.data.context";

/// A data set that a run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInput {
    pub dataset: Dataset,
    pub tags: Vec<KeyValue>,
}

impl DatasetInput {
    pub fn context(&self) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == CONTEXT_TAG).map(|tag| tag.value.as_str())
    }
}
