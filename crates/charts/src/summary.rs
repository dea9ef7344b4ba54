//! A chart in words, for those who don't see it.

use crate::lines::Series;

/// Start, end, lowest and highest of a line: `starts at 0.9, ends at 0.1, lowest 0.08, highest 0.95`.
///
/// `number` writes a value.
pub fn summary(series: &Series<'_>, number: impl Fn(f64) -> String) -> String {
    let mut finite = series.points.iter().map(|point| point.1).filter(|value| value.is_finite());
    let Some(first) = finite.next() else { return "no finite values".into() };
    let (mut last, mut low, mut high) = (first, first, first);
    for value in finite {
        last = value;
        low = low.min(value);
        high = high.max(value);
    }
    if series.points.len() == 1 {
        return format!("one value, {}", number(first));
    }
    format!(
        "starts at {}, ends at {}, lowest {}, highest {}",
        number(first),
        number(last),
        number(low),
        number(high)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_the_ends_and_the_extremes() {
        let points = [(0.0, 2.0), (1.0, f64::NAN), (2.0, 9.0), (3.0, 1.0)];
        let series = Series { points: &points, color: 0, faint: false };
        let words = summary(&series, |value| value.to_string());
        assert_eq!(words, "starts at 2, ends at 1, lowest 1, highest 9");
        let nothing = Series { points: &points[1..2], ..series };
        assert_eq!(summary(&nothing, |value| value.to_string()), "no finite values");
    }
}
