use insta::assert_json_snapshot;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one answer, whole")]
async fn a_run_comes_back_as_clients_expect_it() {
    let app = TestApp::start().await;
    let body = json!({
        "experiment_id": "0", "user_id": "ana", "run_name": "first", "start_time": "1700000000000",
        "tags": [{ "key": "mlflow.source.name", "value": "train.py" }],
    });
    let created = app.ok("runs/create", body).await;
    let run = created["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    app.log(
        &run,
        json!({
            "metrics": [
                { "key": "loss", "value": 0.5, "timestamp": 7, "step": 1 },
                { "key": "loss", "value": 0.1, "timestamp": 9, "step": 2 },
                { "key": "nan", "value": "NaN", "timestamp": 9 },
            ],
            "params": [{ "key": "lr", "value": "0.01" }],
            "tags": [{ "key": "a", "value": "b" }],
        }),
    )
    .await;
    app.ok(
        "runs/log-inputs",
        json!({
            "run_id": run,
            "datasets": [{
                "tags": [{ "key": "mlflow.data.context", "value": "train" }],
                "dataset": { "name": "d", "digest": "1a", "source_type": "local", "source": "{}" },
            }],
        }),
    )
    .await;
    app.ok("runs/update", json!({ "run_id": run, "status": "FINISHED", "end_time": 1_700_000_001_000_i64 }))
        .await;

    assert_json_snapshot!(app.run(&run).await, {
        ".info.run_id" => "[uuid]", ".info.run_uuid" => "[uuid]", ".info.artifact_uri" => "[uri]",
    }, @r#"
    {
      "data": {
        "metrics": [
          {
            "key": "loss",
            "step": 2,
            "timestamp": 9,
            "value": 0.1
          },
          {
            "key": "nan",
            "step": 0,
            "timestamp": 9,
            "value": "NaN"
          }
        ],
        "params": [
          {
            "key": "lr",
            "value": "0.01"
          }
        ],
        "tags": [
          {
            "key": "a",
            "value": "b"
          },
          {
            "key": "mlflow.runName",
            "value": "first"
          },
          {
            "key": "mlflow.source.name",
            "value": "train.py"
          }
        ]
      },
      "info": {
        "artifact_uri": "[uri]",
        "end_time": 1700000001000,
        "experiment_id": "0",
        "lifecycle_stage": "active",
        "run_id": "[uuid]",
        "run_name": "first",
        "run_uuid": "[uuid]",
        "start_time": 1700000000000,
        "status": "FINISHED",
        "user_id": "ana"
      },
      "inputs": {
        "dataset_inputs": [
          {
            "dataset": {
              "digest": "1a",
              "name": "d",
              "source": "{}",
              "source_type": "local"
            },
            "tags": [
              {
                "key": "mlflow.data.context",
                "value": "train"
              }
            ]
          }
        ]
      },
      "outputs": {}
    }
    "#);
}

#[tokio::test]
async fn a_run_without_a_name_gets_one() {
    let app = TestApp::start().await;
    let run = app.run(&app.create_run("0").await).await;
    let name = run["info"]["run_name"].as_str().expect("a name");
    assert_eq!(name.split('-').count(), 3, "{name}");
    assert_eq!(run["data"]["tags"], json!([{ "key": "mlflow.runName", "value": name }]));
}

#[tokio::test]
async fn a_params_value_never_changes_and_saying_it_again_is_no_error() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let param = |value: &str| json!({ "run_id": run, "key": "lr", "value": value });
    app.ok("runs/log-parameter", param("0.1")).await;
    app.ok("runs/log-parameter", param("0.1")).await;
    let reply = app.post("runs/log-parameter", param("0.2")).await;
    assert_eq!((reply.status.as_u16(), &reply.json["error_code"]), (400, &json!("INVALID_PARAMETER_VALUE")));
    assert!(
        reply.json["message"].as_str().is_some_and(|text| text.contains("'lr'") && text.contains("'0.1'"))
    );

    let batch = json!({
        "run_id": run, "params": [{ "key": "lr", "value": "0.3" }], "tags": [{ "key": "t", "value": "1" }],
        "metrics": [{ "key": "m", "value": 1, "timestamp": 1 }],
    });
    assert_eq!(app.post("runs/log-batch", batch).await.status, 400);
    let run = app.run(&run).await;
    assert_eq!(run["data"]["params"], json!([{ "key": "lr", "value": "0.1" }]));
    assert!(run["data"]["metrics"].is_null(), "a refused batch writes nothing");
}

#[tokio::test]
async fn the_name_and_its_tag_are_one() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    app.ok("runs/set-tag", json!({ "run_id": run, "key": "mlflow.runName", "value": "by tag" })).await;
    assert_eq!(app.run(&run).await["info"]["run_name"], "by tag");
    app.ok("runs/set-tag", json!({ "run_id": run, "key": "mlflow.runName", "value": "" })).await;
    app.log(&run, json!({ "tags": [{ "key": "mlflow.runName", "value": "" }] })).await;
    assert_eq!(app.run(&run).await["info"]["run_name"], "by tag");
    let updated = app.ok("runs/update", json!({ "run_id": run, "run_name": "by update" })).await;
    assert_eq!(updated["run_info"]["run_name"], "by update");
    let tags = app.run(&run).await["data"]["tags"].clone();
    assert_eq!(tags, json!([{ "key": "mlflow.runName", "value": "by update" }]));
    let both =
        json!({ "experiment_id": "0", "run_name": "a", "tags": [{ "key": "mlflow.runName", "value": "b" }] });
    assert_eq!(app.post("runs/create", both).await.status, 400);
}

#[tokio::test]
async fn a_deleted_run_takes_no_writes_until_it_is_restored() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    app.ok("runs/delete", json!({ "run_id": run })).await;
    assert_eq!(app.run(&run).await["info"]["lifecycle_stage"], "deleted");
    let metric = json!({ "run_id": run, "key": "m", "value": 1.0, "timestamp": 1 });
    assert_eq!(app.post("runs/log-metric", metric.clone()).await.status, 400);
    assert_eq!(
        app.post("runs/set-tag", json!({ "run_id": run, "key": "a", "value": "b" })).await.status,
        400
    );
    app.ok("runs/restore", json!({ "run_id": run })).await;
    app.ok("runs/log-metric", metric).await;
}

#[tokio::test]
async fn the_last_value_is_that_of_the_highest_step() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    for (value, step, timestamp) in [(3.0, 10, 5), (1.0, 2, 9), (2.0, 10, 6), (9.0, 10, 6), (4.0, -1, 100)] {
        let body = json!({ "run_id": run, "key": "m", "value": value, "step": step, "timestamp": timestamp });
        app.ok("runs/log-metric", body).await;
    }
    let metric = &app.run(&run).await["data"]["metrics"][0];
    assert_eq!(
        (&metric["value"], &metric["step"], &metric["timestamp"]),
        (&json!(9.0), &json!(10), &json!(6))
    );
}

#[tokio::test]
async fn long_values_are_cut_and_long_keys_refused() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let param = json!({ "run_id": run, "key": "p", "value": "x".repeat(7_000) });
    app.ok("runs/log-parameter", param).await;
    let stored = app.run(&run).await["data"]["params"][0]["value"].as_str().map(str::len);
    assert_eq!(stored, Some(6_000));
    let tag = json!({ "run_id": run, "key": "k".repeat(251), "value": "x" });
    assert_eq!(app.post("runs/set-tag", tag).await.status, 400);
}

#[tokio::test]
async fn old_clients_keep_a_history_of_models() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    for path in ["a", "b"] {
        let model = json!({ "artifact_path": path, "flavors": {}, "utc_time_created": "x", "run_id": run });
        app.ok("runs/log-model", json!({ "run_id": run, "model_json": model.to_string() })).await;
    }
    let tags = app.run(&run).await["data"]["tags"].clone();
    let history = tags.as_array().expect("tags").iter().find(|tag| tag["key"] == "mlflow.log-model.history");
    let history = history.and_then(|tag| tag["value"].as_str()).expect("a history");
    let history: serde_json::Value = serde_json::from_str(history).expect("JSON");
    assert_eq!((&history[0]["artifact_path"], &history[1]["artifact_path"]), (&json!("a"), &json!("b")));
    for broken in ["{", "[]", "{\"flavors\": {}}"] {
        let reply = app.post("runs/log-model", json!({ "run_id": run, "model_json": broken })).await;
        assert_eq!(reply.status, 400, "{broken}");
    }
}

#[tokio::test]
async fn many_writers_at_once_never_see_a_lock_and_nothing_is_lost() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let app = &app;
    let run = &run;
    let writers = (0..32).map(|writer| async move {
        for step in 0..20 {
            let body = json!({ "run_id": run, "key": format!("m{writer}"), "value": step, "step": step, "timestamp": 1 });
            app.ok("runs/log-metric", body).await;
            app.ok("runs/set-tag", json!({ "run_id": run, "key": "last", "value": writer.to_string() })).await;
        }
    });
    futures::future::join_all(writers).await;
    let metrics = app.run(run).await["data"]["metrics"].clone();
    let metrics = metrics.as_array().expect("metrics");
    assert_eq!(metrics.len(), 32);
    assert!(metrics.iter().all(|metric| metric["value"] == 19.0));
}
