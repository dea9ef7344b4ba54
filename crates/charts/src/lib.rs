//! Charts: data in, SVG text out. The same code draws on the server and in the browser.
//!
//! Colours are placeholders (`#010000` is the first series) that the stylesheet maps to the theme's
//! own, so one drawing serves light and dark.

mod axis;
mod bands;
pub mod calendar;
mod canvas;
mod frame;
mod lines;
mod nearest;
mod parallel;
mod plane;
mod summary;
mod ticks;
mod tips;
mod window;

pub use axis::{Measure, Paint, ValueAxis};
pub use bands::{Band, Ribbon, metric_bands};
pub use frame::{Frame, HorizontalAxis, Options, Scale};
pub use lines::{Drawing, Series, metric_lines};
pub use nearest::nearest;
pub use parallel::{Line, parallel};
pub use plane::{Mark, plane};
pub use summary::summary;
pub use ticks::{duration_label, number_label};
pub use tips::{MOST_TIPS, Tip, escaped};

/// How many colours the stylesheet has for series; the next one starts over.
pub const COLORS: usize = 10;
