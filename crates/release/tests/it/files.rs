//! The files on disk against the record.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use release::{PublicKeys, Report, Result, SigningKey, Statement, verify};
use tempfile::TempDir;

use crate::sample;

fn model() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    sample::write_files(folder.path()).expect("files");
    folder
}

fn compared(folder: &Path) -> Result<Report> {
    let key = SigningKey::from_seed(&[7; 32]);
    let record = Statement::new(sample::subjects(), sample::predicate()).and_then(|it| it.sign(&key));
    let keys = PublicKeys::new(vec![key.public().clone()]);
    verify(record.expect("signed").to_line().as_bytes(), &keys, Some(folder))
}

fn refusal(folder: &Path) -> String {
    compared(folder).expect_err("refused").to_string()
}

#[test]
fn the_released_files_are_those_that_were_released() {
    let report = compared(model().path()).expect("unchanged");
    assert!(report.files_compared && report.to_string().ends_with("2 files are those that were released\n"));
}

#[test]
fn what_is_missing_changed_or_extra_is_named() {
    let folder = model();
    fs::remove_file(folder.path().join("data/empty.bin")).expect("removed");
    fs::write(folder.path().join("MLmodel"), "hullo\n").expect("changed");
    fs::write(folder.path().join("data/model.pkl"), "x").expect("added");
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "x").expect("added");
    let refused = refusal(folder.path());
    for part in [
        "`data/empty.bin` is missing",
        "`MLmodel` is changed (SHA-256 `",
        "`data/model.pkl` is extra",
        "\u{fffd}` is extra",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[test]
fn a_name_differs_by_its_case_and_folder() {
    let folder = model();
    fs::rename(folder.path().join("MLmodel"), folder.path().join("data/MLmodel")).expect("moved");
    let refused = refusal(folder.path());
    assert!(refused.ends_with("`MLmodel` is missing, `data/MLmodel` is extra"), "{refused}");
}

#[test]
fn a_link_stays_within_the_folder() {
    let folder = model();
    let [file, elsewhere] = ["MLmodel", "elsewhere"].map(|name| folder.path().join(name));
    fs::rename(&file, folder.path().join("data/empty.bin")).expect("moved");
    symlink("data/empty.bin", &file).expect("linked");
    // The link is read as the file it stands for; the file it leads to is judged by its own name.
    assert!(refusal(folder.path()).ends_with("released: `data/empty.bin` is changed (SHA-256 `5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03`)"));

    let outside = tempfile::NamedTempFile::new().expect("a file");
    symlink(outside.path(), &elsewhere).expect("linked");
    assert!(refusal(folder.path()).starts_with("the file `elsewhere` leads out of the folder, to `"));
    fs::remove_file(&elsewhere).expect("removed");
    symlink("nowhere", &elsewhere).expect("linked");
    assert_eq!(refusal(folder.path()), "the file `elsewhere` is a link to nowhere");
    fs::remove_file(&elsewhere).expect("removed");
    symlink(".", &elsewhere).expect("linked");
    assert_eq!(refusal(folder.path()), "the file `elsewhere` is a link to something that is no file");
}

#[test]
fn what_is_no_file_is_not_read() {
    let folder = model();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("s")).expect("a socket");
    assert_eq!(refusal(folder.path()), "the file `s` is neither a file nor a folder");
    assert!(refusal(&folder.path().join("MLmodel")).ends_with("/MLmodel` is not a folder"));
    assert!(refusal(&folder.path().join("none")).contains("/none`: No such file"));
}
