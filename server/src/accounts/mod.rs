//! People, in a browser: coming in, one's own account, everybody's.

mod account;
mod oidc;
mod sign_in;
mod tokens;
mod users;

pub use oidc::SignOn;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use app::Section;
use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::response::Response;
use domain::accounts::Caller;
use http::request::Parts;
use http::{StatusCode, header};
use leptos::prelude::IntoView;
use web::entry::{Accounts, Entry};
use web::{ApiError, sign_in as signed};

use crate::frame;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(sign_in::router())
        .merge(oidc::router())
        .merge(account::router())
        .merge(users::router())
        .merge(tokens::router())
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

/// How people and clients reach this server, without a slash at the end: as it is configured, else as this request did.
pub struct Base(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Base {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let accounts = parts.extensions.get::<Entry>().and_then(Entry::accounts);
        let configured = accounts.and_then(|accounts| accounts.public_url.clone());
        Ok(Self(configured.unwrap_or_else(|| {
            let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
            let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
            format!("{scheme}://{}", text(header::HOST.as_str()).unwrap_or("localhost"))
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

fn page<V: IntoView>(
    status: StatusCode,
    title: &str,
    asking: Option<&Caller>,
    content: impl FnOnce() -> V,
) -> Response {
    frame::page(asking, status, title, Section::None, content)
}
