//! Where files are written until they are whole.
//!
//! Each server process has a folder of its own here and holds a lock on it, which ends with the process,
//! however that ends. So whoever starts next knows what is left behind from what is in use.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path as DiskPath, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use uuid::Uuid;

use crate::{Error, Place, Result};

#[derive(Debug)]
pub(crate) struct Staging {
    store: LocalFileSystem,
    folder: PathBuf,
    /// Where whole files go.
    files: PathBuf,
    /// Held as long as the process uses the folder.
    _in_use: File,
}

impl Staging {
    /// A folder of this process's own below `root`; those of processes that are gone are removed.
    ///
    /// # Errors
    /// `Store` if it can't be created.
    pub fn open(root: &DiskPath, files: &DiskPath) -> Result<Self> {
        let failed = |cause: io::Error| Error::store(&cause);
        // One at a time, so that nobody's folder is removed between its creation and its lock.
        let gate = File::create(root.join("lock")).map_err(failed)?;
        match gate.lock() {
            Ok(()) => remove_abandoned(root).map_err(failed)?,
            Err(cause) => tracing::warn!(error = %cause, "no locks here, so unfinished files are left alone"),
        }
        let folder = root.join(Uuid::new_v4().simple().to_string());
        fs::create_dir(&folder).map_err(failed)?;
        let in_use = File::open(&folder).map_err(failed)?;
        if let Err(cause) = in_use.try_lock() {
            tracing::debug!(error = %cause, "the staging folder is not locked");
        }
        let store = LocalFileSystem::new_with_prefix(&folder)?;
        Ok(Self { store, folder, files: files.to_owned(), _in_use: in_use })
    }

    pub fn store(&self) -> &dyn ObjectStore {
        &self.store
    }

    /// A name for a new file.
    pub fn name(self: &Arc<Self>) -> Unfinished {
        let name = Uuid::new_v4().simple().to_string();
        Unfinished { on_disk: self.folder.join(&name), staging: self.clone(), name: Path::from(name) }
    }

    /// Takes a file, or a folder with all that is in it, away from its place at once; `false` if that is on another
    /// file system, where it can't be moved from. What isn't there is no error.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn take_away(&self, place: &Place) -> Result<bool> {
        let (root, place) = (self.files.clone(), self.files.join(place.as_path().as_ref()));
        let aside = self.folder.join(Uuid::new_v4().simple().to_string());
        let from = aside.clone();
        let moved = tokio::task::spawn_blocking(move || {
            match fs::rename(&place, &aside) {
                Ok(()) => {}
                Err(cause) if is_absent(cause.kind()) => return Ok(()),
                Err(cause) => return Err(cause),
            }
            let around = || place.ancestors().skip(1).take_while(|folder| **folder != *root);
            // Folders without files don't exist for whoever lists them.
            let emptied = around().take_while(|folder| fs::remove_dir(folder).is_ok()).count();
            around().nth(emptied).map_or(Ok(()), |folder| sync_folders(&folder.join("gone"), &root))
        });
        match moved.await.map_err(|cause| Error::store(&cause))? {
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::CrossesDevices => return Ok(false),
            Err(cause) => return Err(Error::store(&cause)),
        }
        // Nobody sees it any more: what is left of it when the server ends goes at the next start.
        tokio::task::spawn_blocking(move || remove(&from));
        Ok(true)
    }
}

fn remove(path: &DiskPath) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(cause) if cause.kind() != ErrorKind::NotFound => {
            tracing::debug!(error = %cause, "what was deleted stays until the next start");
        }
        _ => {}
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(cause) = fs::remove_dir_all(&self.folder) {
            tracing::debug!(error = %cause, "the staging folder stays until the next start");
        }
    }
}

fn remove_abandoned(root: &DiskPath) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| Uuid::try_parse(name).is_ok());
        if !is_ours || !entry.file_type()?.is_dir() {
            continue;
        }
        let folder = File::open(entry.path())?;
        match folder.try_lock() {
            Ok(()) => fs::remove_dir_all(entry.path())?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
    }
    Ok(())
}

/// A file on its way; it is gone when this is dropped, unless it has been put in place.
pub(crate) struct Unfinished {
    staging: Arc<Staging>,
    name: Path,
    on_disk: PathBuf,
}

impl Unfinished {
    pub fn as_path(&self) -> &Path {
        &self.name
    }

    /// Waits until a loss of power doesn't harm what was written.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn sync(&self) -> Result<()> {
        let path = self.on_disk.clone();
        let synced = tokio::task::spawn_blocking(move || File::open(path)?.sync_data());
        synced.await.map_err(|cause| Error::store(&cause))?.map_err(|cause| Error::store(&cause))
    }

    /// Moves the file to its place; `false` if that is on another
    /// file system, where it can't be moved to.
    ///
    /// # Errors
    /// `Path` for a name that the file system doesn't take, or that something else has taken meanwhile; else
    /// only the store's.
    pub async fn put_in_place(&self, place: &Place) -> Result<bool> {
        let (from, root) = (self.on_disk.clone(), self.staging.files.clone());
        let to = root.join(place.as_path().as_ref());
        let moved = tokio::task::spawn_blocking(move || {
            rename(&from, &to)?;
            sync_folders(&to, &root)
        });
        let moved = moved.await;
        match moved.map_err(|cause| Error::store(&cause))? {
            Ok(()) => Ok(true),
            Err(cause) if cause.kind() == ErrorKind::CrossesDevices => Ok(false),
            Err(cause) if cause.kind() == ErrorKind::InvalidFilename => {
                Err(place.refused("the file system takes no name that long"))
            }
            Err(cause) if is_taken(cause.kind()) => {
                Err(place.refused("a folder of that name exists, or one of its folders is a file"))
            }
            Err(cause) => Err(Error::store(&cause)),
        }
    }
}

/// Also makes the folders; another request may just be removing them, for they were empty.
fn rename(from: &DiskPath, to: &DiskPath) -> io::Result<()> {
    const ATTEMPTS: usize = 10;
    for _ in 1..ATTEMPTS {
        match fs::rename(from, to) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            outcome => return outcome,
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
    }
    fs::rename(from, to)
}

fn is_taken(kind: ErrorKind) -> bool {
    use ErrorKind::{AlreadyExists, DirectoryNotEmpty, IsADirectory, NotADirectory};

    matches!(kind, AlreadyExists | DirectoryNotEmpty | IsADirectory | NotADirectory)
}

/// Whether there is no such file, or can't be.
fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

/// Writes down that the folders hold what they hold, from the file's own up to the root. Another request may
/// have removed the file again, and them.
fn sync_folders(file: &DiskPath, root: &DiskPath) -> io::Result<()> {
    for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
    Ok(())
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        match fs::remove_file(&self.on_disk) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                tracing::debug!(error = %cause, "a staged file stays until the next start");
            }
            _ => {}
        }
    }
}
