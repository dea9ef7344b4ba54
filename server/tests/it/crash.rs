//! Power cuts, as far as a test can make them: the process is killed while many write.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, Row as _};

use crate::app::TestApp;

const KILLS: usize = 20;
const WRITERS: usize = 8;

#[tokio::test]
async fn a_killed_server_has_lost_no_acknowledged_write() {
    let mut app = TestApp::start().await;
    let run = app.create_run("0").await;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..KILLS {
        let dead = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (acknowledged, dead) = (acknowledged.clone(), dead.clone());
                let (http, url, run) = (app.http.clone(), app.url.clone(), run.clone());
                tokio::spawn(async move {
                    for step in 0.. {
                        let key = format!("m{round}-{writer}");
                        let body =
                            json!({ "run_id": run, "key": key, "value": step, "step": step, "timestamp": 1 });
                        let call = http.post(format!("{url}/api/2.0/mlflow/runs/log-metric")).json(&body);
                        match call.send().await {
                            Ok(reply) if reply.status() == 200 => {
                                acknowledged.lock().expect("no panic").push((key, step));
                            }
                            _ => {
                                assert!(dead.load(Ordering::SeqCst), "a live server refused a write");
                                return;
                            }
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(60 + 7 * round as u64)).await;
        dead.store(true, Ordering::SeqCst);
        let data = app.kill();
        for writer in writers {
            writer.await.expect("the writer saw no error before the kill");
        }
        check_integrity(&data.path().join("countersign.sqlite")).await;
        app = TestApp::start_on(data).await;
    }
    let acknowledged = acknowledged.lock().expect("no panic").clone();
    assert!(acknowledged.len() > KILLS * WRITERS, "the writers were at work");
    let mut highest: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    for (key, step) in acknowledged {
        let kept = highest.entry(key).or_default();
        *kept = step.max(*kept);
    }
    for (key, highest) in highest {
        let call = format!("metrics/get-history?run_id={run}&metric_key={key}");
        let history = app.get(&call).await.json;
        let steps: BTreeSet<_> = history["metrics"]
            .as_array()
            .expect("points")
            .iter()
            .filter_map(|point| point["step"].as_i64())
            .collect();
        assert!((0..=highest).all(|step| steps.contains(&step)), "{key} has lost a step");
    }
}

#[tokio::test]
async fn a_killed_server_leaves_no_half_file() {
    let app = TestApp::start().await;
    let (sender, body) = futures::channel::mpsc::unbounded::<Result<Vec<u8>, std::io::Error>>();
    let path = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/half.bin";
    let upload = app.request(reqwest::Method::PUT, path).body(reqwest::Body::wrap_stream(body)).send();
    let upload = tokio::spawn(upload);
    for _ in 0..16 {
        sender.unbounded_send(Ok(vec![7; 1 << 20])).expect("is sent");
    }
    let staging = app.data.path().join("staging");
    while size_of(&staging) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let data = app.kill();
    assert!(upload.await.expect("no panic").is_err());
    let app = TestApp::start_on(data).await;
    assert_eq!(size_of(&staging.with_file_name("artifacts")) + size_of(&app.data.path().join("staging")), 0);
}

/// Of all files in a folder.
fn size_of(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_of(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

async fn check_integrity(database: &std::path::Path) {
    let url = format!("sqlite://{}", database.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("opens");
    let row = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("answers");
    assert_eq!(row.get::<String, _>(0), "ok");
    connection.close().await.expect("closes");
}
