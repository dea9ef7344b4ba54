//! Where release records are signed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Millis;
use futures::FutureExt as _;
use release::{Keys, Statement};
use serde_json::json;

use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};

/// The workspace's seal, and how its records name the workspace.
#[derive(Clone)]
pub struct Office {
    keys: Arc<Mutex<Keys>>,
    /// The workspace's own name: the same on each of its servers.
    pub instance: String,
    /// How people reach it, without a slash at the end.
    pub url: String,
}

impl fmt::Debug for Office {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Office").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Office {
    pub fn new(keys: Keys, instance: String, url: String) -> Self {
        Self { keys: Arc::new(Mutex::new(keys)), instance, url }
    }

    /// The signed envelope, as it is given to whoever asks.
    ///
    /// # Errors
    /// `InvalidState` if the statement is none, e.g. on no files, or if the key can't be used.
    pub(super) fn seal(&self, statement: &Statement) -> Result<String> {
        let mut keys = self.keys();
        // `countersign key rotate` may have run beside this server: what a retired key signs is worth nothing.
        let envelope = keys.refresh().and_then(|()| keys.sign(statement));
        let refused = |why: release::Error| {
            Error::InvalidState(format!("the release can't be recorded, so it isn't made: {why}"))
        };
        Ok(envelope.map_err(refused)?.to_line())
    }

    /// All public keys that records of this workspace were signed with, the current one first.
    pub fn public_document(&self) -> String {
        let mut keys = self.keys();
        if let Err(error) = keys.refresh() {
            tracing::error!(%error, "the keys can't be read again; those of the last time are given");
        }
        keys.public_document()
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes down that another key signs.
///
/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn note_key_rotation(db: &Db, old: String, new: String, now: Millis) -> Result<()> {
    db.by().check_admin()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let change = Change::new("key.rotate", &new).from(json!({ "key_id": old }));
            audit::record(tx, &by, change.to(json!({ "key_id": new })), now).await
        }
        .boxed()
    })
    .await
}
