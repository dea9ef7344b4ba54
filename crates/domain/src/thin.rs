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

/// Keeps `most` of the points, spread evenly over them, the first and the last among them (of one: the last).
/// `points` must be sorted.
///
/// Of each of `most` parts of equal length it is the first point, as in the reference, unless another one
/// stands out from what is kept on either side, so that no spike is lost.
pub fn at_most(points: &[MetricPoint], most: usize) -> Vec<MetricPoint> {
    let Some(last) = points.last().filter(|_| most > 0) else { return Vec::new() };
    if points.len() <= most {
        return points.to_vec();
    }
    let (length, longer) = (points.len() / most, points.len() % most);
    let start = |part: usize| part * length + part.min(longer);
    let mut kept = Vec::with_capacity(most);
    for part in 0..most - 1 {
        // Of the first and the last part only the ends are sure to be kept, so their neighbours look there, too.
        let from = if part == 1 { 1 } else { start(part) };
        let to = if part == most - 2 { points.len() - 1 } else { start(part + 1) };
        let next = if part == most - 2 { last } else { &points[to] };
        let first = points[start(part)];
        let standing_out = kept.last().and_then(|before| farthest_out(&points[from..to], before, next));
        kept.push(standing_out.copied().unwrap_or(first));
    }
    kept.push(*last);
    kept
}

/// The point whose value is farthest above or below those of the two neighbours; `None` if all lie between.
fn farthest_out<'p>(
    points: &'p [MetricPoint],
    before: &MetricPoint,
    next: &MetricPoint,
) -> Option<&'p MetricPoint> {
    let (low, high) = (before.value.0.min(next.value.0), before.value.0.max(next.value.0));
    let mut farthest = None;
    let mut distance = 0.0;
    for point in points {
        let out = (point.value.0 - high).max(low - point.value.0);
        if out > distance {
            (farthest, distance) = (Some(point), out);
        }
    }
    farthest
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
    fn a_rising_curve_is_spread_evenly_and_a_spike_anywhere_is_kept() {
        let rising: Vec<_> = (0..1_000).map(f64::from).collect();
        let steps: Vec<_> = at_most(&curve(&rising), 50).iter().map(|point| point.step).collect();
        assert_eq!(steps, (0..49).map(|part| part * 20).chain([999]).collect::<Vec<_>>());
        for place in [1, 5, 19, 20, 500, 979, 980, 990, 998] {
            let mut values = rising.clone();
            values[place] = 9e9;
            let kept = at_most(&curve(&values), 50);
            assert!(kept.iter().any(|point| point.value.0 > 1e9), "{place}");
            assert_eq!(kept.len(), 50);
        }
        assert_eq!(at_most(&curve(&rising), 2).len(), 2);
        assert_eq!(at_most(&curve(&[f64::NAN; 100]), 7).len(), 7);
    }

    #[test]
    fn a_short_curve_is_left_alone() {
        let points = curve(&[1.0, 2.0, 3.0]);
        assert_eq!(thin(&points, Axis::Time, 300), points);
    }

    proptest! {
        #[test]
        fn as_many_are_kept_as_asked_for_and_so_are_the_ends(
            values in prop::collection::vec(-1e6_f64..1e6, 1..500), most in 1_usize..60,
        ) {
            let (points, length) = (curve(&values), values.len());
            let thinned = at_most(&points, most);
            prop_assert_eq!(thinned.len(), length.min(most));
            prop_assert_eq!(thinned.last(), points.last());
            prop_assert!(most == 1 || thinned.first() == points.first());
            prop_assert!(thinned.is_sorted_by(|a, b| a.step < b.step));
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
