use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, header};
use serde_json::json;

use crate::app::{PASSWORD, TestApp, add_user};
use crate::browser::{Browser, value_of};

const PEOPLE: &[(&str, &[&str])] =
    &[("ada", &["admin"]), ("dana", &["data_scientist"]), ("vera", &["viewer"])];

async fn token(browser: &mut Browser<'_>, label: &str, scopes: &[&str]) -> String {
    let mut fields = vec![("label", label), ("expires", "30")];
    fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
    let page = browser.post("/account/tokens/create", &fields).await;
    assert_eq!(page.status, 200, "{}", page.html);
    value_of(&page, "Copy this").to_owned()
}

async fn create(app: &TestApp, name: &str, authorization: &str) -> (u16, String) {
    let request = app.request(Method::POST, "/api/2.0/mlflow/experiments/create");
    let reply =
        app.send(request.json(&json!({ "name": name })).header(header::AUTHORIZATION, authorization)).await;
    (reply.status.as_u16(), reply.json["error_code"].as_str().unwrap_or_default().to_owned())
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

#[tokio::test]
async fn the_first_admin_comes_in_by_a_link_that_works_once() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::start_with(data, &[]).await;
    let link = app.first_link().expect("is printed");
    let path = link.strip_prefix(&app.url).expect("leads here").to_owned();
    let key = path.split_once("key=").expect("a key").1.to_owned();
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/experiments").await.leads_to, "/sign-in?next=%2Fexperiments");
    for _ in 0..2 {
        let page = browser.get(&path).await;
        assert!(page.status == 200 && page.html.contains("first admin"), "looking doesn't use it up");
    }
    let fill = |password: &'static str, again: &'static str| {
        [
            ("name", "ada".to_owned()),
            ("key", key.clone()),
            ("password", password.into()),
            ("again", again.into()),
        ]
    };
    for (password, again, why) in
        [("short", "short", "at least 12"), (PASSWORD, "another", "differ"), ("", "", "at least 12")]
    {
        let fields = fill(password, again);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = browser.post("/welcome", &fields).await;
        assert!(page.status == 400 && page.html.contains(why), "{}", page.html);
    }
    let fields = fill(PASSWORD, PASSWORD);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post("/welcome", &fields).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/"));
    assert!(browser.get("/users").await.html.contains("ada"));
    let mut other = Browser::new(&app);
    assert_eq!(other.post("/welcome", &fields).await.status, 410);
    assert_eq!(other.get(&path).await.status, 410);
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut browser = Browser::new(&app);
    let page = browser.post("/sign-in", &[("name", "dana"), ("password", "wrong password")]).await;
    assert!(page.status == 401 && page.html.contains("wrong") && browser.cookie.is_empty());
    let unknown = browser.post("/sign-in", &[("name", "nobody-here"), ("password", "wrong password")]).await;
    assert_eq!(unknown.html.replace("nobody-here", "dana"), page.html, "names can't be told from each other");

    let request = browser
        .request(Method::POST, "/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(format!("name=DANA&password={PASSWORD}&next=%2Fexperiments%3Fq%3D1"));
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()[header::LOCATION], "/experiments?q=1");
    let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text").to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this server is reached by http");

    let mut first = Browser::of(&app, "dana").await;
    let mut second = Browser::of(&app, "dana").await;
    assert_ne!(first.cookie, second.cookie);
    assert!(first.get("/account").await.html.contains("dana"));
    let ended = first.cookie.clone();
    assert_eq!(first.post("/sign-out", &[]).await.leads_to, "/sign-in");
    first.cookie = ended;
    assert_eq!(first.get("/account").await.leads_to, "/sign-in?next=%2Faccount");
    assert_eq!(second.get("/account").await.status, 200);
    let mut third = Browser::of(&app, "dana").await;
    assert_eq!(third.post("/account/sign-out-everywhere", &[]).await.status, 303);
    assert_eq!(second.get("/account").await.status, 303);
    // A cookie that somebody made up.
    second.cookie = format!("{}AAAAAAAAAAAAAAAAAAAAAA", &cookie[..=cookie.find('=').expect("a name")]);
    assert_eq!(second.get("/account").await.status, 303);
}

#[tokio::test]
async fn how_long_a_session_lasts_is_configured() {
    let data = tempfile::tempdir().expect("a folder");
    add_user(data.path(), "dana", &["viewer"]);
    let file = data.path().join("elsewhere.toml");
    std::fs::write(&file, "[session]\nidle = \"20m\"\n").expect("is written");
    let app = TestApp::start_with(data, &["--config", file.to_str().expect("text")]).await;
    let request = Browser::new(&app)
        .request(Method::POST, "/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(format!("name=dana&password={PASSWORD}"));
    let response = request.send().await.expect("an answer");
    let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text");
    let (_, rest) = cookie.split_once("Max-Age=").expect("an end");
    let seconds: i64 = rest.split(';').next().expect("a number").parse().expect("a number");
    assert!((1100..=1200).contains(&seconds), "{cookie}");
}

#[tokio::test]
async fn guessing_passwords_gets_slow() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut browser = Browser::new(&app);
    let mut statuses = Vec::new();
    for _ in 0..7 {
        let page = browser.post("/sign-in", &[("name", "dana"), ("password", "not the password")]).await;
        statuses.push(page.status.as_u16());
    }
    assert_eq!(statuses[..5], [401; 5]);
    assert!(statuses[5..].contains(&429), "{statuses:?}");
    // Programs are told in a way that doesn't make them hang; the right password has to wait, too.
    let (status, code) = create(&app, "a", &basic("dana", PASSWORD)).await;
    assert_eq!((status, code.as_str()), (401, "UNAUTHENTICATED"));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(create(&app, "a", &basic("dana", PASSWORD)).await.0, 200);
}

#[tokio::test]
async fn the_right_password_of_many_workers_at_once_lets_each_in() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let authorization = basic("dana", PASSWORD);
    let calls = (0..12).map(|number| {
        let (app, authorization) = (&app, &authorization);
        async move { create(app, &format!("of worker {number}"), authorization).await.0 }
    });
    let statuses = futures::future::join_all(calls).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let browser = Browser::of(&app, "ada").await;
    let send = |origin: Option<&'static str>, site: Option<&'static str>| {
        let request = app
            .request(Method::POST, "/users/add")
            .header(header::COOKIE, &browser.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("name=mallory&roles=admin");
        let request = match origin {
            Some(origin) => request.header(header::ORIGIN, origin),
            None => request,
        };
        match site {
            Some(site) => request.header("sec-fetch-site", site),
            None => request,
        }
    };
    for (origin, site) in [
        (None, None),
        (Some("null"), None),
        (Some("http://evil.example"), Some("same-origin")),
        (Some("http://127.0.0.1:1"), None),
        (None, Some("cross-site")),
        (None, Some("same-site")),
    ] {
        let reply = app.send(send(origin, site)).await;
        assert_eq!(reply.status, 403, "{origin:?} {site:?}");
    }
    // Signing somebody in to another account is a change, too.
    let sign_in = app
        .request(Method::POST, "/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "http://evil.example")
        .body(format!("name=dana&password={PASSWORD}"));
    assert_eq!(app.send(sign_in).await.status, 403);
    let mut ada = Browser::of(&app, "ada").await;
    assert!(!ada.get("/users").await.html.contains("mallory"));
}

#[tokio::test]
async fn programs_come_in_by_token_or_password() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut dana = Browser::of(&app, "dana").await;
    let secret = token(&mut dana, "ci", &["read", "write"]).await;
    let reading = token(&mut dana, "reading", &["read"]).await;
    for (number, authorization) in [
        format!("Bearer {secret}"),
        basic("dana", &secret),
        basic("token", &secret),
        basic("dana", PASSWORD),
        basic("DANA", PASSWORD),
    ]
    .iter()
    .enumerate()
    {
        let outcome = create(&app, &format!("made {number}"), authorization).await;
        assert_eq!(outcome.0, 200, "{authorization}");
    }
    for authorization in [
        format!("Bearer {secret}x"),
        "Bearer cs_".into(),
        "Bearer ".into(),
        basic("ada", &secret),
        basic("dana", "wrong"),
        basic("", ""),
        "Digest x".into(),
    ] {
        let outcome = create(&app, "not made", &authorization).await;
        assert_eq!(outcome, (401, "UNAUTHENTICATED".into()), "{authorization}");
    }
    assert_eq!(create(&app, "x", &format!("Bearer {reading}")).await, (403, "PERMISSION_DENIED".into()));
    let nobody = app.post("experiments/create", json!({ "name": "x" })).await;
    assert_eq!((nobody.status.as_u16(), &nobody.json["error_code"]), (401, &json!("UNAUTHENTICATED")));

    // A token gets at no account, not even its owner's.
    for path in ["/account", "/users"] {
        let request = app.request(Method::GET, path).bearer_auth(&secret);
        assert_eq!(app.send(request).await.status, 403, "{path}");
    }
    let page = dana.get("/account").await;
    let id = page.html.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    dana.post("/account/tokens/revoke", &[("id", id.expect("a token"))]).await;
    let left = [&secret, &reading];
    let mut refused = 0;
    for secret in left {
        let request = app.request(Method::GET, "/api/2.0/mlflow/experiments/get?experiment_id=0");
        refused += u8::from(app.send(request.bearer_auth(secret)).await.status == 401);
    }
    assert_eq!(refused, 1, "one of two is revoked");
}

#[tokio::test]
async fn an_admin_makes_tokens_for_a_job_and_none_that_sign() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut ada = Browser::of(&app, "ada").await;
    let html = ada.get("/users?q=dana").await.html;
    let id = html.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("dana");
    let address = format!("/users/{id}/tokens");
    let create_path = format!("{address}/create");
    let page = ada.get(&address).await.html;
    assert!(page.contains("API tokens of dana") && !page.contains("value=\"review\""), "{page}");
    let form =
        |label: &'static str, scope: &'static str| [("label", label), ("scopes", scope), ("expires", "30")];

    let refused = ada.post(&create_path, &form("signs", "review")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.html.contains("nobody signs for somebody else"), "{}", refused.html);
    for (label, scope, field) in [("", "read", "label"), ("ci", "everything", "everything")] {
        let refused = ada.post(&create_path, &form(label, scope)).await;
        assert!(refused.status == 400 && refused.html.contains(field), "{}", refused.html);
    }
    let made = ada.post(&create_path, &form("nightly", "write")).await;
    let secret =
        made.html.split("value=\"cs_").nth(1).and_then(|rest| rest.split('"').next()).expect("a secret");
    assert_eq!(create(&app, "as dana", &format!("Bearer cs_{secret}")).await.0, 200);
    assert!(!ada.get(&address).await.html.contains(secret), "it is shown once");

    assert_eq!(ada.get("/users/99999/tokens").await.status, 404);
    assert_eq!(ada.post("/users/99999/tokens/create", &form("x", "read")).await.status, 404);
    assert_eq!(ada.post("/users/disable", &[("id", id)]).await.status, 200);
    let refused = ada.post(&create_path, &form("another", "read")).await;
    assert!(refused.status == 400 && refused.html.contains("is disabled"), "{}", refused.html);
    let mut vera = Browser::of(&app, "vera").await;
    assert_eq!(vera.get(&address).await.status, 403);
    assert_eq!(vera.post(&create_path, &form("x", "read")).await.status, 403);
}

#[tokio::test]
async fn who_is_disabled_or_loses_a_role_is_out_with_the_next_request() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut dana = Browser::of(&app, "dana").await;
    let secret = token(&mut dana, "ci", &["read", "write"]).await;
    let mut ada = Browser::of(&app, "ada").await;
    let html = ada.get("/users?q=dana").await.html;
    let id = html.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("dana");
    let id = id.to_owned();
    assert_eq!(ada.post("/users/roles", &[("id", &id), ("roles", "viewer")]).await.status, 200);
    assert_eq!(create(&app, "x", &format!("Bearer {secret}")).await.0, 403);
    assert_eq!(ada.post("/users/roles", &[("id", &id)]).await.status, 400, "nobody is without a role");
    assert_eq!(ada.post("/users/roles", &[("id", &id), ("roles", "ml_engineer")]).await.status, 200);
    assert_eq!(create(&app, "x", &format!("Bearer {secret}")).await.0, 200);
    assert_eq!(ada.post("/users/disable", &[("id", &id)]).await.status, 200);
    assert_eq!(create(&app, "y", &format!("Bearer {secret}")).await.0, 401);
    assert_eq!(create(&app, "y", &basic("dana", PASSWORD)).await.0, 401);
    assert_eq!(dana.get("/account").await.leads_to, "/sign-in?next=%2Faccount");
    // The last admin stays.
    let html = ada.get("/users?q=ada").await.html;
    let own = html.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("ada");
    let page = ada.post("/users/disable", &[("id", own)]).await;
    assert!(page.status == 400 && page.html.contains("last admin"), "{}", page.html);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut here = Browser::of(&app, "dana").await;
    let mut elsewhere = Browser::of(&app, "dana").await;
    let change = |old: &'static str, new: &'static str| [("old", old), ("password", new), ("again", new)];
    let new = "a much better password";
    assert_eq!(here.post("/account/password", &change("wrong", new)).await.status, 400);
    assert_eq!(here.post("/account/password", &change(PASSWORD, "dana")).await.status, 400);
    let before = here.cookie.clone();
    assert_eq!(here.post("/account/password", &change(PASSWORD, new)).await.status, 200);
    assert_ne!(here.cookie, before);
    assert_eq!(here.get("/account").await.status, 200);
    assert_eq!(elsewhere.get("/account").await.status, 303);
    assert_eq!(create(&app, "x", &basic("dana", PASSWORD)).await.0, 401);
    assert_eq!(create(&app, "x", &basic("dana", new)).await.0, 200);
}

#[tokio::test]
async fn an_invitation_lets_one_person_choose_a_password() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut ada = Browser::of(&app, "ada").await;
    let page =
        ada.post("/users/add", &[("name", "erin"), ("roles", "ml_engineer"), ("roles", "viewer")]).await;
    assert_eq!(page.status, 200, "{}", page.html);
    let link = value_of(&page, "Copy this").to_owned();
    let key = link.split_once("/welcome?key=").expect("a link").1.to_owned();
    let mut erin = Browser::new(&app);
    let chosen = [("key", key.as_str()), ("password", PASSWORD), ("again", PASSWORD), ("name", "ada")];
    assert_eq!(erin.post("/welcome", &chosen).await.status, 303);
    let account = erin.get("/account").await;
    assert!(account.html.contains("<h1>erin</h1>") && account.html.contains("ML engineer, Viewer"));
    assert_eq!(erin.get("/users").await.status, 403);
    let twice = ada.post("/users/add", &[("name", "Erin"), ("roles", "viewer")]).await;
    assert!(twice.status == 400 && twice.html.contains("already exists"));
    for (name, role) in [("<b>", "viewer"), ("x", "root"), ("", "viewer"), ("local", "viewer")] {
        let page = ada.post("/users/add", &[("name", name), ("roles", role)]).await;
        assert!(page.status == 400 && !page.html.contains("<b>"), "{name} {role}");
    }
}
