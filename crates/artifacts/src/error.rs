//! What can go wrong with files.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no artifact `{0}` exists")]
    NotFound(String),
    #[error("invalid artifact path `{path}`: {why}")]
    Path { path: String, why: &'static str },
    #[error("these artifacts are kept at `{0}`, which this server doesn't read; use the client there")]
    Elsewhere(String),
    #[error("no upload `{0}` is under way; start a new one")]
    NoUpload(String),
    #[error("the upload is not complete: {0}")]
    Incomplete(String),
    /// Whoever sends the file stopped before its end.
    #[error("the upload ended early; send the whole file again")]
    Interrupted,
    /// The cause is logged where it happens, never sent.
    #[error("the artifact store failed")]
    Store,
}

impl Error {
    pub(crate) fn store(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "the artifact store failed");
        Self::Store
    }
}

impl From<object_store::Error> for Error {
    fn from(cause: object_store::Error) -> Self {
        match cause {
            object_store::Error::NotFound { path, .. } => Self::NotFound(crate::path::display(&path)),
            other => Self::store(&other),
        }
    }
}
