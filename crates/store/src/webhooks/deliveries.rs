//! What was sent to a webhook, to look at and to send again.

use domain::Millis;
use futures::FutureExt as _;
use serde_json::json;
use sqlx::FromRow;

use super::Status;
use super::rows::managed;
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::sql::Sql;

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    /// Its webhook is switched off.
    Held,
    Delivered,
    /// Given up; it can be sent again by hand.
    Dead,
}

impl DeliveryState {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Held, Self::Delivered, Self::Dead];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub message_id: String,
    pub topic: String,
    /// What it is about, e.g. `churn/7`.
    pub subject: String,
    pub body: String,
    pub state: DeliveryState,
    pub attempts: i64,
    /// When the next attempt is due, if there is one.
    pub next_at: Option<Millis>,
    pub created_at: Millis,
    pub last_at: Option<Millis>,
    /// What the receiver answered at the last attempt.
    pub status: Option<i64>,
    pub excerpt: String,
    /// Why there was no answer.
    pub problem: String,
    pub is_replay: bool,
}

/// Which deliveries, newest first. What is empty holds for all.
#[derive(Debug, Clone, Default)]
pub struct DeliveryQuery {
    pub state: Option<DeliveryState>,
    /// A part of the topic, of what it is about, or of the message's id.
    pub part: String,
    pub before: Option<i64>,
    pub max_results: i64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: String,
    topic: String,
    subject: String,
    body: String,
    state: String,
    attempts: i64,
    next_at_ms: i64,
    created_at_ms: i64,
    last_at_ms: Option<i64>,
    http_status: Option<i64>,
    excerpt: String,
    problem: String,
    is_replay: i64,
}

impl From<Row> for Delivery {
    fn from(row: Row) -> Self {
        let state = DeliveryState::parse(&row.state).unwrap_or(DeliveryState::Dead);
        Self {
            id: row.id,
            message_id: row.message_id,
            topic: row.topic,
            subject: row.subject,
            body: row.body,
            state,
            attempts: row.attempts,
            next_at: (state == DeliveryState::Waiting).then_some(Millis(row.next_at_ms)),
            created_at: Millis(row.created_at_ms),
            last_at: row.last_at_ms.map(Millis),
            status: row.http_status,
            excerpt: row.excerpt,
            problem: row.problem,
            is_replay: row.is_replay != 0,
        }
    }
}

const SELECT: &str =
    "SELECT id, message_id, topic, subject, body, state, attempts, next_at_ms, created_at_ms,
    last_at_ms, http_status, excerpt, problem, is_replay FROM deliveries";

/// Of one webhook.
///
/// # Errors
/// `NotFound`, `Forbidden` for whoever doesn't manage it.
pub async fn deliveries(db: &Db, uuid: &str, query: &DeliveryQuery) -> Result<Vec<Delivery>> {
    let mut connection = db.reader().await?;
    let webhook = managed(&mut connection, db.engine(), db.by(), uuid).await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" WHERE webhook_id = ").bind(webhook.id);
    if let Some(before) = query.before {
        sql.push(" AND id < ").bind(before);
    }
    if let Some(state) = query.state {
        sql.push(" AND state = ").bind(state.as_str());
    }
    if !query.part.is_empty() {
        sql.push(" AND (").like("topic", "%", &query.part, "%");
        sql.push(" OR ").like("subject", "%", &query.part, "%");
        sql.push(" OR ").like("message_id", "%", &query.part, "%").push(")");
    }
    let rows: Vec<Row> =
        sql.push(" ORDER BY id DESC LIMIT ").bind(query.max_results).fetch(&mut connection).await?;
    Ok(rows.into_iter().map(Delivery::from).collect())
}

/// Sends a delivery once more, as it was; the number of the new one.
///
/// # Errors
/// `NotFound`, `Forbidden`; `InvalidState` if the webhook is switched off.
pub async fn replay(db: &Db, uuid: &str, delivery: i64, now: Millis) -> Result<i64> {
    let (by, uuid) = (db.by().clone(), uuid.to_owned());
    db.write(move |tx| {
        async move {
            let webhook = managed(tx.connection, tx.engine, &by, &uuid).await?;
            if webhook.status() != Status::Active {
                return Err(Error::InvalidState("this webhook is switched off; switch it on first".into()));
            }
            let id = tx.next_ids("deliveries", 1).await?;
            let done = sqlx::query(
                "INSERT INTO deliveries (id, webhook_id, message_id, topic, subject, body, state, next_at_ms,
                     created_at_ms, is_replay)
                 SELECT $1, webhook_id, message_id, topic, subject, body, 'waiting', $2, $2, 1
                 FROM deliveries WHERE id = $3 AND webhook_id = $4",
            )
            .bind(id)
            .bind(now.0)
            .bind(delivery)
            .bind(webhook.id)
            .execute(&mut *tx.connection)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::not_found("delivery", "id", delivery));
            }
            tx.told = true;
            let change = Change::new("webhook.replay", &webhook.uuid).to(json!({ "delivery": delivery }));
            audit::record(tx, &by, change, now).await?;
            Ok(id)
        }
        .boxed()
    })
    .await
}
