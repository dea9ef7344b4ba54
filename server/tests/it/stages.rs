//! A workspace's own stages: where they are set, and by whom.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::browser::Browser;

async fn put(app: &TestApp, body: Value) -> (u16, Value) {
    let reply = app.send(app.request(Method::PUT, "/api/v1/stages").json(&body)).await;
    (reply.status.as_u16(), reply.json)
}

async fn listed(app: &TestApp) -> Value {
    app.send(app.request(Method::GET, "/api/v1/stages")).await.json["stages"].clone()
}

#[tokio::test]
async fn a_list_is_set_by_rest_and_shown_on_the_pages_of_models() {
    let app = TestApp::start().await;
    assert_eq!(listed(&app).await, json!(["None", "Staging", "Production", "Archived"]));
    let (status, set) = put(&app, json!({ "stages": ["Shadow", "Canary", "Production"] })).await;
    assert_eq!(status, 200, "{set}");
    assert_eq!(listed(&app).await, json!(["None", "Shadow", "Canary", "Production", "Archived"]));

    // Made from a list that is no longer there: the other's change stays.
    let (status, late) =
        put(&app, json!({ "stages": ["Production"], "was": ["Staging", "Production"] })).await;
    let message = late["message"].as_str().unwrap_or_default();
    assert!(status == 400 && message.contains("it is now Shadow, Canary, Production"), "{late}");

    app.ok("registered-models/create", json!({ "name": "churn" })).await;
    app.ok("model-versions/create", json!({ "name": "churn", "source": "s3://b/m" })).await;
    let body = json!({ "name": "churn", "version": "1", "stage": "canary" });
    let moved = app.ok("model-versions/transition-stage", body).await;
    assert_eq!(moved["model_version"]["current_stage"], "Canary");
    let mut browser = Browser::new(&app);
    for path in ["/models", "/models/churn", "/models/churn/versions/1", "/models/churn/versions/1/ask"] {
        let page = browser.get(path).await;
        assert!(page.html.contains("Canary") && page.html.contains("Shadow"), "{path}");
    }
    let staging = json!({ "name": "churn", "version": "1", "stage": "Staging" });
    let refused = app.post("model-versions/transition-stage", staging).await;
    assert_eq!(refused.status, 400);
    let message = refused.json["message"].as_str().unwrap_or_default();
    assert!(message.contains("None, Shadow, Canary, Production, Archived"), "{message}");
    let (status, refused) = put(&app, json!({ "stages": ["Shadow", "Production"] })).await;
    assert_eq!((status, &refused["error_code"]), (400, &json!("INVALID_PARAMETER_VALUE")));
    assert!(refused["message"].as_str().is_some_and(|why| why.contains("`churn` version 1")), "{refused}");
}

#[tokio::test]
async fn a_list_that_is_none_changes_nothing() {
    let app = TestApp::start().await;
    for body in [
        json!({}),
        json!({ "stages": null }),
        json!({ "stages": "Production" }),
        json!({ "stages": [1, 2] }),
        json!({ "stages": [] }),
        json!({ "stages": ["Staging"] }),
        json!({ "stages": ["<script>", "Production"] }),
        json!({ "stages": ["a\u{0}b", "Production"] }),
        json!({ "stages": vec!["Production"; 10_000] }),
        json!([]),
    ] {
        let (status, refused) = put(&app, body.clone()).await;
        assert_eq!(status, 400, "{body}: {refused}");
    }
    assert_eq!(listed(&app).await, json!(["None", "Staging", "Production", "Archived"]));
}

#[tokio::test]
async fn an_admin_edits_the_list_on_a_page_and_nobody_else_does() {
    let app = TestApp::start_with_people(&[("ada", &["admin"]), ("erin", &["ml_engineer"])]).await;
    let mut ada = Browser::of(&app, "ada").await;
    let shown = ada.get("/stages").await;
    assert!(
        shown.html.contains("Staging") && shown.html.contains("the workspace's policy"),
        "{}",
        shown.html
    );
    let saved = ada.post("/stages", &[("stages", "Staging\r\n Canary \r\n\r\nProduction\r\n")]).await;
    assert_eq!(saved.status, 200);
    assert!(saved.html.contains("Saved.") && saved.html.contains("Canary"));
    // The policy of a new workspace names it.
    let refused = ada.post("/stages", &[("stages", "Canary\nProduction")]).await;
    assert_eq!(refused.status, 400);
    assert!(refused.html.contains("can't go") || refused.html.contains("can&#x27;t go"), "{}", refused.html);
    let hostile = "</textarea><script>alert(1)</script>";
    let refused = ada.post("/stages", &[("stages", hostile)]).await;
    assert_eq!(refused.status, 400);
    assert!(!refused.html.contains("<script>alert"));

    let mut erin = Browser::of(&app, "erin").await;
    assert_eq!(erin.get("/stages").await.status, 403);
    assert_eq!(erin.post("/stages", &[("stages", "Production")]).await.status, 403);
    assert!(erin.get("/api/v1/stages").await.html.contains("Canary"));
}
