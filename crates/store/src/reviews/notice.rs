//! Changes of what a review is about that nobody made in the review: a metric is logged, a card written, a file exchanged.

use std::collections::{BTreeMap, HashMap};

use domain::Millis;
use domain::accounts::Caller;
use futures::FutureExt as _;

use super::situation::{Situation, situation};
use super::tell;
use crate::Db;
use crate::error::Result;
use crate::writer::Tx;

/// What decides about a review, as far as somebody is told when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noticed {
    /// Of what signatures are for.
    pub digest: String,
    /// The status of each gate by its id.
    pub gates: BTreeMap<String, String>,
}

impl Noticed {
    pub fn of(now_is: &Situation) -> Self {
        let standing = &now_is.seen.standing;
        let gates = standing.gates.iter().map(|gate| (gate.id.clone(), gate.status.as_str().to_owned()));
        Self { digest: standing.digest.clone(), gates: gates.collect() }
    }

    fn read((id, digest, gates): (i64, String, String)) -> Result<(i64, Self)> {
        let gates = serde_json::from_str(&gates).map_err(|cause| sqlx::Error::Decode(cause.into()))?;
        Ok((id, Self { digest, gates }))
    }
}

/// What was noticed of a review before.
pub(super) async fn noticed(tx: &mut Tx<'_>, review: i64) -> Result<Option<Noticed>> {
    let row = sqlx::query_as("SELECT review_id, digest, gates FROM review_noticed WHERE review_id = $1")
        .bind(review)
        .fetch_optional(&mut *tx.connection)
        .await?;
    Ok(row.map(Noticed::read).transpose()?.map(|(_, noticed)| noticed))
}

pub(super) async fn keep(tx: &mut Tx<'_>, review: i64, noticed: &Noticed) -> Result<()> {
    let gates = serde_json::to_string(&noticed.gates).map_err(|cause| sqlx::Error::Encode(cause.into()))?;
    sqlx::query(
        "INSERT INTO review_noticed (review_id, digest, gates) VALUES ($1, $2, $3)
         ON CONFLICT (review_id) DO UPDATE SET digest = excluded.digest, gates = excluded.gates",
    )
    .bind(review)
    .bind(&*noticed.digest)
    .bind(gates)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Tells those who listen of what has changed since this was last asked; how many reviews had changed.
///
/// # Errors
/// Only the database's: a review that can't be read is left for the next time.
pub async fn notice_changes(db: &Db, now: Millis) -> Result<usize> {
    let server = db.in_the_name_of(Caller::server());
    let mut connection = server.reader().await?;
    let open: Vec<(i64,)> = sqlx::query_as(
        "SELECT q.id FROM reviews q WHERE q.state = 'open' AND EXISTS (SELECT 1 FROM webhooks w
             WHERE w.status = 'ACTIVE' AND w.deleted_at_ms IS NULL AND w.model_id IN (0, q.model_id))",
    )
    .fetch_all(&mut *connection)
    .await?;
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT review_id, digest, gates FROM review_noticed")
            .fetch_all(&mut *connection)
            .await?;
    let known = rows.into_iter().map(Noticed::read).collect::<Result<HashMap<_, _>>>()?;
    let mut changed = Vec::new();
    for (id,) in open {
        match situation(&mut connection, server.engine(), server.by(), id, now).await {
            Ok(now_is) if known.get(&id) != Some(&Noticed::of(&now_is)) => changed.push(id),
            Ok(_) => {}
            Err(error) => tracing::warn!(review = id, %error, "a review can't be read"),
        }
    }
    drop(connection);
    let mut count = 0;
    for id in changed {
        let told = server
            .write(move |tx| {
                async move {
                    let by = Caller::server();
                    let now_is = situation(tx.connection, tx.engine, &by, id, now).await?;
                    if now_is.review.state.is_final() {
                        return Ok(());
                    }
                    tell::differences(tx, &by, None, &now_is, now).await
                }
                .boxed()
            })
            .await;
        match told {
            Ok(()) => count += 1,
            Err(error) => tracing::warn!(review = id, %error, "nobody is told what changed around a review"),
        }
    }
    Ok(count)
}
