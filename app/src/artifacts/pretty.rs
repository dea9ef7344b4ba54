//! JSON with one thing on each line. Numbers and texts stay as they were written.

const DEEPEST: usize = 100;
/// Of the text that comes out to the text that goes in.
const MOST_SPACE: usize = 12;

/// Lays out valid JSON; anything else, and what nests so deeply that it would be mostly space, comes back as
/// it was.
pub fn pretty(json: &str) -> String {
    if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() || depth(json) > DEEPEST {
        return json.to_owned();
    }
    let mut laid_out = String::with_capacity(json.len() * 3 / 2);
    let mut depth = 0_usize;
    let mut chars = json.chars().filter(|c| !c.is_ascii_control()).peekable();
    let line = |laid_out: &mut String, depth: usize| {
        laid_out.push('\n');
        laid_out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        if laid_out.len() > json.len() * MOST_SPACE {
            return json.to_owned();
        }
        match c {
            '"' => {
                laid_out.push('"');
                let mut is_escaped = false;
                for c in chars.by_ref() {
                    laid_out.push(c);
                    match c {
                        '"' if !is_escaped => break,
                        '\\' => is_escaped = !is_escaped,
                        _ => is_escaped = false,
                    }
                }
            }
            '{' | '[' => {
                laid_out.push(c);
                while chars.next_if_eq(&' ').is_some() {}
                if let Some(close) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    laid_out.push(close);
                } else {
                    depth += 1;
                    line(&mut laid_out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut laid_out, depth);
                laid_out.push(c);
            }
            ',' => {
                laid_out.push(',');
                line(&mut laid_out, depth);
            }
            ':' => laid_out.push_str(": "),
            ' ' => {}
            other => laid_out.push(other),
        }
    }
    laid_out
}

/// At least as deep as it is: brackets in texts count too.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in json.bytes() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn each_thing_gets_a_line_and_keeps_its_order_and_digits() {
        let json = r#"{"b":[1.10,1e-7],"a":{"t":"x, {\"y\"}: \\"},"e":[ ],"n":null}"#;
        let laid_out = "{\n  \"b\": [\n    1.10,\n    1e-7\n  ],\n  \"a\": {\n    \"t\": \"x, {\\\"y\\\"}: \\\\\"\n  },\n  \"e\": [],\n  \"n\": null\n}";
        assert_eq!(pretty(json), laid_out);
        assert_eq!(pretty(laid_out), laid_out);
    }

    #[test]
    fn what_nests_too_deeply_stays_as_it_is() {
        let deep = "[".repeat(50_000) + &"]".repeat(50_000);
        assert_eq!(pretty(&deep), deep);
        let wide = format!("[{}1]", ("[".repeat(60) + &"]".repeat(60) + ",").repeat(400));
        assert_eq!(pretty(&wide), wide);
    }

    #[test]
    fn what_is_not_json_stays_as_it_is() {
        assert_eq!(pretty("{\"a\": NaN, cut of"), "{\"a\": NaN, cut of");
    }
}
