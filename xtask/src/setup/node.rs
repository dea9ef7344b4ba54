//! The end-to-end tests' packages.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{Run, installed};
use crate::{project, say};

pub fn folder() -> PathBuf {
    project::root().join("end2end")
}

/// Installs exactly what the lock file says, unless that is there already.
pub fn packages() -> Result<()> {
    if !installed("npm") {
        bail!(
            "the end-to-end tests need Node.js 20 or newer; install it (Debian: `sudo apt-get install nodejs npm`)"
        );
    }
    let lock = fs::read_to_string(folder().join("package-lock.json")).context("end2end has no lock file")?;
    let stamp = folder().join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    say::step("npm packages in end2end/node_modules", "they drive the browser in the end-to-end tests");
    let mut install = Command::new("npm");
    // Browsers are the set-up's own affair.
    install.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    install.current_dir(folder()).arg("ci").run_quietly("npm ci")?;
    fs::write(stamp, lock)?;
    Ok(())
}
