//! The reference's whole route table: each route is served here, or is not ours for a reason.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::app::TestApp;

/// `METHOD path service versions`, drawn from the reference by `server/tests/clients/reference_routes.py`.
const ROUTES: &str = include_str!("reference/routes.tsv");

/// Which routes aren't served, by a part of their path or the name of their service, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("/traces", "traces come later"),
    ("/unified-traces", "traces come later"),
    ("/get-online-trace-details", "traces come later"),
    ("/get-trace-artifact", "traces come later"),
    ("/3.0/mlflow/datasets/", "evaluation data sets come later"),
    ("/scorer", "evaluation comes later"),
    ("/label-schemas/", "evaluation comes later"),
    ("/review-queues/", "evaluation comes later"),
    ("/issues", "evaluation comes later"),
    ("/genai/evaluate", "evaluation comes later"),
    ("/prompt-optimization/", "prompt optimisation is no part of this product"),
    ("/gateway/", "a gateway to language models is no part of this product"),
    ("/gateway-proxy", "a gateway to language models is no part of this product"),
    ("mcp_server_api", "a registry of MCP servers is no part of this product"),
    ("assistant.api", "an assistant is no part of this product"),
    ("job_api", "jobs on the server are no part of this product"),
    ("/jobs/", "jobs on the server are no part of this product"),
    ("/2.0mlflow/", "a path without its slash, which the reference does not answer either"),
    ("/workspaces", "workspaces are no part of this product"),
    ("/graphql", "only the reference's own pages call it"),
    ("/ui-telemetry", "nothing is reported home"),
    ("/static-files/", "files of the reference's own pages"),
    ("/build/", "files of the reference's own pages"),
    ("/demo", "the reference's own demo"),
    ("/runs/create-promptlab-run", "the reference's own pages make runs by it"),
];

#[tokio::test]
async fn every_route_of_the_reference_is_served_or_not_ours_for_a_reason() {
    let app = TestApp::start().await;
    let mut used = BTreeSet::new();
    let mut unserved = Vec::new();
    for line in ROUTES.lines().filter(|line| !line.is_empty()) {
        let mut columns = line.split('\t');
        let (Some(method), Some(path), Some(service)) = (columns.next(), columns.next(), columns.next())
        else {
            panic!("not a route: {line}");
        };
        if let Some((part, _)) = NOT_OURS.iter().find(|(part, _)| path.contains(part) || service == *part) {
            used.insert(*part);
        } else if !is_served(&app, method, path).await {
            unserved.push(format!("{method} {path} ({service})"));
        }
    }
    assert!(unserved.is_empty(), "neither served nor listed:\n{}", unserved.join("\n"));
    let stale: Vec<_> = NOT_OURS.iter().filter(|(part, _)| !used.contains(part)).collect();
    assert!(stale.is_empty(), "no route of the reference: {stale:?}");
}

async fn is_served(app: &TestApp, method: &str, path: &str) -> bool {
    let filled: String = path
        .split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part })
        .collect::<Vec<_>>()
        .join("/");
    let method: Method = method.parse().expect("a method");
    let request = app.request(method.clone(), &filled);
    let reply =
        app.send(if method == Method::GET { request } else { request.json(&serde_json::json!({})) }).await;
    let is_unknown = reply.status == 405
        || reply.json["error_code"] == "ENDPOINT_NOT_FOUND"
        || reply.status == 404 && reply.json.is_string();
    !is_unknown && !reply.status.is_server_error() || reply.status == 501
}
