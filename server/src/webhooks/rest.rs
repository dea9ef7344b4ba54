//! `/api/v1/webhooks…`

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Millis;
use domain::limits::Invalid;
use http::StatusCode;
use notify::{Form, Topic};
use serde::Deserialize;
use serde_json::{Value, json};
use store::webhooks::{
    self, Delivery, DeliveryQuery, DeliveryState, NewWebhook, Secret, Status, Webhook, WebhookQuery,
    WebhookUpdate,
};
use web::wire::{Flag, Int64, Many};
use web::{ApiError, Call, Path, SignedIn, required};

use super::Calling;
use crate::clock::now;
use crate::state::AppState;

const PAGE: i64 = 50;
const MAX_PAGE: i64 = 1000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/webhooks", get(list).post(create))
        .route("/api/v1/webhooks/{id}", get(show).patch(update).delete(remove))
        .route("/api/v1/webhooks/{id}/test", post(test))
        .route("/api/v1/webhooks/{id}/deliveries", get(deliveries))
        .route("/api/v1/webhooks/{id}/deliveries/{delivery}/replay", post(replay))
}

/// What a webhook is to whoever manages it. The address of one of Slack's is its secret.
fn wire(hook: &Webhook) -> Value {
    json!({
        "id": hook.uuid,
        "form": hook.form.as_str(),
        "name": hook.name,
        "description": hook.description,
        "url": if hook.form == Form::Slack { hook.masked_url() } else { hook.url.clone() },
        "events": hook.events.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "model": hook.model,
        "status": hook.status.as_str().to_ascii_lowercase(),
        "verify_certificate": hook.verify_certificate,
        "has_secret": hook.has_secret,
        "has_authorization": hook.has_authorization,
        "author": hook.author,
        "created_at": hook.created_at.0,
        "updated_at": hook.updated_at.0,
        "failing_since": hook.failing_since.map(|since| since.0),
        "said": hook.said,
    })
}

fn with_secret(hook: &Webhook, secret: Option<String>) -> Value {
    let mut wire = wire(hook);
    if let Some(secret) = secret {
        wire["secret"] = secret.into();
    }
    wire
}

pub(super) fn form(text: &str) -> Result<Form, Invalid> {
    Form::parse(text).ok_or_else(|| {
        let forms = Form::ALL.map(Form::as_str).join(", ");
        Invalid::new("form", format!("`{text}` is none; there are {forms}"))
    })
}

pub(super) fn events(form: Form, names: &[String]) -> Result<Vec<Topic>, Invalid> {
    let event =
        |name: &String| Topic::parse(form, name).map_err(|error| Invalid::new("events", error.to_string()));
    names.iter().map(event).collect()
}

pub(super) fn status(text: &str) -> Result<Status, Invalid> {
    Status::parse(&text.to_ascii_uppercase()).ok_or_else(|| {
        Invalid::new("status", format!("`{text}` is none; there are active, disabled, test_mode"))
    })
}

pub(super) fn state(text: &str) -> Result<DeliveryState, Invalid> {
    DeliveryState::parse(text).ok_or_else(|| {
        let states = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
        Invalid::new("state", format!("`{text}` is none; there are {states}"))
    })
}

fn page_size(given: Option<Int64>) -> Result<i64, Invalid> {
    let size = given.map_or(PAGE, |size| size.0);
    if (1..=MAX_PAGE).contains(&size) {
        return Ok(size);
    }
    Err(Invalid::new("max_results", format!("`{size}`; it is 1 to {MAX_PAGE}")))
}

#[derive(Deserialize)]
struct Search {
    form: Option<String>,
    model: Option<String>,
    max_results: Option<Int64>,
    page_token: Option<String>,
}

async fn list(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Json<Value>, ApiError> {
    let query = WebhookQuery {
        form: call.form.as_deref().map(form).transpose()?,
        model: call.model.filter(|model| !model.is_empty()),
        events: Vec::new(),
        max_results: usize::try_from(page_size(call.max_results)?).unwrap_or_default(),
        page_token: call.page_token,
    };
    let page = webhooks::list(&db, &query).await?;
    let all: Vec<_> = page.items.iter().map(wire).collect();
    Ok(Json(json!({ "webhooks": all, "next_page_token": page.next_page_token })))
}

#[derive(Deserialize)]
struct Create {
    form: Option<String>,
    name: Option<String>,
    #[serde(default)]
    description: String,
    url: Option<String>,
    #[serde(default)]
    events: Many<String>,
    model: Option<String>,
    status: Option<String>,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    authorization: String,
    verify_certificate: Option<Flag>,
}

async fn create(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Call(call): Call<Create>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let form = call.form.as_deref().map_or(Ok(Form::Own), form)?;
    let new = NewWebhook {
        form,
        name: required("name", call.name)?,
        description: call.description,
        url: required("url", call.url)?,
        events: events(form, &call.events.0)?,
        model: call.model.filter(|model| !model.is_empty()),
        status: call.status.as_deref().map_or(Ok(Status::Active), status)?,
        secret: call.secret,
        authorization: call.authorization,
        verify_certificate: call.verify_certificate.is_none_or(|flag| flag.0),
    };
    let (hook, secret) = webhooks::create(&db, &calling.rules, new, now()).await?;
    Ok((StatusCode::CREATED, Json(with_secret(&hook, secret))))
}

#[derive(Deserialize)]
struct One {
    id: String,
}

async fn show(SignedIn(db): SignedIn, Path(One { id }): Path<One>) -> Result<Json<Value>, ApiError> {
    Ok(Json(wire(&webhooks::get(&db, &id).await?)))
}

#[derive(Deserialize)]
struct Update {
    name: Option<String>,
    description: Option<String>,
    url: Option<String>,
    events: Option<Many<String>>,
    status: Option<String>,
    /// Empty: none any more.
    secret: Option<String>,
    /// A new secret is made up and answered, once.
    rotate_secret: Option<Flag>,
    authorization: Option<String>,
    verify_certificate: Option<Flag>,
}

async fn update(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(One { id }): Path<One>,
    Call(call): Call<Update>,
) -> Result<Json<Value>, ApiError> {
    let form = webhooks::get(&db, &id).await?.form;
    let secret = match (call.secret, call.rotate_secret.is_some_and(|flag| flag.0)) {
        (_, true) => Secret::Generate,
        (None, false) => Secret::Keep,
        (Some(secret), false) if secret.is_empty() => Secret::Remove,
        (Some(secret), false) => Secret::Set(secret),
    };
    let change = WebhookUpdate {
        name: call.name,
        description: call.description,
        url: call.url,
        events: call.events.map(|names| events(form, &names.0)).transpose()?,
        status: call.status.as_deref().map(status).transpose()?,
        secret,
        authorization: call.authorization,
        verify_certificate: call.verify_certificate.map(|flag| flag.0),
    };
    let (hook, secret) = webhooks::update(&db, &calling.rules, &id, change, now()).await?;
    Ok(Json(with_secret(&hook, secret)))
}

async fn remove(SignedIn(db): SignedIn, Path(One { id }): Path<One>) -> Result<StatusCode, ApiError> {
    webhooks::delete(&db, &id, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Test {
    event: Option<String>,
}

async fn test(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(One { id }): Path<One>,
    Call(call): Call<Test>,
) -> Result<Json<Value>, ApiError> {
    let event = match call.event {
        Some(name) => events(webhooks::get(&db, &id).await?.form, &[name])?.pop(),
        None => None,
    };
    Ok(Json(match calling.test(&db, &id, event).await? {
        Ok(answer) => {
            json!({ "success": answer.is_success(), "status": answer.status, "body": answer.excerpt() })
        }
        Err(error) => json!({ "success": false, "problem": error.to_string() }),
    }))
}

#[derive(Deserialize)]
struct Look {
    state: Option<String>,
    #[serde(default)]
    q: String,
    before: Option<Int64>,
    max_results: Option<Int64>,
}

async fn deliveries(
    SignedIn(db): SignedIn,
    Path(One { id }): Path<One>,
    Call(call): Call<Look>,
) -> Result<Json<Value>, ApiError> {
    let query = DeliveryQuery {
        state: call.state.as_deref().filter(|text| !text.is_empty()).map(state).transpose()?,
        part: call.q,
        before: call.before.map(|before| before.0),
        max_results: page_size(call.max_results)?,
    };
    let found = webhooks::deliveries(&db, &id, &query).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == query.max_results);
    let next = found.last().filter(|_| is_full).map(|last| last.id);
    let all: Vec<_> = found.iter().map(delivery).collect();
    Ok(Json(json!({ "deliveries": all, "next_before": next })))
}

fn delivery(one: &Delivery) -> Value {
    let at = |at: Option<Millis>| at.map(|at| at.0);
    json!({
        "id": one.id,
        "message_id": one.message_id,
        "event": one.topic,
        "subject": one.subject,
        "body": one.body,
        "state": one.state.as_str(),
        "attempts": one.attempts,
        "next_at": at(one.next_at),
        "created_at": one.created_at.0,
        "last_at": at(one.last_at),
        "status": one.status,
        "answer": one.excerpt,
        "problem": one.problem,
        "is_replay": one.is_replay,
    })
}

#[derive(Deserialize)]
struct Replay {
    id: String,
    delivery: i64,
}

async fn replay(
    SignedIn(db): SignedIn,
    Path(Replay { id, delivery }): Path<Replay>,
) -> Result<Json<Value>, ApiError> {
    let replayed = webhooks::replay(&db, &id, delivery, now()).await?;
    Ok(Json(json!({ "delivery": replayed })))
}
