//! Who is calling.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use domain::accounts::Caller;
use http::StatusCode;
use http::request::Parts;
use store::Db;

use crate::ApiError;

/// The database in the name of whoever makes this request. Without anybody the request is refused.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Db);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Db: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = caller(parts).ok_or_else(|| {
            ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "sign in, or send an API token")
        })?;
        Ok(Self(Db::from_ref(state).in_the_name_of(caller)))
    }
}

/// Whoever makes the request, as it was found out before it came to its handler.
pub fn caller(parts: &Parts) -> Option<Arc<Caller>> {
    parts.extensions.get().cloned()
}
