//! Text where Leptos doesn't escape it: in a `<title>` and a `<textarea>`.

/// Text as HTML that shows just that text.
pub fn text_as_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::text_as_html;

    #[test]
    fn no_markup_is_left() {
        let html = text_as_html("</textarea><script>a && b</script>");
        assert_eq!(html, "&lt;/textarea&gt;&lt;script&gt;a &amp;&amp; b&lt;/script&gt;");
    }
}
