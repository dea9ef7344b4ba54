//! Building the two halves.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::bundle::{self, Purpose};
use crate::command::{Run, cargo};
use crate::project::{self, Profile};
use crate::say;
use crate::setup::wasm::{self, Compiler, TARGET};

/// Both halves as people get them; returns the binary, which holds everything that it serves.
pub fn release() -> Result<PathBuf> {
    browser_half(&wasm::compiler()?, Purpose::Release)?;
    server_half(Profile::Release)
}

/// Compiles the browser half and makes `target/site` of it.
pub fn browser_half(compiler: &Compiler, purpose: Purpose) -> Result<()> {
    let (profile, folder) = match purpose {
        Purpose::Release => ("browser", "browser"),
        Purpose::Development => ("dev", "debug"),
    };
    say::step("build the browser half", "the pages go live with it; the first time takes minutes");
    compiler.cargo("build").args(["--package", "frontend", "--lib", "--profile", profile]).run()?;
    let wasm = project::browser_target().join(TARGET).join(folder).join("frontend.wasm");
    bundle::bundle(&wasm, purpose)
}

/// Compiles the server, which embeds `target/site` in release and reads it from there in debug.
pub fn server_half(profile: Profile) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--package", "server", "--bin", "countersign"]);
    match profile {
        Profile::Debug => {
            say::step("build the server for development", "quick to build, assets from target/site");
        }
        Profile::Release => {
            say::step(
                "build the server",
                "one optimised binary with everything inside; the first time takes minutes",
            );
            build.arg("--release");
        }
    }
    build.run()?;
    let binary = project::server_binary(profile);
    binary.metadata().with_context(|| format!("cargo left no `{}`", binary.display()))?;
    Ok(binary)
}
