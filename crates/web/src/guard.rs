//! The guard of the open mode, in which every request is the local admin: nobody else may use a browser
//! on this machine to make one.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::accounts::Caller;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, header};

use crate::ApiError;

/// Answers only to loopback names, so that a page elsewhere can't reach the server under a name of its own
/// (DNS rebinding), and refuses changes that another site's page asks for. Who passes is the local admin.
pub async fn loopback_only(mut request: Request, next: Next) -> Response {
    match check(request.method(), request.headers(), request.uri().authority()) {
        Ok(()) => {
            let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
            request.extensions_mut().insert(Arc::new(Caller { address, ..Caller::local_admin() }));
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn check(method: &Method, headers: &HeaderMap, authority: Option<&Authority>) -> Result<(), ApiError> {
    let forbidden = |message| ApiError::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message);
    let host = text(headers, header::HOST).or(authority.map(Authority::as_str)).unwrap_or_default();
    // With two names it is open which of them the browser meant.
    if !is_loopback(host_name(host)) || headers.get_all(header::HOST).iter().count() > 1 {
        let shown: String = host.chars().take(100).collect();
        return Err(forbidden(format!(
            "the host `{shown}` is not a loopback name; with --open this server answers to 127.0.0.1, [::1] and localhost only"
        )));
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let is_foreign = match headers.get(header::ORIGIN) {
        Some(origin) => {
            let from = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            from.is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host))
        }
        None => matches!(text(headers, "sec-fetch-site"), Some("cross-site" | "same-site")),
    };
    if is_foreign {
        return Err(forbidden("a page of another origin may not change anything here".into()));
    }
    Ok(())
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Without the port.
fn host_name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    }
}

/// Whether a host name or address means this machine.
pub fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(method: &Method, headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, http::HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        check(method, &map, None).is_ok()
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for host in
            ["127.0.0.1:5000", "localhost", "LOCALHOST:80", "[::1]:5000", "127.9.9.9", "app.localhost:1"]
        {
            assert!(outcome(&Method::GET, &[("host", host)]), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:5000", "10.0.0.1", "", "[::2]"]
        {
            assert!(!outcome(&Method::GET, &[("host", host)]), "{host}");
        }
        assert!(!outcome(&Method::GET, &[]));
        assert!(!outcome(&Method::GET, &[("host", "localhost"), ("host", "evil.example")]));
    }

    #[test]
    fn another_sites_page_can_read_nothing_new_and_change_nothing() {
        let host = ("host", "127.0.0.1:5000");
        assert!(outcome(&Method::POST, &[host]));
        assert!(outcome(&Method::POST, &[host, ("origin", "http://127.0.0.1:5000")]));
        assert!(outcome(&Method::POST, &[host, ("sec-fetch-site", "same-origin")]));
        for origin in
            ["http://evil.example", "null", "http://127.0.0.1:6000", "http://localhost:5000", "http://café"]
        {
            assert!(!outcome(&Method::POST, &[host, ("origin", origin)]), "{origin}");
            assert!(!outcome(&Method::DELETE, &[host, ("origin", origin)]), "{origin}");
            assert!(outcome(&Method::GET, &[host, ("origin", origin)]), "{origin}");
        }
        assert!(!outcome(&Method::PUT, &[host, ("sec-fetch-site", "cross-site")]));
    }
}
