use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn an_open_page_hears_of_every_change_and_of_the_end() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let response = app.request(Method::GET, &format!("/live/runs/{run}")).send().await.expect("an answer");
    let mut events = response.bytes_stream();
    let mut next = async || {
        let event =
            tokio::time::timeout(Duration::from_secs(20), events.next()).await.expect("comes in time");
        event.map(|bytes| String::from_utf8_lossy(&bytes.expect("bytes")).into_owned())
    };
    assert!(next().await.is_some_and(|event| event.contains("retry: ")), "a page knows when to ask again");
    app.log(&run, json!({ "metrics": [{ "key": "m", "value": 1, "timestamp": 1 }] })).await;
    let event = next().await.expect("an event");
    assert!(
        event.contains("event: changed") && event.contains("data: 1"),
        "browsers drop what has no data: {event}"
    );
    app.ok("runs/update", json!({ "run_id": run, "status": "FINISHED", "end_time": 5 })).await;
    assert!(next().await.is_some_and(|event| event.contains("event: changed")));
    assert!(next().await.is_some_and(|event| event.contains("event: ended")));
    assert_eq!(next().await, None);
    let absent = app.send(app.request(Method::GET, "/live/runs/none")).await;
    assert_eq!(absent.status, 404);
}

#[tokio::test]
async fn many_open_pages_take_turns_and_leave_the_browser_connections_for_the_rest() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let mut streams = Vec::new();
    for _ in 0..7 {
        let response =
            app.request(Method::GET, &format!("/live/runs/{run}")).send().await.expect("an answer");
        streams.push(Box::pin(response.bytes_stream()));
    }
    let mut is_open = Vec::new();
    for stream in &mut streams {
        let end = async { while stream.next().await.is_some() {} };
        is_open.push(tokio::time::timeout(Duration::from_millis(300), end).await.is_err());
    }
    assert_eq!(is_open, [false, false, false, true, true, true, true]);
    drop(streams);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let response = app.request(Method::GET, &format!("/live/runs/{run}")).send().await.expect("an answer");
    let mut events = response.bytes_stream();
    app.ok("runs/update", json!({ "run_id": run, "status": "FINISHED", "end_time": 5 })).await;
    let mut heard = String::new();
    while let Some(bytes) = events.next().await {
        heard.push_str(&String::from_utf8_lossy(&bytes.expect("bytes")));
    }
    assert!(heard.contains("event: ended"), "{heard}");
}
