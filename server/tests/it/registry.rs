//! The registry, against what the reference was seen to answer (`docs/reference/registry_cases.json`).

use std::collections::BTreeMap;

use reqwest::{Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::TestApp;

const CASES: &str = include_str!("../../../docs/reference/registry_cases.json");
/// The version of the reference that we follow where they differ.
const REFERENCE: &str = "3.17.2";

#[derive(Deserialize)]
struct Case {
    name: String,
    version: String,
    steps: Vec<Step>,
    expect: Vec<Expected>,
}

#[derive(Deserialize)]
struct Step {
    method: String,
    path: String,
    query: Option<Value>,
    body: Option<Value>,
    raw: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    save: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Expected {
    status: u16,
    json: Value,
    text: Option<String>,
    /// The reference fails here; a refusal is as good.
    quirk: Option<String>,
}

/// Cases in which we answer otherwise, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("create: a body that is JSON in a JSON string", "a body is an object"),
    ("get: the other prefix", "all calls are under all prefixes"),
    ("search models: bad filters", "one grammar serves all searches: `attributes.` is known here, too"),
    (
        "delete model: the query string does not count",
        "Databricks' client deletes by query: see docs/reference/databricks.md",
    ),
    ("search versions: bad filters", "a number that no version can have finds none"),
    (
        "sources: other places are taken as they are",
        "a source is in a store that clients read, not anything with a colon",
    ),
];

#[tokio::test]
async fn what_the_reference_was_seen_to_answer_is_answered() {
    let cases: Vec<Case> = serde_json::from_str(CASES).expect("cases");
    let app = TestApp::start().await;
    let mut differences = Vec::new();
    let mut stale: Vec<_> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    for case in cases {
        let is_for_us = case.version == "both" || case.version == REFERENCE;
        // Deliveries need a receiver: see `webhooks.rs` and the clients' tests.
        if !is_for_us || case.name.starts_with("delivery") {
            continue;
        }
        if case.name.starts_with("webhook: list") {
            delete_webhooks(&app).await;
        }
        if let Err(difference) = run(&app, &case).await {
            if DIFFERENT.iter().any(|(name, _)| *name == case.name) {
                stale.retain(|name| *name != case.name);
            } else {
                differences.push(format!("{}: {difference}", case.name));
            }
        }
    }
    assert!(differences.is_empty(), "{} cases:\n{}", differences.len(), differences.join("\n"));
    assert!(stale.is_empty(), "no longer different: {stale:?}");
}

/// Earlier cases leave some, and lists show all.
async fn delete_webhooks(app: &TestApp) {
    let listed = app.get("webhooks").await.json;
    for hook in listed["webhooks"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let path = format!("/api/2.0/mlflow/webhooks/{}", hook["webhook_id"].as_str().expect("an id"));
        app.send(app.request(Method::DELETE, &path)).await;
    }
}

async fn run(app: &TestApp, case: &Case) -> Result<(), String> {
    let mut saved = BTreeMap::new();
    for (number, (step, expected)) in case.steps.iter().zip(&case.expect).enumerate() {
        let mut request =
            app.request(step.method.parse::<Method>().expect("a method"), &filled(&step.path, &saved));
        if let Some(query) = &step.query {
            request = request.query(&pairs(&filled_json(query, &saved)));
        }
        if let Some(body) = &step.body {
            request = request.json(&filled_json(body, &saved));
        }
        if let Some(raw) = &step.raw {
            let kind = step.content_type.clone().unwrap_or_default();
            request = request.header(header::CONTENT_TYPE, kind).body(filled(raw, &saved));
        }
        let reply = app.send(request).await;
        for (name, path) in &step.save {
            let found = path.split('.').fold(&reply.json, |json, part| &json[part]);
            saved.insert(name.clone(), found.as_str().unwrap_or_default().to_owned());
        }
        let context =
            || format!("step {number} ({} {}): {} {}", step.method, step.path, reply.status, reply.json);
        if expected.quirk.is_some() && reply.status.is_client_error() {
            continue;
        }
        if reply.status != expected.status {
            return Err(format!("{}, not {} {}", context(), expected.status, expected.json));
        }
        if expected.status >= 400 {
            let code = &expected.json["error_code"];
            if code.is_string() && reply.json["error_code"] != *code {
                return Err(format!("{}, not {code}", context()));
            }
        } else if let Some(text) = expected.text.as_ref().filter(|text| !text.is_empty()) {
            if reply.json != **text {
                return Err(format!("{}, not {text}", context()));
            }
        } else if expected.json.is_object() && !is_like(&reply.json, &filled_json(&expected.json, &saved), "")
        {
            return Err(format!("{}, not {}", context(), filled_json(&expected.json, &saved)));
        }
    }
    Ok(())
}

fn filled(text: &str, saved: &BTreeMap<String, String>) -> String {
    // `<x x 300>` stands for 300 times x.
    let repeated = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .and_then(|text| text.split_once(" x "));
    if let Some((unit, Ok(times))) = repeated.map(|(unit, times)| (unit, times.parse())) {
        return unit.repeat(times);
    }
    saved.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

fn filled_json(json: &Value, saved: &BTreeMap<String, String>) -> Value {
    match json {
        Value::String(text) => Value::String(filled(text, saved)),
        Value::Array(items) => items.iter().map(|item| filled_json(item, saved)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), filled_json(value, saved))).collect()
        }
        other => other.clone(),
    }
}

fn pairs(query: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (key, value) in query.as_object().expect("fields") {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|one| (key.clone(), text(one)))),
            one => pairs.push((key.clone(), text(one))),
        }
    }
    pairs
}

/// The same but for times, made-up names, tokens, and the order of what has none.
fn is_like(answer: &Value, expected: &Value, field: &str) -> bool {
    match (answer, expected) {
        (_, Value::String(any)) if any.starts_with('<') && any.ends_with('>') => !answer.is_null(),
        (Value::Object(answer), Value::Object(expected)) => {
            // Ours has an empty `outputs` beside a run's inputs.
            answer.keys().all(|key| expected.contains_key(key) || key == "outputs")
                && expected
                    .iter()
                    .all(|(key, value)| answer.get(key).is_some_and(|one| is_like(one, value, key)))
        }
        (Value::Array(answer), Value::Array(expected)) if answer.len() == expected.len() => {
            let is_set = ["tags", "aliases", "latest_versions"].contains(&field);
            if is_set {
                expected.iter().all(|one| answer.iter().any(|other| is_like(other, one, "")))
            } else {
                answer.iter().zip(expected).all(|(one, other)| is_like(one, other, ""))
            }
        }
        // JSON in a text is compared as JSON.
        (Value::String(answer), Value::String(expected)) if answer.starts_with('[') => {
            let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
            parsed(answer) == parsed(expected)
        }
        (answer, expected) => answer == expected,
    }
}

#[tokio::test]
async fn what_serves_is_replaced_in_one_step() {
    let app = TestApp::start().await;
    app.ok("registered-models/create", json!({ "name": "churn" })).await;
    for _ in 0..2 {
        app.ok("model-versions/create", json!({ "name": "churn", "source": "s3://bucket/churn" })).await;
    }
    let to_production = |version: usize| {
        json!({
            "name": "churn", "version": version.to_string(), "stage": "Production",
            "archive_existing_versions": true,
        })
    };
    app.ok("model-versions/transition-stage", to_production(1)).await;
    let swap = async {
        for round in 0..40 {
            app.ok("model-versions/transition-stage", to_production(2 - round % 2)).await;
        }
    };
    let watch = async {
        for _ in 0..120 {
            let reply = app.get("registered-models/get?name=churn").await;
            let latest =
                reply.json["registered_model"]["latest_versions"].as_array().cloned().unwrap_or_default();
            let serving = latest.iter().filter(|version| version["current_stage"] == "Production").count();
            assert_eq!(serving, 1, "{}", reply.json);
            let all = app.get("model-versions/search?filter=name%3D'churn'").await;
            let versions = all.json["model_versions"].as_array().cloned().unwrap_or_default();
            let serving = versions.iter().filter(|version| version["current_stage"] == "Production").count();
            assert_eq!(serving, 1, "{}", all.json);
        }
    };
    tokio::join!(swap, watch);
}
