//! People, in a browser: coming in, one's own account, everybody's.

mod account;
mod oidc;
mod sign_in;
mod users;

pub use oidc::SignOn;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use app::plain::{Frame, document};
use app::{Section, visitor_of};
use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::response::{Html, IntoResponse as _, Response};
use domain::accounts::Caller;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::IntoView;
use web::entry::{Accounts, Entry};
use web::{ApiError, sign_in as signed};

use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(sign_in::router())
        .merge(oidc::router())
        .merge(account::router())
        .merge(users::router())
}

/// How people sign in here; in the open mode nobody does, and there is nothing to see.
struct Doorway(Arc<Accounts>);

impl<S: Send + Sync> FromRequestParts<S> for Doorway {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let accounts = parts.extensions.get::<Entry>().and_then(Entry::accounts).cloned();
        accounts.map(Self).ok_or_else(|| {
            ApiError::not_found("this server runs with --open: nobody signs in, and there are no accounts")
        })
    }
}

/// Where a request comes from.
struct Remote(Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Remote {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip())))
    }
}

/// How people reach this server: as it is configured, else as this request did.
struct Base(String);

impl<S: Send + Sync> FromRequestParts<S> for Base {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let accounts = parts.extensions.get::<Entry>().and_then(Entry::accounts);
        let configured = accounts.and_then(|accounts| accounts.public_url.clone());
        Ok(Self(configured.unwrap_or_else(|| {
            let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
            format!("http://{}", host.unwrap_or("localhost"))
        })))
    }
}

/// Whoever asks for a page, for its frame.
struct Asking(Option<Arc<Caller>>);

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(signed::caller(parts)))
    }
}

/// A page about accounts: nobody keeps a copy of it.
fn page<V: IntoView>(
    status: StatusCode,
    title: &str,
    asking: Option<&Caller>,
    content: impl FnOnce() -> V,
) -> Response {
    let visitor = asking.map(visitor_of).unwrap_or_default();
    let frame = Frame { title: title.to_owned(), section: Section::None, visitor, now: now() };
    let mut response = (status, Html(document(frame, content))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
