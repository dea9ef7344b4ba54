//! `experiments/{id}/explore`: a chart over many runs, and what it is drawn from.

use ::charts::Paint;
use app::{Explore, ExploreChart, ExplorePage, Section};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::{Db, experiments, views};
use web::wire::{Flag, Int64, Many};
use web::{ApiError, Call, Path, SignedIn};

use super::leading::{Leading, leading};
use super::picture::Key;
use super::space::{self, Fields, Figure, Kind, MOST_AXES, figure};
use super::{CURVES, OnPage, on_page};
use crate::export::{Cell, Row};
use crate::frame::page;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/experiments/{id}/explore", get(show))
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    kind: String,
    filter: String,
    x: String,
    y: String,
    axis: Many<String>,
    color: Option<String>,
    size: String,
    trend: Flag,
    group: String,
    log: Many<String>,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    let experiment = experiments::get(&db, id).await?;
    let keys = app::run_keys(&db, id).await.map_err(|why| ApiError::bad_request(why.to_string()))?;
    let kind = (asked.kind != CURVES).then(|| Kind::parse(&asked.kind).unwrap_or(Kind::Scatter));
    let leading = leading(&db, id, &keys).await?;
    let mut explore = explore(id, experiment.name, kind, asked, &leading);
    let views = views::of_experiment(&db, id, "", false).await?;
    explore.views = views
        .into_iter()
        .filter(|view| view.may_change && view.contents.panels.len() < views::MOST_PANELS)
        .map(|view| (view.id, view.contents.name))
        .collect();
    let chart = if explore.columns.len() < 2 { None } else { Some(drawn(&db, &explore, kind).await?) };
    let status = if matches!(chart, Some(Err(_))) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(Some(db.by()), status, "Explore runs", Section::Experiments, || {
        view! { <ExplorePage explore chart/> }
    }))
}

/// What is asked for; what isn't is what most would want to see first. `kind`: `None` are curves.
fn explore(id: i64, experiment: String, kind: Option<Kind>, asked: Asked, leading: &Leading) -> Explore {
    let params: Vec<_> = leading.params.iter().map(|key| format!("params.{key}")).collect();
    let metrics: Vec<_> = leading.metrics.iter().map(|key| format!("metrics.{key}")).collect();
    let or = |given: String, else_: Option<&String>| {
        if given.is_empty() { else_.cloned().unwrap_or_default() } else { given }
    };
    let is_plane = kind == Some(Kind::HeatMap);
    let first = if kind == Some(Kind::Histogram) { metrics.first() } else { None };
    let x = or(asked.x, first.or(params.first()).or(metrics.get(1)).or(metrics.first()));
    // A heat map is over two params; other charts show a metric.
    let second = if is_plane { params.iter().find(|param| **param != x) } else { None };
    let stepped = leading.curves.first().filter(|_| kind.is_none()).map(|key| format!("metrics.{key}"));
    let takes_metrics = matches!(kind, None | Some(Kind::Bar | Kind::Importance));
    let y = Some(asked.y).filter(|y| !takes_metrics || y.starts_with("metrics.")).unwrap_or_default();
    let y = or(y, second.or(stepped.as_ref()).or(metrics.first()).or(params.get(1)));
    let axes = match asked.axis.0 {
        axes if !axes.is_empty() => axes,
        _ => params.iter().take(5).chain(metrics.iter().take(2)).cloned().collect(),
    };
    // Nothing said is the first metric, and nothing chosen no colour.
    let is_shaded = matches!(kind, Some(Kind::Scatter | Kind::Parallel | Kind::HeatMap));
    let color = asked.color.filter(|color| !(is_plane && color.is_empty()));
    let color = color.unwrap_or_else(|| metrics.first().filter(|_| is_shaded).cloned().unwrap_or_default());
    Explore {
        experiment_id: id,
        experiment,
        kind: kind.map_or(CURVES, Kind::name).into(),
        filter: asked.filter.trim().to_owned(),
        x,
        y,
        axes: axes.into_iter().take(MOST_AXES).collect(),
        color,
        size: asked.size,
        trend: asked.trend.0,
        group: asked.group,
        log: asked.log.0,
        columns: sorted(params).chain(sorted(metrics)).collect(),
        views: Vec::new(),
    }
}

/// As people look for a name.
fn sorted(mut names: Vec<String>) -> impl Iterator<Item = String> {
    names.sort_unstable();
    names.into_iter()
}

/// The chart, or why there is none.
async fn drawn(
    db: &Db,
    explore: &Explore,
    kind: Option<Kind>,
) -> Result<Result<ExploreChart, String>, ApiError> {
    let address = explore.drawing();
    let query = address.split_once('?').unwrap_or_default().1;
    let chart = match kind {
        Some(kind) => runs_drawn(db, query, kind).await,
        None => on_page(db, CURVES, query).await.map(|curves| {
            let OnPage { plot, words, legend, .. } = curves;
            ExploreChart { plot, words, legend, runs: None, numbers: None }
        }),
    };
    match chart {
        Ok(chart) => Ok(Ok(chart)),
        Err(why) if why.status == StatusCode::BAD_REQUEST => Ok(Err(why.message)),
        Err(why) => Err(why),
    }
}

async fn runs_drawn(db: &Db, query: &str, kind: Kind) -> Result<ExploreChart, ApiError> {
    let asked = web::query::parse::<Fields>(query)?.check(kind)?;
    let (_, figure) = figure(db, space::Asked { has_links: true, ..asked }).await?;
    Ok(chart(figure, kind))
}

fn chart(figure: Figure, kind: Kind) -> ExploreChart {
    let Figure { plot, words, legend, runs, header, rows, .. } = figure;
    let is_summary = !matches!(kind, Kind::Scatter | Kind::Parallel);
    let width = header.len();
    let numbers = is_summary.then(|| app::Numbers {
        header: header.into_iter().map(|column| column.name).collect(),
        rows: rows.into_iter().map(|row| told(row, width)).collect(),
    });
    ExploreChart { plot, words, legend: self::legend(legend), runs: Some(runs), numbers }
}

fn told(row: Row, width: usize) -> Vec<String> {
    let mut told = vec![String::new(); width];
    for (place, cell) in row {
        told[place] = match cell {
            Cell::Text(text) => text,
            Cell::Integer(number) => number.to_string(),
            Cell::Number(number) => app::number(number),
            Cell::Time(at) => at.0.to_string(),
        };
    }
    told
}

/// What colours mean, for the style sheet.
pub fn legend(keys: Vec<Key>) -> Vec<(String, f64, String)> {
    let on_page = |key: Key| {
        let number = if let Paint::Series(number) = key.paint { number } else { 0 };
        let (_, opacity) = key.paint.placeholder();
        (format!("series-{}", number % ::charts::COLORS), opacity, key.label)
    };
    keys.into_iter().map(on_page).collect()
}
