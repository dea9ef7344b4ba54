//! What every chart is drawn on: an SVG element whose colours are placeholders.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::COLORS;

// Plotters writes whole numbers as coordinates, so everything is drawn larger and scaled back by the
// view box: lines come out smooth.
pub const FINE: i32 = 4;
pub const GRID: RGBColor = RGBColor(0, 0, 1);
const LABEL: RGBColor = RGBColor(0, 0, 2);
pub const AXIS: RGBColor = RGBColor(0, 0, 3);

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Outcome<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// One `<svg>` element of so many pixels.
pub fn svg(width: u32, height: u32, draw: impl for<'a> FnOnce(&Area<'a>) -> Outcome<'a>) -> String {
    let mut svg = String::new();
    let fine = FINE.unsigned_abs();
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, (width * fine, height * fine)).into_drawing_area();
        draw(&root).and_then(|()| root.present())
    };
    debug_assert!(drawn.is_ok(), "writing to a string does not fail");
    let opening = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" aria-hidden=\"true\" focusable=\"false\"",
        width * fine,
        height * fine
    );
    let rest = svg.find(" xmlns").map_or("", |at| &svg[at..]);
    opening + rest
}

/// The placeholder of a series' colour.
pub fn series(color: usize) -> RGBColor {
    RGBColor(u8::try_from(color % COLORS + 1).unwrap_or(1), 0, 0)
}

pub fn line<'a>(root: &Area<'a>, from: (f64, f64), to: (f64, f64), color: RGBColor) -> Outcome<'a> {
    let points = [at(from.0, from.1), at(to.0, to.1)];
    root.draw(&PathElement::new(points, color.stroke_width(FINE.unsigned_abs())))
}

pub fn label<'a>(root: &Area<'a>, text: &str, place: (f64, f64), anchor: (HPos, VPos)) -> Outcome<'a> {
    let style = ("sans-serif", 14 * FINE).into_font().color(&LABEL).pos(Pos::new(anchor.0, anchor.1));
    root.draw(&Text::new(text.to_owned(), at(place.0, place.1), style))
}

/// A place as the backend counts pixels.
pub fn at(x: f64, y: f64) -> (i32, i32) {
    (fine(x), fine(y))
}

/// Pixels as the backend counts them.
#[expect(clippy::cast_possible_truncation, reason = "pixels; saturates")]
pub fn fine(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}
