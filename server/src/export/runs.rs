//! `experiments/{id}/runs`: a row for each run, in the columns of `mlflow.search_runs`.

use std::collections::HashMap;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::limits::Invalid;
use domain::runs::RunKeys;
use domain::{Run, ViewType};
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use http::HeaderMap;
use serde::Deserialize;
use store::runs::{self, RunQuery};
use store::{Db, Error, experiments};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Path, SignedIn};

use super::format::{Format, answer};
use super::table::{Cell, Column, Kind, Row};
use crate::state::AppState;

/// Bytes of values that are read at once, about: the next page has as many runs as the last says make that many.
const PAGE_BYTES: usize = 2 << 20;
const FIRST_PAGE: usize = 20;
const LARGEST_PAGE: usize = 1000;
/// What every run has, in the order of `mlflow.search_runs`.
const OWN: [(&str, Kind); 6] = [
    ("run_id", Kind::Text),
    ("experiment_id", Kind::Text),
    ("status", Kind::Text),
    ("artifact_uri", Kind::Text),
    ("start_time", Kind::Time),
    ("end_time", Kind::Time),
];
/// What may be asked for besides.
const ALSO: [(&str, Kind); 3] =
    [("run_name", Kind::Text), ("user_id", Kind::Text), ("lifecycle_stage", Kind::Text)];
const METRICS: &str = "metrics.";
const PARAMS: &str = "params.";
const TAGS: &str = "tags.";

pub fn router() -> Router<AppState> {
    let path = "/api/v1/experiments/{id}/runs";
    Format::ALL.into_iter().fold(Router::new().route(path, get(negotiated)), |router, format| {
        let export = async move |db, id, call| export(format, db, id, call).await;
        router.route(&format!("{path}.{}", format.extension()), get(export))
    })
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    columns: Many<String>,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    order_by: Many<String>,
    #[serde(default)]
    view: String,
}

async fn negotiated(
    headers: HeaderMap,
    db: SignedIn,
    id: Path<One>,
    call: Call<Asked>,
) -> Result<Response, ApiError> {
    export(Format::accepted(&headers)?, db, id, call).await
}

async fn export(
    format: Format,
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    experiments::get(&db, id).await?;
    let columns = columns(&runs::keys(&db, &[id]).await?, &asked.columns.0)?;
    let query = query(id, asked.filter, asked.order_by, &asked.view)?;
    let places: HashMap<String, usize> =
        columns.iter().enumerate().map(|(place, column)| (column.name.clone(), place)).collect();
    let rows = pages(db, query).map_ok(move |runs| runs.into_iter().map(|run| row(run, &places)).collect());
    answer(format, &format!("runs-of-experiment-{id}"), columns, rows).await
}

/// Which runs an address asks for.
pub fn query(
    experiment: i64,
    filter: String,
    order_by: Many<String>,
    view: &str,
) -> Result<RunQuery, Invalid> {
    let view = match view {
        "" | "active" => ViewType::ActiveOnly,
        "deleted" => ViewType::DeletedOnly,
        "all" => ViewType::All,
        other => {
            return Err(Invalid::new("view", format!("`{other}`; there are active, deleted and all")));
        }
    };
    Ok(RunQuery {
        experiment_ids: vec![experiment],
        filter,
        order_by: order_by.0,
        view,
        max_results: FIRST_PAGE,
        without_inputs: true,
        ..RunQuery::default()
    })
}

/// Bytes that a run takes, about.
fn size(run: &Run) -> usize {
    const EACH: usize = 64;
    let pairs = run.params.iter().chain(&run.tags).map(|pair| pair.key.len() + pair.value.len() + EACH);
    let metrics = run.metrics.iter().map(|metric| metric.key.len() + EACH);
    pairs.sum::<usize>() + metrics.sum::<usize>() + 4 * EACH
}

/// The runs that a search finds, a page at a time.
pub fn pages(db: Db, query: RunQuery) -> BoxStream<'static, Result<Vec<Run>, Error>> {
    let pages = stream::try_unfold(Some(query), move |query| {
        let db = db.clone();
        async move {
            let Some(query) = query else { return Ok(None) };
            let found = runs::search(&db, &query).await?;
            let bytes: usize = found.items.iter().map(size).sum();
            let max_results =
                (PAGE_BYTES * found.items.len() / bytes.max(1)).clamp(1, query.max_results.max(10) * 2);
            let next = found.next_page_token.map(|token| RunQuery {
                page_token: Some(token),
                max_results: max_results.min(LARGEST_PAGE),
                ..query
            });
            Ok(Some((found.items, next)))
        }
    });
    pages.boxed()
}

/// Those that are asked for, in that order; else all that the experiment's runs have.
fn columns(keys: &RunKeys, asked: &[String]) -> Result<Vec<Column>, Invalid> {
    let of_keys = |prefix: &'static str, kind: Kind, keys: &[String]| {
        keys.iter().map(|key| Column::new(format!("{prefix}{key}"), kind)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = OWN.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
    all.extend(of_keys(METRICS, Kind::Number, &keys.metrics));
    all.extend(of_keys(PARAMS, Kind::Text, &keys.params));
    all.extend(of_keys(TAGS, Kind::Text, &keys.tags));
    let mut chosen: Vec<Column> = Vec::new();
    for text in asked {
        // A comma parts names, but where it is a part of one.
        let is_one = all.iter().any(|column| column.name == *text);
        let names = if is_one { vec![&**text] } else { text.split(',').map(str::trim).collect() };
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            if !chosen.iter().any(|column| column.name == name) {
                chosen.push(column(name)?);
            }
        }
    }
    Ok(if chosen.is_empty() { all } else { chosen })
}

/// A key that no run has makes an empty column: a script goes on working where nothing was logged yet.
fn column(name: &str) -> Result<Column, Invalid> {
    let own = OWN.iter().chain(&ALSO).find(|(own, _)| *own == name);
    let kind = match own {
        Some((_, kind)) => *kind,
        None if name.starts_with(METRICS) => Kind::Number,
        None if name.starts_with(PARAMS) || name.starts_with(TAGS) => Kind::Text,
        None => {
            let own: Vec<_> = OWN.iter().chain(&ALSO).map(|(name, _)| *name).collect();
            let why = format!(
                "`{name}` is no column; there are {}, and metrics., params. and tags. with a key",
                own.join(", ")
            );
            return Err(Invalid::new("columns", why));
        }
    };
    Ok(Column::new(name, kind))
}

fn row(run: Run, places: &HashMap<String, usize>) -> Row {
    let text = |text: &str| Some(Cell::Text(text.to_owned()));
    let own = [
        ("run_id", text(&run.uuid)),
        ("experiment_id", Some(Cell::Text(run.experiment_id.to_string()))),
        ("status", text(run.status.as_str())),
        ("artifact_uri", text(&run.artifact_uri)),
        ("start_time", run.start().map(Cell::Time)),
        ("end_time", run.ended_at.map(Cell::Time)),
        ("run_name", text(&run.name)),
        ("user_id", text(&run.user)),
        ("lifecycle_stage", text(run.lifecycle.as_str())),
    ];
    let mut row: Row = own.into_iter().filter_map(|(name, cell)| Some((*places.get(name)?, cell?))).collect();
    let place = |prefix: &str, key: &str| places.get(&*format!("{prefix}{key}")).copied();
    let metrics = run.metrics.into_iter();
    row.extend(
        metrics.filter_map(|metric| Some((place(METRICS, &metric.key)?, Cell::Number(metric.value.0)))),
    );
    for (prefix, pairs) in [(PARAMS, run.params), (TAGS, run.tags)] {
        let pairs = pairs.into_iter();
        row.extend(pairs.filter_map(|pair| Some((place(prefix, &pair.key)?, Cell::Text(pair.value)))));
    }
    row.sort_unstable_by_key(|(place, _)| *place);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &[Column]) -> Vec<&str> {
        columns.iter().map(|column| &*column.name).collect()
    }

    #[test]
    fn columns_are_all_or_those_asked_for() {
        let keys = RunKeys {
            params: vec!["lr".into()],
            metrics: vec!["auc".into()],
            tags: vec!["a,b".into(), "team".into()],
        };
        let asked = |asked: &[&str]| {
            let asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
            columns(&keys, &asked)
        };
        assert_eq!(asked(&["", ","]), asked(&[]));
        let all = asked(&[]).expect("all");
        assert_eq!(names(&all)[..2], ["run_id", "experiment_id"]);
        assert_eq!(names(&all)[6..], ["metrics.auc", "params.lr", "tags.a,b", "tags.team"]);
        let some = asked(&["params.lr, run_name,", "tags.a,b", "metrics.later", "params.lr"]).expect("some");
        assert_eq!(names(&some), ["params.lr", "run_name", "tags.a,b", "metrics.later"]);
        assert_eq!(some[3].kind, Kind::Number);
        let refused = asked(&["auc"]).expect_err("isn't a column");
        assert!(refused.field == "columns" && refused.message.contains("`auc`"), "{refused}");
    }
}
