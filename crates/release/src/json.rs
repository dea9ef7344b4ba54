//! JSON that every reader understands alike: no member twice, no number that is not a small integer.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The same bound as for canonical JSON: every integer up to it is exact as a double.
const LARGEST_INTEGER: u64 = 1 << 53;

/// Reads a document.
pub fn parse(text: &[u8]) -> Result<Value, String> {
    let Strict(value) = serde_json::from_slice(text).map_err(|cause| cause.to_string())?;
    Ok(value)
}

/// A typed thing as a document, which canonical JSON can then spell.
pub fn from_typed(thing: &impl Serialize) -> Result<Value, String> {
    parse(&serde_json::to_vec(thing).map_err(|cause| cause.to_string())?)
}

/// A document as a typed thing; the complaint names the member.
pub fn to_typed<T: DeserializeOwned>(document: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(document)
        .map_err(|cause| format!("`{}`: {}", cause.path(), cause.inner()))
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON whose numbers are integers")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        small(value.unsigned_abs(), value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        small(value, value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Err(E::custom(format!("the number {value} is no integer: write it as a text")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the member `{name}` is there twice")));
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

fn small<E: serde::de::Error>(size: u64, value: impl Into<Value> + fmt::Display) -> Result<Value, E> {
    if size > LARGEST_INTEGER {
        return Err(E::custom(format!("the number {value} is beyond 2^53: write it as a text")));
    }
    Ok(value.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_every_reader_understands_is_read() {
        let text = r#"{"a":[null,true,-3,9007199254740992,"\u00e9"],"b":{}}"#;
        let expected = json!({ "a": [null, true, -3, 9_007_199_254_740_992_i64, "é"], "b": {} });
        assert_eq!(parse(text.as_bytes()), Ok(expected));
    }

    #[test]
    fn what_readers_may_understand_differently_is_refused() {
        for (text, why) in [
            (r#"{"a":1,"b":{"a":1,"a":2}}"#, "the member `a` is there twice"),
            ("[0.5]", "0.5 is no integer"),
            ("1.0", "is no integer"),
            ("1e3", "is no integer"),
            ("-0", "is no integer"),
            ("9007199254740993", "beyond 2^53"),
            ("-9007199254740993", "beyond 2^53"),
            ("18446744073709551616", "is no integer"),
            ("NaN", "expected"),
            ("{} {}", "trailing"),
            ("", "EOF"),
        ] {
            let refused = parse(text.as_bytes()).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_typed_thing_with_a_fraction_is_no_document() {
        assert!(from_typed(&json!({ "auc": 0.91 })).is_err());
        assert_eq!(from_typed(&json!({ "auc": "0.91" })), Ok(json!({ "auc": "0.91" })));
    }
}
