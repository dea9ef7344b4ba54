//! The one place that turns a change into an event, and the event into deliveries: in the change's transaction, for
//! those who listen.

use std::collections::BTreeSet;

use domain::Millis;
use domain::accounts::{Caller, Role};
use domain::registry::{PROMPT_TAG, is_prompt};
use notify::event::{Actor, What};
use notify::{Event, Form, Topic, payload};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::FromRow;

use super::hooks::message_id;
use super::rows::topics;
use crate::error::Result;
use crate::permissions::manages_model;
use crate::settings;
use crate::writer::Tx;

/// The model that a webhook names which hears of each of them.
const ALL_MODELS: i64 = 0;

#[derive(FromRow)]
struct Listener {
    id: i64,
    uuid: String,
    form: String,
    events: String,
    author: String,
    model_id: i64,
}

/// Those who may want to know what happens to a model.
pub(crate) struct Listeners {
    model: i64,
    all: Vec<Listener>,
}

/// Those who listen to a model; `None` if nobody does, and nothing needs to be found out for them.
pub(crate) async fn listeners(tx: &mut Tx<'_>, model: i64) -> Result<Option<Listeners>> {
    let mut all: Vec<Listener> = sqlx::query_as(
        "SELECT id, uuid, form, events, author, model_id FROM webhooks
         WHERE status = 'ACTIVE' AND deleted_at_ms IS NULL AND model_id IN (0, $1) ORDER BY id",
    )
    .bind(model)
    .fetch_all(&mut *tx.connection)
    .await?;
    let authors: BTreeSet<_> = all.iter().map(|one| (one.author.clone(), one.model_id)).collect();
    for (author, of) in authors {
        if !may_listen(tx, &author, of).await? {
            all.retain(|one| (&one.author, one.model_id) != (&author, of));
        }
    }
    Ok((!all.is_empty()).then_some(Listeners { model, all }))
}

/// A webhook hears no more than whoever made it may decide about now. Where nobody signs in it has no such person.
async fn may_listen(tx: &mut Tx<'_>, author: &str, model: i64) -> Result<bool> {
    let found: Option<(i64, i64)> = sqlx::query_as("SELECT id, is_disabled FROM users WHERE name_key = $1")
        .bind(author.to_lowercase())
        .fetch_optional(&mut *tx.connection)
        .await?;
    let Some((id, is_disabled)) = found else { return Ok(true) };
    let roles: Vec<(String,)> = sqlx::query_as("SELECT role FROM user_roles WHERE user_id = $1")
        .bind(id)
        .fetch_all(&mut *tx.connection)
        .await?;
    let roles = roles.iter().filter_map(|(role,)| Role::parse(role)).collect();
    let person = Caller { user_id: Some(id), roles, ..Caller::nobody() };
    Ok(is_disabled == 0
        && match model {
            ALL_MODELS => person.is_admin(),
            model => manages_model(tx.connection, tx.engine, &person, model).await?,
        })
}

/// Tells whoever listens to a model what has happened to it.
pub(crate) async fn tell(tx: &mut Tx<'_>, by: &Caller, model: i64, what: What, now: Millis) -> Result<()> {
    match listeners(tx, model).await? {
        Some(listeners) => listeners.tell(tx, by, what, now).await,
        None => Ok(()),
    }
}

impl Listeners {
    pub async fn tell(&self, tx: &mut Tx<'_>, by: &Caller, what: What, now: Millis) -> Result<()> {
        let event = event(tx, by, self.model, what, now).await?;
        for listener in &self.all {
            let form = Form::parse(&listener.form).unwrap_or(Form::Own);
            for topic in Topic::fired(&topics(form, &listener.events), &event) {
                let Some(body) = payload::body(form, topic, &event, &listener.uuid) else { continue };
                let body = String::from_utf8_lossy(&body).into_owned();
                insert(tx, (listener.id, form), topic, (subject(&event), body), now).await?;
            }
        }
        Ok(())
    }
}

async fn event(tx: &mut Tx<'_>, by: &Caller, model: i64, what: What, now: Millis) -> Result<Event> {
    let found: Option<(String, Option<String>)> = sqlx::query_as(
        "SELECT m.name, t.value FROM registered_models m
         LEFT JOIN registered_model_tags t ON t.model_id = m.id AND t.key = $1
         WHERE m.id = $2",
    )
    .bind(PROMPT_TAG)
    .bind(model)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let (name, tag) = found.unwrap_or_default();
    let prompt = match &what {
        What::Created { tags, .. } => is_prompt(tags),
        What::VersionCreated(new) => is_prompt(&new.tags),
        _ => tag.is_some_and(|value| value.eq_ignore_ascii_case("true")),
    };
    let roles = by.roles.iter().map(|role| role.as_str().to_owned()).collect();
    let actor = Actor { name: by.name.clone(), roles };
    let mut event = Event { at: now, actor, model: name, prompt, url: String::new(), what };
    if let Some(url) = settings::public_url(tx.connection).await? {
        event.url = format!("{url}{}", path(&event));
    }
    Ok(event)
}

/// The page that shows it.
fn path(event: &Event) -> String {
    let model = utf8_percent_encode(&event.model, NON_ALPHANUMERIC);
    match (&event.what, event.version()) {
        (What::Deleted, _) => "/models".into(),
        (What::Review { review, .. }, _) => format!("/reviews/{}", review.id),
        (_, Some(version)) => format!("/models/{model}/versions/{version}"),
        (_, None) => format!("/models/{model}"),
    }
}

fn subject(event: &Event) -> String {
    match event.version() {
        Some(version) => format!("{}/{version}", event.model),
        None => event.model.clone(),
    }
}

async fn insert(
    tx: &mut Tx<'_>,
    (webhook, form): (i64, Form),
    topic: Topic,
    (subject, body): (String, String),
    now: Millis,
) -> Result<()> {
    let id = tx.next_ids("deliveries", 1).await?;
    sqlx::query(
        "INSERT INTO deliveries (id, webhook_id, message_id, topic, subject, body, state, next_at_ms, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7)",
    )
    .bind(id)
    .bind(webhook)
    .bind(message_id(form))
    .bind(topic.to_string())
    .bind(subject)
    .bind(body)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    tx.told = true;
    Ok(())
}
