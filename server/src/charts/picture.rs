//! A chart that stands alone: title, plot, legend and colours in one SVG document.

use std::fmt::Write as _;

use ::charts::{Band, Options, Paint, Ribbon, Series, escaped, metric_bands, metric_lines, summary};

use super::theme::Theme;

pub struct Line {
    pub label: String,
    /// (position, value), sorted by position.
    pub points: Vec<(f64, f64)>,
    /// Drawn over them, which stay visible behind.
    pub smoothed: Option<Vec<(f64, f64)>>,
}

pub struct Picture {
    pub title: String,
    /// What it shows, for who can't see it.
    pub words: String,
    /// One `<svg>` element.
    pub plot: String,
    /// The plot's, in pixels.
    pub size: (u32, u32),
    pub legend: Vec<Key>,
    pub theme: Theme,
}

/// What a colour means.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub label: String,
    pub paint: Paint,
}

const PADDING: u32 = 12;
const TITLE: u32 = 26;
const ROW: u32 = 18;
/// A legend's column, and the letters that fit into it at 12 pixels.
const COLUMN: u32 = 220;
const LETTER: u32 = 7;

impl Picture {
    pub fn of_lines(title: String, lines: &[Line], options: Options, theme: Theme) -> Self {
        let raw = lines.iter().enumerate().map(|(color, line)| Series {
            points: &line.points,
            color,
            faint: line.smoothed.is_some(),
        });
        let smoothed = lines.iter().enumerate().filter_map(|(color, line)| {
            let points = line.smoothed.as_deref()?;
            Some(Series { points, color, faint: false })
        });
        let plot = metric_lines(&raw.chain(smoothed).collect::<Vec<_>>(), options).svg;
        let told = lines.iter().enumerate().map(|(color, line)| {
            let series = Series { points: &line.points, color, faint: false };
            format!("{}: {}", line.label, summary(&series, app::number))
        });
        let told: Vec<_> = told.collect();
        let key =
            |(color, line): (usize, &Line)| Key { label: line.label.clone(), paint: Paint::Series(color) };
        Self {
            title,
            words: if told.is_empty() { "no values".into() } else { told.join("; ") },
            plot,
            size: (options.width, options.height),
            legend: lines.iter().enumerate().map(key).collect(),
            theme,
        }
    }

    /// Groups of curves: each a line, within a band.
    pub fn of_bands(title: String, groups: &[(String, Vec<Ribbon>)], options: Options, theme: Theme) -> Self {
        let bands: Vec<_> =
            groups.iter().enumerate().map(|(color, (_, ribbons))| Band { ribbons, color }).collect();
        let told = groups.iter().map(|(label, ribbons)| {
            let points: Vec<_> = ribbons.iter().map(|at| (at.position, at.middle)).collect();
            let series = Series { points: &points, color: 0, faint: false };
            format!("{label}: {}", summary(&series, app::number))
        });
        let told: Vec<_> = told.collect();
        let key = |(color, (label, _)): (usize, &(String, Vec<Ribbon>))| Key {
            label: label.clone(),
            paint: Paint::Series(color),
        };
        Self {
            title,
            words: if told.is_empty() { "no values".into() } else { told.join("; ") },
            plot: metric_bands(&bands, options).svg,
            size: (options.width, options.height),
            legend: groups.iter().enumerate().map(key).collect(),
            theme,
        }
    }

    /// The same for a program that draws it as pixels, and knows of no reader's preference.
    pub fn pixels(self) -> (String, (u32, u32)) {
        let theme = if self.theme == Theme::Auto { Theme::Light } else { self.theme };
        Self { theme, ..self }.svg()
    }

    /// The document, and its size in pixels.
    pub fn svg(&self) -> (String, (u32, u32)) {
        let columns = (self.size.0 / COLUMN).clamp(1, 6);
        let column = self.size.0 / columns;
        let rows = u32::try_from(self.legend.len()).unwrap_or(u32::MAX).div_ceil(columns);
        let (width, plot) = (self.size.0 + 2 * PADDING, self.size.1);
        let height = TITLE + plot + rows * ROW + 3 * PADDING;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title words\">\
             <title id=\"title\">{title}</title><desc id=\"words\">{words}</desc>\
             <style>text{{font-family:system-ui,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif}}\
             .plot text{{font-size:44px}}.legend{{font-size:12px}}.title{{font-size:15px;font-weight:600}}{css}</style>\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#000004\"/>\
             <text class=\"title\" x=\"{PADDING}\" y=\"{baseline}\" fill=\"#000005\">{title}</text>\
             <g class=\"plot\" transform=\"translate({PADDING} {top})\">{plot}</g>",
            title = escaped(&cut(&self.title, width / 8)),
            words = escaped(&self.words),
            css = self.theme.css(),
            baseline = PADDING + 15,
            top = PADDING + TITLE,
            plot = self.plot,
        );
        for (place, key) in (0_u32..).zip(&self.legend) {
            let x = PADDING + place % columns * column;
            let y = TITLE + plot + 2 * PADDING + place / columns * ROW;
            let (color, opacity) = key.paint.placeholder();
            // Writing to a text doesn't fail.
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{}\" width=\"14\" height=\"3\" fill=\"{color}\" opacity=\"{opacity:.2}\"/>\
                 <text class=\"legend\" x=\"{}\" y=\"{}\" fill=\"#000005\">{}</text>",
                y + 7,
                x + 20,
                y + 13,
                escaped(&cut(&key.label, (column - 28) / LETTER)),
            );
        }
        svg += "</svg>\n";
        (svg, (width, height))
    }
}

/// At most so many letters.
fn cut(text: &str, most: u32) -> String {
    let most = (most as usize).max(4);
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(lines: &[Line]) -> Picture {
        Picture::of_lines("<loss> & more".into(), lines, Options::default(), Theme::Light)
    }

    fn line(label: &str) -> Line {
        Line {
            label: label.into(),
            points: vec![(0.0, 2.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 3.0)],
            smoothed: None,
        }
    }

    #[test]
    fn whatever_it_shows_it_is_a_document() {
        let odd = "x\u{8}\u{ffff}<b>\"'\n".repeat(40);
        for lines in [vec![], vec![line("a")], (0..50).map(|_| line(&odd)).collect()] {
            let count = lines.len();
            let (svg, (width, height)) = picture(&lines).svg();
            let document = resvg::usvg::roxmltree::Document::parse(&svg).expect("is XML");
            let root = document.root_element();
            assert_eq!(root.attribute("width"), Some(&*width.to_string()));
            assert_eq!(root.attribute("height"), Some(&*height.to_string()));
            let legend = root.descendants().filter(|node| node.attribute("class") == Some("legend"));
            assert_eq!(legend.count(), count);
        }
    }

    #[test]
    fn a_smoothed_line_has_its_raw_one_behind() {
        let raw = picture(&[line("a"), line("b")]).svg().0;
        let averaged = |label| Line { smoothed: Some(vec![(0.0, 2.0), (3.0, 2.0)]), ..line(label) };
        let smoothed = picture(&[averaged("a"), averaged("b")]).svg().0;
        let lines = |svg: &str| svg.matches("<polyline").count();
        assert_eq!(lines(&smoothed) - lines(&raw), 2);
        assert!(smoothed.contains("opacity=\"0.28\"") && !raw.contains("opacity=\"0.28\""));
    }

    #[test]
    fn its_words_tell_each_line() {
        let svg = picture(&[line("tree"), line("net")]).svg().0;
        assert!(svg.contains("tree: starts at 2, ends at 3, lowest 1, highest 3; net: starts"), "{svg}");
    }
}
