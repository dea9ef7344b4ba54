//! `registry-webhooks/…`: in the words of Databricks' registry.

use axum::extract::State;
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use notify::{Form, Topic};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Db;
use store::webhooks::{self, NewWebhook, Secret, Status, Webhook, WebhookQuery, WebhookUpdate};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Either, SignedIn, required};

use super::super::page_size;
use super::super::wire::{Empty, LooseFlag};
use crate::clock::now;
use crate::state::AppState;
use crate::webhooks::Calling;

const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/registry-webhooks/create", post(create))
        .route("/registry-webhooks/list", get(list))
        .route("/registry-webhooks/update", patch(update).post(update))
        .route("/registry-webhooks/delete", delete(remove))
        .route("/registry-webhooks/test", post(test))
}

fn event(name: &str) -> Result<Topic, ApiError> {
    Topic::parse(Form::Databricks, name).map_err(|error| {
        ApiError::bad_request(format!("Invalid value for parameter 'events' supplied: {error}"))
    })
}

fn events(names: &Many<String>) -> Result<Vec<Topic>, ApiError> {
    names.0.iter().map(|name| event(name)).collect()
}

fn status(text: &str) -> Result<Status, ApiError> {
    Status::parse(text).ok_or_else(|| {
        let all = Status::ALL.map(Status::as_str).join(", ");
        ApiError::bad_request(format!("Invalid value `{text}` for parameter 'status': it is one of {all}"))
    })
}

fn wire(hook: &Webhook) -> Value {
    let mut wire = json!({
        "id": hook.uuid,
        "events": hook.events.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "description": hook.description,
        "status": hook.status.as_str(),
        "http_url_spec": { "url": hook.url, "enable_ssl_verification": hook.verify_certificate },
        "creation_timestamp": hook.created_at.0,
        "last_updated_timestamp": hook.updated_at.0,
    });
    if let Some(model) = &hook.model {
        wire["model_name"] = model.clone().into();
    }
    wire
}

/// Those of other forms don't exist for this dialect.
async fn known(db: &Db, id: &str) -> Result<(), ApiError> {
    if webhooks::get(db, id).await?.form == Form::Databricks {
        return Ok(());
    }
    Err(ApiError::not_found(format!("no webhook with id `{id}` exists")))
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `url`")]
struct Spec {
    url: Option<String>,
    secret: Option<String>,
    authorization: Option<String>,
    enable_ssl_verification: Option<LooseFlag>,
}

#[derive(Deserialize)]
struct Create {
    model_name: Option<String>,
    #[serde(default)]
    events: Many<String>,
    description: Option<String>,
    status: Option<String>,
    http_url_spec: Option<Spec>,
    job_spec: Option<Value>,
}

fn refuse_job(job: Option<&Value>) -> Result<(), ApiError> {
    let why =
        "This server calls HTTP addresses: give `http_url_spec`; `job_spec` needs a Databricks workspace";
    if job.is_some_and(|job| !job.is_null()) { Err(ApiError::bad_request(why)) } else { Ok(()) }
}

async fn create(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Call(call): Call<Create>,
) -> Result<Json<Value>, ApiError> {
    refuse_job(call.job_spec.as_ref())?;
    let spec = call.http_url_spec.ok_or_else(|| ApiError::missing("http_url_spec"))?;
    let new = NewWebhook {
        form: Form::Databricks,
        name: String::new(),
        description: call.description.unwrap_or_default(),
        url: required("url", spec.url)?,
        events: events(&call.events)?,
        model: call.model_name.filter(|name| !name.is_empty()),
        status: call.status.as_deref().map_or(Ok(Status::Active), status)?,
        secret: spec.secret.unwrap_or_default(),
        authorization: spec.authorization.unwrap_or_default(),
        verify_certificate: spec.enable_ssl_verification.is_none_or(|flag| flag.0),
    };
    let (hook, _) = webhooks::create(&db, &calling.rules, new, now()).await?;
    Ok(Json(json!({ "webhook": wire(&hook) })))
}

#[derive(Deserialize)]
struct List {
    model_name: Option<String>,
    #[serde(default)]
    events: Many<String>,
    max_results: Option<Int64>,
    page_token: Option<String>,
}

async fn list(SignedIn(db): SignedIn, Call(call): Call<List>) -> Result<Json<Value>, ApiError> {
    let query = WebhookQuery {
        form: Some(Form::Databricks),
        model: call.model_name.filter(|name| !name.is_empty()),
        events: events(&call.events)?,
        max_results: page_size(call.max_results, PAGE, LARGEST_PAGE)?,
        page_token: call.page_token,
    };
    let page = webhooks::list(&db, &query).await?;
    let mut answer = json!({ "webhooks": page.items.iter().map(wire).collect::<Vec<_>>() });
    if let Some(token) = page.next_page_token {
        answer["next_page_token"] = token.into();
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct Update {
    id: Option<String>,
    events: Option<Many<String>>,
    description: Option<String>,
    status: Option<String>,
    http_url_spec: Option<Spec>,
    job_spec: Option<Value>,
}

async fn update(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Call(call): Call<Update>,
) -> Result<Json<Value>, ApiError> {
    let id = required("id", call.id)?;
    refuse_job(call.job_spec.as_ref())?;
    known(&db, &id).await?;
    let spec = call.http_url_spec;
    let secret = spec.as_ref().and_then(|spec| spec.secret.clone());
    let change = WebhookUpdate {
        name: None,
        description: call.description,
        url: spec.as_ref().and_then(|spec| spec.url.clone()).filter(|url| !url.is_empty()),
        events: call.events.filter(|names| !names.0.is_empty()).as_ref().map(events).transpose()?,
        status: call.status.as_deref().map(status).transpose()?,
        secret: match secret {
            None => Secret::Keep,
            Some(secret) if secret.is_empty() => Secret::Remove,
            Some(secret) => Secret::Set(secret),
        },
        authorization: spec.as_ref().and_then(|spec| spec.authorization.clone()),
        verify_certificate: spec.as_ref().and_then(|spec| spec.enable_ssl_verification).map(|flag| flag.0),
    };
    let (hook, _) = webhooks::update(&db, &calling.rules, &id, change, now()).await?;
    Ok(Json(json!({ "webhook": wire(&hook) })))
}

#[derive(Deserialize)]
struct One {
    id: Option<String>,
    event: Option<String>,
}

async fn remove(SignedIn(db): SignedIn, Either(call): Either<One>) -> Result<Json<Empty>, ApiError> {
    let id = required("id", call.id)?;
    known(&db, &id).await?;
    webhooks::delete(&db, &id, now()).await?;
    Ok(Json(Empty {}))
}

async fn test(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Call(call): Call<One>,
) -> Result<Json<Value>, ApiError> {
    let id = required("id", call.id)?;
    known(&db, &id).await?;
    let event = call.event.as_deref().map(event).transpose()?;
    match calling.test(&db, &id, event).await? {
        Ok(answer) => Ok(Json(json!({ "status_code": answer.status, "body": answer.body }))),
        Err(error) => Err(ApiError::bad_request(format!("the webhook was not reached: {error}"))),
    }
}
