//! Runs in groups by a column: a group for each value, or for a range of numbers.

use ::charts::{Measure, ValueAxis};
use stats::{Scale, edges};
use store::runs::{RunColumn, RunValue};

use super::columns::{key, names, numbers, places};

/// Numbers that differ more often stand in ranges.
const MOST_VALUES: usize = 12;
const MOST_RANGES: usize = 12;

pub struct Groups {
    /// What the groups are called, in order.
    pub names: Vec<String>,
    /// The group of each run; `None`: it has no value.
    pub of: Vec<Option<usize>>,
    title: String,
}

impl Groups {
    pub fn new(column: &RunColumn, values: &[Option<RunValue>], is_log: bool) -> Self {
        let title = key(column).to_owned();
        let all = names(values);
        let Some(numbers) = numbers(values).filter(|_| all.len() > MOST_VALUES) else {
            return Self { of: places(values, &all), names: all, title };
        };
        let scale = if is_log { Scale::Log } else { Scale::Linear };
        let finite: Vec<f64> = numbers.iter().flatten().copied().collect();
        let ends = edges(&finite, scale, MOST_RANGES);
        let names = ends.windows(2).map(|ends| range(ends[0], ends[1])).collect();
        let of = numbers.iter().map(|number| bin(&ends, scale, (*number)?)).collect();
        Self { names, of, title }
    }

    pub fn axis(&self) -> ValueAxis {
        ValueAxis { title: self.title.clone(), measure: Measure::Categories(self.names.clone()) }
    }
}

/// `0.1 – 0.5`.
pub fn range(from: f64, to: f64) -> String {
    format!("{} – {}", app::number(from), app::number(to))
}

/// In which of the bins a value is: each has its lower end, the last one both.
pub fn bin(ends: &[f64], scale: Scale, value: f64) -> Option<usize> {
    scale.place(value)?;
    let last = ends.len().checked_sub(2)?;
    // What rounding puts beyond an end is within it.
    Some(ends[1..=last].partition_point(|end| *end <= value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_numbers_stand_in_ranges_and_few_by_themselves() {
        let column = RunColumn::Param("lr".into());
        let texts = |count: i32| -> Vec<_> {
            (0..count).map(|number| Some(RunValue::Text(number.to_string()))).chain([None]).collect()
        };
        let few = Groups::new(&column, &texts(12), false);
        assert_eq!((few.names.len(), few.of[11], few.of[12]), (12, Some(11), None));
        let many = Groups::new(&column, &texts(100), false);
        assert_eq!(many.names.len(), 8);
        assert_eq!((many.of[0], many.of[99], many.of[100]), (Some(0), Some(7), None));
        assert_eq!(many.names[0], "0 – 12.375");
        let log = Groups::new(&column, &texts(100), true);
        assert_eq!((log.of[0], log.of[1]), (None, Some(0)), "what isn't positive has no place");
    }
}
