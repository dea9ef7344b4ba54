//! A server of our own for as long as some tests or a recording need it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::project;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// A running server; it is ended when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `serve --open` on a port that is free, with its workspace in `data`.
    pub fn serve(binary: &Path, data: &Path) -> Result<Self> {
        let address = free_address()?;
        Self::start(Command::new(binary).args(["serve", "--open", "--data"]).arg(data), address)
    }

    /// Starts `demo --open` on a port that is free.
    pub fn demo(binary: &Path) -> Result<Self> {
        let address = free_address()?;
        Self::start(Command::new(binary).args(["demo", "--open"]), address)
    }

    /// Starts `command` with `--port`, waits for its first healthy answer; it logs to `.tools/log/server.log`.
    fn start(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let folder = project::tools().join("log");
        fs::create_dir_all(&folder)?;
        let log = File::options().create(true).append(true).open(folder.join("server.log"))?;
        command.arg("--port").arg(address.port().to_string()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("can't start the server")?;
        let mut server = Self { child, address };
        server.wait_until_healthy()?;
        Ok(server)
    }

    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks it to finish what is in flight and to end.
    pub fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let started = Instant::now();
        while started.elapsed() < STOP_LIMIT {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server ended with {status}; see .tools/log/server.log"),
                None => sleep(POLL),
            }
        }
        bail!("the server still runs {} s after SIGTERM", STOP_LIMIT.as_secs())
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status} before it was healthy; see .tools/log/server.log");
            }
            if is_healthy(self.address) {
                return Ok(());
            }
            sleep(POLL);
        }
        bail!("the server isn't healthy after {} s; see .tools/log/server.log", START_LIMIT.as_secs())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn is_healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200 "))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn only_a_200_is_healthy() {
        for (answer, healthy) in [("HTTP/1.1 200 OK\r\n\r\nOK", true), ("HTTP/1.1 503 Busy\r\n\r\n", false)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
            let address = listener.local_addr().expect("bound");
            let peer = thread::spawn(move || {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut request = [0; 256];
                let _ = stream.read(&mut request).expect("a request");
                stream.write_all(answer.as_bytes()).expect("still connected");
            });
            assert_eq!(is_healthy(address), healthy, "{answer}");
            peer.join().expect("it answers");
        }
    }
}
