//! Parallel coordinates: an axis for each column, a line for each run.

use std::collections::HashSet;

use plotters::element::PathElement;
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::{Paint, ValueAxis, cut, width_of};
use crate::canvas::{self, AXIS, FINE, at};
use crate::tips::{Shape, Tip, with_tips};

/// One run: a value for each axis, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub values: Vec<Option<f64>>,
    pub paint: Paint,
    pub tip: Option<Tip>,
}

const TOP: f64 = 28.0;
const BOTTOM: f64 = 12.0;
const RIGHT: f64 = 24.0;
/// Letters of a title beside each other, in pixels.
const LETTER: f64 = 7.0;

/// Draws a line through each run's values, with a gap where it has none; one `<svg>` element of so many pixels.
pub fn parallel(lines: &[Line], axes: &[ValueAxis], (width, height): (u32, u32)) -> String {
    let bottom = (f64::from(height) - BOTTOM).max(TOP + 10.0);
    let values =
        |place: usize| lines.iter().filter_map(move |line| line.values.get(place).copied().flatten());
    let fitted: Vec<_> =
        axes.iter().enumerate().map(|(place, axis)| axis.fit(values(place), bottom, TOP)).collect();
    let ticks: Vec<_> = fitted.iter().map(|axis| axis.ticks_up(16)).collect();
    let left = ticks.first().map_or(0.0, |first| width_of(first)) + 16.0;
    let right = (f64::from(width) - RIGHT).max(left + 10.0);
    #[expect(clippy::cast_precision_loss, reason = "a few axes")]
    let step = (right - left) / (axes.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few axes")]
    let places: Vec<f64> = (0..axes.len()).map(|number| left + step * number as f64).collect();
    // The more there are, the fainter is each.
    let strength = match lines.len() {
        0..=60 => 0.9,
        61..=400 => 0.5,
        _ => 0.28,
    };
    let pixels: Vec<Vec<Option<(f64, f64)>>> = lines
        .iter()
        .map(|line| {
            let values = places.iter().zip(&fitted).zip(&line.values);
            values
                .map(|((x, axis), value)| value.and_then(|value| axis.pixel(value)).map(|y| (*x, y.round())))
                .collect()
        })
        .collect();
    let svg = canvas::svg(width, height, |root| {
        let mut drawn = HashSet::new();
        for (line, pixels) in lines.iter().zip(&pixels) {
            let color = line.paint.color(strength);
            for piece in pixels.split(Option::is_none) {
                let points: Vec<_> = piece.iter().flatten().map(|(x, y)| at(*x, *y)).collect();
                if points.len() > 1 && drawn.insert((points.clone(), color.rgb(), color.alpha().to_bits())) {
                    root.draw(&PathElement::new(points, color.stroke_width(FINE.unsigned_abs() * 5 / 4)))?;
                }
            }
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "letters of a title")]
        let letters = ((step - 10.0) / LETTER).max(6.0) as usize;
        for (number, ((x, axis), ticks)) in places.iter().zip(axes).zip(&ticks).enumerate() {
            canvas::line(root, (*x, TOP), (*x, bottom), AXIS)?;
            for tick in ticks {
                let y = fitted[number].scale.pixel(tick.at);
                canvas::line(root, (x - 4.0, y), (*x, y), AXIS)?;
                canvas::label(root, &tick.label, (x - 7.0, y), (HPos::Right, VPos::Center))?;
            }
            let (place, lean) = match number {
                0 => (*x - left + 8.0, HPos::Left),
                number if number + 1 == axes.len() => (*x + RIGHT - 4.0, HPos::Right),
                _ => (*x, HPos::Center),
            };
            canvas::label(root, &cut(&axis.title, letters), (place, 4.0), (lean, VPos::Top))?;
        }
        Ok(())
    });
    let mut tips = Vec::new();
    for (line, pixels) in lines.iter().zip(pixels) {
        if let Some(tip) = &line.tip {
            let pieces = pixels.split(Option::is_none).filter(|piece| piece.len() > 1);
            tips.extend(pieces.map(|piece| (Shape::Path(piece.iter().copied().flatten().collect()), tip)));
        }
    }
    with_tips(svg, &tips)
}
