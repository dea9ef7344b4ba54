use reqwest::{Method, header};

use crate::app::TestApp;

async fn with_file(app: &TestApp, name: &str, content: &'static str) -> String {
    let run = app.create_run("0").await;
    let path = format!("/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{name}");
    assert_eq!(app.send(app.request(Method::PUT, &path).body(content)).await.status, 200);
    run
}

#[tokio::test]
async fn an_uploaded_page_cannot_act_as_its_reader() {
    let app = TestApp::start().await;
    for (name, policy) in [("x.html", "sandbox allow-scripts;"), ("x.svg", "sandbox;"), ("x.txt", "sandbox;")]
    {
        let run = with_file(&app, name, "<script>alert(1)</script>").await;
        let view = format!("/files/view?run_uuid={run}&path={name}");
        let shown = app.request(Method::GET, &view).send().await.expect("an answer");
        let header = shown.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(header.starts_with(policy) && header.contains("default-src 'none'"), "{name}: {header}");
        assert!(!header.contains("allow-same-origin"));
        let download = format!("/get-artifact?run_uuid={run}&path={name}");
        let download = app.request(Method::GET, &download).send().await.expect("an answer");
        assert!(
            download.headers()[header::CONTENT_DISPOSITION]
                .to_str()
                .is_ok_and(|how| how.starts_with("attachment"))
        );
    }
}

#[tokio::test]
async fn a_folder_comes_as_a_zip() {
    let app = TestApp::start().await;
    let run = with_file(&app, "model/deep/a.txt", "hello").await;
    let zip = format!("/files/zip?run_uuid={run}&path=model");
    let reply = app.request(Method::GET, &zip).send().await.expect("an answer");
    assert_eq!(reply.headers()[header::CONTENT_TYPE], "application/zip");
    let bytes = reply.bytes().await.expect("a body");
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(bytes.starts_with(b"PK\x03\x04") && has("deep/a.txt") && has("hello"));
    let nothing = app.send(app.request(Method::GET, &format!("/files/zip?run_uuid={run}&path=other"))).await;
    assert_eq!(nothing.status, 404);
}
