//! The part of a line that a zoomed axis shows.

use crate::frame::{Options, height};

/// The points inside the window, and where the line enters and leaves it: halfway between two points, the
/// line is halfway between their heights as drawn.
pub fn inside(points: &[(f64, f64)], options: Options) -> Vec<(f64, f64)> {
    let Some((from, to)) = options.window else { return points.to_vec() };
    let mut shown = Vec::new();
    for (index, &point) in points.iter().enumerate() {
        if let Some(&before) = index.checked_sub(1).and_then(|before| points.get(before)) {
            // Both edges may lie between the same two points.
            let crossings = [from, to].map(|edge| crossing(before, point, edge, options.log));
            shown.extend(crossings.into_iter().flatten());
        }
        if (from..=to).contains(&point.0) {
            shown.push(point);
        }
    }
    shown
}

fn crossing(before: (f64, f64), after: (f64, f64), edge: f64, log: bool) -> Option<(f64, f64)> {
    if !(before.0 < edge && edge < after.0) {
        return None;
    }
    let (low, high) = (height(before.1, log)?, height(after.1, log)?);
    let value = low + (high - low) * (edge - before.0) / (after.0 - before.0);
    Some((edge, if log { 10_f64.powf(value) } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoomed(points: &[(f64, f64)], from: f64, to: f64) -> Vec<(f64, f64)> {
        inside(points, Options { window: Some((from, to)), ..Options::default() })
    }

    #[test]
    fn a_line_is_cut_where_it_crosses_the_edges() {
        let line = [(0.0, 0.0), (10.0, 10.0), (20.0, 0.0)];
        assert_eq!(zoomed(&line, 5.0, 15.0), [(5.0, 5.0), (10.0, 10.0), (15.0, 5.0)]);
        assert_eq!(zoomed(&line, 2.0, 4.0), [(2.0, 2.0), (4.0, 4.0)]);
        assert_eq!(zoomed(&line, 30.0, 40.0), []);
    }

    #[test]
    fn a_gap_at_the_edge_stays_a_gap() {
        assert_eq!(zoomed(&[(0.0, f64::NAN), (10.0, 1.0)], 5.0, 15.0), [(10.0, 1.0)]);
    }

    #[test]
    fn on_a_logarithmic_axis_the_cut_lies_on_the_drawn_line() {
        let options = Options { log: true, window: Some((1.0, 3.0)), ..Options::default() };
        let shown = inside(&[(0.0, 1.0), (2.0, 100.0)], options);
        assert!((shown[0].1 - 10.0).abs() < 1e-9);
    }
}
