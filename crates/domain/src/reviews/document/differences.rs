//! Why a signature is stale: which members of two documents differ, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One member that is not the same any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// E.g. `metrics.auc`.
    pub path: String,
    /// `None`: it wasn't there.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// E.g. `metrics.auc 0.91 → 0.88`.
impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), shortened);
        write!(formatter, "{} {} → {}", self.path, side(&self.before), side(&self.after))
    }
}

/// A hash by its first digits, which are enough to see that it is another one.
fn shortened(text: &str) -> String {
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { text[..12].to_owned() } else { text.to_owned() }
}

/// What differs between the document that was signed and that of now, by path. Documents of older releases can
/// be compared too: what isn't known is named by where it stands.
pub fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let (old, new) = (flattened(old), flattened(new));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let difference = |path: &String| {
        let (before, after) = (old.get(path).cloned(), new.get(path).cloned());
        (before != after).then(|| Difference { path: path.clone(), before, after })
    };
    paths.into_iter().filter_map(difference).collect()
}

/// Every text of a document by its path.
fn flattened(document: &Value) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    flatten(&mut flat, String::new(), document);
    flat
}

fn flatten(flat: &mut BTreeMap<String, String>, path: String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                // What a person calls the champion, or a metric, is its version, or its value.
                let is_itself =
                    path == "champion" && name == "version" || is_measured(&path, members) && name == "value";
                let is_name = matches!(name.as_str(), "key" | "id") && is_named(&path);
                if !is_name {
                    let path = if is_itself { path.clone() } else { joined(&path, name) };
                    flatten(flat, path, value);
                }
            }
        }
        Value::Array(items) if items.iter().any(|item| !item.is_string()) => {
            for (at, item) in items.iter().enumerate() {
                let (name, item) = named(at, item);
                let name = joined(&path, &name);
                flatten(flat, unused(flat, &name), item);
            }
        }
        // Nothing in a list is as good as no list.
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            flat.insert(path, items.join(", "));
        }
        Value::String(text) => {
            flat.insert(path, text.clone());
        }
        other => {
            flat.insert(path, other.to_string());
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Whether this is the path of a list's member, which has its name in it already.
fn is_named(path: &str) -> bool {
    ["metrics.", "champion.metrics.", "gates."].iter().any(|list| path.starts_with(list))
}

fn is_measured(path: &str, members: &serde_json::Map<String, Value>) -> bool {
    is_named(path) && members.contains_key("key")
}

/// What a list's member is called, and what there is to say of it.
fn named(at: usize, item: &Value) -> (String, &Value) {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let dataset = || item.get("dataset").and_then(|dataset| dataset.get("name")).and_then(Value::as_str);
    match (item, text("key").or(text("path")).or(text("id"))) {
        (_, Some(name)) => match dataset() {
            Some(dataset) => (format!("{name} ({dataset})"), item),
            None => (name.to_owned(), item),
        },
        (Value::Array(pair), None) => match (pair.first().and_then(Value::as_str), pair.get(1)) {
            (Some(key), Some(value)) => (key.to_owned(), value),
            _ => (at.to_string(), item),
        },
        _ => (text("name").map_or_else(|| at.to_string(), str::to_owned), item),
    }
}

/// The path, or the path with a number if a namesake has it.
fn unused(flat: &BTreeMap<String, String>, path: &str) -> String {
    let within = format!("{path}.");
    let is_used = |path: &str, within: &str| {
        flat.contains_key(path)
            || flat.range(within.to_owned()..).next().is_some_and(|(key, _)| key.starts_with(within))
    };
    if !is_used(path, &within) {
        return path.to_owned();
    }
    let numbered = (2..).map(|number| format!("{path} #{number}"));
    numbered.into_iter().find(|path| !is_used(path, &format!("{path}."))).unwrap_or_else(|| path.to_owned())
}
