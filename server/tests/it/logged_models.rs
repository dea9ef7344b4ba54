use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;

async fn create(app: &TestApp, name: &str, params: Value) -> String {
    let body = json!({ "experiment_id": "0", "name": name, "params": params });
    let model = app.ok("logged-models", body).await;
    model["model"]["info"]["model_id"].as_str().expect("an id").to_owned()
}

async fn found(app: &TestApp, mut body: Value) -> Vec<String> {
    body["experiment_ids"] = json!(["0"]);
    let found = app.ok("logged-models/search", body).await;
    let models = found["models"].as_array().cloned().unwrap_or_default();
    models.iter().map(|model| model["info"]["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_model_is_made_finished_and_read_with_all_that_belongs_to_it() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let id = create(&app, "forest", json!([{ "key": "depth", "value": "3" }])).await;
    let path = format!("/api/2.0/mlflow/logged-models/{id}");
    let finished = json!({ "model_id": id, "status": "LOGGED_MODEL_READY" });
    app.send(app.request(Method::PATCH, &path).json(&finished)).await;
    let tags = json!({ "tags": [{ "key": "stage", "value": "try" }] });
    app.send(app.request(Method::PATCH, &format!("{path}/tags")).json(&tags)).await;
    app.ok(&format!("logged-models/{id}/params"), json!({ "params": [{ "key": "n", "value": "9" }] })).await;
    let metric = json!({
        "run_id": run, "key": "acc", "value": 0.9, "timestamp": 5, "model_id": id,
        "dataset_name": "wine", "dataset_digest": "d1",
    });
    app.ok("runs/log-metric", metric).await;
    app.ok("runs/outputs", json!({ "run_id": run, "models": [{ "model_id": id, "step": 2 }] })).await;

    let model = app.get(&format!("logged-models/{id}")).await.json["model"].clone();
    assert_eq!(model["info"]["status"], "LOGGED_MODEL_READY");
    assert_eq!(model["info"]["artifact_uri"], format!("mlflow-artifacts:/0/models/{id}/artifacts"));
    assert_eq!(
        model["data"]["params"],
        json!([{ "key": "depth", "value": "3" }, { "key": "n", "value": "9" }])
    );
    assert_eq!(model["info"]["tags"], tags["tags"]);
    assert_eq!(
        model["data"]["metrics"],
        json!([{
            "key": "acc", "value": 0.9, "timestamp": 5, "step": 0, "model_id": id, "run_id": run,
            "dataset_name": "wine", "dataset_digest": "d1",
        }])
    );
    let outputs = app.run(&run).await["outputs"].clone();
    assert_eq!(outputs, json!({ "model_outputs": [{ "model_id": id, "step": 2 }] }));

    for _ in 0..2 {
        assert_eq!(app.send(app.request(Method::DELETE, &path)).await.status, 200);
    }
    assert_eq!(app.get(&format!("logged-models/{id}")).await.status, 404);
}

#[tokio::test]
async fn params_and_tags_of_a_model_may_have_any_key() {
    let app = TestApp::start().await;
    let long = "x".repeat(9_000);
    let pairs = json!([{ "key": "a/b c%20", "value": "1" }, { "key": "a;b", "value": long }]);
    let id = create(&app, "lax", pairs.clone()).await;
    let path = format!("/api/2.0/mlflow/logged-models/{id}");
    let tags = app.request(Method::PATCH, &format!("{path}/tags")).json(&json!({ "tags": pairs }));
    assert_eq!(app.send(tags).await.status, 200);
    let model = app.get(&format!("logged-models/{id}")).await.json["model"].clone();
    assert_eq!((&model["info"]["tags"], &model["data"]["params"]), (&pairs, &pairs));
    assert_eq!(
        found(&app, json!({ "filter": "params.`a;b` LIKE 'x%'", "max_results": 50_001 })).await,
        ["lax"]
    );
    let too_long = json!({ "params": [{ "key": "k".repeat(256), "value": "1" }] });
    let refused = app.post(&format!("logged-models/{id}/params"), too_long).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json["message"].as_str().is_some_and(|text| text.contains("params[0].key")));
}

#[tokio::test]
async fn models_are_found_by_filter_order_and_data_set() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    for (name, depth, score) in [("a", "1", 0.3), ("b", "2", 0.1), ("c", "2", 0.2)] {
        let id = create(&app, name, json!([{ "key": "depth", "value": depth }])).await;
        let dataset = if name == "c" { "other" } else { "wine" };
        let metric = json!({
            "run_id": run, "key": "acc", "value": score, "timestamp": 1, "model_id": id,
            "dataset_name": dataset, "dataset_digest": "1",
        });
        app.ok("runs/log-metric", metric).await;
    }
    create(&app, "bare", json!([])).await;
    let by_accuracy = json!([{ "field_name": "metrics.acc", "ascending": false }]);
    let by_name = json!([{ "field_name": "name" }]);
    for (body, expected) in [
        (json!({ "order_by": by_name }), vec!["a", "b", "bare", "c"]),
        (json!({ "order_by": by_accuracy }), vec!["a", "c", "b", "bare"]),
        (json!({ "filter": "params.depth = '2'", "order_by": by_name }), vec!["b", "c"]),
        (json!({ "filter": "params.depth IN ('1', '3')" }), vec!["a"]),
        (json!({ "filter": "metrics.acc > 0.1", "order_by": by_name }), vec!["a", "c"]),
        (json!({ "filter": "metrics.acc > 0.1", "datasets": [{ "dataset_name": "wine" }] }), vec!["a"]),
        (json!({ "datasets": [{ "dataset_name": "other", "dataset_digest": "1" }] }), vec!["c"]),
        (json!({ "filter": "name LIKE 'b%' AND creation_time > 0", "order_by": by_name }), vec!["b", "bare"]),
    ] {
        assert_eq!(found(&app, body.clone()).await, expected, "{body}");
    }
    let order = json!([{ "field_name": "metrics.acc", "dataset_name": "wine" }, { "field_name": "name" }]);
    assert_eq!(found(&app, json!({ "order_by": order })).await, ["b", "a", "bare", "c"]);

    let (mut names, mut body) =
        (Vec::new(), json!({ "experiment_ids": ["0"], "max_results": 1, "order_by": by_accuracy }));
    loop {
        let page = app.ok("logged-models/search", body.clone()).await;
        names.push(page["models"][0]["info"]["name"].as_str().expect("a name").to_owned());
        match page["next_page_token"].as_str() {
            Some(token) => body["page_token"] = json!(token),
            None => break,
        }
    }
    assert_eq!(names, ["a", "c", "b", "bare"]);
}

#[tokio::test]
async fn wrong_calls_say_what_would_be_right() {
    let app = TestApp::start().await;
    for (body, part) in [
        (json!({}), "experiment_ids"),
        (json!({ "experiment_ids": ["0"], "filter": "metric.a > 1 AND" }), "filter"),
        (json!({ "experiment_ids": ["0"], "order_by": [{ "field_name": "params.x" }] }), "params.x"),
        (json!({ "experiment_ids": ["0"], "order_by": [{}] }), "field_name"),
        (json!({ "experiment_ids": ["0"], "datasets": [{}] }), "dataset_name"),
        (json!({ "experiment_ids": ["0"], "max_results": -1 }), "max_results"),
        (json!({ "experiment_ids": ["x"] }), "experiment_ids"),
    ] {
        let reply = app.post("logged-models/search", body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(
            reply.json["message"].as_str().is_some_and(|text| text.contains(part)),
            "{body}: {}",
            reply.json
        );
    }
    let bad_name = app.post("logged-models", json!({ "experiment_id": "0", "name": "a/b" })).await;
    assert_eq!(bad_name.status, 400);
    let absent = app.send(
        app.request(Method::PATCH, "/api/2.0/mlflow/logged-models/m-1").json(&json!({ "status": "x" })),
    );
    assert_eq!(absent.await.status, 400);
}
