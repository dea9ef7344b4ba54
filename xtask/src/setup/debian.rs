//! Debian's compiler for WebAssembly, unpacked beside the toolchain instead of installed over it.
//!
//! The `rustc-web` package conflicts with an installed Rust and brings no standard library for the
//! bare `wasm32-unknown-unknown`. So its files are unpacked into `.tools/wasm`, and the standard library
//! is built once from the source that Debian ships, which takes about half a minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{Run, cargo, installed};
use crate::project;
use crate::say;
use crate::setup::wasm::{Settings, TARGET, linker};

pub fn is_this_system() -> bool {
    installed("apt-get") && installed("dpkg")
}

/// Whether a compiler that is new enough is unpacked already.
pub fn is_ready() -> bool {
    let unpacked = fs::read_to_string(folder().join("ready")).ok();
    unpacked.as_deref().and_then(release).is_some_and(|unpacked| unpacked >= needed())
}

/// The settings with which cargo uses the compiler, which is made if it isn't there.
pub fn compiler() -> Result<Settings> {
    let folder = folder();
    if is_ready() {
        return settings(&folder);
    }
    say::step(
        "unpack Debian's rustc-web into .tools/wasm",
        "no other compiler for the browser half is in reach",
    );
    let release = unpack(&folder)?;
    let settings = settings(&folder)?;
    build_standard_library(&folder, &settings)?;
    fs::write(folder.join("env.sh"), env_script(&settings))?;
    fs::write(folder.join("ready"), release)?;
    // What another compiler left there would only be rebuilt beside it.
    let _ = fs::remove_dir_all(project::browser_target());
    Ok(settings)
}

fn folder() -> PathBuf {
    project::tools().join("wasm")
}

/// Unpacks the compiler into `folder`, and says which release it is.
fn unpack(folder: &Path) -> Result<String> {
    let _ = fs::remove_dir_all(folder);
    let downloads = folder.join("debs");
    fs::create_dir_all(&downloads)?;
    let api = if let Some(release) = offered()? {
        release
    } else {
        // Fresh systems have no package lists yet, others have those of the day they were made.
        let mut update = Command::new("apt-get");
        update
            .args(["update", "-qq"])
            .run_quietly("apt-get update")
            .context("run `sudo apt-get update` first")?;
        offered()?.with_context(|| {
            let (major, minor) = needed();
            format!(
                "this system's `rustc-web` is older than {major}.{minor}; on Debian, the security updates bring it"
            )
        })?
    };
    let library = format!("libstd-rust-web-{api}");
    let llvm = llvm_package(&describe(&["rustc-web", &library])?)
        .context("`rustc-web` names no `libllvm` package")?;
    let mut download = Command::new("apt-get");
    download.current_dir(&downloads).args([
        "download",
        "-q",
        "rustc-web",
        "rust-web-src",
        "libstd-rust-web-dev",
    ]);
    download.args([&library, &llvm]).run_quietly("download Debian's rustc-web")?;
    for package in fs::read_dir(&downloads)? {
        Command::new("dpkg").arg("-x").arg(package?.path()).arg(folder).run()?;
    }
    fs::remove_dir_all(&downloads)?;
    Ok(api)
}

/// The release of `rustc-web` that the package lists offer, if it is new enough.
fn offered() -> Result<Option<String>> {
    let Ok(described) = describe(&["rustc-web"]) else {
        return Ok(None);
    };
    let api = api_version(&described).context("Debian's `rustc-web` has no version that can be read")?;
    Ok(release(&api).is_some_and(|offered| offered >= needed()).then_some(api))
}

fn describe(packages: &[&str]) -> Result<String> {
    Command::new("apt-cache").args(["show", "--no-all-versions"]).args(packages).read()
}

/// The oldest compiler that the workspace takes.
fn needed() -> (u32, u32) {
    release(env!("CARGO_PKG_RUST_VERSION")).expect("the workspace names its oldest compiler")
}

/// Major and minor of `1.96`.
fn release(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

/// `1.96` of `Version: 1.96.0+dfsg1-1~deb12u2`: the library's package is named after it.
fn api_version(described: &str) -> Option<String> {
    let version = described.lines().find_map(|line| line.strip_prefix("Version: "))?;
    let mut numbers = version.split('.');
    Some(format!("{}.{}", numbers.next()?, numbers.next()?))
}

/// The `libllvm…` package among the dependencies.
fn llvm_package(described: &str) -> Option<String> {
    let from = described.find("libllvm")?;
    let name = described[from..].split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    Some(name.to_owned())
}

/// The standard library for WebAssembly, built from source by way of a program that needs nothing else.
fn build_standard_library(folder: &Path, settings: &Settings) -> Result<()> {
    let work = folder.join("std");
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("src/lib.rs"), "")?;
    fs::write(
        work.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [workspace]\n[profile.release]\npanic = \"abort\"\n",
    )?;
    let mut build = cargo();
    build.current_dir(&work).args(["build", "--release", "--target", TARGET, "--target-dir", "target"]);
    build.arg("-Zbuild-std=std,panic_abort,panic_unwind");
    build.envs(settings.iter().map(|(name, value)| (name, value)));
    // Unstable flags on a stable compiler; bitcode, so that link-time optimisation reaches the library.
    build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Cembed-bitcode=yes");
    build.run_quietly("build the standard library for WebAssembly")?;

    let library = folder.join("usr/lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&library)?;
    for file in fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let file = file?;
        let name = file.file_name();
        let is_library = Path::new(&name).extension().is_some_and(|ending| ending == "rlib");
        if is_library && !name.to_string_lossy().starts_with("libempty-") {
            fs::copy(file.path(), library.join(name))?;
        }
    }
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn settings(folder: &Path) -> Result<Settings> {
    let libraries = folder.join("usr/lib");
    let mut paths = Vec::new();
    for entry in fs::read_dir(&libraries).with_context(|| format!("`{}` is missing", libraries.display()))? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if name.ends_with("-linux-gnu") {
            paths.push(entry.path());
        } else if name.starts_with("llvm-") {
            paths.push(entry.path().join("lib"));
        }
    }
    if paths.is_empty() {
        bail!("`{}` holds no compiler; remove `.tools/wasm` and try again", libraries.display());
    }
    if let Some(inherited) = std::env::var_os("LD_LIBRARY_PATH") {
        paths.extend(std::env::split_paths(&inherited));
    }
    let paths = std::env::join_paths(paths)?.to_string_lossy().into_owned();
    Ok(vec![
        ("RUSTC", folder.join("usr/bin/rustc").display().to_string()),
        ("LD_LIBRARY_PATH", paths),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?.display().to_string()),
    ])
}

/// The same settings for a shell: `. .tools/wasm/env.sh`, then any cargo command for the browser half.
fn env_script(settings: &Settings) -> String {
    settings
        .iter()
        .fold(String::new(), |script, (name, value)| script + &format!("export {name}='{value}'\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIBED: &str = "Package: rustc-web\nVersion: 1.96.0+dfsg1-1~deb12u2\n\
        Depends: libc6 (>= 2.34), libllvm22 (>= 1:22~), libstd-rust-web-1.96 (= 1.96.0+dfsg1-1~deb12u2)\n";

    #[test]
    fn the_librarys_package_is_named_after_the_first_two_numbers() {
        assert_eq!(api_version(DESCRIBED).as_deref(), Some("1.96"));
    }

    #[test]
    fn a_compiler_that_is_too_old_is_known_by_its_release() {
        assert_eq!(release("1.96\n"), Some((1, 96)));
        assert_eq!(release("1.95.0"), Some((1, 95)));
        assert!(release("1.85") < Some(needed()) && release("1.100") > Some(needed()));
        // What an older set-up left says nothing: it is made anew.
        assert_eq!(release(""), None);
    }

    #[test]
    fn the_llvm_package_is_found_among_the_dependencies() {
        assert_eq!(llvm_package(DESCRIBED).as_deref(), Some("libllvm22"));
    }

    #[test]
    fn the_script_exports_every_setting() {
        let script = env_script(&vec![("RUSTC", "/a b/rustc".to_owned())]);
        assert_eq!(script, "export RUSTC='/a b/rustc'\n");
    }
}
