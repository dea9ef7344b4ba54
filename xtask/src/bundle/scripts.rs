//! WebAssembly as cargo leaves it becomes WebAssembly and the script that loads it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Purpose, shrink};

/// Writes `{name}.js`, `{name}_bg.wasm` and the snippets of dependencies into `folder`.
pub fn generate(wasm: &Path, folder: &Path, name: &str, purpose: Purpose) -> Result<()> {
    let unreadable = || format!("wasm-bindgen can't read `{}`", wasm.display());
    let mut compiled = fs::read(wasm).with_context(unreadable)?;
    if purpose == Purpose::Release {
        compiled = shrink::without_unused(&compiled).with_context(unreadable)?;
    }
    Bindgen::new()
        .input_bytes(name, compiled)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name(name)
        .generate(folder)
        .with_context(unreadable)?;
    if purpose == Purpose::Release {
        let bound = folder.join(format!("{name}_bg.wasm"));
        fs::write(&bound, shrink::arrange(&fs::read(&bound)?)?)?;
    }
    Ok(())
}
