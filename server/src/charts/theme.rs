//! The colours of a chart, as the style sheet has them.

use std::sync::LazyLock;

use domain::limits::Invalid;

/// The sheet that the pages use: `--name: light-dark(light, dark);`.
const TOKENS: &str = include_str!("../../../style/tokens.css");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
    /// What the reader's system prefers; light for programs that don't know.
    Auto,
}

impl Theme {
    pub fn parse(text: Option<&str>) -> Result<Self, Invalid> {
        match text {
            None | Some("auto") => Ok(Self::Auto),
            Some("light") => Ok(Self::Light),
            Some("dark") => Ok(Self::Dark),
            Some(other) => Err(Invalid::new("theme", format!("`{other}`; there are light, dark and auto"))),
        }
    }

    /// Rules that give a drawing's placeholders their colours.
    pub fn css(self) -> &'static str {
        static LIGHT: LazyLock<String> = LazyLock::new(|| rules(|(light, _)| light));
        static DARK: LazyLock<String> = LazyLock::new(|| rules(|(_, dark)| dark));
        static AUTO: LazyLock<String> =
            LazyLock::new(|| format!("{}@media (prefers-color-scheme: dark){{{}}}", *LIGHT, *DARK));
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
            Self::Auto => &AUTO,
        }
    }
}

/// Placeholders of `charts`, and of the picture around a drawing.
const STROKES: [(&str, &str); 2] = [("#000001", "grid"), ("#000003", "border-strong")];
const FILLS: [(&str, &str); 3] = [("#000002", "fg-muted"), ("#000004", "bg-raised"), ("#000005", "fg")];

fn rules(pick: impl Fn((&'static str, &'static str)) -> &'static str) -> String {
    let color = |token: &str| pick(token_of(token).unwrap_or(("gray", "gray")));
    let rule = |attribute: &str, placeholder: &str, token: &str| {
        format!("[{attribute}=\"{placeholder}\"]{{{attribute}:{}}}", color(token))
    };
    let strokes = STROKES.iter().map(|(placeholder, token)| rule("stroke", placeholder, token));
    let fills = FILLS.iter().map(|(placeholder, token)| rule("fill", placeholder, token));
    let series = (1..=::charts::COLORS).flat_map(|series| {
        let (placeholder, token) = (format!("#{series:02X}0000"), format!("series-{series}"));
        ["stroke", "fill"].map(|attribute| rule(attribute, &placeholder, &token))
    });
    strokes.chain(fills).chain(series).collect()
}

/// The light and the dark value.
fn token_of(name: &str) -> Option<(&'static str, &'static str)> {
    let start = format!("--{name}: light-dark(");
    let value = TOKENS.split_once(&start)?.1.split_once(')')?.0;
    let (light, dark) = value.split_once(',')?;
    Some((light.trim(), dark.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_in_the_style_sheet() {
        let series = (1..=::charts::COLORS).map(|number| format!("series-{number}"));
        let others = STROKES.iter().chain(&FILLS).map(|(_, token)| (*token).to_owned());
        for token in series.chain(others) {
            let (light, dark) = token_of(&token).unwrap_or_else(|| panic!("--{token} has no two colours"));
            assert!(light.starts_with('#') && dark.starts_with('#') && light != dark, "{token}");
        }
        assert!(Theme::Auto.css().contains("prefers-color-scheme: dark"));
        assert_ne!(Theme::Light.css(), Theme::Dark.css());
    }
}
