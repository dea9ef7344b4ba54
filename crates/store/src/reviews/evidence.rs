//! What gates and signers look at, read from the database.

use domain::metrics::MetricValue;
use domain::registry::is_active;
use domain::reviews::document::FilePart;
use domain::reviews::gates::{DatasetRef, DatasetUse, Measured, Validation, VersionFacts};
use domain::reviews::signature::SignatureTexts;
use domain::{KeyValue, Millis, RunStatus, canonical};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{AnyConnection, FromRow};

use crate::error::Result;

/// What is known of a version, beyond what gates ask for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Version {
    pub id: i64,
    pub facts: VersionFacts,
    pub source: String,
    pub run_uuid: String,
    pub model_id: Option<String>,
    pub description: Option<String>,
    pub card: Option<String>,
    pub params: Vec<KeyValue>,
    pub files: Vec<FilePart>,
    /// Whether the SHA-256 of each file is known.
    pub is_hashed: bool,
    /// Why it isn't, if it never will be by itself.
    pub files_state: String,
    pub created_by: Option<i64>,
    pub run_created_by: Option<i64>,
}

#[derive(FromRow)]
struct VersionRow {
    id: i64,
    version: i64,
    stage: String,
    source: String,
    storage_location: String,
    run_uuid: String,
    description: Option<String>,
    files_state: String,
    created_by: Option<i64>,
    card: Option<String>,
    inputs: Option<String>,
    outputs: Option<String>,
    params: Option<String>,
    has_signature: Option<i64>,
    entered_at_ms: Option<i64>,
}

const SELECT: &str =
    "SELECT v.id, v.version, v.stage, v.source, v.storage_location, v.run_uuid, v.description, v.files_state,
        v.created_by, c.text AS card, s.inputs, s.outputs, s.params, s.version_id AS has_signature,
        (SELECT MAX(e.at_ms) FROM stage_entries e
         WHERE e.model_id = v.model_id AND e.version = v.version AND e.stage = v.stage
         AND e.files_changes = v.files_changes) AS entered_at_ms
    FROM model_versions v
    LEFT JOIN model_cards c ON c.version_id = v.id
    LEFT JOIN version_signatures s ON s.version_id = v.id
    WHERE v.model_id = $1 AND v.version = $2";

pub(super) async fn version(
    connection: &mut AnyConnection,
    model: i64,
    number: i64,
) -> Result<Option<Version>> {
    let row: Option<VersionRow> =
        sqlx::query_as(SELECT).bind(model).bind(number).fetch_optional(&mut *connection).await?;
    let Some(row) = row else { return Ok(None) };
    let model_id = logged_model_at(connection, &row.storage_location).await?;

    let files = files(connection, row.id).await?;
    let is_hashed = row.files_state == "done";
    let mut found = Version {
        id: row.id,
        facts: VersionFacts {
            version: row.version,
            signature: row.has_signature.map(|_| SignatureTexts {
                inputs: row.inputs,
                outputs: row.outputs,
                params: row.params,
            }),
            stage: row.stage,
            stage_entered_at: row.entered_at_ms.map(Millis),
            files_sha256: is_hashed.then(|| files_sha256(&files)),
            ..VersionFacts::default()
        },
        model_id,
        source: row.source,
        run_uuid: row.run_uuid,
        description: row.description,
        card: row.card,
        params: Vec::new(),
        files,
        is_hashed,
        files_state: row.files_state,
        created_by: row.created_by,
        run_created_by: None,
    };
    of_run(connection, &mut found).await?;
    if let Some(id) = found.model_id.clone() {
        found.facts.model_metrics = model_metrics(connection, &id).await?;
    }
    Ok(Some(found))
}

/// The logged model whose files are at a place, by whatever name the version was registered: its metrics are theirs, not
/// its run's, which may have logged others, too.
async fn logged_model_at(connection: &mut AnyConnection, place: &str) -> Result<Option<String>> {
    for id in place.split('/').filter(|part| part.starts_with("m-")) {
        let home: Option<(String,)> =
            sqlx::query_as("SELECT artifact_uri FROM logged_models WHERE model_id = $1")
                .bind(id)
                .fetch_optional(&mut *connection)
                .await?;
        let is_inside = |home: &str| {
            place.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if home.is_some_and(|(home,)| is_inside(&home)) {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

fn files_sha256(files: &[FilePart]) -> String {
    let list: Vec<_> = files.iter().map(|file| json!([file.path, file.sha256])).collect();
    canonical::digest(&list.into())
}

async fn files(connection: &mut AnyConnection, version_id: i64) -> Result<Vec<FilePart>> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT path, sha256, size FROM version_files WHERE version_id = $1 ORDER BY path")
            .bind(version_id)
            .fetch_all(connection)
            .await?;
    let file = |(path, sha256, size): (String, String, i64)| FilePart {
        path,
        sha256,
        size: u64::try_from(size).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(file).collect())
}

async fn of_run(connection: &mut AnyConnection, found: &mut Version) -> Result<()> {
    if found.run_uuid.is_empty() {
        return Ok(());
    }
    let run: Option<(i64, String, Option<i64>)> =
        sqlx::query_as("SELECT id, status, created_by FROM runs WHERE uuid = $1")
            .bind(&*found.run_uuid)
            .fetch_optional(&mut *connection)
            .await?;
    let Some((run, status, created_by)) = run else { return Ok(()) };
    found.facts.run_status = RunStatus::parse(&status);
    found.run_created_by = created_by;
    let metrics: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT k.name, m.value, m.step, m.timestamp_ms
         FROM latest_metrics m JOIN keys k ON k.id = m.key_id WHERE m.run_id = $1 ORDER BY k.name",
    )
    .bind(run)
    .fetch_all(&mut *connection)
    .await?;
    let measured = |(key, value, step, at): (String, i64, i64, i64)| Measured {
        key,
        value: MetricValue::from_ordinal(value),
        step,
        timestamp: Millis(at),
        dataset: None,
    };
    found.facts.run_metrics = metrics.into_iter().map(measured).collect();
    let params: Vec<(String, String)> = sqlx::query_as(
        "SELECT k.name, p.value FROM params p JOIN keys k ON k.id = p.key_id WHERE p.run_id = $1 ORDER BY k.name",
    )
    .bind(run)
    .fetch_all(&mut *connection)
    .await?;
    found.params = params.into_iter().map(|(key, value)| KeyValue { key, value }).collect();
    let datasets: Vec<(String, String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT d.name, d.digest, t.value,
             (SELECT c.state FROM dataset_checks c WHERE c.name = d.name AND c.digest = d.digest
              ORDER BY c.id DESC LIMIT 1) AS checked
         FROM run_datasets r JOIN datasets d ON d.id = r.dataset_id
         LEFT JOIN run_dataset_tags t
             ON t.run_id = r.run_id AND t.dataset_id = r.dataset_id AND t.key = 'mlflow.data.context'
         WHERE r.run_id = $1 ORDER BY d.name, d.digest",
    )
    .bind(run)
    .fetch_all(&mut *connection)
    .await?;
    let used =
        |(name, digest, context, checked): (String, String, Option<String>, Option<String>)| DatasetUse {
            name,
            digest,
            context,
            validation: checked.as_deref().and_then(Validation::parse).unwrap_or_default(),
        };
    found.facts.datasets = datasets.into_iter().map(used).collect();
    Ok(())
}

/// Of each metric and data set the last value: by step, then time, then size, as a run's last value is chosen.
async fn model_metrics(connection: &mut AnyConnection, model_id: &str) -> Result<Vec<Measured>> {
    let rows: Vec<(String, i64, i64, i64, String, String)> = sqlx::query_as(
        "SELECT l.key, l.value, l.step, l.timestamp_ms, l.dataset_name, l.dataset_digest
         FROM logged_model_metrics l JOIN logged_models m ON m.id = l.model_id
         WHERE m.model_id = $1
         ORDER BY l.key, l.dataset_name, l.dataset_digest, l.step, l.timestamp_ms, l.value",
    )
    .bind(model_id)
    .fetch_all(connection)
    .await?;
    let mut last: Vec<Measured> = Vec::new();
    for (key, value, step, at, name, digest) in rows {
        let dataset = (!name.is_empty()).then_some(DatasetRef { name, digest });
        let one =
            Measured { key, value: MetricValue::from_ordinal(value), step, timestamp: Millis(at), dataset };
        match last.last_mut() {
            Some(before) if before.key == one.key && before.dataset == one.dataset => *before = one,
            _ => last.push(one),
        }
    }
    Ok(last)
}

/// The version that was in a stage before that which the review `overridden` brought there.
pub(super) async fn predecessor(
    connection: &mut AnyConnection,
    model: i64,
    stage: &str,
    overridden: i64,
) -> Result<Option<Version>> {
    let before: Option<(i64,)> = sqlx::query_as(
        "SELECT e.version FROM stage_entries e JOIN stage_entries o
             ON o.model_id = e.model_id AND o.stage = e.stage AND o.id > e.id AND o.version <> e.version
         WHERE e.model_id = $1 AND e.stage = $2 AND o.review_id = $3 ORDER BY e.id DESC LIMIT 1",
    )
    .bind(model)
    .bind(stage)
    .bind(overridden)
    .fetch_optional(&mut *connection)
    .await?;
    match before {
        Some((number,)) => version(connection, model, number).await,
        None => Ok(None),
    }
}

/// What is known of the version that holds a target: see [`holder`]; where a stage is empty, of the one that was there
/// last, so that taking the champion out doesn't take the comparison away.
pub(super) async fn champion(
    connection: &mut AnyConnection,
    model: i64,
    target: &domain::reviews::Target,
    not: i64,
) -> Result<Option<Version>> {
    let number = match (holder(connection, model, target, not).await?, target) {
        (None, domain::reviews::Target::Stage(stage)) if is_active(stage) => {
            was_there(connection, model, stage, not).await?
        }
        (holder, _) => holder,
    };
    match number {
        Some(number) => version(connection, model, number).await,
        None => Ok(None),
    }
}

/// Which entries into a stage later versions are measured by: of each version the last, but not those by an override that others rejected, nor those of
/// a version that a signed review of its own took out again. What somebody alone took out stays a bar.
const IS_A_BAR: &str = "
    AND NOT EXISTS (SELECT 1 FROM stage_entries l
        WHERE l.model_id = e.model_id AND l.version = e.version AND l.stage = e.stage AND l.id > e.id)
    AND NOT EXISTS (SELECT 1 FROM reviews f JOIN reviews o ON o.id = f.follows
        WHERE o.id = e.review_id AND o.kind = 'promotion' AND f.state = 'rejected')
    AND NOT EXISTS (SELECT 1 FROM stage_entries n JOIN reviews r ON r.id = n.review_id
        WHERE n.id = (SELECT MIN(x.id) FROM stage_entries x
                      WHERE x.model_id = e.model_id AND x.version = e.version AND x.id > e.id)
        AND r.version = e.version AND r.kind = 'promotion' AND r.is_override = 0
        AND EXISTS (SELECT 1 FROM review_sign_offs s WHERE s.review_id = r.id AND s.withdrawn_at_ms IS NULL))";

/// The last version that came into a stage and still exists, but `not` that one, nor one whose override was rejected or
/// that a review took out again.
async fn was_there(connection: &mut AnyConnection, model: i64, stage: &str, not: i64) -> Result<Option<i64>> {
    let last: Option<(i64,)> = sqlx::query_as(&format!(
            "SELECT e.version FROM stage_entries e
             JOIN model_versions v ON v.model_id = e.model_id AND v.version = e.version
             WHERE e.model_id = $1 AND e.stage = $2 AND e.version <> $3 {IS_A_BAR} ORDER BY e.id DESC LIMIT 1"
        ))
    .bind(model)
    .bind(stage)
    .bind(not)
    .fetch_optional(connection)
    .await?;
    Ok(last.map(|(version,)| version))
}

/// The version that came into a stage last, but `not` that one, nor one whose override was rejected or that a review took
/// out again; if it isn't there any more: what is known of it.
pub(super) async fn departed(
    connection: &mut AnyConnection,
    model: i64,
    stage: &str,
    not: i64,
) -> Result<Option<(i64, Option<Version>)>> {
    let last: Option<(i64,)> = sqlx::query_as(&format!(
            "SELECT e.version FROM stage_entries e
             WHERE e.model_id = $1 AND e.stage = $2 AND e.version <> $3 {IS_A_BAR} ORDER BY e.id DESC LIMIT 1"
        ))
    .bind(model)
    .bind(stage)
    .bind(not)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((number,)) = last else { return Ok(None) };
    let found = version(connection, model, number).await?;
    Ok(Some((number, found))
        .filter(|(_, found)| found.as_ref().is_none_or(|found| found.facts.stage != stage)))
}

/// The version that holds a target now, but `not` that one; of several, the one that came last.
pub(super) async fn holder(
    connection: &mut AnyConnection,
    model: i64,
    target: &domain::reviews::Target,
    not: i64,
) -> Result<Option<i64>> {
    let held: Option<(i64,)> = match target {
        domain::reviews::Target::Stage(stage) => {
            sqlx::query_as(
                "SELECT v.version FROM model_versions v WHERE v.model_id = $1 AND v.stage = $2 AND v.version <> $3
                 ORDER BY (SELECT MAX(e.id) FROM stage_entries e
                           WHERE e.model_id = v.model_id AND e.version = v.version AND e.stage = v.stage) DESC
                 LIMIT 1",
            )
            .bind(model)
            .bind(&**stage)
            .bind(not)
            .fetch_optional(&mut *connection)
            .await?
        }
        domain::reviews::Target::Alias(alias) => {
            sqlx::query_as("SELECT version FROM model_aliases WHERE model_id = $1 AND alias = $2 AND version <> $3")
                .bind(model)
                .bind(&**alias)
                .bind(not)
                .fetch_optional(&mut *connection)
                .await?
        }
    };
    Ok(held.map(|(number,)| number))
}
