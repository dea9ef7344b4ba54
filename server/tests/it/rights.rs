//! Each route, called as everyone who may not.

use reqwest::{Method, StatusCode};
use server::rights::{PREFIXES, Right, TABLE};

use crate::app::TestApp;
use crate::browser::{Browser, value_of};

/// An address that the route answers to.
fn address(path: &str) -> String {
    let is_dialect = path.starts_with("/mlflow");
    let filled: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
    format!("{}{}", if is_dialect { PREFIXES[0] } else { "" }, filled.join("/"))
}

async fn token(app: &TestApp, name: &str, scopes: &[&str]) -> String {
    let mut browser = Browser::of(app, name).await;
    let label = scopes.join(" ");
    let mut fields = vec![("label", label.as_str()), ("expires", "")];
    fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
    let page = browser.post("/account/tokens/create", &fields).await;
    value_of(&page, "Copy this").to_owned()
}

async fn status(app: &TestApp, method: &str, path: &str, token: Option<&str>) -> StatusCode {
    let method: Method = method.parse().expect("a method");
    let request = app.request(method, &address(path));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    app.send(request).await.status
}

#[tokio::test]
async fn every_route_is_refused_to_everyone_with_less_than_its_right() {
    let app = TestApp::start_with_people(&[
        ("ada", &["admin"]),
        ("dana", &["data_scientist"]),
        ("vera", &["viewer"]),
    ])
    .await;
    let viewer = token(&app, "vera", &["read", "write", "review"]).await;
    let engineer = token(&app, "dana", &["read", "write", "review"]).await;
    let reading = token(&app, "ada", &["read"]).await;
    let writing = token(&app, "ada", &["write"]).await;
    let reviewing = token(&app, "ada", &["review"]).await;
    let admin = token(&app, "ada", &["write", "read", "review"]).await;
    for (method, path, right) in TABLE {
        // Server functions have a number in their address: see `server_functions_are_listed`.
        if path.starts_with("/ui/") {
            continue;
        }
        let (nobody, refused): (bool, &[(&str, &String)]) = match right {
            Right::Anyone => (false, &[]),
            Right::Read => (true, &[("writing", &writing), ("reviewing", &reviewing)]),
            Right::Write => (true, &[("viewer", &viewer), ("reading", &reading), ("reviewing", &reviewing)]),
            Right::Review => (true, &[("viewer", &viewer), ("reading", &reading), ("writing", &writing)]),
            Right::Ask => (true, &[("viewer", &viewer), ("reading", &reading)]),
            Right::Account | Right::People => (true, &[("any token", &admin), ("reading", &reading)]),
            Right::Admin => (true, &[("viewer", &viewer), ("engineer", &engineer), ("reading", &reading)]),
        };
        if nobody {
            let status = status(&app, method, path, None).await;
            assert!(status == 401 || status == 403, "{method} {path} by nobody: {status}");
        }
        for (who, token) in refused {
            let status = status(&app, method, path, Some(token)).await;
            assert_eq!(status, 403, "{method} {path} by {who}");
        }
        let enough = match right {
            // Nothing is refused there but what is typed; a token gets at no account.
            Right::Anyone | Right::Account | Right::People => continue,
            Right::Read | Right::Review | Right::Admin => &admin,
            Right::Write => &engineer,
            Right::Ask => &writing,
        };
        let status = status(&app, method, path, Some(enough)).await;
        assert!(status != 401 && status != 403 && status != 405, "{method} {path} by who may: {status}");
    }
}

#[tokio::test]
async fn server_functions_are_listed_and_refused_to_nobody_who_may_not() {
    let app = TestApp::start_with_people(&[("ada", &["admin"]), ("vera", &["viewer"])]).await;
    let mut vera = Browser::of(&app, "vera").await;
    let mut paths = app::server_functions();
    paths.sort_unstable();
    for path in &paths {
        let name = path.trim_end_matches(|c: char| c.is_ascii_digit());
        let (_, _, right) = TABLE.iter().find(|(_, listed, _)| listed == &name).expect(name);
        assert_eq!(Browser::new(&app).post(path, &[]).await.status, 401, "{path}");
        let status = vera.post(path, &[]).await.status;
        assert_eq!(status == 403, *right == Right::Write, "{path} by a viewer: {status}");
    }
    let listed = TABLE.iter().filter(|(_, path, _)| path.starts_with("/ui/")).count();
    assert_eq!(listed, paths.len());
}
