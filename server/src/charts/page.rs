//! `experiments/{id}/explore`: a chart over many runs, and what it is drawn from.

use ::charts::Paint;
use app::{Explore, ExploreChart, ExplorePage, Section};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::{Db, Error, experiments};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Path, SignedIn};

use super::picture::Picture;
use super::space::{Fields, Kind, MOST_AXES, Shown};
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
    log: Many<String>,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    let experiment = experiments::get(&db, id).await?;
    let keys = app::run_keys(&db, id).await.map_err(|why| ApiError::bad_request(why.to_string()))?;
    let explore = explore(id, experiment.name, asked, &keys);
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == explore.kind).unwrap_or(Kind::Scatter);
    let chart = if explore.columns.len() < 2 { None } else { Some(drawn(&db, &explore, kind).await?) };
    let status = if matches!(chart, Some(Err(_))) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(Some(db.by()), status, "Explore runs", Section::Experiments, || {
        view! { <ExplorePage explore chart/> }
    }))
}

/// What is asked for; what isn't is what most would want to see first.
fn explore(id: i64, experiment: String, asked: Asked, keys: &domain::runs::RunKeys) -> Explore {
    let params: Vec<_> = keys.params.iter().map(|key| format!("params.{key}")).collect();
    let is_of_model = |key: &&String| !key.starts_with(domain::runs::SYSTEM_METRIC_PREFIX);
    let metrics: Vec<_> =
        keys.metrics.iter().filter(is_of_model).map(|key| format!("metrics.{key}")).collect();
    let or = |given: String, else_: Option<&String>| {
        if given.is_empty() { else_.cloned().unwrap_or_default() } else { given }
    };
    let y = or(asked.y, metrics.first());
    let x = or(asked.x, params.first().or(metrics.get(1)).or(metrics.first()));
    let axes = match asked.axis.0 {
        axes if !axes.is_empty() => axes,
        _ => params.iter().take(5).chain(metrics.iter().take(2)).cloned().collect(),
    };
    // Nothing said is the first metric, and nothing chosen no colour.
    let color = asked.color.unwrap_or_else(|| metrics.first().cloned().unwrap_or_default());
    Explore {
        experiment_id: id,
        experiment,
        kind: if asked.kind == "parallel" { asked.kind } else { "scatter".into() },
        filter: asked.filter.trim().to_owned(),
        x,
        y,
        axes: axes.into_iter().take(MOST_AXES).collect(),
        color,
        log: asked.log.0,
        columns: params.into_iter().chain(metrics).collect(),
    }
}

async fn drawn(db: &Db, explore: &Explore, kind: Kind) -> Result<Result<ExploreChart, String>, ApiError> {
    let fields = Fields {
        experiment: Some(Int64(explore.experiment_id)),
        filter: explore.filter.clone(),
        x: (kind == Kind::Scatter).then(|| explore.x.clone()),
        y: (kind == Kind::Scatter).then(|| explore.y.clone()),
        axis: Many(if kind == Kind::Parallel { explore.axes.clone() } else { Vec::new() }),
        color: Some(explore.color.clone()),
        log: Many(explore.log.clone()),
        width: Some("1040".into()),
        height: Some("440".into()),
        ..Fields::default()
    };
    let asked = match fields.check(kind) {
        Ok(asked) => asked,
        Err(why) => return Ok(Err(why.message)),
    };
    match Shown::read(db, asked).await {
        Ok(shown) => {
            let runs = shown.runs();
            let Picture { plot, words, legend, .. } = shown.picture();
            let legend = legend.into_iter().map(|key| {
                let number = if let Paint::Series(number) = key.paint { number } else { 0 };
                let (_, opacity) = key.paint.placeholder();
                (format!("series-{}", number % ::charts::COLORS), opacity, key.label)
            });
            Ok(Ok(ExploreChart { plot, words, legend: legend.collect(), runs }))
        }
        Err(why @ (Error::Filter(_) | Error::Invalid(_))) => Ok(Err(why.to_string())),
        Err(why) => Err(why.into()),
    }
}
