//! `/api/v1/datasets`.

use app::datasets::datasets_list;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::datasets::{DatasetCheck, DatasetEntry, catalog, report_check};
use web::{ApiError, Call, SignedIn};

use super::Reported;
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/datasets", get(list)).route("/api/v1/datasets/checks", post(report))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
}

async fn list(SignedIn(db): SignedIn, Call(asked): Call<Asked>) -> Result<Json<Value>, ApiError> {
    domain::limits::check_short_text("q", &asked.q, 1000)?;
    let found = catalog(&db, &datasets_list(asked.q, &asked.page)).await?;
    let datasets: Vec<_> = found.entries.iter().map(entry).collect();
    Ok(Json(json!({ "datasets": datasets, "total": found.total })))
}

async fn report(
    SignedIn(db): SignedIn,
    Call(reported): Call<Reported>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    report_check(&db, reported.check()?, now()).await?;
    Ok((StatusCode::CREATED, Json(json!({}))))
}

fn entry(entry: &DatasetEntry) -> Value {
    let made = |(model, version): &(String, i64)| json!({ "model": model, "version": version });
    json!({
        "name": entry.name,
        "digest": entry.digest,
        "source_type": entry.source_type,
        "runs": entry.runs,
        "last_used_ms": entry.last_used.map(|at| at.0),
        "models": entry.models.iter().map(made).collect::<Vec<_>>(),
        "check": entry.check.as_ref().map(check),
    })
}

fn check(check: &DatasetCheck) -> Value {
    json!({
        "state": check.state.as_str(),
        "summary": check.summary,
        "link": check.link,
        "reporter": check.reporter,
        "at_ms": check.at.0,
    })
}
