//! What can go wrong in an operation.

use domain::accounts::Refused;
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
    /// The caller may not do that.
    #[error("{0}")]
    Forbidden(String),
    /// A policy asks for a review; `path` is the page on which to ask for one.
    #[error("{what}; ask for one at {path}")]
    NeedsReview { what: String, path: String },
    #[error("invalid filter at character {}: {}", .0.at + 1, .0.message)]
    Filter(#[from] FilterError),
    /// The thing is there, but not in a state that allows this.
    #[error("{0}")]
    InvalidState(String),
    /// The cause is logged where it happens, never sent.
    #[error("the database failed")]
    Database,
    #[error(
        "it can't be read or written ({0}); is the folder writable, and the file a database of Countersign?"
    )]
    Unusable(String),
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    #[error("the data are from a newer version of Countersign; start that version, or a newer one")]
    Newer,
    #[error("`{0}` is no database this program knows; use `sqlite://…` or `postgres://…`")]
    Unsupported(String),
    #[error("the server is shutting down; try again")]
    ShuttingDown,
}

/// What a thing that isn't there was asked for by.
pub(crate) struct Key(String);

impl From<i64> for Key {
    fn from(id: i64) -> Self {
        Self(id.to_string())
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Error {
    pub(crate) fn not_found(what: &'static str, field: &'static str, key: impl Into<Key>) -> Self {
        Self::NotFound { what, field, key: key.into().0 }
    }

    pub(crate) fn experiment_is_deleted(id: i64) -> Self {
        Self::InvalidState(format!(
            "the experiment `{id}` must be in the 'active' state; current state is deleted, restore it first"
        ))
    }

    pub(crate) fn run_is_deleted(uuid: &str) -> Self {
        Self::InvalidState(format!(
            "the run `{uuid}` must be in the 'active' state; current state is deleted, restore it first"
        ))
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Forbidden(refused.0)
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        tracing::error!(error = %cause, "a database statement failed");
        Self::Database
    }
}
