//! The frame of the pages, and what stands in it when something is wrong.

use app::Section;
use app::plain::{Frame, ProblemPage, document};
use app::visitor_of;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use leptos::prelude::{IntoView, view};
use store::Db;
use web::ApiError;

use crate::clock::now;

pub fn page<V: IntoView>(
    db: &Db,
    status: StatusCode,
    title: &str,
    section: Section,
    content: impl FnOnce() -> V,
) -> Response {
    let frame = Frame { title: title.to_owned(), section, visitor: visitor_of(db.by()), now: now() };
    (status, Html(document(frame, content))).into_response()
}

/// An error that a person reads, on a page.
pub struct Asked(ApiError);

impl<E: Into<ApiError>> From<E> for Asked {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Asked {
    fn into_response(self) -> Response {
        let ApiError { status, message, .. } = self.0;
        let title = match status {
            StatusCode::NOT_FOUND => "Nothing is here",
            StatusCode::FORBIDDEN => "You may not do that",
            status if status.is_client_error() => "That isn’t possible",
            _ => "Something went wrong",
        };
        let frame = Frame {
            title: title.into(),
            section: Section::None,
            visitor: app::Visitor::default(),
            now: now(),
        };
        (status, Html(document(frame, || view! { <ProblemPage title=title.to_owned() why=message way_out=("/reviews", "All reviews")/> }))).into_response()
    }
}
