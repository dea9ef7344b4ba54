//! Messages of the server on a page: a sentence, its names as code.

use leptos::prelude::*;

/// A message as a sentence; what stands between backticks is code.
pub fn prose(message: &str) -> AnyView {
    let mut parts = Vec::new();
    for (index, part) in message.split('`').enumerate() {
        if part.is_empty() {
            continue;
        }
        let is_code = index % 2 == 1;
        let text = if index == 0 { capitalized(part) } else { part.to_owned() };
        parts.push(if is_code { view! { <code>{text}</code> }.into_any() } else { text.into_any() });
    }
    parts.into_any()
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::capitalized;

    #[test]
    fn a_sentence_starts_with_a_capital() {
        assert_eq!(capitalized("experiment "), "Experiment ");
        assert_eq!(capitalized("été"), "Été");
        assert_eq!(capitalized(""), "");
    }
}
