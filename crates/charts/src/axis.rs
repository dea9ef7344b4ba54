//! Axes of values: numbers, their logarithms, or names.

use plotters::style::{Color as _, RGBAColor};

use crate::canvas;
use crate::frame::{Range, Scale, height};
use crate::ticks::{self, Tick};

/// What an axis measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    Linear,
    /// Values that aren't positive have no place.
    Log,
    /// A value is a number of these, from 0.
    Categories(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueAxis {
    pub title: String,
    pub measure: Measure,
}

/// How something is coloured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paint {
    /// One of the theme's colours, from 0.
    Series(usize),
    /// From 0, the faintest, to 1.
    Shade(f64),
}

const FAINTEST: f64 = 0.22;

impl Paint {
    /// The placeholder of its colour, as SVG writes it, and how opaque it is.
    pub fn placeholder(self) -> (String, f64) {
        let color = self.color(1.0);
        let (red, green, blue) = color.rgb();
        (format!("#{red:02X}{green:02X}{blue:02X}"), color.alpha())
    }

    /// `strength`: how much of it is seen, from 0 to 1.
    pub(crate) fn color(self, strength: f64) -> RGBAColor {
        match self {
            Self::Series(number) => canvas::series(number).mix(strength),
            Self::Shade(shade) => {
                let shade = if shade.is_nan() { 0.0 } else { shade.clamp(0.0, 1.0) };
                let shade = FAINTEST + (1.0 - FAINTEST) * shade;
                canvas::series(0).mix(shade * strength)
            }
        }
    }
}

/// An axis with its place on a drawing.
pub(crate) struct Fitted<'a> {
    axis: &'a ValueAxis,
    pub scale: Scale,
}

/// Room around the values, as a part of their range.
const AIR: f64 = 0.05;

impl ValueAxis {
    /// From the pixel `start` to the pixel `end`, so that all `values` have a place that can have one.
    pub(crate) fn fit(&self, values: impl Iterator<Item = f64>, start: f64, end: f64) -> Fitted<'_> {
        let (low, high) = match &self.measure {
            #[expect(clippy::cast_precision_loss, reason = "so many names no chart has")]
            Measure::Categories(names) => (-0.5, names.len().max(1) as f64 - 0.5),
            measure => {
                let is_log = *measure == Measure::Log;
                let mut range = Range::EMPTY;
                values.filter_map(|value| height(value, is_log)).for_each(|place| range.include(place));
                let (low, high) =
                    if is_log { range.or_default(-1.0, 0.0) } else { range.or_default(0.0, 1.0) };
                let air = (high - low) * AIR;
                (low - air, high + air)
            }
        };
        Fitted { axis: self, scale: Scale { low, high, start, end } }
    }
}

impl Fitted<'_> {
    /// Where a value is; `None`: nowhere.
    pub fn pixel(&self, value: f64) -> Option<f64> {
        height(value, self.axis.measure == Measure::Log).map(|place| self.scale.pixel(place))
    }

    /// About as many as fit, if each takes so many pixels.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    pub fn ticks(&self, each: f64) -> Vec<Tick> {
        let Scale { low, high, start, end } = self.scale;
        let count = ((end - start).abs() / each).clamp(2.0, 12.0) as usize;
        match &self.axis.measure {
            Measure::Linear => ticks::linear(low, high, count),
            Measure::Log => ticks::logarithmic(low, high, count),
            Measure::Categories(names) => {
                // Every second, third, … name, if there is no room for all.
                let every =
                    ((names.len() as f64 * each / 1.5) / (end - start).abs()).ceil().max(1.0) as usize;
                let shown = names.iter().enumerate().step_by(every);
                shown.map(|(place, name)| Tick { at: place as f64, label: cut(name, 16) }).collect()
            }
        }
    }
}

/// At most so many letters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The room that labels take, in pixels.
#[expect(clippy::cast_precision_loss, reason = "a short text")]
pub(crate) fn width_of(ticks: &[Tick]) -> f64 {
    const LETTER: f64 = 6.6;
    ticks.iter().map(|tick| tick.label.chars().count()).max().unwrap_or_default() as f64 * LETTER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(measure: Measure) -> ValueAxis {
        ValueAxis { title: "x".into(), measure }
    }

    #[test]
    fn every_finite_value_has_a_place_between_the_ends() {
        let values = [3.0, -2.0, f64::NAN, 1e9];
        let linear = axis(Measure::Linear);
        let fitted = linear.fit(values.into_iter(), 10.0, 110.0);
        let places: Vec<_> = values.iter().map(|value| fitted.pixel(*value)).collect();
        assert!(places[1] < places[0] && places[0] < places[3] && places[2].is_none(), "{places:?}");
        assert!(places.iter().flatten().all(|place| (10.0..=110.0).contains(place)));
        assert_eq!(axis(Measure::Log).fit(values.into_iter(), 0.0, 1.0).pixel(-2.0), None);
    }

    #[test]
    fn names_stand_apart_and_are_left_out_where_there_is_no_room() {
        let names: Vec<String> = (0..40).map(|number| format!("name {number}")).collect();
        let categories = axis(Measure::Categories(names));
        let fitted = categories.fit(std::iter::empty(), 0.0, 120.0);
        assert_eq!(fitted.pixel(0.0).map(f64::round), Some(2.0));
        assert!(fitted.ticks(20.0).len() < 12);
        assert_eq!(axis(Measure::Categories(Vec::new())).fit(std::iter::empty(), 0.0, 10.0).ticks(5.0), []);
    }
}
