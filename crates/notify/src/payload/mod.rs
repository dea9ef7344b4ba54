//! The request that tells a hook of an event: a body that is made once, when the event happens, and headers that
//! are made for every attempt, because the signature covers the time of the attempt.

mod databricks;
mod mlflow;
mod own;
pub mod sign;
mod slack;

use std::fmt;

use bytes::Bytes;
use domain::Millis;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::address::masked;
use crate::{Event, Topic, example};

/// How a hook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Ours: Standard Webhooks.
    Own,
    Mlflow,
    Databricks,
    /// What Slack, Mattermost and Rocket.Chat take.
    Slack,
}

/// Where and how a hook is called. Its `Debug` text shows neither secrets nor the address's path.
#[derive(Clone)]
pub struct Hook {
    /// Appears in Databricks' bodies.
    pub id: String,
    pub form: Form,
    pub url: String,
    /// The oldest first; empty ones don't count. Ours are `whsec_…` and all sign, so that they can be rotated; in
    /// the other forms the newest signs alone, and none means that nothing is signed.
    pub secrets: Vec<String>,
    /// Sent as the `Authorization` header, as it is; empty: not sent.
    pub authorization: String,
    /// Whether the receiver's certificate has to be valid.
    pub verify_certificate: bool,
}

/// One attempt, ready to be sent. Its `Debug` text shows neither headers nor the address's path.
#[derive(Clone)]
pub struct Outgoing {
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub verify_certificate: bool,
}

/// Why a request cannot be made; to be mended by the hook's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("the hook has no secret to sign with, give it one")]
    NoSecret,
    #[error("a secret is `whsec_` and 24 to 64 bytes in base64")]
    Secret,
    #[error("a delivery's id consists of letters, digits, `_` and `-`")]
    Id,
    #[error("the value for `Authorization` has characters that a header cannot have")]
    Authorization,
}

impl Form {
    pub const ALL: [Self; 4] = [Self::Own, Self::Mlflow, Self::Databricks, Self::Slack];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "standard",
            Self::Mlflow => "mlflow",
            Self::Databricks => "databricks",
            Self::Slack => "slack",
        }
    }

    /// The form whose [`Form::as_str`] is `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }
}

/// The body that tells a hook of `event` under the name `topic`; to be kept and sent as it is.
///
/// `None` if the event doesn't fire that topic.
pub fn body(form: Form, topic: Topic, event: &Event, hook_id: &str) -> Option<Bytes> {
    if !topic.matches(event) {
        return None;
    }
    let json = match topic {
        Topic::Own(_) if form == Form::Slack => slack::body(event),
        Topic::Own(kind) => own::body(kind, event),
        Topic::Mlflow(pair) => mlflow::body(pair, event),
        Topic::Databricks(name) => databricks::body(name, event, hook_id),
    };
    Some(json.to_string().into())
}

/// The body of a trial: the example of `topic`, as if it had happened at `now`.
pub fn example_body(form: Form, topic: Topic, hook_id: &str, now: Millis) -> Bytes {
    example::event(topic, now)
        .and_then(|event| body(form, topic, &event, hook_id))
        .unwrap_or_else(|| mlflow::budget_exceeded(now).to_string().into())
}

impl Hook {
    /// The request of one attempt at time `now`. `delivery_id` is the same over all attempts for one event and hook
    /// and holds letters, digits, `_` and `-`; `body` is what [`body`] once returned.
    ///
    /// # Errors
    /// [`Unsendable`] if a secret, the id or the authorization cannot be used.
    pub fn request(&self, delivery_id: &str, now: Millis, body: Bytes) -> Result<Outgoing, Unsendable> {
        let id = HeaderValue::from_str(delivery_id).map_err(|_| Unsendable::Id)?;
        // A dot would let two different triples of id, time and body have one signature.
        if delivery_id.is_empty()
            || !delivery_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            return Err(Unsendable::Id);
        }
        let at_s = now.0.div_euclid(1000);
        let secrets: Vec<&str> =
            self.secrets.iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
        let newest = secrets.last().map(|one| one.as_bytes());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers
            .insert(USER_AGENT, HeaderValue::from_static(concat!("countersign/", env!("CARGO_PKG_VERSION"))));
        match self.form {
            Form::Own => {
                headers.insert("webhook-id", id);
                headers.insert("webhook-timestamp", at_s.into());
                let signatures = sign::standard(&secrets, delivery_id, at_s, &body)?;
                insert_ascii(&mut headers, "webhook-signature", &signatures);
            }
            Form::Mlflow => {
                headers.insert("x-mlflow-delivery-id", id);
                headers.insert("x-mlflow-timestamp", at_s.into());
                if let Some(key) = newest {
                    let signature = sign::timed(key, delivery_id, at_s, &body);
                    insert_ascii(&mut headers, "x-mlflow-signature", &signature);
                }
            }
            Form::Databricks => {
                if let Some(key) = newest {
                    insert_ascii(&mut headers, "x-databricks-signature", &sign::plain(key, &body));
                }
            }
            Form::Slack => {}
        }
        if !self.authorization.is_empty() {
            let mut value =
                HeaderValue::from_str(&self.authorization).map_err(|_| Unsendable::Authorization)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Outgoing { url: self.url.clone(), headers, body, verify_certificate: self.verify_certificate })
    }
}

fn insert_ascii(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).expect("base64 and hexadecimal digits fit into a header");
    headers.insert(HeaderName::from_static(name), value);
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, form, url) = (&self.id, self.form, masked(&self.url));
        f.debug_struct("Hook").field("id", id).field("form", &form).field("url", &url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("url", &masked(&self.url)).finish_non_exhaustive()
    }
}

/// `at` as RFC 3339 wants it, in UTC, by the pattern's number of decimals.
fn written(at: Millis, pattern: &str) -> String {
    chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default().format(pattern).to_string()
}

#[cfg(test)]
mod tests;
