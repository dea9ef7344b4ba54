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

use super::picture::Key;
use super::space::{Fields, Figure, Kind, MOST_AXES, figure};
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
    log: Many<String>,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    let experiment = experiments::get(&db, id).await?;
    let keys = app::run_keys(&db, id).await.map_err(|why| ApiError::bad_request(why.to_string()))?;
    let kind = Kind::parse(&asked.kind).unwrap_or(Kind::Scatter);
    let mut explore = explore(id, experiment.name, kind, asked, &keys);
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

/// What is asked for; what isn't is what most would want to see first.
fn explore(id: i64, experiment: String, kind: Kind, asked: Asked, keys: &domain::runs::RunKeys) -> Explore {
    let params: Vec<_> = keys.params.iter().map(|key| format!("params.{key}")).collect();
    let is_of_model = |key: &&String| !key.starts_with(domain::runs::SYSTEM_METRIC_PREFIX);
    let metrics: Vec<_> =
        keys.metrics.iter().filter(is_of_model).map(|key| format!("metrics.{key}")).collect();
    let or = |given: String, else_: Option<&String>| {
        if given.is_empty() { else_.cloned().unwrap_or_default() } else { given }
    };
    let is_plane = kind == Kind::HeatMap;
    let first = if kind == Kind::Histogram { metrics.first() } else { None };
    let x = or(asked.x, first.or(params.first()).or(metrics.get(1)).or(metrics.first()));
    // A heat map is over two params; other charts show a metric.
    let second = if is_plane { params.iter().find(|param| **param != x) } else { None };
    let y = or(asked.y, second.or(metrics.first()).or(params.get(1)));
    let axes = match asked.axis.0 {
        axes if !axes.is_empty() => axes,
        _ => params.iter().take(5).chain(metrics.iter().take(2)).cloned().collect(),
    };
    // Nothing said is the first metric, and nothing chosen no colour.
    let is_shaded = matches!(kind, Kind::Scatter | Kind::Parallel | Kind::HeatMap);
    let color = asked.color.filter(|color| !(is_plane && color.is_empty()));
    let color = color.unwrap_or_else(|| metrics.first().filter(|_| is_shaded).cloned().unwrap_or_default());
    Explore {
        experiment_id: id,
        experiment,
        kind: kind.name().into(),
        filter: asked.filter.trim().to_owned(),
        x,
        y,
        axes: axes.into_iter().take(MOST_AXES).collect(),
        color,
        size: asked.size,
        trend: asked.trend.0,
        log: asked.log.0,
        columns: params.into_iter().chain(metrics).collect(),
        views: Vec::new(),
    }
}

/// The chart, or why there is none.
async fn drawn(db: &Db, explore: &Explore, kind: Kind) -> Result<Result<ExploreChart, String>, ApiError> {
    let address = explore.drawing();
    let fields: Fields = web::query::parse(address.split_once('?').unwrap_or_default().1)?;
    let asked = match fields.check(kind) {
        Ok(asked) => asked,
        Err(why) => return Ok(Err(why.message)),
    };
    match figure(db, asked).await {
        Ok((_, figure)) => Ok(Ok(chart(figure, kind))),
        Err(why) if why.status == StatusCode::BAD_REQUEST => Ok(Err(why.message)),
        Err(why) => Err(why),
    }
}

fn chart(figure: Figure, kind: Kind) -> ExploreChart {
    let Figure { plot, words, legend, runs, header, rows, .. } = figure;
    let is_summary = !matches!(kind, Kind::Scatter | Kind::Parallel);
    let width = header.len();
    let numbers = is_summary.then(|| app::Numbers {
        header: header.into_iter().map(|column| column.name).collect(),
        rows: rows.into_iter().map(|row| told(row, width)).collect(),
    });
    ExploreChart { plot, words, legend: self::legend(legend), runs, numbers }
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
