//! `cargo xtask check`: what a reviewer shouldn't have to point at.

use std::process::Command;

use anyhow::Result;

use crate::command::{HOST_PACKAGES, Run, cargo, installed};
use crate::say;
use crate::setup::wasm;

/// Formatting, lints of both halves, and the dependencies' licences and advisories.
pub fn run() -> Result<()> {
    say::step("cargo fmt --check", "one way to lay out code");
    cargo().args(["fmt", "--all", "--check"]).run()?;

    say::step("clippy, server half", "every warning is an error here");
    deny_warnings(cargo().args(["clippy", "--all-targets"]).args(HOST_PACKAGES))?;
    deny_warnings(cargo().args(["clippy", "--all-targets", "--package", "xtask"]))?;

    say::step("clippy, browser half", "the same pages with the features of the browser");
    let compiler = wasm::compiler()?;
    if compiler.is_the_hosts_own() {
        deny_warnings(compiler.cargo("clippy").args(["--package", "frontend"]))?;
    } else {
        // Clippy belongs to the installed toolchain, which lacks the target: it lints for this machine. For the browser
        // `build` and `test` compile it; doing that here, too, would take minutes.
        deny_warnings(cargo().args(["clippy", "--package", "frontend"]))?;
    }

    if installed("cargo-deny") {
        say::step("cargo deny", "licences, advisories and sources of dependencies");
        cargo().args(["deny", "check"]).run()?;
    } else {
        say::note(
            "cargo-deny isn't installed: licences and advisories are not checked (`cargo install cargo-deny`)",
        );
    }
    Ok(())
}

fn deny_warnings(clippy: &mut Command) -> Result<()> {
    clippy.args(["--", "-D", "warnings"]).run()
}
