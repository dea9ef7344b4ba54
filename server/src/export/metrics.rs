//! `runs/{id}/metrics` and `experiments/{id}/metrics`: a row for each point of each curve.

use std::collections::{BTreeSet, VecDeque};

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::Run;
use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use http::HeaderMap;
use serde::Deserialize;
use store::metrics::{self, HistoryQuery};
use store::runs;
use store::{Db, Error, experiments};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Path, SignedIn};

use super::format::{Format, answer};
use super::runs::{pages, query};
use super::table::{Cell, Column, Kind, Row};
use crate::state::AppState;

/// Points that are read at once.
const PAGE: usize = 10_000;

pub fn router() -> Router<AppState> {
    let (of_run, of_experiment) = ("/api/v1/runs/{id}/metrics", "/api/v1/experiments/{id}/metrics");
    let negotiated = Router::new()
        .route(
            of_run,
            get(async move |headers: HeaderMap, db, id, call| {
                export_run(Format::accepted(&headers)?, db, id, call).await
            }),
        )
        .route(
            of_experiment,
            get(async move |headers: HeaderMap, db, id, call| {
                export_experiment(Format::accepted(&headers)?, db, id, call).await
            }),
        );
    Format::ALL.into_iter().fold(negotiated, |router, format| {
        let extension = format.extension();
        router
            .route(
                &format!("{of_run}.{extension}"),
                get(async move |db, id, call| export_run(format, db, id, call).await),
            )
            .route(
                &format!("{of_experiment}.{extension}"),
                get(async move |db, id, call| export_experiment(format, db, id, call).await),
            )
    })
}

#[derive(Deserialize)]
struct OneRun {
    id: String,
}

#[derive(Deserialize)]
struct OneExperiment {
    id: Int64,
}

/// `metric`: of which; all, if it names none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRun {
    #[serde(default)]
    metric: Many<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfExperiment {
    #[serde(default)]
    metric: Many<String>,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    order_by: Many<String>,
    #[serde(default)]
    view: String,
}

async fn export_run(
    format: Format,
    SignedIn(db): SignedIn,
    Path(OneRun { id }): Path<OneRun>,
    Call(asked): Call<OfRun>,
) -> Result<Response, ApiError> {
    let run = runs::get(&db, &id).await?;
    let name = format!("metrics-of-run-{}", run.uuid);
    let runs = stream::once(async { Ok(vec![run]) }).boxed();
    answer(format, &name, columns(), points(db, runs, asked.metric)).await
}

async fn export_experiment(
    format: Format,
    SignedIn(db): SignedIn,
    Path(OneExperiment { id: Int64(id) }): Path<OneExperiment>,
    Call(asked): Call<OfExperiment>,
) -> Result<Response, ApiError> {
    experiments::get(&db, id).await?;
    let query = query(id, asked.filter, asked.order_by, &asked.view)?;
    let runs = pages(db.clone(), query);
    let name = format!("metrics-of-experiment-{id}");
    answer(format, &name, columns(), points(db, runs, asked.metric)).await
}

fn columns() -> Vec<Column> {
    let columns = [
        ("run_id", Kind::Text),
        ("metric", Kind::Text),
        ("step", Kind::Integer),
        ("timestamp", Kind::Time),
        ("value", Kind::Number),
    ];
    columns.map(|(name, kind)| Column::new(name, kind)).into()
}

/// What is still to be read.
struct Left {
    db: Db,
    runs: BoxStream<'static, Result<Vec<Run>, Error>>,
    keys: BTreeSet<String>,
    /// Curves of the runs that are known: the first is being read.
    curves: VecDeque<HistoryQuery>,
}

fn points(
    db: Db,
    runs: BoxStream<'static, Result<Vec<Run>, Error>>,
    keys: Many<String>,
) -> impl Stream<Item = Result<Vec<Row>, Error>> + Send {
    let keys = keys.0.into_iter().collect();
    let left = Left { db, runs, keys, curves: VecDeque::new() };
    stream::try_unfold(left, |mut left| async move {
        let page = left.next().await?;
        Ok(page.map(|rows| (rows, left)))
    })
}

impl Left {
    /// Short curves come many together, of a long one a piece.
    async fn next(&mut self) -> Result<Option<Vec<Row>>, Error> {
        let mut rows = Vec::new();
        while rows.len() < PAGE {
            let Some(mut curve) = self.curves.pop_front() else {
                match self.runs.next().await.transpose()? {
                    Some(runs) => self.curves = self.curves_of(&runs),
                    None => break,
                }
                continue;
            };
            let page = metrics::history(&self.db, &curve).await?;
            rows.extend(page.items.into_iter().map(|point| {
                let cells = [
                    Cell::Text(curve.run_uuid.clone()),
                    Cell::Text(curve.key.clone()),
                    Cell::Integer(point.step),
                    Cell::Time(point.timestamp),
                    Cell::Number(point.value.0),
                ];
                cells.into_iter().enumerate().collect()
            }));
            if page.next_page_token.is_some() {
                curve.page_token = page.next_page_token;
                self.curves.push_front(curve);
            }
        }
        Ok((!rows.is_empty()).then_some(rows))
    }

    fn curves_of(&self, runs: &[Run]) -> VecDeque<HistoryQuery> {
        let is_asked = |key: &String| self.keys.is_empty() || self.keys.contains(key);
        let of_run = |run: &Run| {
            let keys: Vec<_> = run.metrics.iter().map(|metric| metric.key.clone()).filter(is_asked).collect();
            let run_uuid = run.uuid.clone();
            keys.into_iter().map(move |key| HistoryQuery {
                run_uuid: run_uuid.clone(),
                key,
                max_results: Some(PAGE),
                page_token: None,
            })
        };
        runs.iter().flat_map(of_run).collect()
    }
}
