//! Columns and tensors: which of the new ones takes the place of which old one.

use super::types::{self, Place};
use super::{Column, Found, Schema, Severity, Tensor};
use Severity::{Breaking, Note, Ok, Risky};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Inputs,
    Outputs,
}

impl Side {
    fn as_str(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Outputs => "outputs",
        }
    }
}

pub(super) fn compare(found: &mut Found, side: Side, old: Option<&Schema>, new: Option<&Schema>) {
    match (old, new) {
        (None, None) => {}
        (None, Some(_)) => found.promised(side.as_str()),
        (Some(_), None) => found.lost(side.as_str()),
        (Some(Schema::Columns(old)), Some(Schema::Columns(new))) => align(found, side, old, new),
        (Some(Schema::Tensors(old)), Some(Schema::Tensors(new))) => align(found, side, old, new),
        (Some(Schema::Columns(_)), Some(Schema::Tensors(_))) => {
            found.add(side.as_str(), "columns", "tensors", Breaking, "every caller notices");
        }
        (Some(Schema::Tensors(_)), Some(Schema::Columns(_))) => {
            found.add(side.as_str(), "tensors", "columns", Breaking, "every caller notices");
        }
    }
}

trait Field {
    fn name(&self) -> Option<&str>;
    fn is_required(&self) -> bool;
    fn described(&self) -> String;
    fn compare(found: &mut Found, path: &str, side: Side, old: &Self, new: &Self);
}

impl Field for Column {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn is_required(&self) -> bool {
        self.is_required
    }

    fn described(&self) -> String {
        self.kind.to_string()
    }

    fn compare(found: &mut Found, path: &str, side: Side, old: &Self, new: &Self) {
        types::requiredness(found, path, side == Side::Outputs, old.is_required, new.is_required);
        let place = if side == Side::Inputs { Place::Input } else { Place::Output };
        types::compare(found, path, place, &old.kind, &new.kind);
    }
}

impl Field for Tensor {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn is_required(&self) -> bool {
        true
    }

    fn described(&self) -> String {
        format!("{}{:?}", self.dtype, self.shape)
    }

    fn compare(found: &mut Found, path: &str, side: Side, old: &Self, new: &Self) {
        if old.dtype != new.dtype {
            let (severity, message) = match side {
                Side::Inputs if is_wider(&old.dtype, &new.dtype) => {
                    (Risky, "callers with arrays are refused; callers with JSON don't notice")
                }
                Side::Inputs => (Breaking, "callers with arrays are refused; JSON values are cast"),
                Side::Outputs => (Breaking, "callers get arrays of another type"),
            };
            found.add(path, &old.dtype, &new.dtype, severity, message);
        }
        if old.shape == new.shape {
            return;
        }
        // Callers pass what the old shape allowed, and expect what it allowed.
        let (is_within, message) = match side {
            Side::Inputs => (fits(&old.shape, &new.shape), "callers' arrays of another shape are refused"),
            Side::Outputs => (fits(&new.shape, &old.shape), "callers get arrays of another shape"),
        };
        let (severity, message) = if is_within { (Ok, "no caller notices") } else { (Breaking, message) };
        found.add(path, format!("{:?}", old.shape), format!("{:?}", new.shape), severity, message);
    }
}

/// Whether every array of the one shape is of the other too.
fn fits(inner: &[i64], outer: &[i64]) -> bool {
    inner.len() == outer.len() && inner.iter().zip(outer).all(|(inner, outer)| *outer == -1 || inner == outer)
}

fn is_wider(old: &str, new: &str) -> bool {
    let parts = |dtype: &str| {
        let kind = dtype.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let bits: Option<u32> = dtype[kind.len()..].parse().ok();
        bits.map(|bits| (kind, bits))
    };
    let (Some((old, few)), Some((new, many))) = (parts(old), parts(new)) else { return false };
    old == new && many > few
}

fn align<F: Field>(found: &mut Found, side: Side, old: &[F], new: &[F]) {
    let is_named = |fields: &[F]| fields.first().map(|field| field.name().is_some());
    let path = side.as_str();
    let is_single = old.len() == 1 && new.len() == 1;
    match (is_named(old), is_named(new)) {
        (Some(true), Some(false)) if side == Side::Inputs && is_single => {
            found.add(path, "named", "unnamed", Note, "a single column goes by position");
            by_position(found, side, old, new);
        }
        (Some(false), Some(true)) if side == Side::Outputs && is_single => {
            found.add(path, "unnamed", "named", Risky, "callers by position don't notice, others do");
            by_position(found, side, old, new);
        }
        (Some(true), Some(false)) => found.add(path, "named", "unnamed", Breaking, "callers by name notice"),
        (Some(false), Some(true)) => {
            found.add(path, "unnamed", "named", Breaking, "callers by position notice");
        }
        (Some(false), _) | (None, Some(false)) => by_position(found, side, old, new),
        _ => by_name(found, side, old, new),
    }
}

fn by_position<F: Field>(found: &mut Found, side: Side, old: &[F], new: &[F]) {
    let path = |at: usize| format!("{}[{at}]", side.as_str());
    for (at, (old, new)) in old.iter().zip(new).enumerate() {
        F::compare(found, &path(at), side, old, new);
    }
    for (at, new) in new.iter().enumerate().skip(old.len()) {
        let (severity, message) = match side {
            Side::Inputs => (Breaking, "callers who don't send it are refused"),
            Side::Outputs => (Note, "callers who count columns notice"),
        };
        found.add(&path(at), "none", new.described(), severity, message);
    }
    for (at, old) in old.iter().enumerate().skip(new.len()) {
        let (severity, message) = match side {
            Side::Inputs => (Note, "it is no longer read: callers who still send it don't notice"),
            Side::Outputs => (Breaking, "callers who read it don't find it"),
        };
        found.add(&path(at), old.described(), "none", severity, message);
    }
}

fn by_name<F: Field>(found: &mut Found, side: Side, old: &[F], new: &[F]) {
    let path = |field: &F| format!("{}.{}", side.as_str(), field.name().unwrap_or_default());
    let matching = |fields: &[F], wanted: &F| fields.iter().position(|field| field.name() == wanted.name());
    for old in sorted(old) {
        if let Some(at) = matching(new, old) {
            F::compare(found, &path(old), side, old, &new[at]);
            continue;
        }
        let (severity, message) = match side {
            Side::Inputs => (Note, "it is no longer read: callers who still send it get a warning at most"),
            Side::Outputs => (Breaking, "callers who read it don't find it"),
        };
        found.add(&path(old), old.described(), "none", severity, message);
    }
    for new in sorted(new) {
        if matching(old, new).is_some() {
            continue;
        }
        let (severity, message) = match side {
            Side::Inputs if new.is_required() => (Breaking, "callers who don't send it are refused"),
            Side::Inputs => (Ok, "callers needn't send it"),
            Side::Outputs => (Ok, "callers who don't know it don't read it"),
        };
        found.add(&path(new), "none", new.described(), severity, message);
    }
    let places: Vec<_> = old.iter().filter_map(|old| matching(new, old)).collect();
    if side == Side::Outputs && !places.is_sorted() {
        found.add(side.as_str(), "one order", "another order", Note, "callers who go by position notice");
    }
}

/// By name, so that the order of columns says nothing.
fn sorted<F: Field>(fields: &[F]) -> Vec<&F> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|field| field.name());
    fields
}
