//! The files on disk against those that were released.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::{Error, Result, Subject};

/// Hashes every released file below the folder. A file that is not among them makes it another model: a model's
/// loader may run what it finds.
///
/// # Errors
/// [`Error::Files`] names all that are missing, changed or extra. [`Error::LeadsOutside`] for a link to
/// elsewhere, [`Error::NotAFile`] for a link to nowhere or to a folder, and for a device.
pub(crate) fn check(folder: &Path, subjects: &[Subject]) -> Result<()> {
    let root = fs::canonicalize(folder).map_err(|cause| Error::file(folder, cause))?;
    if !root.is_dir() {
        return Err(Error::NotAFolder(folder.to_owned()));
    }
    let mut found = Found { root: &root, files: BTreeMap::new(), differences: Vec::new() };
    found.walk(&root, "")?;
    let Found { mut files, mut differences, .. } = found;
    for subject in subjects {
        let name = subject.name();
        let Some(path) = files.remove(name) else {
            differences.push(format!("`{name}` is missing"));
            continue;
        };
        let (sha256, size) = hash(&path).map_err(|cause| Error::file(&path, cause))?;
        if sha256 != subject.sha256() {
            differences.push(format!("`{name}` is changed (SHA-256 `{sha256}`)"));
        } else if size.to_string() != subject.size() {
            differences.push(format!("`{name}` has {size} bytes, not {}", subject.size()));
        }
    }
    differences.extend(files.into_keys().map(|name| format!("`{name}` is extra")));
    if differences.is_empty() { Ok(()) } else { Err(Error::Files { differences }) }
}

struct Found<'a> {
    root: &'a Path,
    /// By their paths below the root, as a subject's name has them.
    files: BTreeMap<String, PathBuf>,
    differences: Vec<String>,
}

impl Found<'_> {
    fn walk(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let of = |cause| Error::file(folder, cause);
        for entry in fs::read_dir(folder).map_err(of)? {
            let entry = entry.map_err(of)?;
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                // A subject's name is text, so this can be none.
                self.differences.push(format!("`{}` is extra", path.display()));
                continue;
            };
            let name = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(|cause| Error::file(&path, cause))?;
            if kind.is_dir() {
                self.walk(&path, &format!("{name}/"))?;
            } else if kind.is_symlink() {
                let target = self.follow(&name, &path)?;
                self.files.insert(name, target);
            } else if kind.is_file() {
                self.files.insert(name, path);
            } else {
                return Err(Error::NotAFile { name, what: "neither a file nor a folder" });
            }
        }
        Ok(())
    }

    /// The file that a link leads to, within the root.
    fn follow(&self, name: &str, link: &Path) -> Result<PathBuf> {
        let name = || name.to_owned();
        let Ok(target) = fs::canonicalize(link) else {
            return Err(Error::NotAFile { name: name(), what: "a link to nowhere" });
        };
        if !target.starts_with(self.root) {
            return Err(Error::LeadsOutside { name: name(), target });
        }
        if !target.is_file() {
            return Err(Error::NotAFile { name: name(), what: "a link to something that is no file" });
        }
        Ok(target)
    }
}

fn hash(path: &Path) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let size = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((hex::encode(hasher.finalize()), size))
}
