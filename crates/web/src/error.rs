//! One table: which status and code an error has.
use http::StatusCode;
use store::Error;

/// The HTTP status and the dialect's error code of an error.
pub fn status_of(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST"),
        Error::AlreadyExists { .. } => (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
        Error::Invalid(_) | Error::Filter(_) => (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
        Error::InvalidState(_) => (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
        Error::Database => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
        Error::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "TEMPORARILY_UNAVAILABLE"),
    }
}
