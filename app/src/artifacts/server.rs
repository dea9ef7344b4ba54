//! The server functions of artifacts.

use domain::artifacts::ArtifactEntry;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::owner::Owner;
use super::table::TableView;
use crate::error::UiError;
use crate::wire::Compact;

/// What lies in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub path: String,
    pub entries: Vec<ArtifactEntry>,
}

/// A file or folder, ready to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Viewed {
    pub path: String,
    /// Bytes; `None` for a folder.
    pub size: Option<u64>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Content {
    Folder(Vec<ArtifactEntry>),
    Text {
        text: String,
        is_whole: bool,
    },
    /// Rendered on the server.
    Markdown {
        html: String,
        is_whole: bool,
    },
    Table(TableView),
    /// Shown by the browser itself, from the file's own address.
    Image,
    Pdf,
    Html,
    /// Nothing to look at, and why.
    Nothing(String),
}

/// The root and every folder on the way to `path`.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_folders(owner: Owner, path: String) -> Result<Vec<Folder>, UiError> {
    let files = answers::Files::of(&owner).await?;
    let mut folders = vec![Folder { entries: files.list("").await?, path: String::new() }];
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for end in ends.filter(|end| *end > 0) {
        let part = &path[..end];
        let is_known = folders
            .last()
            .is_some_and(|folder| folder.entries.iter().any(|entry| entry.is_dir && entry.path == part));
        if !is_known {
            break;
        }
        folders.push(Folder { entries: files.list(part).await?, path: part.to_owned() });
    }
    Ok(folders)
}

/// What is at `path`; the root is the empty path.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn view_artifact(owner: Owner, path: String) -> Result<Viewed, UiError> {
    let files = answers::Files::of(&owner).await?;
    answers::view(&files, path).await
}

#[cfg(feature = "ssr")]
mod answers {
    use artifacts::Artifacts;
    use domain::artifacts::ArtifactEntry;
    use leptos::prelude::expect_context;
    use store::Db;
    use tokio::sync::Semaphore;

    use super::{Content, Owner, Viewed};
    use crate::artifacts::kind::Kind;
    use crate::artifacts::pretty::pretty;
    use crate::artifacts::table;
    use crate::error::UiError;

    /// How much of a text is shown, in bytes.
    const MOST_TEXT: u64 = 512 * 1024;
    const MOST_SEPARATED: u64 = 4 * 1024 * 1024;
    /// A Parquet file has to be read whole.
    const MOST_PARQUET: u64 = 64 * 1024 * 1024;
    /// What is unpacked takes memory, whoever looks: one file at a time.
    static UNPACKING: Semaphore = Semaphore::const_new(1);

    /// The files of a run or model.
    pub struct Files {
        artifacts: Artifacts,
        root: String,
    }

    impl Files {
        pub async fn of(owner: &Owner) -> Result<Self, UiError> {
            let db = expect_context::<Db>();
            let artifacts = expect_context::<Artifacts>();
            let root = match owner {
                Owner::Run(uuid) => store::runs::get(&db, uuid).await?.artifact_uri,
                Owner::Model(id) => {
                    let models = store::logged_models::get_many(&db, std::slice::from_ref(id)).await?;
                    let model = models.into_iter().next();
                    model.ok_or_else(|| not_found(format!("no logged model `{id}` exists")))?.artifact_uri
                }
            };
            Ok(Self { artifacts, root })
        }

        pub async fn list(&self, path: &str) -> Result<Vec<ArtifactEntry>, UiError> {
            Ok(self.artifacts.list(&self.root, path).await?)
        }

        /// The first bytes of a file and whether they are all.
        async fn head(&self, path: &str, most: u64) -> Result<(bytes::Bytes, bool), UiError> {
            let place = self.artifacts.place(&self.root, path)?;
            let (bytes, size) = self.artifacts.head(&place, most).await?;
            let is_whole = bytes.len() as u64 >= size;
            Ok((bytes, is_whole))
        }
    }

    fn not_found(text: String) -> UiError {
        crate::error::set_status(axum::http::StatusCode::NOT_FOUND);
        UiError::NotFound(text)
    }

    pub async fn view(files: &Files, path: String) -> Result<Viewed, UiError> {
        if path.is_empty() {
            let content = Content::Folder(files.list("").await?);
            return Ok(Viewed { path, size: None, content });
        }
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let entry = files.list(parent).await?.into_iter().find(|entry| entry.path == path);
        let entry = entry.ok_or_else(|| not_found(format!("no artifact `{path}` exists")))?;
        let content = if entry.is_dir {
            Content::Folder(files.list(&path).await?)
        } else {
            content(files, &path, entry.size.unwrap_or_default()).await?
        };
        Ok(Viewed { path, size: entry.size, content })
    }

    async fn content(files: &Files, path: &str, size: u64) -> Result<Content, UiError> {
        Ok(match Kind::of(path) {
            Kind::Image => Content::Image,
            Kind::Pdf => Content::Pdf,
            Kind::Html => Content::Html,
            Kind::Markdown => match text(files, path).await? {
                Content::Text { text, is_whole } => {
                    Content::Markdown { html: crate::components::to_html(&text), is_whole }
                }
                other => other,
            },
            Kind::Json => match text(files, path).await? {
                Content::Text { text, is_whole: true } => match table::json(&text) {
                    Some(table) => Content::Table(table),
                    None => Content::Text { text: pretty(&text), is_whole: true },
                },
                other => other,
            },
            Kind::Separated(delimiter) => {
                let (bytes, is_whole) = files.head(path, MOST_SEPARATED).await?;
                read(move || table::separated(&bytes, delimiter, is_whole)).await
            }
            Kind::Parquet if size > MOST_PARQUET => {
                Content::Nothing("This Parquet file is too large to be shown here.".into())
            }
            Kind::Parquet => {
                let _turn = UNPACKING.acquire().await;
                let (bytes, _) = files.head(path, MOST_PARQUET).await?;
                read(move || table::parquet(bytes)).await
            }
            Kind::Other => text(files, path).await?,
        })
    }

    /// Reads a table on a thread that may be busy for a while.
    async fn read(work: impl FnOnce() -> Result<table::TableView, String> + Send + 'static) -> Content {
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(table)) => Content::Table(table),
            Ok(Err(why)) => Content::Nothing(format!("This file can't be read as a table: {why}.")),
            // The parser gave up; the file can still be downloaded.
            Err(_) => Content::Nothing("This file can't be read as a table.".into()),
        }
    }

    async fn text(files: &Files, path: &str) -> Result<Content, UiError> {
        let (bytes, is_whole) = files.head(path, MOST_TEXT).await?;
        // A character may have been cut in two at the end.
        let valid = match std::str::from_utf8(&bytes) {
            Ok(text) => Some(text),
            Err(error) if !is_whole && error.valid_up_to() + 4 > bytes.len() => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        Ok(match valid.filter(|text| !text.contains('\0')) {
            Some(text) => Content::Text { text: text.to_owned(), is_whole },
            None => Content::Nothing("This file holds no text; download it to use it.".into()),
        })
    }
}
