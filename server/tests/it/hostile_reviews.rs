//! Reviews under people who cheat, and people whose rights change under way.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::browser::Browser;
use crate::team::{Person, TEAM, refused};

/// Gives `name` just this role.
async fn make(app: &TestApp, name: &str, role: &str) {
    let mut admin = Browser::of(app, "ada").await;
    let page = admin.get("/users").await.html;
    let (_, row) = page.split_once(&format!("<th scope=\"row\">{name}</th>")).expect("a row");
    let (_, id) = row.split_once("name=\"id\" value=\"").expect("a form");
    let id = id.split_once('"').expect("an end").0;
    assert_eq!(admin.post("/users/roles", &[("id", id), ("roles", role)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_signature_counts_only_as_long_as_its_role_is_held() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    assert_eq!(erin.sign(review).await.status, StatusCode::OK);
    make(&app, "erin", "data_scientist").await;
    assert_eq!(otto.sign(review).await.status, StatusCode::OK);
    let seen = dana.review(review).await;
    assert_eq!((&seen["state"], &seen["sign_offs"][0]["void"]), (&json!("open"), &json!("role_lost")));
    assert_eq!(seen["missing"], json!(["1 ml_engineer"]));
    assert_eq!(dana.stage(version).await, "None");
    refused(&otto.act(review, "apply", json!({})).await, StatusCode::BAD_REQUEST, "ml_engineer");
    refused(
        &erin.act(review, "sign", json!({ "role": "ml_engineer" })).await,
        StatusCode::FORBIDDEN,
        "ml_engineer",
    );

    make(&app, "erin", "ml_engineer").await;
    assert_eq!(dana.act(review, "apply", json!({})).await.status, StatusCode::OK);
    assert_eq!(dana.stage(version).await, "Production");
}

#[tokio::test]
async fn what_is_replayed_or_forged_changes_nothing() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let digest = dana.review(review).await["digest"].clone();
    let sign = json!({ "digest": digest, "comment": "looked" });
    for _ in 0..3 {
        assert_eq!(erin.act(review, "sign", sign.clone()).await.status, StatusCode::OK);
    }
    let seen = dana.review(review).await;
    assert_eq!(seen["sign_offs"].as_array().map(Vec::len), Some(1), "{seen}");

    // A signature of what another review is about, or of what was never shown.
    let other = dana.register(0.8).await;
    let other = dana.ask(other).await;
    refused(&otto.act(other, "sign", sign.clone()).await, StatusCode::BAD_REQUEST, "changed");
    refused(
        &otto.act(review, "sign", json!({ "digest": "0".repeat(64) })).await,
        StatusCode::BAD_REQUEST,
        "changed",
    );
    refused(&otto.act(999, "sign", sign.clone()).await, StatusCode::NOT_FOUND, "no review");

    for token in ["", "cs_forged", &otto.token[..otto.token.len() - 1], &format!("{}x", otto.token)] {
        let request = app.request(Method::POST, &format!("/api/v1/reviews/{review}/sign"));
        let reply = app.send(request.bearer_auth(token).json(&sign)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{token}");
    }
    let path = format!("/reviews/{review}/sign");
    let mut forged = Browser::of(&app, "otto").await;
    let real = forged.cookie.clone();
    forged.cookie = real[..real.len() - 2].to_owned();
    let page = forged.post(&path, &[("role", "ops_engineer")]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.html);
    // The right cookie, but another site sent the form.
    forged.cookie = real;
    let cross = app.request(Method::POST, &path).header(header::ORIGIN, "https://evil.example");
    let cross = cross.header(header::COOKIE, &forged.cookie).body("role=ops_engineer");
    assert_eq!(app.send(cross).await.status, StatusCode::FORBIDDEN);
    let seen = dana.review(review).await;
    assert_eq!((&seen["state"], seen["sign_offs"].as_array().map(Vec::len)), (&json!("open"), Some(1)));

    assert_eq!(otto.act(review, "sign", sign.clone()).await.json["state"], "applied");
    let record = dana.get(&format!("/api/v1/reviews/{review}/record")).await;
    // Whoever heard no answer asks again, and learns what it was; nothing is done twice.
    assert_eq!(otto.act(review, "sign", sign).await.status, StatusCode::OK);
    let names: Vec<Value> = dana.review(review).await["timeline"].as_array().expect("entries").clone();
    assert_eq!(names.iter().filter(|entry| entry["kind"] == "applied").count(), 1);
    assert_eq!(dana.get(&format!("/api/v1/reviews/{review}/record")).await, record);
}
