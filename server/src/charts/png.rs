//! A picture as pixels.

use std::sync::{Arc, LazyLock};

use anyhow::Context as _;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

/// The machine's fonts, and one of ours for a machine that has none.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    let ours = fonts.load_font_source(Source::Binary(Arc::new(epaint_default_fonts::UBUNTU_LIGHT)));
    let family = ours.first().and_then(|id| Some(fonts.face(*id)?.families.first()?.0.clone()));
    if let Some(family) = family {
        fonts.set_sans_serif_family(family);
    }
    Arc::new(fonts)
});

/// Draws an SVG document; `scale` pixels for each of its own. Takes some time: call it where it may block.
///
/// # Errors
/// It isn't one, or has no size.
pub fn png(svg: &str, scale: f32) -> anyhow::Result<Vec<u8>> {
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(scale).context("it has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("it has no size")?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_drawn_on_any_machine() {
        let of = |text: &str| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"20\">\
                 <text x=\"2\" y=\"15\" font-family=\"system-ui,sans-serif\" font-size=\"12\">{text}</text></svg>"
            );
            let bytes = png(&svg, 2.0).expect("is drawn");
            Pixmap::decode_png(&bytes).expect("is a PNG")
        };
        let (none, some) = (of(""), of("loss"));
        assert_eq!((some.width(), some.height()), (160, 40));
        assert!(none.pixels().iter().all(|pixel| pixel.alpha() == 0));
        assert!(some.pixels().iter().any(|pixel| pixel.alpha() > 128), "the text is there");
    }
}
