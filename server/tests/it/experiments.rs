use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn an_experiment_is_found_by_id_and_by_name() {
    let app = TestApp::start().await;
    let tags = json!([{ "key": "team", "value": "risk" }]);
    let id = app.ok("experiments/create", json!({ "name": "churn ü", "tags": tags })).await;
    let id = id["experiment_id"].as_str().expect("an id");

    let by_id = app.get(&format!("experiments/get?experiment_id={id}")).await.json;
    let by_name = app.get("experiments/get-by-name?experiment_name=churn%20%C3%BC").await.json;

    assert_eq!(by_id, by_name);
    let experiment = &by_id["experiment"];
    assert_eq!(experiment["name"], "churn ü");
    assert_eq!(experiment["artifact_location"], format!("mlflow-artifacts:/{id}"));
    assert_eq!(experiment["lifecycle_stage"], "active");
    assert_eq!(experiment["tags"], tags);
    assert!(experiment["creation_time"].as_i64() > Some(1_600_000_000_000));
}

#[tokio::test]
async fn there_is_a_default_experiment_from_the_first_start_on() {
    let app = TestApp::start().await;
    let reply = app.get("experiments/get?experiment_id=0").await;
    assert_eq!(reply.json["experiment"]["name"], "Default");
    app.create_run("0").await;
}

#[tokio::test]
async fn a_name_is_taken_even_while_its_experiment_is_deleted() {
    let app = TestApp::start().await;
    let id = app.create_experiment("one").await;
    for _ in 0..2 {
        let reply = app.post("experiments/create", json!({ "name": "one" })).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json["error_code"]),
            (400, &json!("RESOURCE_ALREADY_EXISTS"))
        );
        app.post("experiments/delete", json!({ "experiment_id": id })).await;
    }
}

#[tokio::test]
async fn deleting_an_experiment_takes_its_runs_along_and_restoring_brings_those_back() {
    let app = TestApp::start().await;
    let id = app.create_experiment("one").await;
    let (kept, deleted_before) = (app.create_run(&id).await, app.create_run(&id).await);
    app.ok("runs/delete", json!({ "run_id": deleted_before })).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;

    app.ok("experiments/delete", json!({ "experiment_id": id })).await;
    assert!(app.search(&id, "", &[]).await.is_empty());
    let refused = app.post("runs/create", json!({ "experiment_id": id })).await;
    assert_eq!(refused.status, 400);

    app.ok("experiments/restore", json!({ "experiment_id": id })).await;
    assert_eq!(app.search(&id, "", &[]).await, [kept]);
    let again = app.post("experiments/restore", json!({ "experiment_id": id })).await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn experiments_are_searched_by_name_and_tag_in_any_order() {
    let app = TestApp::start().await;
    for (name, team) in [("alpha", "risk"), ("Beta", "risk"), ("gamma", "fraud")] {
        let tags = json!([{ "key": "team", "value": team }]);
        app.ok("experiments/create", json!({ "name": name, "tags": tags })).await;
    }
    for (filter, order, expected) in [
        ("tags.team = 'risk'", "name ASC", vec!["Beta", "alpha"]),
        ("tags.team != 'risk'", "name ASC", vec!["gamma"]),
        ("name ILIKE 'b%'", "name", vec!["Beta"]),
        ("name LIKE 'b%'", "name", vec![]),
        ("tags.team IS NULL", "name", vec!["Default"]),
        ("tags.`team` IS NOT NULL AND name LIKE '%mm%'", "name", vec!["gamma"]),
        ("", "name DESC", vec!["gamma", "alpha", "Default", "Beta"]),
        ("creation_time > 0", "experiment_id DESC", vec!["gamma", "Beta", "alpha", "Default"]),
    ] {
        let body = json!({ "filter": filter, "order_by": [order], "max_results": 10 });
        let found = app.ok("experiments/search", body).await;
        let names = found["experiments"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = names.iter().map(|one| one["name"].as_str().expect("a name")).collect();
        assert_eq!(names, expected, "{filter}");
    }
}

#[tokio::test]
async fn renaming_shows_in_the_time_of_the_last_change_and_tagging_does_not() {
    let app = TestApp::start().await;
    let id = app.create_experiment("old").await;
    let before = app.get(&format!("experiments/get?experiment_id={id}")).await.json;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    app.ok("experiments/update", json!({ "experiment_id": id, "new_name": "new" })).await;
    let renamed = app.get(&format!("experiments/get?experiment_id={id}")).await.json;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    app.ok("experiments/set-experiment-tag", json!({ "experiment_id": id, "key": "a", "value": "1" })).await;
    app.ok("experiments/set-experiment-tag", json!({ "experiment_id": id, "key": "a" })).await;

    let after = app.get(&format!("experiments/get?experiment_id={id}")).await.json;
    assert_eq!(after["experiment"]["name"], "new");
    assert_eq!(after["experiment"]["tags"], json!([{ "key": "a", "value": "" }]));
    let changed = |json: &serde_json::Value| json["experiment"]["last_update_time"].as_i64();
    assert!(changed(&renamed) > changed(&before));
    assert_eq!(changed(&after), changed(&renamed));

    app.ok("experiments/delete-experiment-tag", json!({ "experiment_id": id, "key": "a" })).await;
    let reply =
        app.post("experiments/delete-experiment-tag", json!({ "experiment_id": id, "key": "a" })).await;
    assert_eq!(reply.status, 404);
}
