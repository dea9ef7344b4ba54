//! Styles, scripts and the WebAssembly half: inside the binary, compressed ahead of time.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};

/// What the build left in `target/site`; without a build of the browser half there is none.
#[derive(Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// The asset at `path`, if there is one.
pub fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    if path.is_empty() || path.rsplit_once('.').is_some_and(|(_, ending)| ending == "br") {
        return None;
    }
    let accepts = |wanted: &str| {
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        accepted.is_some_and(|list| list.split(',').any(|one| one.trim().split(';').next() == Some(wanted)))
    };
    let compressed = accepts("br").then(|| Site::get(&format!("{path}.br"))).flatten();
    let encoding = compressed.is_some().then_some("br");
    let file = compressed.or_else(|| Site::get(path))?;
    Some(answer(path, encoding, file, headers))
}

fn answer(path: &str, encoding: Option<&'static str>, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{:032x}\"", u128::from_be_bytes(hash[..16].try_into().unwrap_or_default()));
    // The names stay the same from version to version, so browsers ask whether the content did.
    let caching = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    let vary = [(header::VARY, "accept-encoding")];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, caching, vary).into_response();
    }
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = (caching, vary, [(header::CONTENT_TYPE, kind.to_string())], file.data).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, http::HeaderValue::from_static(encoding));
    }
    response
}
