//! A dot for each run.

use ::charts::{Mark, Measure, Paint, ValueAxis, plane};
use stats::{Scale, Trend, trend};

use super::columns::{key, measure, numbers, percent, told};
use super::paints::paints;
use super::rows::rows;
use super::{Drawn, Shown};

const RADIUS: f64 = 4.0;
/// Of the smallest and the largest, where a column says it.
const RADII: (f64, f64) = (2.5, 11.0);

pub fn draw(shown: &Shown) -> Drawn {
    let [(x, xs), (y, ys)] = [0, 1].map(|place| {
        let (column, values) = shown.axis(place);
        measure(column, values, shown.is_log(column))
    });
    let (paints, legend) = paints(shown);
    let radii = radii(shown);
    let (mut marks, mut tips) = (Vec::new(), Vec::new());
    for run in 0..shown.runs() {
        if let (Some(x), Some(y)) = (xs[run], ys[run]) {
            tips.extend(shown.tip(run).map(|tip| (marks.len(), tip)));
            marks.push(Mark::Dot { x, y, radius: radii[run], paint: paints[run] });
        }
    }
    let count = marks.len();
    let mut words =
        vec![format!("{}: {}", x.title, told(&x, &xs)), format!("{}: {}", y.title, told(&y, &ys))];
    if let Some((column, values)) = shown.size() {
        let numbers = numbers(values).unwrap_or_default();
        let axis = ValueAxis { title: String::new(), measure: Measure::Linear };
        words.push(format!("size by {}: {}", key(column), told(&axis, &numbers)));
    }
    if shown.asked.trend {
        let dots: Vec<_> = xs.iter().zip(&ys).filter_map(|(x, y)| Some(((*x)?, (*y)?))).collect();
        match line(&dots, (&x, &y)) {
            Some((mark, Trend { r_squared, .. })) => {
                marks.push(mark);
                words.push(format!("a straight line explains {} of the variance", percent(r_squared)));
            }
            None => words.push("no line fits".into()),
        }
    }
    let (header, rows) = rows(shown);
    Drawn {
        title: shown.title(1, "over", 0),
        plot: plane(&marks, &tips, (&x, &y), shown.asked.pixels),
        words: shown.words(count, &words),
        legend,
        header,
        rows,
    }
}

/// By the square root, so that areas can be compared.
fn radii(shown: &Shown) -> Vec<f64> {
    let Some(numbers) = shown.size().and_then(|(_, values)| numbers(values)) else {
        return vec![RADIUS; shown.runs()];
    };
    let finite = || numbers.iter().flatten().copied().filter(|number| number.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let radius = |number: f64| {
        let part = (number / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        if part.is_finite() { RADII.0 + (RADII.1 - RADII.0) * part.clamp(0.0, 1.0).sqrt() } else { RADIUS }
    };
    numbers.iter().map(|number| number.map_or(RADII.0, radius)).collect()
}

/// The straight line on the axes as they are, and how well it fits.
fn line(points: &[(f64, f64)], (x, y): (&ValueAxis, &ValueAxis)) -> Option<(Mark, Trend)> {
    let scale = |axis: &ValueAxis| match axis.measure {
        Measure::Log => Some(Scale::Log),
        Measure::Categories(_) => None,
        _ => Some(Scale::Linear),
    };
    let (across, up) = (scale(x)?, scale(y)?);
    let placed: Vec<_> =
        points.iter().filter_map(|(x, y)| Some((across.place(*x)?, up.place(*y)?))).collect();
    let fitted = trend(&placed)?;
    let end = |x: f64| (across.value(x), up.value(fitted.intercept + fitted.slope * x));
    let low = placed.iter().map(|point| point.0).min_by(f64::total_cmp)?;
    let high = placed.iter().map(|point| point.0).max_by(f64::total_cmp)?;
    Some((Mark::Line { from: end(low), to: end(high), width: 2, paint: Paint::Axis }, fitted))
}
