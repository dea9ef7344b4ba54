//! Which rows of a comparison differ, and by how much.

use std::collections::BTreeMap;

use domain::Run;

/// One key with each run's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<T> {
    pub key: String,
    /// One for each run, in their order.
    pub values: Vec<Option<T>>,
}

impl<T: PartialEq> Row<T> {
    pub fn differs(&self) -> bool {
        self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}

pub fn params(runs: &[Run]) -> Vec<Row<String>> {
    gather(runs, |run| run.params.iter().map(|param| (param.key.clone(), param.value.clone())).collect())
}

/// The last values of the metrics, as bits, so that NaN equals NaN.
pub fn metrics(runs: &[Run]) -> Vec<Row<u64>> {
    let of_model = |key: &str| !key.starts_with(domain::runs::SYSTEM_METRIC_PREFIX);
    gather(runs, |run| {
        let metrics = run.metrics.iter().filter(|metric| of_model(&metric.key));
        metrics.map(|metric| (metric.key.clone(), metric.value.0.to_bits())).collect()
    })
}

pub fn tags(runs: &[Run]) -> Vec<Row<String>> {
    gather(runs, |run| {
        let shown = crate::components::shown_tags(&run.tags);
        shown.into_iter().map(|tag| (tag.key, tag.value)).collect()
    })
}

fn gather<T: Clone>(runs: &[Run], pairs: impl Fn(&Run) -> Vec<(String, T)>) -> Vec<Row<T>> {
    let mut rows = BTreeMap::<String, Vec<Option<T>>>::new();
    for (index, run) in runs.iter().enumerate() {
        for (key, value) in pairs(run) {
            rows.entry(key).or_insert_with(|| vec![None; runs.len()])[index] = Some(value);
        }
    }
    rows.into_iter().map(|(key, values)| Row { key, values }).collect()
}

/// How far a value is from the first run's: `+1.2 %`, or nothing if that says nothing.
pub fn change(base: f64, value: f64) -> Option<String> {
    let part = (value - base) / base.abs() * 100.0;
    if !part.is_finite() || value.to_bits() == base.to_bits() {
        return None;
    }
    let size = part.abs();
    let decimals = if size >= 99.95 { 0 } else { usize::from(size >= 9.995) + 2 * usize::from(size < 9.995) };
    let sign = if part < 0.0 { '−' } else { '+' };
    if size >= 100_000.0 {
        return None;
    }
    Some(format!("{sign}{size:.decimals$} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_differs_if_any_value_does_or_is_missing() {
        let row = |values: &[Option<&str>]| Row {
            key: "lr".into(),
            values: values.iter().map(|v| v.map(str::to_owned)).collect(),
        };
        assert!(!row(&[Some("1"), Some("1")]).differs());
        assert!(row(&[Some("1"), Some("2")]).differs());
        assert!(row(&[Some("1"), None]).differs());
        assert!(!row(&[Some("1")]).differs());
    }

    #[test]
    fn changes_are_relative_to_the_size_of_the_first() {
        assert_eq!(change(2.0, 3.0).as_deref(), Some("+50.0 %"));
        assert_eq!(change(-2.0, -3.0).as_deref(), Some("−50.0 %"));
        assert_eq!(change(1.0, 1.0123).as_deref(), Some("+1.23 %"));
        assert_eq!(change(1.0, 5.0).as_deref(), Some("+400 %"));
        assert_eq!(change(1.0, 1.0), None);
        assert_eq!(change(0.0, 1.0), None);
        assert_eq!(change(f64::NAN, 1.0), None);
    }
}
