//! A folder as one file.

use artifacts::Artifacts;
use async_zip::base::write::ZipFileWriter;
use async_zip::{Compression, ZipDateTime, ZipEntryBuilder};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use futures::{AsyncWriteExt as _, TryStreamExt as _};
use http::header;
use tokio::io::DuplexStream;
use tokio_util::io::ReaderStream;
use web::{ApiError, Call, SignedIn};

use super::{FileOf, disposition};

/// What is under way between packing and sending.
const BUFFER: usize = 64 * 1024;

/// The folder `path`, or everything.
pub async fn download(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Call(file): Call<FileOf>,
) -> Result<Response, ApiError> {
    let path = file.path.clone().unwrap_or_default();
    let uri = file.owner(&db).await?;
    let folder = artifacts.place(&uri, &path)?;
    if artifacts.list_place(&folder).await?.is_empty() {
        return Err(ApiError::not_found(format!("no artifacts are in the folder `{path}`")));
    }
    let (sender, receiver) = tokio::io::duplex(BUFFER);
    tokio::spawn(async move {
        if let Err(error) = pack(&artifacts, &folder, sender).await {
            // The client sees an archive without its end.
            tracing::warn!(%error, "a zip could not be finished");
        }
    });
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("artifacts");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, disposition("attachment", &format!("{name}.zip"))),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(receiver))).into_response())
}

/// Most artifacts are compressed already, so they are only stored.
async fn pack(artifacts: &Artifacts, folder: &artifacts::Place, to: DuplexStream) -> anyhow::Result<()> {
    let mut zip = ZipFileWriter::with_tokio(to);
    let mut files = artifacts.walk(folder);
    while let Some((name, place)) = files.try_next().await? {
        let mut content = artifacts.open(&place).await?;
        let modified = ZipDateTime::from_chrono(&content.modified);
        let entry = ZipEntryBuilder::new(name.into(), Compression::Stored).last_modification_date(modified);
        let mut entry = zip.write_entry_stream(entry).await?;
        while let Some(bytes) = content.stream.try_next().await? {
            entry.write_all(&bytes).await?;
        }
        entry.close().await?;
    }
    zip.close().await?;
    Ok(())
}
