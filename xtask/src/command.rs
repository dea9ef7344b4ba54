//! Running other programs: their output is shown if it matters, and their failure names the command.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::project;
use crate::say::Clock;

const POLL: Duration = Duration::from_millis(100);

/// Lines of a quiet command's output that are shown when it fails.
const TAIL: usize = 30;

pub trait Run {
    /// Runs it in view.
    fn run(&mut self) -> Result<()>;

    /// Runs it behind a clock that says `what` is going on; its output goes to `.tools/log/`, and to
    /// the terminal if it fails.
    fn run_quietly(&mut self, what: &str) -> Result<()>;

    /// Runs it behind a clock and says whether it succeeded; it is ended when `limit` has passed.
    fn succeeds_within(&mut self, limit: Duration, what: &str) -> bool;

    /// Its standard output, trimmed.
    fn read(&mut self) -> Result<String>;
}

impl Run for Command {
    fn run(&mut self) -> Result<()> {
        let status = self.status().with_context(|| format!("can't start `{}`", line(self)))?;
        checked(self, status)
    }

    fn run_quietly(&mut self, what: &str) -> Result<()> {
        let folder = project::tools().join("log");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.log", what.replace(|c: char| !c.is_alphanumeric(), "-")));
        let log = File::create(&path).with_context(|| format!("can't write `{}`", path.display()))?;
        self.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut child = self.spawn().with_context(|| format!("can't start `{}`", line(self)))?;
        let status = wait(&mut child, None, what)?.expect("without a limit it ends by itself");
        if !status.success() {
            show_tail(&path);
        }
        checked(self, status)
    }

    fn succeeds_within(&mut self, limit: Duration, what: &str) -> bool {
        self.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = self.spawn() else { return false };
        matches!(wait(&mut child, Some(limit), what), Ok(Some(status)) if status.success())
    }

    fn read(&mut self) -> Result<String> {
        let output = self
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("can't start `{}`", line(self)))?;
        checked(self, output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// The cargo that runs this xtask, in the checkout's root.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project::root());
    cargo
}

/// What is built for this machine. The browser half is apart: in one build the pages would get the features
/// of both halves. So is this xtask: it is built already, and would bring its dependencies' features in.
pub const HOST_PACKAGES: [&str; 5] = ["--workspace", "--exclude", "frontend", "--exclude", "xtask"];

/// Whether a program of this name is on the `PATH`.
pub fn installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path)
            .any(|folder| folder.join(program).with_extension(std::env::consts::EXE_EXTENSION).is_file())
    })
}

fn wait(child: &mut Child, limit: Option<Duration>, what: &str) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    let mut clock = Clock::start(what);
    loop {
        if let Some(status) = child.try_wait()? {
            clock.stop();
            return Ok(Some(status));
        }
        if limit.is_some_and(|limit| started.elapsed() > limit) {
            child.kill()?;
            child.wait()?;
            clock.stop();
            return Ok(None);
        }
        clock.tick();
        sleep(POLL);
    }
}

fn checked(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn show_tail(log: &Path) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[lines.len().saturating_sub(TAIL)..] {
        eprintln!("  | {line}");
    }
    eprintln!("  (all of it: {})", log.display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_named_as_one_would_type_it() {
        let error = Command::new("sh").args(["-c", "exit 3"]).read().expect_err("it exits with 3");
        assert_eq!(error.to_string(), "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn a_command_over_its_limit_is_ended() {
        let started = Instant::now();
        assert!(!Command::new("sleep").arg("60").succeeds_within(Duration::from_millis(50), "asleep"));
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
