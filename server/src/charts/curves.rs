//! `curves`: metrics of runs as lines.

use std::collections::{BTreeSet, HashMap};

use ::charts::{HorizontalAxis, Options};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::metrics::{Axis, Curve};
use domain::{MetricPoint, Run};
use futures::stream::{self, StreamExt as _};
use http::HeaderMap;
use store::metrics;
use store::runs::{self, RunQuery};
use store::{Db, experiments};
use web::{ApiError, Call, SignedIn};

use super::asked::{Asked, Fields, Runs};
use super::grouped;
use super::picture::{Line, Picture};
use super::{as_png, as_svg};
use crate::export::{Cell, Column, Format, Kind, Row, answer};
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/charts/curves.svg", get(svg))
        .route("/api/v1/charts/curves.png", get(png))
        .route("/api/v1/charts/curves.csv", get(csv))
}

async fn svg(
    SignedIn(db): SignedIn,
    headers: HeaderMap,
    Call(fields): Call<Fields>,
) -> Result<Response, ApiError> {
    Ok(as_svg(&headers, &Shown::read(&db, fields.check()?).await?.picture()))
}

async fn png(
    SignedIn(db): SignedIn,
    headers: HeaderMap,
    Call(fields): Call<Fields>,
) -> Result<Response, ApiError> {
    let shown = Shown::read(&db, fields.check()?).await?;
    let scale = shown.asked.scale;
    as_png(&headers, shown.picture(), scale).await
}

/// Every point, with its average: a curve after the other.
async fn csv(SignedIn(db): SignedIn, Call(fields): Call<Fields>) -> Result<Response, ApiError> {
    let asked = fields.check()?;
    if asked.group.is_some() {
        return grouped::csv(&Shown::read(&db, asked).await?).await;
    }
    let runs = runs_of(&db, &asked).await?;
    let position = match asked.axis {
        Axis::Step => Column::new("step", Kind::Integer),
        Axis::Time => Column::new("time", Kind::Time),
        Axis::Relative => Column::new("seconds", Kind::Number),
    };
    let columns = vec![
        Column::new("run_id", Kind::Text),
        Column::new("run_name", Kind::Text),
        Column::new("metric", Kind::Text),
        position,
        Column::new("value", Kind::Number),
        Column::new("smoothed", Kind::Number),
    ];
    let metrics = asked.metrics.clone();
    let each: Vec<_> = runs
        .into_iter()
        .flat_map(|run| metrics.iter().map(move |key| (run.clone(), key.clone())).collect::<Vec<_>>())
        .collect();
    let rows = stream::iter(each).then(move |(run, key)| {
        let (db, asked) = (db.clone(), asked.clone());
        async move {
            let curves =
                metrics::curves(&db, &asked.query(vec![run.uuid.clone()], vec![key], usize::MAX)).await?;
            Ok(curves.iter().flat_map(|curve| points(&asked, &run, curve)).collect())
        }
    });
    answer(Format::Csv, "curves", columns, rows).await
}

fn points(asked: &Asked, run: &Run, curve: &Curve) -> Vec<Row> {
    let is_shown = |at: f64| asked.from.is_none_or(|from| from <= at) && asked.to.is_none_or(|to| at <= to);
    let row = |(index, point): (usize, &MetricPoint)| {
        let at = asked.axis.position(point, curve.first_timestamp);
        let position = match asked.axis {
            Axis::Step => Cell::Integer(point.step),
            Axis::Time => Cell::Time(point.timestamp),
            Axis::Relative => Cell::Number(at),
        };
        let cells = [
            Cell::Text(run.uuid.clone()),
            Cell::Text(run.name.clone()),
            Cell::Text(curve.key.clone()),
            position,
            Cell::Number(point.value.0),
            Cell::Number(curve.smoothed.get(index).copied().unwrap_or(point.value.0)),
        ];
        is_shown(at).then(|| cells.into_iter().enumerate().collect())
    };
    curve.points.iter().enumerate().filter_map(row).collect()
}

/// What a chart shows.
pub(super) struct Shown {
    pub asked: Asked,
    pub runs: HashMap<String, Run>,
    pub curves: Vec<Curve>,
}

impl Shown {
    async fn read(db: &Db, asked: Asked) -> Result<Self, ApiError> {
        let runs = runs_of(db, &asked).await?;
        let ids = runs.iter().map(|run| run.uuid.clone()).collect();
        let query = asked.query(ids, asked.metrics.clone(), asked.width as usize);
        let curves = metrics::curves(db, &query).await?;
        let runs = runs.into_iter().map(|run| (run.uuid.clone(), run)).collect();
        Ok(Self { asked, runs, curves })
    }

    fn name(&self, curve: &Curve) -> &str {
        self.runs.get(&curve.run_uuid).map(|run| &*run.name).unwrap_or_default()
    }

    pub fn positions(&self, curve: &Curve) -> Vec<(f64, f64)> {
        let position = |point| self.asked.axis.position(point, curve.first_timestamp);
        curve.points.iter().map(|point| (position(point), point.value.0)).collect()
    }

    fn picture(&self) -> Picture {
        if let Some(group) = &self.asked.group {
            return grouped::picture(self, group);
        }
        let keys: BTreeSet<_> = self.curves.iter().map(|curve| &*curve.key).collect();
        let runs: BTreeSet<_> = self.curves.iter().map(|curve| &*curve.run_uuid).collect();
        // As short as it is clear.
        let label = |curve: &Curve| match (runs.len(), keys.len()) {
            (_, 1) => self.name(curve).to_owned(),
            (1, _) => curve.key.clone(),
            _ => format!("{} · {}", self.name(curve), curve.key),
        };
        let title = match (&self.asked.title, &*self.curves) {
            (Some(title), _) => title.clone(),
            (None, []) => self.asked.metrics.join(", "),
            (None, [first, ..]) if keys.len() == 1 => first.key.clone(),
            (None, [first, ..]) if runs.len() == 1 => self.name(first).to_owned(),
            (None, _) => format!("{} metrics of {} runs", keys.len(), runs.len()),
        };
        let line = |curve: &Curve| Line {
            label: label(curve),
            points: self.positions(curve),
            smoothed: (!curve.smoothed.is_empty()).then(|| {
                let places = self.positions(curve).into_iter().map(|(at, _)| at);
                places.zip(curve.smoothed.iter().copied()).collect()
            }),
        };
        let lines: Vec<_> = self.curves.iter().map(line).collect();
        Picture::of_lines(title, &lines, self.options(), self.asked.theme)
    }

    pub fn options(&self) -> Options {
        let Asked { width, height, log, from, to, axis, .. } = self.asked;
        let places = self.curves.iter().flat_map(|curve| self.positions(curve)).map(|(at, _)| at);
        let (low, high) =
            places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        let (low, high) = (from.unwrap_or(low), to.unwrap_or(high));
        Options {
            width,
            height,
            log,
            axis: match axis {
                Axis::Step => HorizontalAxis::Step,
                Axis::Time => HorizontalAxis::Time { offset_minutes: 0 },
                Axis::Relative => HorizontalAxis::Seconds,
            },
            window: ((from.is_some() || to.is_some()) && low < high).then_some((low, high)),
        }
    }
}

/// The chart of what is asked for.
pub async fn picture(db: &Db, asked: Asked) -> Result<Picture, ApiError> {
    Ok(Shown::read(db, asked).await?.picture())
}

/// The runs that are asked for, in that order.
async fn runs_of(db: &Db, asked: &Asked) -> Result<Vec<Run>, ApiError> {
    let (found, field) = match &asked.runs {
        Runs::Named(ids) => {
            let found = runs::get_many(db, ids).await?;
            if let Some(id) = ids.iter().find(|id| !found.iter().any(|run| run.uuid == **id)) {
                return Err(ApiError::not_found(format!("no run has the id `{id}`")));
            }
            (found, "run")
        }
        Runs::Found { experiment, filter, order_by, limit } => {
            experiments::get(db, *experiment).await?;
            let query = RunQuery {
                experiment_ids: vec![*experiment],
                filter: filter.clone(),
                order_by: order_by.clone(),
                max_results: limit.unwrap_or(asked.most_runs()),
                without_inputs: true,
                ..RunQuery::default()
            };
            (runs::search(db, &query).await?.items, "experiment")
        }
    };
    asked.check_lines(field, found.len())?;
    Ok(found)
}
