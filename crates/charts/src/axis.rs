//! Axes of values: numbers, their logarithms, or names.

use plotters::style::{Color as _, RGBAColor};

use crate::canvas;
use crate::frame::{Range, Scale, height};
use crate::ticks::{self, Tick};

/// What an axis measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    Linear,
    /// Linear, and zero is on it: lengths can be compared.
    Amount,
    /// The same of whole numbers.
    Count,
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
    /// As the axes are.
    Axis,
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
            Self::Axis => canvas::AXIS.mix(strength),
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

/// A letter's width, in pixels.
const LETTER: f64 = 6.6;
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
                let has_zero = matches!(measure, Measure::Amount | Measure::Count);
                if has_zero {
                    range.include(0.0);
                }
                let (low, high) =
                    if is_log { range.or_default(-1.0, 0.0) } else { range.or_default(0.0, 1.0) };
                let air = |end: f64| if has_zero && end == 0.0 { 0.0 } else { AIR };
                let size = high - low;
                (low - size * air(low), high + size * air(high))
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

    /// Of a vertical axis: as many as fit, with names of at most so many letters.
    pub fn ticks_up(&self, letters: usize) -> Vec<Tick> {
        self.ticks(30.0, 20.0, |_| letters)
    }

    /// Of a horizontal axis: as many as fit, with labels that don't touch.
    pub fn ticks_across(&self) -> Vec<Tick> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "letters of a label")]
        self.ticks(84.0, 56.0, |room| (room / LETTER - 1.0).clamp(2.0, 28.0) as usize)
    }

    /// About as many as fit, if a number takes so many pixels, a name so many, and a name may have as many letters as
    /// `letters` allows for the pixels that there are.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn ticks(&self, number: f64, name: f64, letters: impl Fn(f64) -> usize) -> Vec<Tick> {
        let Scale { low, high, start, end } = self.scale;
        let room = (end - start).abs();
        let count = (room / number).clamp(2.0, 12.0) as usize;
        match &self.axis.measure {
            Measure::Linear | Measure::Amount => ticks::linear(low, high, count),
            Measure::Count => ticks::whole(low, high, count),
            Measure::Log => ticks::logarithmic(low, high, count),
            Measure::Categories(names) => {
                let each = room / names.len().max(1) as f64;
                // Every second, third, … name, if there is no room for all.
                let every = (name / each).ceil().max(1.0) as usize;
                let most = letters(each * every as f64);
                let shown = names.iter().enumerate().step_by(every);
                shown.map(|(place, name)| Tick { at: place as f64, label: cut(name, most) }).collect()
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
    fn an_amount_starts_at_zero() {
        let amounts = axis(Measure::Amount);
        let above = amounts.fit([2.0, 10.0].into_iter(), 0.0, 100.0);
        assert_eq!(above.pixel(0.0), Some(0.0));
        assert!(above.pixel(10.0).is_some_and(|place| place < 100.0));
        let around = amounts.fit([-1.0, 4.0].into_iter(), 0.0, 100.0);
        assert!(around.pixel(-1.0).is_some_and(|place| place > 0.0));
    }

    #[test]
    fn names_stand_apart_and_are_left_out_where_there_is_no_room() {
        let names: Vec<String> = (0..40).map(|number| format!("name {number}")).collect();
        let categories = axis(Measure::Categories(names));
        let fitted = categories.fit(std::iter::empty(), 0.0, 120.0);
        assert_eq!(fitted.pixel(0.0).map(f64::round), Some(2.0));
        assert!((2..=3).contains(&fitted.ticks_across().len()) && fitted.ticks_up(16).len() <= 6);
        assert_eq!(axis(Measure::Categories(Vec::new())).fit(std::iter::empty(), 0.0, 10.0).ticks_up(16), []);
    }
}
