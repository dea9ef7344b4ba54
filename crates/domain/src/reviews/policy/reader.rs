//! Reads TOML strictly: what isn't expected is refused, with the place where it stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::limits::Invalid;

/// A policy's text that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Misplaced {
    /// From 1, as `column`, which counts characters.
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl From<Misplaced> for Invalid {
    fn from(misplaced: Misplaced) -> Self {
        Self::new("policy", misplaced.to_string())
    }
}

impl Misplaced {
    pub(super) fn new(text: &str, refused: Refused) -> Self {
        let at = refused.span.start.min(text.len());
        let before = &text.as_bytes()[..at];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        Self { line, column, message: refused.message }
    }
}

/// What was refused, and which bytes it is about.
#[derive(Debug)]
pub(super) struct Refused {
    pub span: Range<usize>,
    pub message: String,
}

pub(super) type Read<T> = Result<T, Refused>;

pub(super) fn refuse<T>(span: Range<usize>, message: impl Into<String>) -> Read<T> {
    Err(Refused { span, message: message.into() })
}

/// A value with where it stands.
pub(super) type At<'a> = &'a Spanned<DeValue<'a>>;

/// A table whose keys are all known.
pub(super) struct Fields<'a> {
    table: &'a DeTable<'a>,
    pub span: Range<usize>,
}

impl<'a> Fields<'a> {
    pub fn new(table: &'a DeTable<'a>, span: Range<usize>, known: &[&str]) -> Read<Self> {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let known = known.join(", ");
                let why = format!("`{}` is no key here; there are {known}", key.get_ref());
                return refuse(key.span(), why);
            }
        }
        Ok(Self { table, span })
    }

    pub fn of(value: At<'a>, known: &[&str]) -> Read<Self> {
        Self::new(table(value)?, value.span(), known)
    }

    pub fn get(&self, key: &str) -> Option<At<'a>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    pub fn needed(&self, key: &str, hint: &str) -> Read<At<'a>> {
        self.get(key).map_or_else(|| refuse(self.span.clone(), format!("`{key}` is missing; {hint}")), Ok)
    }

    pub fn optional<T>(&self, key: &str, read: impl FnOnce(At<'a>) -> Read<T>) -> Read<Option<T>> {
        self.get(key).map(read).transpose()
    }

    pub fn flag(&self, key: &str, default: bool) -> Read<bool> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.get_ref().as_bool().map_or_else(|| wrong(value, "true or false"), Ok)
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Read<Option<T>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let word = text(value)?;
        let known = words.iter().find(|(known, _)| *known == word);
        known.map(|(_, meaning)| Some(*meaning)).map_or_else(
            || {
                let words: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                refuse(value.span(), format!("`{word}` isn't known; `{key}` is {}", words.join(" or ")))
            },
            Ok,
        )
    }
}

pub(super) fn wrong<T>(value: At<'_>, expected: &str) -> Read<T> {
    let found = value.get_ref().type_str();
    refuse(value.span(), format!("this has to be {expected}, and is of the type {found}"))
}

pub(super) fn table(value: At<'_>) -> Read<&DeTable<'_>> {
    value.get_ref().as_table().map_or_else(|| wrong(value, "a table"), Ok)
}

pub(super) fn list(value: At<'_>) -> Read<Vec<At<'_>>> {
    value.get_ref().as_array().map_or_else(|| wrong(value, "a list"), |items| Ok(items.iter().collect()))
}

pub(super) fn text(value: At<'_>) -> Read<&str> {
    value.get_ref().as_str().map_or_else(|| wrong(value, "a text in quotes"), Ok)
}

pub(super) fn integer(value: At<'_>) -> Read<i64> {
    let Some(integer) = value.get_ref().as_integer() else { return wrong(value, "a whole number") };
    i64::from_str_radix(integer.as_str(), integer.radix())
        .or_else(|_| refuse(value.span(), format!("`{}` is too large", integer.as_str())))
}

/// A number that is one: neither NaN nor infinite.
pub(super) fn number(value: At<'_>) -> Read<f64> {
    let number = match value.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        _ => return wrong(value, "a number"),
    };
    // No −0.0, which is the same bound with another spelling.
    number
        .filter(|number: &f64| number.is_finite())
        .map(|number| number + 0.0)
        .map_or_else(|| refuse(value.span(), "this has to be a decimal number, neither NaN nor infinite"), Ok)
}

const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// Ten years.
pub(super) const MAX_DURATION_MS: i64 = 3_650 * 86_400_000;

/// A duration such as `14d`, in ms.
pub(super) fn duration(value: At<'_>) -> Read<i64> {
    let text = text(value)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, length)| *length);
    let length = count.parse::<i64>().ok().zip(unit).and_then(|(count, unit)| count.checked_mul(unit));
    length.filter(|length| (1..=MAX_DURATION_MS).contains(length)).map_or_else(
        || {
            let why =
                format!("`{text}` is no duration; write e.g. \"14d\", \"48h\" or \"30m\", at most \"3650d\"");
            refuse(value.span(), why)
        },
        Ok,
    )
}

/// In the largest unit that says it without a fraction.
pub(super) fn duration_text(length_ms: i64) -> String {
    let unit = UNITS.iter().find(|(_, unit)| length_ms % unit == 0);
    unit.map_or_else(|| format!("{length_ms}ms"), |(name, unit)| format!("{}{name}", length_ms / unit))
}
