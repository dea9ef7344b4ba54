//! Signing in at a real OpenID Connect provider: `server/tests/oidc`, which `cargo xtask test` sets up.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Method, Response, header};

use crate::app::{PASSWORD, TestApp, add_user, command};
use crate::browser::{Browser, Page};

const CALLBACK: &str = "/sign-in/oidc/callback";

/// A port that was free a moment ago: server and provider have to know each other's before they start.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Where the provider puts what it says of people.
#[derive(Debug, Clone, Copy)]
enum Claims {
    IdToken,
    UserInfo,
}

struct Provider {
    url: String,
    process: Child,
    http: reqwest::Client,
}

impl Provider {
    fn start(port: u16, app_port: u16, claims: Claims) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        let mut process = Command::new("node")
            .current_dir(folder)
            .args(["provider.mjs", &port.to_string(), &format!("http://127.0.0.1:{app_port}{CALLBACK}")])
            .arg(match claims {
                Claims::IdToken => "id-token",
                Claims::UserInfo => "userinfo",
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let lines = BufReader::new(process.stdout.take().expect("is piped")).lines();
        let is_ready = lines.map_while(Result::ok).any(|line| line.starts_with("ready"));
        assert!(is_ready, "the provider starts; are its packages there?");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self { url: format!("http://127.0.0.1:{port}"), process, http: http.build().expect("a client") }
    }

    async fn put_in_groups(&self, name: &str, groups: &str) {
        let request = self.http.put(format!("{}/test/groups/{name}", self.url)).body(groups.to_owned());
        assert_eq!(request.send().await.expect("an answer").status(), 204);
    }

    /// What somebody does there who was led to `url`; where they are led back to.
    async fn visit(&self, url: &str, name: &str, password: &str) -> String {
        let mut cookies = BTreeMap::new();
        let mut url = url.to_owned();
        let mut typed = None;
        for _ in 0..10 {
            let request = match typed.take() {
                Some(body) => self
                    .http
                    .post(&url)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(body),
                None => self.http.get(&url),
            };
            let sent: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let response = request.header(header::COOKIE, sent.join("; ")).send().await.expect("an answer");
            keep_cookies(&mut cookies, &response);
            if let Some(to) = response.headers().get(header::LOCATION) {
                let to = to.to_str().expect("text");
                url = if to.starts_with('/') { format!("{}{to}", self.url) } else { to.to_owned() };
                if !url.starts_with(&self.url) {
                    return url;
                }
            } else {
                assert_eq!(response.status(), 200, "{url}: {}", response.text().await.expect("text"));
                typed = Some(format!("login={name}&password={password}"));
            }
        }
        panic!("the provider leads nowhere");
    }
}

fn keep_cookies(cookies: &mut BTreeMap<String, String>, response: &Response) {
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        let pair = cookie.to_str().expect("text").split(';').next().expect("a pair");
        let (name, value) = pair.split_once('=').expect("a pair");
        cookies.insert(name.to_owned(), value.to_owned());
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server that trusts the provider on that port; `ada` has a password, and nobody else is known.
async fn server(port: u16, provider_port: u16) -> TestApp {
    let data = tempfile::tempdir().expect("a folder");
    let configuration = format!(
        r#"
        public_url = "http://127.0.0.1:{port}"
        [oidc]
        issuer = "http://127.0.0.1:{provider_port}"
        client_id = "countersign"
        client_secret_file = "secret"
        name = "Example"
        scopes = ["profile", "email", "groups"]
        [oidc.roles]
        ml-engineers = ["ml_engineer"]
        ops = ["ops_engineer"]
        everyone = ["viewer"]
        "#
    );
    fs::write(data.path().join("countersign.toml"), configuration).expect("is written");
    fs::write(data.path().join("secret"), "countersign-secret\n").expect("is written");
    add_user(data.path(), "ada", &["admin"]);
    TestApp::start_at(port, data, &[]).await
}

async fn both(claims: Claims) -> (TestApp, Provider) {
    let (port, provider_port) = (free_port(), free_port());
    let provider = Provider::start(provider_port, port, claims);
    (server(port, provider_port).await, provider)
}

/// The callback's path with all that the provider sends along.
async fn signed_in_there(
    browser: &mut Browser<'_>,
    app: &TestApp,
    provider: &Provider,
    start: &str,
    (name, password): (&str, &str),
) -> String {
    let led = browser.get(start).await;
    assert!(led.leads_to.starts_with(&provider.url), "{}: {}", led.status, led.html);
    let back = provider.visit(&led.leads_to, name, password).await;
    back.strip_prefix(&app.url).expect("back to the server").to_owned()
}

/// All of it, in a browser of their own.
async fn sign_in<'a>(app: &'a TestApp, provider: &Provider, name: &str) -> (Browser<'a>, Page) {
    let mut browser = Browser::new(app);
    let start = "/sign-in/oidc?next=%2Fexperiments";
    let back = signed_in_there(&mut browser, app, provider, start, (name, "secret")).await;
    let page = browser.get(&back).await;
    (browser, page)
}

fn is_turned_away(page: &Page, status: u16, why: &str) -> bool {
    page.status == status && page.html.contains("<h1>Sign in</h1>") && page.html.contains(why)
}

#[tokio::test]
async fn without_a_provider_nothing_leads_to_one() {
    let app = TestApp::start_with_people(&[("ada", &["admin"])]).await;
    let mut browser = Browser::new(&app);
    assert!(!browser.get("/sign-in").await.html.contains("/sign-in/oidc"));
    for path in ["/sign-in/oidc", CALLBACK, "/sign-in/oidc/callback?code=x&state=y"] {
        let page = browser.get(path).await;
        assert!(
            page.status == 404 && page.html.contains("knows no identity provider"),
            "{path}: {}",
            page.html
        );
    }
    assert!(browser.cookie.is_empty());
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn groups_in_the_id_token_or_in_userinfo_give_roles() {
    for claims in [Claims::IdToken, Claims::UserInfo] {
        let (app, provider) = both(claims).await;
        let page = Browser::new(&app).get("/sign-in?next=%2Fexperiments").await;
        assert!(page.html.contains(r#"href="/sign-in/oidc?next=%2Fexperiments""#), "{}", page.html);
        assert!(page.html.contains("Sign in with Example"), "{}", page.html);

        let (mut otto, page) = sign_in(&app, &provider, "otto").await;
        assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/experiments"), "{claims:?}");
        let account = otto.get("/account").await;
        assert!(account.html.contains("<h1>otto</h1>"), "{}", account.html);
        assert!(account.html.contains("Ops engineer, Viewer"), "{claims:?}: {}", account.html);
        // The second time they are the same person.
        assert_eq!(sign_in(&app, &provider, "otto").await.1.status, 303);
        let mut ada = Browser::of(&app, "ada").await;
        assert!(!ada.get("/users").await.html.contains("otto-2"));
    }
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn a_name_that_is_taken_stays_its_owners() {
    let (app, provider) = both(Claims::IdToken).await;
    let (mut namesake, page) = sign_in(&app, &provider, "ada").await;
    assert_eq!(page.status, 303, "{}", page.html);
    assert!(namesake.get("/account").await.html.contains("<h1>ada-2</h1>"));
    assert_eq!(namesake.get("/users").await.status, 403, "she is no admin");
    let mut ada = Browser::of(&app, "ada").await;
    assert_eq!(ada.get("/users").await.status, 200);
    // Whoever comes from elsewhere has no password here.
    let mut browser = Browser::new(&app);
    assert_eq!(browser.post("/sign-in", &[("name", "ada-2"), ("password", PASSWORD)]).await.status, 401);
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn who_is_signed_in_shows_again_who_they_are() {
    let (app, provider) = both(Claims::IdToken).await;
    let (mut erin, _) = sign_in(&app, &provider, "erin").await;
    let page = erin.get("/sign-in?again=1&next=%2Faccount").await;
    assert!(page.html.contains("/sign-in/oidc?next=%2Faccount&amp;again=1"), "{}", page.html);
    let there = erin.get("/sign-in/oidc?next=%2Faccount&again=1").await;
    assert_eq!(there.status, 303);
    // Whoever turns back is still signed in.
    assert_eq!(erin.get("/account").await.status, 200);
    let back = provider.visit(&there.leads_to, "erin", "secret").await;
    let page = erin.get(back.strip_prefix(&app.url).expect("of this server")).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/account"), "{}", page.html);
    assert_eq!(erin.get("/account").await.status, 200);
    // Without that, whoever is signed in has nothing to do there.
    assert_eq!(erin.get("/sign-in/oidc?next=%2Faccount").await.leads_to, "/account");
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn the_way_back_works_once_and_only_for_who_set_out() {
    let (app, provider) = both(Claims::IdToken).await;
    let begin_anew = "begin anew";
    let go = async |browser: &mut Browser<'_>, name| {
        signed_in_there(browser, &app, &provider, "/sign-in/oidc", (name, "secret")).await
    };

    // Another state, and then the right one: it is used up.
    let mut browser = Browser::new(&app);
    let back = go(&mut browser, "erin").await;
    let cookie = browser.cookie.clone();
    let other_state = back.replace("state=", "state=x");
    assert!(is_turned_away(&browser.get(&other_state).await, 400, begin_anew));
    assert!(browser.cookie.is_empty(), "nothing is remembered any more");
    browser.cookie = cookie;
    assert!(is_turned_away(&browser.get(&back).await, 400, begin_anew));

    // Without the cookie: a link that somebody sent around.
    let mut erin = Browser::new(&app);
    let back = go(&mut erin, "erin").await;
    assert!(is_turned_away(&Browser::new(&app).get(&back).await, 400, begin_anew));

    // With somebody else's session.
    let mut mallory = Browser::new(&app);
    let theirs = go(&mut mallory, "vera").await;
    assert!(is_turned_away(&mallory.get(&back).await, 400, begin_anew));

    // Somebody else's code, by the state of the own session: what was kept here doesn't fit the code.
    let code = |back: &str| {
        let (_, code) = back.split_once("code=").expect("a code");
        code.split('&').next().expect("a code").to_owned()
    };
    let mixed = back.replace(&code(&back), &code(&theirs));
    let before = erin.cookie.clone();
    assert!(is_turned_away(&erin.get(&mixed).await, 400, "was not accepted"));

    // Once more, and now all is right; then the same address again.
    let back = go(&mut erin, "erin").await;
    let set_out = erin.cookie.clone();
    let page = erin.get(&back).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/"));
    assert!(erin.cookie != set_out && erin.cookie != before, "the session has a new id");
    let mut replay = Browser::new(&app);
    replay.cookie = set_out;
    assert!(is_turned_away(&replay.get(&back).await, 400, begin_anew));
    assert_eq!(erin.get(&back).await.leads_to, "/", "who is in stays in");
    assert_eq!(erin.get("/account").await.status, 200);
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn an_answer_that_names_no_issuer_or_another_is_refused() {
    let (app, provider) = both(Claims::IdToken).await;
    for change in ["", "&iss=http%3A%2F%2Fevil.example"] {
        let mut browser = Browser::new(&app);
        let back = signed_in_there(&mut browser, &app, &provider, "/sign-in/oidc", ("erin", "secret")).await;
        let (before, _) = back.split_once("&iss=").expect("the issuer names itself");
        let page = browser.get(&format!("{before}{change}")).await;
        assert!(is_turned_away(&page, 400, "was not accepted"), "{change}: {}", page.html);
    }
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn who_leaves_a_group_loses_its_role_and_without_any_nobody_comes_in() {
    let (app, provider) = both(Claims::IdToken).await;
    let no_role = "gives you no role here";
    let (_, page) = sign_in(&app, &provider, "vera").await;
    assert!(is_turned_away(&page, 403, no_role), "{}", page.html);
    let mut ada = Browser::of(&app, "ada").await;
    assert!(!ada.get("/users").await.html.contains("vera"), "who may not come in is not added");

    let (mut first, _) = sign_in(&app, &provider, "otto").await;
    provider.put_in_groups("otto", r#"["everyone"]"#).await;
    let (mut otto, _) = sign_in(&app, &provider, "otto").await;
    for browser in [&mut first, &mut otto] {
        let account = browser.get("/account").await;
        assert!(account.html.contains("Viewer") && !account.html.contains("Ops engineer"));
    }
    provider.put_in_groups("otto", "[]").await;
    let (_, page) = sign_in(&app, &provider, "otto").await;
    assert!(is_turned_away(&page, 403, no_role), "{}", page.html);
    assert_eq!(otto.get("/account").await.leads_to, "/sign-in?next=%2Faccount", "the sessions have ended");
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn who_is_disabled_here_does_not_come_in_from_elsewhere() {
    let (app, provider) = both(Claims::UserInfo).await;
    assert_eq!(sign_in(&app, &provider, "erin").await.1.status, 303);
    let disabled = command().args(["user", "disable", "erin", "--data"]).arg(app.data.path()).status();
    assert!(disabled.expect("it runs").success());
    let (mut erin, page) = sign_in(&app, &provider, "erin").await;
    assert!(is_turned_away(&page, 403, "is disabled"), "{}", page.html);
    assert_eq!(erin.get("/account").await.status, 303);
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn a_refusal_is_shown_as_text() {
    let (app, provider) = both(Claims::IdToken).await;
    let mut browser = Browser::new(&app);
    let start = "/sign-in/oidc?next=%2Fcompare";
    let back = signed_in_there(&mut browser, &app, &provider, start, ("erin", "wrong")).await;
    assert!(back.contains("error=access_denied"), "{back}");
    let page = browser.get(&back).await;
    assert!(is_turned_away(&page, 403, "wrong &lt;b&gt;password&lt;/b&gt;&lt;script&gt;"), "{}", page.html);
    assert!(!page.html.contains("<b>") && !page.html.contains("alert(1)</script>"));
    assert!(page.html.contains("/sign-in/oidc?next=%2Fcompare"), "they can try again");
    // Nobody else's words get on the page: without a sign-in under way they aren't even read.
    let words = browser.get(&format!("{CALLBACK}?error=x&error_description=call+555-0100")).await;
    assert!(is_turned_away(&words, 400, "begin anew") && !words.html.contains("555"));
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn signing_in_leads_to_a_page_of_this_server_only() {
    let (app, provider) = both(Claims::IdToken).await;
    for next in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "%2F%0D%0Ax"] {
        let mut browser = Browser::new(&app);
        let start = format!("/sign-in/oidc?next={next}");
        let back = signed_in_there(&mut browser, &app, &provider, &start, ("erin", "secret")).await;
        let page = browser.get(&back).await;
        assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/"), "{next}");
        assert_eq!(browser.get(&start).await.leads_to, "/", "who is in already isn't led elsewhere either");
    }
}

#[tokio::test]
#[ignore = "needs the packages that `cargo xtask test` sets up"]
async fn the_server_starts_without_its_provider_and_finds_it_later() {
    let (port, provider_port) = (free_port(), free_port());
    let app = server(port, provider_port).await;
    assert_eq!(app.send(app.request(Method::GET, "/health")).await.status, 200);
    let page = Browser::new(&app).get("/sign-in/oidc").await;
    assert!(is_turned_away(&page, 503, "reached now; try again"), "{}", page.html);
    assert!(Browser::of(&app, "ada").await.get("/account").await.status == 200, "passwords work");

    let provider = Provider::start(provider_port, port, Claims::IdToken);
    let mut led = Browser::new(&app).get("/sign-in/oidc").await;
    for _ in 0..50 {
        if led.status == 303 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        led = Browser::new(&app).get("/sign-in/oidc").await;
    }
    assert_eq!(led.status, 303, "{}", led.html);
    assert_eq!(sign_in(&app, &provider, "erin").await.1.status, 303);
}
