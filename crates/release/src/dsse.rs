//! The envelope around signed bytes: DSSE v1. What is signed names the bytes' type and says both lengths, so
//! that no signature can be moved to other bytes or another type.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde::{Deserialize, Serialize};

use crate::{Error, PublicKey, PublicKeys, Result, SigningKey};

/// What an envelope is called where files have media types.
pub const MEDIA_TYPE: &str = "application/vnd.dsse.envelope.v1+json";

/// Bytes, what they are, and who signed them. Nothing else that such a file may have is signed: it is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Base64 with padding.
    pub payload: String,
    pub payload_type: String,
    pub signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// [`PublicKey::id`]. It is not signed: it only says which key to try.
    pub keyid: String,
    /// Base64 with padding, of 64 bytes.
    pub sig: String,
}

/// The bytes that were signed and the keys that signed them, at least one.
#[derive(Debug)]
pub struct Verified<'k> {
    pub payload: Vec<u8>,
    pub keys: Vec<&'k PublicKey>,
}

impl Envelope {
    pub fn sign(payload_type: &str, payload: &[u8], key: &SigningKey) -> Self {
        let sig = BASE64_STANDARD.encode(key.sign(&pre_authentication_encoding(payload_type, payload)));
        Self {
            payload: BASE64_STANDARD.encode(payload),
            payload_type: payload_type.into(),
            signatures: vec![Signature { keyid: key.key_id().into(), sig }],
        }
    }

    /// Reads the JSON; nothing is verified yet.
    ///
    /// # Errors
    /// [`Error::NotAnEnvelope`].
    pub fn parse(record: &[u8]) -> Result<Self> {
        let mut json = serde_json::Deserializer::from_slice(record);
        let envelope = serde_path_to_error::deserialize(&mut json)
            .map_err(|cause| Error::NotAnEnvelope(format!("`{}`: {}", cause.path(), cause.inner())))?;
        json.end().map_err(|cause| Error::NotAnEnvelope(cause.to_string()))?;
        Ok(envelope)
    }

    /// One line of JSON with a line feed: a file of its own, or a line of an in-toto bundle.
    ///
    /// # Panics
    /// Never: texts are always JSON.
    pub fn to_line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("texts are always JSON");
        line.push('\n');
        line
    }

    /// The bytes, if they are of that type and at least one of the keys signed them.
    ///
    /// # Errors
    /// Which part is wrong. A signature that names one of the keys and is not by it is refused even beside a
    /// good one; those by unknown keys are ignored.
    pub fn verify<'k>(&self, payload_type: &str, keys: &'k PublicKeys) -> Result<Verified<'k>> {
        if self.payload_type != payload_type {
            return Err(Error::PayloadType {
                found: self.payload_type.clone(),
                expected: payload_type.into(),
            });
        }
        if self.signatures.is_empty() {
            return Err(Error::Unsigned);
        }
        let payload = decode("payload", &self.payload)?;
        let signed = pre_authentication_encoding(payload_type, &payload);
        let mut seen = BTreeSet::new();
        let mut by = Vec::new();
        for Signature { keyid, sig } in &self.signatures {
            if !seen.insert(keyid) {
                return Err(Error::SignedTwice { key_id: keyid.clone() });
            }
            let sig = decode("sig", sig)?;
            let length = sig.len();
            let sig = sig.try_into().map_err(|_| Error::SignatureLength { key_id: keyid.clone(), length })?;
            if let Some(key) = keys.get(keyid) {
                key.verify(&signed, &sig)?;
                by.push(key);
            }
        }
        if by.is_empty() {
            let key_ids: Vec<_> = seen.into_iter().map(|id| format!("`{id}`")).collect();
            return Err(Error::UnknownKey { key_ids: key_ids.join(", ") });
        }
        Ok(Verified { payload, keys: by })
    }
}

/// `DSSEv1`, then both parts with their lengths in bytes.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// DSSE lets writers choose between both alphabets. Padding must be there, and unused bits must be zero, so that
/// bytes have one spelling in each.
fn decode(member: &'static str, text: &str) -> Result<Vec<u8>> {
    let decoded =
        BASE64_STANDARD.decode(text).or_else(|cause| BASE64_URL_SAFE.decode(text).map_err(|_| cause));
    decoded.map_err(|cause| Error::Base64 { member, why: cause.to_string() })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn lengths_are_those_of_bytes() {
        let encoded =
            |payload_type, payload: &str| pre_authentication_encoding(payload_type, payload.as_bytes());
        assert_eq!(
            encoded("http://example.com/HelloWorld", "hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(encoded("t/ü", "é"), "DSSEv1 4 t/ü 2 é".as_bytes());
        assert_eq!(encoded("", ""), b"DSSEv1 0  0 ");
    }

    /// Section 4 of `docs/reference/release-record.md`.
    #[test]
    fn the_worked_example_comes_out_byte_for_byte() {
        let payload = concat!(
            r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"metrics":[{"key":"auc","value":"0.91"}],"#,
            r#""model":"churn","requestedBy":"dana","toStage":"Production","version":"7"},"#,
            r#""predicateType":"https://countersign.dev/release/v1","subject":[{"annotations":{"size":"6"},"#,
            r#""digest":{"sha256":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},"#,
            r#""name":"MLmodel"}]}"#,
        );
        let payload_type = "application/vnd.in-toto+json";
        let seed =
            hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").expect("digits");
        let key = SigningKey::from_seed(&seed.try_into().expect("32 bytes"));
        let envelope = Envelope::sign(payload_type, payload.as_bytes(), &key);

        assert_eq!(payload.len(), 370);
        assert_eq!(
            domain::canonical::to_string(&crate::json::parse(payload.as_bytes()).expect("JSON")),
            payload
        );
        assert_eq!(
            hex::encode(Sha256::digest(pre_authentication_encoding(payload_type, payload.as_bytes()))),
            "ab0fd3d5b20ca23175e6177d21ac9f241b8cbd2b56aa1f57c81120304803636f",
        );
        let [Signature { keyid, sig }] = &envelope.signatures[..] else { panic!("one signature") };
        assert_eq!(keyid, "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9");
        assert_eq!(
            sig,
            "C2l8vcnAVJ3/apPQnpsPS573isOKaNON1FS7XA5YIbbAHULz/vgqdCbJDAHXhoAzt+++OaGUhiCY1/ausuw4Dw==",
        );
        let keys = PublicKeys::new(vec![key.public().clone()]);
        let line = envelope.to_line();
        assert!(line.ends_with("}\n") && line.lines().count() == 1);
        let verified = Envelope::parse(line.as_bytes())
            .and_then(|read| read.verify(payload_type, &keys).map(|of| of.payload));
        assert_eq!(verified.expect("our own"), payload.as_bytes());
    }

    #[test]
    fn base64_has_one_spelling_in_each_alphabet() {
        assert_eq!(decode("sig", "+/8=").expect("standard"), decode("sig", "-_8=").expect("for addresses"));
        for wrong in ["+/8", "+/9=", "+/8=\n", "+/ 8=", "+_8=", "+*8=", "="] {
            assert!(
                decode("sig", wrong).is_err_and(|why| why.to_string().starts_with("`sig` is not base64")),
                "{wrong}"
            );
        }
    }
}
