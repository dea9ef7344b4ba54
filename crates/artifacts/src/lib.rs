//! The artifacts: files of runs and models, in a folder or a bucket, through `object_store`.
//!
//! Everything streams. A file is visible once it is whole: it is written in another folder, and put in
//! place at the end.

mod error;
mod multipart;
mod path;
mod read;
mod staging;
mod write;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

pub use error::{Error, Result};
pub use multipart::{MOST_PARTS, UploadId};
pub use path::Place;
pub use read::Content;
use staging::Staging;
pub use write::Staged;

/// How an `artifact_uri` begins whose files this server keeps.
pub const SCHEME: &str = "mlflow-artifacts:/";

/// Where artifacts live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts {
    files: Arc<dyn ObjectStore>,
    /// Parts of uploads that aren't complete.
    uploads: Arc<dyn ObjectStore>,
    /// Files that aren't whole yet.
    staging: Arc<Staging>,
}

impl Artifacts {
    /// Keeps files in `folder/artifacts`, unfinished uploads in `folder/uploads`, and what is being written
    /// in `folder/staging`; of that, what a killed server left behind goes.
    ///
    /// # Errors
    /// `Store` if they can't be created.
    pub fn in_folder(folder: &std::path::Path) -> Result<Self> {
        let root = |name: &str| {
            let root = folder.join(name);
            std::fs::create_dir_all(&root).map_err(|cause| Error::store(&cause))?;
            Ok::<_, Error>(root)
        };
        let open = |root: &std::path::Path| -> Result<Arc<dyn ObjectStore>> {
            Ok(Arc::new(LocalFileSystem::new_with_prefix(root)?.with_automatic_cleanup(true)))
        };
        let files = root("artifacts")?;
        let staging = Staging::open(&root("staging")?, &files)?;
        Ok(Self { files: open(&files)?, uploads: open(&root("uploads")?)?, staging: Arc::new(staging) })
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
