//! Dots over two axes.

use std::collections::HashSet;

use plotters::element::Circle;
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::{Paint, ValueAxis, cut, width_of};
use crate::canvas::{self, AXIS, FINE, GRID, at};

/// One run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub paint: Paint,
}

/// Room for the titles, and for the labels below.
const TOP: f64 = 24.0;
const BOTTOM: f64 = 42.0;
const RIGHT: f64 = 16.0;
const RADIUS: i32 = 4;
const LETTERS: usize = 60;

/// Draws each dot that has a place on both axes; one `<svg>` element of so many pixels.
pub fn scatter(dots: &[Dot], (x, y): (&ValueAxis, &ValueAxis), (width, height): (u32, u32)) -> String {
    let (right, bottom) = (f64::from(width) - RIGHT, f64::from(height) - BOTTOM);
    let vertical = y.fit(dots.iter().map(|dot| dot.y), bottom.max(TOP + 10.0), TOP);
    let y_ticks = vertical.ticks(30.0);
    let left = (width_of(&y_ticks) + 14.0).clamp(36.0, f64::from(width) / 2.5);
    let horizontal = x.fit(dots.iter().map(|dot| dot.x), left, right.max(left + 10.0));
    let (left, right, bottom) = (horizontal.scale.start, horizontal.scale.end, vertical.scale.start);
    canvas::svg(width, height, |root| {
        for tick in &y_ticks {
            let place = vertical.scale.pixel(tick.at);
            canvas::line(root, (left, place), (right, place), GRID)?;
            canvas::label(root, &tick.label, (left - 6.0, place), (HPos::Right, VPos::Center))?;
        }
        canvas::line(root, (left, bottom), (right, bottom), AXIS)?;
        for tick in horizontal.ticks(84.0) {
            let place = horizontal.scale.pixel(tick.at);
            canvas::line(root, (place, bottom), (place, bottom + 4.0), AXIS)?;
            canvas::label(root, &tick.label, (place, bottom + 7.0), (HPos::Center, VPos::Top))?;
        }
        canvas::label(root, &cut(&y.title, LETTERS), (left, 4.0), (HPos::Left, VPos::Top))?;
        let below = (right, f64::from(height) - 4.0);
        canvas::label(root, &cut(&x.title, LETTERS), below, (HPos::Right, VPos::Bottom))?;
        // What lies on the same pixel is drawn once.
        let mut drawn = HashSet::new();
        for dot in dots {
            let (Some(x), Some(y)) = (horizontal.pixel(dot.x), vertical.pixel(dot.y)) else { continue };
            let color = dot.paint.color(0.75);
            if drawn.insert((at(x.round(), y.round()), color.rgb(), color.alpha().to_bits())) {
                root.draw(&Circle::new(at(x, y), RADIUS * FINE, color.filled()))?;
            }
        }
        Ok(())
    })
}
