//! The registry: registered models, their versions, the stages that these reach.

pub mod hand_over;
pub mod source;
mod stages;

use serde::{Deserialize, Serialize};

use crate::limits::{self, Invalid};
use crate::{KeyValue, Millis};
pub use stages::{ARCHIVED, MOST_STAGES, NO_STAGE, PRODUCTION, STAGES, STAGING, Stages, is_active};

/// A name that versions of a model are registered under.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegisteredModel {
    pub name: String,
    pub description: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// The highest version of each stage that has one.
    pub latest_versions: Vec<ModelVersion>,
    pub tags: Vec<KeyValue>,
    pub aliases: Vec<Alias>,
}

/// A name for one version of its model, e.g. `champion`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    pub alias: String,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The registered model's.
    pub name: String,
    /// From 1; a number is never used again.
    pub version: i64,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub stage: String,
    pub description: Option<String>,
    /// Where it came from, as it was registered.
    pub source: String,
    /// Where its files are.
    pub storage_location: String,
    /// Empty: of no run.
    pub run_uuid: String,
    pub run_link: String,
    pub tags: Vec<KeyValue>,
    pub aliases: Vec<String>,
}

/// How far the reading of a version's files has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilesState {
    #[default]
    Waiting,
    Done,
    /// They are in a store that isn't ours.
    Elsewhere,
    /// They couldn't be read.
    Failed,
}

impl FilesState {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Done, Self::Elsewhere, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Elsewhere => "elsewhere",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Marks a registered model or a version as a prompt.
pub const PROMPT_TAG: &str = "mlflow.prompt.is_prompt";

/// Whether these are the tags of a prompt.
pub fn is_prompt(tags: &[KeyValue]) -> bool {
    tags.iter().any(|tag| tag.key == PROMPT_TAG && tag.value.eq_ignore_ascii_case("true"))
}

const MAX_NAME_LENGTH: usize = 256;
const MAX_ALIAS_LENGTH: usize = 255;
const MAX_TAG_LENGTH: usize = 100_000;
const MAX_TEXT_LENGTH: usize = 100_000;

/// A registered model's name: it stands in paths and in `models:/NAME/VERSION`.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_name(field: &str, name: &str) -> Result<(), Invalid> {
    if name.trim().is_empty() {
        return Err(Invalid::new(field, "a registered model needs a name"));
    }
    if name.contains(['/', ':']) {
        return Err(Invalid::new(field, format!("`{name}`; a model's name can't have `/` or `:` in it")));
    }
    if name == "." || name.starts_with("..") {
        return Err(Invalid::new(field, format!("`{name}` would be another name when treated as a path")));
    }
    limits::check_short_text(field, name, MAX_NAME_LENGTH)
}

/// # Errors
/// Names the rule that key or value break.
pub fn check_tag(tag: &KeyValue) -> Result<(), Invalid> {
    limits::check_key("key", &tag.key)?;
    limits::check_short_text("value", &tag.value, MAX_TAG_LENGTH)
}

/// A description, a link.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_text(field: &str, text: &str) -> Result<(), Invalid> {
    limits::check_short_text(field, text, MAX_TEXT_LENGTH)
}

/// An alias, wherever it is named.
///
/// # Errors
/// Names `alias` and the rule.
pub fn check_alias(alias: &str) -> Result<(), Invalid> {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if alias.is_empty() || !alias.chars().all(is_plain) {
        let why = format!("`{alias}`; an alias has letters, digits, underscores (_) and dashes (-)");
        return Err(Invalid::new("alias", why));
    }
    limits::check_length("alias", alias, MAX_ALIAS_LENGTH)
}

/// An alias that is set: not one that could be taken for a version.
///
/// # Errors
/// Names `alias` and the rule.
pub fn check_new_alias(alias: &str) -> Result<(), Invalid> {
    check_alias(alias)?;
    let is_latest = alias.eq_ignore_ascii_case(LATEST);
    let number = alias.strip_prefix(['v', 'V']).unwrap_or_default();
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    if is_latest || is_number {
        let why = format!("`{alias}` is reserved: it could be taken for a version");
        return Err(Invalid::new("alias", why));
    }
    Ok(())
}

/// What stands for the highest version.
pub const LATEST: &str = "latest";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_have_rules() {
        for name in ["churn", "Größe 2", "a.b", ".hidden", "a\nb"] {
            assert!(check_name("name", name).is_ok(), "{name}");
        }
        for name in ["", "  ", "a/b", "a:b", ".", "..", "..a", &"x".repeat(257), "a\0"] {
            assert!(check_name("name", name).is_err(), "{name}");
        }
        for alias in ["champion", "v1x", "1", "ä_b-c"] {
            assert!(check_new_alias(alias).is_ok(), "{alias}");
        }
        for alias in ["Latest", "v1", "V20"] {
            assert!(check_new_alias(alias).is_err() && check_alias(alias).is_ok(), "{alias}");
        }
        for alias in ["", "a b", "a\n", "a.b", &"x".repeat(256)] {
            assert!(check_alias(alias).is_err(), "{alias}");
        }
    }

    #[test]
    fn a_prompt_says_so() {
        assert!(is_prompt(&[KeyValue::new(PROMPT_TAG, "True")]));
        assert!(!is_prompt(&[KeyValue::new(PROMPT_TAG, "false"), KeyValue::new("a", "true")]));
    }
}
