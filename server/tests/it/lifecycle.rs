//! Start and stop.

use reqwest::Method;
use serde_json::json;
use sqlx::Connection as _;

use crate::app::{TestApp, command, run};

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_leaves_one_file() {
    let mut app = TestApp::start().await;
    let run = app.create_run("0").await;
    let live = app.request(Method::GET, &format!("/live/runs/{run}")).send().await.expect("an answer");
    assert!(app.terminate().success());
    drop(live);
    let left = std::fs::metadata(app.database().with_extension("sqlite-wal"));
    assert!(left.is_err() || left.is_ok_and(|log| log.len() == 0), "the log is folded into the database");

    let data = std::mem::replace(&mut app.data, tempfile::tempdir().expect("a folder"));
    let again = TestApp::start_on(data).await;
    assert_eq!(again.run(&run).await["info"]["run_id"], json!(run));
}

#[tokio::test]
async fn it_serves_though_nobody_listens_to_what_it_says() {
    let data = tempfile::tempdir().expect("a folder");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let mut server = command()
        .args(["serve", "--port", &port.to_string(), "--data"])
        .arg(data.path())
        .env("COUNTERSIGN_OPEN", "1")
        .stdout(full)
        .spawn()
        .expect("starts");
    let health = format!("http://127.0.0.1:{port}/health");
    let mut answered = false;
    for _ in 0..100 {
        answered = reqwest::get(&health).await.is_ok_and(|answer| answer.status() == 200);
        if answered {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let _ = server.kill();
    let _ = server.wait();
    assert!(answered);
}

#[tokio::test]
async fn it_says_what_is_wrong_with_a_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, said) = run(&["serve", "--host", "example.org"], folder.path());
    assert_eq!(status, Some(2));
    assert!(said.contains("--host"), "{said}");
    let (status, said) = run(&["serve", "--open", "--host", "0.0.0.0"], folder.path());
    assert_eq!(status, Some(2));
    assert!(said.contains("loopback"), "{said}");

    let app = TestApp::start().await;
    let port = app.url.rsplit(':').next().expect("a port").to_owned();
    let (status, said) = run(&["serve", "--open", "--port", &port], folder.path());
    assert_eq!(status, Some(1));
    assert!(said.contains("--port"), "{said}");

    std::fs::write(folder.path().join("file"), "").expect("is written");
    let (status, said) = run(&["serve", "--open", "--port", "0", "--data", "file"], folder.path());
    assert_eq!(status, Some(1));
    assert!(said.contains("file"), "{said}");
    std::fs::write(folder.path().join("countersign.sqlite"), "this is no database".repeat(100))
        .expect("is written");
    let (status, said) = run(&["serve", "--open", "--port", "0", "--data", "."], folder.path());
    assert_eq!(status, Some(1));
    assert!(said.contains("a database of Countersign"), "{said}");
    assert!(said.lines().all(|line| line.starts_with('{')), "{said}");
}

#[tokio::test]
async fn it_is_set_by_the_environment() {
    let data = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("0.0.0.0:0").expect("listens");
    let port = taken.local_addr().expect("an address").port().to_string();
    let start = |open: &str, host: &str| {
        let mut command = command();
        command
            .arg("serve")
            .current_dir(data.path())
            .env("COUNTERSIGN_OPEN", open)
            .env("COUNTERSIGN_PORT", &port);
        command.env("COUNTERSIGN_DATA", "").env("COUNTERSIGN_HOST", host).output().expect("it runs")
    };
    // Only the open mode keeps to this machine; otherwise it comes as far as to listen.
    assert_eq!(start("yes", "0.0.0.0").status.code(), Some(2));
    for off in ["", "0", "no"] {
        assert_eq!(start(off, "0.0.0.0").status.code(), Some(1), "{off:?}");
    }
    assert_eq!(start("yes", "").status.code(), Some(1));
    assert!(data.path().join("countersign-data/countersign.sqlite").exists());
}

#[tokio::test]
async fn a_signal_right_after_the_address_stops_it_cleanly() {
    for _ in 0..8 {
        let mut app = TestApp::start().await;
        assert!(app.terminate().success());
    }
}

#[tokio::test]
async fn data_of_a_newer_version_are_left_alone() {
    let mut app = TestApp::start().await;
    assert!(app.terminate().success());
    let url = format!("sqlite://{}", app.database().display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opens");
    sqlx::query("UPDATE _sqlx_migrations SET version = 99999999999999 WHERE version = (SELECT max(version) FROM _sqlx_migrations)")
        .execute(&mut database)
        .await
        .expect("is written");
    drop(database);
    let data = app.data.path().to_string_lossy().into_owned();
    let (status, said) = run(&["serve", "--open", "--port", "0", "--data", &data], app.data.path());
    assert_eq!(status, Some(1));
    assert!(said.contains("newer version of Countersign"), "{said}");
}

#[tokio::test]
async fn health_and_version_answer() {
    let app = TestApp::start().await;
    assert_eq!(app.send(app.request(Method::GET, "/health")).await.json, "OK");
    let version = app.request(Method::GET, "/version").send().await.expect("an answer").text().await;
    assert_eq!(version.expect("text"), env!("CARGO_PKG_VERSION"));
}
