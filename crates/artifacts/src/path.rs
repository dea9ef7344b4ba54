//! Names that stay inside the root.
//!
//! A file has the same name on disk as for its owner, so whatever fits a file system fits here. Only `#`
//! is kept as a backslash, which no name has: the store takes `name#1` for a file that isn't whole yet.

use object_store::path::Path;
use percent_encoding::percent_decode_str;

use crate::{Error, Result};

/// At most so many bytes in a whole path, which leaves room for the root's own.
const LONGEST: usize = 2048;
/// What file systems take.
const LONGEST_PART: usize = 255;
const HASH_ON_DISK: &str = "\\";

/// A checked place below the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Path);

impl Place {
    /// The root itself.
    pub fn root() -> Self {
        Self(Path::default())
    }

    /// Checks `path`: parts joined by `/`, none of them empty, `.` or `..`, also not when decoded
    /// (however often); no backslash, NUL or control character. Empty: the root.
    ///
    /// # Errors
    /// `Path`, with the reason.
    pub fn parse(path: &str) -> Result<Self> {
        if path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic() {
            return Err(Error::Path { path: shortened(path), why: "it starts with a drive letter" });
        }
        Self::below(path)
    }

    fn below(path: &str) -> Result<Self> {
        let refused = |why| Error::Path { path: shortened(path), why };
        check(path).map_err(refused)?;
        let stored = Path::parse(path.replace('#', HASH_ON_DISK));
        stored.map(Self).map_err(|_| refused("it has a character that no file name can have"))
    }

    /// The place of `path` below this one.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn join(&self, path: &str) -> Result<Self> {
        let below = if self.is_root() { Self::parse(path)? } else { Self::below(path)? };
        Ok(Self(self.0.parts().chain(below.0.parts()).collect()))
    }

    pub fn is_root(&self) -> bool {
        self.0.as_ref().is_empty()
    }

    pub(crate) fn refused(&self, why: &'static str) -> Error {
        Error::Path { path: display(self.0.as_ref()), why }
    }

    pub(crate) fn as_path(&self) -> &Path {
        &self.0
    }
}

fn check(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Ok(());
    }
    if path.len() > LONGEST {
        return Err("it is longer than 2048 bytes");
    }
    check_literally(path)?;
    // The name is taken as it is; but no spelling of it may mean another place to whatever reads it next.
    let mut spelling = path.to_owned();
    loop {
        let decoded = percent_decode_str(&spelling).decode_utf8_lossy().into_owned();
        if decoded == spelling {
            return Ok(());
        }
        let leads_out =
            decoded.starts_with(['/', '\\']) || decoded.split(['/', '\\']).any(|part| part == "..");
        if leads_out {
            return Err("it leads to another place when it is decoded again");
        }
        spelling = decoded;
    }
}

fn check_literally(path: &str) -> Result<(), &'static str> {
    if path.starts_with('/') {
        return Err("it must be relative");
    }
    if path.chars().any(|c| c == '\\' || c.is_control()) {
        return Err("it has a backslash or a control character");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("it has an empty part, `.` or `..`");
    }
    if path.split('/').any(|part| part.len() > LONGEST_PART) {
        return Err("it has a part longer than 255 bytes");
    }
    Ok(())
}

fn shortened(path: &str) -> String {
    path.chars().take(200).collect()
}

/// A stored path as people wrote it.
pub(crate) fn display(path: &str) -> String {
    path.replace(HASH_ON_DISK, "#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_places() {
        for path in [
            "a.txt",
            "model/MLmodel",
            "größe/a b.txt",
            "100%.txt",
            "a#1",
            "x~y/[z].json",
            "step%0%timestamp%1795.png",
            "%2e",
            "..a",
            "a..",
            "",
        ] {
            assert!(Place::parse(path).is_ok(), "{path}");
            assert_eq!(display(Place::parse(path).expect("parses").as_path().as_ref()), path);
        }
    }

    #[test]
    fn no_spelling_leads_outside() {
        for path in [
            "..",
            "../a",
            "a/../b",
            "a/..",
            "/etc/passwd",
            "//x",
            "a//b",
            "a/",
            "./a",
            "a/.",
            "..\\a",
            "a\\..\\b",
            "%2e%2e/a",
            "%2e%2e%2fa",
            "%252e%252e%252fa",
            "a/%2e%2e/b",
            "%2fetc",
            "a\0b",
            "C:/x",
            "c:x",
            "a/\u{1}",
            "%5c..%5ca",
        ] {
            assert!(Place::parse(path).is_err(), "{path}");
        }
        assert!(Place::parse(&"x/".repeat(2_000)).is_err());
        assert!(Place::parse(&"x".repeat(255)).is_ok());
        assert!(Place::parse(&"x".repeat(256)).is_err());
        assert!(Place::parse(&"数".repeat(86)).is_err());
    }
}
