//! Who may do what with an experiment or a model: each route that takes one, by people with every level.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::rights::{PREFIXES, Right, TABLE};

use crate::app::TestApp;
use crate::browser::{Browser, value_of};

/// What stands in everything that may not be read.
const SECRET: &str = "s3cr3t";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Read,
    Edit,
    Manage,
}

use Level::{Edit, Manage, Read};

/// A route that takes an experiment or a model: its method and path as the table of rights has them, the address and
/// the body to call it with (`<…>` stands for a part of [`Things`]), and what it takes.
type Case = (&'static str, &'static str, &'static str, &'static str, Level);

/// What takes most, and what destroys, stands at the end.
const CASES: &[Case] = &[
    ("GET", "/mlflow/experiments/get", "?experiment_id=<exp>", "", Read),
    ("GET", "/mlflow/experiments/get-by-name", "?experiment_name=<name>", "", Read),
    ("GET", "/mlflow/experiments/search", "?max_results=100", "", Read),
    ("POST", "/mlflow/experiments/search", "", r#"{"max_results": 100}"#, Read),
    ("POST", "/mlflow/experiments/search-datasets", "", r#"{"experiment_ids": ["<exp>"]}"#, Read),
    ("GET", "/mlflow/runs/get", "?run_id=<run>", "", Read),
    ("POST", "/mlflow/runs/search", "", r#"{"experiment_ids": ["0", "<exp>"]}"#, Read),
    ("GET", "/mlflow/metrics/get-history", "?run_id=<run>&metric_key=s3cr3t", "", Read),
    ("GET", "/mlflow/metrics/get-history-bulk", "?run_id=<run>&metric_key=s3cr3t", "", Read),
    ("GET", "/mlflow/metrics/get-history-bulk-interval", "?run_ids=<run>&metric_key=s3cr3t", "", Read),
    ("GET", "/mlflow/logged-models/{id}", "/<logged>", "", Read),
    ("POST", "/mlflow/logged-models/search", "", r#"{"experiment_ids": ["<exp>"]}"#, Read),
    ("GET", "/mlflow/logged-models/{id}/artifacts/directories", "/<logged>/artifacts/directories", "", Read),
    (
        "GET",
        "/mlflow/logged-models/{id}/artifacts/files",
        "/<logged>/artifacts/files?artifact_file_path=s3cr3t.txt",
        "",
        Read,
    ),
    ("GET", "/mlflow/artifacts/list", "?run_id=<run>", "", Read),
    ("GET", "/mlflow/get-artifact", "?run_id=<run>&path=s3cr3t.txt", "", Read),
    ("GET", "/mlflow-artifacts/artifacts", "?path=<exp>/<run>/artifacts", "", Read),
    ("GET", "/mlflow-artifacts/artifacts/{*path}", "/<exp>/<run>/artifacts/s3cr3t.txt", "", Read),
    ("GET", "/get-artifact", "?run_uuid=<run>&path=s3cr3t.txt", "", Read),
    ("GET", "/files/view", "?run_uuid=<run>&path=s3cr3t.txt", "", Read),
    ("GET", "/files/zip", "?run_uuid=<run>&path=", "", Read),
    ("GET", "/api/v1/charts/curves.svg", "?run=<run>&metric=s3cr3t", "", Read),
    ("GET", "/api/v1/charts/curves.png", "?run=<run>&metric=s3cr3t", "", Read),
    ("GET", "/api/v1/charts/curves.csv", "?run=<run>&metric=s3cr3t", "", Read),
    (
        "GET",
        "/api/v1/charts/{file}",
        "/scatter.svg?experiment=<exp>&x=metrics.s3cr3t&y=metrics.s3cr3t",
        "",
        Read,
    ),
    (
        "GET",
        "/api/v1/charts/{file}",
        "/scatter.csv?experiment=<exp>&x=metrics.s3cr3t&y=metrics.s3cr3t",
        "",
        Read,
    ),
    (
        "GET",
        "/api/v1/charts/{file}",
        "/parallel.svg?experiment=<exp>&axis=metrics.s3cr3t&axis=metrics.s3cr3t",
        "",
        Read,
    ),
    ("GET", "/api/v1/charts/{file}", "/histogram.svg?experiment=<exp>&x=metrics.s3cr3t", "", Read),
    ("GET", "/api/v1/charts/{file}", "/box.svg?experiment=<exp>&x=metrics.s3cr3t&y=metrics.s3cr3t", "", Read),
    (
        "GET",
        "/api/v1/charts/{file}",
        "/heatmap.svg?experiment=<exp>&x=metrics.s3cr3t&y=metrics.s3cr3t&color=metrics.s3cr3t",
        "",
        Read,
    ),
    ("GET", "/api/v1/charts/{file}", "/bar.csv?experiment=<exp>&y=metrics.s3cr3t", "", Read),
    ("GET", "/compare/details", "?runs=<run>&all=true", "", Read),
    ("GET", "/experiments/{id}/panels", "/<exp>/panels", "", Read),
    ("POST", "/experiments/{id}/panels", "/<exp>/panels", "act=draw&name=s3cr3t", Read),
    ("GET", "/experiments/{id}/views", "/<exp>/views", "", Read),
    ("POST", "/experiments/{id}/views", "/<exp>/views", "name=s3cr3t&shared=true", Edit),
    ("GET", "/views/{id}", "/<view>", "", Read),
    ("POST", "/views/{id}/delete", "/<view>/delete", "", Manage),
    ("POST", "/views/{id}/restore", "/<view>/restore", "", Manage),
    ("GET", "/api/v1/experiments/{id}/views", "/<exp>/views", "", Read),
    (
        "POST",
        "/api/v1/experiments/{id}/views",
        "/<exp>/views",
        r#"{"name": "s3cr3t", "panels": [], "is_shared": true}"#,
        Edit,
    ),
    ("GET", "/api/v1/views/{id}", "/<view>", "", Read),
    (
        "PUT",
        "/api/v1/views/{id}",
        "/<view>",
        r#"{"name": "s3cr3t", "panels": [], "is_shared": true}"#,
        Manage,
    ),
    ("DELETE", "/api/v1/views/{id}", "/<view>", "", Manage),
    ("POST", "/api/v1/views/{id}/restore", "/<view>/restore", "", Manage),
    ("GET", "/experiments/{id}/explore", "/<exp>/explore", "", Read),
    ("GET", "/experiments/{id}/export", "/<exp>/export", "", Read),
    ("GET", "/api/v1/experiments/{id}/runs", "/<exp>/runs", "", Read),
    ("GET", "/api/v1/experiments/{id}/runs.json", "/<exp>/runs.json", "", Read),
    ("GET", "/api/v1/experiments/{id}/runs.jsonl", "/<exp>/runs.jsonl", "", Read),
    ("GET", "/api/v1/experiments/{id}/runs.csv", "/<exp>/runs.csv", "", Read),
    ("GET", "/api/v1/experiments/{id}/runs.parquet", "/<exp>/runs.parquet", "", Read),
    ("GET", "/api/v1/experiments/{id}/metrics", "/<exp>/metrics", "", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.json", "/<exp>/metrics.json", "", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.jsonl", "/<exp>/metrics.jsonl", "", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.csv", "/<exp>/metrics.csv", "", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.parquet", "/<exp>/metrics.parquet", "", Read),
    ("GET", "/api/v1/runs/{id}/metrics", "/<run>/metrics", "", Read),
    ("GET", "/api/v1/runs/{id}/metrics.json", "/<run>/metrics.json", "", Read),
    ("GET", "/api/v1/runs/{id}/metrics.jsonl", "/<run>/metrics.jsonl", "", Read),
    ("GET", "/api/v1/runs/{id}/metrics.csv", "/<run>/metrics.csv", "", Read),
    ("GET", "/api/v1/runs/{id}/metrics.parquet", "/<run>/metrics.parquet", "", Read),
    ("GET", "/live/runs/{uuid}", "/<run>", "", Read),
    ("GET", "/mlflow/registered-models/get", "?name=<model>", "", Read),
    ("GET", "/mlflow/registered-models/search", "", "", Read),
    ("GET", "/mlflow/registered-models/get-latest-versions", "?name=<model>", "", Read),
    ("POST", "/mlflow/registered-models/get-latest-versions", "", r#"{"name": "<model>"}"#, Read),
    ("GET", "/mlflow/registered-models/alias", "?name=<model>&alias=champion", "", Read),
    ("GET", "/mlflow/model-versions/get", "?name=<model>&version=1", "", Read),
    ("GET", "/mlflow/model-versions/search", "", "", Read),
    ("GET", "/mlflow/model-versions/get-download-uri", "?name=<model>&version=2", "", Read),
    ("GET", "/model-versions/get-artifact", "?name=<model>&version=1&path=s3cr3t.txt", "", Read),
    ("GET", "/api/2.0/permissions/registered-models/{id}", "/<id>", "", Read),
    (
        "GET",
        "/api/2.0/permissions/registered-models/{id}/permissionLevels",
        "/<id>/permissionLevels",
        "",
        Read,
    ),
    ("GET", "/api/v1/experiments/{id}/permissions", "/<exp>/permissions", "", Read),
    ("GET", "/api/v1/models/{name}/permissions", "/<model>/permissions", "", Read),
    ("GET", "/experiments/{id}/permissions", "/<exp>/permissions", "", Read),
    ("GET", "/models/{name}/permissions", "/<model>/permissions", "", Read),
    ("GET", "/experiments", "", "", Read),
    ("GET", "/experiments/{id}", "/<exp>", "", Read),
    ("GET", "/experiments/{id}/runs/{uuid}", "/<exp>/runs/<run>", "", Read),
    ("GET", "/experiments/{id}/runs/{uuid}/charts", "/<exp>/runs/<run>/charts", "", Read),
    ("GET", "/experiments/{id}/runs/{uuid}/system", "/<exp>/runs/<run>/system", "", Read),
    ("GET", "/experiments/{id}/runs/{uuid}/artifacts", "/<exp>/runs/<run>/artifacts", "", Read),
    ("GET", "/compare", "?runs=<run>,<run2>", "", Read),
    ("POST", "/mlflow/experiments/update", "", r#"{"experiment_id": "<exp>", "new_name": "<name>"}"#, Edit),
    (
        "POST",
        "/mlflow/experiments/set-experiment-tag",
        "",
        r#"{"experiment_id": "<exp>", "key": "k", "value": "v"}"#,
        Edit,
    ),
    (
        "POST",
        "/mlflow/experiments/delete-experiment-tag",
        "",
        r#"{"experiment_id": "<exp>", "key": "k"}"#,
        Edit,
    ),
    ("POST", "/mlflow/runs/create", "", r#"{"experiment_id": "<exp>"}"#, Edit),
    ("POST", "/mlflow/runs/update", "", r#"{"run_id": "<run>", "status": "FINISHED"}"#, Edit),
    ("POST", "/mlflow/runs/set-tag", "", r#"{"run_id": "<run>", "key": "k", "value": "v"}"#, Edit),
    ("POST", "/mlflow/runs/delete-tag", "", r#"{"run_id": "<run>", "key": "k"}"#, Edit),
    (
        "POST",
        "/mlflow/runs/log-metric",
        "",
        r#"{"run_id": "<run>", "key": "m", "value": 1, "timestamp": 1}"#,
        Edit,
    ),
    ("POST", "/mlflow/runs/log-parameter", "", r#"{"run_id": "<run>", "key": "q", "value": "1"}"#, Edit),
    ("POST", "/mlflow/runs/log-batch", "", r#"{"run_id": "<run>"}"#, Edit),
    (
        "POST",
        "/mlflow/runs/log-model",
        "",
        r#"{"run_id": "<run>", "model_json": "{\"artifact_path\": \"m\", \"flavors\": {}, \"utc_time_created\": \"x\", \"run_id\": \"<run>\"}"}"#,
        Edit,
    ),
    (
        "POST",
        "/mlflow/runs/log-inputs",
        "",
        r#"{"run_id": "<run>", "models": [{"model_id": "<logged>"}]}"#,
        Edit,
    ),
    (
        "POST",
        "/mlflow/runs/outputs",
        "",
        r#"{"run_id": "<run>", "models": [{"model_id": "<logged>", "step": 1}]}"#,
        Edit,
    ),
    ("POST", "/mlflow/runs/delete", "", r#"{"run_id": "<run>"}"#, Edit),
    ("POST", "/mlflow/runs/restore", "", r#"{"run_id": "<run>"}"#, Edit),
    ("POST", "/mlflow/logged-models", "", r#"{"experiment_id": "<exp>", "name": "n"}"#, Edit),
    ("PATCH", "/mlflow/logged-models/{id}", "/<logged>", r#"{"status": "LOGGED_MODEL_READY"}"#, Edit),
    (
        "POST",
        "/mlflow/logged-models/{id}/params",
        "/<logged>/params",
        r#"{"params": [{"key": "k", "value": "v"}]}"#,
        Edit,
    ),
    (
        "PATCH",
        "/mlflow/logged-models/{id}/tags",
        "/<logged>/tags",
        r#"{"tags": [{"key": "k", "value": "v"}]}"#,
        Edit,
    ),
    ("DELETE", "/mlflow/logged-models/{id}/tags/{key}", "/<logged>/tags/k", "", Edit),
    ("POST", "/mlflow/upload-artifact", "?run_uuid=<run>&path=b.txt", r#"{"any": "bytes"}"#, Edit),
    (
        "PUT",
        "/mlflow-artifacts/artifacts/{*path}",
        "/<exp>/<run>/artifacts/c.txt",
        r#"{"any": "bytes"}"#,
        Edit,
    ),
    ("DELETE", "/mlflow-artifacts/artifacts/{*path}", "/<exp>/<run>/artifacts/c.txt", "", Edit),
    (
        "POST",
        "/mlflow-artifacts/mpu/create/{*folder}",
        "/<exp>/<run>/artifacts",
        r#"{"path": "big.bin", "num_parts": 1}"#,
        Edit,
    ),
    ("DELETE", "/mlflow/logged-models/{id}", "/<logged>", "", Edit),
    ("PATCH", "/mlflow/registered-models/update", "", r#"{"name": "<model>", "description": "d"}"#, Edit),
    (
        "POST",
        "/mlflow/registered-models/set-tag",
        "",
        r#"{"name": "<model>", "key": "k", "value": "v"}"#,
        Edit,
    ),
    ("DELETE", "/mlflow/registered-models/delete-tag", "", r#"{"name": "<model>", "key": "k"}"#, Edit),
    (
        "POST",
        "/mlflow/registered-models/alias",
        "",
        r#"{"name": "<model>", "alias": "a", "version": "1"}"#,
        Edit,
    ),
    ("DELETE", "/mlflow/registered-models/alias", "", r#"{"name": "<model>", "alias": "a"}"#, Edit),
    ("POST", "/mlflow/model-versions/create", "", r#"{"name": "<model>", "source": "s3://b/m"}"#, Edit),
    (
        "PATCH",
        "/mlflow/model-versions/update",
        "",
        r#"{"name": "<model>", "version": "1", "description": "d"}"#,
        Edit,
    ),
    (
        "POST",
        "/mlflow/model-versions/transition-stage",
        "",
        r#"{"name": "<model>", "version": "1", "stage": "Archived"}"#,
        Edit,
    ),
    (
        "POST",
        "/mlflow/model-versions/set-tag",
        "",
        r#"{"name": "<model>", "version": "1", "key": "k", "value": "v"}"#,
        Edit,
    ),
    (
        "DELETE",
        "/mlflow/model-versions/delete-tag",
        "",
        r#"{"name": "<model>", "version": "1", "key": "k"}"#,
        Edit,
    ),
    ("GET", "/mlflow/registered-models/list", "", "", Read),
    ("GET", "/mlflow/databricks/registered-models/get", "?name=<model>", "", Read),
    ("GET", "/mlflow/transition-requests/list", "?name=<model>&version=1", "", Read),
    (
        "POST",
        "/mlflow/databricks/model-versions/transition-stage",
        "",
        r#"{"name": "<model>", "version": "1", "stage": "Archived"}"#,
        Edit,
    ),
    ("GET", "/models", "", "", Read),
    ("POST", "/models/{name}/versions/{version}/ask", "/<model>/versions/1/ask", "target=Production", Read),
    ("GET", "/models/{name}", "/<model>", "", Read),
    ("GET", "/models/{name}/versions/{version}", "/<model>/versions/1", "", Read),
    ("GET", "/models/{name}/versions/{version}/ask", "/<model>/versions/1/ask", "", Read),
    ("GET", "/models/{name}/policy", "/<model>/policy", "", Read),
    ("GET", "/api/v1/models/{name}/hand-overs", "/<model>/hand-overs", "", Read),
    ("GET", "/api/v1/models/{name}/policy", "/<model>/policy", "", Read),
    ("POST", "/models/{name}/description", "/<model>/description", "description=s3cr3t", Edit),
    ("POST", "/models/{name}/tags/set", "/<model>/tags/set", "key=k&value=v", Edit),
    ("POST", "/models/{name}/tags/delete", "/<model>/tags/delete", "key=k", Edit),
    ("POST", "/models/{name}/aliases/set", "/<model>/aliases/set", "alias=b&version=1", Edit),
    ("POST", "/models/{name}/aliases/delete", "/<model>/aliases/delete", "alias=b", Edit),
    ("POST", "/models/{name}/primary-metric", "/<model>/primary-metric", "metric=auc&better=higher", Edit),
    (
        "POST",
        "/models/{name}/versions/{version}/description",
        "/<model>/versions/1/description",
        "description=d",
        Edit,
    ),
    (
        "POST",
        "/models/{name}/versions/{version}/tags/set",
        "/<model>/versions/1/tags/set",
        "key=k&value=v",
        Edit,
    ),
    (
        "POST",
        "/models/{name}/versions/{version}/tags/delete",
        "/<model>/versions/1/tags/delete",
        "key=k",
        Edit,
    ),
    (
        "POST",
        "/models/{name}/versions/{version}/aliases/set",
        "/<model>/versions/1/aliases/set",
        "alias=b",
        Edit,
    ),
    (
        "POST",
        "/models/{name}/versions/{version}/aliases/delete",
        "/<model>/versions/1/aliases/delete",
        "alias=champion",
        Edit,
    ),
    ("POST", "/models/{name}/versions/{version}/card", "/<model>/versions/1/card", "text=t", Edit),
    ("POST", "/models/{name}/versions/{version}/stage", "/<model>/versions/1/stage", "stage=Archived", Edit),
    ("POST", "/ui/rename_experiment", "", "id=<exp>&name=<name>", Edit),
    ("POST", "/ui/set_experiment_tag", "", "id=<exp>&key=k&value=v", Edit),
    ("POST", "/ui/delete_experiment_tag", "", "id=<exp>&key=k", Edit),
    ("POST", "/ui/set_experiment_notes", "", "id=<exp>&text=t", Edit),
    ("POST", "/ui/rename_run", "", "uuid=<run>&name=n", Edit),
    ("POST", "/ui/set_run_tag", "", "uuid=<run>&key=k&value=v", Edit),
    ("POST", "/ui/delete_run_tag", "", "uuid=<run>&key=k", Edit),
    ("POST", "/ui/set_run_notes", "", "uuid=<run>&text=t", Edit),
    ("POST", "/ui/delete_run", "", "uuid=<run>", Edit),
    ("POST", "/ui/restore_run", "", "uuid=<run>", Edit),
    ("POST", "/ui/delete_runs", "", "runs[0]=<run>&back=", Edit),
    ("POST", "/ui/restore_runs", "", "runs[0]=<run>&back=", Edit),
    (
        "PATCH",
        "/api/2.0/permissions/registered-models/{id}",
        "/<id>",
        r#"{"access_control_list": [{"user_name": "vera", "permission_level": "CAN_READ"}]}"#,
        Manage,
    ),
    (
        "PUT",
        "/api/2.0/permissions/registered-models/{id}",
        "/<id>",
        r#"{"access_control_list": [{"user_name": "gus", "permission_level": "CAN_MANAGE"}]}"#,
        Manage,
    ),
    (
        "PUT",
        "/api/v1/experiments/{id}/permissions",
        "/<exp>/permissions",
        r#"{"grants": [{"user": "gus", "level": "manage"}]}"#,
        Manage,
    ),
    (
        "PUT",
        "/api/v1/models/{name}/permissions",
        "/<model>/permissions",
        r#"{"grants": [{"user": "gus", "level": "manage"}, {"everyone": true, "level": "read"}]}"#,
        Manage,
    ),
    ("POST", "/experiments/{id}/permissions", "/<exp>/permissions", "to=user&user=vera&level=read", Manage),
    ("POST", "/models/{name}/permissions", "/<model>/permissions", "to=viewer&level=read", Manage),
    ("POST", "/ui/delete_experiment", "", "id=<exp>", Manage),
    ("POST", "/ui/restore_experiment", "", "id=<exp>", Manage),
    ("POST", "/mlflow/experiments/delete", "", r#"{"experiment_id": "<exp>"}"#, Manage),
    ("POST", "/mlflow/experiments/restore", "", r#"{"experiment_id": "<exp>"}"#, Manage),
    ("POST", "/mlflow/registered-models/rename", "", r#"{"name": "<model>", "new_name": "<model>"}"#, Manage),
    ("DELETE", "/mlflow/model-versions/delete", "", r#"{"name": "<model>", "version": "2"}"#, Manage),
    ("DELETE", "/mlflow/registered-models/delete", "", r#"{"name": "<model>"}"#, Manage),
];

/// Routes that take none, by the beginning of their paths, and why; what is proved elsewhere says where.
const OTHERS: &[(&str, &str)] = &[
    ("/health", "of the server"),
    ("/version", "of the server"),
    ("/mlflow/server-info", "of the server"),
    ("/mlflow/experiments/create", "makes one"),
    ("/mlflow/registered-models/create", "makes one"),
    ("/ui/create_experiment", "makes one"),
    ("/mlflow/artifacts/presigned", "always refused"),
    ("/mlflow-artifacts/presigned/", "always refused"),
    ("/mlflow-artifacts/mpu/complete/", "needs an upload: `a_large_file_goes_where_one_may_write`"),
    ("/mlflow-artifacts/mpu/abort/", "needs an upload: `a_large_file_goes_where_one_may_write`"),
    ("/mlflow-artifacts/mpu/parts/", "of an upload, which goes nowhere until it is complete"),
    ("/ui/preview_markdown", "of a text"),
    ("/ui/compare_runs", "rendered by `/compare`"),
    ("/ui/list_experiments", "rendered by `/experiments`"),
    ("/ui/load_experiment", "rendered by `/experiments/{id}`"),
    ("/ui/load_run", "rendered by a run's page"),
    ("/ui/list_", "rendered by an experiment's and a run's pages"),
    ("/ui/view_artifact", "rendered by a run's page of artifacts"),
    ("/sign-", "of one person"),
    ("/welcome", "of one person"),
    ("/account", "of one person"),
    ("/policy", "the workspace's"),
    ("/models/{name}/versions/{version}/delete", "as `/mlflow/model-versions/delete`"),
    ("/models/{name}/delete", "as `/mlflow/registered-models/delete`"),
    (
        "/models/{name}/rollback",
        "needs what serves: `reviews::who_may_not_read_a_model_sees_none_of_its_reviews`",
    ),
    ("/api/v1/models/{name}/rollback", "as above"),
    ("/api/v1/policy", "the workspace's"),
    ("/stages", "the workspace's"),
    ("/api/v1/stages", "the workspace's"),
    (
        "/datasets",
        "of what the caller may read: `datasets::who_may_not_read_an_experiment_sees_none_of_its_data`",
    ),
    ("/api/v1/datasets", "as above"),
    ("/.well-known/", "of the server"),
    ("/waiting", "needs a review: `reviews::who_may_not_read_a_model_sees_none_of_its_reviews`"),
    ("/reviews", "needs a review, as above"),
    ("/api/v1/reviews", "needs a review, as above"),
    ("/mlflow/transition-requests/create", "as above"),
    ("/mlflow/transition-requests/approve", "as above"),
    ("/mlflow/transition-requests/reject", "as above"),
    ("/mlflow/transition-requests/delete", "as above"),
    ("/mlflow/comments/", "as above"),
    ("/mlflow/webhooks", "of all models: the admins'"),
    (
        "/mlflow/registry-webhooks/",
        "needs a webhook: `webhooks::a_models_webhooks_are_hidden_from_strangers`",
    ),
    ("/api/v1/webhooks", "needs a webhook, as above"),
    ("/webhooks", "needs a webhook, as above"),
];

/// Whether an answer has something of what is secret: a text, or a metric's value.
fn shows(answer: &str) -> bool {
    answer.contains(SECRET) || answer.contains("0.73")
}

/// Of which no answer shows what is in the thing, though it may be read.
const SILENT: [&str; 9] = [
    "/api/v1/charts/curves.png",
    "/api/v1/models/{name}/hand-overs",
    "/live/runs/{uuid}",
    "/api/2.0/permissions/registered-models/{id}",
    "/experiments/{id}/runs/{uuid}/system",
    "/mlflow/transition-requests/list",
    "/models/{name}/versions/{version}/ask",
    "/models/{name}/policy",
    "/api/v1/models/{name}/policy",
];

/// Somebody who calls by a token.
struct Guest<'a> {
    app: &'a TestApp,
    token: String,
}

impl<'a> Guest<'a> {
    async fn of(app: &'a TestApp, name: &str) -> Self {
        let mut browser = Browser::of(app, name).await;
        let fields =
            [("label", "t"), ("expires", ""), ("scopes", "read"), ("scopes", "write"), ("scopes", "review")];
        let page = browser.post("/account/tokens/create", &fields).await;
        Self { app, token: value_of(&page, "Copy this").to_owned() }
    }

    /// Status, and the body as text.
    async fn call(&self, method: &str, path: &str, body: &str) -> (StatusCode, String) {
        let method: Method = method.parse().expect("a method");
        let request = self.app.request(method, path).bearer_auth(&self.token);
        let request = match body {
            "" => request,
            body if body.starts_with('{') => {
                request.header("content-type", "application/json").body(body.to_owned())
            }
            body => request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned()),
        };
        let response = request.send().await.expect("an answer");
        let status = response.status();
        // A live stream has no end.
        let text = if path.starts_with("/live/") && status == 200 {
            String::new()
        } else {
            String::from_utf8_lossy(&response.bytes().await.expect("a body")).into_owned()
        };
        (status, text)
    }

    async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = self.call(method, path, &body).await;
        assert_eq!(status, 200, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn post(&self, call: &str, body: Value) -> Value {
        self.ok("POST", &format!("/api/2.0/mlflow/{call}"), body).await
    }
}

/// An experiment and a model with something secret in all that they have.
struct Things {
    parts: Vec<(&'static str, String)>,
}

impl Things {
    async fn of(admin: &Guest<'_>, name: &str) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let name = format!("{SECRET}-{name}");
        let experiment =
            text(&admin.post("experiments/create", json!({ "name": name })).await["experiment_id"]);
        let mut runs = Vec::new();
        for _ in 0..2 {
            let run =
                admin.post("runs/create", json!({ "experiment_id": experiment, "run_name": SECRET })).await;
            let run = text(&run["run"]["info"]["run_id"]);
            let batch = json!({
                "run_id": run,
                "metrics": [{ "key": SECRET, "value": 0.73, "timestamp": 1, "step": 1 }],
                "params": [{ "key": SECRET, "value": SECRET }],
            });
            admin.post("runs/log-batch", batch).await;
            runs.push(run);
        }
        let run = &runs[0];
        let dataset = json!({ "name": SECRET, "digest": "d", "source_type": "x", "source": "y" });
        admin.post("runs/log-inputs", json!({ "run_id": run, "datasets": [{ "dataset": dataset }] })).await;
        let logged =
            admin.post("logged-models", json!({ "experiment_id": experiment, "name": SECRET })).await;
        let logged = text(&logged["model"]["info"]["model_id"]);
        for home in [format!("{experiment}/{run}"), format!("{experiment}/models/{logged}")] {
            let path = format!("/api/2.0/mlflow-artifacts/artifacts/{home}/artifacts/{SECRET}.txt");
            admin.ok("PUT", &path, json!({ "what": SECRET })).await;
        }
        let model = format!("{name}-model");
        admin.post("registered-models/create", json!({ "name": model, "description": SECRET })).await;
        let own = format!("mlflow-artifacts:/{experiment}/{run}/artifacts");
        let remote = format!("s3://bucket/{SECRET}");
        for source in [json!({ "source": own, "run_id": run }), json!({ "source": remote })] {
            let mut version = json!({ "name": model, "description": SECRET });
            version
                .as_object_mut()
                .expect("an object")
                .extend(source.as_object().expect("an object").clone());
            admin.post("model-versions/create", version).await;
        }
        let alias = json!({ "name": model, "alias": "champion", "version": "1" });
        admin.post("registered-models/alias", alias).await;
        let permissions = admin.ok("GET", &format!("/api/v1/models/{model}/permissions"), Value::Null).await;
        let view = json!({ "name": SECRET, "panels": [], "is_shared": true }).to_string();
        let (_, view) = admin.call("POST", &format!("/api/v1/experiments/{experiment}/views"), &view).await;
        let view: Value = serde_json::from_str(&view).expect("is JSON");
        let parts = vec![
            ("<exp>", experiment),
            ("<name>", name),
            ("<run>", run.clone()),
            ("<run2>", runs[1].clone()),
            ("<logged>", logged),
            ("<model>", model),
            ("<view>", text(&view["id"])),
            ("<id>", text(&permissions["id"])),
        ];
        Self { parts }
    }

    fn filled(&self, text: &str) -> String {
        self.parts.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The address of a case.
    fn address(&self, path: &str, rest: &str) -> String {
        let prefix = if path.starts_with("/mlflow") { PREFIXES[0] } else { "" };
        let fixed = path.split("/{").next().unwrap_or(path);
        if path.starts_with("/ui/") {
            let mut known = app::server_functions().into_iter();
            return known
                .find(|one| one.trim_end_matches(|c: char| c.is_ascii_digit()) == path)
                .expect(path)
                .into();
        }
        self.filled(&format!("{prefix}{fixed}{rest}"))
    }

    async fn grant(&self, admin: &Guest<'_>, grants: Value) {
        for object in ["experiments/<exp>", "models/<model>"] {
            let path = self.filled(&format!("/api/v1/{object}/permissions"));
            admin.ok("PUT", &path, json!({ "grants": grants })).await;
        }
    }
}

const PEOPLE: &[(&str, &[&str])] =
    &[("ada", &["admin"]), ("gus", &["ml_engineer"]), ("mia", &["data_scientist"]), ("vera", &["viewer"])];

#[tokio::test]
async fn every_route_takes_its_level_and_hides_what_may_not_be_read() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let guest = Guest::of(&app, "gus").await;
    for (round, level) in [None, Some(Read), Some(Edit), Some(Manage)].into_iter().enumerate() {
        let things = Things::of(&admin, &round.to_string()).await;
        let mut grants = vec![json!({ "user": "mia", "level": "manage" })];
        if let Some(level) = level {
            let level = format!("{level:?}").to_lowercase();
            grants.push(json!({ "user": "gus", "level": level }));
        }
        things.grant(&admin, Value::from(grants)).await;
        for (method, path, rest, body, wanted) in CASES {
            let (status, text) = guest.call(method, &things.address(path, rest), &things.filled(body)).await;
            let case = format!("{method} {path} with {level:?}: {status} {text}");
            match level {
                None if status == 200 => assert!(*wanted == Read && !shows(&text), "{case}"),
                None => assert_eq!(status, 404, "{case}"),
                Some(level) if level < *wanted => {
                    assert_eq!(status, 403, "{case}");
                    assert!(text.contains("mia"), "says who can help: {case}");
                }
                Some(_) => {
                    assert!(status.is_success() || status.is_redirection(), "{case}");
                    let is_shown = *wanted != Read || SILENT.iter().any(|silent| path.starts_with(silent));
                    assert!(is_shown || shows(&text), "shows what may be read: {case}");
                }
            }
        }
        // Nothing of it is left to find where the next round looks; who manages it has deleted the model.
        if level != Some(Manage) {
            things.grant(&admin, json!([{ "role": "admin", "level": "manage" }])).await;
        }
    }
}

#[test]
fn every_route_is_called_or_takes_none() {
    for (method, path, right) in TABLE {
        // What only admins may call is open to them whatever is granted.
        if matches!(right, Right::Admin | Right::People) {
            continue;
        }
        let is_called = CASES.iter().any(|case| (case.0, case.1) == (*method, *path));
        let takes_none = *path == "/" || OTHERS.iter().any(|(start, _)| path.starts_with(start));
        assert!(is_called != takes_none, "{method} {path} is to be in one of the two lists");
    }
    let stale = CASES.iter().find(|case| !TABLE.iter().any(|(m, p, _)| (*m, *p) == (case.0, case.1)));
    assert!(stale.is_none(), "no route: {stale:?}");
    let stale = OTHERS.iter().find(|(start, _)| !TABLE.iter().any(|(_, path, _)| path.starts_with(start)));
    assert!(stale.is_none(), "no route: {stale:?}");
}

#[tokio::test]
async fn what_may_not_be_read_answers_as_what_is_not_there() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let guest = Guest::of(&app, "gus").await;
    // So that its number is no other number.
    for name in ["a", "b", "c", "d", "e"] {
        admin.post("experiments/create", json!({ "name": name })).await;
        admin.post("registered-models/create", json!({ "name": name })).await;
    }
    let things = Things::of(&admin, "x").await;
    things.grant(&admin, json!([{ "role": "admin", "level": "manage" }])).await;
    let nothing = Things {
        parts: vec![
            ("<exp>", "99".into()),
            ("<run>", "f".repeat(32)),
            ("<logged>", format!("m-{}", "f".repeat(32))),
            ("<model>", "nothing".into()),
            ("<id>", "99".into()),
        ],
    };
    for (method, path, rest, body, _) in CASES.iter().filter(|case| case.0 == "GET") {
        if rest.contains("<name>")
            || path.starts_with("/compare")
            || path.starts_with("/models")
            || path.contains("/experiments/{id}")
            // Whose number is a digit of anything.
            || path.contains("/views/")
        {
            continue;
        }
        let mut answers = Vec::new();
        for of in [&things, &nothing] {
            let (status, mut text) = guest.call(method, &of.address(path, rest), body).await;
            let mut parts = of.parts.clone();
            parts.retain(|(name, _)| *name != "<view>");
            // What stands within another comes after it.
            parts.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
            for (name, value) in &parts {
                text = text.replace(value.as_str(), name);
            }
            // Lists have other things in them.
            answers.push((status, if status == 200 { String::new() } else { text }));
        }
        assert_eq!(answers[0], answers[1], "{method} {path}");
    }
}

#[tokio::test]
async fn a_large_file_goes_where_one_may_write() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let guest = Guest::of(&app, "gus").await;
    let things = Things::of(&admin, "x").await;
    let mpu =
        |what: &str| things.filled(&format!("/api/2.0/mlflow-artifacts/mpu/{what}/<exp>/<run>/artifacts"));
    let begin = json!({ "path": "big.bin", "num_parts": 1 });
    let upload = guest.ok("POST", &mpu("create"), begin).await;
    let id = upload["upload_id"].as_str().expect("an id").to_owned();
    // Clients send parts without a token: the address is enough.
    let address = upload["credentials"][0]["url"].as_str().expect("an address").to_owned();
    let path = address.strip_prefix(&app.url).expect("at this server");
    let send = async |path: &str| {
        app.request(Method::PUT, path).body("part 1").send().await.expect("an answer").status()
    };
    assert_eq!(send(path).await, 200);
    let other = path.replace(&id, "0123456789abcdef0123456789abcdef");
    assert_eq!(send(&other).await, 404, "{other}");

    let complete = json!({ "path": "big.bin", "upload_id": id, "parts": [{ "part_number": 1 }] }).to_string();
    for (grants, status) in [
        (json!([{ "user": "mia", "level": "manage" }]), 404),
        (json!([{ "user": "mia", "level": "manage" }, { "role": "ml_engineer", "level": "read" }]), 403),
    ] {
        things.grant(&admin, grants).await;
        for what in ["complete", "abort"] {
            assert_eq!(guest.call("POST", &mpu(what), &complete).await.0, status, "{what}");
        }
    }
    things.grant(&admin, json!([{ "everyone": true, "level": "edit" }])).await;
    assert_eq!(guest.call("POST", &mpu("complete"), &complete).await.0, 200);
}

#[tokio::test]
async fn folders_above_show_only_what_exists_for_whoever_looks() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let guest = Guest::of(&app, "gus").await;
    let open = Things::of(&admin, "open").await;
    let closed = Things::of(&admin, "closed").await;
    closed.grant(&admin, json!([{ "role": "viewer", "level": "read" }])).await;
    let list = async |of: &Guest<'_>, path: &str| {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts?path={path}");
        let found = of.ok("GET", &path, Value::Null).await;
        let files = found["files"].as_array().cloned().unwrap_or_default();
        files.iter().map(|file| file["path"].as_str().expect("a path").to_owned()).collect::<Vec<_>>()
    };
    let [open, closed] = [open, closed].map(|things| things.filled("<exp>"));
    assert_eq!(list(&guest, "").await, std::slice::from_ref(&open));
    assert_eq!(list(&admin, "").await, [open, closed.clone()]);
    assert!(list(&guest, &closed).await.is_empty() && !list(&admin, &closed).await.is_empty());
    let path = format!("/api/2.0/mlflow-artifacts/artifacts/{closed}");
    assert_eq!(guest.call("DELETE", &path, "").await.0, 404);
}

#[tokio::test]
async fn a_version_is_read_with_its_files_and_nothing_beside_them() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let guest = Guest::of(&app, "gus").await;
    let things = Things::of(&admin, "x").await;
    let path = things.filled("/api/v1/experiments/<exp>/permissions");
    admin.ok("PUT", &path, json!({ "grants": [{ "user": "mia", "level": "read" }] })).await;
    let fetched = async |path: &str| guest.call("GET", &things.filled(path), "").await;
    let (status, text) = fetched("/model-versions/get-artifact?name=<model>&version=1&path=s3cr3t.txt").await;
    assert!(status == 200 && text.contains(SECRET));
    let (status, uri) =
        fetched("/api/2.0/mlflow/model-versions/get-download-uri?name=<model>&version=1").await;
    assert_eq!(status, 200);
    assert!(uri.contains(&things.filled("mlflow-artifacts:/<exp>/<run>/artifacts")), "{uri}");
    let file = "/api/2.0/mlflow-artifacts/artifacts/<exp>/<run>/artifacts/s3cr3t.txt";
    assert_eq!(fetched(file).await.0, 200, "as a client loads it");
    let other = "/api/2.0/mlflow-artifacts/artifacts/<exp>/models/<logged>/artifacts/s3cr3t.txt";
    assert_eq!(fetched(other).await.0, 404);
    assert_eq!(fetched("/api/2.0/mlflow/runs/get?run_id=<run>").await.0, 404);
    let register = things.filled(
        r#"{"name": "<model>", "source": "mlflow-artifacts:/<exp>/<run2>/artifacts", "run_id": "<run2>"}"#,
    );
    let (status, text) = guest.call("POST", "/api/2.0/mlflow/model-versions/create", &register).await;
    assert_eq!(status, 404, "one registers what one may read: {text}");
}

#[tokio::test]
async fn databricks_words_are_mapped_and_the_root_is_fixed() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let guest = Guest::of(&app, "gus").await;
    let things = Things::of(&admin, "x").await;
    let path = things.filled("/api/2.0/permissions/registered-models/<id>");
    let levels = |answer: &Value| {
        let list = answer["access_control_list"].as_array().cloned().unwrap_or_default();
        let level = |one: &Value| {
            let who = one["user_name"].as_str().or(one["group_name"].as_str()).unwrap_or_default();
            let permission = &one["all_permissions"][0];
            let inherited = if permission["inherited"] == true { " (inherited)" } else { "" };
            format!("{who} {}{inherited}", permission["permission_level"].as_str().unwrap_or_default())
        };
        list.iter().map(level).collect::<Vec<_>>()
    };
    let open = admin.ok("GET", &path, Value::Null).await;
    assert_eq!(open["object_id"], things.filled("/registered-models/<id>"));
    assert_eq!(open["object_type"], "registered-model");
    assert!(levels(&open).contains(&"viewer CAN_READ (inherited)".to_owned()));
    assert!(levels(&open).contains(&"ada CAN_MANAGE".to_owned()), "as whoever made it");
    let set = json!({ "access_control_list": [
        { "user_name": "gus", "permission_level": "CAN_MANAGE_STAGING_VERSIONS" },
        { "group_name": "users", "permission_level": "CAN_READ" },
    ]});
    let answer = admin.ok("PUT", &path, set).await;
    let expected = ["gus CAN_EDIT", "users CAN_READ", "ada CAN_MANAGE", "admins CAN_MANAGE (inherited)"];
    assert_eq!(levels(&answer), expected);
    let change = json!({ "access_control_list": [{ "group_name": "data_scientist", "permission_level": "CAN_MANAGE" }]});
    let answer = admin.ok("PATCH", &path, change).await;
    assert!(levels(&answer).contains(&"data_scientist CAN_MANAGE".to_owned()) && levels(&answer).len() == 5);
    let named = admin.ok("GET", &format!("{path}/permissionLevels"), Value::Null).await;
    assert_eq!(named["permission_levels"].as_array().map(Vec::len), Some(5));

    for (body, status, part) in [
        (json!({ "user_name": "gus", "permission_level": "CAN_FLY" }), 400, "CAN_MANAGE"),
        (json!({ "user_name": "gus" }), 400, "permission_level"),
        (json!({ "permission_level": "CAN_READ" }), 400, "user_name"),
        (json!({ "user_name": "a", "group_name": "users", "permission_level": "CAN_READ" }), 400, "either"),
        (json!({ "service_principal_name": "x", "permission_level": "CAN_READ" }), 400, "service principals"),
        (json!({ "group_name": "wheel", "permission_level": "CAN_READ" }), 404, "wheel"),
        (json!({ "user_name": "who", "permission_level": "CAN_READ" }), 404, "who"),
    ] {
        let body = json!({ "access_control_list": [body] }).to_string();
        let (got, text) = admin.call("PUT", &path, &body).await;
        assert!(got == status && text.contains(part), "{body}: {got} {text}");
    }
    assert_eq!(levels(&admin.ok("GET", &path, Value::Null).await).len(), 5, "nothing was changed");

    let other = Things::of(&admin, "another").await;
    let change = json!({ "access_control_list": [{ "user_name": "gus", "permission_level": "CAN_MANAGE" }]});
    let answer =
        admin.ok("PATCH", &other.filled("/api/2.0/permissions/registered-models/<id>"), change).await;
    for kept in ["gus CAN_MANAGE", "viewer CAN_READ", "ml_engineer CAN_EDIT"] {
        assert!(
            levels(&answer).contains(&kept.to_owned()),
            "who is added takes nothing from others: {answer}"
        );
    }

    let root = "/api/2.0/permissions/registered-models/root";
    let defaults = guest.ok("GET", root, Value::Null).await;
    assert_eq!(defaults["object_id"], "/registered-models/");
    assert!(levels(&defaults).contains(&"ml_engineer CAN_EDIT".to_owned()));
    assert_eq!(guest.ok("GET", &format!("{root}/permissionLevels"), Value::Null).await, named);
    for method in ["PUT", "PATCH"] {
        let (status, text) = admin.call(method, root, r#"{"access_control_list": []}"#).await;
        assert!(status == 400 && text.contains("decided by roles"), "{text}");
    }
    assert_eq!(admin.call("GET", "/api/2.0/permissions/registered-models/churn", "").await.0, 404);
}

#[tokio::test]
async fn our_own_words_are_read_strictly() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let admin = Guest::of(&app, "ada").await;
    let things = Things::of(&admin, "x").await;
    let path = things.filled("/api/v1/experiments/<exp>/permissions");
    let open = admin.ok("GET", &path, Value::Null).await;
    let expected = json!({
        "id": things.filled("<exp>"), "name": things.filled("<name>"), "creator": "ada", "restricted": false,
        "grants": [], "level": "manage",
    });
    assert_eq!(open, expected);
    let grants = json!([
        { "user": "gus", "level": "edit" },
        { "role": "viewer", "level": "read" },
        { "everyone": true, "level": "read" },
    ]);
    let set = admin.ok("PUT", &path, json!({ "grants": grants })).await;
    assert!(set["grants"] == grants && set["restricted"] == true);
    for (body, part) in [
        (json!({}), "grants"),
        (json!({ "grants": [{ "user": "gus" }] }), "level"),
        (json!({ "grants": [{ "level": "edit" }] }), "everyone"),
        (json!({ "grants": [{ "user": "gus", "role": "viewer", "level": "edit" }] }), "one of"),
        (json!({ "grants": [{ "everyone": false, "level": "edit" }] }), "one of"),
        (json!({ "grants": [{ "user": "gus", "level": "own" }] }), "read, edit, manage"),
        (json!({ "grants": [{ "role": "boss", "level": "read" }] }), "data_engineer"),
        (
            json!({ "grants": [{ "user": "gus", "level": "read" }, { "user": "GUS", "level": "edit" }] }),
            "twice",
        ),
        (json!({ "grants": "all" }), "grants"),
    ] {
        let (status, text) = admin.call("PUT", &path, &body.to_string()).await;
        assert!(status == 400 && text.contains(part), "{body}: {status} {text}");
    }
    assert_eq!(admin.ok("GET", &path, Value::Null).await["grants"], grants, "nothing was changed");
    for (path, status) in [("experiments/99", 404), ("experiments/x", 404), ("models/nothing", 404)] {
        let path = format!("/api/v1/{path}/permissions");
        assert_eq!(admin.call("GET", &path, "").await.0, status, "{path}");
        assert_eq!(admin.call("PUT", &path, r#"{"grants": []}"#).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn the_page_grants_takes_away_and_says_what_is_wrong() {
    let app = TestApp::start_with_people(PEOPLE).await;
    let mut gus = Browser::of(&app, "gus").await;
    let mut mia = Browser::of(&app, "mia").await;
    let reply = Guest::of(&app, "gus").await.post("experiments/create", json!({ "name": "<b>x</b>" })).await;
    let path = format!("/experiments/{}/permissions", reply["experiment_id"].as_str().expect("an id"));

    let page = gus.get(&path).await;
    assert!(page.status == 200 && page.html.contains("every role but viewer"), "{}", page.html);
    assert!(page.html.contains("&lt;b&gt;x") && !page.html.contains("<b>x"));
    assert!(!mia.get(&path).await.html.contains("Grant or change"), "who may not change it isn't offered to");
    let page = gus.post(&path, &[("to", "user"), ("user", " MIA "), ("level", "read")]).await;
    assert!(page.status == 200 && page.html.contains("is granted") && page.html.contains("Only those below"));
    let page = mia.post(&path, &[("to", "everyone"), ("level", "edit")]).await;
    assert!(page.status == 403 && page.html.contains("gus"), "{}", page.html);
    for (fields, status, part) in [
        ([("to", "user"), ("user", ""), ("level", "read")], 400, "a user&#39;s name"),
        ([("to", "user"), ("user", "<i>"), ("level", "read")], 404, "&lt;i&gt;"),
        ([("to", "boss"), ("user", ""), ("level", "read")], 400, "boss"),
        ([("to", "viewer"), ("user", ""), ("level", "own")], 400, "own"),
    ] {
        let page = gus.post(&path, &fields).await;
        let html = page.html.replace("&#x27;", "&#39;").replace("a user's", "a user&#39;s");
        assert!(page.status == status && html.contains(part), "{fields:?}: {} {html}", page.status);
        assert!(html.contains("role=\"alert\"") && !html.contains("<i>"));
    }
    let page = gus.post(&path, &[("to", "user"), ("user", "mia"), ("level", "")]).await;
    assert!(page.status == 200 && page.html.contains("is taken away"), "{}", page.html);
    assert_eq!(mia.get("/experiments/99/permissions").await.status, 404);
    let foreign = app.request(Method::POST, &path).header("cookie", &gus.cookie);
    let foreign = foreign.header("origin", "https://evil.example").body("to=everyone&level=edit");
    assert_eq!(app.send(foreign).await.status, 403);
}
