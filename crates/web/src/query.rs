//! Calls in a query string: every value is a text, and a key that comes more than once has a list.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::ApiError;

/// Different ones; no page and no call has nearly as many.
const MOST_FIELDS: usize = 1000;

/// # Errors
/// Names the field whose value is wrong.
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let fields = MapDeserializer::<_, Error>::new(fields(query)?.into_iter());
    serde_path_to_error::deserialize(fields).map_err(|error| {
        let field = error.path().to_string();
        ApiError::bad_request(format!(
            "Invalid value for parameter '{field}' supplied: {}",
            error.into_inner()
        ))
    })
}

/// In the order in which their keys first come.
fn fields(query: &str) -> Result<Vec<(String, Values)>, ApiError> {
    let mut fields: Vec<(String, Values)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (key, value) in pairs(query)? {
        if let Some(place) = places.get(&key) {
            fields[*place].1.0.push(value);
            continue;
        }
        if fields.len() == MOST_FIELDS {
            return Err(ApiError::bad_request(format!("a form or a query has at most {MOST_FIELDS} fields")));
        }
        places.insert(key.clone(), fields.len());
        fields.push((key, Values(vec![value])));
    }
    Ok(fields)
}

/// Each key with its value, as they come.
///
/// # Errors
/// It isn't UTF-8.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decoded = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(key)?, decode(value)?))
    };
    pairs.map(decoded).collect()
}

fn decode(text: &str) -> Result<String, ApiError> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(Into::into).map_err(|_| ApiError::bad_request("the query string is not valid UTF-8"))
}

/// All of a field's values: for whoever wants one, the first.
struct Values(Vec<String>);

impl IntoDeserializer<'_> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Values {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0.into_iter().next().unwrap_or_default())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_key_that_comes_more_than_once_has_a_list() {
        let parsed: BTreeMap<String, Vec<String>> = parse("a=1&b=x+y&a=%C3%BC").expect("is read");
        assert_eq!(parsed["a"], ["1", "ü"]);
        assert_eq!(parsed["b"], ["x y"]);
    }

    #[test]
    fn more_fields_than_anything_has_are_refused_at_once() {
        let fields =
            |count: usize| (0..count).map(|index| format!("k{index}=")).collect::<Vec<_>>().join("&");
        assert!(parse::<BTreeMap<String, String>>(&fields(MOST_FIELDS)).is_ok());
        let refused = parse::<BTreeMap<String, String>>(&fields(200_000)).expect_err("far too many");
        assert!(refused.message.contains("at most 1000 fields"), "{}", refused.message);
    }
}
