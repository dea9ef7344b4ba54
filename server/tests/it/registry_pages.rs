//! The registry's pages, and the forms on them.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::TestApp;
use crate::browser::{Browser, Page};

/// What must never reach a page as markup.
const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&";

const MLMODEL: &str = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\nmlflow_version: 3.3.2\n\
    signature:\n  inputs: '[{\"type\": \"double\", \"name\": \"age\", \"required\": true}, {\"type\": \"string\",\n    \
    \"name\": \"größe\", \"required\": false}]'\n  outputs: '[{\"type\": \"long\", \"required\": true}]'\n  \
    params: '[{\"name\": \"threshold\", \"type\": \"double\", \"default\": 0.5, \"shape\": null}]'\n";

/// What a form sends.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// A version of `model` whose files are these, in a run of its own with some metrics and params.
async fn version(app: &TestApp, model: &str, files: &[(&str, &str)], f1: f64) -> i64 {
    let experiment = app.create_experiment(&format!("e {f1}")).await;
    let run = app.create_run(&experiment).await;
    let metrics =
        json!([{ "key": "f1", "value": f1, "timestamp": 1 }, { "key": "rows", "value": 70, "timestamp": 1 }]);
    let params = json!([{ "key": "depth", "value": format!("{f1}") }, { "key": "seed", "value": "7" }]);
    app.log(&run, json!({ "metrics": metrics, "params": params })).await;
    let uri = app.run(&run).await["info"]["artifact_uri"].as_str().expect("a place").to_owned();
    let home = uri.strip_prefix("mlflow-artifacts:/").expect("is ours");
    for (path, text) in files {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/{home}/model/{path}");
        let reply = app.send(app.request(Method::PUT, &path).body((*text).to_owned())).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.json);
    }
    register(app, model, json!({ "source": format!("{uri}/model"), "run_id": run })).await
}

async fn register(app: &TestApp, model: &str, mut version: Value) -> i64 {
    version["name"] = json!(model);
    let reply = app.ok("model-versions/create", version).await;
    reply["model_version"]["version"].as_str().expect("a number").parse().expect("a number")
}

async fn model(app: &TestApp, name: &str) {
    app.ok("registered-models/create", json!({ "name": name })).await;
}

async fn transition(app: &TestApp, name: &str, version: i64, stage: &str) {
    let body = json!({ "name": name, "version": version.to_string(), "stage": stage, "archive_existing_versions": true });
    app.ok("model-versions/transition-stage", body).await;
}

/// The page, once it says so.
async fn until(browser: &mut Browser<'_>, path: &str, says: &str) -> Page {
    for _ in 0..200 {
        let page = browser.get(path).await;
        if page.html.contains(says) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} never says {says}: {}", browser.get(path).await.html);
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What a reader sees, without markup.
fn text_of(page: &Page) -> String {
    let mut text = String::new();
    let mut rest = page.html.split_once("<main").map_or(page.html.as_str(), |(_, main)| main);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before.split_once('>').map_or(before, |(_, inside)| inside));
        text.push(' ');
        rest = tag;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_has(page: &Page, parts: &[&str]) {
    let text = text_of(page);
    for part in parts {
        assert!(text.contains(part), "`{part}` isn't in: {text}");
    }
}

#[tokio::test]
async fn a_versions_files_are_hashed_and_its_signature_is_shown() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    model(&app, "churn").await;
    let weights = "x".repeat(3_000_000);
    let example = r#"{"columns": ["age", "größe"], "data": [[41.5, "m"], [12.0, "s"]]}"#;
    let files = [
        ("MLmodel", MLMODEL),
        ("data/model.pkl", weights.as_str()),
        ("input_example.json", example),
        ("empty", ""),
    ];
    version(&app, "churn", &files, 0.5).await;

    let page = until(&mut browser, "/models/churn/versions/1", "4 files").await;

    for (path, content) in files {
        assert!(page.html.contains(&sha256(content)), "{path}");
        assert!(page.html.contains(path));
    }
    assert_has(
        &page,
        &["Inputs", "age double required", "größe string optional", "Outputs", "threshold double 0.5"],
    );
    assert_has(&page, &["Example input", "41.5 m", "Nothing serves yet"]);
    let href = "/model-versions/get-artifact?name=churn&amp;version=1&amp;path=data/model.pkl";
    assert!(page.html.contains(href), "{}", page.html);
    let reply = app.send(app.request(Method::GET, &href.replace("&amp;", "&"))).await;
    assert_eq!(reply.json, weights);
}

#[tokio::test]
async fn files_that_are_elsewhere_gone_or_broken_are_said_to_be() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    model(&app, "m").await;
    register(&app, "m", json!({ "source": "s3://bucket/models/m" })).await;
    version(&app, "m", &[], 0.1).await;
    version(&app, "m", &[("MLmodel", "signature: [unclosed")], 0.2).await;
    version(&app, "m", &[("MLmodel", "signature:\n  inputs: 'no JSON'\n")], 0.3).await;
    let page = until(&mut browser, "/models/m/versions/1", "in a store that this server doesn’t read").await;
    assert_has(&page, &["Signature It isn’t known", "Example input It isn’t known"]);
    until(&mut browser, "/models/m/versions/2", "The files can’t be read").await;
    let page = until(&mut browser, "/models/m/versions/3", "1 file,").await;
    assert_has(&page, &["The model was logged without one"]);
    let page = until(&mut browser, "/models/m/versions/4", "1 file,").await;
    assert_has(&page, &["The signature's inputs can't be read"]);
}

#[tokio::test]
async fn a_prompt_shows_its_template_and_what_reviews_sign_of_it() {
    let app = TestApp::start().await;
    let is_prompt = json!({ "key": "mlflow.prompt.is_prompt", "value": "true" });
    app.ok("registered-models/create", json!({ "name": "summary", "tags": [is_prompt] })).await;
    let text = json!({ "key": "mlflow.prompt.text", "value": "Summarize: {{ <text> }}" });
    register(&app, "summary", json!({ "source": "prompt-template", "tags": [is_prompt, text] })).await;
    let page = Browser::new(&app).get("/models/summary/versions/1").await;
    assert_has(
        &page,
        &["Template Summarize: {{ &lt;text&gt; }}", "A prompt’s text and settings are in its tags"],
    );
    assert!(!text_of(&page).contains("Model card") && !page.html.contains("/stage\""));
}

#[tokio::test]
async fn what_could_not_be_read_is_tried_again_at_the_next_start() {
    let app = TestApp::start().await;
    model(&app, "m").await;
    version(&app, "m", &[], 0.1).await;
    until(&mut Browser::new(&app), "/models/m/versions/1", "The files can’t be read").await;
    let runs: Vec<_> = std::fs::read_dir(app.data.path().join("artifacts")).into_iter().flatten().collect();
    assert!(runs.is_empty(), "nothing was uploaded");
    let run = app.get("model-versions/get?name=m&version=1").await.json["model_version"]["source"].clone();
    let home =
        run.as_str().and_then(|uri| uri.strip_prefix("mlflow-artifacts:/")).expect("is ours").to_owned();
    let path = format!("/api/2.0/mlflow-artifacts/artifacts/{home}/late.txt");
    app.send(app.request(Method::PUT, &path).body("late")).await;
    let app = TestApp::start_on(app.kill()).await;
    until(&mut Browser::new(&app), "/models/m/versions/1", &sha256("late")).await;
}

#[tokio::test]
async fn the_list_finds_models_by_name_and_tag_and_leaves_prompts_to_themselves() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/models").await;
    assert_has(&page, &["No models yet", "mlflow.register_model", &app.url]);
    for name in ["churn", "Größe & Gewicht"] {
        model(&app, name).await;
    }
    app.ok("registered-models/set-tag", json!({ "name": "churn", "key": "team", "value": "risk" })).await;
    let tags = json!([{ "key": "mlflow.prompt.is_prompt", "value": "true" }]);
    app.ok("registered-models/create", json!({ "name": "summary", "tags": tags })).await;
    version(&app, "churn", &[], 0.5).await;
    transition(&app, "churn", 1, "Production").await;

    let page = browser.get("/models").await;
    assert!(
        page.html.contains("<title>Models · Countersign</title>")
            && page.html.contains("aria-sort=\"ascending\"")
    );
    assert!(page.html.contains("href=\"/models/Gr%C3%B6%C3%9Fe%20%26%20Gewicht\""), "{}", page.html);
    assert!(page.html.contains("href=\"/models/churn/versions/1\"") && !text_of(&page).contains("summary"));
    for (query, finds, not) in [
        ("q=CHUR", "churn", "Gewicht"),
        ("q=team%3Drisk", "churn", "Gewicht"),
        ("q=gewicht", "Gewicht", "churn"),
        ("kind=prompts", "summary", "churn"),
    ] {
        let page = browser.get(&format!("/models?{query}")).await;
        let table = page.html.split_once("<tbody").expect("a table").1.to_owned();
        assert!(table.contains(finds) && !table.contains(not), "{query}: {table}");
    }
    assert_has(&browser.get("/models?q=nothing").await, &["No model has “nothing”", "Clear the search"]);
    assert_has(&browser.get("/models?page=9").await, &["The list ends before this page"]);
    let page = browser.get("/models?sort=updated:desc").await;
    let (churn, other) = (page.html.find("/models/churn"), page.html.find("/models/Gr%C3%B6"));
    assert!(churn < other, "what changed last comes first");
}

#[tokio::test]
async fn a_model_is_a_board_a_table_and_a_lineage() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let name = "Größe & Gewicht 2";
    let path = "/models/Gr%C3%B6%C3%9Fe%20%26%20Gewicht%202";
    model(&app, name).await;
    assert_has(&browser.get(path).await, &["No versions yet", "nothing yet"]);
    for f1 in [0.5, 0.75, 0.875] {
        version(&app, name, &[], f1).await;
    }
    transition(&app, name, 1, "Production").await;
    transition(&app, name, 2, "Production").await;
    app.ok("registered-models/alias", json!({ "name": name, "alias": "champion", "version": "2" })).await;
    browser.post(&format!("{path}/primary-metric"), &[("metric", "f1"), ("better", "higher")]).await;

    let page = browser.get(path).await;
    assert!(page.html.contains("<title>Größe &amp; Gewicht 2 · Countersign</title>"));
    assert_has(
        &page,
        &["Production 1 Version 2 @champion f1 0.75", "Archived 1 Version 1", "No stage 1 Version 3"],
    );
    assert_has(&page, &["Serves version 2", "f1 higher is better"]);
    assert_has(&page, &["f1 over versions", "Over 3 versions: starts at 0.5, ends at 0.875"]);
    let page = browser.get(&format!("{path}?view=table&metric=rows")).await;
    assert_has(&page, &["Version Stage Aliases rows Run", "Version 2 Production @champion 70"]);
    assert!(page.html.contains("href=\"/experiments/1/runs/"), "{}", page.html);
    let page = browser.get(&format!("{path}?view=lineage")).await;
    assert_has(&page, &["Runs", "Versions", "Stages", "In words", "; it is in Production."]);
    assert!(page.html.contains("lineage-edge serves"));
    assert_eq!(browser.get(&format!("{path}?view=nonsense")).await.status, 200);
}

#[tokio::test]
async fn a_version_is_shown_against_the_one_that_serves() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    model(&app, "m").await;
    version(&app, "m", &[("MLmodel", MLMODEL)], 0.5).await;
    let narrower = MLMODEL.replace("\"required\": false", "\"required\": true");
    version(&app, "m", &[("MLmodel", &narrower)], 0.75).await;
    transition(&app, "m", 1, "Production").await;
    let page = browser.post("/models/m/primary-metric", &[("metric", "f1"), ("better", "lower")]).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/models/m"));
    until(&mut browser, "/models/m/versions/1", "1 file,").await;

    let page = until(&mut browser, "/models/m/versions/2", "1 file,").await;

    assert_has(
        &page,
        &["Against version 1, which serves", "f1 primary 0.75 0.5 +0.25 worse", "1 metric is the same"],
    );
    assert_has(&page, &["depth 0.75 0.5", "1 param is the same"]);
    assert_has(
        &page,
        &["Callers of version 1, which serves, will fail", "inputs.größe", "optional required"],
    );
    assert_has(&browser.get("/models/m/versions/1").await, &["This version serves", "Stage Production"]);
}

const CARD: &str = "## Intended use\n\nCalls **customers**.\n\n## Training data\n\nCRM.\n\n## Owner\n\nana\n";

#[tokio::test]
async fn a_card_is_written_and_what_it_lacks_is_named() {
    let app = TestApp::start_with_people(&[("ana", &["data_scientist"]), ("ada", &["admin"])]).await;
    let mut ana = Browser::of(&app, "ana").await;
    create_as(&mut ana, "registered-models/create", json!({ "name": "m" })).await;
    create_as(&mut ana, "model-versions/create", json!({ "name": "m", "source": "s3://b/m" })).await;
    let path = "/models/m/versions/1";
    let page = ana.get(path).await;
    assert_has(&page, &["Nobody has written one", "Author ana"]);
    assert!(page.html.contains("_Where does it work badly"), "the form is filled with the template");

    let written = CARD.replace('\n', "\r\n");
    let page = ana.post(&format!("{path}/card"), &[("text", &written)]).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, path));

    let page = ana.get(path).await;
    assert_has(&page, &["Missing: Limits, Ethics"]);
    assert!(page.html.contains("<strong>customers</strong>"), "{}", page.html);
    let long = "x".repeat(100_001);
    let page = ana.post(&format!("{path}/card"), &[("text", &long)]).await;
    assert!(page.status == 400 && page.html.contains(&long), "what was typed isn't lost");
    assert_has(&page, &["exceeds the maximum length of 100000"]);
    let list = ana.get("/models").await;
    assert_has(&list, &["m ana"]);
    let entries = audited(&app).await;
    let (_, actor, after) =
        entries.iter().find(|(action, ..)| action == "version.set_card").expect("is written down");
    assert!(actor == "ana" && after.contains("Calls **customers**") && !after.contains("\\r"), "{after}");
}

async fn create_as(browser: &mut Browser<'_>, call: &str, body: Value) {
    let request = browser.request(Method::POST, &format!("/api/2.0/mlflow/{call}")).json(&body);
    let page = browser.send(request).await;
    assert_eq!(page.status, 200, "{}", page.html);
}

/// Action, actor and what was after it, of all entries.
async fn audited(app: &TestApp) -> Vec<(String, String, String)> {
    let url = format!("sqlite://{}", app.database().display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.expect("opens");
    sqlx::query_as("SELECT action, actor, after FROM audit_entries ORDER BY id")
        .fetch_all(&mut connection)
        .await
        .expect("are read")
}

#[tokio::test]
async fn forms_change_models_and_versions_and_every_change_is_written_down() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let (name, model_path) = ("Ä b", "/models/%C3%84%20b");
    let version_path = format!("{model_path}/versions/1");
    model(&app, name).await;
    version(&app, name, &[], 0.5).await;
    version(&app, name, &[], 0.6).await;
    transition(&app, name, 2, "Production").await;
    let model_fields: [(&str, Fields); 6] = [
        ("description", &[("text", "Says *much*.")]),
        ("tags/set", &[("key", "team"), ("value", "risk")]),
        ("tags/set", &[("key", "gone"), ("value", "x")]),
        ("tags/delete", &[("key", "gone")]),
        ("aliases/set", &[("alias", "champion"), ("version", "2")]),
        ("primary-metric", &[("metric", "f1"), ("better", "higher")]),
    ];
    for (form, fields) in model_fields {
        let page = browser.post(&format!("{model_path}/{form}"), fields).await;
        assert_eq!(
            (page.status.as_u16(), page.leads_to.as_str()),
            (303, model_path),
            "{form}: {}",
            page.html
        );
    }
    let version_fields: [(&str, Fields); 6] = [
        ("description", &[("text", "Better.")]),
        ("tags/set", &[("key", "k"), ("value", "v")]),
        ("aliases/set", &[("alias", "challenger")]),
        ("aliases/set", &[("alias", "other")]),
        ("aliases/delete", &[("alias", "other")]),
        ("stage", &[("stage", "Production"), ("archive", "true")]),
    ];
    for (form, fields) in version_fields {
        let page = browser.post(&format!("{version_path}/{form}"), fields).await;
        assert_eq!((page.status.as_u16(), &page.leads_to), (303, &version_path), "{form}: {}", page.html);
    }
    let page = browser.get(model_path).await;
    assert!(page.html.contains("<em>much</em>") && page.html.contains("@champion"), "{}", page.html);
    assert_has(&page, &["team risk", "Serves version 1", "Archived 1 Version 2"]);
    assert!(!text_of(&page).contains("gone"));
    let page = browser.get(&version_path).await;
    assert_has(&page, &["Better.", "k v", "@challenger", "Production"]);
    assert!(!page.html.contains("alias\">@other") && text_of(&page).contains("took the alias @other away"));

    // Version 1's page doesn't take away an alias of version 2.
    browser.post(&format!("{version_path}/aliases/delete"), &[("alias", "champion")]).await;
    let alias = app.get("registered-models/alias?name=%C3%84%20b&alias=champion").await;
    assert_eq!(alias.json["model_version"]["version"], "2");

    let refused: [(String, Fields, &str); 7] = [
        (format!("{model_path}/aliases/set"), &[("alias", "v1"), ("version", "1")], "reserved"),
        (format!("{model_path}/aliases/set"), &[("alias", "x")], "choose the version"),
        (format!("{model_path}/tags/set"), &[("key", ""), ("value", "x")], "a key name must be provided"),
        (format!("{model_path}/primary-metric"), &[("metric", "<f1>")], "names may only contain"),
        (format!("{version_path}/stage"), &[("stage", "Live")], "invalid model version stage"),
        (format!("{version_path}/aliases/set"), &[("alias", "a b")], "an alias has letters"),
        (format!("{model_path}/delete"), &[("confirm", "another")], "nothing was deleted"),
    ];
    for (path, fields, why) in refused {
        let page = browser.post(&path, fields).await;
        assert!(page.status == 400 && page.html.contains("role=\"alert\""), "{path}: {}", page.status);
        assert!(text_of(&page).to_lowercase().contains(&why.to_lowercase()), "{path}: {}", text_of(&page));
    }

    let page = browser.post(&format!("{model_path}/versions/2/delete"), &[]).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, model_path));
    assert_eq!(browser.get(&format!("{model_path}/versions/2")).await.status, 404);
    let page = browser.post(&format!("{model_path}/delete"), &[("confirm", name)]).await;
    assert_eq!((page.status.as_u16(), page.leads_to.as_str()), (303, "/models"));
    assert_eq!(browser.get(model_path).await.status, 404);

    let entries = audited(&app).await;
    let written: Vec<_> = entries.iter().map(|(action, ..)| action.as_str()).collect();
    for action in [
        "model.update",
        "model.set_tag",
        "model.delete_tag",
        "model.set_alias",
        "model.delete_alias",
        "model.set_primary_metric",
        "version.update",
        "version.set_tag",
        "version.transition",
        "version.delete",
        "model.delete",
    ] {
        assert!(written.contains(&action), "{action} isn't in {written:?}");
    }
}

#[tokio::test]
async fn markup_in_any_text_is_text() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    // A name has no slash.
    let name = &HOSTILE.replace('/', "|");
    model(&app, name).await;
    let mlmodel = MLMODEL.replace("age", "<b onclick=x>age").replace("threshold", "<i>t");
    let example = json!({ "columns": [HOSTILE], "data": [[HOSTILE]] }).to_string();
    version(
        &app,
        name,
        &[("MLmodel", &mlmodel), ("input_example.json", &example), ("<img src=x>.txt", "")],
        0.5,
    )
    .await;
    version(&app, name, &[("MLmodel", &mlmodel), ("input_example.json", "<script>alert(1)</script>")], 0.25)
        .await;
    transition(&app, name, 2, "Production").await;
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
    let path = format!("/models/{encoded}");
    for of in [&path, &format!("{path}/versions/1")] {
        for (form, fields) in [
            ("description", vec![("text", HOSTILE)]),
            ("tags/set", vec![("key", HOSTILE), ("value", HOSTILE)]),
            ("tags/set", vec![("key", "plain"), ("value", HOSTILE)]),
            ("card", vec![("text", HOSTILE)]),
        ] {
            browser.post(&format!("{of}/{form}"), &fields).await;
        }
    }
    until(&mut browser, &format!("{path}/versions/1"), "3 files").await;
    let pages = [
        "/models".to_owned(),
        format!("/models?q={encoded}"),
        format!("/models?q={encoded}nothing"),
        path.clone(),
        format!("{path}?view=table"),
        format!("{path}?view=lineage"),
        format!("{path}?metric={encoded}"),
        format!("{path}/versions/1"),
        format!("{path}/versions/2"),
        format!("{path}x"),
        format!("{path}/versions/{encoded}"),
    ];
    for path in pages {
        let request = browser.request(Method::GET, &path);
        let response = request.send().await.expect("an answer");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(
            policy.contains("script-src 'self'") && !policy.contains("script-src 'self' 'unsafe-inline'")
        );
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let html = response.text().await.expect("text");
        // A picture of this server may stand in Markdown; it has lost what it would do.
        let html = html.replace("<img src=\"x\">", "");
        for markup in ["<script>alert", "<img", "<b onclick", "<i>t", "onerror=alert(2)>\""] {
            assert!(!html.contains(markup), "{path} has {markup}: {html}");
        }
        assert!(html.matches("<script").count() == 1, "{path}: only the theme's script");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    model(&app, "m").await;
    for path in [
        "/models/nothing",
        "/models/m/versions/9",
        "/models/m/versions/x",
        "/models/m/versions/-1",
        "/models/m/versions/99999999999999999999",
        "/models/nothing/versions/1",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_has(&page, &["Nothing is here", "All models"]);
        assert!(page.html.contains("site-header"), "in the frame");
    }
    for path in ["/models/a%3Ab", "/models/%FF", "/models?q=%00"] {
        let page = browser.get(path).await;
        assert!(page.status == 400 && page.html.contains("That isn’t possible"), "{path}: {}", page.html);
    }
    for path in ["/models/nothing/description", "/models/m/versions/9/stage", "/models/m/versions/9/delete"] {
        let page = browser.post(path, &[("text", "x"), ("stage", "Staging")]).await;
        assert!(page.status == 404 && page.html.contains("Nothing is here"), "{path}: {}", page.status);
    }
}

#[tokio::test]
async fn a_viewer_is_offered_no_form_and_refused_one() {
    let app = TestApp::start_with_people(&[("ana", &["ml_engineer"]), ("vera", &["viewer"])]).await;
    let mut ana = Browser::of(&app, "ana").await;
    create_as(&mut ana, "registered-models/create", json!({ "name": "m" })).await;
    create_as(&mut ana, "model-versions/create", json!({ "name": "m", "source": "s3://b/m" })).await;
    let mut vera = Browser::of(&app, "vera").await;
    for path in ["/models/m", "/models/m/versions/1"] {
        assert!(ana.get(path).await.html.contains("method=\"post\""));
        let page = vera.get(path).await;
        assert!(page.status == 200 && !page.html.contains("method=\"post\""), "{}", page.html);
        assert_has(&page, &["You may look and ask for reviews, but change nothing here"]);
    }
    for path in [
        "/models/m/description",
        "/models/m/versions/1/card",
        "/models/m/versions/1/stage",
        "/models/m/delete",
    ] {
        let fields = [("text", "x"), ("stage", "Production"), ("confirm", "m")];
        assert_eq!(vera.post(path, &fields).await.status, 403, "{path}");
    }
    assert_has(&vera.get("/models/m/versions/1").await, &["No description."]);
    let mut nobody = Browser::new(&app);
    assert_eq!(nobody.get("/models/m").await.leads_to, "/sign-in?next=%2Fmodels%2Fm");
}
