//! What a chart's address asks for.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use domain::limits::Invalid;
use domain::metrics::Axis;
use serde::Deserialize;
use store::metrics::CurveQuery;
use web::wire::{Flag, Int64, Many};

use super::theme::Theme;

/// Lines in one chart: more can't be told apart.
pub const MOST_LINES: usize = 50;
/// Runs that are drawn together.
const MOST_TOGETHER: usize = 500;
const MOST_TITLE: usize = 500;

/// The fields of the query, as `docs/export.md` lists them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    #[serde(default)]
    run: Many<String>,
    experiment: Option<Int64>,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    order_by: Many<String>,
    limit: Option<String>,
    #[serde(default)]
    metric: Many<String>,
    axis: Option<String>,
    log: Option<Flag>,
    smooth: Option<String>,
    group: Option<String>,
    band: Option<String>,
    from: Option<String>,
    to: Option<String>,
    width: Option<String>,
    height: Option<String>,
    scale: Option<String>,
    theme: Option<String>,
    title: Option<String>,
}

/// The same, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub runs: Runs,
    /// At least one.
    pub metrics: Vec<String>,
    pub axis: Axis,
    pub log: bool,
    /// The weight of the past, 0 ≤ it < 1.
    pub smoothing: f64,
    /// Which runs are drawn as one line; `None`: each by itself.
    pub group: Option<Group>,
    pub band: Spread,
    /// In the axis' unit.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// Pixels, of the plot.
    pub width: u32,
    pub height: u32,
    /// Pixels of a PNG for each of these.
    pub scale: f32,
    pub theme: Theme,
    pub title: Option<String>,
}

/// Runs that are drawn as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    All,
    /// Those with the same value of a param.
    By(String),
}

/// What a band around such a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// From the lowest to the highest.
    Range,
    /// One standard deviation to each side.
    Deviation,
    None,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Runs {
    /// By their ids, in this order.
    Named(Vec<String>),
    /// The first of those that a search finds.
    Found { experiment: i64, filter: String, order_by: Vec<String>, limit: Option<usize> },
}

impl Fields {
    /// # Errors
    /// Names the first field that is wrong.
    pub fn check(self) -> Result<Asked, Invalid> {
        let runs = match (self.run.0, self.experiment) {
            (named, None) if !named.is_empty() => {
                for (field, is_given) in [
                    ("filter", !self.filter.is_empty()),
                    ("order_by", !self.order_by.0.is_empty()),
                    ("limit", self.limit.is_some()),
                ] {
                    if is_given {
                        return Err(Invalid::new(
                            field,
                            "it is for the runs of an `experiment`; these are named",
                        ));
                    }
                }
                Runs::Named(named)
            }
            (named, Some(Int64(experiment))) if named.is_empty() => {
                let most = if self.group.is_some() { MOST_TOGETHER } else { MOST_LINES };
                let limit = within("limit", number("limit", self.limit)?, 1..=most)?;
                Runs::Found { experiment, filter: self.filter, order_by: self.order_by.0, limit }
            }
            (_, Some(_)) => return Err(Invalid::new("run", "name runs or an experiment, not both")),
            (_, None) => {
                return Err(Invalid::new("run", "name at least one run by its id, or an experiment"));
            }
        };
        if self.metric.0.is_empty() {
            return Err(Invalid::new("metric", "name at least one metric"));
        }
        let smoothing = number("smooth", self.smooth)?.unwrap_or(0.0);
        if !(0.0..1.0).contains(&smoothing) {
            return Err(Invalid::new("smooth", format!("{smoothing}; it is at least 0 and below 1")));
        }
        let (from, to) = (number("from", self.from)?, number("to", self.to)?);
        for (field, edge) in [("from", from), ("to", to)] {
            if edge.is_some_and(|edge: f64| !edge.is_finite()) {
                return Err(Invalid::new(field, "it is a finite number on the axis"));
            }
        }
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            return Err(Invalid::new("from", format!("{from} isn't below `to`, {to}")));
        }
        if self.title.as_ref().is_some_and(|title| title.chars().count() > MOST_TITLE) {
            return Err(Invalid::new("title", format!("it has at most {MOST_TITLE} characters")));
        }
        Ok(Asked {
            runs,
            metrics: self.metric.0,
            axis: axis(self.axis.as_deref())?,
            log: self.log.unwrap_or_default().0,
            smoothing,
            group: group(self.group.as_deref())?,
            band: band(self.band.as_deref())?,
            from,
            to,
            width: within("width", number("width", self.width)?, 160..=4000)?.unwrap_or(720),
            height: within("height", number("height", self.height)?, 80..=4000)?.unwrap_or(320),
            scale: within("scale", number("scale", self.scale)?, 0.5..=4.0)?.unwrap_or(2.0),
            theme: Theme::parse(self.theme.as_deref())?,
            title: self.title,
        })
    }
}

impl Asked {
    /// How many runs a search looks for.
    pub fn most_runs(&self) -> usize {
        if self.group.is_some() { MOST_TOGETHER } else { MOST_LINES + 1 }
    }

    pub fn query(&self, run_uuids: Vec<String>, keys: Vec<String>, buckets: usize) -> CurveQuery {
        let Self { axis, from, to, smoothing, .. } = *self;
        CurveQuery { run_uuids, keys, axis, from, to, buckets, smoothing }
    }

    /// # Errors
    /// So many runs make more lines than can be told apart, or are too many to be drawn together.
    pub fn check_lines(&self, field: &str, runs: usize) -> Result<(), Invalid> {
        if self.group.is_some() {
            let why = || format!("{runs} runs; at most {MOST_TOGETHER} are drawn together");
            return if runs <= MOST_TOGETHER { Ok(()) } else { Err(Invalid::new(field, why())) };
        }
        let lines = runs * self.metrics.len();
        if lines <= MOST_LINES {
            return Ok(());
        }
        let why = format!(
            "a chart has at most {MOST_LINES} lines; ask for fewer metrics or runs, by `limit` for the first so many"
        );
        Err(Invalid::new(if runs > 1 { field } else { "metric" }, why))
    }
}

fn group(text: Option<&str>) -> Result<Option<Group>, Invalid> {
    match text.map(|text| (text, text.strip_prefix("params."))) {
        None | Some(("", _)) => Ok(None),
        Some(("all", _)) => Ok(Some(Group::All)),
        Some((_, Some(key))) if !key.is_empty() => Ok(Some(Group::By(key.to_owned()))),
        Some((other, _)) => {
            Err(Invalid::new("group", format!("`{other}`; say `all`, or a param as `params.KEY`")))
        }
    }
}

fn band(text: Option<&str>) -> Result<Spread, Invalid> {
    match text {
        None | Some("" | "range") => Ok(Spread::Range),
        Some("deviation") => Ok(Spread::Deviation),
        Some("none") => Ok(Spread::None),
        Some(other) => Err(Invalid::new("band", format!("`{other}`; there are range, deviation and none"))),
    }
}

fn axis(text: Option<&str>) -> Result<Axis, Invalid> {
    match text {
        None | Some("step") => Ok(Axis::Step),
        Some("time") => Ok(Axis::Time),
        Some("relative") => Ok(Axis::Relative),
        Some(other) => Err(Invalid::new("axis", format!("`{other}`; there are step, time and relative"))),
    }
}

pub(super) fn number<T: FromStr>(field: &str, text: Option<String>) -> Result<Option<T>, Invalid> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Invalid::new(field, format!("`{text}` is no number that it can have")))
}

pub(super) fn within<T: PartialOrd + Display>(
    field: &str,
    value: Option<T>,
    range: RangeInclusive<T>,
) -> Result<Option<T>, Invalid> {
    match value {
        Some(value) if !range.contains(&value) => {
            let why = format!("{value}; it is from {} to {}", range.start(), range.end());
            Err(Invalid::new(field, why))
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str) -> Result<Asked, String> {
        let fields: Fields = web::query::parse(query).map_err(|why| why.message)?;
        fields.check().map_err(|why| format!("{}: {}", why.field, why.message))
    }

    #[test]
    fn a_chart_has_runs_metrics_and_a_look() {
        let asked = check("run=a&run=b&metric=loss&axis=relative&log=true&smooth=0.6&width=400&theme=dark");
        let asked = asked.expect("is right");
        assert_eq!(asked.runs, Runs::Named(vec!["a".into(), "b".into()]));
        assert_eq!((asked.axis, asked.log, asked.width), (Axis::Relative, true, 400));
        let found = check("experiment=7&filter=params.a = '1'&metric=loss&order_by=metrics.loss ASC");
        assert!(matches!(found.expect("is right").runs, Runs::Found { experiment: 7, .. }));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, field) in [
            ("metric=loss", "run"),
            ("run=a&experiment=1&metric=loss", "run"),
            ("run=a", "metric"),
            ("run=a&metric=loss&axis=depth", "axis"),
            ("run=a&metric=loss&smooth=1", "smooth"),
            ("run=a&metric=loss&smooth=NaN", "smooth"),
            ("run=a&metric=loss&from=inf", "from"),
            ("run=a&metric=loss&from=3&to=2", "from"),
            ("run=a&metric=loss&width=1000000", "width"),
            ("run=a&metric=loss&height=x", "height"),
            ("run=a&metric=loss&scale=NaN", "scale"),
            ("run=a&metric=loss&theme=pink", "theme"),
            ("run=a&metric=loss&filter=x", "filter"),
            ("run=a&metric=loss&limit=3", "limit"),
            ("experiment=1&metric=loss&limit=51", "limit"),
            ("run=a&metrics=loss", "metrics"),
            ("run=a&metric=loss&group=lr", "group"),
            ("run=a&metric=loss&group=all&band=wide", "band"),
            ("experiment=1&metric=loss&group=params.lr&limit=501", "limit"),
        ] {
            let why = check(query).expect_err(query);
            assert!(why.contains(field), "{query}: {why}");
        }
    }
}
