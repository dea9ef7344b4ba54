//! Addresses: building them from parts.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::params::ParamsMap;

/// A query string under construction. Empty values are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(key);
            self.0.push('=');
            self.0.push_str(&encode(value));
        }
        self
    }

    /// Behind a path; nothing if there is nothing to ask.
    pub fn after(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

/// The fields of the page's own address.
pub fn use_query() -> Memo<ParamsMap> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| fields(search)))
}

/// The fields of a query string, each decoded once: by the map. The router's own has been decoded before, so that `%25ba`
/// would be read as a byte.
pub fn fields(query: &str) -> ParamsMap {
    let mut fields = ParamsMap::new();
    for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // What forms send for each of several values.
        fields.insert(key.replace("%5B%5D", "[]"), value.replace('+', "%20"));
    }
    fields
}

/// Puts a value into a map, which decodes it on the way.
#[cfg(feature = "ssr")]
pub fn insert(fields: &mut ParamsMap, key: String, value: &str) {
    fields.insert(key, encode(value));
}

/// The page that an address names, from 0. The browser counts in 32 bits.
pub fn page(query: &ParamsMap) -> usize {
    const MOST: usize = 1_000_000;
    let named = query.get_str("page").and_then(|text| text.parse::<u32>().ok()).unwrap_or(1);
    (named as usize).clamp(1, MOST) - 1
}

/// Percent-encodes what has a meaning in a query. Commas, slashes and colons stay, to be readable.
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' | b'/' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                encoded.push(char::from(HEX[usize::from(byte >> 4)]));
                encoded.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    encoded
}

/// Where a form may send its user back to: a path of ours, never another site.
#[cfg(any(feature = "ssr", test))]
pub fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_an_address_is_decoded_once() {
        let named = |query: &str, key: &str| fields(query).get(key);
        for value in ["run_name ILIKE '%baseline%'", "c%41#.txt", "50%", "a+b&c=d", "ü😀", "%25ba"] {
            let query = Query::new().with("filter", value).after("");
            assert_eq!(named(&query, "filter").as_deref(), Some(value), "{query}");
        }
        assert_eq!(named("filter=a+%3D+1", "filter").as_deref(), Some("a = 1"), "as forms write it");
        assert_eq!(
            fields("?runs%5B%5D=a&runs%5B%5D=b").get_all("runs[]"),
            Some(vec!["a".into(), "b".into()])
        );
        assert_eq!(named("page", "page").as_deref(), Some(""));
    }

    #[test]
    fn a_query_holds_what_was_given_and_no_empty_values() {
        let query = Query::new().with("filter", "a = 'ü&b'").with("page", "").with("cols", "params.lr,x:1");
        assert_eq!(query.after("/x"), "/x?filter=a%20%3D%20%27%C3%BC%26b%27&cols=params.lr,x:1");
        assert_eq!(Query::new().after("/x"), "/x");
    }

    #[test]
    fn forms_return_to_our_own_pages_only() {
        assert!(is_own_path("/experiments/1?x=y"));
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", ""] {
            assert!(!is_own_path(foreign));
        }
    }
}
