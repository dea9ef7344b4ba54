//! `cargo xtask record-demo`: makes the archive that `countersign demo` unpacks, by running the demo's
//! script with the official client against a server of our own.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};

use crate::command::Run;
use crate::project::{self, Profile};
use crate::server::Server;
use crate::setup::python::Client;
use crate::{build, files, say};

/// Best compression that unpacks as fast as any.
const LEVEL: i32 = 19;

/// Whoever starts a demo gets a signing key of their own.
const KEYS: &str = "keys";

pub fn run() -> Result<()> {
    let environment = Client::Newest.environment()?;
    let binary = build::server_half(Profile::Debug)?;
    let data = tempfile::tempdir()?;
    let server = Server::serve(&binary, data.path())?;
    say::step("run server/demo/make_demo.py", "real training, logged by the official client");
    environment
        .command("python")
        .arg(project::root().join("server/demo/make_demo.py"))
        .env("MLFLOW_TRACKING_URI", server.uri())
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .run()?;
    // Ended politely, it leaves one whole database file and no journal.
    server.stop()?;
    environment
        .command("python")
        .arg(project::root().join("server/demo/forget_log.py"))
        .arg(data.path().join("countersign.sqlite"))
        .run()?;

    let archive = project::root().join("server/demo/workspace.tar.zst");
    pack(data.path(), &archive)?;
    say::note(&format!("{}: {} kB", archive.display(), fs::metadata(&archive)?.len() / 1000));
    Ok(())
}

/// Packs the files in and under `folder` in the order of their names, without owners and times, so
/// that the same files give the same archive.
fn pack(folder: &Path, archive: &Path) -> Result<()> {
    let file = File::create(archive).with_context(|| format!("can't write `{}`", archive.display()))?;
    let mut tar = tar::Builder::new(zstd::Encoder::new(file, LEVEL)?);
    tar.mode(tar::HeaderMode::Deterministic);
    for path in files::under(folder)?.iter().filter(|path| !path.starts_with(folder.join(KEYS))) {
        tar.append_path_with_name(path, path.strip_prefix(folder)?)?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_archive() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("artifacts")).expect("writable");
        fs::create_dir(folder.path().join(KEYS)).expect("writable");
        for name in ["b.txt", "a.txt", "artifacts/model.txt", "keys/signing-key.pem"] {
            fs::write(folder.path().join(name), name).expect("writable");
        }
        let archives = tempfile::tempdir().expect("a temporary folder");
        let packed = |name: &str| {
            let archive = archives.path().join(name);
            pack(folder.path(), &archive).expect("packed");
            archive
        };
        let first = packed("first");

        fs::write(folder.path().join("a.txt"), "a.txt").expect("writable"); // Another time, the same text.
        assert_eq!(fs::read(&first).expect("readable"), fs::read(packed("second")).expect("readable"));

        let mut archive =
            tar::Archive::new(zstd::Decoder::new(File::open(first).expect("readable")).expect("zstd"));
        let names = archive.entries().expect("a tar").map(|entry| {
            let path = entry.expect("an entry").path().expect("a name").into_owned();
            path.display().to_string()
        });
        assert_eq!(names.collect::<Vec<_>>(), ["a.txt", "artifacts/model.txt", "b.txt"]);
    }
}
