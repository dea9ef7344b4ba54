//! What the charts look like, as text.

use charts::{
    Band, HorizontalAxis, Line, Mark, Measure, Options, Paint, Ribbon, Series, Tip, ValueAxis, metric_bands,
    metric_lines, parallel, plane,
};
use domain::smooth::smooth;
use proptest::prelude::*;

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
    let fine = [(0.0, 100.0), (10.0, 10.0), (30.0, 0.1)];
    let series =
        [Series { points: &raw, color: 1, faint: true }, Series { points: &fine, color: 1, faint: false }];
    insta::assert_snapshot!(metric_lines(&series, Options { log: true, ..small() }).svg);
}

#[test]
fn curves_together_are_a_line_within_a_band() {
    let ribbon = |position, middle| Ribbon { position, low: middle - 0.5, middle, high: middle + 1.0 };
    let ribbons = [ribbon(0.0, 3.0), ribbon(1.0, 2.0), ribbon(2.0, 2.5)];
    let svg = metric_bands(&[Band { ribbons: &ribbons, color: 2 }], small()).svg;
    assert_eq!(svg.matches("<polygon").count(), 1);
    insta::assert_snapshot!(svg);
    let odd = [Ribbon { position: 0.0, low: f64::NAN, middle: -1.0, high: f64::INFINITY }; 3];
    let svg = metric_bands(&[Band { ribbons: &odd, color: 0 }], Options { log: true, ..small() }).svg;
    assert!(!svg.contains("<polygon") && !svg.contains("NaN"), "{svg}");
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

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -10.0_f64..10.0,
        Just(0.98),
        Just(0.959_064),
        Just(f64::NAN),
        Just(f64::INFINITY)
    ]
}

proptest! {
    #[test]
    fn any_numbers_make_a_drawing_of_bounded_size(
        constant in number(), ulps in prop::collection::vec(0_u64..4, 0..40),
        mut values in prop::collection::vec((number(), number()), 0..40),
        window in prop::option::of((number(), number())), log in any::<bool>(), kind in 0..3,
    ) {
        let axis = match kind {
            0 => HorizontalAxis::Step,
            1 => HorizontalAxis::Seconds,
            _ => HorizontalAxis::Time { offset_minutes: 60 },
        };
        let almost_constant = ulps.iter().map(|ulps| f64::from_bits(constant.to_bits().saturating_add(*ulps)));
        let flat: Vec<_> = (0..).map(f64::from).zip(almost_constant).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let smoothed = smooth(&flat, 0.5);
        for points in [&flat, &smoothed, &values] {
            let series = Series { points, color: 0, faint: false };
            let drawing = metric_lines(&[series], Options { axis, log, window, ..Options::default() });
            prop_assert!(drawing.svg.len() < 60_000, "{} bytes", drawing.svg.len());
        }
    }
}

fn axis(title: &str, measure: Measure) -> ValueAxis {
    ValueAxis { title: title.into(), measure }
}

#[test]
fn dots_stand_over_their_axes_and_equal_ones_are_drawn_once() {
    let dot = |x, y, paint| Mark::Dot { x, y, radius: 4.0, paint };
    let dots = [
        dot(0.001, 0.5, Paint::Series(0)),
        dot(0.1, 0.9, Paint::Series(1)),
        dot(0.1, 0.9, Paint::Series(1)),
        dot(0.1, f64::NAN, Paint::Series(1)),
        dot(-1.0, 0.7, Paint::Shade(0.5)),
    ];
    let axes = (&axis("lr", Measure::Log), &axis("auc", Measure::Linear));
    let svg = plane(&dots, &[], axes, (240, 160));
    assert_eq!(svg.matches("<circle").count(), 2);
    insta::assert_snapshot!(svg);
}

#[test]
fn blocks_and_lines_stand_between_values() {
    let block = |place: f64, value| Mark::Block {
        x: (0.0, value),
        y: (place - 0.4, place + 0.4),
        paint: Paint::Series(0),
        strength: 0.8,
    };
    let names = Measure::Categories(vec!["learning_rate".into(), "depth".into()]);
    let marks = [
        block(0.0, 0.7),
        block(1.0, 0.1),
        Mark::Line { from: (0.6, 0.0), to: (0.8, 0.0), width: 2, paint: Paint::Axis },
        block(0.0, f64::INFINITY),
    ];
    let axes = (&axis("importance", Measure::Amount), &axis("", names));
    let tip = Tip { text: "<learning_rate>: 0.7".into(), href: Some("/a?b&c".into()) };
    insta::assert_snapshot!(plane(&marks, &[(0, tip)], axes, (300, 140)));
}

#[test]
fn a_line_goes_through_its_values_and_has_a_gap_where_there_is_none() {
    let axes = [
        axis("lr", Measure::Log),
        axis("optimizer", Measure::Categories(vec!["adam".into(), "sgd".into()])),
        axis("depth", Measure::Linear),
        axis("auc", Measure::Linear),
    ];
    let line = |values: [Option<f64>; 4], shade| Line {
        values: values.into(),
        paint: Paint::Shade(shade),
        tip: None,
    };
    let lines = [
        line([Some(0.1), Some(0.0), Some(3.0), Some(0.9)], 1.0),
        line([Some(0.01), None, Some(5.0), Some(0.7)], 0.0),
        line([None, None, None, None], 0.5),
    ];
    let svg = parallel(&lines, &axes, (420, 160));
    let told = |line: &Line| Line { tip: Some(Tip { text: "a run".into(), href: None }), ..line.clone() };
    let told = parallel(&lines.each_ref().map(told), &axes, (420, 160));
    assert_eq!(
        told.matches("<title>a run</title>").count(),
        2,
        "a line of two pieces is told at each: one is a dot"
    );
    assert_eq!(svg.matches("opacity=\"0.9\"").count(), 1, "the strongest is one line");
    insta::assert_snapshot!(svg);
}

#[test]
fn odd_axes_make_a_drawing_too() {
    let odd = "x".repeat(500);
    let names = (0..40).map(|number| format!("{odd}{number}")).collect();
    let axes = [axis(&odd, Measure::Categories(names)), axis("", Measure::Log), axis("ü", Measure::Linear)];
    let values = [None, Some(f64::INFINITY), Some(f64::MAX), Some(-0.0), Some(1e-308)];
    let lines: Vec<_> = values
        .iter()
        .map(|value| Line { values: vec![*value; 3], paint: Paint::Shade(f64::NAN), tip: None })
        .collect();
    let marks = values.iter().flatten().flat_map(|value| {
        let (value, paint) = (*value, Paint::Series(99));
        [
            Mark::Dot { x: value, y: value, radius: value, paint },
            Mark::Block { x: (0.0, value), y: (value, 1.0), paint, strength: value },
            Mark::Line { from: (0.0, value), to: (value, value), width: 1, paint: Paint::Axis },
        ]
    });
    let marks: Vec<_> = marks.collect();
    for size in [(160, 80), (4000, 4000)] {
        for svg in [
            parallel(&lines, &axes, size),
            parallel(&[], &[], size),
            plane(&marks, &[], (&axes[2], &axes[1]), size),
            plane(&marks, &[], (&axes[0], &axes[2]), size),
            plane(&[], &[], (&axes[0], &axes[1]), size),
        ] {
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
            assert!(!svg.contains("NaN") && svg.len() < 100_000, "{}", svg.len());
        }
    }
}
