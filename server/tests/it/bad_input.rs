//! Whatever comes, the answer is an error that says what is wrong, and nothing is written.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::app::{Reply, TestApp};

fn assert_refused(reply: &Reply, what: &str) {
    assert!(reply.status.is_client_error(), "{what}: {} {}", reply.status, reply.json);
    assert!(
        reply.json["error_code"].is_string() && reply.json["message"].is_string(),
        "{what}: {}",
        reply.json
    );
}

#[tokio::test]
async fn errors_name_the_field_that_is_wrong() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let metric =
        |value: Value| json!({ "run_id": run, "metrics": [{ "key": "m", "value": value, "timestamp": 1 }] });
    for (call, body, field) in [
        ("experiments/create", json!({}), "name"),
        ("experiments/create", json!({ "name": 5 }), "name"),
        ("experiments/create", json!({ "name": "" }), "name"),
        ("experiments/create", json!({ "name": "x".repeat(501) }), "name"),
        ("experiments/create", json!({ "name": "a\u{0}b" }), "name"),
        ("experiments/create", json!({ "name": "a", "tags": [{ "key": "", "value": "x" }] }), "key"),
        ("experiments/get-by-name", json!({}), "experiment_name"),
        ("experiments/search", json!({ "max_results": 50_001 }), "max_results"),
        ("experiments/search", json!({ "max_results": -1 }), "max_results"),
        ("experiments/search", json!({ "view_type": "SOME" }), "view_type"),
        ("experiments/search", json!({ "order_by": ["name SIDEWAYS"] }), "order_by"),
        ("experiments/update", json!({ "experiment_id": "0" }), "new_name"),
        ("experiments/update", json!({ "experiment_id": "0", "new_name": "a\u{0}b" }), "'new_name'"),
        ("experiments/search", json!({ "order_by": ["../../x"] }), "'order_by'"),
        ("runs/search", json!({ "experiment_ids": ["0"], "order_by": ["../../x"] }), "'order_by'"),
        ("runs/create", json!({ "experiment_id": "abc" }), "experiment_id"),
        ("runs/create", json!({ "experiment_id": "0", "start_time": "noon" }), "start_time"),
        ("runs/create", json!({ "experiment_id": "0", "tags": {} }), "tags"),
        ("runs/get", json!({}), "run_id"),
        ("runs/update", json!({ "run_id": run, "status": "DONE" }), "status"),
        ("runs/log-metric", json!({ "run_id": run, "value": 1, "timestamp": 1 }), "key"),
        ("runs/log-metric", json!({ "run_id": run, "key": "m", "timestamp": 1 }), "value"),
        ("runs/log-metric", json!({ "run_id": run, "key": "m", "value": 1 }), "timestamp"),
        ("runs/log-metric", json!({ "run_id": run, "key": "m", "value": "high", "timestamp": 1 }), "value"),
        (
            "runs/log-metric",
            json!({ "run_id": run, "key": "m", "value": 1, "timestamp": "soon" }),
            "'timestamp'",
        ),
        ("runs/log-metric", json!({ "run_id": run, "key": "m", "value": 1, "timestamp": -1 }), "timestamp"),
        ("runs/log-metric", json!({ "run_id": run, "key": "../m", "value": 1, "timestamp": 1 }), "key"),
        ("runs/log-parameter", json!({ "run_id": run, "value": "1" }), "key"),
        ("runs/log-parameter", json!({ "run_id": run, "key": "p", "value": "a\u{0}b" }), "value"),
        ("runs/log-batch", metric(json!("high")), "metrics[0].value"),
        ("runs/log-batch", metric(json!(null)), "metrics[0].value"),
        ("runs/log-batch", json!({ "run_id": run, "metrics": [5] }), "metrics[0]"),
        ("runs/log-batch", json!({ "run_id": run, "metrics": "x" }), "metrics"),
        (
            "runs/log-batch",
            json!({ "run_id": run, "params": [{ "key": "a;b", "value": "" }] }),
            "params[0].key",
        ),
        (
            "runs/log-batch",
            json!({ "run_id": run, "params": vec![json!({ "key": "a", "value": "" }); 101] }),
            "params",
        ),
        (
            "runs/log-batch",
            json!({ "run_id": run, "params": [{ "key": "a", "value": "1" }, { "key": "a", "value": "2" }] }),
            "params",
        ),
        ("runs/log-inputs", json!({ "run_id": run, "datasets": [{}] }), "datasets[0].dataset"),
        ("runs/outputs", json!({ "run_id": run }), "models"),
        ("runs/search", json!({ "experiment_ids": ["0"], "run_view_type": "SOME" }), "run_view_type"),
        ("runs/search", json!({ "experiment_ids": "x" }), "experiment_ids"),
        ("runs/delete-tag", json!({ "run_id": run }), "key"),
    ] {
        let method =
            if matches!(call, "experiments/get-by-name" | "runs/get") { Method::GET } else { Method::POST };
        let path = format!("/api/2.0/mlflow/{call}");
        let reply = app.send(app.request(method, &path).json(&body)).await;
        assert_refused(&reply, &format!("{call} {body}"));
        let message = reply.json["message"].as_str().unwrap_or_default();
        assert!(message.contains(field), "{call} {body}: {message}");
    }
    let run = app.run(&run).await;
    assert!(run["data"]["metrics"].is_null() && run["data"]["params"].is_null());
}

#[tokio::test]
async fn bodies_that_are_no_call_are_refused() {
    let app = TestApp::start().await;
    let path = "/api/2.0/mlflow/runs/log-batch";
    let deep = format!("{{\"run_id\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    for body in [
        "{",
        "[]",
        "5",
        "\"x\"",
        "{\"run_id\": \"x\"} y",
        "\u{feff}{}",
        deep.as_str(),
        "{\"run_id\":\"\\ud800\"}",
    ] {
        let request = app.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        assert_refused(&app.send(request.body(body.to_owned())).await, body.get(..20).unwrap_or(body));
    }
    let invalid = app.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
    assert_refused(&app.send(invalid.body(vec![b'"', 0xff, b'"'])).await, "invalid UTF-8");
    let text = app.request(Method::POST, path).header(header::CONTENT_TYPE, "text/plain").body("{}");
    assert_refused(&app.send(text).await, "text");
    let nowhere = app.send(app.request(Method::POST, "/api/2.0/mlflow/runs/fly").body("")).await;
    let wrong_method = app.send(app.request(Method::PUT, path)).await;
    assert_eq!(wrong_method.status, 405);
    assert_refused(&wrong_method, "another method");
    assert_eq!((nowhere.status.as_u16(), &nowhere.json["error_code"]), (404, &json!("ENDPOINT_NOT_FOUND")));
    let huge = app.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
    let huge = app.send(huge.body(format!("{{\"run_id\": \"{}\"}}", "x".repeat(33 * 1024 * 1024)))).await;
    assert_eq!(huge.status, 413);
    assert_refused(&huge, "over the limit");
}

#[tokio::test]
async fn what_does_not_exist_is_a_404() {
    let app = TestApp::start().await;
    for (call, body) in [
        ("experiments/delete", json!({ "experiment_id": "99" })),
        ("experiments/set-experiment-tag", json!({ "experiment_id": "99", "key": "a", "value": "b" })),
        ("runs/create", json!({ "experiment_id": "99" })),
        ("runs/update", json!({ "run_id": "none", "status": "FINISHED" })),
        ("runs/log-metric", json!({ "run_id": "none", "key": "m", "value": 1, "timestamp": 1 })),
        ("runs/log-inputs", json!({ "run_id": "none", "datasets": [] })),
        ("runs/delete", json!({ "run_id": "none" })),
        ("runs/restore", json!({ "run_id": "none" })),
        ("logged-models", json!({ "experiment_id": "99" })),
    ] {
        let reply = app.post(call, body).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json["error_code"]),
            (404, &json!("RESOURCE_DOES_NOT_EXIST")),
            "{call}"
        );
    }
    for call in
        ["experiments/get?experiment_id=99", "experiments/get-by-name?experiment_name=x", "runs/get?run_id=x"]
    {
        assert_eq!(app.get(call).await.status, 404, "{call}");
    }
}

#[tokio::test]
async fn bytes_at_random_never_make_the_server_fail() {
    let app = TestApp::start().await;
    let calls = [
        "experiments/create",
        "experiments/search",
        "runs/create",
        "runs/search",
        "runs/log-batch",
        "logged-models/search",
    ];
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "null",
        "true",
        "1e999",
        "-1",
        "9223372036854775808",
        "\"run_id\"",
        "\"filter\"",
        "\"experiment_ids\"",
        "\"metrics\"",
        "\"name\"",
        "\"\\u0000\"",
        "\"order_by\"",
        "\"page_token\"",
        "\"0\"",
        "0",
        "\"é\"",
    ];
    let mut seed = 42_u64;
    let mut dice = move |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    for _ in 0..400 {
        let body: String = (0..dice(14)).map(|_| pieces[dice(pieces.len())]).collect();
        let body = if dice(2) == 0 { format!("{{{body}}}") } else { body };
        let path = format!("/api/2.0/mlflow/{}", calls[dice(calls.len())]);
        let request = app.request(Method::POST, &path).header(header::CONTENT_TYPE, "application/json");
        let reply = app.send(request.body(body.clone())).await;
        assert!(!reply.status.is_server_error(), "{path} {body}: {}", reply.json);
    }
    assert_eq!(app.send(app.request(Method::GET, "/health")).await.status, 200);
}
