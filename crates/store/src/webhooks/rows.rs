//! Webhooks, read.

use domain::Millis;
use domain::accounts::Caller;
use domain::permissions::Level;
use notify::{Form, Hook, Topic};
use sqlx::{AnyConnection, FromRow};
use uuid::Uuid;

use super::{Status, Webhook};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::Guarded;

#[derive(Clone, FromRow)]
pub(super) struct Row {
    pub id: i64,
    pub uuid: String,
    pub form: String,
    pub name: String,
    pub description: String,
    pub url: String,
    pub events: String,
    pub model_id: i64,
    pub status: String,
    pub secret: String,
    pub previous_secret: String,
    pub previous_until_ms: i64,
    pub auth_header: String,
    pub verify_certificate: i64,
    pub author: String,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
    pub failing_since_ms: Option<i64>,
    pub said: String,
    pub model: Option<String>,
    pub is_restricted: Option<i64>,
    pub model_created_by: Option<i64>,
}

pub(super) const SELECT: &str =
    "SELECT w.id, w.uuid, w.form, w.name, w.description, w.url, w.events, w.model_id,
    w.status, w.secret, w.previous_secret, w.previous_until_ms, w.auth_header, w.verify_certificate, w.author,
    w.created_at_ms, w.updated_at_ms, w.failing_since_ms, w.said, m.name AS model, m.is_restricted,
    m.created_by AS model_created_by
    FROM webhooks w LEFT JOIN registered_models m ON m.id = w.model_id";

pub(super) fn no_webhook(uuid: &str) -> Error {
    Error::not_found("webhook", "id", uuid)
}

impl Row {
    pub fn form(&self) -> Form {
        Form::parse(&self.form).unwrap_or(Form::Own)
    }

    /// Names that a newer version knew are left out.
    pub fn topics(&self) -> Vec<Topic> {
        topics(self.form(), &self.events)
    }

    pub fn status(&self) -> Status {
        Status::parse(&self.status).unwrap_or(Status::Disabled)
    }

    pub fn shown(self) -> Webhook {
        Webhook {
            form: self.form(),
            events: self.topics(),
            status: self.status(),
            uuid: self.uuid,
            name: self.name,
            description: self.description,
            url: self.url,
            model: self.model,
            verify_certificate: self.verify_certificate != 0,
            has_secret: !self.secret.is_empty(),
            has_authorization: !self.auth_header.is_empty(),
            author: self.author,
            created_at: Millis(self.created_at_ms),
            updated_at: Millis(self.updated_at_ms),
            failing_since: self.failing_since_ms.map(Millis),
            said: self.said,
        }
    }

    /// With what it signs at this time.
    pub fn hook(self, now: Millis) -> Hook {
        let previous = (now.0 < self.previous_until_ms).then_some(self.previous_secret);
        Hook {
            form: Form::parse(&self.form).unwrap_or(Form::Own),
            id: self.uuid,
            url: self.url,
            secrets: previous.into_iter().chain([self.secret]).collect(),
            authorization: self.auth_header,
            verify_certificate: self.verify_certificate != 0,
        }
    }

    /// Fails unless `by` manages its model, or everything if it is of all models.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` for whoever may not even read the model.
    pub async fn check(&self, connection: &mut AnyConnection, engine: Engine, by: &Caller) -> Result<()> {
        if self.model_id == 0 {
            return Ok(by.check_admin()?);
        }
        let restricted = self.is_restricted.unwrap_or_default();
        let guarded = Guarded::model(self.model_id, restricted, self.model_created_by);
        guarded.check(connection, engine, by, Level::Manage, || no_webhook(&self.uuid)).await
    }
}

pub(super) fn topics(form: Form, names: &str) -> Vec<Topic> {
    let names = names.split(',').filter(|name| !name.is_empty());
    names.filter_map(|name| Topic::parse(form, name).ok()).collect()
}

/// The webhook with this id, however it is spelled, for whoever may manage it.
pub(super) async fn managed(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    uuid: &str,
) -> Result<Row> {
    let id = Uuid::parse_str(uuid).map_err(|_| no_webhook(uuid))?;
    let found: Option<Row> =
        sqlx::query_as(&format!("{SELECT} WHERE w.uuid = $1 AND w.deleted_at_ms IS NULL"))
            .bind(id.simple().to_string())
            .fetch_optional(&mut *connection)
            .await?;
    let row = found.ok_or_else(|| no_webhook(uuid))?;
    row.check(connection, engine, by).await?;
    Ok(row)
}
