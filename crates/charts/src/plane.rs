//! Marks on a plane of two axes: scatter plots, histograms, boxes, heat maps and bars are all made of these.

use std::collections::HashSet;

use plotters::element::{Circle, PathElement, Rectangle};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::{Fitted, Paint, ValueAxis, cut, width_of};
use crate::canvas::{self, AXIS, Area, FINE, GRID, Outcome, at};
use crate::tips::{Shape, Tip, with_tips};

/// Something drawn; it is left out where a value of it has no place on its axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mark {
    /// `radius`: in pixels.
    Dot { x: f64, y: f64, radius: f64, paint: Paint },
    /// A filled rectangle between two values on each axis. `strength`: how much of its colour is seen, from 0 to 1.
    Block { x: (f64, f64), y: (f64, f64), paint: Paint, strength: f64 },
    /// `width`: in pixels.
    Line { from: (f64, f64), to: (f64, f64), width: u32, paint: Paint },
}

/// Room for the titles, and for the labels below.
const TOP: f64 = 24.0;
const BOTTOM: f64 = 42.0;
const RIGHT: f64 = 16.0;
const LETTERS: usize = 60;

/// Draws marks over their axes; one `<svg>` element of so many pixels. `tips`: words for some of the marks, by their
/// places.
pub fn plane(
    marks: &[Mark],
    tips: &[(usize, Tip)],
    (x, y): (&ValueAxis, &ValueAxis),
    (width, height): (u32, u32),
) -> String {
    let (right, bottom) = (f64::from(width) - RIGHT, f64::from(height) - BOTTOM);
    let ends = |pick: fn(&Mark) -> [f64; 2]| marks.iter().flat_map(pick);
    let vertical = y.fit(ends(Mark::ys), bottom.max(TOP + 10.0), TOP);
    let y_ticks = vertical.ticks_up(28);
    let left = (width_of(&y_ticks) + 14.0).clamp(36.0, f64::from(width) / 2.5);
    let horizontal = x.fit(ends(Mark::xs), left, right.max(left + 10.0));
    let (left, right, bottom) = (horizontal.scale.start, horizontal.scale.end, vertical.scale.start);
    let svg = canvas::svg(width, height, |root| {
        for tick in &y_ticks {
            let place = vertical.scale.pixel(tick.at);
            canvas::line(root, (left, place), (right, place), GRID)?;
            canvas::label(root, &tick.label, (left - 6.0, place), (HPos::Right, VPos::Center))?;
        }
        canvas::line(root, (left, bottom), (right, bottom), AXIS)?;
        for tick in horizontal.ticks_across() {
            let place = horizontal.scale.pixel(tick.at);
            canvas::line(root, (place, bottom), (place, bottom + 4.0), AXIS)?;
            canvas::label(root, &tick.label, (place, bottom + 7.0), (HPos::Center, VPos::Top))?;
        }
        canvas::label(root, &cut(&y.title, LETTERS), (left, 4.0), (HPos::Left, VPos::Top))?;
        let below = (right, f64::from(height) - 4.0);
        canvas::label(root, &cut(&x.title, LETTERS), below, (HPos::Right, VPos::Bottom))?;
        draw(root, marks, &horizontal, &vertical)
    });
    let place = |(across, up): (f64, f64)| Some((horizontal.pixel(across)?, vertical.pixel(up)?));
    let shape = |mark: &Mark| match *mark {
        Mark::Dot { x, y, radius, .. } => Some(Shape::Circle { center: place((x, y))?, radius }),
        Mark::Block { x, y, .. } => {
            Some(Shape::Rectangle { from: place((x.0, y.0))?, to: place((x.1, y.1))? })
        }
        Mark::Line { from, to, .. } => Some(Shape::Path(vec![place(from)?, place(to)?])),
    };
    let shapes = tips.iter().filter_map(|(mark, tip)| Some((shape(marks.get(*mark)?)?, tip)));
    with_tips(svg, &shapes.collect::<Vec<_>>())
}

fn draw<'a>(root: &Area<'a>, marks: &[Mark], x: &Fitted<'_>, y: &Fitted<'_>) -> Outcome<'a> {
    let place = |(across, up): (f64, f64)| Some((x.pixel(across)?, y.pixel(up)?));
    // Dots on the same pixel are drawn once.
    let mut drawn = HashSet::new();
    for mark in marks {
        match *mark {
            Mark::Dot { x, y, radius, paint } => {
                let Some((x, y)) = place((x, y)) else { continue };
                let color = paint.color(0.75);
                let radius = canvas::fine(radius);
                if drawn.insert((at(x.round(), y.round()), radius, color.rgb(), color.alpha().to_bits())) {
                    root.draw(&Circle::new(at(x, y), radius, color.filled()))?;
                }
            }
            Mark::Block { x, y, paint, strength } => {
                let (Some(one), Some(other)) = (place((x.0, y.0)), place((x.1, y.1))) else { continue };
                let corners = [at(one.0, one.1), at(other.0, other.1)];
                root.draw(&Rectangle::new(corners, paint.color(strength).filled()))?;
            }
            Mark::Line { from, to, width, paint } => {
                let (Some(from), Some(to)) = (place(from), place(to)) else { continue };
                let stroke = paint.color(1.0).stroke_width(FINE.unsigned_abs() * width);
                root.draw(&PathElement::new([at(from.0, from.1), at(to.0, to.1)], stroke))?;
            }
        }
    }
    Ok(())
}

impl Mark {
    fn xs(&self) -> [f64; 2] {
        match *self {
            Self::Dot { x, .. } => [x, x],
            Self::Block { x, .. } => x.into(),
            Self::Line { from, to, .. } => [from.0, to.0],
        }
    }

    fn ys(&self) -> [f64; 2] {
        match *self {
            Self::Dot { y, .. } => [y, y],
            Self::Block { y, .. } => y.into(),
            Self::Line { from, to, .. } => [from.1, to.1],
        }
    }
}
