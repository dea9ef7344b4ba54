//! The signed statement: these files, and what the predicate says about them (in-toto Statement v1).

use domain::canonical;
use serde::{Deserialize, Serialize};

use crate::predicate::PREDICATE_TYPE;
use crate::{Envelope, Error, Predicate, Result, SigningKey, json};

pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Other tools refuse members that in-toto does not know here, and so do we.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

/// A file of the released version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    name: String,
    digest: FileDigest,
    annotations: Annotations,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDigest {
    sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Annotations {
    size: String,
}

impl Subject {
    /// A file by its path below the model's folder, with `/` between names, and the SHA-256 and size in bytes of
    /// its content.
    pub fn new(name: impl Into<String>, sha256: impl Into<String>, size: u64) -> Self {
        Self {
            name: name.into(),
            digest: FileDigest { sha256: sha256.into() },
            annotations: Annotations { size: size.to_string() },
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.digest.sha256
    }

    /// In bytes, as decimal digits.
    pub fn size(&self) -> &str {
        &self.annotations.size
    }

    fn check(&self) -> Result<()> {
        let wrong = |why| Err(Error::Subject { name: self.name.clone(), why });
        if self.name.contains('\\') {
            return wrong("its name has a `\\`");
        }
        if self.name.contains('\0') {
            return wrong("its name has a zero byte");
        }
        if self.name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return wrong("its name is no path below the model's folder");
        }
        if !is_sha256(self.sha256()) {
            return wrong("its SHA-256 is not 64 lower-case hexadecimal digits");
        }
        // One spelling: no sign, no zeros in front.
        if self.size().parse::<u64>().is_ok_and(|size| size.to_string() == self.size()) {
            Ok(())
        } else {
            wrong("its size is no number of bytes")
        }
    }
}

impl Statement {
    /// The statement on these files, in any order.
    ///
    /// # Errors
    /// [`Error::NoSubjects`]; [`Error::Subject`] for a file that is there twice or whose name, digest or size is
    /// none.
    pub fn new(mut subjects: Vec<Subject>, predicate: Predicate) -> Result<Self> {
        subjects.sort_by(|one, other| one.name.cmp(&other.name));
        let statement = Self {
            kind: STATEMENT_TYPE.into(),
            subject: subjects,
            predicate_type: PREDICATE_TYPE.into(),
            predicate,
        };
        statement.check()?;
        Ok(statement)
    }

    /// Reads the bytes whose signature was verified.
    ///
    /// # Errors
    /// Which member is at fault.
    pub fn parse(payload: &[u8]) -> Result<Self> {
        let statement: Self = json::parse(payload).and_then(json::to_typed).map_err(Error::NotAStatement)?;
        statement.check()?;
        Ok(statement)
    }

    /// The bytes to sign: canonical JSON.
    ///
    /// # Errors
    /// [`Error::NotAStatement`] if the evidence or the document has a number that is no small integer.
    pub fn payload(&self) -> Result<Vec<u8>> {
        let document = json::from_typed(self).map_err(Error::NotAStatement)?;
        Ok(canonical::to_string(&document).into_bytes())
    }

    /// The record.
    ///
    /// # Errors
    /// As [`Statement::payload`].
    pub fn sign(&self, key: &SigningKey) -> Result<Envelope> {
        Ok(Envelope::sign(PAYLOAD_TYPE, &self.payload()?, key))
    }

    /// The released files, sorted by the bytes of their names.
    pub fn subjects(&self) -> &[Subject] {
        &self.subject
    }

    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    fn check(&self) -> Result<()> {
        for (member, found, expected) in
            [("_type", &self.kind, STATEMENT_TYPE), ("predicateType", &self.predicate_type, PREDICATE_TYPE)]
        {
            if found != expected {
                return Err(Error::NotAStatement(format!("`{member}` is `{found}`, not `{expected}`")));
            }
        }
        if self.subject.is_empty() {
            return Err(Error::NoSubjects);
        }
        self.subject.iter().try_for_each(Subject::check)?;
        for two in self.subject.windows(2) {
            let name = || two[1].name.clone();
            match two[0].name.cmp(&two[1].name) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => {
                    return Err(Error::Subject { name: name(), why: "it is there twice" });
                }
                std::cmp::Ordering::Greater => return Err(Error::SubjectOrder { name: name() }),
            }
        }
        Ok(())
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}
