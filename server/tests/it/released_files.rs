//! What was signed is what is served: the files of versions in review and of released ones.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::{Reply, TestApp};
use crate::browser::Browser;
use crate::team::{Person, TEAM, refused};

/// The folder of a version's files, below the artifacts' root.
async fn folder(person: &Person<'_>, version: i64) -> String {
    let found = person.get(&format!("/api/2.0/mlflow/model-versions/get?name=churn&version={version}")).await;
    let source = found["model_version"]["source"].as_str().expect("a source");
    source.strip_prefix("mlflow-artifacts:/").expect("ours").to_owned()
}

fn address(path: &str) -> String {
    format!("/api/2.0/mlflow-artifacts/artifacts/{path}")
}

async fn put(app: &TestApp, person: &Person<'_>, path: &str, text: &str) -> Reply {
    let put = app.request(Method::PUT, &address(path)).bearer_auth(&person.token).body(text.to_owned());
    app.send(put).await
}

/// The review, once the version's files have been read again.
async fn read_again(person: &Person<'_>, review: i64, but: &Value) -> Value {
    for _ in 0..200 {
        let found = person.review(review).await;
        if found["files_state"] == "done" && found["digest"] != *but {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the files are never read again");
}

#[tokio::test]
async fn signatures_are_for_the_files_that_were_there_and_released_files_stay() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin, otto] = [
        Person::new(&app, "ada").await,
        Person::new(&app, "dana").await,
        Person::new(&app, "erin").await,
        Person::new(&app, "otto").await,
    ];
    let version = dana.register(0.9).await;
    let home = folder(&dana, version).await;
    let review = dana.ask(version).await;
    erin.sign(review).await;
    let signed = dana.review(review).await["digest"].clone();

    let swapped = put(&app, &dana, &format!("{home}/model.pkl"), "other weights").await;
    assert_eq!(swapped.status, 200, "{}", swapped.json);
    let found = read_again(&dana, review, &signed).await;
    assert_eq!(found["sign_offs"][0]["void"], "stale", "{}", found["sign_offs"]);
    otto.sign(review).await;
    assert_eq!(dana.stage(version).await, "None", "erin signed for other files");
    erin.sign(review).await;
    assert_eq!(dana.stage(version).await, "Production");

    let parent = home.strip_suffix("/model").expect("the model's folder");
    for person in [&dana, &ada] {
        let changed = put(&app, person, &format!("{home}/model.pkl"), "evil").await;
        refused(&changed, StatusCode::FORBIDDEN, "which review");
        let added = put(&app, person, &format!("{home}/extra.py"), "evil").await;
        refused(&added, StatusCode::FORBIDDEN, "register another version");
        for path in [format!("{home}/MLmodel"), home.clone(), parent.to_owned()] {
            let deleted = person.send(Method::DELETE, &address(&path), Value::Null).await;
            refused(&deleted, StatusCode::FORBIDDEN, "can't be changed");
        }
        let upload = json!({ "path": "model.pkl", "num_parts": 1 });
        let begun = person.ok(&format!("/api/2.0/mlflow-artifacts/mpu/create/{home}"), upload).await;
        let id = begun["upload_id"].as_str().expect("an id");
        let part = format!("/api/2.0/mlflow-artifacts/mpu/parts/{id}/1");
        let _ = app.send(app.request(Method::PUT, &part).bearer_auth(&person.token).body("evil")).await;
        let complete = json!({ "path": "model.pkl", "upload_id": id, "parts": [{ "part_number": 1 }] });
        let completed =
            person.post(&format!("/api/2.0/mlflow-artifacts/mpu/complete/{home}"), complete).await;
        assert_eq!(completed.status, StatusCode::FORBIDDEN, "{}", completed.json);
    }
    let served = app.request(Method::GET, &address(&format!("{home}/model.pkl"))).bearer_auth(&otto.token);
    assert_eq!(served.send().await.expect("an answer").text().await.expect("text"), "other weights");
    // What lies beside it is the run's own.
    assert_eq!(put(&app, &dana, &format!("{parent}/notes.txt"), "later").await.status, 200);

    // What nobody released may change, and is known by what it is then.
    let second = dana.register(0.8).await;
    let home = folder(&dana, second).await;
    let gone = dana.send(Method::DELETE, &address(&format!("{home}/model.pkl")), Value::Null).await;
    assert_eq!(gone.status, 200);
    let review = dana.ask(second).await;
    read_again(&dana, review, &Value::Null).await;
    let page = Browser::of(&app, "dana").await.get(&format!("/models/churn/versions/{second}")).await.html;
    let named = page.matches("model.pkl").count();
    assert!(page.contains("MLmodel") && named == 1, "only its activity names it: {page}");
    let log = Browser::of(&app, "ada").await.get("/api/v1/audit.jsonl").await.html;
    assert_eq!(log.matches("artifact.delete").count(), 1, "{log}");
}

#[tokio::test]
async fn whoever_changes_a_versions_files_is_one_of_its_authors() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] =
        [Person::new(&app, "dana").await, Person::new(&app, "erin").await, Person::new(&app, "otto").await];
    let version = dana.register(0.9).await;
    let home = folder(&dana, version).await;
    let review = dana.ask(version).await;
    let before = dana.review(review).await["digest"].clone();
    assert_eq!(put(&app, &erin, &format!("{home}/model.pkl"), "erin's own").await.status, 200);
    read_again(&dana, review, &before).await;
    refused(&erin.sign(review).await, StatusCode::FORBIDDEN, "author");
    otto.sign(review).await;
    assert_eq!(dana.stage(version).await, "None");
    let page = Browser::of(&app, "dana").await.get(&format!("/models/churn/versions/{version}")).await.html;
    assert!(page.contains("changed its file") && page.contains("model.pkl"), "{page}");
}

#[tokio::test]
async fn a_file_that_is_written_while_the_last_signature_comes_is_released_as_it_is_or_not_at_all() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] =
        [Person::new(&app, "dana").await, Person::new(&app, "erin").await, Person::new(&app, "otto").await];
    for round in 0..12 {
        let version = dana.register(0.9).await;
        let file = format!("{}/model.pkl", folder(&dana, version).await);
        let review = dana.ask(version).await;
        erin.sign(review).await;
        let (_, signed) = if round % 2 == 0 {
            tokio::join!(put(&app, &dana, &file, "evil"), otto.sign(review))
        } else {
            let path = address(&file);
            tokio::join!(dana.send(Method::DELETE, &path, Value::Null), otto.sign(review))
        };
        if signed.json["applied"] != true {
            continue;
        }
        let record = otto.get(&format!("/api/v1/reviews/{review}/record")).await;
        let served = app.request(Method::GET, &address(&file)).bearer_auth(&otto.token);
        let served = served.send().await.expect("an answer");
        assert_eq!(served.status(), 200, "round {round}: what was released is there");
        let served = hex::encode(Sha256::digest(served.bytes().await.expect("bytes")));
        let payload = STANDARD.decode(record["payload"].as_str().expect("a payload")).expect("base64");
        let statement: Value = serde_json::from_slice(&payload).expect("a statement");
        let subjects = statement["subject"].as_array().expect("subjects");
        let recorded = subjects.iter().find(|one| one["name"] == "model.pkl").expect("the file");
        assert_eq!(recorded["digest"]["sha256"], served.as_str(), "round {round}");
    }
}

#[tokio::test]
async fn a_version_whose_files_nobody_here_can_read_is_not_reviewed() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    dana.mlflow("registered-models/create", json!({ "name": "churn" })).await;
    dana.mlflow("model-versions/create", json!({ "name": "churn", "source": "s3://bucket/x" })).await;
    let ask = json!({ "model": "churn", "version": 1, "target": "Production", "comment": "better" });
    refused(&dana.post("/api/v1/reviews", ask).await, StatusCode::BAD_REQUEST, "s3://bucket/x");
}

#[tokio::test]
async fn a_run_that_one_may_not_read_makes_no_version() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin] =
        [Person::new(&app, "ada").await, Person::new(&app, "dana").await, Person::new(&app, "erin").await];
    let version = dana.register(0.9).await;
    let found = dana.get(&format!("/api/2.0/mlflow/model-versions/get?name=churn&version={version}")).await;
    let run = found["model_version"]["run_id"].as_str().expect("a run").to_owned();
    let experiment = dana.get("/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default").await;
    let experiment = experiment["experiment"]["experiment_id"].as_str().expect("an id").to_owned();
    let grants = json!({ "grants": [{ "user": "dana", "level": "manage" }] });
    let path = format!("/api/v1/experiments/{experiment}/permissions");
    assert_eq!(ada.send(Method::PUT, &path, grants).await.status, 200);
    erin.mlflow("registered-models/create", json!({ "name": "mine" })).await;
    for source in [format!("runs:/{run}/model"), format!("runs:/{run}/"), "s3://bucket/x".into()] {
        let new = json!({ "name": "mine", "source": source, "run_id": run });
        let reply = erin.post("/api/2.0/mlflow/model-versions/create", new).await;
        refused(&reply, StatusCode::NOT_FOUND, "run");
    }
}

#[tokio::test]
async fn a_source_is_spelled_as_its_files_are() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let home = folder(&dana, version).await;
    let run = home.split('/').nth(1).expect("the run's").to_owned();
    for source in [
        format!("runs:/{run}/m%6fdel"),
        format!("runs:/{run}/model?x"),
        format!("runs:/{run}/model#x"),
        format!("runs:/{run}//model"),
        format!("mlflow-artifacts:/{home}%2f"),
        format!("mlflow-artifacts:///{home}"),
    ] {
        let body = json!({ "name": "churn", "source": source, "run_id": run });
        let reply = dana.post("/api/2.0/mlflow/model-versions/create", body).await;
        refused(&reply, StatusCode::BAD_REQUEST, "source");
    }
    for place in ["mlflow-artifacts:/x%66", "MLFLOW-ARTIFACTS:/x", " mlflow-artifacts:/x"] {
        let body = json!({ "name": "elsewhere", "artifact_location": place });
        let reply = dana.post("/api/2.0/mlflow/experiments/create", body).await;
        refused(&reply, StatusCode::BAD_REQUEST, "artifact_location");
    }
}

#[tokio::test]
async fn who_goes_away_while_a_file_is_written_holds_nobody_up() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let home = folder(&dana, version).await;
    let review = dana.ask(version).await;
    for ms in 0..20 {
        let put = app
            .request(Method::PUT, &address(&format!("{home}/model.pkl")))
            .bearer_auth(&dana.token)
            .timeout(Duration::from_millis(ms))
            .body("x".repeat(100_000));
        // Whether it was in time is no matter.
        let _ = put.send().await;
    }
    read_again(&dana, review, &Value::Null).await;
}

#[tokio::test]
async fn who_wrote_the_files_is_an_author_also_of_later_versions_and_copies() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin] = [Person::new(&app, "dana").await, Person::new(&app, "erin").await];
    let first = dana.register(0.9).await;
    let home = folder(&dana, first).await;
    assert_eq!(put(&app, &erin, &format!("{home}/data/extra.txt"), "erin's own").await.status, 200);
    let run = home.split('/').nth(1).expect("the run's").to_owned();
    let again = json!({ "name": "churn", "source": format!("runs:/{run}/model"), "run_id": run });
    let copy = json!({ "name": "churn", "source": format!("models:/churn/{first}") });
    for body in [again, copy] {
        let made = dana.mlflow("model-versions/create", body).await;
        let version = made["model_version"]["version"].as_str().and_then(|text| text.parse().ok());
        let review = dana.ask(version.expect("a number")).await;
        refused(&erin.sign(review).await, StatusCode::FORBIDDEN, "author");
    }
}

#[tokio::test]
async fn clients_load_a_released_version_from_where_it_was_signed() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] =
        [Person::new(&app, "dana").await, Person::new(&app, "erin").await, Person::new(&app, "otto").await];
    let first = dana.register(0.9).await;
    let home = folder(&dana, first).await;
    let run = home.split('/').nth(1).expect("the run's").to_owned();
    let source = format!("runs:/{run}/model");
    let made = dana
        .mlflow("model-versions/create", json!({ "name": "churn", "source": source, "run_id": run }))
        .await;
    let version = made["model_version"]["version"].as_str().expect("a number").to_owned();
    let uri = async || {
        let path = format!("/api/2.0/mlflow/model-versions/get-download-uri?name=churn&version={version}");
        dana.get(&path).await["artifact_uri"].clone()
    };
    assert_eq!(uri().await, source, "as the reference answers");
    let review = dana.ask(version.parse().expect("a number")).await;
    erin.sign(review).await;
    otto.sign(review).await;
    assert_eq!(uri().await, format!("mlflow-artifacts:/{home}"));
}

#[tokio::test]
async fn a_logged_model_is_judged_by_the_run_that_made_it() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let better = folder(&dana, version).await.split('/').nth(1).expect("the run's").to_owned();
    let found = dana.mlflow("logged-models", json!({ "experiment_id": "0", "name": "other" })).await;
    let id = found["model"]["info"]["model_id"].as_str().expect("an id").to_owned();
    let body = json!({
        "name": "churn", "source": format!("models:/{id}"), "model_id": id, "run_id": better
    });
    let reply = dana.post("/api/2.0/mlflow/model-versions/create", body).await;
    refused(&reply, StatusCode::BAD_REQUEST, "the run that made the logged model");
}

#[tokio::test]
async fn a_file_that_clients_take_for_another_is_not_reviewed() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let home = folder(&dana, version).await;
    let review = dana.ask(version).await;
    let odd = format!("{home}/model.pkl%3Fx");
    assert_eq!(put(&app, &dana, &odd, "other weights").await.status, 200);
    let state = async || dana.review(review).await["files_state"].clone();
    for _ in 0..200 {
        if state().await == "failed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(state().await, "failed");
    assert_eq!(dana.send(Method::DELETE, &address(&odd), Value::Null).await.status, 200);
    read_again(&dana, review, &Value::Null).await;
}
