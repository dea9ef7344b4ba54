//! One table: which status and code an error has, and how it is sent.

use std::fmt::Display;

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::limits::Invalid;
use http::StatusCode;
use serde::Serialize;
use store::Error;

/// The HTTP status and the dialect's error code of an error.
pub fn status_of(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST"),
        Error::AlreadyExists { .. } => (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
        Error::Invalid(_) | Error::Filter(_) | Error::InvalidState(_) => {
            (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE")
        }
        Error::Forbidden(_) | Error::NeedsReview { .. } => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
        Error::Database | Error::Unusable(_) | Error::Migration(_) | Error::Newer | Error::Unsupported(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR")
        }
        Error::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "TEMPORARILY_UNAVAILABLE"),
    }
}

/// The same for files.
pub fn status_of_artifact(error: &artifacts::Error) -> (StatusCode, &'static str) {
    use artifacts::Error::{Elsewhere, Incomplete, Interrupted, NoUpload, NotFound, Path, Store};
    match error {
        NotFound(_) | NoUpload(_) => (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST"),
        Path { .. } | Elsewhere(_) | Incomplete(_) | Interrupted => {
            (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE")
        }
        Store => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
    }
}

/// An answer that says what is wrong: `{"error_code": …, "message": …}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST", message)
    }

    /// A field that has to be there isn't.
    pub fn missing(field: impl Display) -> Self {
        Self::bad_request(format!(
            "Missing value for required parameter '{field}'. See the API docs for more information about request parameters."
        ))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let (status, code) = status_of(&error);
        Self::new(status, code, error.to_string())
    }
}

impl From<artifacts::Error> for ApiError {
    fn from(error: artifacts::Error) -> Self {
        let (status, code) = status_of_artifact(&error);
        Self::new(status, code, error.to_string())
    }
}

impl From<Invalid> for ApiError {
    fn from(error: Invalid) -> Self {
        Error::Invalid(error).into()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error_code: &'a str,
    message: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(Body { error_code: self.code, message: &self.message });
        let mut response = (self.status, body).into_response();
        // Pages show it in a way of their own.
        response.extensions_mut().insert(self);
        response
    }
}
