//! Markdown to safe HTML, on the server.

/// Renders Markdown (with tables, strikethrough, task lists) and removes whatever could act: scripts,
/// handlers, styles, foreign images. What nests deeper than anybody writes stays text.
#[cfg(feature = "ssr")]
pub fn to_html(markdown: &str) -> String {
    use pulldown_cmark::{Options, Parser, html};

    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    if nests_deeply(Parser::new_ext(markdown, options)) {
        return format!("<pre>{}</pre>", super::text_as_html(markdown));
    }
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, Parser::new_ext(markdown, options));
    // A page makes no request to another host, so images elsewhere are dropped.
    ammonia::Builder::default()
        .url_relative(ammonia::UrlRelative::PassThrough)
        .attribute_filter(|element, attribute, value| {
            let foreign = element == "img" && attribute == "src" && !is_local_image(value);
            (!foreign).then(|| value.into())
        })
        .clean(&rendered)
        .to_string()
}

/// Cleaning takes time by the square of the depth. How deep raw HTML goes isn't known before, but there can't
/// be much in a little.
#[cfg(feature = "ssr")]
fn nests_deeply(mut parser: pulldown_cmark::Parser<'_>) -> bool {
    use pulldown_cmark::Event::{End, Html, InlineHtml, Start};

    const DEEPEST: usize = 50;
    const MOST_RAW: usize = 16_000;
    let (mut depth, mut raw) = (0_usize, 0);
    parser.any(|event| {
        match event {
            Start(_) => depth += 1,
            End(_) => depth -= 1,
            Html(html) | InlineHtml(html) => raw += html.len(),
            _ => {}
        }
        depth > DEEPEST || raw > MOST_RAW
    })
}

#[cfg(feature = "ssr")]
fn is_local_image(address: &str) -> bool {
    !address.contains(':') && !address.starts_with("//") && !address.contains('\\')
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::to_html;

    #[test]
    fn text_is_rendered() {
        assert_eq!(to_html("**a** `b`"), "<p><strong>a</strong> <code>b</code></p>\n");
        assert!(to_html("|a|b|\n|-|-|\n|1|2|").contains("<table>"));
    }

    #[test]
    fn what_nests_too_deeply_stays_text() {
        for deep in [">".repeat(100_000), "<div>".repeat(40_000), "- ".repeat(50_000), "[a](".repeat(30_000)]
        {
            let html = to_html(&deep);
            assert!(html.len() < deep.len() * 5, "{}", html.len());
            assert!(html.matches("<blockquote>").count() <= 50 && html.matches("<div>").count() == 0);
        }
        assert!(to_html("> > deep\n\n<div>kept</div>").contains("<blockquote>\n<blockquote>"));
    }

    #[test]
    fn nothing_that_acts_survives() {
        for attack in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "<iframe src=/></iframe>",
            "<svg onload=alert(1)>",
            "<a href=\"data:text/html,x\">x</a>",
            "<style>*{display:none}</style>",
            "![x](https://elsewhere.example/pixel.png)",
            "![x](//elsewhere.example/p)",
        ] {
            let html = to_html(attack);
            for forbidden in
                ["<script", "onerror", "onload", "javascript:", "<iframe", "data:", "<style", "elsewhere"]
            {
                assert!(!html.contains(forbidden), "{attack} became {html}");
            }
        }
    }
}
