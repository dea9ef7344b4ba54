use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, command};
use crate::browser::Browser;
use crate::team::{Person, TEAM, refused};

#[tokio::test]
async fn a_version_reaches_production_with_two_signatures_and_leaves_a_record() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let asked = dana.review(review).await;
    assert_eq!(
        (&asked["state"], &asked["from"], &asked["target"]),
        (&json!("open"), &json!("None"), &json!("Production"))
    );
    assert_eq!(asked["missing"], json!(["1 ml_engineer", "1 ops_engineer"]));
    let gates: Vec<_> = asked["gates"]
        .as_array()
        .expect("gates")
        .iter()
        .map(|gate| (&gate["id"], &gate["required"]))
        .collect();
    assert!(gates.len() >= 4 && gates.iter().all(|(_, required)| **required == json!(false)), "{gates:?}");

    let first = erin.sign(review).await;
    assert_eq!((first.status.as_u16(), &first.json["applied"]), (200, &json!(false)));
    assert_eq!(first.json["missing"], json!(["1 ops_engineer"]));
    assert_eq!(dana.stage(version).await, "None");
    let second = otto.sign(review).await;
    assert_eq!((second.status.as_u16(), &second.json["applied"]), (200, &json!(true)), "{}", second.json);
    assert_eq!(dana.stage(version).await, "Production");
    let done = dana.review(review).await;
    assert_eq!((&done["state"], &done["ended_by"]), (&json!("applied"), &json!("otto")));
    refused(&erin.sign(review).await, StatusCode::BAD_REQUEST, "applied");

    // Anyone can check the record, with the files beside it.
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("record.json");
    let keys = folder.path().join("keys.pem");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).expect("a folder");
    std::fs::write(files.join("MLmodel"), "flavors: {}\n").expect("is written");
    std::fs::write(files.join("model.pkl"), "weights 0.9").expect("is written");
    let text = |path: String| {
        let request = app.request(Method::GET, &path).bearer_auth(&dana.token);
        async move { request.send().await.expect("an answer").text().await.expect("text") }
    };
    std::fs::write(&record, text(format!("/api/v1/reviews/{review}/record")).await).expect("is written");
    std::fs::write(&keys, text("/.well-known/countersign.pub".into()).await).expect("is written");
    let verify = |changed: Option<&str>| {
        if let Some(changed) = changed {
            std::fs::write(files.join("model.pkl"), changed).expect("is written");
        }
        let mut verify = command();
        verify.arg("verify").arg(&record).arg("--key").arg(&keys).arg("--artifacts").arg(&files);
        verify.output().expect("it runs")
    };
    let verified = verify(None);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(
        verified.status.success() && said.contains("erin"),
        "{said} {}",
        String::from_utf8_lossy(&verified.stderr)
    );
    let tampered = verify(Some("other weights"));
    assert!(!tampered.status.success() && String::from_utf8_lossy(&tampered.stderr).contains("model.pkl"));
    let output = command().args(["verify", "--data"]).arg(app.data.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn who_asked_or_may_not_sign_signs_nothing_and_one_person_counts_once() {
    let team = [TEAM, &[("both", &["ml_engineer", "ops_engineer"])]].concat();
    let app = TestApp::start_with_people(&team).await;
    let [dana, ada, vera, both] = Person::each(&app, ["dana", "ada", "vera", "both"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    refused(&dana.sign(review).await, StatusCode::FORBIDDEN, "author");
    refused(&ada.sign(review).await, StatusCode::FORBIDDEN, "no role that is asked for");
    refused(&vera.sign(review).await, StatusCode::FORBIDDEN, "may look, but change nothing");
    assert_eq!(both.sign(review).await.json["applied"], false);
    refused(
        &both.act(review, "sign", json!({ "role": "ops_engineer" })).await,
        StatusCode::BAD_REQUEST,
        "signed this already",
    );
    assert_eq!(dana.stage(version).await, "None");
    // Who made the version is an author, whoever asks.
    let of_both = both.register(0.8).await;
    let asked_by_dana = dana.ask(of_both).await;
    refused(&both.sign(asked_by_dana).await, StatusCode::FORBIDDEN, "author");
    // Another one's request, as a number.
    refused(&both.sign(999).await, StatusCode::NOT_FOUND, "999");
    let again = dana
        .post("/api/v1/reviews", json!({ "model": "churn", "version": version, "target": "Production" }))
        .await;
    refused(&again, StatusCode::BAD_REQUEST, "is open");
}

#[tokio::test]
async fn a_signature_goes_stale_when_what_was_signed_changes() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let seen = erin.review(review).await["digest"].clone();
    assert_eq!(erin.act(review, "sign", json!({ "digest": seen })).await.status, 200);
    let got = dana.get(&format!("/api/2.0/mlflow/model-versions/get?name=churn&version={version}")).await;
    let run = got["model_version"]["run_id"].clone();
    dana.mlflow(
        "runs/log-metric",
        json!({ "run_id": run, "key": "auc", "value": 0.5, "timestamp": 9, "step": 1 }),
    )
    .await;
    let now = dana.review(review).await;
    assert_eq!(now["sign_offs"][0]["void"], "stale");
    assert!(now["sign_offs"][0]["changed"].to_string().contains("metrics.auc"), "{}", now["sign_offs"]);
    refused(
        &erin.act(review, "sign", json!({ "digest": seen })).await,
        StatusCode::BAD_REQUEST,
        "changed since",
    );
    assert_eq!(otto.sign(review).await.json["applied"], false);
    assert_eq!(dana.stage(version).await, "None");
    assert_eq!(erin.sign(review).await.json["applied"], true);
}

#[tokio::test]
async fn signing_at_the_same_instant_applies_it_once() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    for round in 0..8 {
        let version = dana.register(0.9 + f64::from(round) / 100.0).await;
        let review = dana.ask(version).await;
        let (one, other) = tokio::join!(erin.sign(review), otto.sign(review));
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
        assert_ne!(one.json["applied"], other.json["applied"], "one of them was the last");
        let timeline = dana.review(review).await["timeline"].clone();
        let applied = timeline.as_array().expect("a list").iter().filter(|one| one["kind"] == "applied");
        assert_eq!(applied.count(), 1);
        let serving = dana
            .get("/api/2.0/mlflow/registered-models/get-latest-versions?name=churn&stages=Production")
            .await;
        assert_eq!(serving["model_versions"].as_array().map(Vec::len), Some(1));
        assert_eq!(serving["model_versions"][0]["version"], version.to_string());
    }
}

#[tokio::test]
async fn a_plain_call_does_not_go_around_the_review() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto, ada] = Person::each(&app, ["dana", "erin", "otto", "ada"]).await;
    let version = dana.register(0.9).await;
    let call = |person: &Person<'_>, call: &str, stage: &str| {
        let body = json!({ "name": "churn", "version": version.to_string(), "stage": stage, "archive_existing_versions": stage == "Production" });
        let request = app
            .request(Method::POST, &format!("/api/2.0/mlflow/{call}"))
            .bearer_auth(&person.token)
            .json(&body);
        app.send(request)
    };
    for person in [&dana, &ada] {
        for path in ["model-versions/transition-stage", "databricks/model-versions/transition-stage"] {
            let reply = call(person, path, "Production").await;
            refused(&reply, StatusCode::FORBIDDEN, "/models/churn/versions/1/ask?target=Production");
            assert_eq!(reply.json["error_code"], "PERMISSION_DENIED");
        }
    }
    assert_eq!(dana.stage(version).await, "None");
    // Where no policy asks for anything it works as it always did.
    assert_eq!(call(&dana, "model-versions/transition-stage", "Archived").await.status, 200);
    let review = dana.ask(version).await;
    erin.sign(review).await;
    assert_eq!(otto.sign(review).await.json["applied"], true);
    // What serves alone isn't taken away by a plain call, nor deleted.
    refused(
        &call(&dana, "model-versions/transition-stage", "Archived").await,
        StatusCode::FORBIDDEN,
        "only one",
    );
    let delete = app
        .request(Method::DELETE, "/api/2.0/mlflow/model-versions/delete")
        .bearer_auth(&ada.token)
        .json(&json!({ "name": "churn", "version": version.to_string() }));
    refused(&app.send(delete).await, StatusCode::FORBIDDEN, "only one");
    // A model of its own policy.
    let save = ada
        .send(
            Method::PUT,
            "/api/v1/models/churn/policy",
            json!({ "text": "format = 1\n[stage.Production]\nsign_off = []\n" }),
        )
        .await;
    assert_eq!(save.status, 200, "{}", save.json);
    assert_eq!(call(&dana, "model-versions/transition-stage", "Archived").await.status, 200);
    refused(
        &dana.send(Method::PUT, "/api/v1/policy", json!({ "text": "" })).await,
        StatusCode::FORBIDDEN,
        "admin",
    );
    refused(
        &ada.send(
            Method::PUT,
            "/api/v1/policy",
            json!({ "text": "format = 1\n[stage.Prod]\nsign_off = []" }),
        )
        .await,
        StatusCode::BAD_REQUEST,
        "line 2",
    );
    refused(
        &ada.send(Method::PUT, "/api/v1/policy", json!({ "text": "", "after": 7 })).await,
        StatusCode::BAD_REQUEST,
        "meanwhile",
    );
}

#[tokio::test]
async fn reviews_are_rejected_cancelled_overridden_and_rolled_back() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let first = dana.register(0.9).await;
    let review = dana.ask(first).await;
    refused(&dana.act(review, "reject", json!({ "comment": "no" })).await, StatusCode::FORBIDDEN, "");
    assert_eq!(
        erin.act(review, "reject", json!({ "comment": "the data is old" })).await.json["state"],
        "rejected"
    );
    refused(&otto.sign(review).await, StatusCode::BAD_REQUEST, "rejected");
    let review = dana.ask(first).await;
    refused(&erin.act(review, "cancel", json!({})).await, StatusCode::FORBIDDEN, "");
    assert_eq!(dana.act(review, "cancel", json!({})).await.json["state"], "cancelled");

    let review = dana.ask(first).await;
    erin.sign(review).await;
    otto.sign(review).await;
    assert_eq!(dana.stage(first).await, "Production");
    let second = dana.register(0.8).await;
    let review = dana.ask(second).await;
    // A token doesn't show who is at the keyboard: an override asks for that.
    refused(
        &otto.act(review, "override", json!({ "reason": "the old one is down for everybody" })).await,
        StatusCode::FORBIDDEN,
        "sign in",
    );
    let mut browser = Browser::of(&app, "otto").await;
    let short = browser.post(&format!("/reviews/{review}/override"), &[("reason", "quick")]).await;
    assert_eq!(short.status, 400);
    let page = browser
        .post(&format!("/reviews/{review}/override"), &[("reason", "the old one is down for everybody")])
        .await;
    assert_eq!(page.leads_to, format!("/reviews/{review}?done=applied"));
    let page = browser.get(&page.leads_to).await;
    assert!(page.status == 200 && page.html.contains("Overridden"), "{} {}", page.status, page.html);
    assert_eq!((dana.stage(second).await, dana.stage(first).await), ("Production".into(), "Archived".into()));
    let found = dana.get("/api/v1/reviews?state=open").await;
    let follow_up = found["reviews"][0].clone();
    assert_eq!(follow_up["kind"], "followup");
    let follow_up = follow_up["id"].as_i64().expect("a number");
    refused(&otto.sign(follow_up).await, StatusCode::FORBIDDEN, "author");
    refused(&otto.act(follow_up, "cancel", json!({})).await, StatusCode::FORBIDDEN, "not cancelled");
    let page = browser.get(&format!("/reviews/{follow_up}")).await.html;
    assert!(
        page.contains("Against what served before") && page.contains(&format!("version {first}")),
        "{page}"
    );
    assert!(!page.contains("Emergency override") && !page.contains("Cancel the review"), "{page}");
    for path in ["/models", "/models/churn", "/models/churn?view=table", "/models/churn/versions/2"] {
        let page = browser.get(path).await.html;
        assert!(page.contains("review-state overridden"), "{path}");
    }
    assert!(browser.get("/models").await.html.contains("v2: overridden"), "the follow-up waits");
    let page = browser.get("/models/churn/versions/2").await.html;
    assert!(page.contains("overrode it") && page.contains("registered it"), "{page}");

    // One click and one signature: back to what served before.
    let back = otto
        .post("/api/v1/models/churn/rollback", json!({ "serving": second, "comment": "it drifts" }))
        .await;
    assert_eq!((back.status.as_u16(), &back.json["applied"]), (200, &json!(true)), "{}", back.json);
    assert_eq!((dana.stage(first).await, dana.stage(second).await), ("Production".into(), "Archived".into()));
    refused(
        &otto.post("/api/v1/models/churn/rollback", json!({ "serving": second })).await,
        StatusCode::BAD_REQUEST,
        "by now",
    );
    refused(&otto.post("/api/v1/models/churn/rollback", json!({})).await, StatusCode::BAD_REQUEST, "before");
    let output = command().args(["verify", "--data"]).arg(app.data.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn changes_checks_and_waivers_hold_a_review_up() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto, ada] = Person::each(&app, ["dana", "erin", "otto", "ada"]).await;
    let policy = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 1 }]\nreplaces = true\n\
        [[stage.Production.gate]]\nkind = \"check\"\nname = \"load-test\"\nrequired = true\n\
        [[stage.Production.gate]]\nkind = \"metric\"\nmetric = \"auc\"\nmin = 0.95\nrequired = true\n\
        [waive]\nroles = [\"admin\"]\n";
    assert_eq!(ada.send(Method::PUT, "/api/v1/policy", json!({ "text": policy })).await.status, 200);
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    assert_eq!(erin.act(review, "request-changes", json!({ "comment": "say which data" })).await.status, 200);
    let missing = dana.review(review).await["missing"].to_string();
    for part in ["erin", "load-test", "auc"] {
        assert!(missing.contains(part), "{missing}");
    }
    let bad = dana.act(review, "checks", json!({ "name": "load-test", "state": "great" })).await;
    refused(&bad, StatusCode::BAD_REQUEST, "success");
    let link = dana
        .act(review, "checks", json!({ "name": "load-test", "state": "success", "link": "javascript:x" }))
        .await;
    refused(&link, StatusCode::BAD_REQUEST, "link");
    assert_eq!(
        dana.act(
            review,
            "checks",
            json!({ "name": "load-test", "state": "success", "summary": "p99 20 ms" })
        )
        .await
        .status,
        200
    );
    refused(
        &otto
            .act(review, "waive", json!({ "gate": "metric:auc", "reason": "only a pilot, for a week" }))
            .await,
        StatusCode::FORBIDDEN,
        "waive",
    );
    let gate = dana.review(review).await["gates"]
        .as_array()
        .expect("gates")
        .iter()
        .find(|gate| gate["kind"] == "metric")
        .map(|gate| gate["id"].clone());
    let waive = ada.act(review, "waive", json!({ "gate": gate, "reason": "only a pilot, for a week" })).await;
    assert_eq!(waive.status, 200, "{}", waive.json);
    assert_eq!(
        erin.sign(review).await.json["applied"],
        true,
        "their request for changes ends with their signature"
    );
    assert_eq!(dana.stage(version).await, "Production");
}

#[tokio::test]
async fn where_nobody_signs_in_versions_move_as_they_always_did() {
    let app = TestApp::start().await;
    app.ok("registered-models/create", json!({ "name": "free" })).await;
    app.ok("model-versions/create", json!({ "name": "free", "source": "s3://bucket/model" })).await;
    let moved = app
        .ok(
            "model-versions/transition-stage",
            json!({ "name": "free", "version": "1", "stage": "Production" }),
        )
        .await;
    assert_eq!(moved["model_version"]["current_stage"], "Production");
}

#[tokio::test]
async fn the_pages_show_it_and_lead_through_it() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let mut browser = Browser::of(&app, "dana").await;
    assert_eq!(browser.get("/").await.leads_to, "/waiting");
    let form = browser.get(&format!("/models/churn/versions/{version}/ask")).await;
    assert!(form.html.contains("Production: signed by 1 ML engineer; 1 ops engineer"), "{}", form.html);
    let script = "**now** </textarea><script>alert(1)</script>";
    let asked = browser
        .post(
            &format!("/models/churn/versions/{version}/ask"),
            &[("target", "Production"), ("comment", script)],
        )
        .await;
    assert_eq!(asked.status, 303, "{}", asked.html);
    let review = asked.leads_to.clone();
    dana.ask_again(version).await;
    let mut erin = Browser::of(&app, "erin").await;
    assert!(erin.get("/waiting").await.html.contains("as ML engineer"));
    let page = erin.get(&review).await;
    assert!(!page.html.contains("<script>alert") && page.html.contains("<strong>now</strong>"));
    let digest = page
        .html
        .split("name=\"digest\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a digest")
        .to_owned();
    assert_eq!(erin.post(&format!("{review}/comment"), &[("comment", script)]).await.status, 303);
    let signed = erin
        .post(&format!("{review}/sign"), &[("digest", &digest), ("role", "ml_engineer"), ("comment", script)])
        .await;
    assert_eq!(signed.status, 303, "{}", signed.html);
    let page = erin.get(&review).await;
    assert!(!page.html.contains("<script>alert"));
    assert!(page.html.contains("</strong> signed as ML engineer"), "{}", page.html);
    let own = browser.post(&format!("{review}/sign"), &[("digest", &digest)]).await;
    assert!(own.status == 400 && own.html.contains("author"));
    let mut otto = Browser::of(&app, "otto").await;
    let applied = otto.post(&format!("{review}/sign"), &[("digest", &digest)]).await;
    assert_eq!(applied.leads_to, format!("{review}?done=applied"), "{}", applied.html);
    assert!(otto.get(&applied.leads_to).await.html.contains("Release record"));
    assert!(browser.get("/reviews?state=applied").await.html.contains("churn v1"));
    let mut ada = Browser::of(&app, "ada").await;
    assert!(ada.get("/audit?action=review").await.html.contains("review.apply"));
    assert_eq!(browser.get("/audit").await.status, 403);
    let preview = ada
        .post(
            "/policy",
            &[
                ("text", "format = 1\n[stage.Production]\nsign_off = [{ role = \"admin\", count = 1 }]"),
                ("preview", "1"),
            ],
        )
        .await;
    assert!(preview.html.contains("would have lacked 1 admin"), "{}", preview.html);
    let wrong = ada.post("/policy", &[("text", "format = 2"), ("after", "0")]).await;
    assert!(wrong.status == 400 && wrong.html.contains("format = 2"), "what was typed stays");
}

#[tokio::test]
async fn who_may_not_read_a_model_sees_none_of_its_reviews() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, ada] = Person::each(&app, ["dana", "erin", "ada"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let comment = erin.act(review, "comments", json!({ "comment": "looks good" })).await.json["id"].clone();
    let grants = json!({ "grants": [{ "user": "dana", "level": "manage" }] });
    assert_eq!(ada.send(Method::PUT, "/api/v1/models/churn/permissions", grants).await.status, 200);
    refused(&erin.sign(review).await, StatusCode::NOT_FOUND, "no review");
    let seen = Browser::of(&app, "dana").await.get(&format!("/reviews/{review}")).await.html;
    assert!(!seen.contains("erin can sign") && seen.contains("Nobody who may sign is left"), "{seen}");
    let record = dana.send(Method::GET, &format!("/api/v1/reviews/{review}/record"), Value::Null).await;
    refused(&record, StatusCode::NOT_FOUND, "no release record");
    for path in [
        format!("/api/v1/reviews/{review}"),
        format!("/api/v1/reviews/{review}/record"),
        format!("/reviews/{review}"),
        "/api/2.0/mlflow/transition-requests/list?name=churn&version=1".into(),
        format!("/models/churn/versions/{version}/ask"),
    ] {
        assert_eq!(erin.send(Method::GET, &path, Value::Null).await.status, 404, "{path}");
    }
    for (path, body) in [
        ("/api/v1/reviews", json!({ "model": "churn", "version": version, "target": "Staging" })),
        ("/api/v1/models/churn/rollback", json!({})),
        ("/models/churn/rollback", json!({})),
        (
            "/api/2.0/mlflow/transition-requests/create",
            json!({ "name": "churn", "version": "1", "stage": "Staging" }),
        ),
        (
            "/api/2.0/mlflow/transition-requests/approve",
            json!({ "name": "churn", "version": "1", "stage": "Production" }),
        ),
        (
            "/api/2.0/mlflow/transition-requests/reject",
            json!({ "name": "churn", "version": "1", "stage": "Production" }),
        ),
        ("/api/2.0/mlflow/comments/create", json!({ "name": "churn", "version": "1", "comment": "x" })),
    ] {
        let reply = erin.post(path, body).await;
        assert!(reply.status == 404 || path == "/models/churn/rollback", "{path}: {}", reply.json);
    }
    let update = json!({ "id": comment, "comment": "x" });
    assert_eq!(erin.send(Method::PATCH, "/api/2.0/mlflow/comments/update", update).await.status, 404);
    assert_eq!(erin.get("/api/v1/reviews").await["reviews"], json!([]));
    let mut browser = Browser::of(&app, "erin").await;
    assert!(!browser.get("/waiting").await.html.contains("churn"));
    assert!(!browser.get("/reviews").await.html.contains("churn"));
    assert_eq!(dana.get("/api/v1/reviews").await["reviews"][0]["id"], review);
    let record = erin.send(Method::GET, &format!("/api/v1/reviews/{review}/record"), Value::Null).await;
    refused(&record, StatusCode::NOT_FOUND, "no review");

    // Nor when the model is gone: who asked, and admins, still do.
    let gone = json!({ "name": "churn" });
    let deleted = ada.send(Method::DELETE, "/api/2.0/mlflow/registered-models/delete", gone).await;
    assert_eq!(deleted.status, 200, "{}", deleted.json);
    for path in [format!("/api/v1/reviews/{review}"), format!("/reviews/{review}")] {
        assert_eq!(erin.send(Method::GET, &path, Value::Null).await.status, 404, "{path}");
        for person in [&dana, &ada] {
            assert_eq!(person.send(Method::GET, &path, Value::Null).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn whoever_may_only_read_a_model_moves_nothing_where_nobody_signs() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, ada] = Person::each(&app, ["dana", "erin", "ada"]).await;
    let version = dana.register(0.9).await;
    let grants = json!({ "grants": [
        { "user": "dana", "level": "manage" }, { "user": "erin", "level": "read" },
    ] });
    assert_eq!(ada.send(Method::PUT, "/api/v1/models/churn/permissions", grants).await.status, 200);
    let free = json!({ "text": "format = 1\n[stage.Staging]\nsign_off = []\n", "after": 0 });
    assert_eq!(ada.send(Method::PUT, "/api/v1/models/churn/policy", free).await.status, 200);
    let review = erin.ask_for(version, "Staging").await;
    refused(&erin.act(review, "apply", json!({})).await, StatusCode::FORBIDDEN, "edits the model");
    assert_eq!(dana.stage(version).await, "None");
    assert_eq!(dana.act(review, "apply", json!({})).await.status, StatusCode::OK);
    assert_eq!(dana.stage(version).await, "Staging");
}

#[tokio::test]
async fn a_request_for_changes_is_dismissed_on_the_page() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin] = Person::each(&app, ["dana", "erin"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let asked = erin.act(review, "request-changes", json!({ "comment": "scale the input" })).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.json);
    let path = format!("/reviews/{review}/dismiss-changes");
    let mut author = Browser::of(&app, "dana").await;
    assert!(!author.get(&format!("/reviews/{review}")).await.html.contains(&path), "an author can't");
    let mut admin = Browser::of(&app, "ada").await;
    let page = admin.get(&format!("/reviews/{review}")).await.html;
    let (_, form) = page.split_once(&path).expect("a form");
    let (_, by) = form.split_once("name=\"by\" value=\"").expect("who asked");
    let by = by.split_once('"').expect("an end").0;
    let short = admin.post(&path, &[("by", by), ("reason", "why not")]).await;
    assert!(short.status == StatusCode::BAD_REQUEST && short.html.contains("at least 10"), "{}", short.html);
    assert!(dana.review(review).await["missing"].to_string().contains("changes that erin asks for"));
    let done = admin.post(&path, &[("by", by), ("reason", "it is scaled since run 7")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    assert!(!dana.review(review).await["missing"].to_string().contains("erin"));
}

#[tokio::test]
async fn a_refused_form_gives_back_what_was_written() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let mut erin = Browser::of(&app, "erin").await;
    let words = "the recall of class 3 <b>rose</b>";
    let fields = [("comment", words), ("digest", "0000"), ("role", "ml_engineer")];
    let page = erin.post(&format!("/reviews/{review}/sign"), &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.html.contains("the recall of class 3 &lt;b&gt;rose&lt;/b&gt;"), "{}", page.html);
}

#[tokio::test]
async fn who_may_only_read_ends_nobodys_request_by_asking_for_a_rollback() {
    let carl: (&str, &[&str]) = ("carl", &["data_engineer"]);
    let app = TestApp::start_with_people(&[TEAM, &[carl]].concat()).await;
    let [dana, erin, otto, ada] = Person::each(&app, ["dana", "erin", "otto", "ada"]).await;
    let mut versions = Vec::new();
    for auc in [0.8, 0.9] {
        let version = dana.register(auc).await;
        let review = dana.ask(version).await;
        erin.sign(review).await;
        otto.sign(review).await;
        versions.push(version);
    }
    let again = dana.ask(versions[0]).await;
    erin.sign(again).await;
    let grants = json!({ "grants": [
        { "user": "dana", "level": "manage" }, { "role": "ml_engineer", "level": "read" },
        { "role": "data_engineer", "level": "read" },
    ] });
    assert_eq!(ada.send(Method::PUT, "/api/v1/models/churn/permissions", grants).await.status, 200);
    let mut carl = Browser::of(&app, "carl").await;
    let page = carl.post("/models/churn/rollback", &[("stage", "Production")]).await;
    assert!(page.status.is_client_error(), "{}: {}", page.status, page.html);
    assert_eq!(dana.review(again).await["state"], "open");
}

/// Who manages a model says who reads it, an author too: that takes no request for changes away.
#[tokio::test]
async fn a_request_for_changes_stays_when_whoever_asked_may_not_read_the_model_any_more() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto, ada] = Person::each(&app, ["dana", "erin", "otto", "ada"]).await;
    let version = dana.register(0.9).await;
    let body = json!({ "model": "churn", "version": version, "target": "Staging" });
    let review = dana.post("/api/v1/reviews", body).await.json["id"].as_i64().expect("an id");
    erin.act(review, "request-changes", json!({ "comment": "it leaks patient data" })).await;
    otto.sign(review).await;
    let grants = json!({ "grants": [
        { "user": "dana", "level": "manage" }, { "user": "otto", "level": "edit" }, { "user": "ada", "level": "manage" }
    ] });
    assert_eq!(dana.send(Method::PUT, "/api/v1/models/churn/permissions", grants).await.status, 200);
    refused(
        &dana.act(review, "apply", json!({})).await,
        StatusCode::BAD_REQUEST,
        "the changes that somebody asks for",
    );
    assert_eq!(dana.review(review).await["state"], "open");
    let dismissed = json!({ "by": "erin", "reason": "it was about another data set" });
    let dismissed = ada.act(review, "dismiss-changes", dismissed).await;
    assert_eq!(dismissed.status, 200, "{}", dismissed.json);
    assert_eq!(dana.review(review).await["state"], "applied");
}

#[tokio::test]
async fn a_waiver_counts_for_as_long_as_whoever_gave_it_could_give_it() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin] = Person::each(&app, ["ada", "dana", "erin"]).await;
    let version = dana.register(0.5).await;
    let policy = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                  gate = [{ kind = \"metric\", metric = \"auc\", min = 0.8, required = true }]\n\
                  [waive]\nroles = [\"ml_engineer\"]\n";
    let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let review = dana.ask(version).await;
    let waive = json!({ "gate": "metric:auc", "reason": "a pilot with ten customers" });
    assert_eq!(erin.act(review, "waive", waive.clone()).await.status, 200);
    let mut browser = Browser::of(&app, "ada").await;
    let html = browser.get("/users?q=erin").await.html;
    let id = html.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("erin");
    let missing = async || dana.review(review).await["missing"].as_array().expect("a list").len();
    for (path, fields, left) in [
        ("/users/roles", vec![("id", id), ("roles", "viewer")], 2),
        ("/users/roles", vec![("id", id), ("roles", "ml_engineer")], 1),
        ("/users/disable", vec![("id", id)], 2),
        ("/users/enable", vec![("id", id)], 1),
    ] {
        assert_eq!(browser.post(path, &fields).await.status, 200);
        assert_eq!(missing().await, left, "{path} {fields:?}");
    }
}

#[tokio::test]
async fn a_rollback_of_one_stage_takes_nothing_out_of_another_that_a_policy_keeps() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana, erin, otto] = Person::each(&app, ["ada", "dana", "erin", "otto"]).await;
    let first = dana.register(0.8).await;
    let policy = "format = 1\n[stage.Staging]\nsign_off = [{ role = \"any\", count = 1 }]\nreplaces = true\nleave = \"free\"\n\
                  [stage.Staging.rollback]\nsign_off = [{ role = \"any\", count = 1 }]\nauthor_may_sign = true\n\
                  [stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 1 }, \
                  { role = \"ops_engineer\", count = 1 }]\nreplaces = true\nleave = \"review\"\n";
    let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let review = dana.ask_for(first, "Staging").await;
    assert_eq!(erin.sign(review).await.json["applied"], json!(true));
    let review = dana.ask(first).await;
    erin.sign(review).await;
    assert_eq!(otto.sign(review).await.json["applied"], json!(true));
    let second = dana.register(0.9).await;
    let review = dana.ask_for(second, "Staging").await;
    assert_eq!(erin.sign(review).await.json["applied"], json!(true));

    let rollback = json!({ "stage": "Staging", "serving": second, "comment": "it drifts" });
    let asked = dana.ok("/api/v1/models/churn/rollback", rollback).await;
    assert_eq!(asked["applied"], json!(false), "{asked}");
    assert_eq!((dana.stage(first).await, dana.stage(second).await), ("Production".into(), "Staging".into()));
    for stage in ["None", "Archived"] {
        let refusal = dana.post("/api/v1/models/churn/rollback", json!({ "stage": stage })).await;
        refused(&refusal, StatusCode::BAD_REQUEST, "nothing serves");
    }
}

#[tokio::test]
async fn a_protected_alias_is_asked_for_by_the_plain_call_if_the_policy_says_so() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana] = Person::each(&app, ["ada", "dana"]).await;
    let version = dana.register(0.9).await;
    let call = json!({ "name": "churn", "alias": "champion", "version": version.to_string() });
    for (plain_call, says) in [("refuse", "ask for one at http"), ("request", "it is asked for at http")] {
        let policy = format!(
            "format = 1\n[alias.champion]\nsign_off = [{{ role = \"ml_engineer\", count = 1 }}]\n\
             plain_call = \"{plain_call}\"\n"
        );
        let saved = ada.send(Method::PUT, "/api/v1/models/churn/policy", json!({ "text": policy })).await;
        assert_eq!(saved.status, 200, "{}", saved.json);
        let reply = dana.post("/api/2.0/mlflow/registered-models/alias", call.clone()).await;
        refused(&reply, StatusCode::FORBIDDEN, says);
    }
    let again = dana.post("/api/2.0/mlflow/registered-models/alias", call).await;
    refused(&again, StatusCode::FORBIDDEN, "it is open at http");
    let open = dana.get("/api/v1/reviews").await;
    assert_eq!(open["reviews"][0]["target"], json!("alias:champion"), "{open}");
}

impl Person<'_> {
    /// Waits until the files of the version with an open review are known.
    async fn ask_again(&self, version: i64) {
        let found = self.get("/api/v1/reviews?state=open").await;
        let id = found["reviews"].as_array().expect("a list").iter().find(|one| one["version"] == version);
        let id = id.and_then(|one| one["id"].as_i64()).expect("a review");
        for _ in 0..100 {
            if self.review(id).await["files_state"] == "done" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the files are never read");
    }
}

#[tokio::test]
async fn a_stage_that_a_policy_keeps_filled_is_left_by_the_signatures_that_it_takes_to_get_there() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto, ada] = Person::each(&app, ["dana", "erin", "otto", "ada"]).await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    erin.sign(review).await;
    otto.sign(review).await;
    for target in ["Archived", "Staging"] {
        let review = dana.ask_for(version, target).await;
        ada.sign(review).await;
        assert_eq!(dana.stage(version).await, "Production", "{target}: neither role has signed");
        let missing = dana.review(review).await["missing"].to_string();
        assert!(missing.contains("ml_engineer") && missing.contains("ops_engineer"), "{missing}");
    }
    let second = dana.register(0.95).await;
    let review = dana.ask(second).await;
    erin.sign(review).await;
    otto.sign(review).await;
    assert_eq!(
        (dana.stage(version).await, dana.stage(second).await),
        ("Archived".into(), "Production".into())
    );
}

#[tokio::test]
async fn a_rollback_is_of_what_serves_and_waits_for_no_other_request() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let serve = async |auc: f64| {
        let version = dana.register(auc).await;
        let review = dana.ask(version).await;
        erin.sign(review).await;
        otto.sign(review).await;
        assert_eq!(dana.stage(version).await, "Production");
        version
    };
    let first = serve(0.7).await;
    serve(0.8).await;
    let asked = dana.ok("/api/v1/models/churn/rollback", json!({ "comment": "it drifts" })).await;
    let asked = asked["review"].as_i64().expect("a number");
    let third = serve(0.9).await;
    refused(&otto.sign(asked).await, StatusCode::BAD_REQUEST, "serves no more");
    assert_eq!(dana.stage(third).await, "Production");

    // Somebody wants the second back by the long way; whoever may roll back doesn't wait for that.
    dana.act(asked, "cancel", json!({})).await;
    let wanted = dana.ask(first + 1).await;
    otto.ok("/api/v1/models/churn/rollback", json!({ "comment": "it fails" })).await;
    assert_eq!(dana.stage(first + 1).await, "Production");
    assert_eq!(dana.review(wanted).await["state"], "superseded");

    // What was released by an override that others rejected doesn't come back.
    let fourth = dana.register(0.5).await;
    let review = dana.ask(fourth).await;
    let mut browser = Browser::of(&app, "otto").await;
    let reason = [("reason", "the old one is down for everybody")];
    assert_eq!(browser.post(&format!("/reviews/{review}/override"), &reason).await.status, 303);
    let open = dana.get("/api/v1/reviews?state=open").await;
    let follow_up = open["reviews"][0]["id"].as_i64().expect("its follow-up");
    assert_eq!(erin.act(follow_up, "reject", json!({ "comment": "it was not" })).await.status, 200);
    let fifth = serve(0.95).await;
    otto.ok("/api/v1/models/churn/rollback", json!({ "serving": fifth })).await;
    assert_eq!(dana.stage(fourth).await, "Archived");
    assert_eq!(dana.stage(first + 1).await, "Production");
}

#[tokio::test]
async fn neither_a_new_name_nor_a_deletion_goes_around_a_policy() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto, ada] = Person::each(&app, ["dana", "erin", "otto", "ada"]).await;
    let call = async |person: &Person<'_>, method: Method, call: &str, body: Value| {
        person.send(method, &format!("/api/2.0/mlflow/{call}"), body).await
    };
    let rename = json!({ "name": "churn", "new_name": "churn-old" });
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    erin.sign(review).await;
    otto.sign(review).await;
    let renamed = call(&dana, Method::POST, "registered-models/rename", rename.clone()).await;
    refused(&renamed, StatusCode::FORBIDDEN, "keeps it there under that name");

    // A policy of its own, with a protected alias.
    let policy = "format = 1\n[alias.champion]\nsign_off = [{ role = \"ml_engineer\", count = 1 }]\n\
        [stage.Production]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\nreplaces = true\n\
        [override]\nroles = [\"ops_engineer\"]\n";
    let path = "/api/v1/models/churn/policy";
    let saved = ada.send(Method::PUT, path, json!({ "text": policy })).await;
    assert_eq!(saved.status, 200, "{}", saved.json);
    let second = dana.register(0.95).await;
    let review = dana.ask_for(second, "alias:champion").await;
    erin.sign(review).await;
    let delete = json!({ "name": "churn", "version": second.to_string() });
    let deleted = call(&dana, Method::DELETE, "model-versions/delete", delete).await;
    refused(&deleted, StatusCode::FORBIDDEN, "champion");
    for (method, path) in
        [(Method::DELETE, "registered-models/delete"), (Method::POST, "registered-models/rename")]
    {
        let reply = call(&dana, method, path, rename.clone()).await;
        assert_eq!(reply.status, 403, "{path}: {}", reply.json);
    }

    // Whether an override was right is still to be said.
    let third = dana.register(0.5).await;
    let review = dana.ask(third).await;
    let reason = [("reason", "the old one is down for everybody")];
    Browser::of(&app, "otto").await.post(&format!("/reviews/{review}/override"), &reason).await;
    assert_eq!(dana.stage(third).await, "Production");
    let fourth = dana.register(0.97).await;
    let review = dana.ask(fourth).await;
    otto.sign(review).await;
    assert_eq!(dana.stage(third).await, "Archived");
    let delete = json!({ "name": "churn", "version": third.to_string() });
    let deleted = call(&dana, Method::DELETE, "model-versions/delete", delete).await;
    refused(&deleted, StatusCode::FORBIDDEN, "still to say");
    assert_eq!(
        call(&ada, Method::POST, "registered-models/rename", rename).await.status,
        200,
        "an admin may"
    );
}

/// What nobody may do, the page doesn't offer, and says why.
#[tokio::test]
async fn pages_offer_nothing_that_a_policy_keeps_from_everybody() {
    let app = TestApp::start_with_people(TEAM).await;
    let [dana, erin, otto] = Person::each(&app, ["dana", "erin", "otto"]).await;
    let first = dana.register(0.9).await;
    let other = dana.register(0.8).await;
    let mut browser = Browser::of(&app, "dana").await;
    let offers = |html: &str| ["/stage\"", "/delete\""].map(|form| html.contains(form));
    let page = |version: i64| format!("/models/churn/versions/{version}");
    assert_eq!(offers(&browser.get(&page(first)).await.html), [true, true]);
    let review = dana.ask(first).await;
    erin.sign(review).await;
    assert_eq!(otto.sign(review).await.json["applied"], json!(true));
    let html = browser.get(&page(first)).await.html;
    assert_eq!(offers(&html), [false, false], "{html}");
    assert!(html.contains("is the only one in Production, and a policy keeps it there"), "{html}");
    assert_eq!(offers(&browser.get(&page(other)).await.html), [true, true]);
    let model = browser.get("/models/churn").await.html;
    assert!(!model.contains("/models/churn/delete\"") && model.contains("It can’t be deleted"), "{model}");
}
