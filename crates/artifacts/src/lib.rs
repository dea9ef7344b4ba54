//! The artifacts: files of runs and models, in a folder or a bucket, through `object_store`.
//!
//! Everything streams. A file is visible once it is whole: it is written under another name, or in
//! parts, and put in place at the end.

mod error;
mod multipart;
mod path;
mod read;
mod write;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

pub use error::{Error, Result};
pub use multipart::{MOST_PARTS, UploadId};
pub use path::Place;
pub use read::Content;

/// How an `artifact_uri` begins whose files this server keeps.
pub const SCHEME: &str = "mlflow-artifacts:/";

/// Where artifacts live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts {
    files: Arc<dyn ObjectStore>,
    /// Parts of uploads that aren't complete.
    uploads: Arc<dyn ObjectStore>,
}

impl Artifacts {
    /// Keeps files in `folder/artifacts` and unfinished uploads in `folder/uploads`.
    ///
    /// # Errors
    /// `Store` if they can't be created.
    pub fn in_folder(folder: &std::path::Path) -> Result<Self> {
        let open = |name: &str| -> Result<Arc<dyn ObjectStore>> {
            let root = folder.join(name);
            std::fs::create_dir_all(&root).map_err(|cause| Error::store(&cause))?;
            let store = LocalFileSystem::new_with_prefix(root).map_err(|cause| Error::store(&cause))?;
            Ok(Arc::new(store.with_automatic_cleanup(true)))
        };
        Ok(Self { files: open("artifacts")?, uploads: open("uploads")? })
    }

    /// The place of `path` under a run's or model's `artifact_uri`.
    ///
    /// # Errors
    /// `Path` if it would leave that, `Elsewhere` if the files aren't kept here.
    pub fn place(&self, artifact_uri: &str, path: &str) -> Result<Place> {
        let home =
            artifact_uri.strip_prefix(SCHEME).ok_or_else(|| Error::Elsewhere(artifact_uri.to_owned()))?;
        Place::parse(home.trim_matches('/'))?.join(path)
    }
}
