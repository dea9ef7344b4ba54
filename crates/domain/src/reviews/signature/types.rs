//! Whether values of one type pass where another is declared.

use super::{Found, Scalar, Severity, Type};
use Scalar::{Binary, Boolean, Datetime, Double, Float, Integer, Long, String};
use Severity::{Breaking, Note, Ok, Risky};

/// Who passes a value: that decides how it is converted.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Input,
    /// Elements of arrays are enforced less strictly: integers pass as doubles.
    InputArray,
    Output,
    Param,
}

/// Compares what was declared at `path` with what is declared there now.
pub(super) fn compare(found: &mut Found, path: &str, place: Place, old: &Type, new: &Type) {
    match (old, new) {
        _ if old == new => {}
        (_, Type::Any) if place != Place::Output => {
            found.add(path, old, new, Ok, "anything is accepted now");
        }
        (Type::Any, _) if place == Place::Output => {
            found.add(path, old, new, Ok, "callers had to be ready for anything");
        }
        (Type::Scalar(before), Type::Scalar(after)) => {
            let (severity, message) = scalar(place, *before, *after);
            found.add(path, old, new, severity, message);
        }
        (Type::Array(before), Type::Array(after)) => {
            let place = if place == Place::Input { Place::InputArray } else { place };
            compare(found, &format!("{path}[]"), place, before, after);
        }
        (Type::Map(before), Type::Map(after)) => {
            compare(found, &format!("{path}{{}}"), place, before, after);
        }
        (Type::Object(_), Type::Object(_)) => object(found, path, place, old, new),
        _ => found.add(path, old, new, Breaking, "another type: every caller notices"),
    }
}

fn object(found: &mut Found, path: &str, place: Place, old: &Type, new: &Type) {
    let (Type::Object(before), Type::Object(after)) = (old, new) else { return };
    for (name, old) in before {
        let path = format!("{path}.{name}");
        let Some(new) = after.get(name) else {
            let why = match place {
                Place::Output => "callers who read it don't find it",
                // Unlike columns, which are ignored.
                _ => "callers who still send it are refused: an object has no properties but its own",
            };
            found.add(&path, &old.kind, "none", Breaking, why);
            continue;
        };
        requiredness(found, &path, place == Place::Output, old.is_required, new.is_required);
        compare(found, &path, place, &old.kind, &new.kind);
    }
    for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let (severity, message) = match (place, new.is_required) {
            (Place::Output, _) => (Note, "callers who check for exact objects notice"),
            (_, true) => (Breaking, "callers who don't send it are refused"),
            (_, false) => (Ok, "callers needn't send it"),
        };
        found.add(&format!("{path}.{name}"), "none", &new.kind, severity, message);
    }
}

/// What is asked of callers may become less, what they are given may become more.
pub(super) fn requiredness(found: &mut Found, path: &str, is_output: bool, old: bool, new: bool) {
    let text = |is_required| if is_required { "required" } else { "optional" };
    let (severity, message) = match (is_output, old, new) {
        (false, false, true) => (Breaking, "callers who leave it out are refused"),
        (true, true, false) => (Breaking, "callers get nulls where there were none"),
        (_, true, false) | (_, false, true) => (Ok, "no caller notices"),
        _ => return,
    };
    found.add(path, text(old), text(new), severity, message);
}

fn scalar(place: Place, old: Scalar, new: Scalar) -> (Severity, &'static str) {
    match place {
        Place::Input | Place::InputArray => input(old, new, place == Place::InputArray),
        Place::Output => output(old, new),
        Place::Param => param(old, new),
    }
}

fn input(old: Scalar, new: Scalar, is_element: bool) -> (Severity, &'static str) {
    match (old, new) {
        (Integer, Long | Double) | (Float, Double) => (Ok, "every value that was accepted still is"),
        (Long, Double) if is_element => (Ok, "integers pass as doubles inside of arrays"),
        (Long, Double) | (Integer | Long, Float) => {
            (Risky, "callers with pandas or Spark are refused; callers with JSON don't notice")
        }
        (Long, Integer) | (Double, Float) => (
            Breaking,
            "callers with pandas or Spark are refused; callers with JSON get overflows or lose digits",
        ),
        (Float | Double, Integer | Long) => (
            Breaking,
            "callers with pandas or Spark are refused; callers with JSON silently lose what is after the point",
        ),
        (_, Boolean) => (
            Breaking,
            "callers with pandas or Spark are refused; for callers with JSON any value silently becomes true or false",
        ),
        (_, String) => {
            (Breaking, "callers with pandas or Spark are refused; JSON values reach the model unconverted")
        }
        (String, Binary) => (Breaking, "every caller's text passes unchecked and is read as bytes"),
        (String, _) => (
            Breaking,
            "callers with pandas or Spark are refused; texts of callers with JSON pass if they happen to look like it",
        ),
        (Integer | Long | Float | Double, Datetime) => (
            Breaking,
            "callers with pandas or Spark are refused; numbers of callers with JSON silently become times since 1970",
        ),
        _ => (Breaking, "values of another kind: every caller notices"),
    }
}

fn output(old: Scalar, new: Scalar) -> (Severity, &'static str) {
    match (old, new) {
        (Long | Double, Integer) => (Ok, "every value could have been returned before"),
        (Double, Float) => (Note, "callers who compare digits notice the lower precision"),
        _ => (Breaking, "callers get values that they never had to expect"),
    }
}

/// Params convert, unlike columns.
fn param(old: Scalar, new: Scalar) -> (Severity, &'static str) {
    match (old, new) {
        (Integer, Long | Float | Double) | (Long, Float | Double) | (Float, Double) => {
            (Ok, "values are converted")
        }
        _ => (Breaking, "callers who set it are refused"),
    }
}
