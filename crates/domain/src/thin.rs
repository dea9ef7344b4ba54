//! Thinning: a curve of any length for the pixels there are.

use crate::Millis;
use crate::metrics::{Axis, MetricPoint};

/// Keeps at most about `4 × buckets` of the points: of each of `buckets` equal parts of the axis the
/// first, last, lowest and highest, and the first that is not finite, so that neither a spike nor a
/// gap is lost. `points` must be sorted along `axis`.
///
/// This is M4 aggregation (Jugel et al., "M4: A Visualization-Oriented Time Series Data
/// Aggregation", VLDB 2014): drawn at one bucket a pixel column it gives the very same line.
pub fn thin(points: &[MetricPoint], axis: Axis, buckets: usize) -> Vec<MetricPoint> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if points.len() <= buckets.saturating_mul(4) || buckets == 0 {
        return points.to_vec();
    }
    let origin = Millis(0);
    let (from, to) = (axis.position(first, origin), axis.position(last, origin));
    #[expect(clippy::cast_precision_loss, reason = "a number of pixels")]
    let scale = if to > from { buckets as f64 / (to - from) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ it ≤ buckets")]
    let bucket_of =
        |point: &MetricPoint| (((axis.position(point, origin) - from) * scale) as usize).min(buckets - 1);

    let mut kept = Vec::with_capacity(buckets * 4);
    for bucket in points.chunk_by(|a, b| bucket_of(a) == bucket_of(b)) {
        let mut keep = [0, bucket.len() - 1, usize::MAX, usize::MAX, usize::MAX];
        for (index, point) in bucket.iter().enumerate() {
            let value = point.value.0;
            let below = |kept: usize| kept == usize::MAX || value < bucket[kept].value.0;
            let above = |kept: usize| kept == usize::MAX || value > bucket[kept].value.0;
            if !value.is_finite() {
                if keep[4] == usize::MAX {
                    keep[4] = index;
                }
                continue;
            }
            if below(keep[2]) {
                keep[2] = index;
            }
            if above(keep[3]) {
                keep[3] = index;
            }
        }
        keep.sort_unstable();
        let mut previous = usize::MAX;
        for index in keep {
            if index != previous && index != usize::MAX {
                kept.push(bucket[index]);
            }
            previous = index;
        }
    }
    kept
}

/// The same with a bound on how many points are left: never more than `most` (of which one is the last).
pub fn at_most(points: &[MetricPoint], axis: Axis, most: usize) -> Vec<MetricPoint> {
    if points.len() <= most {
        return points.to_vec();
    }
    let thinned = thin(points, axis, most / 5);
    if !thinned.is_empty() && thinned.len() <= most {
        return thinned;
    }
    // Too few for buckets: evenly spread, from the last one back.
    let stride = points.len().div_ceil(most.max(1)).max(1);
    let mut spread: Vec<_> = points.iter().rev().step_by(stride).take(most).copied().collect();
    spread.reverse();
    spread
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MetricValue;

    fn curve(values: &[f64]) -> Vec<MetricPoint> {
        (0_i64..)
            .zip(values)
            .map(|(step, &value)| MetricPoint {
                value: MetricValue(value),
                step,
                timestamp: Millis(step * 7),
            })
            .collect()
    }

    #[test]
    fn a_single_spike_survives() {
        let mut values = vec![0.5; 100_000];
        values[51_234] = 99.0;
        values[70_001] = f64::NAN;
        let thinned = thin(&curve(&values), Axis::Step, 300);
        assert!(thinned.len() <= 1_200);
        assert!(thinned.iter().any(|point| point.step == 51_234));
        assert!(thinned.iter().any(|point| point.value.0.is_nan()));
    }

    #[test]
    fn a_short_curve_is_left_alone() {
        let points = curve(&[1.0, 2.0, 3.0]);
        assert_eq!(thin(&points, Axis::Time, 300), points);
    }

    proptest! {
        #[test]
        fn a_bound_is_kept_and_so_is_the_last_point(length in 1_usize..500, most in 1_usize..60) {
            let points = curve(&vec![1.5; length]);
            let thinned = at_most(&points, Axis::Step, most);
            prop_assert!(thinned.len() <= most && !thinned.is_empty());
            prop_assert_eq!(thinned.last(), points.last());
        }

        #[test]
        fn the_ends_and_the_extremes_are_always_kept(
            values in prop::collection::vec(-1e6_f64..1e6, 1..3_000), buckets in 1_usize..50,
        ) {
            let points = curve(&values);
            let thinned = thin(&points, Axis::Step, buckets);
            let steps = |points: &[MetricPoint]| points.iter().map(|p| p.step).collect::<Vec<_>>();
            let range = |points: &[MetricPoint]| points.iter().fold(
                (f64::MAX, f64::MIN), |(low, high), p| (low.min(p.value.0), high.max(p.value.0)));
            prop_assert!(steps(&thinned).is_sorted());
            prop_assert_eq!(thinned.first(), points.first());
            prop_assert_eq!(thinned.last(), points.last());
            prop_assert_eq!(range(&thinned), range(&points));
            prop_assert!(thinned.len() <= (5 * buckets).max(4 * buckets));
        }
    }
}
