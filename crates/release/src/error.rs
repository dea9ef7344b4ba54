//! What can be wrong with a key, a record or the files that it speaks of.

use std::io;
use std::path::{Path, PathBuf};

use crate::Moment;

pub type Result<T> = std::result::Result<T, Error>;

/// Each message reads alone: it names the file, key, member or person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{}`: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },

    // The folder with the keys.
    #[error("the operating system has no randomness: {0}")]
    NoRandomness(String),
    #[error("`{0}` can be read by others than its owner (mode {mode:03o}): run `chmod 600 {0}`", path.display())]
    ReadableByOthers { path: PathBuf, mode: u32 },
    #[error("`{}` can't be read: {why}", path.display())]
    NotAKeyFile { path: PathBuf, why: String },
    #[error("`{}` is the key `{found}`, but the list beside it names `{expected}`: restore that one from a backup", path.display())]
    WrongKey { path: PathBuf, found: String, expected: String },
    #[error("`{}` is missing, but the list beside it names the key `{expected}`: restore it from a backup", path.display())]
    KeyMissing { path: PathBuf, expected: String },
    #[error("the key that signs can't be revoked: rotate first, then revoke the old one")]
    RevokesCurrentKey,

    // Public keys.
    #[error("line {line}: {why}")]
    PublicKeys { line: usize, why: String },
    #[error("there is no key `{key_id}` among those given")]
    NoSuchKey { key_id: String },
    #[error("the announcement of a key can't be followed: {0}")]
    NotAnAnnouncement(String),

    // The envelope.
    #[error("this is no DSSE envelope: {0}")]
    NotAnEnvelope(String),
    #[error("the payload's type is `{found}`, not `{expected}`")]
    PayloadType { found: String, expected: String },
    #[error("`{member}` is not base64 with padding: {why}")]
    Base64 { member: &'static str, why: String },
    #[error("the record is not signed")]
    Unsigned,
    #[error("two signatures name the key `{key_id}`")]
    SignedTwice { key_id: String },
    #[error("the signature of the key `{key_id}` has {length} bytes, not 64")]
    SignatureLength { key_id: String, length: usize },
    #[error(
        "the key {key_ids} that signed is not among those given: compare it with the server's `/.well-known/countersign.pub`"
    )]
    UnknownKey { key_ids: String },
    #[error("the signature is not by the key `{key_id}`, or what was signed has changed since")]
    BadSignature { key_id: String },
    #[error("the key `{key_id}` is revoked since {revoked}, and the record was issued at {issued}")]
    Revoked { key_id: String, revoked: Moment, issued: Moment },
    #[error("the key `{key_id}` signs no more since {until}, and the record was issued at {issued}")]
    Retired { key_id: String, until: Moment, issued: Moment },

    // The statement.
    #[error("this is no release statement: {0}")]
    NotAStatement(String),
    #[error("a release needs files: this version has none")]
    NoSubjects,
    #[error("the file `{name}` can't be in a record: {why}")]
    Subject { name: String, why: &'static str },
    #[error("the files are not in order: `{name}` comes too late")]
    SubjectOrder { name: String },

    // What the statement says.
    #[error("the digest is made with `{0}`, not `RFC8785`")]
    Canonicalization(String),
    #[error("the digest says `{said}`, but that of the document is `{computed}`")]
    Digest { said: String, computed: String },
    #[error(
        "the signed document has no list of texts `request.authors`: nobody can tell whose sign-off counts"
    )]
    NoAuthors,
    #[error("{what}: the record says {record}, but the signed document {document}")]
    OtherThanSigned { what: String, record: String, document: String },
    #[error("sign-offs are missing: {}{}", missing.join(", "), but_given(.not_counted))]
    SignOffsMissing { missing: Vec<String>, not_counted: Vec<String> },
    #[error("the gate `{id}` is required and {why}")]
    Gate { id: String, why: String },
    #[error("the record is of kind `override` without saying who overrode and why")]
    NoOverride,
    #[error("the record has an override by `{by}` but is of kind `{kind}`")]
    StrayOverride { by: String, kind: &'static str },

    // The files.
    #[error("`{}` is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("the file `{name}` leads out of the folder, to `{}`", target.display())]
    LeadsOutside { name: String, target: PathBuf },
    #[error("the file `{name}` is {what}")]
    NotAFile { name: String, what: &'static str },
    #[error("the files are not those that were released: {}", differences.join(", "))]
    Files { differences: Vec<String> },
}

impl Error {
    pub(crate) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}

fn but_given(why: &[String]) -> String {
    if why.is_empty() { String::new() } else { format!("; not counted: {}", why.join(", ")) }
}
