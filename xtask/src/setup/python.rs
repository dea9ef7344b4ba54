//! Python environments of exact versions: the official client, and what verifies release records.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{Run, installed};
use crate::{project, say};

/// What `mlflow` asks for.
const OLDEST: (u32, u32) = (3, 10);

/// Names that interpreters go by, the likeliest to do first.
const NAMES: &[&str] = &["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// The client as many teams still have it, and the newest that it is tested with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Mlflow332,
    Newest,
}

impl Client {
    pub const ALL: [Self; 2] = [Self::Mlflow332, Self::Newest];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mlflow332 => "3.3.2",
            Self::Newest => "newest",
        }
    }

    fn requirements(self) -> PathBuf {
        project::root().join(format!("server/tests/clients/requirements-{}.txt", self.name()))
    }

    /// # Errors
    /// As [`environment`].
    pub fn environment(self) -> Result<Environment> {
        let why = "the official client proves the server; some 100 packages, a minute or two";
        environment(self.name(), &self.requirements(), why)
    }
}

/// What knows in-toto and DSSE, and nothing of us.
///
/// # Errors
/// As [`environment`].
pub fn verifiers() -> Result<Environment> {
    let requirements = project::root().join("crates/release/tests/requirements.txt");
    environment(
        "records",
        &requirements,
        "release records are verified with code that isn't ours; six packages",
    )
}

/// An environment that is ready to use.
#[derive(Debug)]
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// A command of this environment, such as `python` or `mlflow`.
    pub fn command(&self, program: &str) -> Command {
        Command::new(self.folder.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(program))
    }
}

/// Makes the environment in `.tools/python/`, unless its requirements are installed already.
fn environment(name: &str, requirements: &Path, why: &str) -> Result<Environment> {
    let folder = project::tools().join("python").join(name);
    let environment = Environment { folder };
    let wanted = fs::read_to_string(requirements)
        .with_context(|| format!("`{}` is missing", requirements.display()))?;
    let stamp = environment.folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == wanted) {
        return Ok(environment);
    }
    say::step(&format!("Python environment .tools/python/{name}"), why);
    if installed("uv") {
        install_by_uv(&environment, requirements)?;
    } else {
        install_by_pip(&environment, requirements)?;
    }
    fs::write(stamp, wanted)?;
    Ok(environment)
}

fn install_by_uv(environment: &Environment, requirements: &Path) -> Result<()> {
    let python = environment.command("python").get_program().to_owned();
    if !Path::new(&python).is_file() {
        let (major, minor) = OLDEST;
        Command::new("uv")
            .args(["venv", "--python", &format!(">={major}.{minor}")])
            .arg(&environment.folder)
            .run_quietly("uv venv")?;
    }
    let mut install = Command::new("uv");
    install.args(["pip", "install", "--python"]).arg(python).arg("--requirement").arg(requirements);
    install.run_quietly("uv pip install")
}

fn install_by_pip(environment: &Environment, requirements: &Path) -> Result<()> {
    let has_pip = environment.command("python").args(["-m", "pip", "--version"]).read().is_ok();
    if !has_pip {
        let _ = fs::remove_dir_all(&environment.folder);
        Command::new(interpreter()?)
            .args(["-m", "venv"])
            .arg(&environment.folder)
            .run_quietly("python -m venv")
            .context("on Debian and Ubuntu, `sudo apt-get install python3-venv` brings what is missing")?;
    }
    let mut install = environment.command("python");
    install.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    install.run_quietly("pip install")
}

/// An installed Python that is new enough.
fn interpreter() -> Result<&'static str> {
    let mut too_old = Vec::new();
    for name in NAMES.iter().copied().filter(|name| installed(name)) {
        let Ok(described) = Command::new(name).arg("--version").read() else { continue };
        match version(&described) {
            Some(found) if found >= OLDEST => return Ok(name),
            _ => too_old.push(described),
        }
    }
    let found = if too_old.is_empty() { "none".to_owned() } else { too_old.join(", ") };
    let (major, minor) = OLDEST;
    bail!(
        "Python {major}.{minor} or newer is needed, found {found}; install it, or `uv`, which brings its own"
    )
}

/// `(3, 11)` of `Python 3.11.7`.
fn version(described: &str) -> Option<(u32, u32)> {
    let mut numbers = described.strip_prefix("Python ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(version("Python 3.11.7"), Some((3, 11)));
        assert!(version("Python 3.9.2").expect("a version") < OLDEST);
        assert!(version("Python 3.13.0rc1").expect("a version") > OLDEST);
        assert_eq!(version("command not found"), None);
    }
}
