//! What a mark is, said when somebody points at it: invisible shapes over a drawing, each with a title.

use std::fmt::Write as _;

use crate::canvas::{FINE, fine};

/// Words for a mark, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tip {
    pub text: String,
    pub href: Option<String>,
}

/// A shape that is pointed at, in pixels.
pub(crate) enum Shape {
    Circle {
        center: (f64, f64),
        radius: f64,
    },
    Rectangle {
        from: (f64, f64),
        to: (f64, f64),
    },
    /// Only its edge.
    Path(Vec<(f64, f64)>),
}

/// More would take longer to send than the drawing itself.
pub const MOST_TIPS: usize = 1_000;
/// Smaller shapes are hard to point at.
const SMALLEST: f64 = 6.0;
/// How near one has to point at a path.
const REACH: i32 = 6 * FINE;

/// The drawing with its tips.
pub(crate) fn with_tips(svg: String, tips: &[(Shape, &Tip)]) -> String {
    let Some(end) = svg.rfind("</svg>").filter(|_| !tips.is_empty() && tips.len() <= MOST_TIPS) else {
        return svg;
    };
    let mut whole = svg[..end].to_owned();
    whole += "<g class=\"tips\">\n";
    for (shape, tip) in tips {
        let title = format!("<title>{}</title>", escaped(&tip.text));
        let drawn = match shape {
            Shape::Circle { center, radius } => format!(
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"none\" pointer-events=\"all\">{title}</circle>",
                fine(center.0),
                fine(center.1),
                fine(radius.max(SMALLEST))
            ),
            Shape::Rectangle { from, to } => format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" pointer-events=\"all\">{title}</rect>",
                fine(from.0.min(to.0)),
                fine(from.1.min(to.1)),
                fine((to.0 - from.0).abs()),
                fine((to.1 - from.1).abs())
            ),
            Shape::Path(points) => {
                let points: Vec<_> =
                    points.iter().map(|(x, y)| format!("{},{}", fine(*x), fine(*y))).collect();
                format!(
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"transparent\" stroke-width=\"{REACH}\" \
                     pointer-events=\"stroke\">{title}</polyline>",
                    points.join(" ")
                )
            }
        };
        // Writing to a text doesn't fail.
        let _ = match &tip.href {
            Some(href) => writeln!(whole, "<a href=\"{}\" tabindex=\"-1\">{drawn}</a>", escaped(href)),
            None => writeln!(whole, "{drawn}"),
        };
    }
    whole + "</g>\n</svg>\n"
}

/// As XML 1.0 can hold it: characters that it has no way to write are left out.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' => escaped.push('\n'),
            '\t' | '\r' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
