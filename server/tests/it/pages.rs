//! The pages, as the server renders them: what is there before any script runs.

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::app::TestApp;

async fn page(app: &TestApp, path: &str) -> (StatusCode, String) {
    let response = app.request(Method::GET, path).send().await.expect("an answer");
    (response.status(), response.text().await.expect("text"))
}

#[tokio::test]
async fn every_page_shows_its_data_without_scripts() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("churn model").await;
    let run = app.create_run(&experiment).await;
    app.log(&run, json!({
        "metrics": (0..50).map(|i| json!({ "key": "val loss", "value": 1.0 / f64::from(i + 1), "step": i, "timestamp": i })).collect::<Vec<_>>(),
        "params": [{ "key": "optimizer", "value": "adam-<b>" }],
    }))
    .await;
    let file = format!("/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/notes.md");
    app.send(app.request(Method::PUT, &file).body("# A heading")).await;

    for (path, parts) in [
        ("/experiments".to_owned(), vec!["churn model"]),
        (format!("/experiments/{experiment}"), vec!["churn model", "val loss", "adam-&lt;b&gt;"]),
        (format!("/experiments/{experiment}/runs/{run}"), vec!["optimizer", "adam-&lt;b&gt;", "val loss"]),
        (format!("/experiments/{experiment}/runs/{run}/charts"), vec!["val loss", "<svg"]),
        (format!("/experiments/{experiment}/runs/{run}/artifacts"), vec!["notes.md"]),
        (format!("/compare?runs={run}"), vec!["optimizer"]),
    ] {
        let (status, html) = page(&app, &path).await;
        assert_eq!(status, 200, "{path}");
        for part in parts {
            assert!(html.contains(part), "{path} lacks {part}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_a_page() {
    let app = TestApp::start().await;
    for path in ["/nothing", "/experiments/99", "/experiments/x", "/experiments/0/runs/none"] {
        let (status, html) = page(&app, path).await;
        assert_eq!(status, 404, "{path}");
        assert!(html.contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn an_empty_server_says_what_to_type() {
    let app = TestApp::start().await;
    let (_, html) = page(&app, "/experiments/0").await;
    assert!(html.contains(&format!("MLFLOW_TRACKING_URI={}", app.url)));
}

#[tokio::test]
async fn pages_may_load_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let response = app.request(Method::GET, "/experiments").send().await.expect("an answer");
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"));
    let html = response.text().await.expect("text");
    let foreign =
        html.split("http").skip(1).filter(|rest| rest.starts_with("://") || rest.starts_with("s://"));
    let foreign: Vec<_> = foreign
        .filter(|rest| {
            !rest.contains("127.0.0.1") && !rest.trim_start_matches("s").starts_with("://www.w3.org")
        })
        .map(|rest| rest.chars().take(60).collect::<String>())
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}
