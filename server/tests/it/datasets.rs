use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::browser::Browser;
use crate::team::{Person, TEAM, refused};

/// A team with somebody who answers for its data.
pub(crate) async fn team() -> TestApp {
    let mut people = TEAM.to_vec();
    people.push(("dora", &["data_engineer"]));
    TestApp::start_with_people(&people).await
}

/// A version of `churn` whose run read a data set for its training.
pub(crate) async fn trained(dana: &Person<'_>) -> i64 {
    let version = dana.register(0.9).await;
    let found = dana.get(&format!("/api/2.0/mlflow/model-versions/get?name=churn&version={version}")).await;
    let inputs = json!({
        "run_id": found["model_version"]["run_id"],
        "datasets": [{
            "dataset": { "name": "sales", "digest": "d1", "source_type": "local", "source": "{}" },
            "tags": [{ "key": "mlflow.data.context", "value": "training" }],
        }],
    });
    dana.mlflow("runs/log-inputs", inputs).await;
    version
}

fn gate<'r>(review: &'r Value, kind: &str) -> &'r Value {
    let gates = review["gates"].as_array().expect("gates");
    gates.iter().find(|gate| gate["kind"] == kind).expect("such a gate")
}

#[tokio::test]
async fn a_data_engineers_check_opens_and_closes_the_data_gate() {
    let app = team().await;
    let (ada, dana, dora) =
        (Person::new(&app, "ada").await, Person::new(&app, "dana").await, Person::new(&app, "dora").await);
    let version = trained(&dana).await;
    let policy = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 1 }]\n\
                  [[stage.Production.gate]]\nkind = \"data\"\nvalidated = true\nrequired = true\n";
    let saved = ada.send(Method::PUT, "/api/v1/policy", json!({ "text": policy, "reason": "data" })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let id = dana.ask(version).await;
    let status = async || gate(&dana.review(id).await, "data")["status"].clone();
    assert_eq!(status().await, "pending");

    let report =
        |state: &str| json!({ "name": "sales", "digest": "d1", "state": state, "summary": "no nulls" });
    for (state, expected) in [("running", "pending"), ("failed", "fail"), ("passed", "pass")] {
        let reply = dora.post("/api/v1/datasets/checks", report(state)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.json);
        assert_eq!(status().await, expected, "{state}");
    }
    let listed = dana.get("/api/v1/datasets?q=SAL").await;
    assert_eq!(listed["total"], 1);
    let sales = &listed["datasets"][0];
    assert_eq!((&sales["check"]["state"], &sales["check"]["reporter"]), (&json!("passed"), &json!("dora")));
    assert_eq!(sales["models"], json!([{ "model": "churn", "version": version }]));
    assert_eq!(
        (&sales["runs"], &dana.get("/api/v1/datasets?q=100%25").await["total"]),
        (&json!(1), &json!(0))
    );

    // Whoever made the model says nothing of its data; what nobody logged has no check; words are words.
    let path = "/api/v1/datasets/checks";
    refused(&dana.post(path, report("passed")).await, StatusCode::FORBIDDEN, "data_engineer");
    let other = json!({ "name": "sales", "digest": "d2", "state": "passed" });
    refused(&dora.post(path, other).await, StatusCode::NOT_FOUND, "sales, digest d2");
    refused(
        &dora.post(path, report("never_run")).await,
        StatusCode::BAD_REQUEST,
        "running, passed or failed",
    );
    refused(&dora.post(path, json!({ "name": "sales" })).await, StatusCode::BAD_REQUEST, "state");
    let mut linked = report("passed");
    linked["link"] = json!("javascript:alert(1)");
    refused(&dora.post(path, linked).await, StatusCode::BAD_REQUEST, "https://");
    assert_eq!(status().await, "pass");
}

#[tokio::test]
async fn the_page_of_data_sets_is_for_those_who_answer_for_them() {
    let app = team().await;
    let dana = Person::new(&app, "dana").await;
    let mut dora = Browser::of(&app, "dora").await;
    let empty = dora.get("/datasets").await;
    assert!(empty.html.contains("No data sets yet"), "{}", empty.html);
    let version = trained(&dana).await;
    let page = dora.get("/datasets").await;
    assert!(
        page.html.contains("sales")
            && page.html.contains("Never checked")
            && page.html.contains("Report a check")
    );
    let fields = [
        ("name", "sales"),
        ("digest", "d1"),
        ("state", "failed"),
        ("summary", "<b>7 %</b> of amounts are missing"),
        ("link", "https://example.org/report"),
    ];
    let page = dora.post("/datasets/checks", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("is written down") && page.html.contains("Failed"), "{}", page.html);
    assert!(page.html.contains("&lt;b&gt;7 %") && !page.html.contains("<b>7"), "{}", page.html);
    assert!(page.html.contains(&format!("/models/churn/versions/{version}")));
    let mut vera = Browser::of(&app, "vera").await;
    let page = vera.get("/datasets?q=nothing").await;
    assert!(page.html.contains("has “nothing” in its name"), "{}", page.html);
    let page = vera.get("/datasets").await;
    assert!(
        !page.html.contains("Report a check") && page.html.contains("Data engineers report"),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn who_may_not_read_an_experiment_sees_none_of_its_data() {
    let app = team().await;
    let (ada, dana, dora) =
        (Person::new(&app, "ada").await, Person::new(&app, "dana").await, Person::new(&app, "dora").await);
    trained(&dana).await;
    let experiment = dana.get("/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default").await;
    let id = experiment["experiment"]["experiment_id"].as_str().expect("an id");
    let grants = json!({ "grants": [{ "user": "dana", "level": "manage" }] });
    let path = format!("/api/v1/experiments/{id}/permissions");
    assert_eq!(ada.send(Method::PUT, &path, grants).await.status, 200);
    assert_eq!(dora.get("/api/v1/datasets").await, json!({ "datasets": [], "total": 0 }));
    let report = json!({ "name": "sales", "digest": "d1", "state": "passed" });
    refused(&dora.post("/api/v1/datasets/checks", report).await, StatusCode::NOT_FOUND, "no data set");
    assert_eq!(dana.get("/api/v1/datasets").await["total"], 1);
}
