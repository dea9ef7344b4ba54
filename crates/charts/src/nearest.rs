//! Which point a pointer means.

/// The index of the point whose position is nearest to `x`; points are sorted by position.
pub fn nearest(points: &[(f64, f64)], x: f64) -> Option<usize> {
    let after = points.partition_point(|&(position, _)| position < x);
    let candidates = [after.checked_sub(1), (after < points.len()).then_some(after)];
    candidates
        .into_iter()
        .flatten()
        .min_by(|&a, &b| (points[a].0 - x).abs().total_cmp(&(points[b].0 - x).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closer_neighbour_wins() {
        let points = [(0.0, 1.0), (10.0, 2.0), (20.0, 3.0)];
        assert_eq!(nearest(&points, -5.0), Some(0));
        assert_eq!(nearest(&points, 4.0), Some(0));
        assert_eq!(nearest(&points, 6.0), Some(1));
        assert_eq!(nearest(&points, 99.0), Some(2));
        assert_eq!(nearest(&[], 1.0), None);
    }
}
