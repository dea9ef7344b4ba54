//! Values as the dialect's JSON has them (protobuf's JSON mapping): integers may be texts, a list in a
//! query string may be one value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

/// A 64-bit integer: a number without a fraction, or a text of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Int64(pub i64);

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Integer;
        impl Visitor<'_> for Integer {
            type Value = Int64;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a 64-bit integer")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Int64, E> {
                Ok(Int64(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Int64, E> {
                let outside = |_| E::invalid_value(de::Unexpected::Unsigned(value), &self);
                i64::try_from(value).map(Int64).map_err(outside)
            }

            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Int64, E> {
                if value.fract() == 0.0 && value.abs() < 9.2e18 {
                    Ok(Int64(value as i64))
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(value), &self))
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Int64, E> {
                text.parse().map(Int64).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Integer)
    }
}

/// `true`, `false`, or a text of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Boolean;
        impl Visitor<'_> for Boolean {
            type Value = Flag;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("`true` or `false`")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Flag, E> {
                match text {
                    "true" | "True" => Ok(Flag(true)),
                    "false" | "False" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Boolean)
    }
}

/// An enum's value: its name, or its number as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Name, E> {
                Ok(Name(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Name, E> {
                Ok(Name(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Name, E> {
                Ok(Name(number.to_string()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// More than any call takes: each counts for itself, but nobody waits for a list that is far too long, nor keeps it.
const MOST: usize = 20_000;

/// A list; `null` is an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Many<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_none<E: de::Error>(self) -> Result<Many<T>, E> {
                Ok(Many(Vec::new()))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Many<T>, D::Error> {
                deserializer.deserialize_seq(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Many<T>, A::Error> {
                let mut all = Vec::with_capacity(list.size_hint().unwrap_or(0).min(1024));
                while let Some(one) = list.next_element()? {
                    if all.len() == MOST {
                        return Err(de::Error::custom(format!("a list has at most {MOST} entries")));
                    }
                    all.push(one);
                }
                Ok(Many(all))
            }
        }
        deserializer.deserialize_option(List(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json};

    use super::*;

    #[test]
    fn integers_may_be_texts_but_not_fractions() {
        for text in ["5", "\"5\"", "5.0"] {
            assert_eq!(from_str::<Int64>(text).expect("parses"), Int64(5), "{text}");
        }
        for text in ["5.5", "\"x\"", "true", "18446744073709551615", "1e30", "\"5.0\""] {
            assert!(from_str::<Int64>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_may_be_null_but_not_one_of_its_values() {
        let many = serde_json::from_value::<Many<String>>;
        assert_eq!(many(json!(["a", "b"])).expect("parses").0, ["a", "b"]);
        assert!(many(json!(null)).expect("parses").0.is_empty());
        for wrong in [json!("a"), json!([1]), json!({}), json!(5), json!(vec!["a"; MOST + 1])] {
            assert!(many(wrong).is_err());
        }
    }
}
