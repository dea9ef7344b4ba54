//! What colour each run has, and what the colours mean.

use ::charts::{COLORS, Paint};
use store::runs::{RunColumn, RunValue};

use super::Shown;
use super::columns::{key, names, numbers, text};
use crate::charts::picture::Key;

/// A colour for each run, and what they mean.
pub fn paints(shown: &Shown) -> (Vec<Paint>, Vec<Key>) {
    let Some((column, values)) = shown.color() else {
        return (vec![Paint::Series(0); shown.runs()], Vec::new());
    };
    let few = few_names(values).filter(|_| matches!(column, RunColumn::Param(_)));
    match (numbers(values), few) {
        (Some(numbers), None) => shades(key(column), &numbers),
        (_, Some(names)) => by_name(column, values, &names),
        (None, None) => series(column, values),
    }
}

/// A colour for each value, also of numbers; the rarest share one.
pub fn series(column: &RunColumn, values: &[Option<RunValue>]) -> (Vec<Paint>, Vec<Key>) {
    by_name(column, values, &few_names(values).unwrap_or_else(|| names_or_others(values)))
}

/// As [`names`], if there is a colour for each.
fn few_names(values: &[Option<RunValue>]) -> Option<Vec<String>> {
    let names = names(values);
    (names.len() <= COLORS).then_some(names)
}

/// The names that most have, as many as there are colours, less one for the others.
fn names_or_others(values: &[Option<RunValue>]) -> Vec<String> {
    let count = |name: &String| values.iter().flatten().filter(|value| text(value) == *name).count();
    let mut names = names(values);
    names.sort_by_cached_key(|name| std::cmp::Reverse(count(name)));
    names.truncate(COLORS - 1);
    names
}

fn by_name(column: &RunColumn, values: &[Option<RunValue>], names: &[String]) -> (Vec<Paint>, Vec<Key>) {
    let place = |value: &Option<RunValue>| {
        let text = text(value.as_ref()?);
        Some(names.iter().position(|name| *name == text).unwrap_or(names.len()))
    };
    let paint = |value| place(value).map_or(Paint::Shade(0.0), Paint::Series);
    let paints: Vec<_> = values.iter().map(paint).collect();
    let mut legend: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(number, name)| Key { label: format!("{} {name}", key(column)), paint: Paint::Series(number) })
        .collect();
    if paints.contains(&Paint::Series(names.len())) {
        legend.push(Key { label: "others".into(), paint: Paint::Series(names.len()) });
    }
    if paints.contains(&Paint::Shade(0.0)) {
        legend.push(Key { label: format!("without {}", key(column)), paint: Paint::Shade(0.0) });
    }
    (paints, legend)
}

/// The stronger, the higher a value stands among the others: one that is far away doesn't make all others alike.
pub fn shades(title: &str, values: &[Option<f64>]) -> (Vec<Paint>, Vec<Key>) {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "some thousand runs")]
    let shade =
        |value: f64| sorted.partition_point(|one| *one < value) as f64 / (sorted.len().max(2) - 1) as f64;
    let paint = |value: &Option<f64>| {
        let value = value.filter(|value| value.is_finite());
        value.map_or(Paint::Shade(0.0), |value| Paint::Shade(shade(value)))
    };
    let paints = values.iter().map(paint).collect();
    let legend = match &*sorted {
        [] => Vec::new(),
        [low, .., high] => [(low, 0.0), (high, 1.0)]
            .map(|(value, shade)| Key {
                label: format!("{title} {}", app::number(*value)),
                paint: Paint::Shade(shade),
            })
            .into(),
        [only] => vec![Key { label: format!("{title} {}", app::number(*only)), paint: Paint::Shade(0.0) }],
    };
    (paints, legend)
}
