//! Measures Countersign against `mlflow server` on this machine: both run at once, take turns at the same
//! work, and are told apart by the medians of their rounds.

mod api;
mod connection;
mod effort;
mod load;
mod memory;
mod peer;
mod report;
mod runs;
mod workloads;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::effort::Effort;
use crate::peer::{Pair, Program};

#[derive(Debug, Parser)]
#[command(about = "Measures Countersign against `mlflow server` on this machine")]
struct Arguments {
    /// The release build of Countersign
    #[arg(long, value_name = "FILE")]
    countersign: PathBuf,
    /// The `mlflow` command of the environment to compare with
    #[arg(long, value_name = "FILE")]
    mlflow: PathBuf,
    /// Less work and shorter rounds: two minutes instead of ten, and rougher figures
    #[arg(long)]
    quick: bool,
    /// Put the table between the bench marks of this file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

// One thread for the load leaves the other core to the server that is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let effort = if arguments.quick { Effort::QUICK } else { Effort::FULL };
    let folder = tempfile::tempdir()?;
    let programs = Pair {
        mlflow: Program::mlflow(&arguments.mlflow, &folder.path().join("mlflow"))?,
        countersign: Program::countersign(&arguments.countersign, &folder.path().join("countersign"))?,
    };
    let rows = workloads::measure(&programs, &effort).await?;
    let text = report::page(&programs, &effort, &rows);
    println!("{text}");
    if let Some(file) = &arguments.write {
        let page = fs::read_to_string(file).with_context(|| format!("can't read `{}`", file.display()))?;
        fs::write(file, report::between_marks(&page, &text)?)?;
    }
    Ok(())
}
