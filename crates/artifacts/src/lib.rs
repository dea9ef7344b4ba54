//! The artifacts: files of runs and models, in a folder or a bucket, through `object_store`.
use bytes::Bytes;
use domain::artifacts::ArtifactEntry;
use futures::stream::BoxStream;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no artifact `{0}` exists")]
    NotFound(String),
    #[error("invalid artifact path `{path}`: {why}")]
    Path { path: String, why: &'static str },
    #[error("the artifact store failed")]
    Store,
}
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where artifacts live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts;

/// A checked place inside the root: no way out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(pub(crate) String);

pub struct Content {
    pub size: u64,
    pub stream: BoxStream<'static, Result<Bytes>>,
}

impl Artifacts {
    /// The place of `path` under a run's or model's `artifact_uri`.
    ///
    /// # Errors
    /// `Path` if it would leave the root or the uri isn't served here.
    pub fn place(&self, _artifact_uri: &str, _path: &str) -> Result<Place> { todo!() }
    /// What lies directly in a folder, folders first, by name; `path` of each relative to `artifact_uri`'s root.
    pub async fn list(&self, _artifact_uri: &str, _path: &str) -> Result<Vec<ArtifactEntry>> { todo!() }
    /// Streams a file.
    pub async fn open(&self, _place: &Place) -> Result<Content> { todo!() }
    /// The first bytes of a file (at most `max`) and its whole size.
    pub async fn head(&self, _place: &Place, _max: u64) -> Result<(Bytes, u64)> { todo!() }
}
