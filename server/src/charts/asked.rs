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
                let limit = within("limit", number("limit", self.limit)?, 1..=MOST_LINES)?;
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
    pub fn query(&self, run_uuids: Vec<String>, keys: Vec<String>, buckets: usize) -> CurveQuery {
        let Self { axis, from, to, smoothing, .. } = *self;
        CurveQuery { run_uuids, keys, axis, from, to, buckets, smoothing }
    }

    /// # Errors
    /// So many runs make more lines than can be told apart.
    pub fn check_lines(&self, field: &str, runs: usize) -> Result<(), Invalid> {
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
        ] {
            let why = check(query).expect_err(query);
            assert!(why.contains(field), "{query}: {why}");
        }
    }
}
