//! Sends a request to an address that may be called, and to no other.
//!
//! The client asks [`Checked`] for a name's addresses and connects to what it gets, so the address that was checked
//! is the one that is called: there is no second look-up in which a name could come to lead inside. Redirects and
//! proxies, which would lead elsewhere unchecked, are off.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::RETRY_AFTER;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Response, redirect};
use url::{Host, Url};

use crate::address::masked;
use crate::{Outgoing, Refused, Rules};

/// How much of an answer's body is read, in bytes.
pub const MOST_READ: usize = 64 * 1024;
/// How much of it is worth keeping beside a delivery, in bytes.
pub const EXCERPT: usize = 4 * 1024;

/// How long an attempt may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until there is a connection, looking the name up included.
    pub connect: Duration,
    /// Until the answer has been read.
    pub whole: Duration,
}

impl Default for Limits {
    /// 5 and 10 seconds.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(10) }
    }
}

/// What the receiver answered: any status but a redirect's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The header `Retry-After` as it came.
    pub retry_after: Option<String>,
    /// At most the first 64 KiB of the body; what is no UTF-8 is replaced. Written by strangers: show it as text.
    pub body: String,
}

impl Answer {
    /// Whether the receiver has taken the delivery.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// At most the first 4 KiB of the body.
    pub fn excerpt(&self) -> &str {
        &self.body[..self.body.floor_char_boundary(EXCERPT)]
    }
}

/// Why there is no answer. The texts tell the hook's owner nothing about the network inside; nobody listening and no
/// answer in time read alike, so that a hook is no scanner of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("no answer")]
    NoAnswer,
    #[error("the receiver's certificate was not accepted, it needs one that is valid for its name")]
    Certificate,
    /// With the status, from 300 to 399.
    #[error("redirects are not followed, the receiver answered {0}: enter the address where it really is")]
    Redirect(u16),
}

/// The clients cannot be set up, e.g. because the system's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("calls to other servers could not be set up")]
pub struct SetUp(#[from] reqwest::Error);

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name. Tests have names of their own.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of `name`, in the order in which they are to be tried.
    fn lookup(&self, name: &str) -> Found;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> Found {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Sends requests; cheap to clone.
#[derive(Clone)]
pub struct Sender {
    checked: Checked,
    limits: Limits,
    verifying: Client,
    trusting: Client,
}

impl Sender {
    /// A sender that calls what `rules` allow and trusts the system's certificate authorities
    /// (`SSL_CERT_FILE` names others).
    ///
    /// # Errors
    /// [`SetUp`] if those cannot be read.
    pub fn new(rules: Rules, limits: Limits) -> Result<Self, SetUp> {
        Self::with_lookup(rules, limits, SystemLookup)
    }

    /// The same with another way to find names.
    ///
    /// # Errors
    /// As [`Sender::new`].
    pub fn with_lookup(rules: Rules, limits: Limits, lookup: impl Lookup) -> Result<Self, SetUp> {
        let checked = Checked { rules: Arc::new(rules), lookup: Arc::new(lookup) };
        let client = |verify: bool| {
            Client::builder()
                .use_rustls_tls()
                .danger_accept_invalid_certs(!verify)
                .dns_resolver(Arc::new(checked.clone()))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .http1_only()
                // A connection that is kept would be used again without a check.
                .pool_max_idle_per_host(0)
                .connect_timeout(limits.connect)
                .timeout(limits.whole)
                .build()
        };
        Ok(Self { verifying: client(true)?, trusting: client(false)?, checked, limits })
    }

    /// Whether `url` may be called as things are now: for the moment in which it is entered. Every attempt checks
    /// again.
    ///
    /// # Errors
    /// [`Refused`] with the reason.
    pub async fn check(&self, url: &str) -> Result<(), Refused> {
        let url = self.checked.rules.check_url(url)?;
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        let found = tokio::time::timeout(self.limits.connect, self.checked.addresses(name)).await;
        found.unwrap_or(Err(Refused::NotFound)).map(drop)
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// [`SendError`] if the address is refused, nobody answers in time or the answer is a redirect. Any other status
    /// is an [`Answer`].
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer, SendError> {
        // An address in the URL is not looked up, so the client's own check would never see it.
        let url = self.checked.rules.check_url(&outgoing.url)?;
        let client = if outgoing.verify_certificate { &self.verifying } else { &self.trusting };
        let request = client.post(url.clone()).headers(outgoing.headers).body(outgoing.body);
        let response = request.send().await.map_err(|error| reason(&url, &error))?;
        self.check_peer(&url, &response)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(SendError::Redirect(status.as_u16()));
        }
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        Ok(Answer { status: status.as_u16(), retry_after, body: beginning(response).await })
    }

    /// Belt and braces: who answered is one of those who may be called.
    fn check_peer(&self, url: &Url, response: &Response) -> Result<(), Refused> {
        match (response.remote_addr(), url.host()) {
            (Some(peer), Some(Host::Domain(name))) => self.checked.rules.check_addresses(name, &[peer.ip()]),
            _ => Ok(()),
        }
    }
}

/// Finds a name's addresses and gives them out if all of them may be called.
#[derive(Clone)]
struct Checked {
    rules: Arc<Rules>,
    lookup: Arc<dyn Lookup>,
}

impl Checked {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Refused> {
        let found = self.lookup.lookup(name).await.map_err(|error| {
            tracing::info!(host = name, %error, "the name in a hook's address was not found");
            Refused::NotFound
        })?;
        self.rules.check_addresses(name, &found).inspect_err(|refused| {
            tracing::warn!(host = name, ?found, %refused, "a hook's address was refused");
        })?;
        Ok(found)
    }
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let checked = self.clone();
        Box::pin(async move {
            let found = checked.addresses(name.as_str()).await?;
            // The port comes from the URL.
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// The first bytes of the body, as far as they come in time: the status alone says whether it is delivered.
async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < MOST_READ
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let wanted = chunk.len().min(MOST_READ - body.len());
        body.extend_from_slice(&chunk[..wanted]);
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// What the owner may know of a failure; the rest is logged.
fn reason(url: &Url, error: &reqwest::Error) -> SendError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return SendError::Refused(*refused);
        }
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return SendError::Certificate;
        }
        // What an I/O error wraps isn't its source: it stands in for it.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    // The error's own text would repeat the address, whose path may be secret.
    let detail = error.source().map(ToString::to_string);
    tracing::info!(address = masked(url.as_str()), detail, "a hook did not answer");
    SendError::NoAnswer
}
