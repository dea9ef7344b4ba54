//! The calls that are measured: `MLflow`'s REST interface, as its client speaks it.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::connection::{Call, Connection};

/// When the runs of the benchmark happen, in ms since the epoch.
const EPOCH_MS: i64 = 1_750_000_000_000;

/// How many runs a page of the run table asks for.
pub const PAGE: usize = 100;

/// What the client asks for at a time when it reads a metric's whole history.
const HISTORY_PAGE: usize = 25_000;

/// The most entities that one `log-batch` may hold.
pub const BATCH: usize = 1_000;

/// Keys of a batch: so many curves are written at once.
const BATCH_KEYS: usize = 10;

fn post(path: &str, body: &Value) -> Call {
    Call { method: Method::POST, path: format!("/api/2.0/mlflow/{path}"), json: body.to_string().into() }
}

fn get(path: String) -> Call {
    Call { method: Method::GET, path, json: Bytes::new() }
}

/// Creates an experiment; returns its id.
pub async fn create_experiment(connection: &mut Connection, name: &str) -> Result<String> {
    let answer = connection.call(&post("experiments/create", &json!({ "name": name }))).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    Ok(answer["experiment_id"].as_str().context("no `experiment_id`")?.to_owned())
}

pub fn create_run(experiment_id: &str, name: &str, tags: &Value) -> Call {
    let body = json!({
        "experiment_id": experiment_id,
        "user_id": "bench",
        "run_name": name,
        "start_time": EPOCH_MS,
        "tags": tags,
    });
    post("runs/create", &body)
}

/// The id of the run that [`create_run`] has made.
pub fn run_id(answer: &[u8]) -> Result<String> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(answer["run"]["info"]["run_id"].as_str().context("no `run_id`")?.to_owned())
}

pub fn log_metric(run_id: &str, step: u64) -> Call {
    let body = json!({
        "run_id": run_id,
        "run_uuid": run_id,
        "key": "loss",
        "value": curve(step),
        "timestamp": EPOCH_MS + step.cast_signed(),
        "step": step,
    });
    post("runs/log-metric", &body)
}

/// A batch of [`BATCH`] metrics, the `number`th of its run: ten curves go on by a hundred steps.
pub fn log_metrics(run_id: &str, number: u64) -> Call {
    let steps = (BATCH / BATCH_KEYS) as u64;
    let mut metrics = String::new();
    for step in number * steps..(number + 1) * steps {
        for key in 0..BATCH_KEYS {
            push_metric(&mut metrics, &format!("metric_{key}"), step);
        }
    }
    batch(run_id, &metrics, "")
}

/// A batch of [`BATCH`] points of one curve, the `number`th of its run.
pub fn log_curve(run_id: &str, key: &str, number: u64) -> Call {
    let mut metrics = String::new();
    for step in number * BATCH as u64..(number + 1) * BATCH as u64 {
        push_metric(&mut metrics, key, step);
    }
    batch(run_id, &metrics, "")
}

/// Metrics and params of a run in one batch.
pub fn log_run(run_id: &str, metrics: &[(&str, f64)], params: &[(&str, String)]) -> Call {
    let mut text = String::new();
    for (key, value) in metrics {
        separate(&mut text);
        let _ = write!(text, r#"{{"key":"{key}","value":{value},"timestamp":{EPOCH_MS},"step":0}}"#);
    }
    let mut entries = String::new();
    for (key, value) in params {
        separate(&mut entries);
        let _ = write!(entries, r#"{{"key":"{key}","value":"{value}"}}"#);
    }
    batch(run_id, &text, &entries)
}

// Written as text: building a tree of a thousand metrics would cost the load more than the server's answer.
fn batch(run_id: &str, metrics: &str, params: &str) -> Call {
    let json = format!(r#"{{"run_id":"{run_id}","metrics":[{metrics}],"params":[{params}],"tags":[]}}"#);
    Call { method: Method::POST, path: "/api/2.0/mlflow/runs/log-batch".to_owned(), json: json.into() }
}

fn push_metric(text: &mut String, key: &str, step: u64) {
    separate(text);
    let (value, timestamp) = (curve(step), EPOCH_MS + step.cast_signed());
    let _ = write!(text, r#"{{"key":"{key}","value":{value},"timestamp":{timestamp},"step":{step}}}"#);
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push(',');
    }
}

/// A loss that falls and wobbles.
fn curve(step: u64) -> f64 {
    let step = f64::from(u32::try_from(step).unwrap_or(u32::MAX));
    1.0 / (1.0 + step / 500.0) + 0.01 * (step / 7.0).sin()
}

/// The first page of what matches two conditions, in the order of a metric.
pub fn search(experiment_id: &str) -> Call {
    let body = json!({
        "experiment_ids": [experiment_id],
        "filter": "metrics.accuracy > 0.5 and params.depth = '3'",
        "order_by": ["metrics.loss ASC"],
        "max_results": PAGE,
    });
    post("runs/search", &body)
}

/// The names of the runs that [`search`] has found, in order.
pub fn names(answer: &[u8]) -> Result<Vec<String>> {
    let answer: Value = serde_json::from_slice(answer)?;
    let runs = answer["runs"].as_array().context("no `runs`")?;
    let name = |run: &Value| Some(run["info"]["run_name"].as_str()?.to_owned());
    runs.iter().map(|run| name(run).context("a run without `run_name`")).collect()
}

/// Reads a metric's whole history, page after page as the client does; returns how many points there are.
pub async fn read_history(connection: &mut Connection, run_id: &str, key: &str) -> Result<usize> {
    let mut token = String::new();
    let mut points = 0;
    loop {
        let page = format!(
            "/api/2.0/mlflow/metrics/get-history?run_id={run_id}&run_uuid={run_id}&metric_key={key}&max_results={HISTORY_PAGE}{token}"
        );
        let answer: Value = serde_json::from_slice(&connection.call(&get(page)).await?)?;
        points += answer["metrics"].as_array().context("no `metrics`")?.len();
        match answer["next_page_token"].as_str() {
            Some(next) if !next.is_empty() => token = format!("&page_token={}", percent_encoded(next)),
            _ => return Ok(points),
        }
    }
}

/// The same curve thinned for a chart.
pub fn thinned(run_id: &str, key: &str) -> Call {
    get(format!(
        "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={run_id}&metric_key={key}&max_results=2500"
    ))
}

pub fn artifact_path(experiment_id: &str, run_id: &str) -> String {
    format!("/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts/weights.bin")
}

/// Page tokens are base64, of which `+`, `/` and `=` mean something else in a query.
fn percent_encoded(token: &str) -> String {
    token.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace('&', "%26")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(call: &Call) -> Value {
        serde_json::from_slice(&call.json).expect("JSON")
    }

    #[test]
    fn a_batch_is_as_large_as_the_interface_allows_and_no_point_comes_twice() {
        let points = |number| {
            let batch = body(&log_metrics("r", number));
            let metrics = batch["metrics"].as_array().expect("metrics").clone();
            metrics.iter().map(|one| (one["key"].to_string(), one["step"].to_string())).collect::<Vec<_>>()
        };
        let (first, second) = (points(0), points(1));
        assert_eq!(first.len(), BATCH);
        assert!(first.iter().all(|point| !second.contains(point)));
        assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), BATCH);
    }

    #[test]
    fn a_runs_metrics_and_params_share_a_batch() {
        let batch = body(&log_run("r", &[("loss", 0.5), ("f1", 1.0)], &[("depth", "3".to_owned())]));
        assert_eq!(batch["metrics"][1]["value"], 1.0);
        assert_eq!(batch["params"], json!([{ "key": "depth", "value": "3" }]));
    }

    #[test]
    fn a_page_token_survives_the_query() {
        assert_eq!(percent_encoded("a+b/c=="), "a%2Bb%2Fc%3D%3D");
    }
}
