//! Views of experiments: arranged on a page, saved, and by REST.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::app::TestApp;

/// An experiment with some runs of two params.
async fn tuned(app: &TestApp) -> String {
    let experiment = app.create_experiment("tuned").await;
    for number in 0..12 {
        let run = app.create_run(&experiment).await;
        let depth = number % 4;
        app.log(
            &run,
            json!({
                "params": [{ "key": "depth", "value": depth.to_string() }, { "key": "lr", "value": "0.1" }],
                "metrics": [{ "key": "auc", "value": 0.5 + 0.1 * f64::from(depth), "timestamp": 1, "step": 0 }],
            }),
        )
        .await;
    }
    experiment
}

async fn page(app: &TestApp, path: &str) -> (StatusCode, String) {
    let response = app.request(Method::GET, path).send().await.expect("an answer");
    (response.status(), response.text().await.expect("is text"))
}

/// What a form answers: its status, where it leads, and the page.
async fn post(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
    let response = app.request(Method::POST, path).form(fields).send().await.expect("an answer");
    let status = response.status();
    let location = response.headers().get("location").and_then(|place| place.to_str().ok());
    let location = location.unwrap_or_default().to_owned();
    (status, location, response.text().await.expect("is text"))
}

#[tokio::test]
async fn panels_are_suggested_arranged_saved_and_read() {
    let app = TestApp::start().await;
    let experiment = tuned(&app).await;
    let path = format!("/experiments/{experiment}/panels");
    let (status, html) = page(&app, &path).await;
    assert!(status == StatusCode::OK && html.contains("What auc depends on"), "{html}");
    assert!(html.matches("name=\"panel\"").count() >= 4, "{html}");

    let panels = [
        ("panel", "histogram?x=metrics.auc"),
        ("panel", "bar?y=metrics.auc"),
        ("title", "First"),
        ("title", "<b>"),
    ];
    let places = [("section", "Begin"), ("section", ""), ("wide", ""), ("wide", "true")];
    let typed =
        [("name", "My & view"), ("notes", "It is **clear**.\r\n<script>1</script>"), ("shared", "true")];
    let all: Vec<_> = panels.into_iter().chain(places).chain(typed).collect();
    let with = |act: &'static str| {
        all.iter().copied().chain([("act", act), ("kind", "scatter")]).collect::<Vec<_>>()
    };
    let order = |html: &str| {
        let of = |title: &str| html.find(&format!("<h2>{title}</h2>"));
        (of("First"), of("&lt;b&gt;"))
    };
    let (status, _, html) = post(&app, &path, &with("down-0")).await;
    assert_eq!(status, StatusCode::OK);
    let (first, second) = order(&html);
    assert!(first > second && second.is_some(), "{html}");
    assert!(
        html.contains("My &amp; view") && html.contains("It is **clear**."),
        "what was typed stays: {html}"
    );
    let (_, _, html) = post(&app, &path, &with("remove-1")).await;
    assert!(order(&html).1.is_none() && order(&html).0.is_some(), "{html}");
    let (_, _, html) = post(&app, &path, &with("add")).await;
    assert_eq!(html.matches("name=\"panel\"").count(), 3, "{html}");

    let views = format!("/experiments/{experiment}/views");
    let unnamed: Vec<_> = all.iter().copied().filter(|(name, _)| *name != "name").collect();
    let (status, _, html) = post(&app, &views, &unnamed).await;
    assert!(status == StatusCode::BAD_REQUEST && html.contains("Say what it is called"), "{html}");
    assert!(html.contains("It is **clear**."), "{html}");

    let (status, url, html) = post(&app, &views, &all).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
    assert!(url.starts_with("/views/"), "{url}");
    let (_, html) = page(&app, &url).await;
    assert!(html.contains("<strong>clear</strong>") && !html.contains("<script>1"), "{html}");
    assert!(html.contains("class=\"panel-section\">Begin</h2>"), "{html}");
    assert!(
        html.contains("&amp;panel=") || html.contains("/api/v1/charts/histogram.svg?x=metrics.auc"),
        "{html}"
    );
    let (_, html) = page(&app, &views).await;
    assert!(html.contains("My &amp; view") && html.contains("2 panels"), "{html}");
    let (_, html) =
        page(&app, &format!("{path}?view={}&add=box%3Fx=params.depth%26y=metrics.auc", &url[7..])).await;
    assert_eq!(html.matches("name=\"panel\"").count(), 3, "{html}");

    post(&app, &format!("{url}/delete"), &[]).await;
    let (_, html) = page(&app, &url).await;
    assert!(html.contains("This view is in the bin."), "{html}");
    assert!(page(&app, &views).await.1.contains("No views yet."));
    assert!(page(&app, &format!("{views}?bin=true")).await.1.contains("My &amp; view"));
    post(&app, &format!("{url}/restore"), &[]).await;
    assert!(page(&app, &views).await.1.contains("My &amp; view"));
}

#[tokio::test]
async fn a_panel_that_cannot_be_drawn_says_why_and_the_others_are_there() {
    let app = TestApp::start().await;
    let experiment = tuned(&app).await;
    let path =
        format!("/experiments/{experiment}/panels?panel=bar%3Fy=metrics.auc&panel=pie&panel=bar%3Fy=auc");
    let (status, html) = page(&app, &path).await;
    assert_eq!(status, StatusCode::OK);
    for part in ["<code>pie</code> is no chart", "metrics.KEY", "<svg width=\"560\""] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for path in ["/views/77", "/experiments/99999/views", "/experiments/99999/panels"] {
        assert_eq!(page(&app, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn views_are_kept_and_read_by_rest() {
    let app = TestApp::start().await;
    let experiment = tuned(&app).await;
    let path = format!("/api/v1/experiments/{experiment}/views");
    for (wrong, part) in [
        (json!({ "panels": [] }), "name"),
        (json!({ "name": "a" }), "panels"),
        (json!({ "name": "a", "panels": ["pie?x=1"] }), "no chart"),
        (json!({ "name": "a", "panels": ["bar?y=auc"] }), "metrics.KEY"),
    ] {
        let refused = app.send(app.request(Method::POST, &path).json(&wrong)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {}", refused.json);
        assert!(refused.json.to_string().contains(part), "{wrong}: {}", refused.json);
    }
    let new = json!({ "name": "a", "notes": "n", "panels": ["bar?y=metrics.auc"], "is_shared": true });
    let made = app.send(app.request(Method::POST, &path).json(&new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let one = format!("/api/v1/views/{}", made.json["id"].as_str().expect("a text"));
    let changed = json!({ "name": "b", "panels": ["bar?y=metrics.auc&limit=3"] });
    let reply = app.send(app.request(Method::PUT, &one).json(&changed)).await;
    assert_eq!((reply.status, &reply.json["name"]), (StatusCode::OK, &json!("b")));
    let list = app.send(app.request(Method::GET, &path)).await;
    assert_eq!(list.json["views"].as_array().map(Vec::len), Some(1));
    app.send(app.request(Method::DELETE, &one)).await;
    let list = app.send(app.request(Method::GET, &path)).await;
    assert_eq!(list.json["views"], json!([]));
    let back = app.send(app.request(Method::POST, &format!("{one}/restore"))).await;
    assert_eq!(back.json["is_deleted"], json!(false));
}
