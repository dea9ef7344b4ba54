//! What the charts look like, as text.

use charts::{HorizontalAxis, Options, Series, metric_lines};

fn small() -> Options {
    Options { width: 240, height: 120, ..Options::default() }
}

#[test]
fn a_line_with_a_gap_is_two_pieces() {
    let points = [(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 1.5), (4.0, 1.0)];
    let series = [Series { points: &points, color: 0, faint: false }];
    insta::assert_snapshot!(metric_lines(&series, small()).svg);
}

#[test]
fn raw_lines_stay_faint_behind_smoothed_ones_on_a_logarithmic_axis() {
    let raw = [(0.0, 100.0), (10.0, 1.0), (20.0, 0.0), (30.0, 0.01)];
    let smooth = [(0.0, 100.0), (10.0, 10.0), (30.0, 0.1)];
    let series =
        [Series { points: &raw, color: 1, faint: true }, Series { points: &smooth, color: 1, faint: false }];
    insta::assert_snapshot!(metric_lines(&series, Options { log: true, ..small() }).svg);
}

#[test]
fn without_values_the_axes_are_drawn_empty() {
    let options = Options { axis: HorizontalAxis::Seconds, ..small() };
    insta::assert_snapshot!(metric_lines(&[], options).svg);
}

#[test]
fn extreme_values_make_a_drawing_too() {
    let points = [(f64::MIN, f64::MAX), (f64::MAX, f64::MIN), (0.0, 1e-308)];
    let series = [Series { points: &points, color: 99, faint: false }];
    for log in [false, true] {
        let svg = metric_lines(&series, Options { log, ..small() }).svg;
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    }
}
