//! Changes of files: not of what was released; versions that they are of are read again.

use artifacts::{Artifacts, Place, UploadId};
use bytes::Bytes;
use futures::Stream;
use store::Db;
use store::registry::places::{self, Reach};
use web::ApiError;

use crate::clock::now;
use crate::reading::Reading;

/// What a change needs.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    pub db: &'a Db,
    pub artifacts: &'a Artifacts,
    pub reading: &'a Reading,
}

impl Files<'_> {
    /// Writes a file.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, and as [`Artifacts::put`].
    pub async fn put<E>(
        self,
        path: &str,
        place: &Place,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(), ApiError> {
        self.check(path).await?;
        let staged = self.artifacts.stage(place, stream).await?;
        self.change(path, Reach::File, async { staged.put_in_place().await.map(drop) }).await
    }

    /// Makes one file of the parts that came.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, and as [`Artifacts::assemble`].
    pub async fn complete(
        self,
        path: &str,
        place: &Place,
        (id, parts): (UploadId, &[u32]),
    ) -> Result<(), ApiError> {
        self.check(path).await?;
        let Some(staged) = self.artifacts.assemble(&id, parts, place).await? else { return Ok(()) };
        let artifacts = self.artifacts.clone();
        let completed = async move { artifacts.complete_upload(&id, staged).await.map(drop) };
        self.change(path, Reach::File, completed).await
    }

    /// Deletes a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, and as [`Artifacts::delete`].
    pub async fn delete(self, path: &str, place: &Place) -> Result<(), ApiError> {
        let (artifacts, place) = (self.artifacts.clone(), place.clone());
        self.change(path, Reach::Folder, async move { artifacts.delete(&place).await }).await
    }

    /// Before anything is sent in vain.
    async fn check(self, path: &str) -> Result<(), store::Error> {
        places::check_may_change(self.db, path, Reach::File).await
    }

    /// Does what changes `path`, to its end also if whoever asked for it goes away: while it is under way nothing is
    /// signed or released that it reaches.
    async fn change(
        self,
        path: &str,
        reach: Reach,
        work: impl Future<Output = Result<(), artifacts::Error>> + Send + 'static,
    ) -> Result<(), ApiError> {
        let (db, reading, path) = (self.db.clone(), self.reading.clone(), path.to_owned());
        let change = tokio::spawn(async move {
            let change = places::begin(&db, path, reach, now()).await?;
            let outcome = work.await;
            if places::end(&db, change).await? {
                reading.wake();
            }
            Ok::<_, ApiError>(outcome?)
        });
        change.await.map_err(|_| artifacts::Error::Store)?
    }
}
