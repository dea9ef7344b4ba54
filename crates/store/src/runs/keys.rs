//! What the runs of an experiment logged: keys, and values of params.

use domain::runs::RunKeys;
use sqlx::AnyConnection;

use crate::Db;
use crate::error::Result;
use crate::keys::UNKNOWN;
use crate::permissions::readable;

/// The keys that the runs of these experiments use: what a table can show. Sorted.
///
/// # Errors
/// Only the database's.
pub async fn keys(db: &Db, experiment_ids: &[i64]) -> Result<RunKeys> {
    let mut connection = db.reader().await?;
    let experiment_ids = readable(&mut connection, db.engine(), db.by(), experiment_ids).await?;
    Ok(RunKeys {
        params: keys_in(&mut connection, "params", &experiment_ids).await?,
        metrics: keys_in(&mut connection, "latest_metrics", &experiment_ids).await?,
        tags: keys_in(&mut connection, "tags", &experiment_ids).await?,
    })
}

async fn keys_in(connection: &mut AnyConnection, table: &str, experiment_ids: &[i64]) -> Result<Vec<String>> {
    // Jumps through the index from key to key, however many rows each of them has.
    let text = format!(
        "WITH RECURSIVE used (id) AS (
             SELECT MIN(key_id) FROM {table} WHERE experiment_id = $1
             UNION ALL
             SELECT (SELECT MIN(t.key_id) FROM {table} t WHERE t.experiment_id = $1 AND t.key_id > used.id)
             FROM used WHERE used.id IS NOT NULL
         )
         SELECT k.name FROM used JOIN keys k ON k.id = used.id"
    );
    let mut names = Vec::new();
    for id in experiment_ids {
        let rows: Vec<(String,)> = sqlx::query_as(&text).bind(*id).fetch_all(&mut *connection).await?;
        names.extend(rows.into_iter().map(|(name,)| name));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Distinct values that runs of these experiments have for a param, most frequent first.
///
/// # Errors
/// Only the database's.
pub async fn param_values(db: &Db, experiment_ids: &[i64], key: &str, max: usize) -> Result<Vec<String>> {
    let mut connection = db.reader().await?;
    let ids = db.keys().find(&mut connection, db.engine(), &[key]).await?;
    let key_id = ids.get(key).copied().unwrap_or(UNKNOWN);
    let experiment_ids = readable(&mut connection, db.engine(), db.by(), experiment_ids).await?;
    let mut counts: Vec<(String, i64)> = Vec::new();
    for id in experiment_ids.iter() {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT value, COUNT(*) AS runs FROM params WHERE experiment_id = $1 AND key_id = $2
             GROUP BY value ORDER BY runs DESC, value LIMIT $3",
        )
        .bind(*id)
        .bind(key_id)
        .bind(i64::try_from(max).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
        for (value, count) in rows {
            match counts.iter_mut().find(|(known, _)| *known == value) {
                Some((_, sum)) => *sum += count,
                None => counts.push((value, count)),
            }
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(counts.into_iter().take(max).map(|(value, _)| value).collect())
}
