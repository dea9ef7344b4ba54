//! Reads the files of new model versions: their SHA-256, and the signature in `MLmodel`.
//!
//! `MLmodel` is read by `serde-saphyr`: `serde_yaml` is no longer kept up, and its forks wrap the same C parser.
//! This one is Rust without `unsafe`, checked against YAML's own test suite, reads only the fields that are asked
//! for, and gives up on documents that unfold to more than they say.

use std::sync::Arc;
use std::time::Duration;

use artifacts::{Artifacts, Place};
use domain::accounts::Caller;
use domain::registry::FilesState;
use domain::reviews::document::FilePart;
use domain::reviews::signature::SignatureTexts;
use futures::TryStreamExt as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use store::Db;
use store::registry::files::{self, Unread};
use tokio::sync::Notify;

use crate::clock::now;
use crate::state::AppState;

/// How often versions are looked for that another server took in.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// So many versions are looked up at once.
const BATCH: i64 = 16;
/// A larger `MLmodel` holds no signature that a person or a gate could make use of.
const LARGEST_MLMODEL: u64 = 4 << 20;
const MLMODEL: &str = "MLmodel";
/// What has more files than that is no model.
const MOST_FILES: usize = 100_000;

/// Tells the task that reads that there is something to read.
#[derive(Debug, Clone, Default)]
pub struct Reading(Arc<Notify>);

impl Reading {
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Reads the files of whatever version waits for it, until the server stops.
pub async fn read_versions(state: AppState) {
    let db = state.db.in_the_name_of(Caller::server());
    if let Err(error) = files::retry_failed(&db).await {
        tracing::warn!(%error, "files that couldn't be read before could not be marked");
    }
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            read = read_waiting(&db, &state.artifacts) => if let Err(error) = read {
                tracing::warn!(%error, "what was read of versions' files could not be kept");
            },
        }
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = state.reading.0.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Reads whatever waits, until nothing does.
pub async fn read_waiting(db: &Db, artifacts: &Artifacts) -> Result<(), store::Error> {
    let mut last = 0;
    loop {
        let waiting = files::unread(db, last, BATCH, now()).await?;
        let Some(newest) = waiting.last() else { return Ok(()) };
        last = newest.id;
        for version in waiting.into_iter().filter(|version| !version.is_changing) {
            let reading =
                read(artifacts, &version).await.unwrap_or_else(|failure| failed(&version, &failure));
            files::set(db, &version, reading, now()).await?;
        }
    }
}

/// Why a version's files weren't read.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Artifacts(#[from] artifacts::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("there are no files")]
    Nothing,
    #[error("there are more than {MOST_FILES} files")]
    TooMany,
    #[error("clients take the name of the file `{0}` for another: it has `%`, `?` or `#`")]
    Name(String),
}

fn failed(version: &Unread, failure: &Failure) -> files::Reading {
    if matches!(failure, Failure::Artifacts(artifacts::Error::Elsewhere(_))) {
        return files::Reading { state: FilesState::Elsewhere, ..files::Reading::default() };
    }
    tracing::warn!(
        model = version.name,
        version = version.version,
        location = version.storage_location,
        error = %failure,
        "a version's files could not be read; the next start tries again"
    );
    files::Reading { state: FilesState::Failed, ..files::Reading::default() }
}

async fn read(artifacts: &Artifacts, version: &Unread) -> Result<files::Reading, Failure> {
    let folder = artifacts.place(&version.storage_location, "")?;
    let mut found = Vec::new();
    let mut walk = artifacts.walk(&folder);
    while let Some((path, place)) = walk.try_next().await? {
        if found.len() == MOST_FILES {
            return Err(Failure::TooMany);
        }
        if path.contains(['%', '?', '#']) {
            return Err(Failure::Name(path));
        }
        found.push(digest(artifacts, path, &place).await?);
    }
    if found.is_empty() {
        return Err(Failure::Nothing);
    }
    found.sort_unstable();
    let has_mlmodel = found.iter().any(|file| file.path == MLMODEL);
    let signature =
        if has_mlmodel { signature(artifacts, &folder.join(MLMODEL)?, version).await? } else { None };
    Ok(files::Reading { state: FilesState::Done, files: found, signature })
}

async fn digest(artifacts: &Artifacts, path: String, place: &Place) -> Result<FilePart, artifacts::Error> {
    let mut stream = artifacts.open(place).await?.stream;
    let (mut hash, mut size) = (Sha256::new(), 0);
    while let Some(piece) = stream.try_next().await? {
        hash.update(&piece);
        size += piece.len() as u64;
        // A piece that is there at once leaves no gap for others.
        tokio::task::yield_now().await;
    }
    Ok(FilePart { path, sha256: hex::encode(hash.finalize()), size })
}

#[derive(Deserialize)]
struct MlModel {
    signature: Option<SignaturePart>,
}

/// Each of them JSON in a text.
#[derive(Deserialize)]
struct SignaturePart {
    inputs: Option<String>,
    outputs: Option<String>,
    params: Option<String>,
}

/// A model whose signature can't be read has none: that is for its reviewers to see, not a fault of its files.
async fn signature(
    artifacts: &Artifacts,
    place: &Place,
    version: &Unread,
) -> Result<Option<SignatureTexts>, artifacts::Error> {
    let (text, size) = artifacts.head(place, LARGEST_MLMODEL).await?;
    let parsed = if size > LARGEST_MLMODEL {
        Err(format!("it has {size} bytes"))
    } else {
        parse(&String::from_utf8_lossy(&text))
    };
    Ok(parsed.unwrap_or_else(|error| {
        tracing::warn!(
            model = version.name,
            version = version.version,
            error,
            "an MLmodel file can't be read"
        );
        None
    }))
}

fn parse(mlmodel: &str) -> Result<Option<SignatureTexts>, String> {
    let model: MlModel = serde_saphyr::from_str(mlmodel).map_err(|error| error.to_string())?;
    let texts = model.signature.map(|part| SignatureTexts {
        inputs: part.inputs,
        outputs: part.outputs,
        params: part.params,
    });
    Ok(texts.filter(|texts| *texts != SignatureTexts::default()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_signature_is_read_as_the_client_writes_it() {
        let texts = parse(
            "artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n\
             mlflow_version: 3.3.2\nsignature:\n  inputs: '[{\"type\": \"double\", \"name\": \"it''s\", \"required\":\n    \
             true}]'\n  outputs: '[{\"type\": \"long\", \"required\": true}]'\n  params: null\n\
             utc_time_created: '2026-11-24 10:00:00.123456'\n",
        );
        let texts = texts.expect("is YAML").expect("has a signature");
        assert_eq!(
            texts.inputs.as_deref(),
            Some(r#"[{"type": "double", "name": "it's", "required": true}]"#)
        );
        assert_eq!((texts.outputs.is_some(), texts.params), (true, None));
        assert_eq!(parse("flavors: {}\n"), Ok(None));
        assert_eq!(parse("signature:\n"), Ok(None));
    }

    #[test]
    fn what_unfolds_without_end_is_given_up() {
        let mut bomb = "a: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            let before = level - 1;
            writeln!(bomb, "a{level}: &a{level} [*a{before}, *a{before}]").expect("a text takes it");
        }
        assert!(parse(&format!("{bomb}signature: *a39\n")).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse("signature: [1").is_err());
    }
}
