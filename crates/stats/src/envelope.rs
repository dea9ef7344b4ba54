//! Several curves as one: their mean, and how they are spread around it.

use crate::mean;

/// Curves at one position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Together {
    pub position: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// The root of the mean square of the differences from the mean: all curves there are, not a sample.
    pub deviation: f64,
    /// How many curves are there.
    pub curves: usize,
}

/// At each position where a curve has a point, all curves that reach over it; at most at so many positions, which then
/// are even.
///
/// Between its points a curve is a straight line, before its first and after its last it isn't. What isn't finite is no
/// point. Each curve is sorted by position.
#[expect(clippy::cast_precision_loss, reason = "a count")]
pub fn together(curves: &[Vec<(f64, f64)>], most: usize) -> Vec<Together> {
    let curves: Vec<Vec<(f64, f64)>> = curves
        .iter()
        .map(|curve| {
            curve.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect::<Vec<_>>()
        })
        .collect();
    let mut positions: Vec<f64> = curves.iter().flatten().map(|point| point.0).collect();
    positions.sort_by(f64::total_cmp);
    positions.dedup();
    if let (Some(first), Some(last)) = (positions.first().copied(), positions.last().copied())
        && positions.len() > most.max(2)
    {
        let step = (last - first) / (most.max(2) - 1) as f64;
        positions = (0..most.max(2)).map(|number| first + step * number as f64).collect();
    }
    let at = |position: f64| {
        let values: Vec<f64> = curves.iter().filter_map(|curve| value(curve, position)).collect();
        let middle = mean(&values);
        let squares: Vec<_> = values.iter().map(|value| (value - middle).powi(2)).collect();
        Together {
            position,
            mean: middle,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            deviation: mean(&squares).sqrt(),
            curves: values.len(),
        }
    };
    positions.into_iter().map(at).filter(|together| together.curves > 0).collect()
}

/// Where a curve is at a position; the last of several points at one.
fn value(curve: &[(f64, f64)], position: f64) -> Option<f64> {
    let after = curve.partition_point(|point| point.0 <= position);
    let before = curve.get(after.checked_sub(1)?)?;
    match curve.get(after) {
        _ if before.0.total_cmp(&position).is_eq() => Some(before.1),
        Some(next) => Some(before.1 + (next.1 - before.1) * ((position - before.0) / (next.0 - before.0))),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_joined_where_they_reach() {
        let curves =
            [vec![(0.0, 1.0), (2.0, 3.0)], vec![(1.0, 4.0), (2.0, 5.0), (3.0, f64::NAN), (4.0, 9.0)]];
        let joined = together(&curves, 100);
        // numpy.interp at 0, 1, 2, 4, each curve within its own ends.
        let expected = [(0.0, 1.0, 1), (1.0, 3.0, 2), (2.0, 4.0, 2), (4.0, 9.0, 1)];
        let told: Vec<_> = joined.iter().map(|at| (at.position, at.mean, at.curves)).collect();
        assert_eq!(told, expected);
        assert_eq!((joined[1].low, joined[1].high, joined[1].deviation), (2.0, 4.0, 1.0));
        assert_eq!(together(&[vec![], vec![(0.0, f64::NAN)]], 10), []);
    }

    #[test]
    fn many_positions_become_as_many_as_there_may_be() {
        let line: Vec<_> = (0..1000).map(|step| (f64::from(step), 2.0 * f64::from(step))).collect();
        let joined = together(&[line], 11);
        assert_eq!(joined.len(), 11);
        assert!(joined.iter().all(|at| (at.mean - 2.0 * at.position).abs() < 1e-9), "{joined:?}");
        assert!((joined[10].position - 999.0).abs() < 1e-9);
    }
}
