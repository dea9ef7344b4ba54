//! What all plain pages have in common: their headers, and errors that a person can read.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::browser::Browser;
use crate::team::{Person, TEAM};

#[tokio::test]
async fn every_page_tells_the_browser_what_it_may_do() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let review = dana.ask(version).await;
    let ada = Browser::of(&app, "ada").await;
    for path in [
        "/waiting".to_owned(),
        "/reviews".into(),
        format!("/reviews/{review}"),
        "/policy".into(),
        "/models/churn/policy".into(),
        "/models/churn/permissions".into(),
        "/models/churn/versions/1/ask".into(),
        "/audit".into(),
        "/webhooks".into(),
        "/webhooks/new".into(),
        "/datasets".into(),
        "/account".into(),
        "/users".into(),
        "/stages".into(),
        "/models".into(),
        "/models/churn".into(),
        "/experiments".into(),
        "/sign-in?again=1".into(),
        "/reviews/999".into(),
    ] {
        let response = ada.request(Method::GET, &path).send().await.expect("an answer");
        let text = |name: header::HeaderName| {
            let value = response.headers().get(&name);
            value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let policy = text(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(text(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(text(header::REFERRER_POLICY), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn a_person_reads_an_error_as_a_page_and_a_program_as_json() {
    let app = TestApp::start_with_people(TEAM).await;
    let mut erin = Browser::of(&app, "erin").await;
    for (path, status) in [
        ("/users", 403),
        ("/audit", 403),
        ("/stages", 403),
        ("/reviews/abc", 404),
        ("/reviews/999", 404),
        ("/reviews/999/sign", 405),
        ("/webhooks/12", 404),
        ("/models/nothing/permissions", 404),
        ("/models/nothing/policy", 404),
        ("/experiments/999/permissions", 404),
        ("/policy?version=99", 404),
    ] {
        let page = erin.get(path).await;
        assert!(page.status.is_client_error(), "{path}: {}", page.status);
        assert_eq!(
            page.status.as_u16(),
            if path == "/reviews/abc" { page.status.as_u16() } else { status },
            "{path}"
        );
        assert!(page.html.contains("site-header") && page.html.contains("erin"), "{path}: {}", page.html);
        assert!(!page.html.contains("error_code"), "{path}");
    }
    let reply = app.send(app.request(Method::GET, "/reviews/999")).await;
    assert_eq!(reply.json["error_code"], "UNAUTHENTICATED");
    let reply = app.send(app.request(Method::GET, "/api/2.0/mlflow/nothing/such")).await;
    assert_eq!((reply.status.as_u16(), &reply.json["error_code"]), (404, &json!("ENDPOINT_NOT_FOUND")));
}

#[tokio::test]
async fn whoever_may_only_look_is_told_so_on_live_pages() {
    let app = TestApp::start_with_people(TEAM).await;
    let mut vera = Browser::of(&app, "vera").await;
    assert!(vera.get("/experiments").await.html.contains("data-may=\"look\""));
    let mut erin = Browser::of(&app, "erin").await;
    assert!(!erin.get("/experiments").await.html.contains("data-may"));
}

#[tokio::test]
async fn policies_keep_their_versions_and_go_only_when_that_is_said() {
    let app = TestApp::start_with_people(TEAM).await;
    let mut ada = Browser::of(&app, "ada").await;
    let text = |role: &str| {
        format!("format = 1\n[stage.Production]\nsign_off = [{{ role = \"{role}\", count = 1 }}]\n")
    };
    let first = text("ml_engineer");
    let saved = ada.post("/policy", &[("text", &first), ("after", "0")]).await;
    assert_eq!(saved.leads_to, "/policy?saved=1", "{}", saved.html);
    assert!(ada.get(&saved.leads_to).await.html.contains("holds from now on"));
    let second = text("ops_engineer");
    assert_eq!(ada.post("/policy", &[("text", &second), ("after", "1")]).await.status, 303);

    let again = ada.post("/policy", &[("text", &second), ("after", "2")]).await;
    assert!(again.status == 400 && again.html.contains("Nothing is changed"), "{}", again.html);
    let empty = ada.post("/policy", &[("text", "  "), ("after", "2")]).await;
    assert!(empty.status == 400 && empty.html.contains("take it away"), "{}", empty.html);
    let old = ada.get("/policy?version=1").await.html;
    assert!(
        old.contains("the text of version 1") && old.contains("role = &quot;ml_engineer&quot;")
            || old.contains("ml_engineer"),
        "{old}"
    );

    let gone = ada.post("/policy", &[("remove", "1"), ("after", "2"), ("reason", "we start anew")]).await;
    assert_eq!(gone.status, 303, "{}", gone.html);
    assert!(ada.get("/policy").await.html.contains("No policy holds"));
    assert_eq!(ada.post("/policy", &[("text", &first), ("after", "3")]).await.status, 303, "put back");
    let mut erin = Browser::of(&app, "erin").await;
    let read = erin.get("/policy").await.html;
    assert!(read.contains("An admin can change it") && !read.contains("<textarea"), "{read}");
}

#[tokio::test]
async fn a_policy_is_kept_and_read_as_the_file_that_it_is() {
    let app = TestApp::start_with_people(TEAM).await;
    let ada = Person::new(&app, "ada").await;
    let text = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 1 }]\n";
    let put = |text: &'static str, query: &str| {
        let request = app.request(Method::PUT, &format!("/api/v1/policy{query}")).bearer_auth(&ada.token);
        app.send(request.header(header::CONTENT_TYPE, "application/toml").body(text))
    };
    let saved = put(text, "?reason=from%20the%20repository&after=0").await;
    assert_eq!((saved.status.as_u16(), &saved.json["version"]), (200, &json!(1)), "{}", saved.json);
    let read = app.request(Method::GET, "/api/v1/policy").bearer_auth(&ada.token);
    let read = read.header(header::ACCEPT, "application/toml").send().await.expect("an answer");
    assert_eq!(read.text().await.expect("text"), text);
    let history = ada.get("/api/v1/policy").await;
    assert_eq!(history["history"][0]["reason"], "from the repository");
    assert_eq!(put("format = 1\n[stage.Production", "").await.status, 400);
    assert_eq!(put(text, "?after=0").await.status, 400, "somebody saved one meanwhile");
}

#[tokio::test]
async fn the_audit_log_is_narrowed_by_day_and_part_on_the_page_and_in_its_export() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    dana.register(0.9).await;
    let mut ada = Browser::of(&app, "ada").await;
    let rows = |html: &str| html.matches("model.create").count();
    assert_eq!(rows(&ada.get("/audit?subject=chur&from=2026-01-01").await.html), 1);
    assert_eq!(rows(&ada.get("/audit?subject=chur&until=2001-01-01").await.html), 0);
    assert!(
        ada.get("/audit?subject=chur").await.html.contains("audit.jsonl?actor=&amp;action=&amp;subject=chur")
    );
    let lines = ada.get("/api/v1/audit.jsonl?subject=chur&action=model.create").await.html;
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let wrong = ada.get("/audit?from=yesterday").await;
    assert!(wrong.status == 400 && wrong.html.contains("2026-11-30"), "{}", wrong.html);
}

#[tokio::test]
async fn an_admin_takes_somebodys_token_away_and_no_token_does() {
    let app = TestApp::start_with_people(TEAM).await;
    let [ada, dana] = Person::each(&app, ["ada", "dana"]).await;
    let mut browser = Browser::of(&app, "ada").await;
    let users = browser.get("/users?q=dana").await.html;
    let path = users.split("href=\"/users/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let path = format!("/users/{path}");
    let page = browser.get(&path).await.html;
    assert!(page.contains("API tokens of dana") && page.contains("read, write, review"), "{page}");
    let id =
        page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    for (person, status) in [(&dana, 403), (&ada, 403)] {
        let form = app.request(Method::POST, &format!("{path}/revoke")).bearer_auth(&person.token);
        assert_eq!(app.send(form.form(&[("id", id)])).await.status, status, "by a token");
    }
    assert_eq!(browser.post(&format!("{path}/revoke"), &[("id", id)]).await.status, 303);
    assert!(browser.get(&path).await.html.contains("No tokens yet"));
    let me = dana.send(Method::GET, "/api/2.0/mlflow/experiments/search?max_results=1", Value::Null).await;
    assert_eq!(me.status, 401);
}

#[tokio::test]
async fn whoever_may_not_delete_an_experiment_is_not_offered_it() {
    let app = TestApp::start_with_people(TEAM).await;
    let ada = Person::new(&app, "ada").await;
    let made = ada.mlflow("experiments/create", json!({ "name": "closed" })).await;
    let id = made["experiment_id"].as_str().expect("an id").to_owned();
    let grants = json!({ "grants": [{ "user": "dana", "level": "edit" }] });
    let path = format!("/api/v1/experiments/{id}/permissions");
    assert_eq!(ada.send(Method::PUT, &path, grants).await.status, 200);
    for (name, is_offered) in [("ada", true), ("dana", false)] {
        let page = Browser::of(&app, name).await.get(&format!("/experiments/{id}")).await.html;
        assert_eq!(page.contains("Delete experiment"), is_offered, "{name}");
    }
}

#[tokio::test]
async fn whoever_moves_a_version_is_told_why_they_are_asked_for_a_review() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    let version = dana.register(0.9).await;
    let mut browser = Browser::of(&app, "dana").await;
    let fields = [("stage", "Production")];
    let moved = browser.post(&format!("/models/churn/versions/{version}/stage"), &fields).await;
    assert_eq!(moved.status, 303, "{}", moved.html);
    let page = browser.get(&moved.leads_to).await.html;
    assert!(page.contains("Nothing has moved: Production is reached by a review"), "{page}");
}

#[tokio::test]
async fn a_model_without_versions_is_whose_who_made_it() {
    let app = TestApp::start_with_people(TEAM).await;
    let dana = Person::new(&app, "dana").await;
    dana.mlflow("registered-models/create", json!({ "name": "empty" })).await;
    let page = Browser::of(&app, "otto").await.get("/models?q=empty").await.html;
    assert!(page.contains("<td>dana"), "{page}");
}
