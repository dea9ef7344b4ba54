//! The demo: its team, and what waits for it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{TestApp, command};
use crate::browser::Browser;

const TEAM: [&str; 7] = ["ana", "bo", "chidi", "dara", "emre", "faye", "gita"];

/// A password as it was printed.
fn password(app: &TestApp, name: &str) -> String {
    let line = app.said_with(&format!("{name}  ")).expect("everybody is printed");
    line.split_whitespace().nth(1).expect("a password").to_owned()
}

async fn person<'a>(app: &'a TestApp, name: &str) -> Browser<'a> {
    Browser::with_password(app, name, &password(app, name)).await
}

async fn json_of(browser: &mut Browser<'_>, path: &str) -> Value {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.html);
    serde_json::from_str(&page.html).expect("is JSON")
}

/// The reviews in a state, as `model vN`.
async fn reviews(browser: &mut Browser<'_>, query: &str) -> Vec<(i64, String)> {
    let found = json_of(browser, &format!("/api/v1/reviews?{query}")).await;
    let row = |row: &Value| {
        let what = format!("{} v{} {}", row["model"], row["version"], row["kind"]).replace('"', "");
        (row["id"].as_i64().expect("an id"), what)
    };
    found["reviews"].as_array().expect("a list").iter().map(row).collect()
}

fn names(found: &[(i64, String)]) -> Vec<&str> {
    found.iter().map(|(_, what)| what.as_str()).collect()
}

#[tokio::test]
async fn everybody_of_the_demos_team_finds_something_that_waits() {
    let app = TestApp::start_demo(&[]).await;
    for name in TEAM {
        let page = person(&app, name).await.get("/waiting").await;
        assert_eq!(page.status, 200, "{name}");
        let to_sign = page.html.split("id=\"to-sign\"").nth(1).expect("the list");
        let (to_sign, rest) = to_sign.split_once("id=\"asked\"").expect("the next list");
        let waits = match name {
            "bo" | "chidi" => to_sign.contains("breast-screening v3 to Production"),
            "emre" => to_sign.contains("digit-reader v2: was the override right?"),
            "faye" => to_sign.contains("wine-cultivar v2 to Production"),
            _ => rest.contains("Waits for"),
        };
        assert!(waits, "{name}: {}", page.html);
    }
}

#[tokio::test]
async fn the_demos_reviews_are_in_every_state_that_there_is() {
    let app = TestApp::start_demo(&[]).await;
    let mut faye = person(&app, "faye").await;
    let open = reviews(&mut faye, "state=open").await;
    assert_eq!(
        names(&open),
        ["digit-reader v2 followup", "wine-cultivar v2 promotion", "breast-screening v3 promotion"]
    );
    assert_eq!(names(&reviews(&mut faye, "state=rejected").await), ["breast-screening v2 promotion"]);
    assert_eq!(names(&reviews(&mut faye, "only_overrides=true").await), ["digit-reader v2 promotion"]);

    let held = json_of(&mut faye, &format!("/api/v1/reviews/{}", open[2].0)).await;
    let labels = held["labels"].as_array().expect("a list");
    assert!(labels.contains(&json!({ "blocked_by": ["champion:recall"] })), "{labels:?}");
    let ready = format!("/api/v1/reviews/{}", open[1].0);
    let waiting = json_of(&mut faye, &ready).await;
    assert_eq!(waiting["missing"].as_array().expect("a list").len(), 1, "{}", waiting["missing"]);

    let signed = faye.request(Method::POST, &format!("{ready}/sign")).json(&json!({ "comment": "fast" }));
    let signed = faye.send(signed).await;
    assert_eq!(signed.status, 200, "{}", signed.html);
    let call = "/api/2.0/mlflow/registered-models/get-latest-versions?name=wine-cultivar&stages=Production";
    let serving = json_of(&mut faye, call).await;
    assert_eq!(serving["model_versions"][0]["version"], "2");
}

#[tokio::test]
async fn the_demos_audit_log_and_release_records_hold() {
    let app = TestApp::start_demo(&["--open"]).await;
    let verified = command().arg("verify").arg("--data").arg(app.demo_folder()).output().expect("it runs");
    let said = String::from_utf8(verified.stdout).expect("text");
    assert!(verified.status.success(), "{said}");
    assert!(said.contains("the audit log is whole") && said.contains("9 release records hold"), "{said}");
    // What happened later stands later.
    let log = app.request(Method::GET, "/api/v1/audit.jsonl").send().await.expect("an answer");
    let log = log.text().await.expect("text");
    let times: Vec<_> = log
        .lines()
        .rev()
        .map(|line| serde_json::from_str::<Value>(line).expect("is JSON")["at"].as_i64().expect("a time"))
        .collect();
    assert!(times.len() > 50 && times.is_sorted(), "{times:?}");
}
