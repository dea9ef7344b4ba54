use serde_json::json;

use crate::app::TestApp;

/// Five runs: `loss` 0.1, 0.2, 0.2, NaN, none; started in this order.
async fn five_runs(app: &TestApp) -> (String, Vec<String>) {
    let experiment = app.create_experiment("search").await;
    let mut runs = Vec::new();
    for (index, (loss, model)) in [
        (json!(0.1), "svm"),
        (json!(0.2), "tree"),
        (json!(0.2), "svm"),
        (json!("NaN"), "Tree"),
        (json!(null), "svm"),
    ]
    .into_iter()
    .enumerate()
    {
        let started = 1_000 + i64::try_from(index).expect("small");
        let run = app.create_run_at(&experiment, started).await;
        let mut metrics = vec![json!({ "key": "n", "value": index, "timestamp": 1 })];
        if !loss.is_null() {
            metrics.push(json!({ "key": "val loss", "value": loss, "timestamp": 1 }));
        }
        let params = json!([{ "key": "model", "value": model }]);
        let tags = json!([{ "key": "i", "value": index.to_string() }]);
        app.log(&run, json!({ "metrics": metrics, "params": params, "tags": tags })).await;
        runs.push(run);
    }
    (experiment, runs)
}

fn places(found: &[String], runs: &[String]) -> Vec<usize> {
    found.iter().map(|id| runs.iter().position(|run| run == id).expect("one of ours")).collect()
}

#[tokio::test]
async fn every_kind_of_clause_finds_its_runs() {
    let app = TestApp::start().await;
    let (experiment, runs) = five_runs(&app).await;
    let name = app.run(&runs[2]).await["info"]["run_name"].as_str().expect("a name").to_owned();
    app.ok(
        "runs/log-inputs",
        json!({
            "run_id": runs[1],
            "datasets": [{ "tags": [{ "key": "mlflow.data.context", "value": "eval" }],
                "dataset": { "name": "wine", "digest": "abc", "source_type": "x", "source": "y" } }],
        }),
    )
    .await;
    app.ok("runs/update", json!({ "run_id": runs[0], "status": "FINISHED", "end_time": 5_000 })).await;
    for (filter, expected) in [
        (String::new(), vec![4, 3, 2, 1, 0]),
        ("metrics.`val loss` = 0.2".into(), vec![2, 1]),
        ("metrics.\"val loss\" < 0.2".into(), vec![0]),
        ("metrics.`val loss` > 0.0".into(), vec![2, 1, 0]),
        ("metrics.`val loss` >= -1e300 AND metrics.n <= 1".into(), vec![1, 0]),
        ("metrics.`val loss` != 0.2".into(), vec![3, 0]),
        ("params.model = 'svm'".into(), vec![4, 2, 0]),
        ("params.model != 'svm'".into(), vec![3, 1]),
        ("params.model LIKE 't%'".into(), vec![1]),
        ("params.model ILIKE 't%'".into(), vec![3, 1]),
        ("tags.i = '3'".into(), vec![3]),
        ("tags.i IS NULL".into(), vec![]),
        ("tags.other IS NULL".into(), vec![4, 3, 2, 1, 0]),
        ("params.model IS NOT NULL AND params.depth IS NULL".into(), vec![4, 3, 2, 1, 0]),
        (format!("attributes.run_id IN ('{}', '{}')", runs[0], runs[3]), vec![3, 0]),
        (format!("run_id NOT IN ('{}')", runs[0]), vec![4, 3, 2, 1]),
        (format!("run_name = '{name}'"), vec![2]),
        ("status = 'FINISHED'".into(), vec![0]),
        ("attributes.status != 'FINISHED' AND start_time > 1002".into(), vec![4, 3]),
        ("end_time = 5000".into(), vec![0]),
        ("duration > 3999".into(), vec![0]),
        ("dataset.name = 'wine' AND datasets.context = 'eval'".into(), vec![1]),
        ("dataset.digest IN ('abc', 'x')".into(), vec![1]),
        ("dataset.name LIKE 'W%'".into(), vec![]),
        ("metrics.unknown > 0".into(), vec![]),
        ("params.model = 'it''s'".into(), vec![]),
        ("params.model = \"'; DROP TABLE runs; --\"".into(), vec![]),
    ] {
        let found = app.search(&experiment, &filter, &[]).await;
        assert_eq!(places(&found, &runs), expected, "{filter}");
    }
}

#[tokio::test]
async fn any_order_puts_nan_and_what_is_missing_last() {
    let app = TestApp::start().await;
    let (experiment, runs) = five_runs(&app).await;
    for (order, expected) in [
        (vec![], vec![4, 3, 2, 1, 0]),
        (vec!["metrics.`val loss` ASC"], vec![0, 2, 1, 3, 4]),
        (vec!["metrics.`val loss` DESC"], vec![2, 1, 0, 3, 4]),
        (vec!["metrics.`val loss`", "metrics.n ASC"], vec![0, 1, 2, 3, 4]),
        (vec!["params.model", "metrics.n DESC"], vec![3, 4, 2, 0, 1]),
        (vec!["params.model DESC", "start_time ASC"], vec![1, 0, 2, 4, 3]),
        (vec!["tags.i ASC"], vec![0, 1, 2, 3, 4]),
        (vec!["attributes.start_time"], vec![0, 1, 2, 3, 4]),
        (vec!["end_time DESC", "start_time ASC"], vec![0, 1, 2, 3, 4]),
        (vec!["metrics.unknown DESC"], vec![4, 3, 2, 1, 0]),
    ] {
        let found = app.search(&experiment, "", &order).await;
        assert_eq!(places(&found, &runs), expected, "{order:?}");
        // From the runs of a clause, too.
        let found = app.search(&experiment, "metrics.n >= 0", &order).await;
        assert_eq!(places(&found, &runs), expected, "{order:?}, filtered");
    }
}

#[tokio::test]
async fn several_experiments_and_deleted_runs_are_searched_as_asked() {
    let app = TestApp::start().await;
    let (experiment, runs) = five_runs(&app).await;
    let other = app.create_run("0").await;
    app.ok("runs/delete", json!({ "run_id": runs[0] })).await;
    for (view, expected) in [("ACTIVE_ONLY", 5), ("DELETED_ONLY", 1), ("ALL", 6)] {
        let body = json!({
            "experiment_ids": [experiment, "0"], "run_view_type": view, "order_by": ["metrics.n DESC"],
        });
        let found = crate::app::ids(&app.ok("runs/search", body).await);
        assert_eq!(found.len(), expected, "{view}");
        assert_eq!(found.contains(&other), view != "DELETED_ONLY");
        assert_eq!(found.contains(&runs[0]), view != "ACTIVE_ONLY");
    }
    let none = app.ok("runs/search", json!({ "experiment_ids": [] })).await;
    assert_eq!(none, json!({}));
}

#[tokio::test]
async fn a_broken_filter_says_where() {
    let app = TestApp::start().await;
    for (filter, part) in [
        ("metrics.a > 'x'", "character 13"),
        ("metrics.a >", "character 12"),
        ("metrics.a > 1 OR metrics.b > 1", "`OR`"),
        ("foo.a = 'x'", "invalid entity type"),
        ("params.a = 'x", "never closed"),
        ("\u{0}", "character 1"),
    ] {
        let reply = app.post("runs/search", json!({ "experiment_ids": ["0"], "filter": filter })).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE"))
        );
        let message = reply.json["message"].as_str().unwrap_or_default();
        assert!(message.contains(part), "{filter}: {message}");
    }
}
