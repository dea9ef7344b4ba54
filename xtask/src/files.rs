//! Walking folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The files in and under `path` in the order of their names, or `path` itself if it is a file.
pub fn under(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let entries =
        fs::read_dir(path).with_context(|| format!("can't read the folder `{}`", path.display()))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            found.extend(under(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    Ok(found)
}
