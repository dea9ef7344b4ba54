//! Who is calling.

use axum::extract::FromRequestParts;
use domain::accounts::Caller;
use http::StatusCode;
use http::request::Parts;

use crate::ApiError;

/// Whoever makes this request. Without anybody the request is refused.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        caller(parts).cloned().map(Self).ok_or_else(|| {
            ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "sign in, or send an API token")
        })
    }
}

/// Whoever makes the request, as found out before it came to its handler.
pub fn caller(parts: &Parts) -> Option<&Caller> {
    parts.extensions.get()
}
