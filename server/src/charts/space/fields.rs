//! What the address of a chart over runs asks for.

use std::ops::RangeInclusive;

use domain::limits::Invalid;
use serde::Deserialize;
use store::runs::RunColumn;
use web::wire::{Flag, Int64, Many};

use super::Kind;
use super::columns::column;
use super::{bars, importance};
use crate::charts::asked::{number, within};
use crate::charts::theme::Theme;

/// Runs in one chart.
const MOST_RUNS: usize = 10_000;
/// Axes beside each other.
pub const MOST_AXES: usize = 20;
const MOST_TITLE: usize = 500;

/// The fields of the query, as `docs/export.md` lists them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    pub experiment: Option<Int64>,
    pub filter: String,
    pub order_by: Many<String>,
    pub limit: Option<String>,
    pub x: Option<String>,
    pub y: Option<String>,
    pub axis: Many<String>,
    pub color: Option<String>,
    pub size: Option<String>,
    pub trend: Option<Flag>,
    pub log: Many<String>,
    pub width: Option<String>,
    pub height: Option<String>,
    pub scale: Option<String>,
    pub theme: Option<String>,
    pub title: Option<String>,
}

/// The same, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub kind: Kind,
    pub experiment: i64,
    pub filter: String,
    pub order_by: Vec<String>,
    pub limit: usize,
    /// In the order of the kind's fields: x, y, and then those of `axis`.
    pub axes: Vec<RunColumn>,
    pub color: Option<RunColumn>,
    pub size: Option<RunColumn>,
    pub trend: bool,
    /// Which of them are logarithmic.
    pub log: Vec<RunColumn>,
    /// Of the plot: across and down.
    pub pixels: (u32, u32),
    /// Pixels of a PNG for each of these.
    pub scale: f32,
    pub theme: Theme,
    pub title: Option<String>,
    /// Whether what is drawn of a run leads to it.
    pub has_links: bool,
}

impl Kind {
    /// The fields that say what is drawn.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Scatter => &["x", "y", "color", "size", "trend", "log"],
            Self::Parallel => &["axis", "color", "log"],
            Self::Histogram => &["x", "color", "log"],
            Self::Box => &["x", "y", "log"],
            Self::HeatMap => &["x", "y", "color", "log"],
            Self::Bar => &["y", "color"],
            Self::Importance => &["y", "axis", "log"],
        }
    }

    /// How many of `axis`.
    fn axes(self) -> RangeInclusive<usize> {
        match self {
            Self::Parallel => 2..=MOST_AXES,
            Self::Importance => 0..=importance::MOST_PARAMS,
            _ => 0..=0,
        }
    }

    fn most_runs(self) -> usize {
        match self {
            Self::Bar => bars::MOST,
            Self::Importance => stats::MOST_RUNS,
            _ => MOST_RUNS,
        }
    }
}

impl Fields {
    /// # Errors
    /// Names the first field that is wrong.
    pub fn check(self, kind: Kind) -> Result<Asked, Invalid> {
        let Some(Int64(experiment)) = self.experiment else {
            return Err(Invalid::new("experiment", "say of which experiment, by its id"));
        };
        let takes = |field: &str| kind.takes().contains(&field);
        let is_some = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        for (field, is_given) in [
            ("x", self.x.is_some()),
            ("y", self.y.is_some()),
            ("axis", !self.axis.0.is_empty()),
            ("color", is_some(&self.color)),
            ("size", is_some(&self.size)),
            ("trend", self.trend.is_some()),
            ("log", !self.log.0.is_empty()),
        ] {
            if is_given && !takes(field) {
                return Err(Invalid::new(field, format!("it isn't for `{}`", kind.name())));
            }
        }
        let mut axes = Vec::new();
        for (field, text) in [("x", self.x), ("y", self.y)] {
            if takes(field) {
                axes.push(column(field, &text.unwrap_or_default())?);
            }
        }
        let (count, range) = (self.axis.0.len(), kind.axes());
        if !range.contains(&count) {
            let why = format!("{count} of them; give {} to {}", range.start(), range.end());
            return Err(Invalid::new("axis", why));
        }
        for text in &self.axis.0 {
            axes.push(column("axis", text)?);
        }
        let optional = |field: &str, text: Option<String>| {
            text.filter(|text| !text.is_empty()).map(|text| column(field, &text)).transpose()
        };
        let color = optional("color", self.color)?;
        if kind == Kind::HeatMap && color.is_none() {
            return Err(Invalid::new("color", "say of which column the means are"));
        }
        if self.title.as_ref().is_some_and(|title| title.chars().count() > MOST_TITLE) {
            return Err(Invalid::new("title", format!("it has at most {MOST_TITLE} characters")));
        }
        let width = within("width", number("width", self.width)?, 160..=4000)?.unwrap_or(720);
        let height = within("height", number("height", self.height)?, 80..=4000)?.unwrap_or(420);
        let most_runs = kind.most_runs();
        Ok(Asked {
            kind,
            experiment,
            filter: self.filter,
            order_by: self.order_by.0,
            limit: within("limit", number("limit", self.limit)?, 1..=most_runs)?.unwrap_or(most_runs),
            axes,
            color,
            size: optional("size", self.size)?,
            trend: self.trend.unwrap_or_default().0,
            log: self.log.0.iter().map(|text| column("log", text)).collect::<Result<_, _>>()?,
            pixels: (width, height),
            scale: within("scale", number("scale", self.scale)?, 0.5..=4.0)?.unwrap_or(2.0),
            theme: Theme::parse(self.theme.as_deref())?,
            title: self.title,
            has_links: false,
        })
    }
}
