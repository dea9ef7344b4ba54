//! Webhooks, made and changed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::accounts::Caller;
use domain::limits::{self, Invalid};
use domain::{Millis, Page};
use futures::FutureExt as _;
use notify::payload::{example_body, sign};
use notify::topic::Databricks;
use notify::{Form, Outgoing, Rules, Topic, address};
use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::{Row, SELECT, managed};
use super::{NewWebhook, Status, Webhook, WebhookQuery};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::registry;
use crate::search::keyset;
use crate::sql::Sql;
use crate::writer::Tx;

const MAX_NAME: usize = 200;
const MAX_TEXT: usize = 1000;
const MAX_URL: usize = 2000;
/// For so long the secret before the last signs as well.
const ROTATION_MS: i64 = 24 * 60 * 60 * 1000;

/// What becomes of a webhook's secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Secret {
    #[default]
    Keep,
    Remove,
    Set(String),
    /// A new one is made up.
    Generate,
}

/// What changes; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookUpdate {
    pub name: Option<String>,
    pub description: Option<String>,
    pub url: Option<String>,
    pub events: Option<Vec<Topic>>,
    pub status: Option<Status>,
    pub secret: Secret,
    pub authorization: Option<String>,
    pub verify_certificate: Option<bool>,
}

/// Makes a webhook; with the secret, if one was made up: nothing tells it again.
///
/// # Errors
/// `Invalid` for an address that isn't called, an event, a secret; `Forbidden` for whoever doesn't manage the model,
/// or isn't an admin where there is none; `NotFound` without the model.
pub async fn create(
    db: &Db,
    rules: &Rules,
    mut new: NewWebhook,
    now: Millis,
) -> Result<(Webhook, Option<String>)> {
    check_texts(&new.name, &new.description)?;
    check_url(rules, &new.url)?;
    new.events = checked_events(new.form, new.model.is_some(), new.events)?;
    let made_up = (new.form == Form::Own && new.secret.is_empty()).then(made_up_secret);
    if let Some(secret) = &made_up {
        new.secret.clone_from(secret);
    }
    check_secret(new.form, &new.secret)?;
    check_authorization(&new.authorization)?;
    let (by, uuid) = (db.by().clone(), Uuid::new_v4().simple().to_string());
    let id = uuid.clone();
    db.write(move |tx| async move { insert(tx, &by, &id, &new, now).await }.boxed()).await?;
    Ok((get(db, &uuid).await?, made_up))
}

async fn insert(tx: &mut Tx<'_>, by: &Caller, uuid: &str, new: &NewWebhook, now: Millis) -> Result<()> {
    let model = if let Some(name) = &new.model {
        registry::managed(tx.connection, tx.engine, by, name).await?
    } else {
        by.check_admin()?;
        0
    };
    let id = tx.next_ids("webhooks", 1).await?;
    sqlx::query(
        "INSERT INTO webhooks (id, uuid, form, name, description, url, events, model_id, status, secret,
             auth_header, verify_certificate, author, created_at_ms, updated_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
    )
    .bind(id)
    .bind(uuid)
    .bind(new.form.as_str())
    .bind(&*new.name)
    .bind(&*new.description)
    .bind(&*new.url)
    .bind(names(&new.events))
    .bind(model)
    .bind(new.status.as_str())
    .bind(&*new.secret)
    .bind(&*new.authorization)
    .bind(i64::from(new.verify_certificate))
    .bind(&*by.name)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    let after = json!({
        "form": new.form.as_str(), "name": new.name, "url": address::masked(&new.url),
        "events": names(&new.events), "model": new.model, "status": new.status.as_str(),
    });
    audit::record(tx, by, Change::new("webhook.create", uuid).to(after), now).await
}

fn names(events: &[Topic]) -> String {
    events.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn made_up_secret() -> String {
    sign::secret(rand::random())
}

fn check_texts(name: &str, description: &str) -> Result<(), Invalid> {
    limits::check_short_text("name", name, MAX_NAME)?;
    limits::check_short_text("description", description, MAX_TEXT)
}

fn check_url(rules: &Rules, url: &str) -> Result<(), Invalid> {
    limits::check_short_text("url", url, MAX_URL)?;
    rules.check_url(url).map(drop).map_err(|refused| Invalid::new("url", refused.to_string()))
}

fn checked_events(form: Form, of_model: bool, mut events: Vec<Topic>) -> Result<Vec<Topic>, Invalid> {
    let invalid = |why: String| Invalid::new("events", why);
    if events.is_empty() {
        return Err(invalid("name at least one event".into()));
    }
    for event in &events {
        Topic::parse(form, &event.to_string()).map_err(|error| invalid(error.to_string()))?;
        if of_model && matches!(event, Topic::Databricks(name) if name.needs_all_models()) {
            let name = Databricks::RegisteredModelCreated.as_str();
            return Err(invalid(format!("`{name}` is for webhooks of all models, not of one")));
        }
    }
    events.sort_by_key(ToString::to_string);
    events.dedup();
    Ok(events)
}

fn check_secret(form: Form, secret: &str) -> Result<(), Invalid> {
    if form == Form::Own {
        sign::key(secret).map_err(|error| Invalid::new("secret", error.to_string()))?;
    }
    limits::check_short_text("secret", secret, MAX_TEXT)
}

fn check_authorization(text: &str) -> Result<(), Invalid> {
    limits::check_short_text("authorization", text, MAX_TEXT)?;
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(());
    }
    Err(Invalid::new("authorization", "only ASCII characters that a header can have"))
}

/// # Errors
/// `NotFound`, `Forbidden` for whoever doesn't manage it.
pub async fn get(db: &Db, uuid: &str) -> Result<Webhook> {
    let row = managed(&mut *db.reader().await?, db.engine(), db.by(), uuid).await?;
    Ok(row.shown())
}

/// Those that the caller manages, newest first.
///
/// # Errors
/// `Invalid` for a token that isn't ours; `NotFound` for a model that isn't there.
pub async fn list(db: &Db, query: &WebhookQuery) -> Result<Page<Webhook>> {
    let order = ["webhooks".to_owned()];
    let mut connection = db.reader().await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE w.deleted_at_ms IS NULL");
    if let Some(token) = query.page_token.as_deref().filter(|token| !token.is_empty()) {
        let position = keyset::decode(token, &order, &[keyset::Value::Int(0)])?;
        sql.push(" AND w.id < ");
        for value in &position {
            keyset::bind(&mut sql, value);
        }
    }
    if let Some(form) = query.form {
        sql.push(" AND w.form = ").bind(form.as_str());
    }
    if let Some(name) = &query.model {
        let model = registry::readable(&mut connection, db.engine(), db.by(), name).await?;
        sql.push(" AND w.model_id = ").bind(model);
    }
    // There are few of them, and which one may be seen is asked of its model.
    let rows: Vec<Row> = sql.push(" ORDER BY w.id DESC").fetch(&mut connection).await?;
    let (mut items, mut last, mut may) = (Vec::new(), 0, HashMap::new());
    for row in rows {
        let is_asked = query.events.is_empty() || row.topics().iter().any(|one| query.events.contains(one));
        if !is_asked {
            continue;
        }
        if let Entry::Vacant(unknown) = may.entry(row.model_id) {
            unknown.insert(match row.check(&mut connection, db.engine(), db.by()).await {
                Ok(()) => true,
                Err(Error::Forbidden(_) | Error::NotFound { .. }) => false,
                Err(error) => return Err(error),
            });
        }
        if may.get(&row.model_id) != Some(&true) {
            continue;
        }
        if items.len() == query.max_results {
            let next_page_token = Some(keyset::encode(&order, vec![keyset::Value::Int(last)]));
            return Ok(Page { items, next_page_token });
        }
        last = row.id;
        items.push(row.shown());
    }
    Ok(Page { items, next_page_token: None })
}

/// Changes it; with the new secret, if one was made up. Switched off, what is on its way waits.
///
/// # Errors
/// As [`create`].
pub async fn update(
    db: &Db,
    rules: &Rules,
    uuid: &str,
    change: WebhookUpdate,
    now: Millis,
) -> Result<(Webhook, Option<String>)> {
    if let Some(url) = &change.url {
        check_url(rules, url)?;
    }
    check_texts(
        change.name.as_deref().unwrap_or_default(),
        change.description.as_deref().unwrap_or_default(),
    )?;
    check_authorization(change.authorization.as_deref().unwrap_or_default())?;
    let made_up = (change.secret == Secret::Generate).then(made_up_secret);
    let (by, id, secret) = (db.by().clone(), uuid.to_owned(), made_up.clone());
    db.write(move |tx| async move { apply(tx, &by, &id, change, secret, now).await }.boxed()).await?;
    Ok((get(db, uuid).await?, made_up))
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}").to_ascii_lowercase()
}

async fn apply(
    tx: &mut Tx<'_>,
    by: &Caller,
    uuid: &str,
    change: WebhookUpdate,
    made_up: Option<String>,
    now: Millis,
) -> Result<()> {
    let mut row = managed(tx.connection, tx.engine, by, uuid).await?;
    let (before, form) = (logged(&row), row.form());
    let secret = match change.secret {
        Secret::Keep => None,
        Secret::Remove => Some(String::new()),
        Secret::Set(secret) => Some(secret),
        Secret::Generate => made_up,
    };
    let changes_secret = secret.is_some();
    if let Some(secret) = secret {
        check_secret(form, &secret)?;
        let before = std::mem::replace(&mut row.secret, secret);
        // In the other forms one signature fits into the header.
        if form == Form::Own {
            row.previous_secret = before;
            row.previous_until_ms = now.0 + ROTATION_MS;
        }
    }
    if let Some(events) = change.events {
        row.events = names(&checked_events(form, row.model_id != 0, events)?);
    }
    let status = change.status.unwrap_or(row.status());
    if status != row.status() {
        outbox_of(tx, row.id, status, now).await?;
        status.as_str().clone_into(&mut row.status);
        row.said.clear();
        row.failing_since_ms = None;
    }
    row.name = change.name.unwrap_or(row.name);
    row.description = change.description.unwrap_or(row.description);
    let url = change.url.unwrap_or_else(|| row.url.clone());
    // What was meant for one receiver is told to no other.
    let kept = if origin(&url) == origin(&row.url) { row.auth_header } else { String::new() };
    row.auth_header = change.authorization.unwrap_or(kept);
    row.url = url;
    row.verify_certificate = change.verify_certificate.map_or(row.verify_certificate, i64::from);
    sqlx::query(
        "UPDATE webhooks SET name = $1, description = $2, url = $3, events = $4, status = $5, secret = $6,
             previous_secret = $7, previous_until_ms = $8, auth_header = $9, verify_certificate = $10, said = $11,
             failing_since_ms = $12, updated_at_ms = $13
         WHERE id = $14",
    )
    .bind(&*row.name)
    .bind(&*row.description)
    .bind(&*row.url)
    .bind(&*row.events)
    .bind(&*row.status)
    .bind(&*row.secret)
    .bind(&*row.previous_secret)
    .bind(row.previous_until_ms)
    .bind(&*row.auth_header)
    .bind(row.verify_certificate)
    .bind(&*row.said)
    .bind(row.failing_since_ms)
    .bind(now.0)
    .bind(row.id)
    .execute(&mut *tx.connection)
    .await?;
    let mut after = logged(&row);
    after["new_secret"] = changes_secret.into();
    audit::record(tx, by, Change::new("webhook.update", &row.uuid).from(before).to(after), now).await
}

/// What the audit log is told: nothing that lets anybody sign or call in its place.
fn logged(row: &Row) -> Value {
    json!({
        "name": row.name, "url": address::masked(&row.url), "events": row.events, "status": row.status,
        "description": row.description, "verify_certificate": row.verify_certificate != 0,
    })
}

/// What is on its way goes on or waits, as the status says.
pub(super) async fn outbox_of(tx: &mut Tx<'_>, webhook: i64, status: Status, now: Millis) -> Result<()> {
    let (from, to) = if status == Status::Active { ("held", "waiting") } else { ("waiting", "held") };
    sqlx::query("UPDATE deliveries SET state = $1, next_at_ms = $2 WHERE webhook_id = $3 AND state = $4")
        .bind(to)
        .bind(now.0)
        .bind(webhook)
        .bind(from)
        .execute(&mut *tx.connection)
        .await?;
    tx.told = true;
    Ok(())
}

/// Deletes it, with what was on its way.
///
/// # Errors
/// As [`get`].
pub async fn delete(db: &Db, uuid: &str, now: Millis) -> Result<()> {
    let (by, uuid) = (db.by().clone(), uuid.to_owned());
    db.write(move |tx| {
        async move {
            let row = managed(tx.connection, tx.engine, &by, &uuid).await?;
            for statement in
                ["DELETE FROM deliveries WHERE webhook_id = $1", "DELETE FROM webhooks WHERE id = $1"]
            {
                sqlx::query(statement).bind(row.id).execute(&mut *tx.connection).await?;
            }
            audit::record(tx, &by, Change::new("webhook.delete", &row.uuid).from(logged(&row)), now).await
        }
        .boxed()
    })
    .await
}

/// The request that tries it out, whatever its status: an example of the event, or of its first.
///
/// # Errors
/// As [`get`]; `Invalid` for an event of another dialect; `InvalidState` if nothing can be signed.
pub async fn test(db: &Db, uuid: &str, event: Option<Topic>, now: Millis) -> Result<Outgoing> {
    let (by, uuid) = (db.by().clone(), uuid.to_owned());
    db.write(move |tx| {
        async move {
            let row = managed(tx.connection, tx.engine, &by, &uuid).await?;
            let form = row.form();
            if let Some(event) = &event {
                checked_events(form, false, vec![*event])?;
            }
            let topic = event.or_else(|| row.topics().first().copied());
            let topic = topic.ok_or_else(|| Error::InvalidState("this webhook has no events".into()))?;
            let change = Change::new("webhook.test", &row.uuid).to(json!({ "event": topic.to_string() }));
            audit::record(tx, &by, change, now).await?;
            let body = example_body(form, topic, &row.uuid, now);
            let outgoing = row.hook(now).request(&message_id(form), now, body);
            outgoing.map_err(|error| Error::InvalidState(error.to_string()))
        }
        .boxed()
    })
    .await
}

/// What a receiver knows a delivery by.
pub(super) fn message_id(form: Form) -> String {
    let id = Uuid::new_v4();
    if form == Form::Own { format!("msg_{}", id.simple()) } else { id.to_string() }
}

/// A model's webhooks are told of its end, and of nothing any more.
pub(crate) async fn end_all_of(tx: &mut Tx<'_>, model: i64, now: Millis) -> Result<()> {
    sqlx::query("UPDATE webhooks SET deleted_at_ms = $1 WHERE model_id = $2")
        .bind(now.0)
        .bind(model)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}
