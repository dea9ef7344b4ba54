//! `/api/v1/charts/curves.svg`, `.png` and `.csv`: a chart at an address of its own, for a report or a message.

mod asked;
mod picture;
mod png;
mod theme;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use ::charts::{HorizontalAxis, Options};
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use domain::limits::Invalid;
use domain::metrics::{Axis, Curve};
use domain::{MetricPoint, Run};
use futures::stream::{self, StreamExt as _};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest as _, Sha256};
use store::metrics;
use store::runs::{self, RunQuery};
use store::{Db, experiments};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use web::{ApiError, Call, SignedIn};

use self::asked::{Asked, Fields, MOST_LINES, Runs};
use self::picture::{Line, Picture};
use crate::export::{Cell, Column, Format, Kind, Row, answer};
use crate::state::AppState;

/// A picture holds no script, and would run none.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

const MOST_PIXELS: f64 = 16e6;
/// A picture takes memory while it is drawn, also for whoever has gone.
static DRAWING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));

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
    let (document, _) = Shown::read(&db, fields.check()?).await?.picture().svg();
    Ok(unless_known(&headers, "image/svg+xml", document.into_bytes()))
}

async fn png(
    SignedIn(db): SignedIn,
    headers: HeaderMap,
    Call(fields): Call<Fields>,
) -> Result<Response, ApiError> {
    let shown = Shown::read(&db, fields.check()?).await?;
    let scale = shown.asked.scale;
    let (document, (width, height)) = shown.picture().pixels();
    let pixels = f64::from(width) * f64::from(height) * f64::from(scale).powi(2);
    if pixels > MOST_PIXELS {
        let why = format!(
            "{width} × {height} at {scale} are {:.0} million pixels; a PNG has at most {:.0} million",
            pixels / 1e6,
            MOST_PIXELS / 1e6
        );
        return Err(Invalid::new("scale", why).into());
    }
    let turn = DRAWING.clone().acquire_owned().await;
    let drawn = spawn_blocking(move || {
        let _turn = turn;
        png::png(&document, scale)
    });
    match drawn.await {
        Ok(Ok(bytes)) => Ok(unless_known(&headers, "image/png", bytes)),
        Ok(Err(why)) => Err(not_drawn(&why)),
        Err(why) => Err(not_drawn(&why)),
    }
}

fn not_drawn(why: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%why, "a chart could not be drawn");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the chart could not be drawn")
}

/// The bytes, unless whoever asks has the same already (RFC 9110, 13.1.2).
fn unless_known(asked: &HeaderMap, kind: &'static str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..16]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = known.is_some_and(|known| {
        known.split(',').any(|one| ["*", &tag].contains(&one.trim().trim_start_matches("W/")))
    });
    let headers = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}

/// Every point, with its average: a curve after the other.
async fn csv(SignedIn(db): SignedIn, Call(fields): Call<Fields>) -> Result<Response, ApiError> {
    let asked = fields.check()?;
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
struct Shown {
    asked: Asked,
    names: HashMap<String, String>,
    curves: Vec<Curve>,
}

impl Shown {
    async fn read(db: &Db, asked: Asked) -> Result<Self, ApiError> {
        let runs = runs_of(db, &asked).await?;
        let ids = runs.iter().map(|run| run.uuid.clone()).collect();
        let query = asked.query(ids, asked.metrics.clone(), asked.width as usize);
        let curves = metrics::curves(db, &query).await?;
        let names = runs.into_iter().map(|run| (run.uuid, run.name)).collect();
        Ok(Self { asked, names, curves })
    }

    fn name(&self, curve: &Curve) -> &str {
        self.names.get(&curve.run_uuid).map(String::as_str).unwrap_or_default()
    }

    fn positions(&self, curve: &Curve) -> Vec<(f64, f64)> {
        let position = |point| self.asked.axis.position(point, curve.first_timestamp);
        curve.points.iter().map(|point| (position(point), point.value.0)).collect()
    }

    fn picture(&self) -> Picture {
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
        Picture {
            title,
            lines: self.curves.iter().map(line).collect(),
            options: self.options(),

            theme: self.asked.theme,
        }
    }

    fn options(&self) -> Options {
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
                max_results: limit.unwrap_or(MOST_LINES + 1),
                without_inputs: true,
                ..RunQuery::default()
            };
            (runs::search(db, &query).await?.items, "experiment")
        }
    };
    asked.check_lines(field, found.len())?;
    Ok(found)
}
