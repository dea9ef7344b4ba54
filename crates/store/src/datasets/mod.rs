//! Data sets that runs read.

mod catalog;
mod checks;

pub use catalog::{DatasetEntry, DatasetsCatalog, DatasetsQuery, catalog};
pub use checks::{DatasetCheck, NewDatasetCheck, report_check};

use std::collections::{BTreeSet, HashMap};

use domain::KeyValue;
use domain::datasets::{Dataset, DatasetInput};
use futures::FutureExt as _;
use sqlx::AnyConnection;

use crate::Db;
use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::readable;
use crate::runs::Kind;
use crate::sql::Sql;

use crate::writer::Tx;

/// Says that a run read these data sets and logged models.
///
/// A data set that the experiment knows by name and digest stays as it was first described; tags of a
/// link that is there already stay, too: sending the same again changes nothing.
///
/// # Errors
/// `NotFound`, or `InvalidState` if the run is deleted.
pub async fn log_inputs(db: &Db, uuid: String, inputs: Vec<DatasetInput>, models: Vec<String>) -> Result<()> {
    let by = db.caller();
    db.write(move |tx| {
        async move {
            let run = crate::runs::find(tx, &by, &uuid).await?;
            if run.is_deleted {
                return Err(Error::run_is_deleted(&uuid));
            }
            for input in &inputs {
                let dataset = intern(tx, run.experiment_id, &input.dataset).await?;
                link(tx, run.id, dataset, &input.tags).await?;
            }
            crate::logged_models::link_inputs(tx, run.id, &models).await
        }
        .boxed()
    })
    .await
}

async fn intern(tx: &mut Tx<'_>, experiment_id: i64, dataset: &Dataset) -> Result<i64> {
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM datasets WHERE experiment_id = $1 AND name = $2 AND digest = $3")
            .bind(experiment_id)
            .bind(&*dataset.name)
            .bind(&*dataset.digest)
            .fetch_optional(&mut *tx.connection)
            .await?;
    if let Some((id,)) = known {
        return Ok(id);
    }
    let id = tx.next_ids("datasets", 1).await?;
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO datasets (id, experiment_id, name, digest, source_type, source, schema, profile)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (experiment_id, name, digest) DO UPDATE SET name = excluded.name
         RETURNING id",
    )
    .bind(id)
    .bind(experiment_id)
    .bind(&*dataset.name)
    .bind(&*dataset.digest)
    .bind(&*dataset.source_type)
    .bind(&*dataset.source)
    .bind(dataset.schema.as_deref())
    .bind(dataset.profile.as_deref())
    .fetch_one(&mut *tx.connection)
    .await?;
    Ok(id)
}

async fn link(tx: &mut Tx<'_>, run: i64, dataset: i64, tags: &[KeyValue]) -> Result<()> {
    let linked =
        sqlx::query("INSERT INTO run_datasets (run_id, dataset_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(run)
            .bind(dataset)
            .execute(&mut *tx.connection)
            .await?;
    if linked.rows_affected() == 0 {
        return Ok(());
    }
    for tag in tags {
        sqlx::query(
            "INSERT INTO run_dataset_tags (run_id, dataset_id, key, value) VALUES ($1, $2, $3, $4)
             ON CONFLICT (run_id, dataset_id, key) DO UPDATE SET value = excluded.value",
        )
        .bind(run)
        .bind(dataset)
        .bind(&*tag.key)
        .bind(&*tag.value)
        .execute(&mut *tx.connection)
        .await?;
    }
    Ok(())
}

/// Which data sets runs read; what these are is in [`facts`].
pub(crate) const OF_RUNS: Kind = Kind { columns: "run_id, dataset_id", from: "run_datasets", run: "run_id" };
pub(crate) const TAGS_OF_RUNS: Kind =
    Kind { columns: "run_id, dataset_id, key, value", from: "run_dataset_tags", run: "run_id" };

/// A data set as it was described, by its number. A schema may be a megabyte, and many runs read the same data: each is
/// read once.
pub(crate) async fn facts(
    engine: Engine,
    connection: &mut AnyConnection,
    used: &[(i64, i64)],
) -> Result<HashMap<i64, Dataset>> {
    let ids: BTreeSet<i64> = used.iter().map(|(_, dataset)| *dataset).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut facts = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            engine,
            "SELECT id, name, digest, source_type, source, schema, profile FROM datasets WHERE id IN",
        );
        let rows: Vec<Row> = sql.list(chunk).fetch(connection).await?;
        facts.extend(rows.into_iter().map(|(id, name, digest, source_type, source, schema, profile)| {
            (id, Dataset { name, digest, source_type, source, schema, profile })
        }));
    }
    Ok(facts)
}

type Row = (i64, String, String, String, String, Option<String>, Option<String>);

/// The inputs of runs, each with its run, from what was read as [`OF_RUNS`], [`TAGS_OF_RUNS`] and [`facts`].
pub(crate) fn inputs(
    used: Vec<(i64, i64)>,
    rows_of_tags: Vec<(i64, i64, String, String)>,
    facts: &HashMap<i64, Dataset>,
) -> Vec<(i64, DatasetInput)> {
    let mut tags: HashMap<(i64, i64), Vec<KeyValue>> = HashMap::new();
    for (run, dataset, key, value) in rows_of_tags {
        tags.entry((run, dataset)).or_default().push(KeyValue { key, value });
    }
    let input = |(run, id)| {
        let tags = tags.remove(&(run, id)).unwrap_or_default();
        facts.get(&id).map(|dataset| (run, DatasetInput { dataset: dataset.clone(), tags }))
    };
    used.into_iter().filter_map(input).collect()
}

/// A data set that runs of some experiments read, for lists to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSummary {
    pub experiment_id: i64,
    pub name: String,
    pub digest: String,
    pub context: Option<String>,
}

/// At most so many summaries.
const MAX_SUMMARIES: i64 = 1000;

/// Distinct data sets and contexts of the runs of these experiments that aren't deleted.
///
/// # Errors
/// Only the database's.
pub async fn search(db: &Db, experiment_ids: &[i64]) -> Result<Vec<DatasetSummary>> {
    let mut connection = db.reader().await?;
    let mut found = Vec::new();
    for id in readable(&mut connection, db.engine(), db.by(), experiment_ids).await?.iter() {
        let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT DISTINCT d.name, d.digest, t.value FROM datasets d
             JOIN run_datasets l ON l.dataset_id = d.id
             JOIN runs r ON r.id = l.run_id AND r.is_deleted = 0
             LEFT JOIN run_dataset_tags t
                 ON t.run_id = l.run_id AND t.dataset_id = l.dataset_id AND t.key = $1
             WHERE d.experiment_id = $2 ORDER BY d.name, d.digest LIMIT $3",
        )
        .bind(domain::datasets::CONTEXT_TAG)
        .bind(*id)
        .bind(MAX_SUMMARIES)
        .fetch_all(&mut *connection)
        .await?;
        found.extend(rows.into_iter().map(|(name, digest, context)| DatasetSummary {
            experiment_id: *id,
            name,
            digest,
            context,
        }));
    }
    Ok(found)
}
