//! The style sheets: `@import`s put in place, nesting and new colours written so that the browsers of the
//! last three years understand them, and minified.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};
use lightningcss::targets::{Browsers, Targets};

/// The style sheet that `main` is, with all that it imports.
pub fn bundle(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let targets = Targets::from(oldest_browsers());
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(main).map_err(|error| anyhow!("`style/` doesn't bundle: {error}"))?;
    sheet
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .map_err(|error| anyhow!("`style/` can't be minified: {error}"))?;
    let options = PrinterOptions { minify: true, targets, ..PrinterOptions::default() };
    Ok(sheet.to_css(options).map_err(|error| anyhow!("`style/` can't be written: {error}"))?.code)
}

fn oldest_browsers() -> Browsers {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Browsers {
        chrome: version(111, 0),
        edge: version(111, 0),
        firefox: version(113, 0),
        safari: version(16, 4),
        ios_saf: version(16, 4),
        ..Browsers::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn imports_come_in_place_and_nesting_is_written_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let main = folder.path().join("main.css");
        fs::write(folder.path().join("tokens.css"), ":root { --space: 4px; }").expect("writable");
        fs::write(&main, "@import \"tokens.css\";\nnav { & a { margin: 0px var(--space); } }")
            .expect("writable");

        let css = bundle(&main).expect("valid styles");

        assert_eq!(css, ":root{--space:4px}nav a{margin:0px var(--space)}");
    }

    #[test]
    fn a_missing_import_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let main = folder.path().join("main.css");
        fs::write(&main, "@import \"tokens.css\";").expect("writable");

        let error = bundle(&main).expect_err("there is no tokens.css").to_string();

        assert!(error.contains("main.css"), "{error}");
    }
}
