//! Passwords: how they are kept, and compared.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use domain::Millis;
use http::StatusCode;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::ApiError;

/// In KiB. With [`PASSES`] it is what OWASP's password storage cheat sheet asks for at least.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Each takes [`MEMORY`], so that many guesses at once must not each begin.
const AT_ONCE: usize = 2;
/// Scripts send their password with every request; comparing it takes longer than most requests do.
const REMEMBERED_MS: i64 = 60_000;
const MOST_REMEMBERED: usize = 1000;
const TURNS: usize = 64;

/// What nobody's password is: an unknown name takes as long as a wrong password.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now(&rand::rng().random::<u128>().to_string()));

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).expect("the parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Composed alike on every keyboard.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn hash_now(password: &str) -> String {
    let salt = SaltString::generate(&mut OsRng);
    let hash = argon2().hash_password(normal(password).as_bytes(), &salt);
    hash.expect("Argon2 takes any password of this length").to_string()
}

/// Hashes and compares, a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Semaphore,
    /// Of this process alone, so that what is remembered is worth nothing elsewhere.
    key: [u8; 32],
    /// What was right a moment ago, and until when that counts.
    right: Mutex<HashMap<[u8; 32], i64>>,
    /// One name's passwords are compared one after the other; names share these.
    turns: [tokio::sync::Mutex<()>; TURNS],
}

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Shared {
            places: Semaphore::new(AT_ONCE),
            key: rand::rng().random(),
            right: Mutex::default(),
            turns: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }))
    }
}

impl Passwords {
    /// Argon2id, in the PHC format.
    ///
    /// # Errors
    /// Only if the server is shutting down.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.work(move || hash_now(&password)).await
    }

    /// Whether a password is the one behind `hash`; without a hash it never is, after the same time.
    ///
    /// # Errors
    /// Only if the server is shutting down.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.work(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.clone());
            let is_right = PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2().verify_password(normal(&password).as_bytes(), &hash).is_ok());
            known && is_right
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let stopping = || {
            ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "TEMPORARILY_UNAVAILABLE",
                "the server is shutting down; try again",
            )
        };
        let _place = self.0.places.acquire().await.map_err(|_| stopping())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| stopping())
    }

    /// Waits until nobody else's password for the name is being compared.
    pub async fn turn(&self, name: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (self.0.key, name.to_lowercase()).hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        self.0.turns[place].lock().await
    }

    /// Whether this very password was right for this hash a moment ago, from the same address: to others it tells nothing.
    pub fn remembers(&self, shown: (&str, Option<IpAddr>), hash: &str, now: Millis) -> bool {
        let right = self.0.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.get(&self.entry(shown, hash)).is_some_and(|until| *until > now.0)
    }

    pub fn remember(&self, shown: (&str, Option<IpAddr>), hash: &str, now: Millis) {
        let entry = self.entry(shown, hash);
        let mut right = self.0.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= MOST_REMEMBERED {
            right.retain(|_, until| *until > now.0);
        }
        if right.len() < MOST_REMEMBERED {
            right.insert(entry, now.0 + REMEMBERED_MS);
        }
    }

    /// The hash is part of it: a new password makes the old one forgotten.
    fn entry(&self, (password, from): (&str, Option<IpAddr>), hash: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.0.key);
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        digest.update(from.len().to_le_bytes());
        digest.update(from);
        digest.update(hash.len().to_le_bytes());
        digest.update(hash);
        digest.update(password);
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse — Stra\u{df}e é".into()).await.expect("is hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let right =
            |password: &str, hash: Option<&String>| passwords.verify(password.to_owned(), hash.cloned());
        assert!(right("correct horse — Stra\u{df}e é", Some(&hash)).await.expect("is compared"));
        // The same letter, composed by another keyboard.
        assert!(right("correct horse — Stra\u{df}e e\u{301}", Some(&hash)).await.expect("is compared"));
        assert!(!right("correct horse", Some(&hash)).await.expect("is compared"));
        assert!(!right("correct horse", None).await.expect("is compared"));
        assert!(!right("correct horse", Some(&"no hash".to_owned())).await.expect("is compared"));
    }

    #[test]
    fn what_was_right_counts_for_a_while_and_for_that_hash() {
        let passwords = Passwords::default();
        let here = Some(IpAddr::from([127, 0, 0, 1]));
        passwords.remember(("secret", here), "hash", Millis(0));
        assert!(passwords.remembers(("secret", here), "hash", Millis(REMEMBERED_MS - 1)));
        assert!(!passwords.remembers(("secret", here), "hash", Millis(REMEMBERED_MS)));
        assert!(!passwords.remembers(("secret", here), "another", Millis(0)));
        assert!(!passwords.remembers(("hsecret", here), "has", Millis(0)));
        assert!(!passwords.remembers(("secret", Some(IpAddr::from([127, 0, 0, 2]))), "hash", Millis(0)));
        assert!(!passwords.remembers(("secret", None), "hash", Millis(0)));
        for number in 0..=MOST_REMEMBERED {
            passwords.remember((&number.to_string(), None), "hash", Millis(2 * REMEMBERED_MS));
        }
        let last = MOST_REMEMBERED.to_string();
        assert!(passwords.remembers(("5", None), "hash", Millis(2 * REMEMBERED_MS)));
        assert!(!passwords.remembers((&last, None), "hash", Millis(2 * REMEMBERED_MS)), "there is a limit");
    }
}
