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
    let [ada, dana, erin, otto] = Person::each(&app, ["ada", "dana", "erin", "otto"]).await;
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
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
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
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
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
    let [ada, dana, erin] = Person::each(&app, ["ada", "dana", "erin"]).await;
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
    let [dana, erin] = Person::each(&app, ["dana", "erin"]).await;
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
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
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
async fn copies_are_judged_by_the_logged_model_whose_files_they_have() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, ada] = Person::each(&app, ["dana", "ada"]).await;
    let first = dana.register(0.9).await;
    let run = folder(&dana, first).await.split('/').nth(1).expect("the run's").to_owned();
    let policy = "format = 1\n[stage.Staging]\nsign_off = []\n\
        gate = [{ kind = \"metric\", metric = \"auc\", min = 0.8, required = true }]\n";
    let saved = ada.send(Method::PUT, "/api/v1/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    // A run that logs a weak model, and a strong one after it: the run's last value is the strong one's.
    let mut homes = Vec::new();
    for (name, auc) in [("weak", 0.6), ("strong", 0.95)] {
        let new = json!({ "experiment_id": "0", "name": name, "source_run_id": run });
        let info = dana.mlflow("logged-models", new).await["model"]["info"].clone();
        let id = info["model_id"].as_str().expect("an id").to_owned();
        let home = info["artifact_uri"].as_str().expect("a place").to_owned();
        let path = home.strip_prefix("mlflow-artifacts:/").expect("ours").to_owned();
        for file in ["MLmodel", "model.pkl"] {
            assert_eq!(put(&app, &dana, &format!("{path}/{file}"), name).await.status, 200);
        }
        let metric = json!({ "run_id": run, "key": "auc", "value": auc, "timestamp": 2, "model_id": id });
        dana.mlflow("runs/log-metric", metric).await;
        homes.push((id, home));
    }
    let (id, home) = &homes[0];
    dana.mlflow("registered-models/create", json!({ "name": "copied" })).await;
    let mut versions = Vec::new();
    for new in [
        json!({ "name": "churn", "source": format!("models:/{id}"), "model_id": id, "run_id": run }),
        json!({ "name": "churn", "source": home, "model_id": id, "run_id": run }),
        json!({ "name": "copied", "source": "models:/churn/2" }),
    ] {
        let made = dana.mlflow("model-versions/create", new).await;
        let number = made["model_version"]["version"].as_str().expect("a number").parse::<i64>();
        let name = made["model_version"]["name"].as_str().expect("a name").to_owned();
        versions.push((name, number.expect("a number")));
    }
    for (name, version) in versions {
        let ask = json!({ "model": name, "version": version, "target": "Staging" });
        let review = dana.ok("/api/v1/reviews", ask).await["id"].as_i64().expect("a number");
        let missing = dana.review(review).await["missing"].to_string();
        assert!(missing.contains("0.6"), "{name} {version}: {missing}");
    }
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

/// An experiment may keep its files anywhere, but what a version is made of has one name: whoever changes it is told
/// whose it is.
#[tokio::test]
async fn files_have_no_second_name() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let create = async |name: &str, location: &str| {
        let body = json!({ "name": name, "artifact_location": location });
        dana.post("/api/2.0/mlflow/experiments/create", body).await
    };
    for location in ["runs:/abc/deep", "models:/churn/1", " RUNS:/abc", "Models:/m-1"] {
        refused(&create(location, location).await, StatusCode::BAD_REQUEST, "artifact_location");
    }
    dana.post("/api/2.0/mlflow/registered-models/create", json!({ "name": "churn" })).await;
    for (at, location) in
        ["file:///etc", "/srv/files", "http://127.0.0.1/x", "foo:/x"].into_iter().enumerate()
    {
        let created = create(&format!("elsewhere {at}"), location).await;
        if created.status != 200 {
            refused(&created, StatusCode::BAD_REQUEST, "artifact_location");
            continue;
        }
        let run = json!({ "experiment_id": created.json["experiment_id"], "start_time": 1 });
        let run = dana.post("/api/2.0/mlflow/runs/create", run).await.json["run"]["info"]["run_id"].clone();
        let run = run.as_str().expect("an id");
        let version = json!({ "name": "churn", "source": format!("runs:/{run}/model"), "run_id": run });
        let made = dana.post("/api/2.0/mlflow/model-versions/create", version).await;
        refused(&made, StatusCode::BAD_REQUEST, "its files are where");
    }
    let remote = create("remote", "s3://bucket/runs").await.json["experiment_id"].clone();
    let run =
        dana.post("/api/2.0/mlflow/runs/create", json!({ "experiment_id": remote, "start_time": 1 })).await;
    let run = run.json["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    let version = json!({ "name": "churn", "source": format!("runs:/{run}/model"), "run_id": run });
    assert_eq!(dana.post("/api/2.0/mlflow/model-versions/create", version).await.status, 200);
}

#[tokio::test]
async fn what_a_prompt_says_is_signed_and_stays_once_it_is_released() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let tag = |key: &str, value: &str| json!({ "key": key, "value": value });
    let is_prompt = tag("mlflow.prompt.is_prompt", "true");
    dana.mlflow("registered-models/create", json!({ "name": "churn", "tags": [is_prompt.clone()] })).await;
    let tags = [is_prompt.clone(), tag("mlflow.prompt.text", "Greet {{name}}")];
    dana.mlflow(
        "model-versions/create",
        json!({ "name": "churn", "source": "prompt-template", "tags": tags }),
    )
    .await;
    let review = dana.ask(1).await;
    erin.sign(review).await;
    let signed = dana.review(review).await["digest"].clone();
    let set = async |person: &Person<'_>, key: &str, value: &str| {
        let body = json!({ "name": "churn", "version": "1", "key": key, "value": value });
        person.post("/api/2.0/mlflow/model-versions/set-tag", body).await
    };
    assert_eq!(set(&otto, "mlflow.prompt.text", "Insult {{name}}").await.status, 200);
    let changed = dana.review(review).await;
    assert_ne!(changed["digest"], signed);
    assert_eq!(changed["missing"], json!(["1 ml_engineer", "1 ops_engineer"]));
    refused(&otto.sign(review).await, StatusCode::FORBIDDEN, "author");

    // Whoever changed it is an author of this version; another one is theirs to sign.
    let tags = [is_prompt, tag("mlflow.prompt.text", "Welcome {{name}}")];
    dana.mlflow(
        "model-versions/create",
        json!({ "name": "churn", "source": "prompt-template", "tags": tags }),
    )
    .await;
    let review = dana.ask(2).await;
    erin.sign(review).await;
    let applied = otto.sign(review).await;
    assert_eq!(applied.json["applied"], json!(true), "{}", applied.json);
    let record = dana.get(&format!("/api/v1/reviews/{review}/record")).await;
    let payload = STANDARD.decode(record["payload"].as_str().expect("a payload")).expect("is base64");
    let statement: Value = serde_json::from_slice(&payload).expect("is JSON");
    let text = statement["subject"].as_array().expect("subjects").iter();
    let text = text.clone().find(|one| one["name"] == "mlflow.prompt.text").expect("the text");
    assert_eq!(text["digest"]["sha256"], hex::encode(Sha256::digest("Welcome {{name}}")));

    let body = |key: &str| json!({ "name": "churn", "version": "2", "key": key, "value": "other" });
    for key in ["mlflow.prompt.text", "mlflow.prompt.is_prompt", "_mlflow_prompt_type"] {
        let changed = dana.post("/api/2.0/mlflow/model-versions/set-tag", body(key)).await;
        refused(&changed, StatusCode::FORBIDDEN, &format!("review {review}"));
        let deleted = dana.send(Method::DELETE, "/api/2.0/mlflow/model-versions/delete-tag", body(key)).await;
        refused(&deleted, StatusCode::FORBIDDEN, &format!("review {review}"));
    }
    assert_eq!(dana.post("/api/2.0/mlflow/model-versions/set-tag", body("note")).await.status, 200);
}

/// A version that came to Production before there was a policy isn't released: its files may change.
#[tokio::test]
async fn a_rollback_goes_back_to_the_files_that_served() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin, otto] = Person::each(&app, ["ada", "dana", "erin", "otto"]).await;
    let first = erin.register(0.8).await;
    let free = json!({ "text": "format = 1\n[stage.Production]\nsign_off = []\n" });
    assert_eq!(ada.send(Method::PUT, "/api/v1/models/churn/policy", free).await.status, 200);
    let moved = json!({ "name": "churn", "version": first.to_string(), "stage": "Production" });
    erin.mlflow("model-versions/transition-stage", moved).await;
    let none = json!({ "text": "" });
    assert_eq!(ada.send(Method::PUT, "/api/v1/models/churn/policy", none).await.status, 200);
    let second = dana.register(0.9).await;
    let review = dana.ask(second).await;
    erin.sign(review).await;
    assert_eq!(otto.sign(review).await.json["applied"], json!(true));

    let home = folder(&erin, first).await;
    assert_eq!(put(&app, &erin, &format!("{home}/model.pkl"), "other weights").await.status, 200);
    let rollback = json!({ "serving": second, "comment": "it drifts" });
    let refusal = erin.post("/api/v1/models/churn/rollback", rollback).await;
    refused(&refusal, StatusCode::BAD_REQUEST, "no version of `churn` that could serve");
    assert_eq!(dana.stage(second).await, "Production");
}

#[tokio::test]
async fn what_is_logged_to_a_released_version_moves_no_bar() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin, otto] = Person::each(&app, ["ada", "dana", "erin", "otto"]).await;
    let first = dana.register(0.9).await;
    let policy = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 1 }, \
                  { role = \"ops_engineer\", count = 1 }]\n\
                  gate = [{ kind = \"champion\", metric = \"auc\", better = \"higher\", required = true }]\n";
    let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let review = dana.ask(first).await;
    erin.sign(review).await;
    assert_eq!(otto.sign(review).await.json["applied"], json!(true));

    let second = dana.register(0.7).await;
    let review = dana.ask(second).await;
    let gate = async || {
        let found = dana.review(review).await;
        let gates = found["gates"].as_array().expect("gates").clone();
        gates.into_iter().find(|gate| gate["id"] == "champion:auc").expect("the gate")["status"].clone()
    };
    assert_eq!(gate().await, json!("fail"));
    let found = dana.get(&format!("/api/2.0/mlflow/model-versions/get?name=churn&version={first}")).await;
    let run = found["model_version"]["run_id"].clone();
    let low = json!({ "run_id": run, "key": "auc", "value": 0.1, "timestamp": 9, "step": 9 });
    dana.mlflow("runs/log-metric", low).await;
    assert_eq!(gate().await, json!("fail"), "its release says 0.9");
}

#[tokio::test]
async fn an_error_names_the_field_that_was_sent() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana] = Person::each(&app, ["ada", "dana"]).await;
    let version = dana.register(0.9).await;
    let ask = |model: &str, target: &str| json!({ "model": model, "version": version, "target": target });
    let long = "x".repeat(300);
    for (body, says) in [
        (ask(&long, "Production"), "'model'"),
        (ask("churn", "../.."), "'target'"),
        (ask("churn", "../.."), "`alias:`"),
        (ask("churn", "alias:v1"), "'target'"),
    ] {
        refused(&dana.post("/api/v1/reviews", body).await, StatusCode::BAD_REQUEST, says);
    }
    let saved = ada.send(Method::PUT, "/api/v1/policy", json!({ "text": "xx" })).await;
    refused(&saved, StatusCode::BAD_REQUEST, "'text'");
}

/// Also one that came there before the policy.
#[tokio::test]
async fn the_files_of_what_serves_where_a_policy_guards_stay() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, erin] = Person::each(&app, ["ada", "erin"]).await;
    let version = erin.register(0.8).await;
    let home = folder(&erin, version).await;
    let policy = async |text: &str| {
        let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": text })).await;
        assert_eq!(saved.status, 200, "{}", saved.json);
    };
    policy("format = 1\n[stage.Production]\nsign_off = []\n").await;
    let moved = json!({ "name": "churn", "version": version.to_string(), "stage": "Production" });
    erin.mlflow("model-versions/transition-stage", moved).await;
    assert_eq!(put(&app, &erin, &format!("{home}/model.pkl"), "other weights").await.status, 200);
    policy("").await;
    let path = format!("{home}/model.pkl");
    refused(&put(&app, &erin, &path, "others again").await, StatusCode::FORBIDDEN, "in Production");
    let deleted = erin.send(Method::DELETE, &address(&path), Value::Null).await;
    refused(&deleted, StatusCode::FORBIDDEN, "in Production");
}

#[tokio::test]
async fn who_is_judged_by_the_main_metric_does_not_choose_it() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin] = Person::each(&app, ["ada", "dana", "erin"]).await;
    let version = dana.register(0.8).await;
    let choose = async |name: &str, better: &str| {
        let fields = [("metric", "auc"), ("better", better)];
        Browser::of(&app, name).await.post("/models/churn/primary-metric", &fields).await.status
    };
    assert_eq!(choose("dana", "higher").await, 303, "no required gate asks for it");
    let policy = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                  gate = [{ kind = \"champion\", metric = \"@primary\", required = true }]\n\
                  [waive]\nroles = [\"ml_engineer\"]\n";
    let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    assert_eq!(choose("dana", "lower").await, 403);
    let page = Browser::of(&app, "dana").await.get("/models/churn").await.html;
    assert!(
        page.contains("takes a role that may waive gates") && !page.contains("/primary-metric"),
        "{page}"
    );
    assert_eq!(choose("erin", "lower").await, 303);
    let review = erin.ask_for(version, "Production").await;
    assert_eq!(choose("erin", "higher").await, 403, "she asked for review {review}");
}

/// A gate that waits has the same evidence whatever the files are.
#[tokio::test]
async fn a_waiver_is_of_the_files_that_were_there() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin] = Person::each(&app, ["ada", "dana", "erin"]).await;
    let version = dana.register(0.9).await;
    let policy = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                  gate = [{ kind = \"check\", name = \"scan\", required = true }]\n\
                  [waive]\nroles = [\"ml_engineer\"]\n";
    let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let review = dana.ask(version).await;
    let waive = json!({ "gate": "check:scan", "reason": "the scanner is down; I looked by hand" });
    assert_eq!(erin.act(review, "waive", waive).await.status, 200);
    let waived = dana.review(review).await;
    assert_eq!(waived["missing"], json!(["1 ops_engineer"]));
    let home = folder(&dana, version).await;
    assert_eq!(put(&app, &dana, &format!("{home}/model.pkl"), "other weights").await.status, 200);
    let found = read_again(&dana, review, &waived["digest"]).await;
    assert_eq!(found["missing"].as_array().map(Vec::len), Some(2), "{}", found["missing"]);
}

#[tokio::test]
async fn files_that_were_exchanged_have_not_soaked() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana] = Person::each(&app, ["ada", "dana"]).await;
    let version = dana.register(0.9).await;
    let policy = "format = 1\n[stage.Staging]\nsign_off = []\n\
                  [stage.Production]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                  gate = [{ kind = \"soak\", stage = \"Staging\", for = \"48h\", required = true }]\n";
    let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let stage = async |stage: &str| {
        let moved = json!({ "name": "churn", "version": version.to_string(), "stage": stage });
        dana.mlflow("model-versions/transition-stage", moved).await;
    };
    stage("Staging").await;
    let review = dana.ask(version).await;
    let soak = async || dana.review(review).await["gates"][0]["summary"].as_str().expect("words").to_owned();
    assert_eq!(soak().await, "in Staging for 0 min of 48 h");
    let before = dana.review(review).await["digest"].clone();
    let home = folder(&dana, version).await;
    assert_eq!(put(&app, &dana, &format!("{home}/model.pkl"), "other weights").await.status, 200);
    read_again(&dana, review, &before).await;
    assert!(soak().await.contains("its files have changed since"), "{}", soak().await);
    stage("None").await;
    stage("Staging").await;
    assert_eq!(soak().await, "in Staging for 0 min of 48 h");
}
