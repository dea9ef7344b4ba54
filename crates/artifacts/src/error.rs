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
        Self::store(&cause)
    }
}

/// Whether the cause is that there is no such file, or that there can't be: one of its folders is a file, or
/// the file system takes no such name.
pub(crate) fn is_absence(cause: &object_store::Error) -> bool {
    use std::io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, NotFound};

    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(cause);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), NotFound | NotADirectory | IsADirectory | InvalidFilename);
        }
        next = error.source();
    }
    matches!(cause, object_store::Error::NotFound { .. })
}
