//! `webhooks…`: as MLflow has them. They are of all models, so they are the admins'.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use notify::topic::{Action, Entity, Mlflow};
use notify::{Form, Topic};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Db;
use store::webhooks::{self, NewWebhook, Secret, Status, Webhook, WebhookQuery, WebhookUpdate};
use uuid::Uuid;
use web::wire::{Int64, Many, Name};
use web::{ApiError, Call, Path, SignedIn, required};

use super::wire::Empty;
use crate::clock::now;
use crate::state::AppState;
use crate::webhooks::Calling;

const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;
const LONGEST_NAME: usize = 63;

/// In the order of their numbers, from 1.
const ENTITIES: [Entity; 10] = [
    Entity::RegisteredModel,
    Entity::ModelVersion,
    Entity::ModelVersionTag,
    Entity::ModelVersionAlias,
    Entity::Prompt,
    Entity::PromptVersion,
    Entity::PromptTag,
    Entity::PromptVersionTag,
    Entity::PromptAlias,
    Entity::BudgetPolicy,
];
const ACTIONS: [Action; 5] =
    [Action::Created, Action::Updated, Action::Deleted, Action::Set, Action::Exceeded];
const STATUSES: [Status; 2] = [Status::Active, Status::Disabled];

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/webhooks", get(list).post(create))
        .route("/webhooks/{id}", get(show).patch(update).delete(remove))
        .route("/webhooks/{id}/test", post(test))
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `entity` and `action`")]
struct EventWire {
    entity: Option<Name>,
    action: Option<Name>,
}

/// An enum's value by its name in capitals, or by its number.
fn named<T: Copy>(
    field: &str,
    given: Option<&Name>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, ApiError> {
    let Some(Name(text)) = given else { return Err(ApiError::missing(field)) };
    let by_number = text.parse::<usize>().ok().and_then(|number| all.get(number.checked_sub(1)?));
    let by_name = || all.iter().find(|one| name(**one).to_ascii_uppercase() == *text);
    by_number.or_else(by_name).copied().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name(*one).to_ascii_uppercase()).collect();
        let names = names.join(", ");
        ApiError::bad_request(format!(
            "Invalid value `{text}` for parameter '{field}' supplied: it is one of {names}"
        ))
    })
}

impl EventWire {
    fn read(&self) -> Result<Topic, ApiError> {
        let entity = named("entity", self.entity.as_ref(), &ENTITIES, Entity::as_str)?;
        let action = named("action", self.action.as_ref(), &ACTIONS, Action::as_str)?;
        Mlflow::new(entity, action).map(Topic::Mlflow).map_err(ApiError::bad_request)
    }
}

fn events(given: &[EventWire]) -> Result<Vec<Topic>, ApiError> {
    given.iter().map(EventWire::read).collect()
}

fn status(given: Option<&Name>) -> Result<Option<Status>, ApiError> {
    let Some(_) = given else { return Ok(None) };
    named("status", given, &STATUSES, Status::as_str).map(Some)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let is_right = bytes.len() <= LONGEST_NAME
        && bytes.iter().all(|byte| inner(*byte))
        && ends(bytes.first())
        && ends(bytes.last());
    if is_right {
        return Ok(());
    }
    Err(ApiError::bad_request(format!(
        "Webhook name '{name}' is invalid. It must start and end with a letter or digit, be less than 63 characters \
         long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-)."
    )))
}

fn wire(hook: &Webhook) -> Value {
    let event = |topic: &Topic| match topic {
        Topic::Mlflow(pair) => Some(json!({
            "entity": pair.entity().as_str().to_ascii_uppercase(),
            "action": pair.action().as_str().to_ascii_uppercase(),
        })),
        _ => None,
    };
    // By entity, then by action, which isn't the order of the texts with a dot between.
    let mut topics = hook.events.clone();
    topics.sort_unstable_by_key(|topic| match topic {
        Topic::Mlflow(pair) => (pair.entity().as_str(), pair.action().as_str()),
        _ => ("", ""),
    });
    let mut wire = json!({
        "webhook_id": Uuid::parse_str(&hook.uuid).unwrap_or_default().to_string(),
        "name": hook.name,
        "url": hook.url,
        "events": topics.iter().filter_map(event).collect::<Vec<_>>(),
        "status": if hook.status == Status::Active { "ACTIVE" } else { "DISABLED" },
        "creation_timestamp": hook.created_at.0,
        "last_updated_timestamp": hook.updated_at.0,
    });
    if !hook.description.is_empty() {
        wire["description"] = hook.description.clone().into();
    }
    wire
}

/// Those of other forms don't exist for this dialect.
async fn known(db: &Db, id: &str) -> Result<(), ApiError> {
    let missing = || ApiError::not_found(format!("Webhook with ID {id} not found."));
    match webhooks::get(db, id).await {
        Ok(hook) if hook.form == Form::Mlflow => Ok(()),
        Ok(_) | Err(store::Error::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct Create {
    name: Option<String>,
    url: Option<String>,
    events: Option<Many<EventWire>>,
    description: Option<String>,
    secret: Option<String>,
    status: Option<Name>,
}

async fn create(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Call(call): Call<Create>,
) -> Result<Json<Value>, ApiError> {
    let (name, url) = (required("name", call.name)?, required("url", call.url)?);
    let given = call.events.ok_or_else(|| ApiError::missing("events"))?.0;
    let events = events(&given)?;
    check_name(&name)?;
    let new = NewWebhook {
        form: Form::Mlflow,
        name,
        description: call.description.unwrap_or_default(),
        url,
        events,
        model: None,
        status: status(call.status.as_ref())?.unwrap_or_default(),
        secret: call.secret.unwrap_or_default(),
        authorization: String::new(),
        verify_certificate: true,
    };
    let (hook, _) = webhooks::create(&db, &calling.rules, new, now()).await?;
    Ok(Json(json!({ "webhook": wire(&hook) })))
}

#[derive(Deserialize)]
struct Search {
    max_results: Option<Int64>,
    page_token: Option<String>,
}

async fn list(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Json<Value>, ApiError> {
    let given = call.max_results.filter(|given| given.0 != 0);
    let query = WebhookQuery {
        form: Some(Form::Mlflow),
        max_results: super::page_size(given, PAGE, LARGEST_PAGE)?,
        page_token: call.page_token,
        ..WebhookQuery::default()
    };
    let page = webhooks::list(&db, &query).await?;
    let mut answer = json!({});
    // What is empty isn't written.
    if !page.items.is_empty() {
        answer["webhooks"] = page.items.iter().map(wire).collect();
    }
    if let Some(token) = page.next_page_token {
        answer["next_page_token"] = token.into();
    }
    Ok(Json(answer))
}

async fn show(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    known(&db, &id).await?;
    Ok(Json(json!({ "webhook": wire(&webhooks::get(&db, &id).await?) })))
}

#[derive(Deserialize)]
struct Update {
    name: Option<String>,
    url: Option<String>,
    #[serde(default)]
    events: Many<EventWire>,
    description: Option<String>,
    secret: Option<String>,
    status: Option<Name>,
}

async fn update(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(id): Path<String>,
    Call(call): Call<Update>,
) -> Result<Json<Value>, ApiError> {
    known(&db, &id).await?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let events = events(&call.events.0)?;
    let name = given(call.name);
    name.as_deref().map_or(Ok(()), check_name)?;
    let change = WebhookUpdate {
        name,
        description: call.description,
        url: given(call.url),
        events: (!events.is_empty()).then_some(events),
        status: status(call.status.as_ref())?,
        secret: match call.secret {
            None => Secret::Keep,
            Some(secret) if secret.is_empty() => Secret::Remove,
            Some(secret) => Secret::Set(secret),
        },
        ..WebhookUpdate::default()
    };
    let (hook, _) = webhooks::update(&db, &calling.rules, &id, change, now()).await?;
    Ok(Json(json!({ "webhook": wire(&hook) })))
}

async fn remove(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Json<Empty>, ApiError> {
    known(&db, &id).await?;
    webhooks::delete(&db, &id, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Test {
    event: Option<EventWire>,
}

/// One attempt: whoever tests wants to know what happens, not what may happen later.
async fn test(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(id): Path<String>,
    Call(call): Call<Test>,
) -> Result<Json<Value>, ApiError> {
    known(&db, &id).await?;
    let event = call.event.as_ref().map(EventWire::read).transpose()?;
    let result = match calling.test(&db, &id, event).await? {
        Ok(answer) => json!({
            "success": answer.status < 400,
            "response_status": answer.status,
            "response_body": answer.body,
        }),
        Err(error) => {
            json!({ "success": false, "error_message": format!("Failed to test webhook: {error}") })
        }
    };
    Ok(Json(json!({ "result": result })))
}
