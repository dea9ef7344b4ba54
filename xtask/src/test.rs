//! `cargo xtask test`: every test there is. A part that fails doesn't keep the others from running.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::bundle::{self, Purpose};
use crate::command::{HOST_PACKAGES, Run, cargo, installed};
use crate::project::{self, Profile};
use crate::server::Server;
use crate::setup::python::{self, Client};
use crate::setup::{browser, node, wasm};
use crate::{build, say};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Unit tests and the tests over HTTP.
    Rust,
    /// The official Python client, old and new, against the server.
    Clients,
    /// Release records of a real server, verified with code that isn't ours.
    Records,
    /// Signing in at a real OpenID Connect provider.
    Oidc,
    /// Journeys in a real browser.
    E2e,
}

pub fn run(only: Option<Part>) -> Result<()> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let mut summary = Summary::default();
    if wanted(Part::Rust) {
        summary.add("Rust tests", rust);
    }
    if wanted(Part::Clients) {
        // Each mostly waits for Python, which has one thread.
        let part =
            |client: Client| (format!("client tests, mlflow {}", client.name()), move || clients(client));
        summary.add_together(Client::ALL.map(part));
    }
    if wanted(Part::Records) {
        summary.add("release records, by other tools", records);
    }
    if wanted(Part::Oidc) {
        summary.add("sign-in at a provider", oidc);
    }
    if wanted(Part::E2e) {
        summary.add("weight of the browser half", weight);
        summary.add("end-to-end tests", end_to_end);
    }
    summary.conclude()
}

fn rust() -> Result<()> {
    let runner: &[&str] = if installed("cargo-nextest") {
        &["nextest", "run", "--no-fail-fast"]
    } else {
        &["test", "--all-targets"]
    };
    say::step("Rust tests", "rules, storage, and a real server over HTTP");
    cargo().args(runner).args(HOST_PACKAGES).run()?;
    cargo().args(["test", "--doc"]).args(HOST_PACKAGES).run()?;
    cargo().args(runner).args(["--package", "xtask"]).run()
}

fn clients(client: Client) -> Result<()> {
    let environment = client.environment()?;
    let binary = debug_server()?;
    let data = tempfile::tempdir()?;
    let server = Server::serve(&binary, data.path())?;
    say::step(
        &format!("client tests, mlflow {}", client.name()),
        "scripts that people have must work unchanged",
    );
    let tests = environment
        .command("python")
        .args(["-m", "pytest", "-q"])
        .current_dir(project::root().join("server/tests/clients"))
        .env("MLFLOW_TRACKING_URI", server.uri())
        .env("COUNTERSIGN_URI", server.uri())
        .env("COUNTERSIGN", &binary)
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .run();
    tests.and(server.stop())
}

fn records() -> Result<()> {
    let verifiers = python::verifiers()?;
    let server = Server::demo(&debug_server()?)?;
    say::step("release records, by other tools", "whoever asks later needn't trust this project's code");
    let script = project::root().join("crates/release/tests/records_of_a_server.py");
    let tests = verifiers.command("python").arg(script).arg(server.uri()).run();
    tests.and(server.stop())
}

/// Their own step, as they need Node.js: the Rust tests leave them out.
fn oidc() -> Result<()> {
    node::packages(&node::provider(), "a real OpenID Connect provider to sign in at")?;
    say::step("sign-in at a provider", "the whole way there and back, and what goes wrong on it");
    let tests = ["--test", "it", "oidc::", "--", "--ignored"];
    cargo().arg("test").args(HOST_PACKAGES).args(tests).run()
}

fn weight() -> Result<()> {
    build::browser_half(&wasm::compiler()?, Purpose::Release)?;
    bundle::check_weight()
}

fn end_to_end() -> Result<()> {
    node::packages(&node::end_to_end(), "they drive the browser in the end-to-end tests")?;
    let chromium = browser::chromium()?;
    build::browser_half(&wasm::compiler()?, Purpose::Release)?;
    let binary = debug_server()?;
    let server = Server::demo(&binary)?;
    say::step("end-to-end tests", &format!("whole journeys in {}", chromium.display()));
    let tests = journeys(&server.uri(), &chromium).env("COUNTERSIGN", &binary).run();
    tests.and(server.stop())
}

fn journeys(uri: &str, chromium: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(node::end_to_end()).arg("test");
    npm.env("COUNTERSIGN_URI", uri).env(browser::PATH_VARIABLE, chromium);
    npm
}

/// The server as the Rust tests have it: another command would build half of its dependencies anew, with
/// fewer features.
fn debug_server() -> Result<PathBuf> {
    say::step("build the server for the tests", "it is the program under test");
    cargo().arg("test").args(HOST_PACKAGES).args(["--test", "it", "--no-run"]).run()?;
    Ok(project::server_binary(Profile::Debug))
}

/// A part's name, how long it took, and how it ended.
type Ended = (String, Duration, Result<()>);

fn timed(name: &str, part: impl FnOnce() -> Result<()>) -> Ended {
    let started = Instant::now();
    let outcome = part();
    if let Err(error) = &outcome {
        eprintln!("✗ {name}: {error:#}");
    }
    (name.to_owned(), started.elapsed(), outcome)
}

/// How each part ended.
#[derive(Debug, Default)]
struct Summary {
    parts: Vec<Ended>,
}

impl Summary {
    fn add(&mut self, name: &str, part: impl FnOnce() -> Result<()>) {
        self.parts.push(timed(name, part));
    }

    /// Parts that don't get into each other's way, side by side.
    fn add_together<const N: usize>(&mut self, parts: [(String, impl FnOnce() -> Result<()> + Send); N]) {
        let ended = std::thread::scope(|scope| {
            let running = parts.map(|(name, part)| scope.spawn(move || timed(&name, part)));
            running.map(|part| part.join().expect("a part doesn't panic"))
        });
        self.parts.extend(ended);
    }

    /// # Errors
    /// If any part failed.
    fn conclude(self) -> Result<()> {
        eprint!("{}", self.table());
        let failed = self.parts.iter().filter(|(_, _, outcome)| outcome.is_err()).count();
        if failed > 0 {
            bail!("{failed} of {} parts failed", self.parts.len());
        }
        Ok(())
    }

    fn table(&self) -> String {
        let line = |(name, took, outcome): &Ended| match outcome {
            Ok(()) => format!("✓ {name} ({} s)\n", took.as_secs()),
            Err(error) => format!("✗ {name} ({} s): {error:#}\n", took.as_secs()),
        };
        std::iter::once("\n".to_owned()).chain(self.parts.iter().map(line)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_fails_does_not_hide_the_others() {
        let mut summary = Summary::default();
        summary.add("first", || bail!("`cargo test` failed"));
        summary.add("second", || Ok(()));
        summary.add_together(["third", "fourth"].map(|name| (name.to_owned(), || Ok(()))));

        assert_eq!(
            summary.table(),
            "\n✗ first (0 s): `cargo test` failed\n✓ second (0 s)\n✓ third (0 s)\n✓ fourth (0 s)\n"
        );
        assert_eq!(summary.conclude().expect_err("one failed").to_string(), "1 of 4 parts failed");
    }
}
