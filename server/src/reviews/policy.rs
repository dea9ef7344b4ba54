//! `/api/v1/policy`, `/api/v1/models/{name}/policy`: policies as files.

use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
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

async fn show_workspace(SignedIn(db): SignedIn) -> Result<Json<Value>, ApiError> {
    show(&db, PolicyOf::Workspace).await
}

async fn show_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
) -> Result<Json<Value>, ApiError> {
    show(&db, PolicyOf::Model(name)).await
}

async fn save_workspace(SignedIn(db): SignedIn, Call(save): Call<Save>) -> Result<Json<Value>, ApiError> {
    keep(&db, PolicyOf::Workspace, save).await
}

async fn save_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
    Call(save): Call<Save>,
) -> Result<Json<Value>, ApiError> {
    keep(&db, PolicyOf::Model(name), save).await
}

async fn show(db: &store::Db, of: PolicyOf) -> Result<Json<Value>, ApiError> {
    let found = policy(db, &of).await?;
    let history = policy_history(db, &of).await?;
    Ok(Json(json!({
        "policy": found.as_ref().map(whole),
        "history": history.iter().map(saved).collect::<Vec<_>>(),
    })))
}

async fn keep(db: &store::Db, of: PolicyOf, save: Save) -> Result<Json<Value>, ApiError> {
    let text = save.text.ok_or_else(|| ApiError::missing("text"))?;
    let after = save.after.map(|after| after.0);
    let version = save_policy(db, of, text, save.reason, after, now()).await?;
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
