//! A team with its tokens, and what its people do with them.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{Reply, TestApp};
use crate::browser::{Browser, value_of};

/// A person with a token for everything.
pub(crate) struct Person<'a> {
    app: &'a TestApp,
    pub token: String,
}

impl<'a> Person<'a> {
    pub async fn new(app: &'a TestApp, name: &str) -> Self {
        let mut browser = Browser::of(app, name).await;
        let fields = [
            ("label", "all"),
            ("expires", ""),
            ("scopes", "read"),
            ("scopes", "write"),
            ("scopes", "review"),
        ];
        let page = browser.post("/account/tokens/create", &fields).await;
        Self { app, token: value_of(&page, "Copy this").to_owned() }
    }

    pub async fn each<const N: usize>(app: &'a TestApp, names: [&str; N]) -> [Self; N] {
        let mut people = Vec::with_capacity(N);
        for name in names {
            people.push(Self::new(app, name).await);
        }
        people.try_into().unwrap_or_else(|_| unreachable!("as many as there are names"))
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self.app.request(method.clone(), path).bearer_auth(&self.token);
        let request = if method == Method::GET { request } else { request.json(&body) };
        self.app.send(request).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, body).await
    }

    pub async fn ok(&self, path: &str, body: Value) -> Value {
        let reply = self.post(path, body).await;
        assert!(reply.status.is_success(), "{path}: {} {}", reply.status, reply.json);
        reply.json
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, Value::Null).await.json
    }

    pub async fn mlflow(&self, call: &str, body: Value) -> Value {
        self.ok(&format!("/api/2.0/mlflow/{call}"), body).await
    }

    /// Does something to a review.
    pub async fn act(&self, review: i64, action: &str, body: Value) -> Reply {
        self.post(&format!("/api/v1/reviews/{review}/{action}"), body).await
    }

    pub async fn sign(&self, review: i64) -> Reply {
        self.act(review, "sign", json!({ "comment": "looked at the metrics" })).await
    }

    /// A version of `churn` with files, from a run that is over.
    pub async fn register(&self, auc: f64) -> i64 {
        let experiment = self.get("/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default").await;
        let experiment = experiment["experiment"]["experiment_id"].as_str().expect("an id").to_owned();
        let run = self.mlflow("runs/create", json!({ "experiment_id": experiment, "start_time": 1 })).await;
        let run = &run["run"]["info"];
        let id = run["run_id"].as_str().expect("an id");
        self.mlflow("runs/log-metric", json!({ "run_id": id, "key": "auc", "value": auc, "timestamp": 1 }))
            .await;
        let home = run["artifact_uri"].as_str().expect("a place").to_owned();
        let path = home.strip_prefix("mlflow-artifacts:/").expect("ours");
        for (name, text) in [("MLmodel", "flavors: {}\n".to_owned()), ("model.pkl", format!("weights {auc}"))]
        {
            let put = self
                .app
                .request(Method::PUT, &format!("/api/2.0/mlflow-artifacts/artifacts/{path}/model/{name}"))
                .bearer_auth(&self.token)
                .body(text);
            assert_eq!(self.app.send(put).await.status, 200);
        }
        self.mlflow("runs/update", json!({ "run_id": id, "status": "FINISHED", "end_time": 2 })).await;
        let _ = self.post("/api/2.0/mlflow/registered-models/create", json!({ "name": "churn" })).await;
        let new = json!({ "name": "churn", "source": format!("{home}/model"), "run_id": id });
        let version = self.mlflow("model-versions/create", new).await;
        version["model_version"]["version"].as_str().and_then(|text| text.parse().ok()).expect("a number")
    }

    /// Asks for Production, and waits until the version's files are known.
    pub async fn ask(&self, version: i64) -> i64 {
        self.ask_for(version, "Production").await
    }

    pub async fn ask_for(&self, version: i64, target: &str) -> i64 {
        let body =
            json!({ "model": "churn", "version": version, "target": target, "comment": "it is better" });
        let review = self.ok("/api/v1/reviews", body).await;
        let id = review["id"].as_i64().expect("a number");
        for _ in 0..100 {
            if self.review(id).await["files_state"] == "done" {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the files of version {version} are never read");
    }

    pub async fn review(&self, id: i64) -> Value {
        self.get(&format!("/api/v1/reviews/{id}")).await
    }

    pub async fn stage(&self, version: i64) -> String {
        let path = format!("/api/2.0/mlflow/model-versions/get?name=churn&version={version}");
        self.get(&path).await["model_version"]["current_stage"].as_str().expect("a stage").to_owned()
    }
}

pub(crate) const TEAM: &[(&str, &[&str])] = &[
    ("ada", &["admin"]),
    ("dana", &["data_scientist"]),
    ("erin", &["ml_engineer"]),
    ("otto", &["ops_engineer"]),
    ("vera", &["viewer"]),
];

pub(crate) fn refused(reply: &Reply, status: StatusCode, part: &str) {
    assert_eq!(reply.status, status, "{}", reply.json);
    let message = reply.json["message"].as_str().unwrap_or_default();
    assert!(message.contains(part), "{message}");
}
