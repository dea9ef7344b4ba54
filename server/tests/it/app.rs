//! A server of the test's own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

const API: &str = "/api/2.0/mlflow";

/// Everybody's, in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A running server. It is killed when the test ends.
pub struct TestApp {
    pub url: String,
    pub http: reqwest::Client,
    pub process: Child,
    pub data: TempDir,
    said: Arc<Mutex<String>>,
}

pub struct Reply {
    pub status: StatusCode,
    pub json: Value,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_on(tempfile::tempdir().expect("a folder")).await
    }

    /// Starts on a folder that may hold an earlier server's data.
    pub async fn start_on(data: TempDir) -> Self {
        Self::start_with(data, &["--open"]).await
    }

    /// Starts a server that people sign in to: these, with the password [`PASSWORD`].
    pub async fn start_with_people(people: &[(&str, &[&str])]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        for (name, roles) in people {
            add_user(data.path(), name, roles);
        }
        Self::start_with(data, &[]).await
    }

    pub async fn start_with(data: TempDir, options: &[&str]) -> Self {
        Self::start_at(0, data, options).await
    }

    /// Starts on a port that the test has chosen; 0: any that is free.
    pub async fn start_at(port: u16, data: TempDir, options: &[&str]) -> Self {
        let mut serve = command();
        serve.args(["serve", "--port", &port.to_string(), "--data"]).arg(data.path()).args(options);
        Self::launch(serve, data).await
    }

    /// Starts the demo, which makes its own folder inside of this test's.
    pub async fn start_demo(options: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut demo = command();
        demo.args(["demo", "--port", "0"]).args(options).env("TMPDIR", data.path());
        Self::launch(demo, data).await
    }

    #[expect(clippy::unused_async, reason = "one way to start for all tests")]
    async fn launch(mut command: Command, data: TempDir) -> Self {
        let mut process =
            command.env("RUST_LOG", "warn").stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("is piped")).lines();
        let line = lines.next().expect("the server says where it is").expect("text");
        let said = Arc::new(Mutex::new(String::new()));
        let hears = said.clone();
        // Keeps the pipe open, so that the server can go on to print.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                hears.lock().expect("is whole").extend([line.as_str(), "\n"]);
            }
        });
        let url = line.split_whitespace().last().expect("an address").to_owned();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { url, http: http.build().expect("a client"), process, data, said }
    }

    /// The address that makes the first admin, if it was printed.
    pub fn first_link(&self) -> Option<String> {
        let line = self.said_with("/welcome?key=")?;
        line.split_whitespace().last().map(ToOwned::to_owned)
    }

    /// The line with that in it, of what was printed after the address.
    pub fn said_with(&self, part: &str) -> Option<String> {
        for _ in 0..100 {
            let said = self.said.lock().expect("is whole").clone();
            if let Some(line) = said.lines().find(|line| line.contains(part)) {
                return Some(line.to_owned());
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        None
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let bytes = response.bytes().await.expect("a body");
        let json = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply { status, json }
    }

    pub async fn post(&self, call: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, &format!("{API}/{call}")).json(&body)).await
    }

    pub async fn get(&self, call: &str) -> Reply {
        self.send(self.request(Method::GET, &format!("{API}/{call}"))).await
    }

    /// A call that has to succeed.
    pub async fn ok(&self, call: &str, body: Value) -> Value {
        let reply = self.post(call, body.clone()).await;
        assert_eq!(reply.status, 200, "{call} {body}: {}", reply.json);
        reply.json
    }

    pub async fn create_experiment(&self, name: &str) -> String {
        let reply = self.ok("experiments/create", json!({ "name": name })).await;
        reply["experiment_id"].as_str().expect("an id").to_owned()
    }

    pub async fn create_run(&self, experiment: &str) -> String {
        self.create_run_at(experiment, 1_000).await
    }

    pub async fn create_run_at(&self, experiment: &str, start_time: i64) -> String {
        let body = json!({ "experiment_id": experiment, "start_time": start_time });
        let reply = self.ok("runs/create", body).await;
        reply["run"]["info"]["run_id"].as_str().expect("an id").to_owned()
    }

    pub async fn log(&self, run: &str, mut batch: Value) {
        batch["run_id"] = json!(run);
        self.ok("runs/log-batch", batch).await;
    }

    pub async fn run(&self, run: &str) -> Value {
        let reply = self.get(&format!("runs/get?run_id={run}")).await;
        assert_eq!(reply.status, 200, "{}", reply.json);
        reply.json["run"].clone()
    }

    /// The ids that a search finds, in its order.
    pub async fn search(&self, experiment: &str, filter: &str, order_by: &[&str]) -> Vec<String> {
        let body = json!({ "experiment_ids": [experiment], "filter": filter, "order_by": order_by });
        ids(&self.ok("runs/search", body).await)
    }

    /// Asks it to stop as an init system does; the exit status.
    #[cfg(unix)]
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
        self.process.wait().expect("it ends")
    }

    /// Ends it without warning, and gives its data back.
    pub fn kill(mut self) -> TempDir {
        self.process.kill().expect("it is killed");
        self.process.wait().expect("it ends");
        std::mem::replace(&mut self.data, tempfile::tempdir().expect("a folder"))
    }

    /// The folder that a demo made for itself.
    pub fn demo_folder(&self) -> std::path::PathBuf {
        let folders = std::fs::read_dir(self.data.path()).expect("a folder");
        let is_demo = |path: &std::path::PathBuf| path.join("countersign.sqlite").is_file();
        let found = folders.map(|entry| entry.expect("an entry").path()).find(is_demo);
        found.expect("the demo's folder")
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.data.path().join("countersign.sqlite")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn ids(found: &Value) -> Vec<String> {
    let runs = found["runs"].as_array().map(Vec::as_slice).unwrap_or_default();
    runs.iter().map(|run| run["info"]["run_id"].as_str().expect("an id").to_owned()).collect()
}

pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
}

/// Adds somebody by the command line.
pub fn add_user(data: &Path, name: &str, roles: &[&str]) {
    let mut process = command()
        .args(["user", "add", name, "--password-stdin", "--data"])
        .arg(data)
        .args(roles.iter().flat_map(|role| ["--role", role]))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut stdin = process.stdin.take().expect("is piped");
    std::io::Write::write_all(&mut stdin, format!("{PASSWORD}\n").as_bytes()).expect("is read");
    drop(stdin);
    assert!(process.wait().expect("it ends").success(), "{name} is added");
}

/// Runs it to its end; the exit status and what it said.
pub fn run(arguments: &[&str], folder: &Path) -> (Option<i32>, String) {
    let mut process = command()
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut said = String::new();
    process.stderr.take().expect("is piped").read_to_string(&mut said).expect("text");
    (process.wait().expect("it ends").code(), said)
}
