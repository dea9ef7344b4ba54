//! Ranges of equal width that values are counted in.

use crate::quantile;

/// On which widths are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Values that aren't positive have no place.
    Log,
}

impl Scale {
    /// Where a value is on it; `None`: nowhere.
    pub fn place(self, value: f64) -> Option<f64> {
        let place = if self == Self::Log { value.log10() } else { value };
        place.is_finite().then_some(place)
    }

    /// The value that is there.
    pub fn value(self, place: f64) -> f64 {
        if self == Self::Log { 10_f64.powf(place) } else { place }
    }
}

/// The ends of bins from the lowest to the highest of the values, one more than there are bins; none without values.
///
/// As many as Sturges (*The Choice of a Class Interval*, 1926) or Freedman and Diaconis (*On the Histogram as a Density
/// Estimator*, 1981) ask for, whichever are more, as numpy's `auto`; never more than `most`.
#[expect(clippy::cast_precision_loss, reason = "a count")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that is cut off")]
pub fn edges(values: &[f64], scale: Scale, most: usize) -> Vec<f64> {
    let mut places: Vec<f64> = values.iter().filter_map(|value| scale.place(*value)).collect();
    places.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (places.first().copied(), places.last().copied()) else {
        return Vec::new();
    };
    // Halves, so that the widest range is finite.
    let range = high / 2.0 - low / 2.0;
    if range <= 1e-12 * high.abs().max(low.abs()) {
        let around = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
        return vec![scale.value(low - around), scale.value(high + around)];
    }
    let count = places.len() as f64;
    let sturges = count.log2() + 1.0;
    let middle = quantile(&places, 0.75)
        .zip(quantile(&places, 0.25))
        .map_or(0.0, |(upper, lower)| upper / 2.0 - lower / 2.0);
    let width = 2.0 * middle / count.cbrt();
    let diaconis = if width > 0.0 { range / width } else { 0.0 };
    let bins = (sturges.max(diaconis).ceil() as usize).clamp(1, most.max(1));
    let step = range / bins as f64 * 2.0;
    (0..=bins)
        .map(|number| if number == bins { high } else { low + step * number as f64 })
        .map(|place| scale.value(place))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_numpy_makes() {
        // len(numpy.histogram_bin_edges(values, 'auto')) - 1 = 5, 8, 9
        let even: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(edges(&even, Scale::Linear, 100).len() - 1, 5);
        let many: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(edges(&many, Scale::Linear, 100).len() - 1, 8);
        let square: Vec<f64> = (0..200).map(|number| f64::from(number).powi(2)).collect();
        assert_eq!(edges(&square, Scale::Linear, 100).len() - 1, 9);
        assert_eq!(edges(&square, Scale::Linear, 6).len() - 1, 6);
    }

    #[test]
    fn they_reach_from_the_lowest_to_the_highest() {
        let ends = edges(&[1.0, 10.0, 1000.0, -1.0, f64::NAN], Scale::Log, 3);
        assert_eq!((ends[0], ends[3]), (1.0, 1000.0));
        assert!((ends[1] - 10.0).abs() < 1e-9, "{ends:?}");
        assert_eq!(edges(&[f64::NAN], Scale::Linear, 5), [] as [f64; 0]);
        assert_eq!(edges(&[4.0, 4.0], Scale::Linear, 5), [3.8, 4.2]);
        assert_eq!(edges(&[0.0], Scale::Linear, 5), [-0.5, 0.5]);
        let widest = edges(&[f64::MIN, f64::MAX], Scale::Linear, 5);
        assert!(widest.iter().all(|end| end.is_finite()), "{widest:?}");
    }
}
