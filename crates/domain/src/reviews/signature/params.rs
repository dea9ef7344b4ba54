//! Params: what a caller may set at each call.

use serde_json::Value;

use super::types::{self, Place};
use super::{Found, Param, Severity};

pub(super) fn compare(found: &mut Found, old: Option<&[Param]>, new: Option<&[Param]>) {
    let (old, mut new) = (sorted(old), sorted(new));
    for old in &old {
        let path = format!("params.{}", old.name);
        if let Some(new) = new.iter().find(|new| new.name == old.name) {
            changed(found, &path, old, new);
        } else {
            let why = "it is ignored from now on: callers who set it get other results without an error";
            found.add(&path, &old.kind, "none", Severity::Risky, why);
        }
    }
    new.retain(|new| !old.iter().any(|old| old.name == new.name));
    for new in new {
        let path = format!("params.{}", new.name);
        found.add(&path, "none", &new.kind, Severity::Ok, "callers who don't set it get the default");
    }
}

fn sorted(params: Option<&[Param]>) -> Vec<&Param> {
    let mut params: Vec<_> = params.unwrap_or_default().iter().collect();
    params.sort_by(|one, other| one.name.cmp(&other.name));
    params
}

fn changed(found: &mut Found, path: &str, old: &Param, new: &Param) {
    let shape = |param: &Param| if param.is_list { "list" } else { "single value" };
    if old.is_list != new.is_list {
        found.add(path, shape(old), shape(new), Severity::Breaking, "callers who set it are refused");
    }
    types::compare(found, path, Place::Param, &old.kind, &new.kind);
    if !is_same(&old.default, &new.default) {
        let why = "callers who don't set it get other results";
        found.add(&format!("{path}.default"), &old.default, &new.default, Severity::Note, why);
    }
}

/// 1 and 1.0 are the same default.
fn is_same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64().is_some_and(|one| other.as_f64() == Some(one))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        _ => old == new,
    }
}
