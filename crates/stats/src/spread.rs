//! How values are spread: quartiles and whiskers.

/// What a box plot shows, each in the values' unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The lowest value within 1.5 interquartile ranges of the box (Tukey, *Exploratory Data Analysis*, 1977).
    pub low: f64,
    pub lower_quartile: f64,
    pub median: f64,
    pub upper_quartile: f64,
    /// The highest such value.
    pub high: f64,
}

/// The spread of finite values; `None` of none.
pub fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let [lower_quartile, median, upper_quartile] = [0.25, 0.5, 0.75].map(|part| quantile(&sorted, part));
    let (lower_quartile, median, upper_quartile) = (lower_quartile?, median?, upper_quartile?);
    let reach = 1.5 * (upper_quartile - lower_quartile);
    let low = sorted.iter().copied().find(|value| *value >= lower_quartile - reach)?;
    let high = sorted.iter().rev().copied().find(|value| *value <= upper_quartile + reach)?;
    Some(Spread { low, lower_quartile, median, upper_quartile, high })
}

/// The value below which `part` (0 to 1) of the sorted values lie, interpolated linearly: type 7 of Hyndman and Fan
/// (*Sample Quantiles in Statistical Packages*, 1996), as numpy and R have it.
#[expect(clippy::cast_precision_loss, reason = "a count")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the slice")]
pub fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let weight = place.fract();
    Some(if weight == 0.0 { below } else { below * (1.0 - weight) + above * weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8, 16, 100], [.25, .5, .75]) = [2.5, 6, 14]
        let values = [16.0, 1.0, f64::NAN, 2.0, 4.0, 100.0, 8.0];
        let expected =
            Spread { low: 1.0, lower_quartile: 2.5, median: 6.0, upper_quartile: 14.0, high: 16.0 };
        assert_eq!(spread(&values), Some(expected));
        assert_eq!(spread(&[f64::INFINITY]), None);
        assert_eq!(spread(&[3.0]).map(|one| (one.low, one.median, one.high)), Some((3.0, 3.0, 3.0)));
        let furthest = spread(&[f64::MIN, f64::MAX]).expect("has values");
        assert!(furthest.lower_quartile.is_finite() && furthest.upper_quartile.is_finite());
    }
}
