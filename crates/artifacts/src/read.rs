//! Reading: files, their beginnings, folders.

use std::ops::Range;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::artifacts::ArtifactEntry;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, ObjectMeta};

use crate::error::is_absence;
use crate::path::display;
use crate::{Artifacts, Error, Place, Result};

/// A file, or a part of it, on its way out.
pub struct Content {
    /// Of the whole file, in bytes.
    pub size: u64,
    /// Which of its bytes come.
    pub range: Range<u64>,
    pub modified: DateTime<Utc>,
    pub stream: BoxStream<'static, Result<Bytes>>,
}

/// The error for a file that was there when it was looked for: another request may have deleted it since.
fn vanished(place: &Place, cause: object_store::Error) -> Error {
    if is_absence(&cause) { Error::NotFound(display(place.as_path().as_ref())) } else { cause.into() }
}

impl Artifacts {
    /// What lies directly in a folder, folders first, by name; `path` of each relative to
    /// `artifact_uri`'s root. Empty if there is nothing, or if it is a file.
    ///
    /// # Errors
    /// As [`Artifacts::place`].
    pub async fn list(&self, artifact_uri: &str, path: &str) -> Result<Vec<ArtifactEntry>> {
        let mut entries = self.list_by_name(artifact_uri, path).await?;
        entries.sort_by_key(|entry| !entry.is_dir);
        Ok(entries)
    }

    /// The same by name, whatever it is.
    ///
    /// # Errors
    /// As [`Artifacts::place`].
    pub async fn list_by_name(&self, artifact_uri: &str, path: &str) -> Result<Vec<ArtifactEntry>> {
        let mut entries = self.list_place(&self.place(artifact_uri, path)?).await?;
        for entry in entries.iter_mut().filter(|_| !path.is_empty()) {
            entry.path = format!("{path}/{}", entry.path);
        }
        Ok(entries)
    }

    /// The same for a place; each `path` is a name.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn list_place(&self, place: &Place) -> Result<Vec<ArtifactEntry>> {
        let prefix = Some(place.as_path()).filter(|_| !place.is_root());
        let found = match self.files.list_with_delimiter(prefix).await {
            Ok(found) => found,
            // Also for a file in place of a folder.
            Err(cause) if is_absence(&cause) => return Ok(Vec::new()),
            Err(cause) => return Err(cause.into()),
        };
        let name = |path: &object_store::path::Path| display(path.filename().unwrap_or_default());
        let folders = found.common_prefixes.iter().map(|path| ArtifactEntry {
            path: name(path),
            is_dir: true,
            size: None,
        });
        let files = found.objects.iter().filter(|object| object.location != *place.as_path()).map(|object| {
            ArtifactEntry { path: name(&object.location), is_dir: false, size: Some(object.size) }
        });
        let mut entries: Vec<_> = folders.chain(files).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// Streams a file.
    ///
    /// # Errors
    /// `NotFound`, or `Path` for a folder.
    pub async fn open(&self, place: &Place) -> Result<Content> {
        self.get(place, GetOptions::default()).await
    }

    /// Streams a part of a file; an end past the file's is the file's.
    ///
    /// # Errors
    /// `NotFound`, or `Path` for a folder.
    pub async fn open_range(&self, place: &Place, range: Range<u64>) -> Result<Content> {
        self.get(place, GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() }).await
    }

    async fn get(&self, place: &Place, options: GetOptions) -> Result<Content> {
        // A folder can be opened on some systems, so ask first.
        self.meta(place).await?;
        let found =
            self.files.get_opts(place.as_path(), options).await.map_err(|cause| vanished(place, cause))?;
        let (size, range, modified) = (found.meta.size, found.range.clone(), found.meta.last_modified);
        Ok(Content { size, range, modified, stream: found.into_stream().map_err(Error::from).boxed() })
    }

    /// The size of a file in bytes.
    ///
    /// # Errors
    /// `NotFound`, or `Path` for a folder.
    pub async fn size(&self, place: &Place) -> Result<u64> {
        Ok(self.meta(place).await?.size)
    }

    async fn meta(&self, place: &Place) -> Result<ObjectMeta> {
        let shown = || display(place.as_path().as_ref());
        let absent = match self.files.head(place.as_path()).await {
            Ok(meta) => return Ok(meta),
            Err(cause) => cause,
        };
        if !is_absence(&absent) {
            return Err(absent.into());
        }
        if self.list_place(place).await?.is_empty() {
            return Err(Error::NotFound(shown()));
        }
        Err(Error::Path { path: shown(), why: "it refers to a directory; list it, or fetch its files" })
    }

    /// The first bytes of a file (at most `max`) and its whole size.
    ///
    /// # Errors
    /// `NotFound`, or `Path` for a folder.
    pub async fn head(&self, place: &Place, max: u64) -> Result<(Bytes, u64)> {
        let size = self.meta(place).await?.size;
        if size == 0 {
            return Ok((Bytes::new(), 0));
        }
        let bytes = self.files.get_range(place.as_path(), 0..size.min(max)).await;
        let bytes = bytes.map_err(|cause| vanished(place, cause))?;
        Ok((bytes, size))
    }

    /// All files below a folder: each one's path from there, and its place.
    pub fn walk(&self, place: &Place) -> BoxStream<'static, Result<(String, Place)>> {
        let prefix = place.clone();
        let below = move |meta: ObjectMeta| {
            let parts = prefix.as_path().parts().count();
            let path: object_store::path::Path = meta.location.parts().skip(parts).collect();
            let name = display(path.as_ref());
            Ok((name.clone(), prefix.join(&name)?))
        };
        self.files
            .list(Some(place.as_path()))
            .map_err(Error::from)
            .map(move |meta| meta.and_then(&below))
            .boxed()
    }
}
