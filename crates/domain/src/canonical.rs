//! JSON with one spelling only (RFC 8785), so that what is hashed today can be hashed again by anyone.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The document without spaces, members sorted by the UTF-16 code units of their names.
///
/// Numbers that are no integers are spelled differently by every language, so a document says them as texts
/// ([`number`]).
///
/// # Panics
/// For a number that is no integer of at most 2⁵³: the document's maker forgot the above.
pub fn to_string(document: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, document);
    text
}

/// SHA-256 over [`to_string`], as lower-case hexadecimal digits.
pub fn digest(document: &Value) -> String {
    hex::encode(Sha256::digest(to_string(document)))
}

/// A measured value as a document has it: the shortest text that reads back as the same double.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        format!("{value:?}")
    }
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => {
            let integer = number.as_i64().filter(|integer| integer.unsigned_abs() <= 1 << 53);
            let integer = integer.expect("a hashed document has integers only");
            // Writing to a string does not fail.
            let _ = write!(text, "{integer}");
        }
        Value::String(value) => write_text(text, value),
        Value::Array(values) => {
            text.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(text, value);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            text.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_text(text, name);
                text.push(':');
                write_value(text, value);
            }
            text.push('}');
        }
    }
}

fn write_text(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn there_is_one_spelling() {
        let document = json!({
            "\u{20ac}": "Euro", "\r": "CR", "\u{fb33}": 1, "1": "One", "\u{1f600}": 2, "\u{80}": null, "ö": [true, -5],
        });
        // The order of RFC 8785, section 3.2.3.
        let expected = "{\"\\r\":\"CR\",\"1\":\"One\",\"\u{80}\":null,\"ö\":[true,-5],\"\u{20ac}\":\"Euro\",\"\u{1f600}\":2,\"\u{fb33}\":1}";
        assert_eq!(to_string(&document), expected);
        assert_eq!(to_string(&json!("\u{1}\"\\/\n<é\u{2028}")), "\"\\u0001\\\"\\\\/\\n<é\u{2028}\"");
    }

    #[test]
    fn a_digest_is_that_of_the_text() {
        // printf '%s' '{"a":[],"b":"1"}' | sha256sum
        assert_eq!(digest(&json!({ "b": "1", "a": [] })), hex::encode(Sha256::digest(r#"{"a":[],"b":"1"}"#)));
    }

    #[test]
    fn measured_values_are_texts() {
        let texts = [0.91, 1.0, -0.0, 1e300, f64::NAN, f64::NEG_INFINITY].map(number);
        assert_eq!(texts, ["0.91", "1.0", "-0.0", "1e300", "NaN", "-Infinity"]);
    }
}
