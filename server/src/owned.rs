//! Each page is rendered under its own request's reactive owner, on whichever thread.
//!
//! Leptos keeps the owner in a variable of the thread. Rendering sets it once and then waits for data; what it
//! goes on with, maybe on another thread, would find the owner of whichever request was there last: its signals
//! are gone when that request ends, and its contexts are those of somebody else's page.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::Owner;
use web::ApiError;

/// Renders to the end, also for a client that has hung up: what a rendering has begun still looks at its signals
/// while they are taken down with it, and waits for them for ever.
pub async fn under_its_own_owner(request: Request, next: Next) -> Result<Response, ApiError> {
    let rendering = tokio::spawn(async {
        let response = Owned { owner: None, rendering: Box::pin(next.run(request)) }.await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await?;
        Ok::<_, axum::Error>(Response::from_parts(parts, Body::from(body)))
    });
    match rendering.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            tracing::error!(%error, "a page could not be rendered");
            Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the server failed"))
        }
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "TEMPORARILY_UNAVAILABLE",
            "the server is shutting down; try again",
        )),
    }
}

struct Owned<F> {
    /// Known once the rendering has made it.
    owner: Option<Owner>,
    rendering: Pin<Box<F>>,
}

impl<F: Future> Future for Owned<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(owner) = self.owner.clone() {
            return owner.with(|| self.rendering.as_mut().poll(context));
        }
        forget_owner();
        let polled = self.rendering.as_mut().poll(context);
        self.owner = Owner::current();
        forget_owner();
        polled
    }
}

fn forget_owner() {
    if let Some(owner) = Owner::current() {
        owner.unset();
    }
}
