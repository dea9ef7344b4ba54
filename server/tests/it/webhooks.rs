//! Webhooks over HTTP: what may be called, what arrives, and what is never told.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use crate::app::{Reply, TestApp, add_user, run};
use crate::browser::{Browser, value_of};
use crate::receiver::{Received, Receiver};
use crate::team::refused;

/// A folder whose configuration lets webhooks call this machine.
fn lenient() -> TempDir {
    let data = tempfile::tempdir().expect("a folder");
    let text = "[webhooks]\nallow = [\"127.0.0.1\"]\nallow_http = true\n";
    fs::write(data.path().join("countersign.toml"), text).expect("is written");
    data
}

async fn call(app: &TestApp, method: Method, path: &str, body: Value) -> Reply {
    app.send(app.request(method, path).json(&body)).await
}

/// Makes a webhook of ours.
async fn hook(app: &TestApp, url: &str, events: &[&str]) -> Value {
    let body = json!({ "name": "ci", "url": url, "events": events, "authorization": "Bearer t0ps3cret" });
    let reply = call(app, Method::POST, "/api/v1/webhooks", body).await;
    assert_eq!(reply.status, 201, "{}", reply.json);
    reply.json
}

async fn deliveries(app: &TestApp, id: &str) -> Vec<Value> {
    let reply = app.send(app.request(Method::GET, &format!("/api/v1/webhooks/{id}/deliveries"))).await;
    assert_eq!(reply.status, 200, "{}", reply.json);
    reply.json["deliveries"].as_array().cloned().unwrap_or_default()
}

/// Waits until the newest delivery is in that state.
async fn ended(app: &TestApp, id: &str, state: &str) -> Value {
    for _ in 0..300 {
        if let Some(one) = deliveries(app, id).await.into_iter().next().filter(|one| one["state"] == state) {
            return one;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {state}: {:?}", deliveries(app, id).await);
}

fn is_signed(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    let opening = format!("{}.{}.", received.header("webhook-id"), received.header("webhook-timestamp"));
    mac.update(opening.as_bytes());
    mac.update(&received.body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    received.header("webhook-signature").split(' ').any(|one| one == signature)
}

#[tokio::test]
async fn addresses_inside_are_refused_at_every_door() {
    let app = TestApp::start().await;
    for url in [
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://10.0.0.1/",
        "https://[fd00:ec2::254]/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://user@example.com/",
        "http://example.com/",
        "file:///etc/passwd",
        "no address",
    ] {
        let own = json!({ "name": "x", "url": url, "events": ["review.applied"] });
        let mlflow = json!({ "name": "x", "url": url, "events": [{ "entity": "MODEL_VERSION", "action": "CREATED" }] });
        let databricks = json!({ "events": ["MODEL_VERSION_CREATED"], "http_url_spec": { "url": url } });
        for (path, body) in [
            ("/api/v1/webhooks", own),
            ("/api/2.0/mlflow/webhooks", mlflow),
            ("/api/2.0/mlflow/registry-webhooks/create", databricks),
        ] {
            let reply = call(&app, Method::POST, path, body).await;
            assert_eq!(reply.status, 400, "{path} {url}: {}", reply.json);
            assert_eq!(reply.json["error_code"], "INVALID_PARAMETER_VALUE");
        }
    }
    // This very server isn't called, though the address is allowed.
    let app = TestApp::start_on(lenient()).await;
    let own = json!({ "name": "x", "url": app.url, "events": ["review.applied"] });
    let reply = call(&app, Method::POST, "/api/v1/webhooks", own).await;
    assert_eq!(reply.status, 400, "{}", reply.json);
}

#[tokio::test]
async fn what_fails_is_delivered_by_the_next_server_on_the_same_data() {
    let receiver = Receiver::start(&["503 Busy"]).await;
    let app = TestApp::start_on(lenient()).await;
    let made = hook(&app, &receiver.url("/hook"), &["registered_model.created"]).await;
    let (id, secret) = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
    app.ok("registered-models/create", json!({ "name": "churn" })).await;
    receiver.wait_for(1).await;
    let waits = ended(&app, id, "waiting").await;
    assert_eq!(waits["attempts"], 1);

    let app = TestApp::start_on(app.kill()).await;
    let came = receiver.wait_for(2).await;
    assert_eq!(came[0].header("webhook-id"), came[1].header("webhook-id"));
    assert_eq!(came[0].body, came[1].body);
    for one in &came {
        assert!(is_signed(one, secret));
        assert_eq!(one.header("authorization"), "Bearer t0ps3cret");
    }
    let told = came[1].json();
    assert_eq!(
        (&told["type"], &told["data"]["model"]),
        (&json!("registered_model.created"), &json!("churn"))
    );
    let url = told["data"]["url"].as_str().expect("a link");
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/models/churn"), "{url}");
    let delivered = ended(&app, id, "delivered").await;
    assert_eq!((&delivered["attempts"], &delivered["status"]), (&json!(2), &json!(200)));
    assert_eq!(delivered["answer"], "{\"ok\":true}");

    let path = format!("/api/v1/webhooks/{id}/deliveries/{}/replay", delivered["id"]);
    let reply = call(&app, Method::POST, &path, json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.json);
    let again = receiver.wait_for(3).await.remove(2);
    assert_eq!(again.header("webhook-id"), came[0].header("webhook-id"));
    let reply = call(&app, Method::POST, &format!("/api/v1/webhooks/{id}/test"), json!({})).await;
    assert_eq!((&reply.json["success"], &reply.json["status"]), (&json!(true), &json!(200)));
    assert!(is_signed(&receiver.wait_for(4).await[3], secret));
}

#[tokio::test]
async fn redirects_are_not_followed_and_who_is_gone_is_not_called_again() {
    let inside = Receiver::start(&[]).await;
    let location = format!("302 Found\r\nLocation: {}", inside.url("/"));
    let receiver = Receiver::start(&[&location, &location, "410 Gone"]).await;
    let app = TestApp::start_on(lenient()).await;
    let made = hook(&app, &receiver.url("/"), &["registered_model.created"]).await;
    let id = made["id"].as_str().expect("an id");
    let reply = call(&app, Method::POST, &format!("/api/v1/webhooks/{id}/test"), json!({})).await;
    assert_eq!(reply.json["success"], false, "{}", reply.json);
    app.ok("registered-models/create", json!({ "name": "a" })).await;
    let dead = ended(&app, id, "dead").await;
    assert!(dead["problem"].as_str().is_some_and(|why| why.contains("redirects are not followed")), "{dead}");
    assert!(inside.received().is_empty());

    app.ok("registered-models/create", json!({ "name": "b" })).await;
    receiver.wait_for(3).await;
    ended(&app, id, "dead").await;
    let reply = app.send(app.request(Method::GET, &format!("/api/v1/webhooks/{id}"))).await;
    assert_eq!(reply.json["status"], "disabled", "{}", reply.json);
    assert!(reply.json["said"].as_str().is_some_and(|said| said.contains("410")));
}

#[tokio::test]
async fn secrets_are_told_once_and_bad_input_names_its_field() {
    let app = TestApp::start().await;
    let url = "https://hooks.example.com/services/T0/B0/path-secret";
    let made = hook(&app, url, &["review.applied"]).await;
    let (id, secret) = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
    let path = format!("/api/v1/webhooks/{id}");
    let slack = json!({ "form": "slack", "name": "s", "url": url, "events": ["review.applied"] });
    let slack = call(&app, Method::POST, "/api/v1/webhooks", slack).await.json;
    assert!(!slack.to_string().contains("path-secret"), "the address is Slack's secret");
    for (method, path, body) in [
        (Method::GET, path.clone(), json!({})),
        (Method::GET, "/api/v1/webhooks".into(), json!({})),
        (Method::PATCH, path.clone(), json!({ "name": "other" })),
        (Method::GET, format!("/webhooks/{id}"), json!({})),
        (Method::GET, "/webhooks".into(), json!({})),
        (Method::GET, "/api/v1/audit.jsonl".into(), json!({})),
    ] {
        let reply = call(&app, method, &path, body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.json);
        let text = reply.json.to_string();
        assert!(!text.contains(secret) && !text.contains("t0ps3cret"), "{path}: {text}");
    }
    let new = call(&app, Method::PATCH, &path, json!({ "rotate_secret": true })).await.json;
    assert!(new["secret"].as_str().is_some_and(|new| new.starts_with("whsec_") && new != secret));

    for (change, part) in [
        (json!({ "events": ["review.exploded"] }), "review.exploded"),
        (json!({ "events": [] }), "event"),
        (json!({ "status": "asleep" }), "asleep"),
        (json!({ "secret": "short" }), "whsec_"),
        (json!({ "authorization": "a\nb" }), "header"),
        (json!({ "name": 7 }), "name"),
    ] {
        let reply = call(&app, Method::PATCH, &path, change.clone()).await;
        assert_eq!(reply.status, 400, "{change}: {}", reply.json);
        let message = reply.json["message"].as_str().expect("a message");
        assert!(message.contains(part), "{change}: {message}");
    }
    for (method, path) in [
        (Method::GET, format!("{path}/deliveries?state=lost")),
        (Method::GET, format!("{path}/deliveries?max_results=0")),
        (Method::GET, "/api/v1/webhooks?page_token=x".into()),
        (Method::GET, "/webhooks/new?form=carrier-pigeon".into()),
    ] {
        assert_eq!(call(&app, method, &path, json!({})).await.status, 400, "{path}");
    }
    let other = "/api/2.0/mlflow/webhooks";
    assert_eq!(call(&app, Method::GET, &format!("{other}/{id}"), json!({})).await.status, 404);
    assert_eq!(call(&app, Method::DELETE, &path, json!({})).await.status, 204);
    assert_eq!(call(&app, Method::DELETE, &path, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_models_webhooks_are_hidden_from_strangers() {
    let data = lenient();
    for (name, roles) in [("ada", &["admin"][..]), ("mia", &["ml_engineer"]), ("sam", &["ml_engineer"])] {
        add_user(data.path(), name, roles);
    }
    let app = TestApp::start_with(data, &[]).await;
    let mut tokens = Vec::new();
    for name in ["ada", "mia", "sam"] {
        let mut browser = Browser::of(&app, name).await;
        let fields =
            [("label", "t"), ("expires", ""), ("scopes", "read"), ("scopes", "write"), ("scopes", "review")];
        let page = browser.post("/account/tokens/create", &fields).await;
        tokens.push(value_of(&page, "Copy this").to_owned());
    }
    let [ada, mia, sam] = [&tokens[0], &tokens[1], &tokens[2]];
    let send = async |token: &str, method: Method, path: &str, body: Value| {
        app.send(app.request(method, path).bearer_auth(token).json(&body)).await
    };
    let api = "/api/2.0/mlflow";
    send(ada, Method::POST, &format!("{api}/registered-models/create"), json!({ "name": "churn" })).await;
    let grants = json!({ "grants": [{ "user": "mia", "level": "manage" }] });
    let reply = send(ada, Method::PUT, "/api/v1/models/churn/permissions", grants).await;
    assert_eq!(reply.status, 200, "{}", reply.json);

    let receiver = Receiver::start(&[]).await;
    let of = |model: Option<&str>| {
        json!({
            "model_name": model, "events": ["MODEL_VERSION_CREATED"],
            "http_url_spec": { "url": receiver.url("/d"), "secret": "s3cret" },
        })
    };
    let create = format!("{api}/registry-webhooks/create");
    assert_eq!(send(mia, Method::POST, &create, of(None)).await.status, 403, "of all models");
    assert_eq!(send(sam, Method::POST, &create, of(Some("churn"))).await.status, 404);
    let made = send(mia, Method::POST, &create, of(Some("churn"))).await;
    assert_eq!(made.status, 200, "{}", made.json);
    assert!(!made.json.to_string().contains("s3cret"));
    let id = made.json["webhook"]["id"].as_str().expect("an id").to_owned();
    let fields = json!({ "id": id, "status": "DISABLED" });
    for (method, path) in [
        (Method::PATCH, format!("{api}/registry-webhooks/update")),
        (Method::POST, format!("{api}/registry-webhooks/test")),
        (Method::DELETE, format!("{api}/registry-webhooks/delete")),
        (Method::GET, format!("/api/v1/webhooks/{id}")),
        (Method::PATCH, format!("/api/v1/webhooks/{id}")),
        (Method::DELETE, format!("/api/v1/webhooks/{id}")),
        (Method::POST, format!("/api/v1/webhooks/{id}/test")),
        (Method::GET, format!("/api/v1/webhooks/{id}/deliveries")),
        (Method::POST, format!("/api/v1/webhooks/{id}/deliveries/1/replay")),
        (Method::GET, format!("/webhooks/{id}")),
    ] {
        assert_eq!(send(sam, method, &path, fields.clone()).await.status, 404, "{path}");
    }
    for path in [format!("{api}/registry-webhooks/list"), "/api/v1/webhooks".into()] {
        assert!(!send(sam, Method::GET, &path, json!({})).await.json.to_string().contains(&id), "{path}");
        assert!(send(mia, Method::GET, &path, json!({})).await.json.to_string().contains(&id), "{path}");
    }
    let mut browser = Browser::of(&app, "sam").await;
    for path in ["", "/secret", "/test", "/delete", "/replay"] {
        let fields = [("status", "ACTIVE"), ("delivery", "1")];
        let page = browser.post(&format!("/webhooks/{id}{path}"), &fields).await;
        // A replay says on the page that there is no such webhook, and then there is no page.
        assert_eq!(page.status, 404, "{path}: {}", page.html);
    }

    let version = json!({ "name": "churn", "source": "s3://bucket/x" });
    send(mia, Method::POST, &format!("{api}/model-versions/create"), version).await;
    let told = receiver.wait_for(1).await.remove(0);
    assert_eq!(told.json()["webhook_id"], id);
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").expect("a key");
    mac.update(&told.body);
    assert_eq!(told.header("x-databricks-signature"), hex::encode(mac.finalize().into_bytes()));

    // What its maker may not decide about any more, it doesn't hear of; nor if they may not come in.
    let answer = async || {
        let version = json!({ "name": "churn", "source": "s3://bucket/x" });
        let made = send(ada, Method::POST, &format!("{api}/model-versions/create"), version).await;
        assert_eq!(made.status, 200, "{}", made.json);
        let path = format!("/api/v1/webhooks/{id}/deliveries");
        send(ada, Method::GET, &path, json!({})).await.json["deliveries"].as_array().map_or(0, Vec::len)
    };
    let grants = |level: &str| json!({ "grants": [{ "user": "mia", "level": level }] });
    for (level, heard) in [("read", 1), ("manage", 2)] {
        send(ada, Method::PUT, "/api/v1/models/churn/permissions", grants(level)).await;
        assert_eq!(answer().await, heard, "{level}");
    }
    let folder = app.data.path().to_str().expect("text");
    let disabled = run(&["user", "disable", "mia", "--data", folder], app.data.path());
    assert_eq!(disabled.0, Some(0), "{}", disabled.1);
    assert_eq!(answer().await, 2, "disabled");

    let opened = send(ada, Method::PUT, "/api/2.0/permissions/registered-models/1", json!({})).await;
    refused(&opened, StatusCode::BAD_REQUEST, "access_control_list");
}

#[tokio::test]
async fn webhooks_are_made_tried_and_deleted_on_their_pages() {
    let receiver = Receiver::start(&["500 Oops"]).await;
    let app = TestApp::start_on(lenient()).await;
    let mut browser = Browser::new(&app);
    assert!(browser.get("/webhooks").await.html.contains("No webhooks yet"));
    let url = receiver.url("/");
    let bad =
        [("form", "slack"), ("name", "<b>chat"), ("url", "https://10.0.0.1/"), ("events", "review.opened")];
    let page = browser.post("/webhooks/new", &bad).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.html.contains("leads inside") && page.html.contains("&lt;b&gt;chat"), "{}", page.html);
    assert!(page.html.contains("https://10.0.0.1/"), "what was typed stays");

    let fields = [
        ("form", "standard"),
        ("name", "chat"),
        ("url", &url),
        ("events", "registered_model.created"),
        ("events", "review.opened"),
    ];
    let page = browser.post("/webhooks/new", &fields).await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(value_of(&page, "Copy this").starts_with("whsec_"));
    let list = browser.get("/webhooks").await.html;
    let id = list.split("href=\"/webhooks/").nth(2).expect("a link").split('"').next().expect("an end");
    let here = format!("/webhooks/{id}");
    assert!(!browser.get(&here).await.html.contains("whsec_"));
    let tested = browser.post(&format!("{here}/test"), &[]).await;
    assert!(tested.html.contains("answered 500"), "{}", tested.html);
    let tested = browser.post(&format!("{here}/test"), &[]).await;
    assert!(tested.html.contains("answered 200"), "{}", tested.html);

    app.ok("registered-models/create", json!({ "name": "<i>churn" })).await;
    let delivered = ended(&app, id, "delivered").await;
    let page = browser.get(&format!("{here}?state=delivered&q=created")).await;
    assert!(page.html.contains("&lt;i&gt;churn") && !page.html.contains("<i>churn"), "{}", page.html);
    assert!(browser.get(&format!("{here}?q=nothing-like-it")).await.html.contains("No deliveries like that"));
    let number = delivered["id"].to_string();
    let page = browser.post(&format!("{here}/replay"), &[("delivery", &number)]).await;
    assert!(page.html.contains("sent again"), "{}", page.html);
    receiver.wait_for(4).await;

    let settings = [
        ("name", "other"),
        ("url", &*url),
        ("status", "DISABLED"),
        ("events", "review.opened"),
        ("unverified", "true"),
    ];
    let page = browser.post(&here, &settings).await;
    assert!(page.html.contains("settings are saved") && page.html.contains("Switched off"), "{}", page.html);
    let page = browser.post(&here, &[("name", "other"), ("url", &url), ("status", "ACTIVE")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "no events");
    let page = browser.post(&format!("{here}/secret"), &[]).await;
    assert!(value_of(&page, "Copy this").starts_with("whsec_"));
    assert_eq!(browser.post(&format!("{here}/delete"), &[]).await.leads_to, "/webhooks?deleted=yes");
    assert_eq!(browser.get(&here).await.status, 404);
}
