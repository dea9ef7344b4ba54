//! `scatter` and `parallel`: many runs over the space of their params and metrics.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use ::charts::{COLORS, Dot, Line, Measure, Paint, ValueAxis, parallel, scatter};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::limits::Invalid;
use futures::stream;
use http::HeaderMap;
use serde::Deserialize;
use store::runs::{self, RunColumn, RunQuery, RunTable, RunValue};
use store::{Db, Error, experiments};
use web::wire::{Int64, Many};
use web::{ApiError, Call, SignedIn};

use super::asked::{number, within};
use super::picture::{Key, Picture};
use super::theme::Theme;
use super::{as_png, as_svg};
use crate::export::{Cell, Column, Format, Kind as Is, Row, answer};
use crate::state::AppState;

/// Runs in one chart.
pub const MOST_RUNS: usize = 10_000;
/// Axes beside each other.
pub const MOST_AXES: usize = 20;
/// Names on an axis; a text with more of them is no category.
const MOST_NAMES: usize = 40;
const MOST_TITLE: usize = 500;

pub fn router() -> Router<AppState> {
    Kind::ALL.into_iter().fold(Router::new(), |router, kind| {
        let path = |ending: &str| format!("/api/v1/charts/{}.{ending}", kind.name());
        router
            .route(
                &path("svg"),
                get(async move |SignedIn(db): SignedIn, headers: HeaderMap, Call(fields): Call<Fields>| {
                    let picture = Shown::read(&db, fields.check(kind)?).await?.picture();
                    Ok::<_, ApiError>(as_svg(&headers, &picture))
                }),
            )
            .route(
                &path("png"),
                get(async move |SignedIn(db): SignedIn, headers: HeaderMap, Call(fields): Call<Fields>| {
                    let shown = Shown::read(&db, fields.check(kind)?).await?;
                    let scale = shown.asked.scale;
                    as_png(&headers, shown.picture(), scale).await
                }),
            )
            .route(
                &path("csv"),
                get(async move |SignedIn(db): SignedIn, Call(fields): Call<Fields>| {
                    Shown::read(&db, fields.check(kind)?).await?.csv(kind).await
                }),
            )
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scatter,
    Parallel,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Scatter, Self::Parallel];

    pub fn name(self) -> &'static str {
        match self {
            Self::Scatter => "scatter",
            Self::Parallel => "parallel",
        }
    }
}

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
    experiment: i64,
    filter: String,
    order_by: Vec<String>,
    limit: usize,
    /// Of a scatter plot x and y.
    axes: Vec<RunColumn>,
    color: Option<RunColumn>,
    /// Which of them are logarithmic.
    log: Vec<RunColumn>,
    /// Pixels, of the plot.
    size: (u32, u32),
    scale: f32,
    theme: Theme,
    title: Option<String>,
}

impl Fields {
    /// # Errors
    /// Names the first field that is wrong.
    pub fn check(self, kind: Kind) -> Result<Asked, Invalid> {
        let Some(Int64(experiment)) = self.experiment else {
            return Err(Invalid::new("experiment", "say of which experiment, by its id"));
        };
        let stray = |field: &str, of: Kind| Err(Invalid::new(field, format!("it is for `{}`", of.name())));
        let axes = match kind {
            Kind::Scatter if !self.axis.0.is_empty() => return stray("axis", Kind::Parallel),
            Kind::Scatter => [("x", &self.x), ("y", &self.y)]
                .map(|(field, text)| column(field, text.as_deref().unwrap_or_default()))
                .into_iter()
                .collect::<Result<Vec<_>, _>>()?,
            Kind::Parallel if self.x.is_some() => return stray("x", Kind::Scatter),
            Kind::Parallel if self.y.is_some() => return stray("y", Kind::Scatter),
            Kind::Parallel => {
                let count = self.axis.0.len();
                if !(2..=MOST_AXES).contains(&count) {
                    return Err(Invalid::new("axis", format!("{count} of them; give 2 to {MOST_AXES}")));
                }
                self.axis.0.iter().map(|text| column("axis", text)).collect::<Result<_, _>>()?
            }
        };
        let color = self.color.filter(|text| !text.is_empty());
        if self.title.as_ref().is_some_and(|title| title.chars().count() > MOST_TITLE) {
            return Err(Invalid::new("title", format!("it has at most {MOST_TITLE} characters")));
        }
        let width = within("width", number("width", self.width)?, 160..=4000)?.unwrap_or(720);
        let height = within("height", number("height", self.height)?, 80..=4000)?.unwrap_or(420);
        Ok(Asked {
            kind,
            experiment,
            filter: self.filter,
            order_by: self.order_by.0,
            limit: within("limit", number("limit", self.limit)?, 1..=MOST_RUNS)?.unwrap_or(MOST_RUNS),
            axes,
            color: color.map(|text| column("color", &text)).transpose()?,
            log: self.log.0.iter().map(|text| column("log", text)).collect::<Result<_, _>>()?,
            size: (width, height),
            scale: within("scale", number("scale", self.scale)?, 0.5..=4.0)?.unwrap_or(2.0),
            theme: Theme::parse(self.theme.as_deref())?,
            title: self.title,
        })
    }
}

/// `metrics.KEY` or `params.KEY`.
fn column(field: &str, text: &str) -> Result<RunColumn, Invalid> {
    match text.split_once('.') {
        Some(("metrics", key)) if !key.is_empty() => Ok(RunColumn::Metric(key.to_owned())),
        Some(("params", key)) if !key.is_empty() => Ok(RunColumn::Param(key.to_owned())),
        _ => Err(Invalid::new(field, format!("`{text}`; name a column as `metrics.KEY` or `params.KEY`"))),
    }
}

fn name(column: &RunColumn) -> String {
    match column {
        RunColumn::Metric(key) => format!("metrics.{key}"),
        RunColumn::Param(key) => format!("params.{key}"),
    }
}

fn key(column: &RunColumn) -> &str {
    match column {
        RunColumn::Metric(key) | RunColumn::Param(key) => key,
    }
}

/// What a chart shows.
pub struct Shown {
    pub asked: Asked,
    table: RunTable,
}

impl Shown {
    /// # Errors
    /// As the search, and `NotFound` without the experiment.
    pub async fn read(db: &Db, asked: Asked) -> Result<Self, Error> {
        experiments::get(db, asked.experiment).await?;
        let query = RunQuery {
            experiment_ids: vec![asked.experiment],
            filter: asked.filter.clone(),
            order_by: asked.order_by.clone(),
            max_results: asked.limit,
            ..RunQuery::default()
        };
        let columns: Vec<_> = asked.axes.iter().chain(&asked.color).cloned().collect();
        let table = runs::table(db, &query, &columns).await?;
        Ok(Self { asked, table })
    }

    pub fn runs(&self) -> usize {
        self.table.runs.len()
    }

    pub fn picture(&self) -> Picture {
        let asked = &self.asked;
        let measured: Vec<_> = asked
            .axes
            .iter()
            .zip(&self.table.columns)
            .map(|(column, values)| self.measure(column, values))
            .collect();
        let axes: Vec<_> = measured.iter().map(|(axis, _)| axis.clone()).collect();
        let (paints, legend) = self.paints();
        let value = |axis: usize, run: usize| measured[axis].1[run];
        let mut shown = 0;
        let plot = match asked.kind {
            Kind::Scatter => {
                let dots: Vec<_> = (0..self.runs())
                    .filter_map(|run| Some(Dot { x: value(0, run)?, y: value(1, run)?, paint: paints[run] }))
                    .collect();
                shown += dots.len();
                scatter(&dots, (&axes[0], &axes[1]), asked.size)
            }
            Kind::Parallel => {
                let lines: Vec<_> = (0..self.runs())
                    .map(|run| Line {
                        values: (0..axes.len()).map(|axis| value(axis, run)).collect(),
                        paint: paints[run],
                    })
                    .collect();
                shown += lines.iter().filter(|line| line.values.iter().flatten().count() > 1).count();
                parallel(&lines, &axes, asked.size)
            }
        };
        let ranges = measured.iter().map(|(axis, values)| format!("{}: {}", axis.title, told(axis, values)));
        let ranges: Vec<_> = ranges.collect();
        let title = asked.title.clone().unwrap_or_else(|| match asked.kind {
            Kind::Scatter => format!("{} over {}", key(&asked.axes[1]), key(&asked.axes[0])),
            Kind::Parallel => format!("{} runs", self.runs()),
        });
        Picture {
            title,
            words: format!("{shown} of {} runs; {}", self.runs(), ranges.join("; ")),
            plot,
            size: asked.size,
            legend,
            theme: asked.theme,
        }
    }

    /// A column as numbers on an axis: those of names, if there are few of them and not all are numbers.
    fn measure(&self, column: &RunColumn, values: &[Option<RunValue>]) -> (ValueAxis, Vec<Option<f64>>) {
        let title = key(column).to_owned();
        let measure = if self.asked.log.contains(column) { Measure::Log } else { Measure::Linear };
        if let Some(numbers) = numbers(values) {
            return (ValueAxis { title, measure }, numbers);
        }
        let names = names(values);
        #[expect(clippy::cast_precision_loss, reason = "a few names")]
        let place = |value: &Option<RunValue>| {
            let text = text(value.as_ref()?);
            names.iter().position(|name| *name == text).map(|place| place as f64)
        };
        let places = values.iter().map(place).collect();
        (ValueAxis { title, measure: Measure::Categories(names) }, places)
    }

    /// A colour for each run, and what they mean.
    fn paints(&self) -> (Vec<Paint>, Vec<Key>) {
        let (Some(column), Some(values)) = (&self.asked.color, self.table.columns.get(self.asked.axes.len()))
        else {
            return (vec![Paint::Series(0); self.runs()], Vec::new());
        };
        let few = few_names(values).filter(|_| matches!(column, RunColumn::Param(_)));
        match (numbers(values), few) {
            (Some(numbers), None) => shades(key(column), &numbers),
            (_, names) => by_name(column, values, &names.unwrap_or_else(|| names_or_others(values))),
        }
    }

    async fn csv(self, kind: Kind) -> Result<Response, ApiError> {
        let columns: Vec<_> = self.asked.axes.iter().chain(&self.asked.color).cloned().collect();
        let mut header = vec![Column::new("run_id", Is::Text), Column::new("run_name", Is::Text)];
        let mut places = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let is_new = !columns[..place].contains(column);
            if is_new {
                places.push(place);
                let kind = if matches!(column, RunColumn::Metric(_)) { Is::Number } else { Is::Text };
                header.push(Column::new(name(column), kind));
            }
        }
        let row = |run: usize| -> Row {
            let (uuid, run_name) = self.table.runs[run].clone();
            let own = [(0, Cell::Text(uuid)), (1, Cell::Text(run_name))];
            let values = places.iter().enumerate().filter_map(|(at, place)| {
                let cell = match self.table.columns[*place][run].clone()? {
                    RunValue::Number(number) => Cell::Number(number),
                    RunValue::Text(text) => Cell::Text(text),
                };
                Some((at + 2, cell))
            });
            own.into_iter().chain(values).collect()
        };
        let rows: Vec<Row> = (0..self.runs()).map(row).collect();
        answer(Format::Csv, kind.name(), header, stream::iter([Ok(rows)])).await
    }
}

fn text(value: &RunValue) -> String {
    match value {
        RunValue::Text(text) => text.clone(),
        RunValue::Number(number) => number.to_string(),
    }
}

/// All values as numbers, if all that there are can be read as such.
fn numbers(values: &[Option<RunValue>]) -> Option<Vec<Option<f64>>> {
    let read = |value: &Option<RunValue>| match value {
        None => Some(None),
        Some(RunValue::Number(number)) => Some(Some(*number)),
        Some(RunValue::Text(text)) => text.trim().parse().ok().map(Some),
    };
    values.iter().map(read).collect()
}

/// Distinct values, numbers in their order and before texts.
fn names(values: &[Option<RunValue>]) -> Vec<String> {
    let all: BTreeSet<String> = values.iter().flatten().map(text).collect();
    let mut all: Vec<_> = all.into_iter().collect();
    let number = |name: &String| name.trim().parse::<f64>().ok();
    all.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    });
    all.truncate(MOST_NAMES);
    all
}

/// As [`names`], if there is a colour for each.
fn few_names(values: &[Option<RunValue>]) -> Option<Vec<String>> {
    let names = names(values);
    (names.len() <= COLORS).then_some(names)
}

/// The names that most have, as many as there are colours, less one for the others.
fn names_or_others(values: &[Option<RunValue>]) -> Vec<String> {
    let count = |name: &String| values.iter().flatten().filter(|value| text(value) == *name).count();
    let mut names = names(values);
    names.sort_by_cached_key(|name| std::cmp::Reverse(count(name)));
    names.truncate(COLORS - 1);
    names
}

fn by_name(column: &RunColumn, values: &[Option<RunValue>], names: &[String]) -> (Vec<Paint>, Vec<Key>) {
    let place = |value: &Option<RunValue>| {
        let text = text(value.as_ref()?);
        Some(names.iter().position(|name| *name == text).unwrap_or(names.len()))
    };
    let paint = |value| place(value).map_or(Paint::Shade(0.0), Paint::Series);
    let paints: Vec<_> = values.iter().map(paint).collect();
    let mut legend: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(number, name)| Key { label: format!("{} {name}", key(column)), paint: Paint::Series(number) })
        .collect();
    if paints.contains(&Paint::Series(names.len())) {
        legend.push(Key { label: "others".into(), paint: Paint::Series(names.len()) });
    }
    if paints.contains(&Paint::Shade(0.0)) {
        legend.push(Key { label: format!("without {}", key(column)), paint: Paint::Shade(0.0) });
    }
    (paints, legend)
}

/// The stronger, the higher a value stands among the others: one that is far away doesn't make all others alike.
fn shades(title: &str, values: &[Option<f64>]) -> (Vec<Paint>, Vec<Key>) {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "some thousand runs")]
    let shade =
        |value: f64| sorted.partition_point(|one| *one < value) as f64 / (sorted.len().max(2) - 1) as f64;
    let paint = |value: &Option<f64>| {
        let value = value.filter(|value| value.is_finite());
        value.map_or(Paint::Shade(0.0), |value| Paint::Shade(shade(value)))
    };
    let paints = values.iter().map(paint).collect();
    let legend = match &*sorted {
        [] => Vec::new(),
        [low, .., high] => [(low, 0.0), (high, 1.0)]
            .map(|(value, shade)| Key {
                label: format!("{title} {}", app::number(*value)),
                paint: Paint::Shade(shade),
            })
            .into(),
        [only] => vec![Key { label: format!("{title} {}", app::number(*only)), paint: Paint::Shade(0.0) }],
    };
    (paints, legend)
}

/// An axis' values in words.
fn told(axis: &ValueAxis, values: &[Option<f64>]) -> String {
    let finite = values.iter().flatten().copied().filter(|value| value.is_finite());
    let missing = values.len() - finite.clone().count();
    let range = match &axis.measure {
        Measure::Categories(names) => format!("{} different values", names.len()),
        _ => finite.clone().min_by(f64::total_cmp).zip(finite.max_by(f64::total_cmp)).map_or_else(
            || "no values".to_owned(),
            |(low, high)| format!("from {} to {}", app::number(low), app::number(high)),
        ),
    };
    if missing == 0 { range } else { format!("{range}, {missing} without") }
}
