//! The public halves of keys, and the document that lists them: `/.well-known/countersign.pub`.

use std::fmt::{self, Write as _};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::{Error, Moment, Result};

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// A key that can verify, and when its private half signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: String,
    /// When it began to sign; for people to read.
    pub from: Option<Moment>,
    /// When another took over. What it signed later is refused.
    pub until: Option<Moment>,
    /// When it came into other hands, as far as is known. What it signed later is refused.
    pub revoked: Option<Moment>,
}

impl PublicKey {
    pub(crate) fn new(key: VerifyingKey) -> Self {
        let der = key.to_public_key_der().expect("32 bytes have an encoding");
        let id = hex::encode(Sha256::digest(der.as_bytes()));
        Self { key, id, from: None, until: None, revoked: None }
    }

    /// Reads one SPKI PEM block.
    ///
    /// # Errors
    /// The text is no Ed25519 key, or one of those few under which signatures can be forged.
    pub fn from_pem(text: &str) -> std::result::Result<Self, String> {
        let key = VerifyingKey::from_public_key_pem(text).map_err(|cause| cause.to_string())?;
        if key.is_weak() {
            return Err("signatures by this key can be forged".into());
        }
        Ok(Self::new(key))
    }

    /// SPKI PEM, with a line feed at the end.
    ///
    /// # Panics
    /// Never: a key of 32 bytes has an encoding.
    pub fn to_pem(&self) -> String {
        self.key.to_public_key_pem(LineEnding::LF).expect("32 bytes have an encoding")
    }

    /// SHA-256 of the SPKI DER as lower-case hexadecimal digits: `openssl pkey -pubin -outform DER | sha256sum`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this key made the signature. Encodings that Ed25519 leaves open are refused.
    ///
    /// # Errors
    /// [`Error::BadSignature`] if it did not.
    pub fn verify(&self, bytes: &[u8], signature: &[u8; 64]) -> Result<()> {
        let signature = Signature::from_bytes(signature);
        let verified = self.key.verify_strict(bytes, &signature);
        verified.map_err(|_| Error::BadSignature { key_id: self.id.clone() })
    }

    /// Whether this key could sign something at that moment.
    ///
    /// # Errors
    /// [`Error::Revoked`] or [`Error::Retired`].
    pub fn may_sign_at(&self, issued: Moment) -> Result<()> {
        let key_id = || self.id.clone();
        match (self.revoked, self.until) {
            (Some(revoked), _) if issued > revoked => {
                Err(Error::Revoked { key_id: key_id(), revoked, issued })
            }
            (_, Some(until)) if issued > until => Err(Error::Retired { key_id: key_id(), until, issued }),
            _ => Ok(()),
        }
    }

    /// The line that precedes the block in the document.
    fn comment(&self) -> String {
        let mut comment = format!("# keyid {}", self.id);
        for (word, at) in [("from", self.from), ("until", self.until), ("revoked", self.revoked)] {
            if let Some(at) = at {
                // Writing to a string does not fail.
                let _ = write!(comment, " {word} {at}");
            }
        }
        comment
    }

    /// Takes over what the comment says of this key.
    fn describe(&mut self, comment: &str) -> std::result::Result<(), String> {
        let mut words = comment.split_whitespace();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("nothing follows `{word}`"))?;
            match word {
                "keyid" if value == self.id => {}
                "keyid" => return Err(format!("the key after the comment on `{value}` is `{}`", self.id)),
                "from" => self.from = Some(value.parse()?),
                "until" => self.until = Some(value.parse()?),
                "revoked" => self.revoked = Some(value.parse()?),
                _ => return Err(format!("`{word}` is none of `from`, `until` and `revoked`")),
            }
        }
        Ok(())
    }
}

/// The keys that somebody trusts. `Display` writes the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// The keys in the order in which the document lists them.
    pub fn new(keys: Vec<PublicKey>) -> Self {
        Self(keys)
    }

    /// Reads a document of PEM blocks. A line `# keyid …` says of the block that follows when it signed; other
    /// text is skipped.
    ///
    /// # Errors
    /// [`Error::PublicKeys`] for a document without keys, with one twice, or with a part that can't be read.
    pub fn parse(text: &str) -> Result<Self> {
        let mut keys: Vec<PublicKey> = Vec::new();
        let mut comment = None;
        let mut block: Option<String> = None;
        for (line, number) in text.lines().map(str::trim_end).zip(1..) {
            let wrong = |why: String| Error::PublicKeys { line: number, why };
            if let Some(begun) = &mut block {
                begun.push_str(line);
                begun.push('\n');
                if line == END {
                    let mut key = PublicKey::from_pem(begun).map_err(wrong)?;
                    key.describe(comment.take().unwrap_or_default()).map_err(wrong)?;
                    if keys.iter().any(|known| known.id == key.id) {
                        return Err(wrong(format!("the key `{}` is there twice", key.id)));
                    }
                    keys.push(key);
                    block = None;
                }
            } else if line == BEGIN {
                block = Some(format!("{BEGIN}\n"));
            } else if let Some(words) = line.strip_prefix('#').map(str::trim)
                && words.starts_with("keyid ")
                && comment.replace(words).is_some()
            {
                return Err(wrong("no key follows the comment before this one".into()));
            }
        }
        let last = text.lines().count();
        match (block, comment) {
            (Some(_), _) => Err(Error::PublicKeys { line: last, why: format!("`{END}` is missing") }),
            (_, Some(_)) => {
                Err(Error::PublicKeys { line: last, why: "no key follows the last comment".into() })
            }
            _ if keys.is_empty() => {
                Err(Error::PublicKeys { line: last, why: format!("there is no `{BEGIN}`") })
            }
            _ => Ok(Self(keys)),
        }
    }

    pub fn get(&self, key_id: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.id == key_id)
    }

    /// Only the key with this fingerprint, for those who trust no other.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`] if it is none of these.
    pub fn only(&self, key_id: &str) -> Result<Self> {
        let key = self.get(key_id).ok_or_else(|| Error::NoSuchKey { key_id: key_id.to_owned() })?;
        Ok(Self(vec![key.clone()]))
    }

    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter()
    }
}

impl fmt::Display for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.0 {
            write!(f, "{}\n{}", key.comment(), key.to_pem())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::Millis;

    use super::*;
    use crate::SigningKey;

    /// The public half of RFC 8032, section 7.1, test 1.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";
    const ID: &str = "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9";

    fn key(seed: u8) -> PublicKey {
        SigningKey::from_seed(&[seed; 32]).public().clone()
    }

    fn refusal(document: &str) -> String {
        PublicKeys::parse(document).expect_err(document).to_string()
    }

    #[test]
    fn a_key_id_is_what_openssl_and_sha256sum_say() {
        let keys = PublicKeys::parse(PEM).expect("a key");
        let key = keys.get(ID).expect("its id");
        assert_eq!((key.to_pem().as_str(), key.from, key.until), (PEM, None, None));
    }

    #[test]
    fn a_document_is_read_as_it_is_written() {
        let mut old = key(1);
        old.from = Some(Moment(Millis(0)));
        old.until = Some(Moment(Millis(5_000)));
        old.revoked = Some(Moment(Millis(4_000)));
        let mut current = key(2);
        current.from = old.until;
        let keys = PublicKeys::new(vec![current, old, key(3)]);
        let text = keys.to_string();

        assert_eq!(PublicKeys::parse(&text).expect("our own"), keys);
        assert_eq!(PublicKeys::parse(&text.replace('\n', "\r\n")).expect("from Windows"), keys);
        assert_eq!(
            PublicKeys::parse(&format!("Keys of example.org\n#\n\n{text}\n# end\n")).expect("prose"),
            keys
        );
        let comment =
            " from 1970-01-01T00:00:00.000Z until 1970-01-01T00:00:05.000Z revoked 1970-01-01T00:00:04.000Z";
        assert!(text.contains(&format!("# keyid {}{comment}\n-----BEGIN", key(1).id())), "{text}");
    }

    #[test]
    fn a_document_with_a_part_that_cannot_be_read_says_which() {
        let comment = format!("# keyid {ID} until 2025-11-25T03:00:00Z");
        for (document, why) in [
            (String::new(), "line 0: there is no `-----BEGIN PUBLIC KEY-----`"),
            (comment.clone(), "line 1: no key follows the last comment"),
            (format!("{comment}\n{comment}\n{PEM}"), "line 2: no key follows"),
            (format!("{comment} revoked\n{PEM}"), "line 4: nothing follows `revoked`"),
            (format!("{comment} for ever\n{PEM}"), "`for` is none of"),
            (format!("{comment} from today\n{PEM}"), "`today` is no time"),
            (format!("{comment}\n{}", key(1).to_pem()), "the key after the comment on"),
            (format!("{PEM}{PEM}"), "is there twice"),
            (PEM.replace("-----END", "-----FIN"), "`-----END PUBLIC KEY-----` is missing"),
            (PEM.replace("MCow", "MCox"), "line 3"),
            (PEM.replace("11qY", "!1qY"), "line 3"),
        ] {
            let refused = refusal(&document);
            assert!(refused.contains(why), "{document}: {refused}");
        }
    }

    #[test]
    fn a_key_under_which_anyone_can_sign_is_none() {
        let weak = VerifyingKey::from_bytes(&[&[1_u8][..], &[0; 31]].concat().try_into().expect("32"))
            .expect("a point");
        assert!(refusal(&PublicKey::new(weak).to_pem()).contains("forged"));
    }

    #[test]
    fn one_fingerprint_can_be_trusted_alone() {
        let keys = PublicKeys::new(vec![key(1), key(2)]);
        let one = keys.only(key(2).id()).expect("there");
        assert!(one.get(key(1).id()).is_none() && one.get(key(2).id()).is_some());
        assert!(keys.only(ID).is_err_and(|why| why.to_string().contains(ID)));
    }
}
