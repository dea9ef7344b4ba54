use reqwest::{Method, header};
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn another_host_name_is_not_answered() {
    let app = TestApp::start().await;
    for path in ["/health", "/experiments", "/api/2.0/mlflow/experiments/get?experiment_id=0"] {
        let request = app.request(Method::GET, path).header(header::HOST, "rebound.example");
        assert_eq!(app.send(request).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let app = TestApp::start().await;
    let body = json!({ "name": "planted" });
    let request = || app.request(Method::POST, "/api/2.0/mlflow/experiments/create").json(&body);
    let foreign = request().header(header::ORIGIN, "http://elsewhere.example");
    let reply = app.send(foreign).await;
    assert_eq!((reply.status.as_u16(), &reply.json["error_code"]), (403, &json!("PERMISSION_DENIED")));
    assert_eq!(app.get("experiments/get-by-name?experiment_name=planted").await.status, 404);
    let own = request().header(header::ORIGIN, &app.url);
    assert_eq!(app.send(own).await.status, 200);
}
