//! Writing and deleting files.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, pin_mut};
use object_store::path::Path;
use object_store::{ObjectStore, WriteMultipart};

use crate::error::is_absence;
use crate::staging::Unfinished;
use crate::{Artifacts, Error, Place, Result};

/// What is sent in one piece: buckets take parts of at least 5 MiB.
const PART: usize = 5 * 1024 * 1024;
/// At most so many parts are on their way at once, so memory stays constant.
const PARTS_UNDER_WAY: usize = 1;

impl Artifacts {
    /// Writes a file from a stream, replacing what was there; its size in bytes. Nothing is visible before
    /// all of it has come.
    ///
    /// # Errors
    /// `Path` if a folder has that name, or a file that of one of its folders; `Interrupted` if the stream
    /// fails.
    pub async fn put<E>(&self, place: &Place, stream: impl Stream<Item = Result<Bytes, E>>) -> Result<u64> {
        self.stage(place, stream).await?.put_in_place().await
    }

    /// Writes a file from a stream where nobody sees it, for [`Staged::put_in_place`].
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn stage<E>(
        &self,
        place: &Place,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Staged> {
        if place.is_root() {
            return Err(Error::Path { path: String::new(), why: "a file needs a name" });
        }
        self.check_free(place).await?;
        let file = self.staging.name();
        let size =
            write(self.staging.store(), file.as_path(), stream.map_err(|_| Error::Interrupted)).await?;
        file.sync().await?;
        Ok(Staged { artifacts: self.clone(), place: place.clone(), file, size })
    }

    /// Files and folders don't share names.
    async fn check_free(&self, place: &Place) -> Result<()> {
        let taken = |why| Error::Path { path: crate::path::display(place.as_path().as_ref()), why };
        let parts: Vec<_> = place.as_path().parts().collect();
        for length in 1..parts.len() {
            let parent: Path = parts[..length].iter().cloned().collect();
            if self.files.head(&parent).await.is_ok() {
                return Err(taken("one of its folders is a file"));
            }
        }
        if self.files.list(Some(place.as_path())).next().await.is_some_and(|found| found.is_ok()) {
            return Err(taken("a folder of that name exists"));
        }
        Ok(())
    }

    /// Deletes a file, or a folder with all that is in it. What isn't there is no error.
    ///
    /// # Errors
    /// `Path` for the root, else only the store's.
    pub async fn delete(&self, place: &Place) -> Result<()> {
        if place.is_root() {
            return Err(Error::Path { path: String::new(), why: "the root can't be deleted" });
        }
        if self.staging.take_away(place).await? {
            return Ok(());
        }
        let below = self.files.list(Some(place.as_path())).map_ok(|meta| meta.location).boxed();
        let mut deleted = self.files.delete_stream(below);
        while let Some(outcome) = deleted.next().await {
            ignore_absent(outcome.map(drop))?;
        }
        ignore_absent(match self.files.head(place.as_path()).await {
            Ok(_) => self.files.delete(place.as_path()).await,
            Err(_) => Ok(()),
        })
    }
}

/// A file that has come whole, and that nobody sees yet; dropped, it is gone.
pub struct Staged {
    artifacts: Artifacts,
    place: Place,
    file: Unfinished,
    size: u64,
}

impl Staged {
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Shows it, in place of what was there; its size in bytes.
    ///
    /// # Errors
    /// `Path` if something else has taken its name meanwhile, else only the store's.
    pub async fn put_in_place(self) -> Result<u64> {
        if !self.file.put_in_place(&self.place).await? {
            // The place is on another file system than the staging folder.
            let whole = self.artifacts.staging.store().get(self.file.as_path()).await?.into_stream();
            write(&*self.artifacts.files, self.place.as_path(), whole.map_err(Error::from)).await?;
        }
        Ok(self.size)
    }
}

pub(crate) fn ignore_absent(outcome: object_store::Result<()>) -> Result<()> {
    match outcome {
        Err(cause) if !is_absence(&cause) => Err(cause.into()),
        _ => Ok(()),
    }
}

/// Small files go in one piece, larger ones in parts.
pub(crate) async fn write(
    store: &dyn ObjectStore,
    path: &Path,
    stream: impl Stream<Item = Result<Bytes>>,
) -> Result<u64> {
    pin_mut!(stream);
    let mut start = BytesMut::new();
    while start.len() < PART {
        let Some(bytes) = stream.try_next().await? else {
            let size = start.len() as u64;
            store.put(path, start.freeze().into()).await?;
            return Ok(size);
        };
        start.extend_from_slice(&bytes);
    }
    let upload = store.put_multipart(path).await?;
    let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
    let mut size = start.len() as u64;
    writer.put(start.freeze());
    loop {
        match stream.try_next().await {
            Ok(Some(bytes)) => {
                size += bytes.len() as u64;
                writer.wait_for_capacity(PARTS_UNDER_WAY).await?;
                writer.write(&bytes);
            }
            Ok(None) => break,
            Err(cause) => {
                writer.abort().await?;
                return Err(cause);
            }
        }
    }
    writer.finish().await?;
    Ok(size)
}
