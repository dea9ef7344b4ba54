use reqwest::{Method, header};
use serde_json::json;

use crate::app::TestApp;

const FILES: &str = "/api/2.0/mlflow-artifacts/artifacts";

#[tokio::test]
async fn a_file_goes_up_is_listed_and_comes_back() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let path = format!("{FILES}/0/{run}/artifacts/sub/a%20%C3%BC.txt");
    let reply = app.send(app.request(Method::PUT, &path).body("hello")).await;
    assert_eq!(reply.status, 200);

    let listed = app.get(&format!("artifacts/list?run_id={run}&path=sub")).await.json;
    assert_eq!(listed["files"], json!([{ "path": "sub/a ü.txt", "is_dir": false, "file_size": 5 }]));
    let listed = app.send(app.request(Method::GET, &format!("{FILES}?path=0/{run}/artifacts"))).await.json;
    assert_eq!(listed["files"], json!([{ "path": "sub", "is_dir": true }]));

    let get = app.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(get.headers()[header::CONTENT_LENGTH], "5");
    assert_eq!(get.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let disposition = get.headers()[header::CONTENT_DISPOSITION].to_str().expect("text").to_owned();
    assert_eq!(disposition, "attachment; filename=\"a _.txt\"; filename*=UTF-8''a%20%C3%BC%2Etxt");
    assert_eq!(get.text().await.expect("a body"), "hello");

    let part =
        app.request(Method::GET, &path).header(header::RANGE, "bytes=1-3").send().await.expect("an answer");
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 1-3/5");
    assert_eq!(part.text().await.expect("a body"), "ell");

    let owned = format!("/get-artifact?run_uuid={run}&path=sub/a%20%C3%BC.txt");
    assert_eq!(app.send(app.request(Method::GET, &owned)).await.json, "hello");

    assert_eq!(app.send(app.request(Method::DELETE, &path)).await.status, 200);
    assert_eq!(app.send(app.request(Method::GET, &path)).await.status, 404);
}

#[tokio::test]
async fn a_name_has_as_many_bytes_as_a_file_system_takes() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    for name in ["模型评估结果报告".repeat(10), "é".repeat(127), "x".repeat(255)] {
        let path = format!("{FILES}/0/{run}/artifacts/{name}");
        assert_eq!(app.send(app.request(Method::PUT, &path).body("kept")).await.status, 200, "{name}");
        assert_eq!(app.send(app.request(Method::GET, &path)).await.json, "kept", "{name}");
        let listed = app.get(&format!("artifacts/list?run_id={run}")).await.json;
        assert_eq!(listed["files"][0]["path"], json!(name));
        assert_eq!(app.send(app.request(Method::DELETE, &path)).await.status, 200, "{name}");
    }
    for name in ["数".repeat(86), "x".repeat(256)] {
        for method in [Method::PUT, Method::GET, Method::DELETE] {
            let path = format!("{FILES}/0/{run}/artifacts/{name}");
            let reply = app.send(app.request(method, &path).body("")).await;
            assert_eq!(reply.status, 400, "{name}");
            assert!(reply.json["message"].as_str().is_some_and(|text| text.contains("255 bytes")));
        }
    }
}

#[tokio::test]
async fn a_folder_is_deleted_under_the_name_that_clients_give_it() {
    let app = TestApp::start().await;
    let run = app.create_run("0").await;
    let folder = format!("{FILES}/0/{run}/artifacts");
    for name in ["a.txt", "sub/b.txt"] {
        app.send(app.request(Method::PUT, &format!("{folder}/{name}")).body("x")).await;
    }
    assert_eq!(app.send(app.request(Method::DELETE, &format!("{folder}/"))).await.status, 200);
    assert_eq!(app.get(&format!("artifacts/list?run_id={run}")).await.json["files"], json!(null));
}

#[tokio::test]
async fn no_route_leads_out_of_the_root() {
    let app = TestApp::start().await;
    std::fs::write(app.data.path().join("secret"), "secret").expect("is written");
    let run = app.create_run("0").await;
    let escapes = [
        "..%2f..%2fsecret",
        "%2e%2e/secret",
        "..%5csecret",
        "%252e%252e%252fsecret",
        "a%2f..%2f..%2fsecret",
        "%2fetc%2fpasswd",
        "a%00b",
        "C:%5cx",
        ".%2f..%2fsecret",
        "%ff",
        "..%c0%afsecret",
    ];
    for escape in escapes {
        for (method, path) in [
            (Method::GET, format!("{FILES}/{escape}")),
            (Method::PUT, format!("{FILES}/{escape}")),
            (Method::DELETE, format!("{FILES}/{escape}")),
            (Method::GET, format!("{FILES}?path={escape}")),
            (Method::GET, format!("/api/2.0/mlflow/artifacts/list?run_id={run}&path={escape}")),
            (Method::GET, format!("/get-artifact?run_uuid={run}&path={escape}")),
            (Method::GET, format!("/files/view?run_uuid={run}&path={escape}")),
            (Method::GET, format!("/files/zip?run_uuid={run}&path={escape}")),
            (Method::POST, format!("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path={escape}")),
            (Method::POST, format!("/api/2.0/mlflow-artifacts/mpu/create/{escape}")),
            (Method::POST, format!("/api/2.0/mlflow-artifacts/mpu/complete/{escape}")),
            (Method::POST, format!("/api/2.0/mlflow-artifacts/mpu/abort/{escape}")),
            (Method::GET, format!("/api/2.0/mlflow-artifacts/presigned/{escape}")),
        ] {
            let request = app.request(method.clone(), &path).header(header::CONTENT_TYPE, "application/json");
            let body = if path.contains("/mpu/") { "{\"path\": \"x\", \"num_parts\": 1}" } else { "x" };
            let reply = app.send(if method == Method::GET { request } else { request.body(body) }).await;
            assert!(matches!(reply.status.as_u16(), 400 | 404), "{method} {path}: {}", reply.status);
            assert!(reply.json["error_code"].is_string(), "{method} {path}: {}", reply.json);
        }
    }
    assert_eq!(std::fs::read_to_string(app.data.path().join("secret")).expect("is there"), "secret");
}

#[tokio::test]
async fn an_artifact_place_elsewhere_is_never_read() {
    let app = TestApp::start().await;
    let body = json!({ "name": "elsewhere", "artifact_location": "file:///etc" });
    let experiment =
        app.ok("experiments/create", body).await["experiment_id"].as_str().expect("an id").to_owned();
    let run = app.create_run(&experiment).await;
    let reply = app.get(&format!("artifacts/list?run_id={run}")).await;
    assert_eq!(reply.status, 400);
    assert!(reply.json["message"].as_str().is_some_and(|text| text.contains("file:///etc")));
    let outside = json!({ "name": "x", "artifact_location": "mlflow-artifacts:/../x" });
    assert_eq!(app.post("experiments/create", outside).await.status, 400);
}

#[tokio::test]
async fn a_large_file_can_come_in_parts() {
    let app = TestApp::start().await;
    let folder = "0/run/artifacts/model";
    let path = format!("/api/2.0/mlflow-artifacts/mpu/create/{folder}");
    let create = json!({ "path": "/home/ana/weights.bin", "num_parts": 2 });
    let created = app.send(app.request(Method::POST, &path).json(&create)).await.json;
    let id = created["upload_id"].clone();
    let mut parts = Vec::new();
    for (credential, bytes) in
        created["credentials"].as_array().expect("two").iter().zip(["first ", "second"])
    {
        let url = credential["url"].as_str().expect("an address");
        let put = app.http.put(url).body(bytes).send().await.expect("an answer");
        let tag = put.headers()[header::ETAG].to_str().expect("text").to_owned();
        parts.push(json!({ "part_number": credential["part_number"], "etag": tag, "url": url }));
    }
    let path = format!("/api/2.0/mlflow-artifacts/mpu/complete/{folder}");
    let complete = json!({ "path": "/home/ana/weights.bin", "upload_id": id, "parts": parts });
    for attempt in ["first", "repeated"] {
        let reply = app.send(app.request(Method::POST, &path).json(&complete)).await;
        assert_eq!(reply.status, 200, "{attempt}");
    }
    let got = app.send(app.request(Method::GET, &format!("{FILES}/{folder}/weights.bin"))).await;
    assert_eq!(got.json, "first second");
}
