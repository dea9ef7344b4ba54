//! `/api/v1/models/{name}/hand-overs`: how long each step took, for scripts and spreadsheets.

use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::limits::Invalid;
use domain::registry::hand_over::{HandOver, Step, slowest};
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};
use store::registry::history;
use web::{ApiError, Call, Path, SignedIn};

use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/models/{name}/hand-overs", get(show))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    format: String,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    let hand_overs = history::hand_overs(&db, &name, now()).await?;
    match asked.format.as_str() {
        "" | "json" => {
            let versions: Vec<_> = hand_overs.iter().map(version).collect();
            let slowest = slowest(&hand_overs);
            Ok(Json(json!({ "model": name, "versions": versions, "slowest": slowest })).into_response())
        }
        "csv" => {
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"hand-overs.csv\""),
            ];
            Ok((headers, csv(&hand_overs)).into_response())
        }
        other => Err(Invalid::new("format", format!("`{other}`; it is json or csv")).into()),
    }
}

fn version(one: &HandOver) -> Value {
    let steps: Vec<_> = one.steps().into_iter().map(|(step, ms)| json!({ "step": step, "ms": ms })).collect();
    json!({
        "version": one.version,
        "run_started_ms": one.run_started_at.map(|at| at.0),
        "registered_ms": one.registered_at.0,
        "staged_ms": one.staged_at.map(|at| at.0),
        "asked_ms": one.asked_at.map(|at| at.0),
        "released_ms": one.released_at.map(|at| at.0),
        "is_waiting": one.is_waiting(),
        "steps": steps,
    })
}

/// A row for each version, a column for each step, in milliseconds; empty where it wasn't taken.
fn csv(hand_overs: &[HandOver]) -> String {
    let mut text = String::from("version");
    for step in Step::ALL {
        // Writing to a string does not fail.
        let _ = write!(text, ",{}_ms", step.as_str());
    }
    text.push('\n');
    for one in hand_overs {
        let _ = write!(text, "{}", one.version);
        let steps = one.steps();
        for wanted in Step::ALL {
            text.push(',');
            if let Some((_, ms)) = steps.iter().find(|(step, _)| *step == wanted) {
                let _ = write!(text, "{ms}");
            }
        }
        text.push('\n');
    }
    text
}
