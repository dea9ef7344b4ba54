//! Model signatures: whether a caller that was written for one version works with another, unchanged.
//!
//! What the new version reads must accept all that the old one accepted; what it returns must be something
//! that the old one could have returned. How clients and servers of the dialect enforce signatures was measured
//! (`docs/reference/reviews-state.md`, section 10).

mod fields;
mod params;
mod parse;
mod types;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use parse::Unreadable;

/// What a model promises its callers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Signature {
    pub inputs: Option<Schema>,
    pub outputs: Option<Schema>,
    pub params: Option<Vec<Param>>,
}

impl Signature {
    /// Whether it promises nothing at all, as if there were none.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_none() && self.outputs.is_none() && self.params.is_none()
    }
}

/// The signature's three JSON texts, as a model's `MLmodel` file holds them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureTexts {
    pub inputs: Option<String>,
    pub outputs: Option<String>,
    pub params: Option<String>,
}

impl SignatureTexts {
    /// # Errors
    /// `Unreadable` says which of the three can't be understood, and why.
    pub fn parse(&self) -> Result<Signature, Unreadable> {
        parse::signature(self)
    }
}

/// Columns or tensors; either all of them have names or none has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    Columns(Vec<Column>),
    Tensors(Vec<Tensor>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: Option<String>,
    pub kind: Type,
    pub is_required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    pub name: Option<String>,
    /// As numpy calls it, e.g. `float32`.
    pub dtype: String,
    /// −1: of any length.
    pub shape: Vec<i64>,
}

/// Something that can be set at each call, with what holds if it isn't.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub name: String,
    pub kind: Type,
    pub default: serde_json::Value,
    pub is_list: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    Scalar(Scalar),
    Array(Box<Type>),
    Object(BTreeMap<String, Property>),
    Map(Box<Type>),
    Any,
    /// A type that isn't known here, by its JSON: it equals only itself.
    Opaque(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Property {
    pub kind: Type,
    pub is_required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    Boolean,
    /// 32 bits, as `Float`.
    Integer,
    /// 64 bits, as `Double`.
    Long,
    Float,
    Double,
    String,
    Binary,
    Datetime,
}

impl Scalar {
    pub const ALL: [Self; 8] = [
        Self::Boolean,
        Self::Integer,
        Self::Long,
        Self::Float,
        Self::Double,
        Self::String,
        Self::Binary,
        Self::Datetime,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Datetime => "datetime",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => formatter.write_str(scalar.as_str()),
            Self::Array(items) => write!(formatter, "array of {items}"),
            Self::Map(values) => write!(formatter, "map of {values}"),
            Self::Any => formatter.write_str("any"),
            Self::Opaque(text) => formatter.write_str(text),
            Self::Object(properties) => {
                formatter.write_str("object(")?;
                for (at, (name, property)) in properties.iter().enumerate() {
                    let (comma, mark) =
                        (if at > 0 { ", " } else { "" }, if property.is_required { "" } else { "?" });
                    write!(formatter, "{comma}{name}{mark}: {}", property.kind)?;
                }
                formatter.write_str(")")
            }
        }
    }
}

/// What a change means to callers; later ones are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Ok,
    /// Nobody fails, but somebody may want to know.
    Note,
    /// Some callers fail or get something else: it depends on how they call.
    Risky,
    Breaking,
}

/// One difference between two signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// E.g. `inputs.age` or `params.temperature.default`.
    pub path: String,
    pub old: String,
    pub new: String,
    pub severity: Severity,
    /// What happens, and who notices.
    pub message: String,
}

impl Finding {
    /// Whether a gate fails on it. A strict one also fails on what is risky; a param's other default counts as
    /// that there, since every caller who leaves it out gets other results.
    pub fn fails(&self, is_strict: bool) -> bool {
        let is_other_default = self.severity == Severity::Note && self.path.starts_with("params.");
        self.severity == Severity::Breaking
            || is_strict && (self.severity == Severity::Risky || is_other_default)
    }
}

/// Every difference that a caller of the old version could meet at the new one; none between equals.
pub fn compare(old: Option<&Signature>, new: Option<&Signature>) -> Vec<Finding> {
    let mut found = Found::default();
    match (old.filter(|old| !old.is_empty()), new.filter(|new| !new.is_empty())) {
        (None, None) => {}
        (None, Some(_)) => found.promised("signature"),
        (Some(_), None) => found.lost("signature"),
        (Some(old), Some(new)) => {
            fields::compare(&mut found, fields::Side::Inputs, old.inputs.as_ref(), new.inputs.as_ref());
            fields::compare(&mut found, fields::Side::Outputs, old.outputs.as_ref(), new.outputs.as_ref());
            params::compare(&mut found, old.params.as_deref(), new.params.as_deref());
        }
    }
    found.0
}

/// The worst of the findings; `Ok` if there are none.
pub fn worst(findings: &[Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
}

/// The findings so far.
#[derive(Default)]
struct Found(Vec<Finding>);

impl Found {
    fn add(
        &mut self,
        path: &str,
        old: impl fmt::Display,
        new: impl fmt::Display,
        severity: Severity,
        message: &str,
    ) {
        let (old, new) = (old.to_string(), new.to_string());
        self.0.push(Finding { path: path.to_owned(), old, new, severity, message: message.to_owned() });
    }

    fn promised(&mut self, path: &str) {
        self.add(path, "none", "some", Severity::Note, "callers were never promised anything until now");
    }

    fn lost(&mut self, path: &str) {
        let why = "the signature was lost: nothing tells callers any more what works";
        self.add(path, "some", "none", Severity::Breaking, why);
    }
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
