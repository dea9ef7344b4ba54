//! Webhooks: who wants to be told of what, and the outbox of what is on its way.
//!
//! A change puts its event into the outbox in its own transaction ([`events`]); whoever delivers claims what is due
//! for a while and says what came of it ([`claim`], [`finish`]).

mod deliveries;
pub(crate) mod events;
mod hooks;
mod outbox;
mod rows;

pub use deliveries::{Delivery, DeliveryQuery, DeliveryState, deliveries, replay};
pub(crate) use hooks::end_all_of;
pub use hooks::{Secret, WebhookUpdate, create, delete, get, list, test, update};
pub use outbox::{Attempt, Due, claim, finish, is_due, prune};

use domain::Millis;
use notify::{Form, Topic};

/// Whether a webhook is told of what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    #[default]
    Active,
    Disabled,
    /// Only by a test.
    TestMode,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Active, Self::Disabled, Self::TestMode];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::TestMode => "TEST_MODE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A webhook, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// 32 hex digits.
    pub uuid: String,
    pub form: Form,
    pub name: String,
    pub description: String,
    pub url: String,
    /// By name.
    pub events: Vec<Topic>,
    /// The registered model that it is bound to; `None`: all of them.
    pub model: Option<String>,
    pub status: Status,
    pub verify_certificate: bool,
    pub has_secret: bool,
    pub has_authorization: bool,
    pub author: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// Since when no attempt has succeeded.
    pub failing_since: Option<Millis>,
    /// Why the server switched it off; empty if it didn't.
    pub said: String,
}

impl Webhook {
    /// Where it leads, for people to see: its path may be a secret.
    pub fn masked_url(&self) -> String {
        notify::address::masked(&self.url)
    }
}

/// A webhook to be.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub form: Form,
    pub name: String,
    pub description: String,
    pub url: String,
    /// In the form's names.
    pub events: Vec<Topic>,
    pub model: Option<String>,
    pub status: Status,
    /// Empty: none, or where the form needs one, one that is made up.
    pub secret: String,
    /// Sent as the `Authorization` header; may be empty.
    pub authorization: String,
    pub verify_certificate: bool,
}

/// Which webhooks. What is empty holds for all.
#[derive(Debug, Clone, Default)]
pub struct WebhookQuery {
    pub form: Option<Form>,
    /// A registered model's name: only those bound to it.
    pub model: Option<String>,
    /// At least one of these.
    pub events: Vec<Topic>,
    pub max_results: usize,
    pub page_token: Option<String>,
}
