//! Proxies in front of this server: who calls, as those say that the configuration trusts.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Puts the caller's address in the place of its proxy's.
pub async fn see_through(trusted: Arc<[IpNet]>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let values = request.headers().get_all(FORWARDED_FOR).into_iter();
        let hops: Vec<_> =
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        let caller = caller(peer.ip(), &hops, &trusted);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(caller, peer.port())));
    }
    next.run(request).await
}

/// The nearest address that isn't a trusted proxy's: what stands before it in the header, whoever calls wrote.
fn caller(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        if !trusted.iter().any(|network| network.contains(&nearest.to_canonical())) {
            break;
        }
        let Some(before) = address(hop.trim()) else { break };
        nearest = before;
    }
    nearest
}

/// Some proxies add the port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> =
            ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect("a network")).into();
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        for (peer, hops, expected) in [
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.1.2.3", &["198.51.100.1:443"], "198.51.100.1"),
            ("10.1.2.3", &["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", &["198.51.100.1", " 10.9.9.9"], "198.51.100.1"),
            ("fd00::1", &["[2001:db8::7]:80"], "2001:db8::7"),
            ("10.1.2.3", &["198.51.100.1", "unknown"], "10.1.2.3"),
        ] {
            assert_eq!(caller(ip(peer), hops, &trusted), ip(expected), "{peer} {hops:?}");
        }
    }
}
