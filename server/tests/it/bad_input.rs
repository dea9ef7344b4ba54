//! Whatever comes, the answer is an error that says what is wrong, and nothing is written.

use reqwest::{Method, header};
use serde_json::{Value, json};
use sqlx::Connection as _;

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
async fn a_search_takes_as_much_as_it_says_and_refuses_more() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    app.log(&run, json!({ "metrics": [{ "key": "m0", "value": 1, "timestamp": 1 }], "tags": [{ "key": "t0", "value": "x" }] }))
        .await;
    let repeated = |count: usize, one: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(one).collect::<Vec<_>>().join(between)
    };
    let runs = |filter: String, order_by: Vec<String>| json!({ "experiment_ids": ["0"], "filter": filter, "order_by": order_by });
    let conditions: [&dyn Fn(usize) -> String; 5] = [
        &|i| format!("metrics.m{i} > 0"),
        &|i| format!("params.p{i} != 'x'"),
        &|i| format!("tags.t{i} IS NULL"),
        &|i| format!("dataset.name = 'd{i}'"),
        &|_| "start_time >= 0".to_owned(),
    ];
    let orders: [&dyn Fn(usize) -> String; 3] =
        [&|i| format!("metrics.m{i}"), &|i| format!("params.p{i} DESC"), &|i| format!("tags.t{i}")];
    let (most, most_orders) = (100, 20);
    for order in orders {
        for condition in conditions {
            let filter = repeated(most, condition, " AND ");
            let order_by = (0..most_orders).map(order).collect();
            let reply = app.post("runs/search", runs(filter, order_by)).await;
            assert_eq!(reply.status, 200, "{}", reply.json);
        }
        assert_refused(
            &app.post("runs/search", runs(String::new(), (0..=most_orders).map(order).collect())).await,
            "orders",
        );
        assert_refused(
            &app.post("runs/search", runs(String::new(), (0..40).map(order).collect())).await,
            "many orders",
        );
    }
    for condition in conditions {
        assert_refused(
            &app.post("runs/search", runs(repeated(most + 1, condition, " AND "), vec![])).await,
            "conditions",
        );
    }
    let quoted = |i: usize| format!("'{i:032x}'");
    let listed = |count| runs(format!("run_id IN ({})", repeated(count, &quoted, ",")), vec![]);
    assert_eq!(app.post("runs/search", listed(4_000)).await.status, 200);
    assert_refused(&app.post("runs/search", listed(4_001)).await, "values");
    for (length, taken) in [(10_000, true), (10_001, false), (60_000, false)] {
        let filter = format!("tags.t0 LIKE '{}'", "%".repeat(length));
        let reply = app.post("runs/search", runs(filter, vec![])).await;
        assert_eq!(reply.status.is_success(), taken, "{length}: {}", reply.status);
    }
    for (count, taken) in [(4_000, true), (4_001, false), (33_000, false)] {
        let ids: Vec<_> = (0..count).map(|id| id.to_string()).collect();
        for call in ["runs/search", "logged-models/search"] {
            let reply = app.post(call, json!({ "experiment_ids": ids })).await;
            assert_eq!(reply.status.is_success(), taken, "{call} {count}: {}", reply.status);
        }
    }
    let models = |filters: usize, datasets: usize, orders: usize| {
        json!({
            "experiment_ids": ["0"],
            "filter": repeated(filters, conditions[0], " AND "),
            "datasets": (0..datasets).map(|i| json!({ "dataset_name": format!("d{i}"), "dataset_digest": "x" })).collect::<Vec<_>>(),
            "order_by": (0..orders).map(|i| json!({ "field_name": format!("metrics.m{i}") })).collect::<Vec<_>>(),
        })
    };
    assert_eq!(app.post("logged-models/search", models(100, 50, 20)).await.status, 200);
    for (filters, datasets, orders) in [(101, 0, 0), (0, 51, 0), (0, 0, 21)] {
        assert_refused(&app.post("logged-models/search", models(filters, datasets, orders)).await, "models");
    }
    let experiments = |filters: usize, orders: usize| {
        let tagged = |i: usize| format!("tags.a{i} = 'x'");
        json!({ "max_results": 5, "filter": repeated(filters, &tagged, " AND "), "order_by": vec!["name"; orders] })
    };
    assert_eq!(app.post("experiments/search", experiments(100, 20)).await.status, 200);
    assert_refused(&app.post("experiments/search", experiments(101, 0)).await, "experiments");
    assert_refused(&app.post("experiments/search", experiments(0, 21)).await, "experiments");
}

#[tokio::test]
async fn a_refused_call_writes_not_even_a_key() {
    let app = TestApp::start().await;
    let (run, deleted) = (app.create_run("0").await, app.create_run("0").await);
    app.ok("runs/delete", json!({ "run_id": deleted })).await;
    app.ok("runs/log-parameter", json!({ "run_id": run, "key": "fixed", "value": "1" })).await;
    let metric = |key: &str| json!({ "key": key, "value": 1, "timestamp": 1 });
    for (call, body) in [
        ("runs/log-metric", json!({ "run_id": "none", "key": "refused a", "value": 1, "timestamp": 1 })),
        ("runs/log-parameter", json!({ "run_id": deleted, "key": "refused b", "value": "1" })),
        ("runs/set-tag", json!({ "run_id": "none", "key": "refused c", "value": "1" })),
        (
            "runs/log-batch",
            json!({ "run_id": run, "metrics": [metric("refused d")], "params": [{ "key": "fixed", "value": "2" }] }),
        ),
        (
            "runs/log-metric",
            json!({ "run_id": run, "key": "refused e", "value": 1, "timestamp": 1, "model_id": "m-none" }),
        ),
        (
            "runs/log-metric",
            json!({ "run_id": run, "key": "refused f", "value": 1, "timestamp": 1, "dataset_name": "a\u{0}b" }),
        ),
        (
            "runs/log-metric",
            json!({ "run_id": run, "key": "refused g", "value": 1, "timestamp": 1, "dataset_digest": "x".repeat(37) }),
        ),
        ("runs/outputs", json!({ "run_id": run, "models": [{ "model_id": "x\u{0}y", "step": 1 }] })),
        ("runs/log-inputs", json!({ "run_id": run, "models": [{ "model_id": "x".repeat(300) }] })),
        ("logged-models", json!({ "experiment_id": "0", "name": "q", "model_type": "t\u{0}" })),
    ] {
        assert_refused(&app.post(call, body).await, call);
    }
    let url = format!("sqlite://{}", app.database().display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opens");
    let keys: (i64,) = sqlx::query_as("SELECT count(*) FROM keys WHERE name LIKE 'refused%'")
        .fetch_one(&mut database)
        .await
        .expect("counts");
    assert_eq!(keys.0, 0);
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

#[tokio::test]
async fn a_list_is_taken_for_no_object() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("lists").await;
    let run = app.create_run(&experiment).await;
    for (call, body) in [
        ("experiments/create", json!(["by position", null, []])),
        ("runs/log-batch", json!({ "run_id": run, "params": [["a", "1"]] })),
        ("runs/log-batch", json!({ "run_id": run, "tags": [{ "key": "a", "value": "1" }, ["b", "2"]] })),
        ("runs/log-batch", json!({ "run_id": run, "metrics": [["m", 1.0, 1, 0]] })),
        ("runs/log-inputs", json!({ "run_id": run, "datasets": [[[], ["a", "b", "local", "x"]]] })),
    ] {
        let path = format!("/api/2.0/mlflow/{call}");
        let reply = app.send(app.request(Method::POST, &path).json(&body)).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.json);
        assert_eq!(reply.json["error_code"], "INVALID_PARAMETER_VALUE", "{body}");
    }
    let found = app.run(&run).await;
    assert!(found["data"].get("params").is_none() && found["data"].get("metrics").is_none(), "{found}");
}
