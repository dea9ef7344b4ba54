//! Whether inputs have changed since the last time.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::{Context, Result};

/// A digest of `purpose` and of the names and contents of the files in and under `paths`.
pub fn of(paths: &[&Path], purpose: &str) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    purpose.hash(&mut hasher);
    for path in paths {
        for file in crate::files::under(path)? {
            file.hash(&mut hasher);
            fs::read(&file).with_context(|| format!("can't read `{}`", file.display()))?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_a_new_file_and_another_purpose_are_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let digest = |purpose: &str| of(&[folder.path()], purpose).expect("readable");
        fs::write(folder.path().join("a"), "1").expect("writable");
        let first = digest("x");
        assert_eq!(digest("x"), first);
        assert_ne!(digest("y"), first);

        fs::write(folder.path().join("a"), "2").expect("writable");
        let changed = digest("x");
        assert_ne!(changed, first);

        fs::write(folder.path().join("b"), "").expect("writable");
        assert_ne!(digest("x"), changed);
    }
}
