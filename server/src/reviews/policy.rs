//! `/api/v1/policy`, `/api/v1/models/{name}/policy`: policies as files.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::limits::Invalid;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Error;
use store::reviews::{PolicyOf, SavedPolicy, policy, policy_history, save_policy};
use web::wire::Int64;
use web::{ApiError, Call, Path, SignedIn};

use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/policy", get(show_workspace).put(save_workspace))
        .route("/api/v1/models/{name}/policy", get(show_model).put(save_model))
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct Save {
    /// TOML; empty: no policy any more.
    text: Option<String>,
    #[serde(default)]
    reason: String,
    /// The version that was edited.
    after: Option<Int64>,
}

/// A policy in JSON; or the file itself, with the rest in the query.
struct Sent(Save);

const TOML: &str = "application/toml";

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !names_toml(request.headers().get(header::CONTENT_TYPE)) {
            return Call::from_request(request, state).await.map(|Call(save)| Self(save));
        }
        let save: Save = web::query::parse(request.uri().query().unwrap_or_default())?;
        let text = String::from_request(request, state).await;
        let text = text.map_err(|why| ApiError::bad_request(format!("the policy can't be read: {why}")))?;
        Ok(Self(Save { text: Some(text), ..save }))
    }
}

fn names_toml(value: Option<&HeaderValue>) -> bool {
    value.and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(TOML))
}

async fn show_workspace(SignedIn(db): SignedIn, headers: HeaderMap) -> Result<Response, ApiError> {
    show(&db, PolicyOf::Workspace, &headers).await
}

async fn show_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    show(&db, PolicyOf::Model(name), &headers).await
}

async fn save_workspace(SignedIn(db): SignedIn, Sent(save): Sent) -> Result<Json<Value>, ApiError> {
    keep(&db, PolicyOf::Workspace, save).await
}

async fn save_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
    Sent(save): Sent,
) -> Result<Json<Value>, ApiError> {
    keep(&db, PolicyOf::Model(name), save).await
}

async fn show(db: &store::Db, of: PolicyOf, headers: &HeaderMap) -> Result<Response, ApiError> {
    let found = policy(db, &of).await?;
    if names_toml(headers.get(header::ACCEPT)) {
        let text = found.map(|found| found.text).unwrap_or_default();
        return Ok(([(header::CONTENT_TYPE, TOML)], text).into_response());
    }
    let history = policy_history(db, &of).await?;
    let body = json!({
        "policy": found.as_ref().map(whole),
        "history": history.iter().map(saved).collect::<Vec<_>>(),
    });
    Ok(Json(body).into_response())
}

async fn keep(db: &store::Db, of: PolicyOf, save: Save) -> Result<Json<Value>, ApiError> {
    let text = save.text.ok_or_else(|| ApiError::missing("text"))?;
    let after = save.after.map(|after| after.0);
    let version =
        save_policy(db, of, text, save.reason, after, now()).await.map_err(|error| match error {
            Error::Invalid(Invalid { field, message }) if field == "policy" => {
                Invalid::new("text", message).into()
            }
            error => ApiError::from(error),
        })?;
    Ok(Json(json!({ "version": version })))
}

fn saved(policy: &SavedPolicy) -> Value {
    json!({
        "version": policy.version, "sha256": policy.sha256, "author": policy.author,
        "reason": policy.reason, "at_ms": policy.at.0,
    })
}

fn whole(policy: &SavedPolicy) -> Value {
    let mut value = saved(policy);
    value["text"] = json!(policy.text);
    value
}
