//! The pages, as the server renders them: what is there before any script runs.

use futures::StreamExt as _;
use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::app::TestApp;

async fn page(app: &TestApp, path: &str) -> (StatusCode, String) {
    let response = app.request(Method::GET, path).send().await.expect("an answer");
    (response.status(), response.text().await.expect("text"))
}

#[tokio::test]
async fn every_page_shows_its_data_without_scripts() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("churn model").await;
    let run = app.create_run(&experiment).await;
    app.log(&run, json!({
        "metrics": (0..50).map(|i| json!({ "key": "val loss", "value": 1.0 / f64::from(i + 1), "step": i, "timestamp": i })).collect::<Vec<_>>(),
        "params": [{ "key": "optimizer", "value": "adam-<b>" }],
    }))
    .await;
    let file = format!("/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/notes.md");
    app.send(app.request(Method::PUT, &file).body("# A heading")).await;

    for (path, parts) in [
        ("/experiments".to_owned(), vec!["churn model"]),
        (format!("/experiments/{experiment}"), vec!["churn model", "val loss", "adam-&lt;b&gt;"]),
        (format!("/experiments/{experiment}/runs/{run}"), vec!["optimizer", "adam-&lt;b&gt;", "val loss"]),
        (format!("/experiments/{experiment}/runs/{run}/charts"), vec!["val loss", "<svg"]),
        (format!("/experiments/{experiment}/runs/{run}/artifacts"), vec!["notes.md"]),
        (format!("/compare?runs={run}"), vec!["optimizer"]),
    ] {
        let (status, html) = page(&app, &path).await;
        assert_eq!(status, 200, "{path}");
        for part in parts {
            assert!(html.contains(part), "{path} lacks {part}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_a_page() {
    let app = TestApp::start().await;
    for path in ["/nothing", "/experiments/99", "/experiments/x", "/experiments/0/runs/none"] {
        let (status, html) = page(&app, path).await;
        assert_eq!(status, 404, "{path}");
        assert!(html.contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn an_empty_server_says_what_to_type() {
    let app = TestApp::start().await;
    let (_, html) = page(&app, "/experiments/0").await;
    assert!(html.contains(&format!("MLFLOW_TRACKING_URI={}", app.url)));
}

#[tokio::test]
async fn pages_may_load_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let response = app.request(Method::GET, "/experiments").send().await.expect("an answer");
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"));
    let html = response.text().await.expect("text");
    let foreign =
        html.split("http").skip(1).filter(|rest| rest.starts_with("://") || rest.starts_with("s://"));
    let foreign: Vec<_> = foreign
        .filter(|rest| {
            !rest.contains("127.0.0.1") && !rest.trim_start_matches('s').starts_with("://www.w3.org")
        })
        .map(|rest| rest.chars().take(60).collect::<String>())
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[tokio::test]
async fn nothing_that_was_logged_runs_as_a_script() {
    const SCRIPT: &str = "</title></textarea><script>alert(1)</script>";
    let app = TestApp::start().await;
    let experiment = app.create_experiment(SCRIPT).await;
    let created = app
        .ok("runs/create", json!({
            "experiment_id": experiment,
            "run_name": SCRIPT,
            "tags": [{ "key": "mlflow.note.content", "value": SCRIPT }, { "key": "team", "value": SCRIPT }],
        }))
        .await;
    let run = created["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    app.log(&run, json!({ "params": [{ "key": "p", "value": SCRIPT }] })).await;

    for path in [
        "/experiments".to_owned(),
        format!("/experiments/{experiment}"),
        format!("/experiments/{experiment}/runs/{run}"),
        format!("/experiments/{experiment}/runs/{run}/charts"),
        format!("/compare?runs={run}"),
    ] {
        let response = app.request(Method::GET, &path).send().await.expect("an answer");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        let html = response.text().await.expect("text");
        assert!(html.contains("alert(1)"), "{path} shows what was logged");
        assert!(!html.contains("<script>alert"), "{path}");
        let scripts =
            policy.split("; ").find(|part| part.starts_with("script-src")).expect("scripts are bound");
        assert!(!scripts.contains("unsafe-inline"), "{scripts}");
        let nonce = scripts.split('\'').find_map(|part| part.strip_prefix("nonce-")).expect("a nonce");
        for script in html.split("<script").skip(1) {
            let tag = script.split('>').next().expect("a tag");
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_the_callers_fault() {
    let app = TestApp::start().await;
    for (call, kind, body) in [
        ("list_runs", "application/octet-stream", b"\xff\xff\xff".to_vec()),
        ("load_run", "application/octet-stream", Vec::new()),
        ("rename_run", "application/x-www-form-urlencoded", b"uuid=x".to_vec()),
        ("set_run_notes", "application/x-www-form-urlencoded", vec![b'a'; 3 << 20]),
    ] {
        let request = app.request(Method::POST, &format!("/ui/{call}"));
        let reply = app.send(request.header(header::CONTENT_TYPE, kind).body(body)).await;
        assert!(reply.status.is_client_error(), "{call}: {}", reply.status);
    }
}

#[tokio::test]
async fn a_plain_form_that_fails_leads_back_to_its_page_which_says_why() {
    let app = TestApp::start().await;
    app.create_experiment("churn").await;
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let response = http
        .post(format!("{}/ui/create_experiment", app.url))
        .header(header::ACCEPT, "text/html")
        .header(header::REFERER, format!("{}/experiments", app.url))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("name=churn")
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::FOUND);
    let back = response.headers()[header::LOCATION].to_str().expect("text");
    let path = back.strip_prefix(&app.url).expect("our own address");
    let (status, html) = page(&app, path).await;
    assert_eq!(status, 200);
    assert!(html.contains("already exists"), "{back}");
}

#[tokio::test]
async fn files_kept_elsewhere_are_said_to_be_there() {
    let app = TestApp::start().await;
    let created =
        app.ok("experiments/create", json!({ "name": "far", "artifact_location": "s3://bucket/far" })).await;
    let experiment = created["experiment_id"].as_str().expect("an id");
    let run = app.create_run(experiment).await;
    let (status, html) = page(&app, &format!("/experiments/{experiment}/runs/{run}/artifacts")).await;
    assert_eq!(status, 200);
    assert!(html.contains("Kept elsewhere") && html.contains("s3://bucket/far"));
}

#[tokio::test]
async fn a_metric_that_hardly_changes_is_drawn() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("flat").await;
    let run = app.create_run(&experiment).await;
    let mut metrics = Vec::new();
    for step in 0..60 {
        let mut point = |key: &str, value: f64| {
            metrics.push(json!({ "key": key, "value": value, "step": step, "timestamp": step }));
        };
        point("constant", 0.959_064);
        point("rate", 0.001);
        point("rounded", if step % 2 == 0 { 0.966_666_666_666_666_6 } else { 0.966_666_666_666_666_8 });
    }
    app.log(&run, json!({ "metrics": metrics })).await;
    for look in ["", "?smooth=0.1", "?smooth=0.6&log=1", "?smooth=0.95", "?axis=relative&log=1&smooth=0.09"] {
        let (status, html) = page(&app, &format!("/experiments/{experiment}/runs/{run}/charts{look}")).await;
        assert_eq!(status, 200, "{look}");
        assert_eq!(html.matches("<svg width=").count(), 3, "{look}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_are_asked_for_at_once_show_each_its_own_run() {
    let app = TestApp::start().await;
    let mut asked = Vec::new();
    for name in ["kestrel", "heron", "plover", "avocet", "curlew", "dunlin", "whimbrel", "godwit"] {
        let experiment = app.create_experiment(name).await;
        let run = app.create_run(&experiment).await;
        app.ok("runs/update", json!({ "run_id": run, "run_name": name })).await;
        for tab in ["", "/charts", "/artifacts"] {
            asked.push((name, format!("/experiments/{experiment}/runs/{run}{tab}")));
        }
        asked.push((name, format!("/experiments/{experiment}")));
    }
    let app = &app;
    let answers = futures::stream::iter((0..20).flat_map(|_| asked.iter()))
        .map(async |(name, path)| {
            let (status, html) = page(app, path).await;
            let is_its_own = html.contains(&format!("<title>{name} · Countersign")) && html.contains(path);
            (status == 200 && is_its_own).then_some(()).ok_or((name, path, status))
        })
        .buffer_unordered(16)
        .collect::<Vec<_>>()
        .await;
    let wrong: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of them: {:?}", wrong.len(), wrong.first());
}

#[tokio::test]
async fn an_address_that_asks_for_thousands_of_columns_is_answered_in_measure() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("wide").await;
    app.create_run(&experiment).await;
    let columns = "tags.a,".repeat(3_000);
    for field in ["cols", "pins", "col=tags.a&pins"] {
        let (status, html) = page(&app, &format!("/experiments/{experiment}?{field}={columns}")).await;
        assert_eq!(status, 200, "{field}");
        assert!(html.len() < 5_000_000, "{field}: {} bytes", html.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hang_up_do_no_harm() {
    use tokio::io::AsyncWriteExt as _;

    let mut app = TestApp::start().await;
    let experiment = app.create_experiment("left").await;
    app.create_run(&experiment).await;
    let address = app.url.strip_prefix("http://").expect("an address").to_owned();
    for round in 0..300_u64 {
        let mut connection = tokio::net::TcpStream::connect(&address).await.expect("connects");
        let path =
            if round % 2 == 0 { format!("/experiments/{experiment}") } else { "/experiments".to_owned() };
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        connection.write_all(request.as_bytes()).await.expect("is sent");
        tokio::time::sleep(std::time::Duration::from_micros(round * 40)).await;
    }
    assert_eq!(page(&app, "/experiments").await.0, 200);
    assert!(app.terminate().success(), "nothing holds it up");
}
