//! What can go wrong in an operation.

use domain::filter::FilterError;
use domain::limits::Invalid;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("no {what} with {field} `{key}` exists")]
    NotFound { what: &'static str, field: &'static str, key: String },
    #[error("{what} `{key}` already exists{hint}")]
    AlreadyExists { what: &'static str, key: String, hint: &'static str },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("invalid filter at character {}: {}", .0.at + 1, .0.message)]
    Filter(#[from] FilterError),
    /// The thing is there, but not in a state that allows this.
    #[error("{0}")]
    InvalidState(String),
    /// The cause is logged where it happens, never sent.
    #[error("the database failed")]
    Database,
    #[error("the server is shutting down; try again")]
    ShuttingDown,
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        tracing::error!(error = %cause, "a database statement failed");
        Self::Database
    }
}
