//! Uploads in parts, as the client sends large files: each part is a file of its own until the upload is
//! completed.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::Millis;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;

use crate::write::{Staged, ignore_absent, write};
use crate::{Artifacts, Error, Place, Result};

/// The most parts of one upload, as buckets have it.
pub const MOST_PARTS: u32 = 10_000;

/// An upload under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadId(String);

impl UploadId {
    /// # Errors
    /// `NoUpload` if it isn't one of ours.
    pub fn parse(text: &str) -> Result<Self> {
        let is_ours = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_ours {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::NoUpload(text.chars().take(64).collect()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn part(&self, number: u32) -> Path {
        Path::from_iter([self.0.as_str(), &format!("{number:05}")])
    }

    fn begun(&self) -> Path {
        Path::from_iter([self.0.as_str(), "begun"])
    }

    /// Where the completed file is, for a client that asks again because it missed the answer.
    fn done(&self) -> Path {
        Path::from_iter([self.0.as_str(), "done"])
    }
}

impl Artifacts {
    /// Begins an upload.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn begin_upload(&self) -> Result<UploadId> {
        let id = UploadId(uuid::Uuid::new_v4().simple().to_string());
        self.uploads.put(&id.begun(), Bytes::new().into()).await?;
        Ok(id)
    }

    /// Takes a part (from 1), replacing what came for it before.
    ///
    /// # Errors
    /// `NoUpload`, `Incomplete` for a number out of range, `Interrupted` if the stream fails.
    pub async fn put_part<E>(
        &self,
        id: &UploadId,
        number: u32,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<u64> {
        self.check_begun(id).await?;
        if !(1..=MOST_PARTS).contains(&number) {
            return Err(Error::Incomplete(format!("part numbers go from 1 to {MOST_PARTS}, not `{number}`")));
        }
        write(&*self.uploads, &id.part(number), stream.map_err(|_| Error::Interrupted)).await
    }

    /// Puts the parts together, in this order, for `place`; `None` if that is done already.
    ///
    /// # Errors
    /// `NoUpload`, or `Incomplete` if a part never came.
    pub async fn assemble(&self, id: &UploadId, parts: &[u32], place: &Place) -> Result<Option<Staged>> {
        if self.is_done(id, place).await? {
            return Ok(None);
        }
        self.check_begun(id).await?;
        for number in parts {
            if self.uploads.head(&id.part(*number)).await.is_err() {
                return Err(Error::Incomplete(format!("part {number} never came")));
            }
        }
        let uploads = self.uploads.clone();
        let paths: Vec<_> = parts.iter().map(|number| id.part(*number)).collect();
        let bytes = futures::stream::iter(paths)
            .then(move |path| {
                let uploads = uploads.clone();
                async move { Ok::<_, Error>(uploads.get(&path).await?.into_stream().map_err(Error::from)) }
            })
            .try_flatten();
        Ok(Some(self.stage(place, bytes.boxed()).await?))
    }

    /// Shows the file that the parts of an upload make, and forgets them; its size. Asked for again, it is done still.
    ///
    /// # Errors
    /// As [`Staged::put_in_place`].
    pub async fn complete_upload(&self, id: &UploadId, staged: Staged) -> Result<u64> {
        let place = staged.place().clone();
        let size = staged.put_in_place().await?;
        self.uploads.put(&id.done(), place.as_path().to_string().into()).await?;
        self.forget(id, &[id.done()]).await?;
        Ok(size)
    }

    async fn is_done(&self, id: &UploadId, place: &Place) -> Result<bool> {
        match self.uploads.get(&id.done()).await {
            Ok(done) => Ok(done.bytes().await? == place.as_path().as_ref()),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Forgets an upload and its parts.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn abort_upload(&self, id: &UploadId) -> Result<()> {
        self.forget(id, &[]).await
    }

    async fn forget(&self, id: &UploadId, kept: &[Path]) -> Result<()> {
        let parts = self.uploads.list(Some(&Path::from(id.as_str()))).map_ok(|meta| meta.location);
        let kept = kept.to_vec();
        let parts = parts.try_filter(move |path| std::future::ready(!kept.contains(path))).boxed();
        let mut deleted = self.uploads.delete_stream(parts);
        while let Some(outcome) = deleted.next().await {
            ignore_absent(outcome.map(drop))?;
        }
        Ok(())
    }

    /// Forgets uploads of which nothing has come since `before`: their clients are gone. How many there were.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn forget_stale_uploads(&self, before: Millis) -> Result<usize> {
        let mut last_came = BTreeMap::new();
        let mut files = self.uploads.list(None);
        while let Some(file) = files.try_next().await? {
            let Some(id) = file.location.parts().next().map(|id| id.as_ref().to_owned()) else { continue };
            let came = last_came.entry(id).or_insert(i64::MIN);
            *came = file.last_modified.timestamp_millis().max(*came);
        }
        let stale: Vec<_> = last_came.into_iter().filter(|(_, came)| *came < before.0).collect();
        for (id, _) in &stale {
            self.abort_upload(&UploadId(id.clone())).await?;
        }
        Ok(stale.len())
    }

    async fn check_begun(&self, id: &UploadId) -> Result<()> {
        match self.uploads.head(&id.begun()).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::NotFound { .. }) => Err(Error::NoUpload(id.0.clone())),
            Err(cause) => Err(cause.into()),
        }
    }
}
