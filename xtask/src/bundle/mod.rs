//! The browser half: from what cargo compiled, `style/` and `public/` to the files that are served.
//!
//! `target/site/` holds the public files, and `target/site/pkg/` the scripts, the WebAssembly and the
//! styles; beside each file that shrinks lies its brotli copy.

mod compress;
mod fingerprint;
mod reload;
mod scripts;
mod shrink;
mod styles;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project;
use crate::say;

pub use reload::request_reload;

/// What all scripts and styles are called, before their endings.
const NAME: &str = "countersign";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Minified and compressed, for the binary that people get.
    Release,
    /// As quick as possible, and the open page reloads when something has been rebuilt.
    Development,
}

/// Makes `target/site` from the compiled browser half, unless it is up to date.
pub fn bundle(wasm: &Path, purpose: Purpose) -> Result<()> {
    let root = project::root();
    let (style, public, packer) = (root.join("style"), root.join("public"), root.join("xtask/src/bundle"));
    let inputs = fingerprint::of(&[wasm, &style, &public, &packer], &format!("{purpose:?}"))?;
    let site = project::site();
    let stamp = site.with_extension("stamp");
    if site.is_dir() && fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) {
        return Ok(());
    }
    say::step("bundle scripts, styles and public files into target/site", "that is what the server serves");

    // Made aside and moved into place, so that an interrupted bundle is never taken for a whole one.
    let made = site.with_extension("new");
    let _ = fs::remove_dir_all(&made);
    let pkg = made.join("pkg");
    fs::create_dir_all(&pkg)?;
    copy_folder(&public, &made).context("can't copy `public/`")?;
    scripts::generate(wasm, &pkg, NAME, purpose)?;
    fs::write(pkg.join(NAME).with_extension("css"), styles::bundle(&style.join("main.css"))?)?;
    match purpose {
        Purpose::Release => {
            let sizes = compress::folder(&made)?;
            compress::report(&sizes, &made);
        }
        Purpose::Development => reload::add_to(&pkg.join(NAME).with_extension("js"))?,
    }
    let _ = fs::remove_dir_all(&site);
    fs::rename(&made, &site)?;
    fs::write(&stamp, inputs)?;
    Ok(())
}

/// Fails if what was bundled last is heavier than a page may be.
pub fn check_weight() -> Result<()> {
    compress::check_weight(&project::site())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
