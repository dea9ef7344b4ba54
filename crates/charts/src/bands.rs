//! Several curves as one: the middle as a line, and how far they are spread as a band around it.

use plotters::element::Polygon;
use plotters::style::Color as _;

use crate::canvas::{self, at};
use crate::frame::{Frame, Options};
use crate::lines::{Drawing, Series, draw_axes, draw_series};
use crate::window;

/// Where a band is at one position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ribbon {
    pub position: f64,
    pub low: f64,
    pub middle: f64,
    pub high: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band<'a> {
    /// Sorted by position.
    pub ribbons: &'a [Ribbon],
    /// Which of the theme's colours, from 0.
    pub color: usize,
}

/// How much of a band's colour is seen.
const STRENGTH: f64 = 0.18;

/// Draws each band with its line. Where an end isn't finite (or not positive, on a logarithmic axis), there is none.
pub fn metric_bands(bands: &[Band<'_>], options: Options) -> Drawing {
    let edge = |band: &Band<'_>, pick: fn(&Ribbon) -> f64| {
        let points: Vec<_> = band.ribbons.iter().map(|ribbon| (ribbon.position, pick(ribbon))).collect();
        window::inside(&points, options)
    };
    let edges: Vec<[Vec<(f64, f64)>; 3]> = bands
        .iter()
        .map(|band| [edge(band, |at| at.low), edge(band, |at| at.middle), edge(band, |at| at.high)])
        .collect();
    let frame = Frame::new(edges.iter().flatten().map(Vec::as_slice), options);
    let svg = canvas::svg(options.width, options.height, |root| {
        draw_axes(root, &frame)?;
        for (band, [low, _, high]) in bands.iter().zip(&edges) {
            let place = |&(x, y): &(f64, f64)| frame.value_pixel(y).map(|y| at(frame.x.pixel(x), y));
            let around: Vec<_> = low.iter().chain(high.iter().rev()).filter_map(place).collect();
            if around.len() > 2 {
                root.draw(&Polygon::new(around, canvas::series(band.color).mix(STRENGTH)))?;
            }
        }
        let mut middles = bands.iter().zip(&edges);
        middles.try_for_each(|(band, [_, points, _])| {
            draw_series(root, &frame, Series { points, color: band.color, faint: false })
        })
    });
    Drawing { svg, frame }
}
