//! Charts over many runs: the space of their params and metrics.

mod bars;
mod box_plot;
mod columns;
mod fields;
mod groups;
mod heat_map;
mod histogram;
mod importance;
mod paints;
mod parallel;
mod rows;
mod scatter;

use std::sync::{Arc, LazyLock};

use ::charts::{MOST_TIPS, Tip};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::limits::Invalid;
use futures::stream;
use http::HeaderMap;
use store::runs::{self, RunColumn, RunQuery, RunTable, RunValue};
use store::{Db, experiments};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use web::{ApiError, Call, Path, SignedIn};

use self::columns::key;
pub use self::fields::{Asked, Fields, MOST_AXES};
use super::picture::{Key, Picture};
use super::{as_png, as_svg, not_drawn};
use crate::export::{Column, Format, Row, answer};
use crate::state::AppState;

/// Some charts take seconds of a processor: one is made at a time.
static THINKING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));

pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/charts/{file}", get(show))
}

/// `GET api/v1/charts/{kind}.svg`, `.png` or `.csv`: 404 for another kind or ending.
async fn show(
    SignedIn(db): SignedIn,
    Path(file): Path<String>,
    headers: HeaderMap,
    Call(fields): Call<Fields>,
) -> Result<Response, ApiError> {
    let named = file.split_once('.').and_then(|(kind, ending)| Some((Kind::parse(kind)?, ending)));
    let (kind, ending) =
        named.filter(|(_, ending)| ["svg", "png", "csv"].contains(ending)).ok_or_else(|| {
            let kinds = Kind::ALL.map(Kind::name).join(", ");
            ApiError::not_found(format!(
                "`{file}` is no chart; there are curves, {kinds}, each as .svg, .png and .csv"
            ))
        })?;
    let (asked, figure) = figure(&db, fields.check(kind)?).await?;
    match ending {
        "csv" => figure.csv(kind).await,
        "png" => as_png(&headers, figure.picture(&asked), asked.scale).await,
        _ => Ok(as_svg(&headers, &figure.picture(&asked))),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scatter,
    Parallel,
    Histogram,
    Box,
    HeatMap,
    Bar,
    Importance,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Scatter,
        Self::Parallel,
        Self::Histogram,
        Self::Box,
        Self::HeatMap,
        Self::Bar,
        Self::Importance,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Scatter => "scatter",
            Self::Parallel => "parallel",
            Self::Histogram => "histogram",
            Self::Box => "box",
            Self::HeatMap => "heatmap",
            Self::Bar => "bar",
            Self::Importance => "importance",
        }
    }
}

/// What a chart is drawn from.
struct Shown {
    asked: Asked,
    table: RunTable,
}

/// A chart, drawn.
pub struct Figure {
    pub title: String,
    /// One `<svg>` element.
    pub plot: String,
    /// What it shows, for who can't see it.
    pub words: String,
    pub legend: Vec<Key>,
    pub runs: usize,
    /// What is drawn, as numbers.
    pub header: Vec<Column>,
    pub rows: Vec<Row>,
}

/// What a kind of chart makes of what is shown.
struct Drawn {
    title: String,
    plot: String,
    words: String,
    legend: Vec<Key>,
    header: Vec<Column>,
    rows: Vec<Row>,
}

/// # Errors
/// As the search; `NotFound` without the experiment; `Invalid` if there is too little to draw.
pub async fn figure(db: &Db, asked: Asked) -> Result<(Asked, Figure), ApiError> {
    let shown = Shown::read(db, asked).await?;
    let is_slow = shown.asked.kind == Kind::Importance;
    let turn = if is_slow { Some(THINKING.clone().acquire_owned().await) } else { None };
    let drawn = spawn_blocking(move || {
        let _turn = turn;
        let drawn = shown.draw()?;
        let Drawn { title, plot, words, legend, header, rows } = drawn;
        let title = shown.asked.title.clone().unwrap_or(title);
        let runs = shown.runs();
        Ok::<_, Invalid>((shown.asked, Figure { title, plot, words, legend, runs, header, rows }))
    });
    Ok(drawn.await.map_err(|why| not_drawn(&why))??)
}

/// The same as a picture, on a page: it leads to the runs.
///
/// # Errors
/// As [`figure`].
pub async fn picture(db: &Db, asked: Asked) -> Result<Picture, ApiError> {
    let (asked, figure) = figure(db, Asked { has_links: true, ..asked }).await?;
    Ok(figure.picture(&asked))
}

impl Figure {
    fn picture(self, asked: &Asked) -> Picture {
        let Self { title, plot, words, legend, .. } = self;
        Picture { title, words, plot, size: asked.pixels, legend, theme: asked.theme }
    }

    async fn csv(self, kind: Kind) -> Result<Response, ApiError> {
        answer(Format::Csv, kind.name(), self.header, stream::iter([Ok(self.rows)])).await
    }
}

impl Shown {
    async fn read(db: &Db, mut asked: Asked) -> Result<Self, ApiError> {
        experiments::get(db, asked.experiment).await?;
        if asked.kind == Kind::Importance && asked.axes.len() == 1 {
            let keys = runs::keys(db, &[asked.experiment]).await?;
            asked.axes.extend(keys.params.into_iter().take(importance::MOST_PARAMS).map(RunColumn::Param));
        }
        let query = RunQuery {
            experiment_ids: vec![asked.experiment],
            filter: asked.filter.clone(),
            order_by: asked.order_by.clone(),
            max_results: asked.limit,
            ..RunQuery::default()
        };
        let columns: Vec<_> = asked.axes.iter().chain(&asked.color).chain(&asked.size).cloned().collect();
        let table = runs::table(db, &query, &columns).await?;
        Ok(Self { asked, table })
    }

    fn runs(&self) -> usize {
        self.table.runs.len()
    }

    fn draw(&self) -> Result<Drawn, Invalid> {
        match self.asked.kind {
            Kind::Scatter => Ok(scatter::draw(self)),
            Kind::Parallel => Ok(parallel::draw(self)),
            Kind::Histogram => Ok(histogram::draw(self)),
            Kind::Box => Ok(box_plot::draw(self)),
            Kind::HeatMap => Ok(heat_map::draw(self)),
            Kind::Bar => Ok(bars::draw(self)),
            Kind::Importance => importance::draw(self),
        }
    }

    /// The values of one of the axes.
    fn axis(&self, place: usize) -> (&RunColumn, &[Option<RunValue>]) {
        (&self.asked.axes[place], &self.table.columns[place])
    }

    fn color(&self) -> Option<(&RunColumn, &[Option<RunValue>])> {
        let values = self.table.columns.get(self.asked.axes.len())?;
        Some((self.asked.color.as_ref()?, values))
    }

    fn size(&self) -> Option<(&RunColumn, &[Option<RunValue>])> {
        Some((self.asked.size.as_ref()?, self.table.columns.last()?))
    }

    fn is_log(&self, column: &RunColumn) -> bool {
        self.asked.log.contains(column)
    }

    /// A run in words, and where it is: its name, and what is drawn of it. `None`: there are too many for that.
    fn tip(&self, run: usize) -> Option<Tip> {
        if self.runs() > MOST_TIPS {
            return None;
        }
        let (uuid, name) = &self.table.runs[run];
        let asked = &self.asked;
        let columns: Vec<_> = asked.axes.iter().chain(&asked.color).chain(&asked.size).collect();
        let mut text = name.clone();
        for (place, column) in columns.iter().enumerate() {
            if let Some(value) = &self.table.columns[place][run]
                && !columns[..place].contains(column)
            {
                let value = match value {
                    RunValue::Number(number) => app::number(*number),
                    RunValue::Text(text) => text.clone(),
                };
                text = format!("{text}\n{}: {value}", key(column));
            }
        }
        let href = asked.has_links.then(|| format!("/experiments/{}/runs/{uuid}", asked.experiment));
        Some(Tip { text, href })
    }

    /// `3 of 5 runs; ` and what else is to be said.
    fn words(&self, shown: usize, more: &[String]) -> String {
        format!("{shown} of {} runs; {}", self.runs(), more.join("; "))
    }

    /// `auc by depth`.
    fn title(&self, upper: usize, word: &str, lower: usize) -> String {
        format!("{} {word} {}", key(&self.asked.axes[upper]), key(&self.asked.axes[lower]))
    }
}
