//! A compiler for the browser half, by the first of three ways that works.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::command::{Run, cargo, installed};
use crate::say;
use crate::setup::debian;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Names the only way to try, instead of all three in order: `installed`, `rustup` or `debian`.
const WAY_VARIABLE: &str = "COUNTERSIGN_WASM";

/// Time for rustup to fetch its 20 MB; where its host is out of reach it often answers only after minutes.
const RUSTUP_LIMIT: Duration = Duration::from_mins(1);

/// The settings that make cargo build for the browser. They are for that half alone: the server half
/// keeps the toolchain it has.
#[derive(Debug, Default)]
pub struct Compiler {
    settings: Settings,
}

/// Environment variables.
pub type Settings = Vec<(&'static str, String)>;

impl Compiler {
    /// A cargo command that builds for the browser.
    pub fn cargo(&self, verb: &str) -> Command {
        let mut cargo = cargo();
        cargo.arg(verb).args(["--target", TARGET, "--target-dir", "target/browser"]);
        cargo.envs(self.settings.iter().map(|(name, value)| (name, value)));
        cargo
    }

    /// Whether it is the toolchain that also builds the server, clippy included.
    pub fn is_the_hosts_own(&self) -> bool {
        self.settings.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Installed,
    Rustup,
    Debian,
}

impl Way {
    fn description(self) -> &'static str {
        match self {
            Self::Installed => "the installed toolchain has the target",
            Self::Rustup => "`rustup target add` brought the target",
            Self::Debian => "Debian's rustc-web, unpacked into .tools/wasm",
        }
    }
}

/// Finds or sets up a compiler with the standard library for [`TARGET`].
pub fn compiler() -> Result<Compiler> {
    let ways = ways(std::env::var(WAY_VARIABLE).ok().as_deref())?;
    first_that_works(&ways, |way| match way {
        Way::Installed => Ok(target_is_installed().then(Vec::new)),
        Way::Rustup => Ok(added_by_rustup().then(Vec::new)),
        Way::Debian if debian::is_this_system() => debian::compiler().map(Some),
        Way::Debian => Ok(None),
    })
}

/// Goes through `ways` in order; `attempt` returns the settings that a way needs, or `None` if it is not for
/// this machine.
fn first_that_works(
    ways: &[Way],
    mut attempt: impl FnMut(Way) -> Result<Option<Settings>>,
) -> Result<Compiler> {
    for &way in ways {
        if let Some(settings) = attempt(way)? {
            say::step("compiler for the browser half", way.description());
            return Ok(Compiler { settings });
        }
    }
    bail!(
        "no compiler for the browser half; run `rustup target add {TARGET}` where rustup can reach its host"
    )
}

fn ways(only: Option<&str>) -> Result<Vec<Way>> {
    Ok(match only {
        None => vec![Way::Installed, Way::Rustup, Way::Debian],
        Some("installed") => vec![Way::Installed],
        Some("rustup") => vec![Way::Rustup],
        Some("debian") => vec![Way::Debian],
        Some(other) => bail!("{WAY_VARIABLE} is `{other}`; it can be `installed`, `rustup` or `debian`"),
    })
}

fn target_is_installed() -> bool {
    library_folder(TARGET).is_some_and(|folder| folder.is_dir())
}

fn added_by_rustup() -> bool {
    // Once the recipe below has run, rustup isn't asked again at every build.
    if !installed("rustup") || debian::is_ready() {
        return false;
    }
    let mut add = Command::new("rustup");
    add.args(["target", "add", TARGET]);
    add.succeeds_within(RUSTUP_LIMIT, "rustup target add") && target_is_installed()
}

/// Where the toolchain keeps the standard library for `target`.
fn library_folder(target: &str) -> Option<PathBuf> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    rustc.read().ok().map(PathBuf::from)
}

/// The linker for WebAssembly that every toolchain brings.
pub fn linker() -> Result<PathBuf> {
    let mut rustc = Command::new("rustc");
    let libraries = PathBuf::from(rustc.args(["--print", "target-libdir"]).read()?);
    let linker = libraries.parent().map(|folder| folder.join("bin/rust-lld"));
    match linker {
        Some(linker) if Path::is_file(&linker) => Ok(linker),
        _ => bail!("the Rust toolchain has no `rust-lld`; install Rust by rustup (https://rustup.rs)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ways_are_tried_from_the_least_to_the_most_work() {
        assert_eq!(ways(None).expect("no setting"), [Way::Installed, Way::Rustup, Way::Debian]);
    }

    #[test]
    fn debian_is_turned_to_only_where_rustup_cannot_help() {
        let compiler = |rustup_helps: bool| {
            let mut asked = Vec::new();
            let compiler = first_that_works(&ways(None).expect("no setting"), |way| {
                asked.push(way);
                Ok(match way {
                    Way::Installed => None,
                    Way::Rustup => rustup_helps.then(Vec::new),
                    Way::Debian => Some(vec![("RUSTC", "rustc-web".to_owned())]),
                })
            });
            (asked, compiler.expect("one way works").is_the_hosts_own())
        };
        assert_eq!(compiler(true), (vec![Way::Installed, Way::Rustup], true));
        assert_eq!(compiler(false), (vec![Way::Installed, Way::Rustup, Way::Debian], false));
    }

    #[test]
    fn a_way_that_is_demanded_is_the_only_one_tried() {
        let mut asked = Vec::new();
        let error = first_that_works(&ways(Some("debian")).expect("a way"), |way| {
            asked.push(way);
            Ok(None)
        });
        assert_eq!(asked, [Way::Debian]);
        assert!(error.expect_err("none works").to_string().contains("rustup target add"));
    }

    #[test]
    fn a_misspelt_way_is_answered_with_those_there_are() {
        let error = ways(Some("apt")).expect_err("not a way").to_string();
        assert!(error.contains("`installed`, `rustup` or `debian`"), "{error}");
    }
}
