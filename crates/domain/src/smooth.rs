//! Smoothing, as training curves are usually smoothed.

/// The exponential moving average of `points`' values, debiased: each is divided by the weight seen
/// so far, so that the line starts at the first value and not at zero (Kingma & Ba, "Adam", 2015,
/// section 3, the same correction).
///
/// `weight` is that of the past, 0 ≤ it < 1. Values that are not finite stay as they are and are
/// left out of the average.
pub fn smooth(points: &[(f64, f64)], weight: f64) -> Vec<(f64, f64)> {
    let weight = weight.clamp(0.0, 0.999);
    let (mut average, mut seen) = (0.0, 0.0);
    points
        .iter()
        .map(|&(x, value)| {
            if !value.is_finite() {
                return (x, value);
            }
            average = average * weight + value * (1.0 - weight);
            seen = seen * weight + (1.0 - weight);
            (x, average / seen)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_at_the_first_value_and_a_constant_stays() {
        let flat: Vec<_> = (0..50).map(|x| (f64::from(x), 3.0)).collect();
        for (_, value) in smooth(&flat, 0.9) {
            assert!((value - 3.0).abs() < 1e-12);
        }
        assert!((smooth(&[(0.0, 7.0), (1.0, 9.0)], 0.6)[0].1 - 7.0).abs() < 1e-12);
    }

    #[test]
    fn weight_zero_changes_nothing() {
        let points = [(0.0, 1.0), (1.0, -4.0), (2.0, 2.5)];
        assert_eq!(smooth(&points, 0.0), points);
    }

    #[test]
    fn gaps_stay_and_do_not_poison_what_follows() {
        let smoothed = smooth(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0)], 0.5);
        assert!(smoothed[1].1.is_nan());
        assert!((smoothed[2].1 - 1.0).abs() < 1e-12);
    }
}
