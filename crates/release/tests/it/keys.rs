//! The folder of keys: made once, kept from others, and whole after whatever happened.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use domain::Millis;
use release::keys::{RETIRED_KEYS, SIGNING_KEY};
use release::{Error, Keys, Moment, PublicKeys, Statement, announcement, verify};
use tempfile::TempDir;

use crate::sample;

const LATER: Millis = Millis(sample::ISSUED.0 + 1);

fn new_keys() -> (TempDir, Keys) {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = Keys::open(&folder.path().join("keys")).expect("new");
    (folder, keys)
}

fn open(folder: &TempDir) -> Keys {
    Keys::open(&folder.path().join("keys")).expect("a folder of keys")
}

fn read(folder: &TempDir, name: &str) -> Vec<u8> {
    fs::read(folder.path().join("keys").join(name)).expect(name)
}

fn write(folder: &TempDir, name: &str, text: &[u8]) {
    let path = folder.path().join("keys").join(name);
    fs::write(&path, text).expect(name);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect(name);
}

fn files(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join("keys")).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|it| it.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

const SETTLED: [&str; 3] = [RETIRED_KEYS, "signing-key.lock", SIGNING_KEY];

#[test]
fn a_key_is_made_once_for_its_owner_only() {
    let (folder, keys) = new_keys();
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let path = folder.path().join("keys");
    assert_eq!((mode(&path), mode(&path.join(SIGNING_KEY))), (0o700, 0o600));
    assert_eq!(open(&folder).signing_key().key_id(), keys.signing_key().key_id());
    assert_eq!(open(&folder).public_document(), keys.public_document());
    assert_eq!(files(&folder), SETTLED);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let (folder, _) = new_keys();
    let path = folder.path().join("keys").join(SIGNING_KEY);
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
        let refused = Keys::open(&folder.path().join("keys")).expect_err("readable").to_string();
        assert!(refused.contains("chmod 600") && refused.contains(&format!("{mode:03o}")), "{refused}");
    }
}

#[test]
fn a_rotation_keeps_what_the_old_key_signed() {
    let (folder, mut keys) = new_keys();
    let record = Statement::new(sample::subjects(), sample::predicate())
        .and_then(|it| keys.sign(&it))
        .expect("signed");
    let old = keys.signing_key().key_id().to_owned();
    keys.rotate(LATER).expect("rotated");

    assert_ne!(keys.signing_key().key_id(), old);
    let listed: Vec<_> = keys.public_keys().iter().map(|key| (key.id().to_owned(), key.until)).collect();
    assert_eq!(listed, [(keys.signing_key().key_id().to_owned(), None), (old.clone(), Some(Moment(LATER)))]);
    let published = PublicKeys::parse(&keys.public_document()).expect("our own");
    assert_eq!(&published, open(&folder).public_keys());
    assert_eq!(verify(record.to_line().as_bytes(), &published, None).expect("good").key.id(), old);
    assert_eq!(files(&folder), SETTLED);
    assert!(!read(&folder, RETIRED_KEYS).windows(7).any(|part| part == b"PRIVATE"));

    let trusted = published.only(&old).expect("listed");
    let next = announcement::follow(&keys.announcements()[0], &trusted).expect("announced");
    assert_eq!(next.id(), keys.signing_key().key_id());
}

#[test]
fn a_retired_key_signs_no_more() {
    let (folder, mut keys) = new_keys();
    // Another process goes on with the key that it read.
    let stale = open(&folder);
    keys.rotate(Millis(sample::ISSUED.0 - 1)).expect("rotated");
    let record = Statement::new(sample::subjects(), sample::predicate())
        .and_then(|it| stale.sign(&it))
        .expect("signed");
    let refused = verify(record.to_line().as_bytes(), keys.public_keys(), None);
    assert!(matches!(refused, Err(Error::Retired { .. })));
}

#[test]
fn two_processes_that_rotate_lose_no_key() {
    let (folder, mut one) = new_keys();
    let mut other = open(&folder);
    one.rotate(Millis(1)).expect("rotated");
    other.rotate(Millis(2)).expect("rotated");
    assert_eq!(other.public_keys().iter().count(), 3);
    assert_eq!(open(&folder).signing_key().key_id(), other.signing_key().key_id());
}

#[test]
fn a_rotation_that_was_interrupted_is_undone_or_finished() {
    let (folder, mut keys) = new_keys();
    let [old_key, old_list] = [SIGNING_KEY, RETIRED_KEYS].map(|name| read(&folder, name));
    let old = keys.signing_key().key_id().to_owned();
    keys.rotate(LATER).expect("rotated");
    let [new_key, new_list] = [SIGNING_KEY, RETIRED_KEYS].map(|name| read(&folder, name));
    let new = keys.signing_key().key_id();

    for (next, list, signs, count) in [
        // While the next key was written, and before the list was.
        (&new_key[..20], &old_list, old.as_str(), 1),
        (&new_key[..], &old_list, old.as_str(), 1),
        // After the list was, before the key had its name.
        (&new_key[..], &new_list, new, 2),
    ] {
        write(&folder, SIGNING_KEY, &old_key);
        write(&folder, RETIRED_KEYS, list);
        write(&folder, "signing-key.next.pem", next);
        write(&folder, "retired-keys.next.json", b"{\"cur");
        let mut opened = open(&folder);
        assert_eq!(opened.signing_key().key_id(), signs);
        assert_eq!(opened.public_keys().iter().count(), count);
        assert!(!files(&folder).contains(&"signing-key.next.pem".to_owned()));
        opened.rotate(LATER).expect("and it can be rotated again");
        assert_eq!(files(&folder), SETTLED);
    }
}

#[test]
fn a_first_start_that_was_interrupted_is_made_up_for() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("keys")).expect("a folder");
    write(&folder, "signing-key.next.pem", b"-----BEGIN PRI");
    let id = open(&folder).signing_key().key_id().to_owned();
    fs::remove_file(folder.path().join("keys").join(RETIRED_KEYS)).expect("removed");
    assert_eq!(open(&folder).signing_key().key_id(), id);
    assert_eq!(files(&folder), SETTLED);
}

#[test]
fn a_key_that_is_not_the_listed_one_is_not_used() {
    let (folder, mut keys) = new_keys();
    let old_key = read(&folder, SIGNING_KEY);
    keys.rotate(LATER).expect("rotated");
    let path = folder.path().join("keys");
    write(&folder, SIGNING_KEY, &old_key);
    assert!(matches!(Keys::open(&path), Err(Error::WrongKey { .. })));
    write(&folder, SIGNING_KEY, b"-----BEGIN PRIVATE KEY-----\n");
    assert!(matches!(Keys::open(&path), Err(Error::NotAKeyFile { .. })));
    fs::remove_file(path.join(SIGNING_KEY)).expect("removed");
    assert!(matches!(Keys::open(&path), Err(Error::KeyMissing { .. })));
    write(&folder, RETIRED_KEYS, b"{}");
    assert!(Keys::open(&path).is_err_and(|why| why.to_string().contains("missing field `current`")));
}

#[test]
fn a_revoked_key_is_published_as_such() {
    let (folder, mut keys) = new_keys();
    let old = keys.signing_key().key_id().to_owned();
    assert!(matches!(keys.revoke(&old, LATER), Err(Error::RevokesCurrentKey)));
    assert!(matches!(keys.revoke("abc", LATER), Err(Error::NoSuchKey { .. })));
    keys.rotate(LATER).expect("rotated");
    keys.revoke(&old, Millis(5_000)).expect("revoked");
    keys.revoke(&old, Millis(7_000)).expect("revoked again");
    let published = PublicKeys::parse(&open(&folder).public_document()).expect("our own");
    assert_eq!(published.get(&old).and_then(|key| key.revoked), Some(Moment(Millis(5_000))));
}
