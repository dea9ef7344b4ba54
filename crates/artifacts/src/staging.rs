//! Where files are written until they are whole.
//!
//! Each server process has a folder of its own here and holds a lock on it, which ends with the process,
//! however that ends. So whoever starts next knows what is left behind from what is in use.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path as DiskPath, PathBuf};

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
    pub fn name(&self) -> Staged<'_> {
        let name = Uuid::new_v4().simple().to_string();
        Staged { staging: self, on_disk: self.folder.join(&name), name: Path::from(name) }
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
pub(crate) struct Staged<'a> {
    staging: &'a Staging,
    name: Path,
    on_disk: PathBuf,
}

impl Staged<'_> {
    pub fn as_path(&self) -> &Path {
        &self.name
    }

    /// Moves the file to its place, where a loss of power doesn't harm it; `false` if that is on another
    /// file system, where it can't be moved to.
    ///
    /// # Errors
    /// `Path` for a name that the file system doesn't take, or that something else has taken meanwhile; else
    /// only the store's.
    pub async fn put_in_place(&self, place: &Place) -> Result<bool> {
        let (from, root) = (self.on_disk.clone(), self.staging.files.clone());
        let to = root.join(place.as_path().as_ref());
        let moved = tokio::task::spawn_blocking(move || {
            File::open(&from)?.sync_data()?;
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

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        match fs::remove_file(&self.on_disk) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                tracing::debug!(error = %cause, "a staged file stays until the next start");
            }
            _ => {}
        }
    }
}
