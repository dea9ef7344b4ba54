//! Each page is rendered under its own request's reactive owner, on whichever thread.
//!
//! Leptos keeps the owner in a variable of the thread. Rendering sets it once and then waits for data; what it
//! goes on with, maybe on another thread, would find the owner of whichever request was there last: its signals
//! are gone when that request ends, and its contexts are those of somebody else's page.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use leptos::prelude::Owner;

pub async fn under_its_own_owner(request: Request, next: Next) -> Response {
    Owned { owner: None, rendering: Box::pin(next.run(request)) }.await
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
