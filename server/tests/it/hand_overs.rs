use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::browser::Browser;
use crate::team::{Person, TEAM, refused};

#[tokio::test]
async fn the_hand_overs_of_a_model_are_drawn_and_exported() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    for signer in [&erin, &otto] {
        assert_eq!(signer.sign(review).await.status, 200);
    }
    dana.register(0.8).await;
    let found = dana.get("/api/v1/models/churn/hand-overs").await;
    let steps = |at: usize| {
        let steps = found["versions"][at]["steps"].as_array().expect("steps").iter();
        steps.map(|step| step["step"].as_str().expect("a step")).collect::<Vec<_>>()
    };
    assert_eq!((steps(0), steps(1)), (vec!["register", "ask", "release"], vec!["register"]));
    // The runs of this test began long ago: that is what takes longest.
    assert_eq!(found["slowest"]["step"], "register");
    assert!(found["versions"][1]["released_ms"].is_null());

    let mut browser = Browser::of(&app, "vera").await;
    let csv = browser.get("/api/v1/models/churn/hand-overs?format=csv").await.html;
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!((lines[0], lines.len()), ("version,register_ms,stage_ms,ask_ms,release_ms", 3));
    assert!(lines[2].starts_with("2,") && lines[2].ends_with(",,,"), "{csv}");
    let page = browser.get("/models/churn?view=hand-overs").await.html;
    assert!(page.contains("Most of the time passes between a run’s start"), "{page}");
    assert!(page.contains("not in Production"), "{page}");
    let wrong = dana.send(Method::GET, "/api/v1/models/churn/hand-overs?format=xml", Value::Null).await;
    refused(&wrong, StatusCode::BAD_REQUEST, "json or csv");
    dana.mlflow("registered-models/create", json!({ "name": "empty" })).await;
    let page = browser.get("/models/empty?view=hand-overs").await.html;
    assert!(page.contains("No versions yet"), "{page}");
}
