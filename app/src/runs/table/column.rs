//! What a run table can show: attributes, params, metrics and tags.

use domain::runs::{RunKeys, SYSTEM_METRIC_PREFIX};
use serde::{Deserialize, Serialize};

/// A column beside the run's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Column {
    Attribute(Attribute),
    Metric(String),
    Param(String),
    Tag(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Attribute {
    Name,
    Created,
    Duration,
    Status,
    User,
    Source,
    Commit,
    RunId,
}

impl Attribute {
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Created,
        Self::Duration,
        Self::Status,
        Self::User,
        Self::Source,
        Self::Commit,
        Self::RunId,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "run_name",
            Self::Created => "start_time",
            Self::Duration => "duration",
            Self::Status => "status",
            Self::User => "user_id",
            Self::Source => "source",
            Self::Commit => "commit",
            Self::RunId => "run_id",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Name => "Run",
            Self::Created => "Started",
            Self::Duration => "Duration",
            Self::Status => "Status",
            Self::User => "User",
            Self::Source => "Source",
            Self::Commit => "Commit",
            Self::RunId => "Run id",
        }
    }
}

impl Column {
    pub const NAME: Self = Self::Attribute(Attribute::Name);

    /// As the address holds it, e.g. `metrics.loss`.
    pub fn id(&self) -> String {
        match self {
            Self::Attribute(attribute) => attribute.as_str().into(),
            Self::Metric(key) => format!("metrics.{key}"),
            Self::Param(key) => format!("params.{key}"),
            Self::Tag(key) => format!("tags.{key}"),
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        match id.split_once('.') {
            Some(("metrics", key)) => Some(Self::Metric(key.into())),
            Some(("params", key)) => Some(Self::Param(key.into())),
            Some(("tags", key)) => Some(Self::Tag(key.into())),
            _ => Attribute::ALL.into_iter().find(|one| one.as_str() == id).map(Self::Attribute),
        }
    }

    /// The head of the column.
    pub fn label(&self) -> &str {
        match self {
            Self::Attribute(attribute) => attribute.label(),
            Self::Metric(key) | Self::Param(key) | Self::Tag(key) => key,
        }
    }

    /// What kind of thing it is, for the small line above the label.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Attribute(_) => "",
            Self::Metric(_) => "metric",
            Self::Param(_) => "param",
            Self::Tag(_) => "tag",
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Self::Metric(_) | Self::Attribute(Attribute::Duration))
    }

    /// Pixels, until someone drags it.
    pub fn default_width(&self) -> u32 {
        match self {
            Self::Attribute(Attribute::Name) => 240,
            Self::Attribute(Attribute::RunId) => 270,
            Self::Attribute(Attribute::Source) | Self::Tag(_) => 160,
            Self::Attribute(Attribute::Created) => 116,
            Self::Attribute(_) => 104,
            Self::Metric(_) | Self::Param(_) => 124,
        }
    }

    /// The field to sort by, in the grammar.
    #[cfg(any(feature = "ssr", test))]
    pub fn order_field(&self) -> String {
        match self {
            Self::Attribute(Attribute::User) => "tags.`mlflow.user`".into(),
            Self::Attribute(Attribute::Source) => "tags.`mlflow.source.name`".into(),
            Self::Attribute(Attribute::Commit) => "tags.`mlflow.source.git.commit`".into(),
            Self::Attribute(attribute) => format!("attributes.{}", attribute.as_str()),
            Self::Metric(key) => format!("metrics.{}", quoted_key(key)),
            Self::Param(key) => format!("params.{}", quoted_key(key)),
            Self::Tag(key) => format!("tags.{}", quoted_key(key)),
        }
    }
}

/// How many metrics and params a table shows before anyone chose.
const DEFAULT_KEYS: usize = 5;

/// What a table shows before anyone chose.
pub fn default_columns(keys: &RunKeys) -> Vec<Column> {
    let metrics = keys.metrics.iter().filter(|key| !key.starts_with(SYSTEM_METRIC_PREFIX));
    [Attribute::Created, Attribute::Duration]
        .map(Column::Attribute)
        .into_iter()
        .chain(metrics.take(DEFAULT_KEYS).cloned().map(Column::Metric))
        .chain(keys.params.iter().take(DEFAULT_KEYS).cloned().map(Column::Param))
        .collect()
}

/// A key as the grammar writes it: quoted unless it is a plain word.
pub fn quoted_key(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        key.to_owned()
    } else if key.contains('`') {
        format!("\"{}\"", key.replace('"', "\"\""))
    } else {
        format!("`{key}`")
    }
}

/// A text as the grammar writes it.
pub fn quoted_text(text: &str) -> String {
    if text.contains('\'') { format!("\"{}\"", text.replace('"', "\"\"")) } else { format!("'{text}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_column() {
        let columns = [
            Column::Attribute(Attribute::Created),
            Column::Metric("val/loss.a".into()),
            Column::Param("lr".into()),
            Column::Tag("mlflow.user".into()),
        ];
        for column in columns {
            assert_eq!(Column::parse(&column.id()), Some(column));
        }
        assert_eq!(Column::parse("nonsense"), None);
        assert_eq!(Column::parse("other.x"), None);
    }

    #[test]
    fn a_table_starts_with_the_model_not_the_machine() {
        let keys = RunKeys {
            metrics: vec!["loss".into(), "system/cpu".into()],
            params: vec!["lr".into()],
            tags: vec!["team".into()],
        };
        let shown: Vec<_> = default_columns(&keys).iter().map(Column::id).collect();
        assert_eq!(shown, ["start_time", "duration", "metrics.loss", "params.lr"]);
    }

    #[test]
    fn keys_are_quoted_where_the_grammar_needs_it() {
        assert_eq!(Column::Metric("val loss".into()).order_field(), "metrics.`val loss`");
        assert_eq!(Column::Param("lr".into()).order_field(), "params.lr");
        assert_eq!(quoted_key("a`b"), "\"a`b\"");
        assert_eq!(quoted_text("it's"), "\"it's\"");
        assert_eq!(quoted_text("it's \"it\""), "\"it's \"\"it\"\"\"");
    }
}
