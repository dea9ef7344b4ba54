//! What webhooks are called with.

use std::sync::{Arc, OnceLock};

use notify::send::{Limits, SetUp};
use notify::{Answer, Outgoing, Rules, SendError, Sender, Topic};
use store::{Db, Error, webhooks};

use crate::clock::now;

/// Which addresses may be called, and what calls them.
#[derive(Clone, Default)]
pub struct Calling {
    pub rules: Arc<Rules>,
    /// Made when it is first needed: reading the system's certificates takes a while.
    sender: Arc<OnceLock<Sender>>,
}

/// How trying a webhook out ended.
type Tried = Result<Answer, SendError>;

impl Calling {
    pub fn new(rules: Rules) -> Self {
        Self { rules: rules.into(), sender: Arc::default() }
    }

    /// # Errors
    /// [`SetUp`] if the system's certificates cannot be read.
    pub fn sender(&self) -> Result<&Sender, SetUp> {
        if let Some(sender) = self.sender.get() {
            return Ok(sender);
        }
        let sender = Sender::new((*self.rules).clone(), Limits::default())?;
        Ok(self.sender.get_or_init(|| sender))
    }

    /// Sends an example now, once, and waits for what comes of it.
    ///
    /// # Errors
    /// Those of [`webhooks::test`]; `InvalidState` if nothing can be called.
    pub async fn test(&self, db: &Db, uuid: &str, event: Option<Topic>) -> Result<Tried, Error> {
        let outgoing: Outgoing = webhooks::test(db, uuid, event, now()).await?;
        let sender = self.sender().map_err(|error| Error::InvalidState(error.to_string()))?;
        Ok(sender.send(outgoing).await)
    }
}
