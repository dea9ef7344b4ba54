//! Door 3: the pages, rendered here and then live in the browser.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, header};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes as _, generate_route_list, render_app_async_with_context};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::assets;
use crate::state::AppState;

/// What a page may load: our own files, and nothing from any other host.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'self'; base-uri 'self'; \
    form-action 'self'; frame-ancestors 'none'";

pub fn router(state: &AppState) -> Router<AppState> {
    let context = {
        let state = state.clone();
        move || {
            provide_context(state.db.clone());
            provide_context(state.artifacts.clone());
        }
    };
    let shell = {
        let options = state.leptos.clone();
        move || app::shell(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(app::App), context, shell)
        .fallback(asset_or_page)
        .layer(from_fn(with_policy))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

/// An asset; else the page for addresses that lead nowhere.
async fn asset_or_page(State(state): State<AppState>, request: Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(found) = assets::asset(request.uri().path(), request.headers())
    {
        return found;
    }
    let context = {
        let state = state.clone();
        move || {
            provide_context(state.db.clone());
            provide_context(state.artifacts.clone());
        }
    };
    let options = state.leptos.clone();
    let render = render_app_async_with_context(context, move || app::shell(options.clone()));
    render(request.map(Body::new)).await.into_response()
}

async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
