//! A Chromium for the end-to-end tests: one that is installed, else Playwright's own, else Debian's.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::command::{Run, installed};
use crate::setup::node;
use crate::{files, project, say};

/// Names a browser instead of looking for one; the tests read it too.
pub const PATH_VARIABLE: &str = "CHROMIUM_PATH";

/// Names the only way to try, instead of all three in order: `installed`, `playwright` or `debian`.
const WAY_VARIABLE: &str = "COUNTERSIGN_CHROMIUM";

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

const PLACES: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Names of the browser's program in Playwright's folder, for each system.
const PLAYWRIGHT_PROGRAMS: &[&str] = &["chrome", "Chromium", "chrome.exe", "Google Chrome for Testing"];

/// Time to fetch Playwright's 170 MB.
const PLAYWRIGHT_LIMIT: Duration = Duration::from_mins(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Installed,
    Playwright,
    Debian,
}

/// Finds a browser or sets one up. [`node::packages`] come first: Playwright is one of them.
pub fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(PATH_VARIABLE) {
        return Ok(path.into());
    }
    for way in ways(std::env::var(WAY_VARIABLE).ok().as_deref())? {
        let found = match way {
            Way::Installed => on_this_machine(),
            Way::Playwright => playwrights().or_else(install_playwrights),
            Way::Debian => on_this_machine().or_else(install_debians),
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    bail!(
        "the end-to-end tests need Chromium; install it (Debian: `sudo apt-get install chromium`) or set {PATH_VARIABLE}"
    )
}

fn ways(only: Option<&str>) -> Result<Vec<Way>> {
    Ok(match only {
        None => vec![Way::Installed, Way::Playwright, Way::Debian],
        Some("installed") => vec![Way::Installed],
        Some("playwright") => vec![Way::Playwright],
        Some("debian") => vec![Way::Debian],
        Some(other) => bail!("{WAY_VARIABLE} is `{other}`; it can be `installed`, `playwright` or `debian`"),
    })
}

fn on_this_machine() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)));
    on_path.chain(PLACES.iter().map(PathBuf::from)).find(|path| path.is_file())
}

fn playwrights_folder() -> PathBuf {
    project::tools().join("browsers")
}

fn playwrights() -> Option<PathBuf> {
    let files = files::under(&playwrights_folder()).ok()?;
    files.into_iter().find(|path| {
        path.file_name().is_some_and(|name| PLAYWRIGHT_PROGRAMS.iter().any(|known| name == *known))
    })
}

fn install_playwrights() -> Option<PathBuf> {
    say::step("Playwright's Chromium into .tools/browsers", "no Chromium or Chrome is installed");
    let mut install = Command::new("npx");
    install.current_dir(node::end_to_end()).args(["--no-install", "playwright", "install", "chromium"]);
    install.env("PLAYWRIGHT_BROWSERS_PATH", playwrights_folder());
    install.succeeds_within(PLAYWRIGHT_LIMIT, "playwright install chromium").then(playwrights).flatten()
}

fn install_debians() -> Option<PathBuf> {
    if !installed("apt-get") || !rustix::process::geteuid().is_root() {
        return None;
    }
    say::step("apt-get install chromium", "no Chromium or Chrome is installed");
    let apt = |arguments: &[&str], what: &str| {
        Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments).run_quietly(what)
    };
    let install = ["install", "-q", "-y", "--no-install-recommends", "chromium"];
    apt(&install, "install Chromium")
        .or_else(|_| {
            apt(&["update", "-q"], "apt-get update").and_then(|()| apt(&install, "install Chromium"))
        })
        .inspect_err(|error| say::note(&format!("{error:#}")))
        .ok()?;
    on_this_machine()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_browser_is_preferred_and_debians_comes_last() {
        assert_eq!(ways(None).expect("no setting"), [Way::Installed, Way::Playwright, Way::Debian]);
    }

    #[test]
    fn one_way_can_be_demanded() {
        assert_eq!(ways(Some("debian")).expect("a way"), [Way::Debian]);
        let error = ways(Some("firefox")).expect_err("not a way").to_string();
        assert!(error.contains("`installed`, `playwright` or `debian`"), "{error}");
    }
}
