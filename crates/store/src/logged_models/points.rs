//! Metrics of logged models.

use domain::logged_models::ModelMetric;
use domain::{MetricValue, Millis};
use sqlx::AnyConnection;
use sqlx::FromRow;

use crate::bulk;
use crate::engine::Engine;
use crate::error::Result;
use crate::runs::NewMetric;
use crate::sql::Sql;
use crate::writer::Tx;

/// A point that a run logged for a model.
pub(crate) struct ModelPoint<'a> {
    pub model: i64,
    pub run_uuid: &'a str,
    pub metric: &'a NewMetric,
}

pub(crate) async fn insert_points(tx: &mut Tx<'_>, points: &[ModelPoint<'_>]) -> Result<()> {
    let head = "INSERT INTO logged_model_metrics
        (model_id, key, timestamp_ms, step, value, run_uuid, dataset_name, dataset_digest)";
    bulk::insert(
        tx.connection,
        tx.engine,
        (head, "ON CONFLICT DO NOTHING"),
        8,
        points,
        |row, ModelPoint { model, run_uuid, metric }| {
            row.bind(*model)
                .bind(&*metric.key)
                .bind(metric.timestamp.0)
                .bind(metric.step)
                .bind(metric.value.to_ordinal())
                .bind(*run_uuid)
                .bind(metric.dataset_name.as_deref().unwrap_or_default())
                .bind(metric.dataset_digest.as_deref().unwrap_or_default())
        },
    )
    .await
}

#[derive(FromRow)]
struct Row {
    model_id: i64,
    key: String,
    timestamp_ms: i64,
    step: i64,
    value: i64,
    run_uuid: String,
    dataset_name: String,
    dataset_digest: String,
}

/// The points of these models, each with its model.
pub(super) async fn of_models(
    engine: Engine,
    connection: &mut AnyConnection,
    models: &[i64],
) -> Result<Vec<(i64, ModelMetric)>> {
    let mut sql = Sql::new(
        engine,
        "SELECT model_id, key, timestamp_ms, step, value, run_uuid, dataset_name, dataset_digest
         FROM logged_model_metrics WHERE model_id IN",
    );
    let rows: Vec<Row> =
        sql.list(models).push(" ORDER BY model_id, key, timestamp_ms, step").fetch(connection).await?;
    let present = |text: String| Some(text).filter(|text| !text.is_empty());
    let metric = |row: Row| {
        let metric = ModelMetric {
            key: row.key,
            value: MetricValue::from_ordinal(row.value),
            step: row.step,
            timestamp: Millis(row.timestamp_ms),
            run_uuid: present(row.run_uuid),
            dataset_name: present(row.dataset_name),
            dataset_digest: present(row.dataset_digest),
        };
        (row.model_id, metric)
    };
    Ok(rows.into_iter().map(metric).collect())
}
