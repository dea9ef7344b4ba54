//! Markdown to safe HTML, on the server.

/// Renders Markdown (with tables, strikethrough, task lists) and removes whatever could act: scripts,
/// handlers, styles, foreign images.
#[cfg(feature = "ssr")]
pub fn to_html(markdown: &str) -> String {
    use pulldown_cmark::{Options, Parser, html};

    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
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
