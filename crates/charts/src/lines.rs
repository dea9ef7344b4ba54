//! Metrics as lines over steps or time.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::COLORS;
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

// Plotters writes whole numbers as coordinates, so everything is drawn larger and scaled back by the
// view box: lines come out smooth.
const FINE: i32 = 4;
const GRID: RGBColor = RGBColor(0, 0, 1);
const LABEL: RGBColor = RGBColor(0, 0, 2);
const AXIS: RGBColor = RGBColor(0, 0, 3);

/// Draws each series as a line.
///
/// A value that is not finite (or not positive, on a logarithmic axis) breaks the line; a value alone
/// between two gaps is a dot. Without any value the axes are drawn empty.
pub fn metric_lines(series: &[Series<'_>], options: Options) -> Drawing {
    let shown: Vec<_> = series.iter().map(|one| window::inside(one.points, options)).collect();
    let frame = Frame::new(shown.iter().map(Vec::as_slice), options);
    let mut svg = String::new();
    let (width, height) = (options.width, options.height);
    let fine = FINE.unsigned_abs();
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, (width * fine, height * fine)).into_drawing_area();
        draw_axes(&root, &frame)
            .and_then(|()| {
                series
                    .iter()
                    .zip(&shown)
                    .try_for_each(|(one, points)| draw_series(&root, &frame, Series { points, ..*one }))
            })
            .and_then(|()| root.present())
    };
    debug_assert!(drawn.is_ok(), "writing to a string does not fail");
    let opening = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" aria-hidden=\"true\" focusable=\"false\"",
        width * fine,
        height * fine
    );
    let rest = svg.find(" xmlns").map_or("", |at| &svg[at..]);
    Drawing { svg: opening + rest, frame }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Outcome<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw_axes<'a>(root: &Area<'a>, frame: &Frame) -> Outcome<'a> {
    let (left, right, bottom, top) = (frame.x.start, frame.x.end, frame.y.start, frame.y.end);
    let font = |horizontal, vertical| {
        ("sans-serif", 14 * FINE).into_font().color(&LABEL).pos(Pos::new(horizontal, vertical))
    };
    for tick in frame.y_ticks() {
        let y = frame.y.pixel(tick.at);
        root.draw(&PathElement::new([at(left, y), at(right, y)], GRID.stroke_width(FINE.unsigned_abs())))?;
        root.draw(&Text::new(tick.label, at(left - 6.0, y), font(HPos::Right, VPos::Center)))?;
    }
    root.draw(&PathElement::new(
        [at(left, bottom), at(right, bottom)],
        AXIS.stroke_width(FINE.unsigned_abs()),
    ))?;
    for tick in frame.x_ticks() {
        let x = frame.x.pixel(tick.at);
        root.draw(&PathElement::new(
            [at(x, bottom), at(x, bottom + 4.0)],
            AXIS.stroke_width(FINE.unsigned_abs()),
        ))?;
        // A label at the very edge leans inwards instead of being cut off.
        let lean = if x > right - 16.0 { HPos::Right } else { HPos::Center };
        let x = if x > right - 16.0 { right + 8.0 } else { x };
        root.draw(&Text::new(tick.label, at(x, bottom + 7.0), font(lean, VPos::Top)))?;
    }
    debug_assert!(top < bottom);
    Ok(())
}

fn draw_series<'a>(root: &Area<'a>, frame: &Frame, series: Series<'_>) -> Outcome<'a> {
    let color = RGBColor(u8::try_from(series.color % COLORS + 1).unwrap_or(1), 0, 0);
    let color = color.mix(if series.faint { 0.28 } else { 1.0 });
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

#[expect(clippy::cast_possible_truncation, reason = "pixels; saturates")]
fn at(x: f64, y: f64) -> (i32, i32) {
    let fine = f64::from(FINE);
    ((x * fine).round() as i32, (y * fine).round() as i32)
}
