//! Columns of runs as numbers, or as names.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use ::charts::{Measure, ValueAxis};
use domain::limits::Invalid;
use store::runs::{RunColumn, RunValue};

/// Names on an axis; a text with more of them is no category.
const MOST_NAMES: usize = 40;

/// `metrics.KEY` or `params.KEY`.
pub fn column(field: &str, text: &str) -> Result<RunColumn, Invalid> {
    match text.split_once('.') {
        Some(("metrics", key)) if !key.is_empty() => Ok(RunColumn::Metric(key.to_owned())),
        Some(("params", key)) if !key.is_empty() => Ok(RunColumn::Param(key.to_owned())),
        _ => Err(Invalid::new(field, format!("`{text}`; name a column as `metrics.KEY` or `params.KEY`"))),
    }
}

/// As it is named in addresses and files.
pub fn name(column: &RunColumn) -> String {
    match column {
        RunColumn::Metric(key) => format!("metrics.{key}"),
        RunColumn::Param(key) => format!("params.{key}"),
    }
}

pub fn key(column: &RunColumn) -> &str {
    match column {
        RunColumn::Metric(key) | RunColumn::Param(key) => key,
    }
}

/// A column as numbers on an axis: those of names, if not all are numbers.
pub fn measure(
    column: &RunColumn,
    values: &[Option<RunValue>],
    is_log: bool,
) -> (ValueAxis, Vec<Option<f64>>) {
    let title = key(column).to_owned();
    if let Some(numbers) = numbers(values) {
        let measure = if is_log { Measure::Log } else { Measure::Linear };
        return (ValueAxis { title, measure }, numbers);
    }
    let names = names(values);
    #[expect(clippy::cast_precision_loss, reason = "a few names")]
    let places = places(values, &names).into_iter().map(|place| place.map(|place| place as f64)).collect();
    (ValueAxis { title, measure: Measure::Categories(names) }, places)
}

/// Of each value its place among the names.
pub fn places(values: &[Option<RunValue>], names: &[String]) -> Vec<Option<usize>> {
    let place = |value: &Option<RunValue>| {
        let text = text(value.as_ref()?);
        names.iter().position(|name| *name == text)
    };
    values.iter().map(place).collect()
}

pub fn text(value: &RunValue) -> String {
    match value {
        RunValue::Text(text) => text.clone(),
        RunValue::Number(number) => number.to_string(),
    }
}

/// All values as numbers, if all that there are can be read as such.
pub fn numbers(values: &[Option<RunValue>]) -> Option<Vec<Option<f64>>> {
    let read = |value: &Option<RunValue>| match value {
        None => Some(None),
        Some(RunValue::Number(number)) => Some(Some(*number)),
        Some(RunValue::Text(text)) => text.trim().parse().ok().map(Some),
    };
    values.iter().map(read).collect()
}

/// Distinct values, numbers in their order and before texts.
pub fn names(values: &[Option<RunValue>]) -> Vec<String> {
    let all: BTreeSet<String> = values.iter().flatten().map(text).collect();
    let mut all: Vec<_> = all.into_iter().collect();
    let number = |name: &String| name.trim().parse::<f64>().ok();
    all.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    });
    all.truncate(MOST_NAMES);
    all
}

/// An axis' values in words.
pub fn told(axis: &ValueAxis, values: &[Option<f64>]) -> String {
    let finite = values.iter().flatten().copied().filter(|value| value.is_finite());
    let missing = values.len() - finite.clone().count();
    let range = match &axis.measure {
        Measure::Categories(names) if names.len() == 1 => "the same everywhere".to_owned(),
        Measure::Categories(names) => format!("{} different values", names.len()),
        _ => finite.clone().min_by(f64::total_cmp).zip(finite.max_by(f64::total_cmp)).map_or_else(
            || "no values".to_owned(),
            |(low, high)| format!("from {} to {}", app::number(low), app::number(high)),
        ),
    };
    if missing == 0 { range } else { format!("{range}, {missing} without") }
}

/// `87 %`.
pub fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}
