//! The two servers: how they are started, watched and ended.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hyper::Method;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::sleep;

use crate::connection::{Call, Connection};
use crate::memory;

const START_LIMIT: Duration = Duration::from_mins(2);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(1);

/// Something of both.
#[derive(Debug, Clone)]
pub struct Pair<T> {
    pub mlflow: T,
    pub countersign: T,
}

impl Pair<Program> {
    /// Both, side by side.
    pub async fn start(&self) -> Result<Pair<Peer>> {
        Ok(Pair { mlflow: self.mlflow.start().await?, countersign: self.countersign.start().await? })
    }
}

/// A server that can be started, with its settings and its folder.
#[derive(Debug)]
pub struct Program {
    pub version: String,
    command: PathBuf,
    options: Vec<String>,
    folder: PathBuf,
}

impl Program {
    /// `mlflow server` as it comes, with a `SQLite` file.
    pub fn mlflow(command: &Path, folder: &Path) -> Result<Self> {
        let store = format!("sqlite:///{}", folder.join("mlflow.db").display());
        let artifacts = folder.join("artifacts").display().to_string();
        let options = ["server", "--backend-store-uri", &store, "--artifacts-destination", &artifacts];
        Self::new(command, &options, folder)
    }

    /// `countersign serve --open`.
    pub fn countersign(command: &Path, folder: &Path) -> Result<Self> {
        let data = folder.join("data").display().to_string();
        Self::new(command, &["serve", "--open", "--data", &data], folder)
    }

    fn new(command: &Path, options: &[&str], folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let described = Command::new(command).arg("--version").output();
        let described = described.with_context(|| format!("can't start `{}`", command.display()))?;
        let described = String::from_utf8_lossy(&described.stdout).into_owned();
        let version = described.split_whitespace().last().context("`--version` prints nothing")?.to_owned();
        let options = options.iter().map(ToString::to_string).collect();
        Ok(Self { version, command: std::path::absolute(command)?, options, folder: folder.to_owned() })
    }

    /// Starts it on a port that is free, and waits for its first healthy answer.
    pub async fn start(&self) -> Result<Peer> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = Command::new(&self.command);
        command.args(&self.options).args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.env("MLFLOW_DISABLE_TELEMETRY", "true").stdout(log.try_clone()?).stderr(log);
        command.current_dir(&self.folder);
        // A group of its own, so that its workers end with it.
        command.process_group(0);
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("can't start `{}`", self.command.display()))?;
        let mut peer = Peer { address, child, started_in: Duration::ZERO };
        peer.wait_until_healthy(started, &self.folder).await?;
        Ok(peer)
    }
}

/// A running server; it is ended, with its workers, when this is dropped.
#[derive(Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// From the start of the process to the first healthy answer.
    pub started_in: Duration,
    child: Child,
}

impl Peer {
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Bytes that all its processes have in memory.
    pub fn memory(&self) -> Result<u64> {
        memory::of_tree(self.process())
    }

    async fn wait_until_healthy(&mut self, started: Instant, folder: &Path) -> Result<()> {
        let health = Call { method: Method::GET, path: "/health".to_owned(), json: Bytes::new() };
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                bail!("a server ended with {status} before it was healthy:\n{log}");
            }
            if Connection::new(self.address).call(&health).await.is_ok() {
                self.started_in = started.elapsed();
                return Ok(());
            }
            sleep(POLL).await;
        }
        bail!("a server isn't healthy after {} s", START_LIMIT.as_secs())
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}
