//! Brotli copies, made once at build time at the highest quality, so that the server only sends them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use brotlic::encode::BrotliEncoderOptions;
use brotlic::{CompressorWriter, Quality};

use crate::say;

/// What the whole page's WebAssembly may weigh on the network, in bytes.
const WASM_BUDGET: u64 = 400_000;

/// Files that shrink; images and fonts are compressed already.
const ENDINGS: &[&str] = &["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest", "xml"];

#[derive(Debug)]
pub struct Sizes {
    path: PathBuf,
    plain: u64,
    brotli: u64,
}

/// Writes `FILE.br` beside each file in and under `folder` that shrinks.
pub fn folder(folder: &Path) -> Result<Vec<Sizes>> {
    let mut sizes = Vec::new();
    for path in crate::files::under(folder)? {
        if path.extension().is_none_or(|ending| !ENDINGS.iter().any(|known| ending == *known)) {
            continue;
        }
        let plain = fs::read(&path)?;
        let packed = packed(&plain)?;

        if packed.len() >= plain.len() {
            continue;
        }
        let mut copy = path.clone().into_os_string();
        copy.push(".br");
        fs::write(copy, &packed)?;
        sizes.push(Sizes { path, plain: plain.len() as u64, brotli: packed.len() as u64 });
    }
    Ok(sizes)
}

/// By the reference encoder: of WebAssembly it leaves 0.3 % less than others do.
fn packed(plain: &[u8]) -> Result<Vec<u8>> {
    let size = u32::try_from(plain.len()).unwrap_or(0);
    let encoder = BrotliEncoderOptions::new().quality(Quality::best()).size_hint(size).build()?;
    let mut writer = CompressorWriter::with_encoder(encoder, Vec::new());
    writer.write_all(plain)?;
    Ok(writer.into_inner()?)
}

/// Prints what each file weighs, plain and on the network.
pub fn report(sizes: &[Sizes], folder: &Path) {
    for Sizes { path, plain, brotli } in sizes {
        let path = path.strip_prefix(folder).unwrap_or(path).display();
        say::note(&format!("{:>9} → {:>8} brotli  {path}", kilobytes(*plain), kilobytes(*brotli)));
    }
}

/// Fails if the WebAssembly weighs more on the network than [`WASM_BUDGET`].
pub fn check_weight(folder: &Path) -> Result<()> {
    let mut total = 0;
    for path in crate::files::under(folder)? {
        if path.to_string_lossy().ends_with(".wasm.br") {
            total += fs::metadata(path)?.len();
        }
    }
    let (is, may) = (kilobytes(total), kilobytes(WASM_BUDGET));
    ensure!(total > 0, "`{}` holds no compressed WebAssembly: bundle it for release", folder.display());
    ensure!(total <= WASM_BUDGET, "the WebAssembly is {is} as brotli; it may be {may}");
    Ok(())
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_shrink_get_a_brotli_copy() {
        let site = tempfile::tempdir().expect("a temporary folder");
        fs::write(site.path().join("a.css"), "a { color: red }\n".repeat(100)).expect("writable");
        fs::write(site.path().join("tiny.css"), "a").expect("writable");
        fs::write(site.path().join("photo.png"), vec![0; 1000]).expect("writable");

        let sizes = folder(site.path()).expect("compressed");

        let names: Vec<_> = sizes.iter().map(|one| one.path.file_name().expect("a file")).collect();
        assert_eq!(names, ["a.css"]);
        assert_eq!(fs::metadata(site.path().join("a.css.br")).expect("written").len(), sizes[0].brotli);
    }

    #[test]
    fn webassembly_over_its_budget_is_refused() {
        let site = tempfile::tempdir().expect("a temporary folder");
        let weighs = |bytes: u64| {
            fs::write(site.path().join("app.wasm.br"), vec![0; usize::try_from(bytes).expect("small")])
                .expect("writable");
            fs::write(site.path().join("app.js.br"), vec![0; 500_000]).expect("writable");
            check_weight(site.path())
        };
        assert!(weighs(WASM_BUDGET).is_ok());
        let error = weighs(WASM_BUDGET + 100).expect_err("over");
        assert_eq!(error.to_string(), "the WebAssembly is 400.1 kB as brotli; it may be 400.0 kB");
    }

    #[test]
    fn a_folder_without_webassembly_is_not_taken_for_a_light_one() {
        let site = tempfile::tempdir().expect("a temporary folder");
        assert!(check_weight(site.path()).is_err());
    }
}
