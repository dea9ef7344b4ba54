use serde_json::{Value, json};

use crate::app::TestApp;

async fn with_points(app: &TestApp, points: &[(Value, i64, i64)]) -> String {
    let run = app.create_run("0").await;
    for chunk in points.chunks(1_000) {
        let metrics: Vec<_> = chunk
            .iter()
            .map(|(value, step, at)| json!({ "key": "m", "value": value, "step": step, "timestamp": at }))
            .collect();
        app.log(&run, json!({ "metrics": metrics })).await;
    }
    run
}

#[tokio::test]
async fn a_history_keeps_every_value_and_is_ordered_by_time() {
    let app = TestApp::start().await;
    let points = [
        (json!("NaN"), 3, 30),
        (json!("Infinity"), 2, 20),
        (json!("-Infinity"), 1, 20),
        (json!(0.1), 9, 10),
        (json!(-1e-308), 0, 40),
        (json!(f64::MAX), 0, 50),
        (json!(0.1), 9, 10),
    ];
    let run = with_points(&app, &points).await;
    let found = app.get(&format!("metrics/get-history?run_id={run}&metric_key=m")).await.json;
    let values: Vec<_> =
        found["metrics"].as_array().expect("points").iter().map(|point| point["value"].clone()).collect();
    let expected =
        [json!(0.1), json!("-Infinity"), json!("Infinity"), json!("NaN"), json!(-1e-308), json!(f64::MAX)];
    assert_eq!(values, expected);
    assert_eq!(found["metrics"][0], json!({ "key": "m", "value": 0.1, "timestamp": 10, "step": 9 }));
}

#[tokio::test]
async fn a_long_history_comes_in_pages() {
    let app = TestApp::start().await;
    let points: Vec<_> = (0..25).map(|i| (json!(i), i, i / 4)).collect();
    let run = with_points(&app, &points).await;
    let (mut steps, mut token) = (Vec::new(), String::new());
    loop {
        let call = format!("metrics/get-history?run_id={run}&metric_key=m&max_results=7&page_token={token}");
        let page = app.get(&call).await.json;
        steps.extend(page["metrics"].as_array().expect("points").iter().map(|point| point["step"].as_i64()));
        match page["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(steps, (0..25).map(Some).collect::<Vec<_>>());
    let nothing = app.get(&format!("metrics/get-history?run_id={run}&metric_key=other")).await;
    assert_eq!((nothing.status.as_u16(), nothing.json), (200, json!({})));
}

#[tokio::test]
async fn histories_of_several_runs_come_in_one_answer() {
    let app = TestApp::start().await;
    let first = with_points(&app, &[(json!(1), 0, 1), (json!(2), 1, 2)]).await;
    let second = with_points(&app, &[(json!(3), 0, 1)]).await;
    for call in [
        format!("metrics/get-history-bulk?run_id={second}&run_id={first}&metric_key=m"),
        format!("metrics/get-history-bulk-interval?run_ids={second}&run_ids={first}&metric_key=m"),
    ] {
        let found = app.get(&call).await.json;
        let of: Vec<_> = found["metrics"]
            .as_array()
            .expect("points")
            .iter()
            .map(|point| point["run_id"].clone())
            .collect();
        assert_eq!(of, [json!(second), json!(first), json!(first)]);
    }
}

#[tokio::test]
async fn of_points_at_one_step_and_time_the_highest_is_the_last_and_nan_counts_as_zero() {
    let app = TestApp::start().await;
    for (values, last) in [
        (vec![json!(1), json!("NaN"), json!(0.5)], json!(1)),
        (vec![json!(-1), json!("NaN"), json!(-0.5)], json!("NaN")),
        (vec![json!("NaN"), json!("Infinity")], json!("Infinity")),
        (vec![json!(0), json!("NaN")], json!(0)),
        (vec![json!("NaN"), json!(0)], json!("NaN")),
    ] {
        let points: Vec<_> = values.iter().map(|value| (value.clone(), 1, 1)).collect();
        let at_once = with_points(&app, &points).await;
        let one_by_one = app.create_run("0").await;
        for value in &values {
            let metric = json!({ "key": "m", "value": value, "step": 1, "timestamp": 1 });
            app.log(&one_by_one, json!({ "metrics": [metric] })).await;
        }
        for run in [at_once, one_by_one] {
            let kept = app.run(&run).await["data"]["metrics"][0]["value"].clone();
            let same = kept == last || kept.as_f64().is_some_and(|kept| Some(kept) == last.as_f64());
            assert!(same, "{values:?}: {kept}");
        }
    }
}

#[tokio::test]
async fn a_long_curve_is_thinned_and_keeps_its_spike() {
    let app = TestApp::start().await;
    let points: Vec<_> = (0..5_000).map(|i| (json!(if i == 3_333 { 99.0 } else { 0.5 }), i, i)).collect();
    let run = with_points(&app, &points).await;
    let call = format!("metrics/get-history-bulk-interval?run_ids={run}&metric_key=m&max_results=300");
    let found = app.get(&call).await.json;
    let points = found["metrics"].as_array().expect("points");
    assert_eq!(points.len(), 300);
    assert_eq!((&points[0]["step"], &points[points.len() - 1]["step"]), (&json!(0), &json!(4_999)));
    assert!(points.iter().any(|point| point["value"] == 99.0));

    let call =
        format!("metrics/get-history-bulk-interval?run_ids={run}&metric_key=m&start_step=10&end_step=12");
    let found = app.get(&call).await.json;
    let steps: Vec<_> =
        found["metrics"].as_array().expect("points").iter().map(|point| point["step"].clone()).collect();
    assert_eq!(steps, [10, 11, 12]);
    for bad in
        ["start_step=1", "start_step=5&end_step=1", "max_results=0", "max_results=2501", "max_results=x"]
    {
        let call = format!("metrics/get-history-bulk-interval?run_ids={run}&metric_key=m&{bad}");
        assert_eq!(app.get(&call).await.status, 400, "{bad}");
    }
}
