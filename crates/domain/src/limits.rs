//! What names and values may look like, and how many a request may bring: the limits that clients of
//! the dialect already know (`mlflow.utils.validation`).

use std::fmt::{self, Display};

use crate::{KeyValue, Millis};

pub const MAX_METRICS_PER_BATCH: usize = 1000;
pub const MAX_PARAMS_PER_BATCH: usize = 100;
pub const MAX_TAGS_PER_BATCH: usize = 100;
pub const MAX_ENTITIES_PER_BATCH: usize = 1000;
pub const MAX_DATASETS_PER_BATCH: usize = 1000;
/// Characters, as are all lengths here.
pub const MAX_KEY_LENGTH: usize = 250;
/// For params and tags of logged models, whose keys may have any character.
pub const MAX_MODEL_KEY_LENGTH: usize = 255;
pub const MAX_PARAM_LENGTH: usize = 6000;
pub const MAX_TAG_LENGTH: usize = 8000;
pub const MAX_EXPERIMENT_TAG_LENGTH: usize = 20_000;
pub const MAX_EXPERIMENT_NAME_LENGTH: usize = 500;
pub const MAX_DATASET_NAME_LENGTH: usize = 500;
pub const MAX_DATASET_DIGEST_LENGTH: usize = 36;
pub const MAX_RESULTS: usize = 50_000;

// What one search may combine. The reference has no such limits, only what its database takes; these lie
// below what SQLite takes, where some of them crash it.
pub const MAX_CLAUSES: usize = 100;
/// In all lists of a filter.
pub const MAX_LISTED_VALUES: usize = 4_000;
pub const MAX_PATTERN_LENGTH: usize = 10_000;
/// Room for as many listed values as there may be.
pub const MAX_FILTER_LENGTH: usize = 1 << 20;
pub const MAX_ORDERS: usize = 20;
pub const MAX_EXPERIMENTS_SEARCHED: usize = 4_000;
pub const MAX_DATASETS_SEARCHED: usize = 50;

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid value for parameter '{field}' supplied: {message}")]
pub struct Invalid {
    pub field: String,
    pub message: String,
}

impl Invalid {
    pub fn new(field: impl Display, message: impl Into<String>) -> Self {
        Self { field: field.to_string(), message: message.into() }
    }
}

/// Checks the key of a param, metric or tag: not empty, not too long, only characters that file names
/// have, and no path that would resolve to another one.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_key(field: impl Display, key: &str) -> Result<(), Invalid> {
    // Nearly all are such: no need to look at characters, then at the parts of a path.
    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return check_length(field, key, MAX_KEY_LENGTH);
    }
    let is_plain = |c: char| c.is_alphanumeric() || "_/.- :".contains(c);
    if let Some(bad) = key.chars().find(|&c| !is_plain(c)) {
        return Err(Invalid::new(
            field,
            format!(
                "`{}` has the character {bad:?}; names may only contain alphanumerics, underscores (_), \
                 dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)",
                shorten(key)
            ),
        ));
    }
    if key.is_empty() {
        return Err(Invalid::new(field, "a key name must be provided"));
    }
    let is_resolved = key.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !is_resolved {
        return Err(Invalid::new(
            field,
            format!("`{}` must not resolve to another name when treated as a path", shorten(key)),
        ));
    }
    check_length(field, key, MAX_KEY_LENGTH)
}

/// # Errors
/// Names `field` and the limit.
pub fn check_length(field: impl Display, text: &str, limit: usize) -> Result<(), Invalid> {
    if text.len() <= limit || text.chars().count() <= limit {
        return Ok(());
    }
    Err(Invalid::new(&field, format!("'{field}' exceeds the maximum length of {limit} characters")))
}

/// Text of a bounded length that both databases can hold.
///
/// # Errors
/// Names `field` and the rule.
pub fn check_short_text(field: impl Display, text: &str, limit: usize) -> Result<(), Invalid> {
    check_text(&field, text)?;
    check_length(field, text, limit)
}

/// # Errors
/// Names `field` and the limit.
pub fn check_count(field: &str, count: usize, limit: usize) -> Result<(), Invalid> {
    if count <= limit {
        return Ok(());
    }
    Err(Invalid::new(field, format!("at most {limit} can be combined, got {count}")))
}

/// Cuts a value that is too long, as the reference does.
pub fn truncate(mut text: String, limit: usize) -> String {
    if text.len() > limit
        && let Some((end, _)) = text.char_indices().nth(limit)
    {
        text.truncate(end);
    }
    text
}

/// Text that both databases can hold.
///
/// # Errors
/// Names `field` if there is a NUL in it.
pub fn check_text(field: impl Display, text: &str) -> Result<(), Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new(field, "text must not contain the NUL character"));
    }
    Ok(())
}

/// # Errors
/// Names `field` and the rule.
pub fn check_experiment_name(field: &str, name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(Invalid::new(field, "Invalid experiment name: it must not be empty"));
    }
    check_text(field, name)?;
    check_length(field, name, MAX_EXPERIMENT_NAME_LENGTH)
}

/// # Errors
/// Names `timestamp` if it is before 1970.
pub fn check_timestamp(field: impl Display, timestamp: Millis) -> Result<(), Invalid> {
    if timestamp.0 < 0 {
        return Err(Invalid::new(
            field,
            format!("`{}`; timestamp must be a nonnegative long (64-bit integer)", timestamp.0),
        ));
    }
    Ok(())
}

/// Where fields stand in a request: at its top, or in the nth entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'p> {
    Top,
    Entry(&'p str, usize),
}

impl<'p> Place<'p> {
    /// `key`, or `tags[3].key`: put together only where a message needs it.
    pub fn field(self, name: &'p str) -> impl Display + Copy + 'p {
        Field { place: self, name }
    }
}

#[derive(Clone, Copy)]
struct Field<'p> {
    place: Place<'p>,
    name: &'p str,
}

impl Display for Field<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Top => formatter.write_str(self.name),
            Place::Entry(list, index) => write!(formatter, "{list}[{index}].{}", self.name),
        }
    }
}

/// A checked param; a long value is cut.
///
/// # Errors
/// Names the field.
pub fn param(place: Place<'_>, pair: KeyValue) -> Result<KeyValue, Invalid> {
    checked(place, pair, MAX_PARAM_LENGTH)
}

/// A checked tag of a run; a long value is cut.
///
/// # Errors
/// Names the field.
pub fn tag(place: Place<'_>, pair: KeyValue) -> Result<KeyValue, Invalid> {
    checked(place, pair, MAX_TAG_LENGTH)
}

/// A checked param or tag of a logged model: any key that isn't too long, and the whole value.
///
/// # Errors
/// Names the field.
pub fn model_pair(place: Place<'_>, pair: KeyValue) -> Result<KeyValue, Invalid> {
    let key = place.field("key");
    if pair.key.is_empty() {
        return Err(Invalid::new(key, "a key name must be provided"));
    }
    check_text(key, &pair.key)?;
    check_length(key, &pair.key, MAX_MODEL_KEY_LENGTH)?;
    check_text(place.field("value"), &pair.value)?;
    Ok(pair)
}

fn checked(place: Place<'_>, pair: KeyValue, limit: usize) -> Result<KeyValue, Invalid> {
    check_key(place.field("key"), &pair.key)?;
    check_text(place.field("value"), &pair.value)?;
    Ok(KeyValue { key: pair.key, value: truncate(pair.value, limit) })
}

/// # Errors
/// Says which of the three, and their sum, is over the limit.
pub fn check_batch(metrics: usize, params: usize, tags: usize) -> Result<(), Invalid> {
    let check = |what: &str, count: usize, limit: usize| {
        if count <= limit {
            return Ok(());
        }
        Err(Invalid::new(
            what,
            format!(
                "A batch logging request can contain at most {limit} {what}. Got {count} {what}. Please \
                 split up {what} across multiple requests and try again."
            ),
        ))
    };
    check("metrics", metrics, MAX_METRICS_PER_BATCH)?;
    check("params", params, MAX_PARAMS_PER_BATCH)?;
    check("tags", tags, MAX_TAGS_PER_BATCH)?;
    check("metrics, params, and tags", metrics + params + tags, MAX_ENTITIES_PER_BATCH)
}

/// What an error may repeat of a text that somebody sent.
pub fn shorten(text: &str) -> String {
    truncate(text.to_owned(), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_that_could_be_file_names() {
        for key in ["loss", "val/loss", "lr 0.1", "a:b", "größe", "system/cpu_utilization_percentage"] {
            assert_eq!(check_key("key", key), Ok(()), "{key}");
        }
        for key in ["", "a//b", "/a", "a/", "../a", "a/./b", ".", "a\0b", "a;b", "a=b", "a\nb"] {
            assert!(check_key("key", key).is_err(), "{key:?}");
        }
        assert!(check_key("key", &"k".repeat(MAX_KEY_LENGTH)).is_ok());
        assert!(check_key("key", &"k".repeat(MAX_KEY_LENGTH + 1)).is_err());
    }

    #[test]
    fn a_logged_models_keys_may_have_any_character() {
        let pair = |key: &str| KeyValue { key: key.into(), value: "x".repeat(10_000) };
        for key in ["a;b", "a/b c%20", "../x", "a//b", "größe"] {
            assert_eq!(model_pair(Place::Entry("tags", 0), pair(key)), Ok(pair(key)), "{key}");
        }
        for key in ["", "a\0b", &"k".repeat(MAX_MODEL_KEY_LENGTH + 1)] {
            let refused = model_pair(Place::Entry("tags", 0), pair(key));
            assert!(refused.is_err_and(|error| error.field == "tags[0].key"), "{key:?}");
        }
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let cut = truncate("é".repeat(7_000), MAX_PARAM_LENGTH);
        assert_eq!(cut.chars().count(), MAX_PARAM_LENGTH);
        assert_eq!(truncate("short".into(), MAX_PARAM_LENGTH), "short");
    }

    #[test]
    fn batches_are_limited_each_and_in_sum() {
        assert!(check_batch(1000, 0, 0).is_ok());
        assert!(check_batch(1001, 0, 0).is_err());
        assert!(check_batch(0, 101, 0).is_err());
        assert!(check_batch(950, 51, 0).is_err());
    }
}
