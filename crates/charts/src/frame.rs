//! Where things are: the plot area, and how data maps to its pixels and back.

use crate::ticks::{self, Tick};

/// What the horizontal axis measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HorizontalAxis {
    /// Training steps.
    #[default]
    Step,
    /// Ms since the epoch, on a clock so many minutes ahead of UTC.
    Time { offset_minutes: i32 },
    /// Seconds since the start.
    Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Pixels.
    pub width: u32,
    pub height: u32,
    pub axis: HorizontalAxis,
    /// A logarithmic vertical axis; values that aren't positive become gaps.
    pub log: bool,
    /// What part of the horizontal axis to show; `None`: all that there is.
    pub window: Option<(f64, f64)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 480, height: 220, axis: HorizontalAxis::Step, log: false, window: None }
    }
}

/// A linear map from data to pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    /// The pixel of `low`.
    pub start: f64,
    /// The pixel of `high`.
    pub end: f64,
}

impl Scale {
    pub fn pixel(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    pub fn value(&self, pixel: f64) -> f64 {
        self.low + (pixel - self.start) / (self.end - self.start) * (self.high - self.low)
    }
}

/// A drawing's geometry: a pointer layer above it asks here.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub options: Options,
    pub x: Scale,
    /// Of the values, or of their logarithms (base 10) on a logarithmic axis.
    pub y: Scale,
}

/// At least; more for long labels.
const LEFT: f64 = 52.0;
const LETTER: f64 = 6.3;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;

impl Frame {
    /// The frame that shows all finite values of `series`.
    pub fn new<'a>(series: impl Iterator<Item = &'a [(f64, f64)]>, options: Options) -> Self {
        let (mut x, mut y) = (Range::EMPTY, Range::EMPTY);
        for &(position, value) in series.flatten() {
            x.include(position);
            if let Some(value) = height(value, options.log) {
                y.include(value);
            }
        }
        if let Some((from, to)) = options.window {
            x = Range { low: from, high: to };
        }
        let (left, right) = x.or_default(0.0, 1.0);
        let (low, high) = if options.log { y.or_default(-1.0, 0.0) } else { y.or_default(0.0, 1.0) };
        let air = (high - low) * 0.06;
        let (width, height) = (f64::from(options.width), f64::from(options.height));
        let mut frame = Self {
            options,
            x: Scale { low: left, high: right, start: LEFT, end: (width - RIGHT).max(LEFT + 10.0) },
            y: Scale { low: low - air, high: high + air, start: (height - BOTTOM).max(TOP + 10.0), end: TOP },
        };
        let longest = frame.y_ticks().iter().map(|tick| tick.label.len()).max().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a short text")]
        let label = longest as f64 * LETTER + 8.0;
        frame.x.start = label.clamp(LEFT, (width / 2.0).max(LEFT));
        frame.x.end = frame.x.end.max(frame.x.start + 10.0);
        frame
    }

    /// The vertical pixel of a value; `None` where it can't be drawn.
    pub fn value_pixel(&self, value: f64) -> Option<f64> {
        height(value, self.options.log).map(|value| self.y.pixel(value))
    }

    pub(crate) fn x_ticks(&self) -> Vec<Tick> {
        let count = self.count((self.x.end - self.x.start) / 84.0);
        match self.options.axis {
            HorizontalAxis::Step => ticks::whole(self.x.low, self.x.high, count),
            HorizontalAxis::Time { offset_minutes } => {
                ticks::time(self.x.low, self.x.high, count, offset_minutes)
            }
            HorizontalAxis::Seconds => ticks::duration(self.x.low, self.x.high, count),
        }
    }

    pub(crate) fn y_ticks(&self) -> Vec<Tick> {
        let count = self.count((self.y.start - self.y.end) / 30.0);
        if self.options.log {
            ticks::logarithmic(self.y.low, self.y.high, count)
        } else {
            ticks::linear(self.y.low, self.y.high, count)
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive count")]
    #[expect(clippy::unused_self, reason = "reads as a question to the frame")]
    fn count(&self, room: f64) -> usize {
        room.clamp(2.0, 12.0) as usize
    }
}

/// What is further from zero is drawn there: the range between any two stays finite, with air around it.
const FURTHEST: f64 = 4e307;

/// The value's place on a linear axis or its logarithm; `None` if there is none.
pub(crate) fn height(value: f64, log: bool) -> Option<f64> {
    let value = if log { value.log10() } else { value };
    value.is_finite().then_some(value.clamp(-FURTHEST, FURTHEST))
}

#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    pub const EMPTY: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    pub fn include(&mut self, value: f64) {
        if value.is_finite() {
            self.low = self.low.min(value);
            self.high = self.high.max(value);
        }
    }

    /// A range of some size around what was included.
    pub fn or_default(self, low: f64, high: f64) -> (f64, f64) {
        if self.low > self.high {
            return (low, high);
        }
        // What differs only by how it was rounded is constant.
        if self.high - self.low > 1e-12 * self.high.abs().max(self.low.abs()) {
            return (self.low, self.high);
        }
        let around = if self.low == 0.0 { 0.5 } else { self.low.abs() * 0.1 };
        (self.low - around, self.high + around)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_values_are_each_others_inverse() {
        let frame = Frame::new([[(0.0, 1.0), (100.0, 5.0)].as_slice()].into_iter(), Options::default());
        assert!((frame.x.value(frame.x.pixel(37.0)) - 37.0).abs() < 1e-9);
        assert!(frame.value_pixel(5.0) < frame.value_pixel(1.0));
        assert_eq!(frame.value_pixel(f64::NAN), None);
    }

    #[test]
    fn a_logarithmic_frame_ignores_what_is_not_positive() {
        let options = Options { log: true, ..Options::default() };
        let frame =
            Frame::new([[(0.0, -1.0), (1.0, 0.0), (2.0, 100.0), (3.0, 1.0)].as_slice()].into_iter(), options);
        assert!(frame.y.low > -0.2 && frame.y.high < 2.2);
        assert_eq!(frame.value_pixel(0.0), None);
    }

    #[test]
    fn the_largest_numbers_have_a_place_and_ticks() {
        let points = [(0.0, f64::MAX), (1.0, f64::MIN), (2.0, 0.0)];
        let frame = Frame::new([points.as_slice()].into_iter(), Options::default());
        let places = points.map(|(_, value)| frame.value_pixel(value).expect("a place"));
        assert!(places[0] < places[2] && places[2] < places[1], "{places:?}");
        assert!(!ticks::linear(frame.y.low, frame.y.high, 5).is_empty());
    }

    #[test]
    fn one_point_or_none_still_makes_a_frame() {
        for points in [[(5.0, 2.0)].as_slice(), &[], &[(0.0, f64::NAN)]] {
            let frame = Frame::new([points].into_iter(), Options::default());
            assert!(frame.x.high > frame.x.low && frame.y.high > frame.y.low);
        }
    }
}
