//! What goes wrong on a page of the registry, as a page.

use app::plain::ProblemPage;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::view;
use web::ApiError;

use super::{Asking, page};

/// Shows an error that a handler, or what read its request, answered with.
pub async fn as_page(request: Request, next: Next) -> Response {
    let caller: Asking = request.extensions().get().cloned();
    let response = next.run(request).await;
    let Some(ApiError { status, message, .. }) = response.extensions().get::<ApiError>().cloned() else {
        return response;
    };
    let title = match status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::FORBIDDEN => "You may not do that",
        status if status.is_client_error() => "That isn’t possible",
        _ => "Something went wrong",
    };
    let way_out = ("/models", "All models");
    page(status, title, caller.as_deref(), || {
        view! { <ProblemPage title=title.to_owned() why=message way_out/> }
    })
}
