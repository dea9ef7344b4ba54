//! Changes of files: not of what was released; versions that they are of are read again.

use std::sync::Mutex;

use artifacts::{Artifacts, Place, UploadId};
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

/// The versions that a change has reached, and of which nobody knows what their files are until it is done.
#[derive(Default)]
struct Begun(Mutex<Vec<Reached>>);

impl Begun {
    fn keep(&self, reached: Vec<Reached>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = reached;
    }

    fn into_inner(self) -> Vec<Reached> {
        self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
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
        let begun = Begun::default();
        let last_look = futures::stream::once(async {
            if self.begin(path, &begun).await { Ok(Bytes::new()) } else { Err(()) }
        });
        let written = self.artifacts.put(place, stream.map_err(drop).chain(last_look)).await;
        self.end(path, Reach::File, begun, written.map(drop)).await
    }

    /// Makes one file of the parts that came.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, and as [`Artifacts::complete_upload`].
    pub async fn complete(
        self,
        path: &str,
        place: &Place,
        (id, parts): (&UploadId, &[u32]),
    ) -> Result<(), ApiError> {
        self.check(path).await?;
        let begun = Begun::default();
        let written = self.artifacts.complete_upload(id, parts, place, self.begin(path, &begun)).await;
        self.end(path, Reach::File, begun, written.map(drop)).await
    }

    /// Deletes a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// `Forbidden` for a released version's, and as [`Artifacts::delete`].
    pub async fn delete(self, path: &str, place: &Place) -> Result<(), ApiError> {
        let begun = Begun::default();
        begun.keep(places::begin(self.db, path.to_owned(), Reach::Folder, true, now()).await?);
        let deleted = self.artifacts.delete(place).await;
        self.end(path, Reach::Folder, begun, deleted).await
    }

    /// Before anything is sent in vain.
    async fn check(self, path: &str) -> Result<(), store::Error> {
        check_unreleased(path, &places::reached(self.db, path, Reach::File).await?)
    }

    /// An upload takes its time: whether it was overtaken by a release is asked when all of it has come. From then on no
    /// release overtakes it: what it changes counts as unread.
    async fn begin(self, path: &str, begun: &Begun) -> bool {
        let reached = places::begin(self.db, path.to_owned(), Reach::File, false, now()).await;
        reached.map(|reached| begun.keep(reached)).is_ok()
    }

    async fn end(
        self,
        path: &str,
        reach: Reach,
        begun: Begun,
        outcome: Result<(), artifacts::Error>,
    ) -> Result<(), ApiError> {
        if places::end(self.db, path.to_owned(), reach, begun.into_inner()).await? {
            self.reading.wake();
        }
        if let Err(error) = outcome {
            self.check(path).await?;
            return Err(error.into());
        }
        Ok(())
    }
}
