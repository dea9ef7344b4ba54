//! The packages of tests that need Node.js.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{Run, installed};
use crate::{project, say};

/// The end-to-end tests.
pub fn end_to_end() -> PathBuf {
    project::root().join("end2end")
}

/// The identity provider of the tests over HTTP.
pub fn provider() -> PathBuf {
    project::root().join("server/tests/oidc")
}

/// Installs exactly what the folder's lock file says, unless that is there already; `why` says what for.
pub fn packages(folder: &Path, why: &str) -> Result<()> {
    let shown = folder.strip_prefix(project::root()).unwrap_or(folder).display();
    if !installed("npm") {
        bail!(
            "the tests in {shown} need Node.js 20 or newer; install it (Debian: `sudo apt-get install nodejs npm`)"
        );
    }
    let lock = folder.join("package-lock.json");
    let lock = fs::read_to_string(&lock).with_context(|| format!("can't read `{}`", lock.display()))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    say::step(&format!("npm packages in {shown}/node_modules"), why);
    let mut install = Command::new("npm");
    // Browsers are the set-up's own affair.
    install.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    install.current_dir(folder).arg("ci").run_quietly("npm ci")?;
    fs::write(stamp, lock)?;
    Ok(())
}
