//! The audit log: a page, and an export.

use app::Section;
use app::reviews::{AuditFilter, AuditPage};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::{NaiveDate, NaiveTime};
use domain::Millis;
use domain::limits::Invalid;
use futures::stream;
use http::{StatusCode, header};
use leptos::prelude::view;
use serde::Deserialize;
use store::audit::{self, AuditQuery};
use web::wire::Int64;
use web::{ApiError, Call, SignedIn};

use crate::frame::page;
use crate::state::AppState;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const PAGE: usize = 100;
/// Entries in one piece of an export.
const PIECE: usize = 1000;

pub fn router() -> Router<AppState> {
    Router::new().route("/audit", get(show)).route("/api/v1/audit.jsonl", get(export))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    subject: String,
    /// Days as `2026-11-30`, in UTC; both are within.
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    before: Option<Int64>,
}

impl Search {
    fn query(&self, max_results: usize) -> Result<AuditQuery, ApiError> {
        Ok(AuditQuery {
            actor: self.actor.trim().to_owned(),
            action: self.action.trim().to_owned(),
            subject: self.subject.trim().to_owned(),
            since: day("from", &self.from)?,
            until: day("until", &self.until)?.map(|start| Millis(start.0 + DAY_MS)),
            before_id: self.before.map(|before| before.0),
            max_results,
        })
    }
}

/// When a day begins.
fn day(field: &str, text: &str) -> Result<Option<Millis>, ApiError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = |_| Invalid::new(field, format!("`{text}`; a day is written as 2026-11-30"));
    let day: NaiveDate = text.trim().parse().map_err(wrong)?;
    Ok(Some(Millis(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())))
}

async fn show(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    let entries = audit::search(&db, &call.query(PAGE)?).await?;
    let next = entries.last().filter(|_| entries.len() == PAGE).map(|last| last.id);
    let Search { actor, action, subject, from, until, .. } = call;
    let filter = AuditFilter { actor, action, subject, from, until };
    Ok(page(Some(db.by()), StatusCode::OK, "Audit log", Section::None, || {
        view! { <AuditPage entries filter next/> }
    }))
}

/// Newest first, an entry a line: each can be checked by its hash and the one before.
async fn export(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    let first = call.query(PIECE)?;
    let lines = stream::try_unfold(Some(first), move |query| {
        let db = db.clone();
        async move {
            let Some(query) = query else { return Ok::<_, store::Error>(None) };
            let entries = audit::search(&db, &query).await?;
            let next = entries.last().filter(|_| entries.len() == PIECE).map(|last| last.id);
            let mut text = String::new();
            for entry in &entries {
                text.push_str(&serde_json::to_string(entry).unwrap_or_default());
                text.push('\n');
            }
            let next = next.map(|id| AuditQuery { before_id: Some(id), ..query });
            Ok(Some((Bytes::from(text), next)))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}
