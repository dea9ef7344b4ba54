//! Files on their way to a person: as a download, shown in a page, as a zip.

mod changes;
mod zip;

pub use changes::Files;

use std::ops::Range;

use artifacts::{Artifacts, Content, Place};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::{Db, logged_models, runs};
use web::{ApiError, Call, SignedIn, required};

use crate::state::AppState;

/// An uploaded file is someone's content: it runs no script, loads nothing, and is not of our origin.
const SANDBOX: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";
/// A report may run its own scripts, in an origin of its own, and still reach no one.
const HTML: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; \
    style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'self'";
/// Browsers' own viewers refuse to work in a sandbox; a PDF has no access to the origin that it came from.
const PDF: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

pub fn router() -> Router<AppState> {
    Router::new().route("/files/view", get(view)).route("/files/zip", get(zip::download))
}

/// A file of a run or a logged model.
#[derive(Debug, Deserialize)]
pub struct FileOf {
    run_id: Option<String>,
    run_uuid: Option<String>,
    model_id: Option<String>,
    path: Option<String>,
}

impl FileOf {
    /// The owner's `artifact_uri`, and the path below it.
    pub async fn find(self, db: &Db) -> Result<(String, String), ApiError> {
        let path =
            self.path.clone().filter(|path| !path.is_empty()).ok_or_else(|| ApiError::missing("path"))?;
        Ok((self.owner(db).await?, path))
    }

    /// The owner's `artifact_uri`.
    async fn owner(self, db: &Db) -> Result<String, ApiError> {
        if let Some(id) = self.model_id {
            return Ok(logged_models::get(db, &id).await?.artifact_uri);
        }
        let uuid = required("run_uuid", self.run_uuid.or(self.run_id))?;
        Ok(runs::get(db, &uuid).await?.artifact_uri)
    }
}

/// The file as a download, or the part of it that a `Range` asks for.
pub async fn download(
    artifacts: &Artifacts,
    place: &Place,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let size = artifacts.size(place).await?;
    let content = match range(headers, size) {
        Some(Ok(range)) => artifacts.open_range(place, range).await?,
        Some(Err(())) => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
        None => artifacts.open(place).await?,
    };
    Ok(respond(content, path, &disposition("attachment", path), SANDBOX))
}

/// One range of bytes, if that is asked for; `Err` if it lies outside.
fn range(headers: &HeaderMap, size: u64) -> Option<Result<Range<u64>, ()>> {
    let (from, to) = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (from.parse::<u64>().ok(), to.parse::<u64>().ok()) {
        (Some(from), Some(to)) if from <= to => from..to.saturating_add(1).min(size),
        (Some(from), None) if to.is_empty() => from..size,
        (None, Some(last)) if from.is_empty() => size.saturating_sub(last)..size,
        // Several ranges, or nonsense: the whole file is a right answer, too.
        _ => return None,
    };
    Some(if range.start < range.end { Ok(range) } else { Err(()) })
}

async fn view(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Call(file): Call<FileOf>,
) -> Result<Response, ApiError> {
    let (uri, path) = file.find(&db).await?;
    let content = artifacts.open(&artifacts.place(&uri, &path)?).await?;
    let policy = match mime_guess::from_path(&path).first_or_octet_stream().essence_str() {
        "text/html" | "application/xhtml+xml" => HTML,
        "application/pdf" => PDF,
        _ => SANDBOX,
    };
    Ok(respond(content, &path, &disposition("inline", &path), policy))
}

fn respond(content: Content, path: &str, disposition: &str, policy: &'static str) -> Response {
    let mut kind = mime_guess::from_path(path).first_or_octet_stream().to_string();
    if kind.ends_with("script") {
        // No page of ours may take it for one of our own.
        kind = "text/plain".into();
    }
    if kind.starts_with("text/") {
        kind.push_str("; charset=utf-8");
    }
    let Content { size, range, stream, .. } = content;
    let is_part = range.end - range.start < size;
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, &kind);
    set(header::CONTENT_LENGTH, &(range.end - range.start).to_string());
    set(header::CONTENT_DISPOSITION, disposition);
    set(header::CONTENT_SECURITY_POLICY, policy);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CACHE_CONTROL, "private, no-cache");
    if is_part {
        set(header::CONTENT_RANGE, &format!("bytes {}-{}/{size}", range.start, range.end - 1));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// E.g. `attachment; filename="a.txt"`, with the exact name beside a plain one (RFC 6266).
fn disposition(kind: &str, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let exact = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Option<Result<Range<u64>, ()>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().expect("a value"));
        super::range(&headers, 100)
    }

    #[test]
    fn ranges_lie_within_the_file() {
        assert_eq!(asked("bytes=0-9"), Some(Ok(0..10)));
        assert_eq!(asked("bytes=90-"), Some(Ok(90..100)));
        assert_eq!(asked("bytes=-5"), Some(Ok(95..100)));
        assert_eq!(asked("bytes=50-18446744073709551615"), Some(Ok(50..100)));
        assert_eq!(asked("bytes=100-"), Some(Err(())));
        for whole in ["bytes=9-0", "bytes=a-b", "rows=1-2", "bytes=0-1,5-6"] {
            assert_eq!(asked(whole), None, "{whole}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let header = disposition("attachment", "a/b\"; x=\"\r\nü.txt");
        assert!(HeaderValue::from_str(&header).is_ok());
        assert!(
            header.starts_with("attachment; filename=\"b__ x=____.txt\"; filename*=UTF-8''b%22%3B"),
            "{header}"
        );
    }
}
