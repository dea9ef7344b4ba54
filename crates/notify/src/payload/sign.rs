//! Signatures: HMAC-SHA256 in the three spellings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::Unsendable;

const PREFIX: &str = "whsec_";

/// A secret of ours, from random bytes: `whsec_` and their base64.
pub fn secret(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(random))
}

/// The key in a secret of ours.
///
/// # Errors
/// [`Unsendable::Secret`] unless it is `whsec_` and 24 to 64 bytes in base64.
pub fn key(secret: &str) -> Result<Vec<u8>, Unsendable> {
    let encoded = secret.strip_prefix(PREFIX).ok_or(Unsendable::Secret)?;
    let key = STANDARD.decode(encoded).map_err(|_| Unsendable::Secret)?;
    if (24..=64).contains(&key.len()) { Ok(key) } else { Err(Unsendable::Secret) }
}

/// Standard Webhooks: a signature by every secret, the oldest first, parted by spaces.
pub(super) fn standard(secrets: &[&str], id: &str, at_s: i64, body: &[u8]) -> Result<String, Unsendable> {
    if secrets.is_empty() {
        return Err(Unsendable::NoSecret);
    }
    let signatures: Result<Vec<_>, _> =
        secrets.iter().map(|secret| Ok(timed(&key(secret)?, id, at_s, body))).collect();
    Ok(signatures?.join(" "))
}

/// `v1,` and the base64 of the HMAC over `id.time.body`.
pub(super) fn timed(key: &[u8], id: &str, at_s: i64, body: &[u8]) -> String {
    let opening = format!("{id}.{at_s}.");
    format!("v1,{}", STANDARD.encode(hmac(key, &[opening.as_bytes(), body])))
}

/// Lower-case hexadecimal digits of the HMAC over the body alone.
pub(super) fn plain(key: &[u8], body: &[u8]) -> String {
    hex::encode(hmac(key, &[body]))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first key is the bytes 0 to 23, the second 24 to 55; signed by PyPI's `standardwebhooks` 1.1.0.
    const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    const NEW: &str = "whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc=";
    const BODY: &str =
        r#"{"type":"review.applied","timestamp":"2026-01-02T03:04:05.000Z","data":{"model":"chürn"}}"#;

    #[test]
    fn ours_is_what_the_reference_library_signs() {
        let signed = |secrets: &[&str]| standard(secrets, "msg_1", 1_700_000_000, BODY.as_bytes());
        assert_eq!(signed(&[OLD]), Ok("v1,N99D2jKGvvpYhNo2I+ubTA9c86MSlFP26lG9ML5wpX0=".into()));
        assert_eq!(
            signed(&[OLD, NEW]),
            Ok("v1,N99D2jKGvvpYhNo2I+ubTA9c86MSlFP26lG9ML5wpX0= v1,RSJ87DBCZ9FuyyBvcTMOBZXbNHOXDu0h9dqRqvu+GAk=".into())
        );
    }

    #[test]
    fn the_others_are_what_python_computes() {
        // `hmac.new(b"s3cret", …, hashlib.sha256)` over `d.1700000000.` and the body, and over the body.
        assert_eq!(
            timed(b"s3cret", "d", 1_700_000_000, BODY.as_bytes()),
            "v1,n4765aSYJFtdrv8my4N6KF6RT/B+Cc8cq4BocEY2AUc="
        );
        assert_eq!(
            plain(b"s3cret", BODY.as_bytes()),
            "f7e56656611ef96b3685bdeffc2b1b0758a6c7153d16076433f9033358f1b29e"
        );
    }

    #[test]
    fn hmac_holds_for_keys_longer_than_a_block() {
        // RFC 4231, test case 6.
        assert_eq!(
            plain(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_and_its_prefix() {
        assert_eq!(key(&secret([7; 32])), Ok(vec![7; 32]));
        let sized = |n| format!("{PREFIX}{}", STANDARD.encode(vec![0; n]));
        assert!(key(&sized(24)).is_ok() && key(&sized(64)).is_ok());
        for wrong in
            [sized(23), sized(65), OLD[6..].into(), format!("{OLD}!"), String::new(), "whsec_".into()]
        {
            assert_eq!(key(&wrong), Err(Unsendable::Secret), "{wrong}");
        }
    }

    #[test]
    fn without_a_secret_ours_is_not_sent() {
        assert_eq!(standard(&[], "msg_1", 0, b""), Err(Unsendable::NoSecret));
    }
}
