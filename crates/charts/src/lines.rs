//! Metrics as lines over steps or time.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::{self, AXIS, Area, FINE, GRID, Outcome, at};
use crate::frame::{Frame, Options, height};
use crate::window;

/// One line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Series<'a> {
    /// (position, value), sorted by position.
    pub points: &'a [(f64, f64)],
    /// Which of the theme's colours, from 0.
    pub color: usize,
    /// A raw line that stays visible behind its smoothed one.
    pub faint: bool,
}

/// A chart and its geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// One `<svg>` element.
    pub svg: String,
    pub frame: Frame,
}

/// Draws each series as a line.
///
/// A value that is not finite (or not positive, on a logarithmic axis) breaks the line; a value alone
/// between two gaps is a dot. Without any value the axes are drawn empty.
pub fn metric_lines(series: &[Series<'_>], options: Options) -> Drawing {
    let shown: Vec<_> = series.iter().map(|one| window::inside(one.points, options)).collect();
    let frame = Frame::new(shown.iter().map(Vec::as_slice), options);
    let svg = canvas::svg(options.width, options.height, |root| {
        draw_axes(root, &frame)?;
        let mut drawn = series.iter().zip(&shown);
        drawn.try_for_each(|(one, points)| draw_series(root, &frame, Series { points, ..*one }))
    });
    Drawing { svg, frame }
}

pub(crate) fn draw_axes<'a>(root: &Area<'a>, frame: &Frame) -> Outcome<'a> {
    let (left, right, bottom) = (frame.x.start, frame.x.end, frame.y.start);
    for tick in frame.y_ticks() {
        let y = frame.y.pixel(tick.at);
        canvas::line(root, (left, y), (right, y), GRID)?;
        canvas::label(root, &tick.label, (left - 6.0, y), (HPos::Right, VPos::Center))?;
    }
    canvas::line(root, (left, bottom), (right, bottom), AXIS)?;
    for tick in frame.x_ticks() {
        let x = frame.x.pixel(tick.at);
        canvas::line(root, (x, bottom), (x, bottom + 4.0), AXIS)?;
        // A label at the very edge leans inwards instead of being cut off.
        let (x, lean) = if x > right - 16.0 { (right + 8.0, HPos::Right) } else { (x, HPos::Center) };
        canvas::label(root, &tick.label, (x, bottom + 7.0), (lean, VPos::Top))?;
    }
    Ok(())
}

pub(crate) fn draw_series<'a>(root: &Area<'a>, frame: &Frame, series: Series<'_>) -> Outcome<'a> {
    let color = canvas::series(series.color).mix(if series.faint { 0.28 } else { 1.0 });
    let width = if series.faint { FINE } else { FINE * 3 / 2 }.unsigned_abs();
    let drawable = |&(_, value): &(f64, f64)| height(value, frame.options.log).is_some();
    for piece in series.points.split(|point| !drawable(point)).filter(|piece| !piece.is_empty()) {
        let pixels = piece.iter().filter_map(|&(position, value)| {
            frame.value_pixel(value).map(|y| at(frame.x.pixel(position), y))
        });
        if let [single] = piece {
            if let Some(y) = frame.value_pixel(single.1) {
                let dot = Circle::new(at(frame.x.pixel(single.0), y), FINE * 2, color.filled());
                root.draw(&dot)?;
            }
        } else {
            root.draw(&PathElement::new(pixels.collect::<Vec<_>>(), color.stroke_width(width)))?;
        }
    }
    Ok(())
}
