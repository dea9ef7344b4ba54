//! `cargo xtask dev`: rebuilds what changed, starts the server anew and reloads the open page.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::bundle::{Purpose, request_reload};
use crate::project::{self, Profile};
use crate::setup::wasm::{self, Compiler};
use crate::{build, files, say};

/// Looking at a few hundred files this often costs nothing that one would notice, and works on every
/// file system, shared folders of virtual machines included.
const POLL: Duration = Duration::from_millis(300);

const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "app",
    "crates",
    "frontend",
    "public",
    "server/Cargo.toml",
    "server/src",
    "style",
];

pub fn run(options: &[String]) -> Result<()> {
    let compiler = wasm::compiler()?;
    let started = Instant::now();
    let mut server: Option<Running> = None;
    let mut seen = Snapshot::default();
    loop {
        let now = Snapshot::take()?;
        if now != seen {
            seen = now;
            match rebuild(&compiler, server.take(), options) {
                Ok(running) => {
                    server = Some(running);
                    request_reload(started)?;
                }
                Err(error) => eprintln!("✗ {error:#}\n  waiting for the next change"),
            }
        }
        sleep(POLL);
    }
}

fn rebuild(compiler: &Compiler, running: Option<Running>, options: &[String]) -> Result<Running> {
    build::browser_half(compiler, Purpose::Development)?;
    let binary = build::server_half(Profile::Debug)?;
    let built = fs::metadata(&binary)?.modified()?;
    if let Some(running) = running.filter(|running| running.built == built) {
        return Ok(running);
    }
    let mut command = Command::new(&binary);
    command.args(["serve", "--open", "--data"]).arg(project::data()).args(options);
    say::step("start the server", "it has been rebuilt");
    let child = command.spawn().context("can't start the server")?;
    Ok(Running { child, built })
}

/// The server and when its binary was built; dropping it ends the server.
struct Running {
    child: Child,
    built: SystemTime,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// When each source file was last written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Snapshot(BTreeMap<PathBuf, SystemTime>);

impl Snapshot {
    fn take() -> Result<Self> {
        let mut written = BTreeMap::new();
        for source in SOURCES {
            for file in files::under(&project::root().join(source))? {
                // An editor may have replaced it in between; then the next look sees that.
                if let Ok(metadata) = fs::metadata(&file) {
                    written.insert(file, metadata.modified()?);
                }
            }
        }
        Ok(Self(written))
    }
}
