//! What the workspace is told once, and keeps.

use futures::FutureExt as _;
use uuid::Uuid;

use crate::Db;
use crate::error::Result;

/// The name that a workspace gives itself when it is made: the same for every server on its database.
///
/// # Errors
/// Only the database's.
pub async fn instance(db: &Db) -> Result<String> {
    db.write(|tx| {
        async move {
            sqlx::query(
                "INSERT INTO settings (key, value) VALUES ('instance', $1) ON CONFLICT (key) DO NOTHING",
            )
            .bind(Uuid::new_v4().simple().to_string())
            .execute(&mut *tx.connection)
            .await?;
            let (instance,): (String,) = sqlx::query_as("SELECT value FROM settings WHERE key = 'instance'")
                .fetch_one(&mut *tx.connection)
                .await?;
            Ok(instance)
        }
        .boxed()
    })
    .await
}
