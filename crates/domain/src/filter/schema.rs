//! Which subjects can be searched, for each kind of thing.

use super::Subject;

/// What a list's filter may name.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a feature that a grammar has or not")]
pub struct Schema {
    pub attributes: &'static [Attribute],
    /// Whether metrics and params can be named (else only tags and attributes).
    pub has_metrics: bool,
    pub has_datasets: bool,
    /// Whether `IS NULL` is known here.
    pub has_null_tests: bool,
    /// Whether params and tags can be tested by `IN`.
    pub has_lists_for_keys: bool,
    /// Whether a whole number may stand in quotes.
    pub has_quoted_numbers: bool,
}

#[derive(Debug)]
pub struct Attribute {
    /// The column's name first, then what else it is called.
    pub names: &'static [&'static str],
    pub kind: AttributeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    Text,
    /// Text that can be tested by `IN`.
    Identifier,
    Number,
}

const fn attribute(names: &'static [&'static str], kind: AttributeKind) -> Attribute {
    Attribute { names, kind }
}

pub const RUNS: Schema = Schema {
    attributes: &[
        attribute(&["run_id", "run_uuid"], AttributeKind::Identifier),
        attribute(&["run_name", "run name", "Run name", "Run Name"], AttributeKind::Text),
        attribute(&["user_id"], AttributeKind::Text),
        attribute(&["status"], AttributeKind::Text),
        attribute(&["artifact_uri"], AttributeKind::Text),
        attribute(&["start_time", "created", "Created"], AttributeKind::Number),
        attribute(&["end_time"], AttributeKind::Number),
        // Ms from start to end. Not in the reference.
        attribute(&["duration"], AttributeKind::Number),
    ],
    has_metrics: true,
    has_datasets: true,
    has_null_tests: true,
    has_lists_for_keys: false,
    has_quoted_numbers: false,
};

pub const EXPERIMENTS: Schema = Schema {
    attributes: &[
        attribute(&["name"], AttributeKind::Text),
        attribute(&["experiment_id"], AttributeKind::Identifier),
        attribute(&["creation_time"], AttributeKind::Number),
        attribute(&["last_update_time"], AttributeKind::Number),
    ],
    has_metrics: false,
    has_datasets: false,
    has_null_tests: true,
    has_lists_for_keys: false,
    has_quoted_numbers: false,
};

pub const LOGGED_MODELS: Schema = Schema {
    attributes: &[
        attribute(&["model_id"], AttributeKind::Identifier),
        attribute(&["name"], AttributeKind::Identifier),
        attribute(&["model_type"], AttributeKind::Identifier),
        attribute(&["source_run_id"], AttributeKind::Identifier),
        attribute(&["experiment_id"], AttributeKind::Identifier),
        attribute(&["artifact_location"], AttributeKind::Identifier),
        attribute(&["status"], AttributeKind::Identifier),
        attribute(&["lifecycle_stage"], AttributeKind::Identifier),
        attribute(&["creation_timestamp_ms", "creation_time", "creation_timestamp"], AttributeKind::Number),
        attribute(
            &["last_updated_timestamp_ms", "last_updated_timestamp", "last_updated_time"],
            AttributeKind::Number,
        ),
    ],
    has_metrics: true,
    has_datasets: false,
    has_null_tests: false,
    has_lists_for_keys: true,
    has_quoted_numbers: false,
};

const fn of_the_registry(attributes: &'static [Attribute]) -> Schema {
    Schema {
        attributes,
        has_metrics: false,
        has_datasets: false,
        has_null_tests: false,
        has_lists_for_keys: false,
        has_quoted_numbers: true,
    }
}

pub const REGISTERED_MODELS: Schema = of_the_registry(&[attribute(&["name"], AttributeKind::Identifier)]);

/// What registered models can be sorted by.
pub const REGISTERED_MODEL_ORDERS: Schema = of_the_registry(&[
    attribute(&["name"], AttributeKind::Identifier),
    attribute(&["timestamp", "last_updated_timestamp"], AttributeKind::Number),
]);

pub const MODEL_VERSIONS: Schema = of_the_registry(&[
    attribute(&["name"], AttributeKind::Identifier),
    attribute(&["run_id"], AttributeKind::Identifier),
    attribute(&["source_path"], AttributeKind::Text),
    attribute(&["version_number"], AttributeKind::Number),
]);

/// What versions can be sorted by.
pub const MODEL_VERSION_ORDERS: Schema = of_the_registry(&[
    attribute(&["name"], AttributeKind::Identifier),
    attribute(&["version_number"], AttributeKind::Number),
    attribute(&["creation_timestamp"], AttributeKind::Number),
    attribute(&["last_updated_timestamp"], AttributeKind::Number),
]);

impl Schema {
    /// The attribute of that name, and its kind.
    pub fn attribute(&self, name: &str) -> Option<(&'static str, AttributeKind)> {
        self.attributes
            .iter()
            .find(|attribute| attribute.names.contains(&name))
            .map(|attribute| (attribute.names[0], attribute.kind))
    }

    pub(super) fn attribute_names(&self) -> String {
        let names: Vec<_> = self.attributes.iter().map(|a| format!("`{}`", a.names[0])).collect();
        names.join(", ")
    }

    /// What `entity.key` names.
    ///
    /// # Errors
    /// A sentence that lists what would be right.
    pub(super) fn subject(&self, entity: &str, key: &str) -> Result<Subject, String> {
        match entity {
            "metric" | "metrics" if self.has_metrics => Ok(Subject::Metric(key.into())),
            "parameter" | "parameters" | "param" | "params" if self.has_metrics => {
                Ok(Subject::Param(key.into()))
            }
            "tag" | "tags" => Ok(Subject::Tag(key.into())),
            "attribute" | "attributes" | "attr" | "run" => match self.attribute(key) {
                Some((name, _)) => Ok(Subject::Attribute(name)),
                None => Err(format!("no attribute `{key}` exists; there are {}", self.attribute_names())),
            },
            "dataset" | "datasets" if self.has_datasets => {
                match ["name", "digest", "context"].into_iter().find(|field| *field == key) {
                    Some(field) => Ok(Subject::Dataset(field)),
                    None => Err(format!("a dataset has no `{key}`; there are `name`, `digest`, `context`")),
                }
            }
            _ => Err(format!("invalid entity type `{entity}`; there are {}", self.entities())),
        }
    }

    fn entities(&self) -> &'static str {
        match (self.has_metrics, self.has_datasets) {
            (true, true) => "`metrics`, `params`, `tags`, `attributes`, `dataset`",
            (true, false) => "`metrics`, `params`, `tags`, `attributes`",
            _ => "`tags`, `attributes`",
        }
    }
}
