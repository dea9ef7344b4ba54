//! The project's commands: `cargo xtask demo | serve | test | …`.
//!
//! Each sets up what it needs and is missing, so that a fresh clone and a Rust toolchain are enough.

mod bench;
mod build;
mod bundle;
mod check;
mod command;
mod dev;
mod files;
mod project;
mod record_demo;
mod say;
mod serve;
mod server;
mod setup;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The project's commands. Each sets up what it needs and is missing, in `.tools/`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", after_help = AFTER_HELP)]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

const AFTER_HELP: &str = "\
Environment:
  COUNTERSIGN_WASM=installed|rustup|debian          the only way to get a compiler for the browser half,
                                                    instead of trying them in this order
  COUNTERSIGN_CHROMIUM=installed|playwright|debian  the same for the browser of the end-to-end tests
  CHROMIUM_PATH=FILE                                the browser to use";

#[derive(Debug, Subcommand)]
enum Task {
    /// Build, then show real runs in a throw-away workspace; OPTIONS go to `countersign demo`
    Demo(Options),
    /// Build, then serve a workspace that lasts; OPTIONS go to `countersign serve`
    Serve(Options),
    /// Every test there is
    Test {
        /// Run this part alone
        #[arg(long)]
        only: Option<test::Part>,
    },
    /// The end-to-end tests alone
    E2e,
    /// target/release/countersign, with everything inside that it serves
    Build,
    /// Formatting, lints, both halves
    Check,
    /// Rebuild on every change and reload the open page; OPTIONS go to `countersign serve`
    Dev(Options),
    /// Measure against `mlflow server`; OPTIONS go to the benchmark (`-- --help` lists them)
    Bench(Options),
    /// Make the demo's archive anew
    RecordDemo,
}

#[derive(Debug, clap::Args)]
struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

fn main() -> ExitCode {
    match run(Xtask::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Demo(Options { options }) => serve::demo(&options),
        Task::Serve(Options { options }) => serve::serve(&options),
        Task::Test { only } => test::run(only),
        Task::E2e => test::run(Some(test::Part::E2e)),
        Task::Build => build::release().map(|binary| say::note(&format!("built {}", binary.display()))),
        Task::Check => check::run(),
        Task::Dev(Options { options }) => dev::run(&options),
        Task::Bench(Options { options }) => bench::run(&options),
        Task::RecordDemo => record_demo::run(),
    }
}
