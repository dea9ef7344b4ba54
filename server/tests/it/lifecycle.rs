//! Start and stop.

use reqwest::Method;
use serde_json::json;

use crate::app::{TestApp, run};

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
async fn it_says_what_is_wrong_with_a_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, said) = run(&["serve"], folder.path());
    assert_eq!(status, Some(2));
    assert!(said.contains("--open"), "{said}");
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
    assert!(said.contains("database"), "{said}");
}

#[tokio::test]
async fn health_and_version_answer() {
    let app = TestApp::start().await;
    assert_eq!(app.send(app.request(Method::GET, "/health")).await.json, "OK");
    let version = app.request(Method::GET, "/version").send().await.expect("an answer").text().await;
    assert_eq!(version.expect("text"), env!("CARGO_PKG_VERSION"));
}
