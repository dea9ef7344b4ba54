//! WebAssembly as cargo leaves it becomes WebAssembly and the script that loads it.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `{name}.js`, `{name}_bg.wasm` and the snippets of dependencies into `folder`.
pub fn generate(wasm: &Path, folder: &Path, name: &str) -> Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name(name)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen can't read `{}`", wasm.display()))
}
