use serde_json::{Value, json};

use crate::app::{TestApp, ids};

/// All pages of a search, `size` runs each.
async fn pages(app: &TestApp, mut body: Value, size: usize) -> Vec<String> {
    body["max_results"] = json!(size);
    let mut found = Vec::new();
    for _ in 0..100 {
        let page = app.ok("runs/search", body.clone()).await;
        let page_ids = ids(&page);
        assert!(page_ids.len() <= size);
        found.extend(page_ids);
        match page["next_page_token"].as_str() {
            Some(token) => body["page_token"] = json!(token),
            None => return found,
        }
    }
    panic!("the pages have no end");
}

#[tokio::test]
async fn pages_of_any_size_give_every_run_once_in_the_same_order() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("pages").await;
    for index in 0..23_i64 {
        let run = app.create_run_at(&experiment, index % 3).await;
        // Ties, NaN, and runs without a value.
        let value = match index % 7 {
            5 => json!("NaN"),
            6 => json!(null),
            value => json!(value),
        };
        if !value.is_null() {
            app.log(&run, json!({ "metrics": [{ "key": "m", "value": value, "timestamp": 1 }] })).await;
        }
        if index % 2 == 0 {
            let long = format!("{}{}", "x".repeat(70), index % 4);
            app.log(&run, json!({ "params": [{ "key": "p", "value": long }] })).await;
        }
    }
    for order in [
        json!([]),
        json!(["metrics.m ASC"]),
        json!(["metrics.m DESC"]),
        json!(["params.p", "metrics.m DESC"]),
        json!(["params.p DESC"]),
        json!(["end_time"]),
        json!(["metrics.m", "params.p DESC", "status"]),
    ] {
        for experiments in [json!([experiment]), json!([experiment, "0"])] {
            let body = json!({ "experiment_ids": experiments, "order_by": order });
            let whole = pages(&app, body.clone(), 1000).await;
            assert_eq!(whole.len(), 23);
            for size in [1, 4, 22, 23] {
                assert_eq!(pages(&app, body.clone(), size).await, whole, "{order} by {size}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_stays_where_it_is_while_runs_come_and_go() {
    let app = TestApp::start().await;
    let mut runs = Vec::new();
    for start in 0..6 {
        runs.push(app.create_run_at("0", start).await);
    }
    runs.reverse();
    let body = json!({ "experiment_ids": ["0"], "max_results": 3 });
    let first = app.ok("runs/search", body).await;
    assert_eq!(ids(&first), runs[..3]);

    app.create_run_at("0", 99).await;
    app.ok("runs/delete", json!({ "run_id": runs[0] })).await;

    let body = json!({ "experiment_ids": ["0"], "max_results": 3, "page_token": first["next_page_token"] });
    assert_eq!(ids(&app.ok("runs/search", body).await), runs[3..]);
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for start in 0..3 {
        app.create_run_at("0", start).await;
    }
    let first = app.ok("runs/search", json!({ "experiment_ids": ["0"], "max_results": 1 })).await;
    let token = first["next_page_token"].as_str().expect("a token");
    for (order, token) in [
        (json!([]), "x"),
        (json!([]), "eyJ9"),
        (json!([]), "%00"),
        (json!(["metrics.a"]), token),
        (json!([]), "é"),
    ] {
        let body = json!({ "experiment_ids": ["0"], "page_token": token, "order_by": order });
        let reply = app.post("runs/search", body).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE"))
        );
        assert!(reply.json["message"].as_str().is_some_and(|text| text.contains("page_token")));
    }
}

#[tokio::test]
async fn experiments_come_in_pages_too() {
    let app = TestApp::start().await;
    for index in 0..7 {
        app.create_experiment(&format!("e{index}")).await;
    }
    let mut body = json!({ "max_results": 3, "order_by": ["name DESC"] });
    let mut names = Vec::new();
    loop {
        let page = app.ok("experiments/search", body.clone()).await;
        for one in page["experiments"].as_array().expect("experiments") {
            names.push(one["name"].as_str().expect("a name").to_owned());
        }
        match page["next_page_token"].as_str() {
            Some(token) => body["page_token"] = json!(token),
            None => break,
        }
    }
    assert_eq!(names, ["e6", "e5", "e4", "e3", "e2", "e1", "e0", "Default"]);
}
