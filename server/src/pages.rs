//! Door 3: the pages, rendered here and then live in the browser.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use domain::accounts::Caller;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use leptos::nonce::{Nonce, use_nonce};
use leptos::prelude::{IntoView, LeptosOptions, expect_context, provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list, render_app_async_with_context};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use web::entry::is_called_by_programs;
use web::{ApiError, sign_in};

use crate::assets;
use crate::owned::under_its_own_owner;
use crate::state::AppState;

/// What a page may load: our own files, and nothing from any other host.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    object-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// [`POLICY`], and of scripts inside of a page only those that carry this answer's nonce: nothing that was
/// logged ever runs.
pub fn policy(nonce: Option<&Nonce>) -> HeaderValue {
    let inline = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let policy = format!("{POLICY}; script-src 'self' 'wasm-unsafe-eval'{inline}");
    HeaderValue::from_str(&policy).expect("a nonce is base64")
}

pub fn router(state: &AppState) -> Router<AppState> {
    let shell = {
        let options = state.leptos.clone();
        move || page(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(app::App), context(state), shell)
        .fallback(asset_or_page)
        .layer(from_fn(under_its_own_owner))
        .layer(from_fn(with_policy))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

/// What server functions ask for: the database in the name of whoever makes the request.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    move || {
        let caller = use_context::<Parts>().and_then(|parts| sign_in::caller(&parts));
        provide_context(state.db.in_the_name_of(caller.unwrap_or_else(|| Arc::new(Caller::nobody()))));
        provide_context(state.artifacts.clone());
    }
}

/// An asset; else the page for addresses that lead nowhere.
async fn asset_or_page(State(state): State<AppState>, request: Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(found) = assets::asset(request.uri().path(), request.headers())
    {
        return found;
    }
    if is_called_by_programs(request.uri().path()) {
        let why = format!("there is no call `{}`", request.uri().path());
        return ApiError::new(StatusCode::NOT_FOUND, "ENDPOINT_NOT_FOUND", why).into_response();
    }
    let options = state.leptos.clone();
    let render = render_app_async_with_context(context(&state), move || page(options.clone()));
    render(request.map(Body::new)).await.into_response()
}

fn page(options: LeptosOptions) -> impl IntoView {
    let response: ResponseOptions = expect_context();
    response.insert_header(header::CONTENT_SECURITY_POLICY, policy(use_nonce().as_ref()));
    app::shell(options)
}

async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    tell_browser(response.headers_mut(), || policy(None));
    response
}

/// Says what a page may load, unless that is said already, and who is told where it was left.
pub fn tell_browser(headers: &mut HeaderMap, policy: impl FnOnce() -> HeaderValue) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}
