//! The frame of the pages that are HTML and nothing else: who looks, what a browser may do with them, and what stands in
//! it when something is wrong.

use app::plain::{Frame, ProblemPage, document};
use app::{Section, visitor_of};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use domain::accounts::Caller;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::prelude::{IntoView, view};
use std::sync::Arc;
use web::ApiError;
use web::entry::is_called_by_programs;

use crate::clock::now;
use crate::pages::{policy, tell_browser};

/// A page for whoever asks. Nobody keeps a copy: it may be another one a moment later, and another one for somebody
/// else.
pub fn page<V: IntoView>(
    by: Option<&Caller>,
    status: StatusCode,
    title: &str,
    section: Section,
    content: impl FnOnce() -> V,
) -> Response {
    let visitor = by.map(visitor_of).unwrap_or_default();
    let frame = Frame { title: title.to_owned(), section, visitor, now: now() };
    let mut response = (status, Html(document(frame, content))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Shows a person an error as a page, and tells the browser what pages may do.
pub async fn for_people(request: Request, next: Next) -> Response {
    let reader = is_read_by_a_person(&request).then(|| {
        let caller: Option<Arc<Caller>> = request.extensions().get().cloned();
        (caller, request.uri().path().to_owned())
    });
    let mut response = next.run(request).await;
    if let Some((caller, path)) = reader
        && let Some(error) = response.extensions().get::<ApiError>().cloned()
    {
        response = problem(caller.as_deref(), &path, error);
    }
    if is_page(response.headers()) {
        tell_browser(response.headers_mut(), || policy(None));
    }
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// Whether the answer fills a browser's window: neither a program asks, nor a script, nor a frame within a page.
fn is_read_by_a_person(request: &Request) -> bool {
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let path = request.uri().path();
    header("accept").is_some_and(|accepts| accepts.contains("text/html"))
        && header("sec-fetch-dest").is_none_or(|destination| destination == "document")
        && !is_called_by_programs(path)
        && !path.starts_with("/ui/")
}

fn problem(by: Option<&Caller>, path: &str, error: ApiError) -> Response {
    let ApiError { status, message, .. } = error;
    let title = match status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::FORBIDDEN => "You may not do that",
        StatusCode::UNAUTHORIZED => "You aren’t signed in",
        status if status.is_client_error() => "That isn’t possible",
        _ => "Something went wrong",
    };
    let (section, way_out) = way_out(path, status);
    page(by, status, title, section, || {
        view! { <ProblemPage title=title.to_owned() why=message way_out/> }
    })
}

/// Where to go on from what went wrong at a path: to the thing that it was about, if that is there, else to all of its
/// kind.
fn way_out(path: &str, status: StatusCode) -> (Section, (String, &'static str)) {
    let most = if status == StatusCode::NOT_FOUND { 1 } else { usize::MAX };
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).take(most).collect();
    match *parts.as_slice() {
        ["models", name, _, ..] => (Section::Models, (format!("/models/{name}"), "To the model")),
        ["models", ..] => (Section::Models, ("/models".into(), "All models")),
        ["reviews", id, _, ..] => (Section::Reviews, (format!("/reviews/{id}"), "To the review")),
        ["reviews" | "policy" | "audit", ..] => (Section::Reviews, ("/reviews".into(), "All reviews")),
        ["webhooks", ..] => (Section::None, ("/webhooks".into(), "All webhooks")),
        ["experiments", id, _, ..] => {
            (Section::Experiments, (format!("/experiments/{id}"), "To the experiment"))
        }
        _ => (Section::None, ("/".into(), "To the first page")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, headers: &[(&str, &str)]) -> bool {
        let request =
            headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        is_read_by_a_person(&request.body(axum::body::Body::empty()).expect("a request"))
    }

    #[test]
    fn programs_scripts_and_frames_read_errors_as_they_are() {
        let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        assert!(asked("/reviews/9", &[html]) && asked("/reviews/9", &[html, ("sec-fetch-dest", "document")]));
        assert!(!asked("/reviews/9", &[]) && !asked("/reviews/9", &[("accept", "*/*")]));
        assert!(!asked("/reviews/9", &[html, ("sec-fetch-dest", "iframe")]));
        assert!(!asked("/api/v1/reviews/9", &[html]) && !asked("/ui/list_runs12", &[html]));
    }

    #[test]
    fn the_way_out_leads_to_what_it_was_about() {
        let way = |path| way_out(path, StatusCode::FORBIDDEN).1.0;
        assert_eq!(way("/models/a%2Fb/versions/9/ask"), "/models/a%2Fb");
        assert_eq!(
            [way("/models/x"), way("/reviews/12/sign"), way("/audit")],
            ["/models", "/reviews/12", "/reviews"]
        );
        assert_eq!([way("/users"), way("/experiments/1/permissions")], ["/", "/experiments/1"]);
        assert_eq!(way_out("/models/nothing/versions/1", StatusCode::NOT_FOUND).1.0, "/models");
    }
}
