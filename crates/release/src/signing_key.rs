//! The private half of a key pair.

use std::fmt;

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use rand::TryRngCore as _;
use rand::rngs::OsRng;

use crate::{Error, PublicKey, Result};

/// An Ed25519 key that signs. Its memory is wiped when it is dropped.
pub struct SigningKey {
    pair: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// A new key, from the operating system's randomness.
    ///
    /// # Errors
    /// If the operating system has none.
    pub fn generate() -> Result<Self> {
        let mut seed = [0; 32];
        OsRng.try_fill_bytes(&mut seed).map_err(|cause| Error::NoRandomness(cause.to_string()))?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed of 32 bytes, as RFC 8032 calls its private key.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = PublicKey::new(pair.verifying_key());
        Self { pair, public }
    }

    /// Reads PKCS#8 PEM, as this project and OpenSSL write it.
    ///
    /// # Errors
    /// The text holds no Ed25519 key.
    pub fn from_pem(text: &str) -> std::result::Result<Self, String> {
        let pair = ed25519_dalek::SigningKey::from_pkcs8_pem(text).map_err(|cause| cause.to_string())?;
        let public = PublicKey::new(pair.verifying_key());
        Ok(Self { pair, public })
    }

    /// PKCS#8 PEM of version 1, which has no public half: OpenSSL 3.0 reads no other.
    ///
    /// # Panics
    /// Never: a key of 32 bytes has an encoding.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let bytes = KeypairBytes { secret_key: self.pair.to_bytes(), public_key: None };
        bytes.to_pkcs8_pem(LineEnding::LF).expect("32 bytes have an encoding")
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub fn key_id(&self) -> &str {
        self.public.id()
    }

    /// The pure Ed25519 signature over the bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.pair.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    fn test_key() -> SigningKey {
        let seed = hex::decode(SEED).expect("digits").try_into().expect("32 bytes");
        SigningKey::from_seed(&seed)
    }

    #[test]
    fn a_signature_is_that_of_rfc_8032() {
        let signature = hex::encode(test_key().sign(b""));
        assert_eq!(
            signature,
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
    }

    #[test]
    fn the_private_half_is_written_as_pkcs8_version_1() {
        let pem = test_key().to_pem();
        assert_eq!(
            *pem,
            "-----BEGIN PRIVATE KEY-----\n\
             MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
             -----END PRIVATE KEY-----\n",
        );
        assert_eq!(SigningKey::from_pem(&pem).expect("our own").key_id(), test_key().key_id());
    }

    #[test]
    fn nothing_shows_the_seed() {
        let shown = format!("{:?}", test_key());
        assert!(shown.contains(test_key().key_id()) && !shown.contains("157"), "{shown}");
    }

    #[test]
    fn two_keys_differ() {
        let ids = [SigningKey::generate(), SigningKey::generate()]
            .map(|key| key.expect("randomness").public.id().to_owned());
        assert_ne!(ids[0], ids[1]);
    }
}
