//! `cargo xtask demo` and `cargo xtask serve`: build, then become the server.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{build, project};

/// A throw-away workspace with real runs in it.
pub fn demo(options: &[String]) -> Result<()> {
    become_server(Command::new(build::release()?).arg("demo").args(options))
}

/// An empty workspace that lasts, in `countersign-data`.
pub fn serve(options: &[String]) -> Result<()> {
    let mut server = Command::new(build::release()?);
    server.args(["serve", "--open"]);
    let is_said = options.iter().any(|option| option.starts_with("--data"));
    if !is_said && std::env::var_os("COUNTERSIGN_DATA").is_none() {
        server.arg("--data").arg(project::data());
    }
    become_server(server.args(options))
}

/// Replaces this process, so that Ctrl-C and signals go straight to the server.
fn become_server(server: &mut Command) -> Result<()> {
    Err(server.exec()).context("can't start the server")
}
