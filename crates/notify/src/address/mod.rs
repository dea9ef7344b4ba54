//! Which addresses a hook may have. Whoever can create a hook can make the server call something; so nothing inside
//! the server's own network is called unless the configuration says so.

mod ranges;

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::{Host, Url};

/// Why an address isn't called. The texts tell nothing about the network inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("this is no address to call, write it like `https://example.com/hook`")]
    Malformed,
    #[error("only `https` addresses are called")]
    NotHttps,
    #[error("only `https` and `http` addresses are called")]
    NotHttp,
    #[error("leave the user name and the password out of the address")]
    Credentials,
    #[error("leave the part from `#` on out of the address")]
    Fragment,
    #[error("this address leads inside (loopback, private or reserved) and is not allowed here")]
    Inside,
    #[error("the name in this address was not found")]
    NotFound,
}

/// An entry of the configuration is neither a network, an address nor a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a network like `10.1.0.0/16`, an address nor a host name")]
pub struct BadEntry(pub String);

/// What may be called. The default allows `https` to addresses in the internet, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    allowed: Vec<Entry>,
    denied: Vec<IpNet>,
    own: Vec<(String, u16)>,
    plain_http: bool,
    dns64: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Network(IpNet),
    Name(String),
    /// `*.example`: kept as `.example`.
    Under(String),
}

impl Rules {
    /// Allows a network, an address or a host name (`*.corp.example`: all names under it) that would be refused.
    ///
    /// A name is trusted wherever it leads, except to clouds' metadata services: those take a network.
    ///
    /// # Errors
    /// [`BadEntry`] if `entry` is none of these.
    pub fn allow(mut self, entry: &str) -> Result<Self, BadEntry> {
        self.allowed.push(parse_entry(entry)?);
        Ok(self)
    }

    /// Refuses a network or an address, whatever is allowed: for instance an own prefix of NAT64.
    ///
    /// # Errors
    /// [`BadEntry`] if `network` is neither.
    pub fn deny(mut self, network: &str) -> Result<Self, BadEntry> {
        self.denied.push(parse_network(network).ok_or_else(|| BadEntry(network.to_owned()))?);
        Ok(self)
    }

    /// Refuses this server's own `host` and `port`, whatever is allowed: a hook that calls the server could act as
    /// a local caller.
    #[must_use]
    pub fn deny_own(mut self, host: &str, port: u16) -> Self {
        self.own.push((plain_name(host), port));
        self
    }

    /// Whether `http` addresses are called as well.
    #[must_use]
    pub fn plain_http(mut self, yes: bool) -> Self {
        self.plain_http = yes;
        self
    }

    /// Whether the name server puts IPv4 addresses into `64:ff9b::/96`, as it does where there is only IPv6: such
    /// an address is then judged by the IPv4 address in it.
    #[must_use]
    pub fn dns64(mut self, yes: bool) -> Self {
        self.dns64 = yes;
        self
    }

    /// Whether something inside may be called, which the page for administrators shows.
    pub fn allows_inside(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Parses `text` and checks all that can be checked without asking for the name's addresses.
    ///
    /// # Errors
    /// [`Refused`] with the reason. A name may still lead inside: see [`Rules::check_addresses`].
    pub fn check_url(&self, text: &str) -> Result<Url, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
        match (url.scheme(), self.plain_http) {
            ("https", _) | ("http", true) => {}
            (_, true) => return Err(Refused::NotHttp),
            (_, false) => return Err(Refused::NotHttps),
        }
        // `@` before the host reads like another host even where both parts are empty.
        if !url.username().is_empty() || url.password().is_some() || has_user_info(text) {
            return Err(Refused::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        let port = url.port_or_known_default().ok_or(Refused::Malformed)?;
        let host = match url.host().ok_or(Refused::Malformed)? {
            Host::Ipv4(ip) => self.check_literal(ip.into())?,
            Host::Ipv6(ip) => self.check_literal(ip.into())?,
            Host::Domain(name) => self.check_name(name)?,
        };
        if self.own.contains(&(host, port)) { Err(Refused::Inside) } else { Ok(url) }
    }

    /// Checks the addresses that `name` was found to have. One that leads inside refuses all of them: which one
    /// would be called is a matter of luck.
    ///
    /// # Errors
    /// [`Refused::NotFound`] if there are none, [`Refused::Inside`] if one isn't allowed.
    pub fn check_addresses(&self, name: &str, addresses: &[IpAddr]) -> Result<(), Refused> {
        if addresses.is_empty() {
            return Err(Refused::NotFound);
        }
        let trusted = self.trusts(&plain_name(name));
        if addresses.iter().all(|ip| self.permits(*ip, trusted)) { Ok(()) } else { Err(Refused::Inside) }
    }

    fn check_literal(&self, ip: IpAddr) -> Result<String, Refused> {
        if self.permits(ip, false) { Ok(ip.to_string()) } else { Err(Refused::Inside) }
    }

    fn check_name(&self, name: &str) -> Result<String, Refused> {
        let name = plain_name(name);
        let spelled = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if !name.split('.').all(spelled) {
            return Err(Refused::Malformed);
        }
        if is_inner_name(&name) && !self.trusts(&name) { Err(Refused::Inside) } else { Ok(name) }
    }

    fn trusts(&self, name: &str) -> bool {
        self.allowed.iter().any(|entry| match entry {
            Entry::Network(_) => false,
            Entry::Name(allowed) => allowed == name,
            Entry::Under(suffix) => name.ends_with(suffix.as_str()),
        })
    }

    fn permits(&self, ip: IpAddr, trusted: bool) -> bool {
        let judged = match ip {
            IpAddr::V6(v6) if self.dns64 => ranges::nat64(v6).map_or(ip, IpAddr::V4),
            _ => ip,
        };
        // The same IPv4 address, however it is wrapped, is denied.
        let bare = judged.to_canonical();
        if self.denied.iter().any(|network| network.contains(&ip) || network.contains(&bare)) {
            return false;
        }
        let allowed = |entry: &Entry| matches!(entry, Entry::Network(network) if network.contains(&judged));
        self.allowed.iter().any(allowed)
            || ranges::is_public(judged)
            || (trusted && bare == judged && !ranges::is_metadata(judged))
    }
}

/// The address without what may be secret in it: `https://hooks.slack.com/…`.
pub fn masked(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) if url.has_host() => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{host}{port}/…", url.scheme())
        }
        _ => "…".into(),
    }
}

/// Names that lead inside whatever they resolve to.
fn is_inner_name(name: &str) -> bool {
    let under = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.')
        || ["localhost", "local", "internal", "home.arpa", "in-addr.arpa", "ip6.arpa"].into_iter().any(under)
        || matches!(name, "home.arpa" | "in-addr.arpa" | "ip6.arpa")
}

/// Whether an `@` stands where a user's name would, which the parser forgets if nothing stands before it.
fn has_user_info(text: &str) -> bool {
    let after_scheme = text.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches(['/', '\\']);
    let authority = after_scheme.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.contains('@')
}

/// Lower case, without the dot of the root and without the brackets of IPv6.
fn plain_name(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::to_owned);
    bare.unwrap_or(name)
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn parse_entry(text: &str) -> Result<Entry, BadEntry> {
    if let Some(network) = parse_network(text) {
        return Ok(Entry::Network(network));
    }
    let bad = || BadEntry(text.to_owned());
    if text.parse::<SocketAddr>().is_ok() {
        return Err(bad());
    }
    let (under, name) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
    match Host::parse(name) {
        Ok(Host::Domain(name)) if !name.contains(['*', ':']) => {
            let name = plain_name(&name);
            Ok(if under { Entry::Under(format!(".{name}")) } else { Entry::Name(name) })
        }
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests;
