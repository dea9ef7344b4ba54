//! What browsers are made to ask for by pages that aren't ours.

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, header};

use crate::ApiError;

/// Answers only to loopback names, so that a page elsewhere can't reach the server under a name of its own
/// (DNS rebinding), and refuses changes that another site's page asks for.
///
/// # Errors
/// 403, with the name.
pub fn loopback_only(request: &Parts) -> Result<(), ApiError> {
    check_loopback(&request.method, &request.headers, request.uri.authority())
}

fn check_loopback(
    method: &Method,
    headers: &HeaderMap,
    authority: Option<&Authority>,
) -> Result<(), ApiError> {
    let host = host(headers, authority);
    // With two names it is open which of them the browser meant.
    if !is_loopback(host_name(host)) || headers.get_all(header::HOST).iter().count() > 1 {
        let shown: String = host.chars().take(100).collect();
        return Err(forbidden(format!(
            "the host `{shown}` is not a loopback name; with --open this server answers to 127.0.0.1, [::1] and localhost only"
        )));
    }
    if changes_nothing(method) || asks_for_itself(headers, host, None) != Some(false) {
        return Ok(());
    }
    Err(another_origin())
}

/// A change that a browser's cookie vouches for has to be asked for by a page of our own: every browser says
/// where a request comes from.
///
/// # Errors
/// 403.
pub fn check_origin(request: &Parts, public_url: Option<&str>) -> Result<(), ApiError> {
    let host = host(&request.headers, request.uri.authority());
    if changes_nothing(&request.method) || asks_for_itself(&request.headers, host, public_url) == Some(true) {
        return Ok(());
    }
    Err(another_origin())
}

fn changes_nothing(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn forbidden(message: String) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
}

fn another_origin() -> ApiError {
    forbidden("a page of another origin may not change anything here".into())
}

fn host<'a>(headers: &'a HeaderMap, authority: Option<&'a Authority>) -> &'a str {
    text(headers, header::HOST).or(authority.map(Authority::as_str)).unwrap_or_default()
}

/// Whether a page of this very server asks; `None` if no browser does. What the browser says by `Origin` counts
/// first; over plain HTTP it says nothing else.
fn asks_for_itself(headers: &HeaderMap, host: &str, public_url: Option<&str>) -> Option<bool> {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let is_ours = origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host));
        return Some(is_ours || public_url.is_some_and(|url| origin.eq_ignore_ascii_case(url)));
    }
    text(headers, "sec-fetch-site").map(|site| matches!(site, "same-origin" | "none"))
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
        check_loopback(method, &map, None).is_ok()
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

    #[test]
    fn a_browser_has_to_say_that_our_own_page_asks() {
        let asks = |headers: &[(&'static str, &str)], url| {
            let mut request = http::Request::builder().method(Method::POST).header("host", "cs.local:5000");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            check_origin(&parts, url).is_ok()
        };
        assert!(asks(&[("origin", "http://cs.local:5000")], None));
        assert!(asks(&[("sec-fetch-site", "same-origin")], None));
        assert!(asks(&[("origin", "https://ml.example")], Some("https://ml.example")));
        assert!(!asks(&[], None), "no browser of today says nothing");
        for origin in ["null", "http://cs.local", "https://ml.example", "http://cs.local:5000.evil.example"] {
            assert!(!asks(&[("origin", origin), ("sec-fetch-site", "same-origin")], None), "{origin}");
        }
        for site in ["same-site", "cross-site", "?"] {
            assert!(!asks(&[("sec-fetch-site", site)], None), "{site}");
        }
    }
}
