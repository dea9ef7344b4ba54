//! The folder with the signing key and all that came before it.
//!
//! `signing-key.pem` is the key that signs. `retired-keys.json` names it too and lists the public halves of the
//! others. A rotation puts the new key beside the old one, then replaces the list, then the old key: the list
//! decides, so that one that is interrupted is undone or finished by whoever opens the folder next.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use domain::Millis;
use serde::{Deserialize, Serialize};

use crate::{Envelope, Error, Moment, PublicKey, PublicKeys, Result, SigningKey, Statement, announcement};

pub const SIGNING_KEY: &str = "signing-key.pem";
pub const RETIRED_KEYS: &str = "retired-keys.json";
const NEXT_KEY: &str = "signing-key.next.pem";
const NEXT_LIST: &str = "retired-keys.next.json";
const LOCK: &str = "signing-key.lock";

/// The key that signs and the public halves of those that did.
#[derive(Debug)]
pub struct Keys {
    folder: PathBuf,
    signing: SigningKey,
    public: PublicKeys,
    announcements: Vec<Envelope>,
}

/// `retired-keys.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    current: Listed,
    /// The latest first.
    retired: Vec<Listed>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Listed {
    keyid: String,
    public_key: String,
    from: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<Moment>,
    /// What this key signed about its successor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announcement: Option<Envelope>,
}

impl Keys {
    /// Opens the folder; makes it, and a key, on first use. A rotation that was interrupted is undone or
    /// finished.
    ///
    /// # Errors
    /// [`Error::ReadableByOthers`] for a key that is not its owner's alone; [`Error::WrongKey`] and
    /// [`Error::KeyMissing`] if the key is not the one that the list names; otherwise which file is at fault.
    pub fn open(folder: &Path) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|cause| Error::file(folder, cause))?;
        let _lock = lock(folder)?;
        let (signing, list) = settle(folder)?;
        Self::new(folder, signing, &list)
    }

    /// Reads the folder again: another process may have rotated.
    ///
    /// # Errors
    /// As [`Keys::open`]; then they are what they were.
    pub fn refresh(&mut self) -> Result<()> {
        *self = Self::open(&self.folder)?;
        Ok(())
    }

    /// The key that signs from now on. Its predecessor announces it; of the predecessor only the public half is
    /// kept.
    ///
    /// # Errors
    /// Which file is at fault. The folder then has the old key or the new one: open it again.
    pub fn rotate(&mut self, now: Millis) -> Result<()> {
        let _lock = lock(&self.folder)?;
        // Another process may have rotated since.
        let (old, mut list) = settle(&self.folder)?;
        let now = Moment(now);
        let new = SigningKey::generate()?;
        write_new(&self.folder.join(NEXT_KEY), &new)?;
        sync(&self.folder)?;
        let current = Listed::new(new.public(), now);
        let mut retired = std::mem::replace(&mut list.current, current);
        retired.until = Some(now);
        retired.announcement = Some(announcement::sign(&old, new.public(), now)?);
        list.retired.insert(0, retired);
        write_list(&self.folder, &list)?;
        take_over(&self.folder)?;
        *self = Self::new(&self.folder, new, &list)?;
        Ok(())
    }

    /// Notes that a retired key came into other hands at that moment; of two moments the earlier one holds.
    ///
    /// # Errors
    /// [`Error::RevokesCurrentKey`] for the one that signs: rotate first. [`Error::NoSuchKey`] for an unknown one.
    pub fn revoke(&mut self, key_id: &str, at: Millis) -> Result<()> {
        let _lock = lock(&self.folder)?;
        let (signing, mut list) = settle(&self.folder)?;
        if signing.key_id() == key_id {
            return Err(Error::RevokesCurrentKey);
        }
        let listed = list.retired.iter_mut().find(|key| key.keyid == key_id);
        let listed = listed.ok_or_else(|| Error::NoSuchKey { key_id: key_id.to_owned() })?;
        let at = Moment(at);
        listed.revoked = Some(listed.revoked.map_or(at, |before| before.min(at)));
        write_list(&self.folder, &list)?;
        *self = Self::new(&self.folder, signing, &list)?;
        Ok(())
    }

    /// Signs a release. See [`Statement::sign`].
    ///
    /// # Errors
    /// As there.
    pub fn sign(&self, statement: &Statement) -> Result<Envelope> {
        statement.sign(&self.signing)
    }

    /// The key that signs, to be compared with the one that other servers of the same database use.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    pub fn public_keys(&self) -> &PublicKeys {
        &self.public
    }

    /// What `/.well-known/countersign.pub` says: the current key first, then the retired ones.
    pub fn public_document(&self) -> String {
        self.public.to_string()
    }

    /// What each retired key signed about its successor, the latest first.
    pub fn announcements(&self) -> &[Envelope] {
        &self.announcements
    }

    fn new(folder: &Path, signing: SigningKey, list: &List) -> Result<Self> {
        let listed = std::iter::once(&list.current).chain(&list.retired).map(Listed::public);
        let public = listed.collect::<std::result::Result<_, _>>();
        let public = public.map_err(|why| Error::NotAKeyFile { path: folder.join(RETIRED_KEYS), why })?;
        let announcements = list.retired.iter().filter_map(|key| key.announcement.clone()).collect();
        Ok(Self { folder: folder.to_owned(), signing, public: PublicKeys::new(public), announcements })
    }
}

impl Listed {
    fn new(key: &PublicKey, from: Moment) -> Self {
        let (keyid, public_key) = (key.id().to_owned(), key.to_pem());
        Self { keyid, public_key, from, until: None, revoked: None, announcement: None }
    }

    fn public(&self) -> std::result::Result<PublicKey, String> {
        let mut key = PublicKey::from_pem(&self.public_key)?;
        if key.id() != self.keyid {
            return Err(format!("the key that it calls `{}` is `{}`", self.keyid, key.id()));
        }
        key.from = Some(self.from);
        key.until = self.until;
        key.revoked = self.revoked;
        Ok(key)
    }
}

/// The folder's key and list, after what was interrupted is undone or finished.
fn settle(folder: &Path) -> Result<(SigningKey, List)> {
    let path = folder.join(SIGNING_KEY);
    let next = folder.join(NEXT_KEY);
    let Some(list) = read_list(folder)? else {
        let key = match read_key(&path)? {
            Some(key) => key,
            None => first_key(folder)?,
        };
        let list = List { current: Listed::new(key.public(), made_at(&path)?), retired: Vec::new() };
        write_list(folder, &list)?;
        return Ok((key, list));
    };
    let named = |key: &SigningKey| key.key_id() == list.current.keyid;
    match (read_key(&path)?, read_key(&next)) {
        (Some(key), _) if named(&key) => {
            remove(&next)?;
            Ok((key, list))
        }
        (_, Ok(Some(next))) if named(&next) => {
            take_over(folder)?;
            Ok((next, list))
        }
        (Some(key), _) => {
            Err(Error::WrongKey { path, found: key.key_id().into(), expected: list.current.keyid })
        }
        (None, _) => Err(Error::KeyMissing { path, expected: list.current.keyid }),
    }
}

/// Makes the key of a new folder. It gets its name when it is whole.
fn first_key(folder: &Path) -> Result<SigningKey> {
    let next = folder.join(NEXT_KEY);
    remove(&next)?;
    let key = SigningKey::generate()?;
    write_new(&next, &key)?;
    take_over(folder)?;
    Ok(key)
}

/// The next key becomes the one that signs; the private half that was there is gone.
fn take_over(folder: &Path) -> Result<()> {
    let next = folder.join(NEXT_KEY);
    fs::rename(&next, folder.join(SIGNING_KEY)).map_err(|cause| Error::file(&next, cause))?;
    sync(folder)
}

fn read_key(path: &Path) -> Result<Option<SigningKey>> {
    let of = |cause| Error::file(path, cause);
    let mode = match fs::metadata(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(of)?.permissions().mode() & 0o777,
    };
    if mode & 0o077 != 0 {
        return Err(Error::ReadableByOthers { path: path.to_owned(), mode });
    }
    let pem = fs::read_to_string(path).map_err(of)?;
    let key = SigningKey::from_pem(&pem).map_err(|why| Error::NotAKeyFile { path: path.to_owned(), why })?;
    Ok(Some(key))
}

/// Writes a key where no file is, for its owner only from the first moment on.
fn write_new(path: &Path, key: &SigningKey) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(key.to_pem().as_bytes())?;
        file.sync_all()
    };
    write().map_err(|cause| Error::file(path, cause))
}

fn read_list(folder: &Path) -> Result<Option<List>> {
    let path = folder.join(RETIRED_KEYS);
    let text = match fs::read(&path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|cause| Error::file(&path, cause))?,
    };
    let list = serde_json::from_slice(&text);
    list.map(Some).map_err(|cause| Error::NotAKeyFile { path, why: cause.to_string() })
}

/// Replaces the list at once: it is never half there.
fn write_list(folder: &Path, list: &List) -> Result<()> {
    let next = folder.join(NEXT_LIST);
    let write = || -> io::Result<()> {
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec_pretty(list)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&next, folder.join(RETIRED_KEYS))
    };
    write().map_err(|cause| Error::file(&next, cause))?;
    sync(folder)
}

/// When the file was written: the first key of a folder signs since then.
fn made_at(path: &Path) -> Result<Moment> {
    let written =
        fs::metadata(path).and_then(|file| file.modified()).map_err(|cause| Error::file(path, cause))?;
    let since = written.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Moment(Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(Error::file(path, cause)),
        _ => Ok(()),
    }
}

/// Writes down that the folder's files have the names that they have.
fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|cause| Error::file(folder, cause))
}

/// Keeps other processes from changing the folder until it is dropped.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let open = || -> io::Result<File> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|cause| Error::file(&path, cause))
}
