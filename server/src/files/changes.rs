//! Changes of files: not of what was released; versions that they are of are read again.

use artifacts::{Artifacts, Place};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use store::Db;
use store::registry::places::{self, Reach, Reached, check_unreleased};
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

/// What `path` is of, if it may be changed.
async fn reached(db: &Db, path: &str, reach: Reach) -> Result<Vec<Reached>, store::Error> {
    let reached = places::reached(db, path, reach).await?;
    check_unreleased(path, &reached)?;
    Ok(reached)
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
        reached(self.db, path, Reach::File).await?;
        // An upload takes its time: whether it was overtaken by a release is asked again when all of it has come.
        let last_look = futures::stream::once(async {
            reached(self.db, path, Reach::File).await.map(|_| Bytes::new()).map_err(drop)
        });
        let stream = stream.map_err(drop).chain(last_look);
        let written = self.artifacts.put(place, stream).await;
        self.done(path, Reach::File, written.map(drop)).await
    }

    /// Makes one file of the parts that came.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, else what `complete` says.
    pub async fn complete(
        self,
        path: &str,
        complete: impl Future<Output = Result<u64, artifacts::Error>>,
    ) -> Result<(), ApiError> {
        reached(self.db, path, Reach::File).await?;
        let written = complete.await;
        self.done(path, Reach::File, written.map(drop)).await
    }

    /// Deletes a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, and as [`Artifacts::delete`].
    pub async fn delete(self, path: &str, place: &Place) -> Result<(), ApiError> {
        let versions = reached(self.db, path, Reach::Folder).await?;
        places::changed(self.db, &versions, Some(path.to_owned()), now()).await?;
        let deleted = self.artifacts.delete(place).await;
        self.done(path, Reach::Folder, deleted).await
    }

    async fn done(
        self,
        path: &str,
        reach: Reach,
        outcome: Result<(), artifacts::Error>,
    ) -> Result<(), ApiError> {
        let versions = places::reached(self.db, path, reach).await?;
        if let Err(error) = outcome {
            check_unreleased(path, &versions)?;
            return Err(error.into());
        }
        if !versions.is_empty() {
            places::changed(self.db, &versions, None, now()).await?;
            self.reading.wake();
        }
        Ok(())
    }
}
