//! `cargo xtask bench`: sets up what is measured, then runs `crates/bench`.

use anyhow::Result;

use crate::command::{Run, cargo};
use crate::setup::python::Client;
use crate::{build, say};

pub fn run(options: &[String]) -> Result<()> {
    let environment = Client::Mlflow332.environment()?;
    let countersign = build::release()?;
    say::step(
        "cargo run --release --package bench",
        "ours and `mlflow server` side by side on the same work",
    );
    let mut bench = cargo();
    bench.args(["run", "--release", "--package", "bench", "--", "--countersign"]).arg(countersign);
    bench.arg("--mlflow").arg(environment.command("mlflow").get_program()).args(options);
    bench.run()
}
