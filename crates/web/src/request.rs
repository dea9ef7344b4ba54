//! How a call of the dialect is read: from its path, and from the query string of a GET, else from a JSON body.

use std::fmt::Display;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http::{Method, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::objects::Objects;
use crate::{ApiError, query};

/// The fields of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Call<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Call<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let query = request.uri().query().unwrap_or_default();
        if matches!(*request.method(), Method::GET | Method::HEAD) && !query.is_empty() {
            return query::parse(query).map(Self);
        }
        let is_json = request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| {
            kind.to_str()
                .is_ok_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json"))
        });
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            let status = rejection.status();
            let why = if status == StatusCode::PAYLOAD_TOO_LARGE {
                "the request's body is too large; send less at once".to_owned()
            } else {
                format!("the request's body can't be read: {}", rejection.body_text())
            };
            ApiError { status, ..ApiError::bad_request(why) }
        })?;
        if matches!(body.trim_ascii(), b"" | b"null") {
            return parse(b"{}").map(Self);
        }
        if !is_json {
            return Err(ApiError::bad_request("Bad Request. Content-Type must be application/json."));
        }
        parse(&body).map(Self)
    }
}

/// The fields of a call whose clients name what they delete in the query, or in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Either<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Either<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match request.uri().query() {
            Some(query) if !query.is_empty() => query::parse(query).map(Self),
            _ => Call::from_request(request, state).await.map(|Call(fields)| Self(fields)),
        }
    }
}

/// The fields of a form that a page posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let unreadable = |why: &str| ApiError::bad_request(format!("the form can't be read: {why}"));
        let body = String::from_request(request, state).await.map_err(|rejection| ApiError {
            status: rejection.status(),
            ..unreadable(&rejection.body_text())
        })?;
        query::parse(&body).map(Self)
    }
}

/// The fields of a call's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(ApiError::bad_request(format!(
                "the call's address can't be read: {}",
                rejection.body_text()
            ))),
        }
    }
}

/// The value of a field that has to be there; an empty text isn't.
///
/// # Errors
/// Names the field.
pub fn required(field: impl Display, value: Option<String>) -> Result<String, ApiError> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| ApiError::missing(field))
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, ApiError> {
    // The place of an error costs time, so only errors pay for it.
    read(json).or_else(|_| {
        let quoted = quote_non_finite(json);
        let json = quoted.as_deref().unwrap_or(json);
        let mut reader = serde_json::Deserializer::from_slice(json);
        let value = serde_path_to_error::deserialize(Objects(&mut reader)).map_err(|error| {
            let field = error.path().to_string();
            let why = error.into_inner();
            // To the reader a number that no double can hold is no JSON, but it is, and has a field.
            if field == "." && why.is_data() {
                ApiError::bad_request("the request's body has to be a JSON object with the call's fields")
            } else if why.is_data() || why.to_string().starts_with("number out of range") {
                ApiError::bad_request(format!("Invalid value for parameter '{field}' supplied: {why}"))
            } else {
                ApiError::bad_request(format!("the request's body is not valid JSON: {why}"))
            }
        })?;
        reader
            .end()
            .map_err(|why| ApiError::bad_request(format!("the request's body is not valid JSON: {why}")))?;
        Ok(value)
    })
}

/// Python writes NaN and the infinities as they are, and the reference reads them; JSON has them as texts only (protobuf's
/// JSON mapping). `None` if there are none.
fn quote_non_finite(json: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut quoted = Vec::with_capacity(json.len() + 16);
    let (mut rest, mut is_text, mut found) = (json, false, false);
    while let Some((&byte, after)) = rest.split_first() {
        let word = WORDS.into_iter().find(|word| !is_text && rest.starts_with(word));
        if let Some(word) = word {
            quoted.extend([b"\"", word, b"\""].concat());
            (rest, found) = (&rest[word.len()..], true);
            continue;
        }
        quoted.push(byte);
        rest = after;
        match (byte, after.split_first()) {
            (b'"', _) => is_text = !is_text,
            (b'\\', Some((&escaped, after))) if is_text => {
                quoted.push(escaped);
                rest = after;
            }
            _ => {}
        }
    }
    found.then_some(quoted)
}

fn read<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = T::deserialize(Objects(&mut reader))?;
    reader.end()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde::Deserialize;

    use super::*;
    use crate::wire::{Int64, Many};

    #[derive(Debug, Deserialize, PartialEq)]
    struct Fields {
        name: Option<String>,
        max: Option<Int64>,
        #[serde(default)]
        ids: Many<String>,
    }

    async fn called(method: &str, uri: &str, kind: &str, body: &str) -> Result<Fields, ApiError> {
        let request = Request::builder().method(method).uri(uri).header(header::CONTENT_TYPE, kind);
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        Call::from_request(request, &()).await.map(|Call(fields)| fields)
    }

    fn fields(name: &str, max: i64, ids: &[&str]) -> Fields {
        let ids = Many(ids.iter().map(ToString::to_string).collect());
        Fields { name: Some(name.into()), max: Some(Int64(max)), ids }
    }

    #[tokio::test]
    async fn a_get_is_read_from_its_query_and_everything_else_from_its_body() {
        let json = "application/json";
        let got = called("GET", "/x?name=a+b%C3%BC&max=3&ids=1&ids=2", "", "").await;
        assert_eq!(got, Ok(fields("a bü", 3, &["1", "2"])));
        let posted = r#"{"name": "a", "max": "3", "ids": ["1"], "unknown": {}}"#;
        assert_eq!(called("POST", "/x?name=ignored", json, posted).await, Ok(fields("a", 3, &["1"])));
        assert_eq!(called("GET", "/x", json, posted).await, Ok(fields("a", 3, &["1"])));
        let repeated = called("GET", "/x?name=a&name=b&max=3&ids=1", "", "").await;
        assert_eq!(repeated, Ok(fields("a", 3, &["1"])), "the first counts, and one is a list of one");
        let nothing = Fields { name: None, max: None, ids: Many(Vec::new()) };
        assert_eq!(called("POST", "/x", json, " ").await, Ok(nothing));
    }

    #[test]
    fn what_python_writes_for_what_json_has_not_is_read() {
        let quoted = |json: &str| {
            quote_non_finite(json.as_bytes()).map(|quoted| String::from_utf8(quoted).expect("is text"))
        };
        for (json, expected) in [
            (r#"{"a": NaN}"#, Some(r#"{"a": "NaN"}"#)),
            (r"[NaN,-Infinity, Infinity]", Some(r#"["NaN","-Infinity", "Infinity"]"#)),
            (r#"{"NaN": "-Infinity \" NaN", "b": "\\"}"#, None),
            (r#"{"a": "\\", "b": NaN}"#, Some(r#"{"a": "\\", "b": "NaN"}"#)),
            ("", None),
        ] {
            assert_eq!(quoted(json).as_deref(), expected, "{json}");
        }
    }

    #[tokio::test]
    async fn errors_name_the_field() {
        let json = "application/json";
        for (body, part) in [
            (r#"{"max": "many"}"#, "'max'"),
            (r#"{"ids": ["a", 1]}"#, "'ids[1]'"),
            (r#"{"ids": "a"}"#, "'ids'"),
            (r#"{"name": {}}"#, "'name'"),
            (r#"{"name": "a", "max": 1e400}"#, "'max'"),
            (r#"{"ids": ["a", -1e999]}"#, "'ids[1]'"),
            ("{", "not valid JSON"),
            ("[1]", "has to be a JSON object"),
            ("\"a\"", "has to be a JSON object"),
            (r#"{"name": "a"} x"#, "not valid JSON"),
        ] {
            let error = called("POST", "/x", json, body).await.expect_err(body);
            assert_eq!(error.status, StatusCode::BAD_REQUEST);
            assert!(error.message.contains(part), "{body}: {}", error.message);
        }
        assert!(called("POST", "/x", "text/plain", "{}").await.is_err());
        assert!(called("GET", "/x?name=%ff", "", "").await.is_err());
        let error = called("GET", "/x?name=a&max=many", "", "").await.expect_err("no number");
        assert!(error.message.contains("'max'"), "{}", error.message);
        assert!(called("POST", "/x", json, &"[".repeat(100_000)).await.is_err());
    }
}
