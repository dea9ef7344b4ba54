//! Where release records are signed.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use release::{Keys, Statement};

use crate::error::{Error, Result};

/// The workspace's seal, and how its records name the workspace.
#[derive(Clone)]
pub struct Office {
    keys: Arc<RwLock<Keys>>,
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
        Self { keys: Arc::new(RwLock::new(keys)), instance, url }
    }

    /// The signed envelope, as it is given to whoever asks.
    ///
    /// # Errors
    /// `InvalidState` if the statement is none, e.g. on no files, or if the key can't be used.
    pub(super) fn seal(&self, statement: &Statement) -> Result<String> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let envelope = keys.sign(statement);
        let refused = |why: release::Error| {
            Error::InvalidState(format!("the release can't be recorded, so it isn't made: {why}"))
        };
        Ok(envelope.map_err(refused)?.to_line())
    }

    /// All public keys that records of this workspace were signed with, the current one first.
    pub fn public_document(&self) -> String {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).public_document()
    }
}
