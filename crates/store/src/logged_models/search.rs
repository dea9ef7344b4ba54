//! Search over logged models.

use domain::filter::{self, LOGGED_MODELS, Subject, Test};
use domain::limits::{self, Invalid};
use domain::logged_models::{LoggedModel, ModelMetric};
use domain::{MetricValue, Page};

use super::{Row, SELECT, load};
use crate::Db;
use crate::error::Result;
use crate::permissions::readable;
use crate::search::keyset::{self, SortKey, Value};
use crate::search::text::{push_metric_test, push_test};
use crate::sql::Sql;

/// Metrics that were measured on this data set only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetFilter {
    pub name: String,
    /// `None`: any version of it.
    pub digest: Option<String>,
}

/// One key of the order.
#[derive(Debug, Clone, Default)]
pub struct ModelOrder {
    /// An attribute, or `metrics.NAME`.
    pub field_name: String,
    pub ascending: bool,
    /// For a metric: its values on this data set only.
    pub dataset: Option<DatasetFilter>,
}

#[derive(Debug, Clone, Default)]
pub struct LoggedModelQuery {
    pub experiment_ids: Vec<i64>,
    pub filter: String,
    /// Where the filter's metrics must have been measured; empty: anywhere.
    pub datasets: Vec<DatasetFilter>,
    /// None: newest first.
    pub order_by: Vec<ModelOrder>,
    pub max_results: usize,
    pub page_token: Option<String>,
}

/// A page of the models that aren't deleted.
///
/// # Errors
/// `Filter` or `Invalid` if filter, order or token can't be read.
pub async fn search(db: &Db, query: &LoggedModelQuery) -> Result<Page<LoggedModel>> {
    limits::check_count("order_by", query.order_by.len(), limits::MAX_ORDERS)?;
    limits::check_count("datasets", query.datasets.len(), limits::MAX_DATASETS_SEARCHED)?;
    let filter = filter::parse(&LOGGED_MODELS, &query.filter)?;
    let order = query.order_by.iter().map(Key::parse).collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<_> = query.order_by.iter().map(|one| format!("{one:?}")).collect();
    names.push(format!("{:?} {}", query.experiment_ids, query.filter));
    let keys = sort_keys(&order);

    let mut connection = db.reader().await?;
    let experiments = readable(&mut connection, db.engine(), db.by(), &query.experiment_ids).await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    for (index, key) in order.iter().enumerate() {
        key.push_join(&mut sql, index);
    }
    sql.push(" WHERE m.is_deleted = 0 AND ").is_in("m.experiment_id", &experiments);
    let has_metric = filter.clauses.iter().any(|clause| matches!(clause.subject, Subject::Metric(_)));
    if !has_metric && !query.datasets.is_empty() {
        sql.push(" AND EXISTS (SELECT 1 FROM logged_model_metrics t WHERE t.model_id = m.id");
        push_datasets(&mut sql, &query.datasets);
        sql.push(")");
    }
    for clause in &filter.clauses {
        sql.push(" AND ");
        match &clause.subject {
            Subject::Metric(key) => {
                sql.push("EXISTS (SELECT 1 FROM logged_model_metrics t WHERE t.model_id = m.id AND t.key = ");
                sql.bind(&**key);
                if let Test::Number(comparison, number) = &clause.test {
                    sql.push(" AND ");
                    push_metric_test(&mut sql, "t.value", *comparison, *number);
                }
                push_datasets(&mut sql, &query.datasets);
                sql.push(")");
            }
            Subject::Param(key) => push_pair(&mut sql, "logged_model_params", key, &clause.test),
            Subject::Tag(key) => push_pair(&mut sql, "logged_model_tags", key, &clause.test),
            Subject::Attribute(name) => push_test(&mut sql, column(name), &clause.test),
            Subject::Dataset(_) => {
                sql.push("1 = 1");
            }
        }
    }
    if let Some(token) = query.page_token.as_deref().filter(|token| !token.is_empty()) {
        let kinds = position(&order, &LoggedModel::default(), 0);
        let after = keyset::decode(token, &names, &kinds)?;
        sql.push(" AND ");
        keyset::push_after(&mut sql, &keys, &after);
    }
    keyset::push_order(&mut sql, &keys);
    sql.push(" LIMIT ").bind(i64::try_from(query.max_results.saturating_add(1)).unwrap_or(i64::MAX));

    let mut rows: Vec<Row> = sql.fetch(&mut connection).await?;
    let has_more = rows.len() > query.max_results;
    rows.truncate(query.max_results);
    let last_id = rows.last().map_or(0, |row| row.id);
    let items = load(db.engine(), &mut connection, rows).await?;
    let last = items.last().filter(|_| has_more);
    let next_page_token = last.map(|last| keyset::encode(&names, position(&order, last, last_id)));
    Ok(Page { items, next_page_token })
}

fn push_pair<'q>(sql: &mut Sql<'q>, table: &str, key: &'q str, test: &'q Test) {
    sql.push("EXISTS (SELECT 1 FROM ").push(table).push(" t WHERE t.model_id = m.id AND t.key = ").bind(key);
    sql.push(" AND ");
    push_test(sql, "t.value", test);
    sql.push(")");
}

fn push_datasets<'q>(sql: &mut Sql<'q>, datasets: &'q [DatasetFilter]) {
    for (index, dataset) in datasets.iter().enumerate() {
        sql.push(if index == 0 { " AND (" } else { " OR " });
        push_dataset(sql, "t", dataset);
    }
    sql.push(if datasets.is_empty() { "" } else { ")" });
}

fn push_dataset<'q>(sql: &mut Sql<'q>, alias: &str, dataset: &'q DatasetFilter) {
    sql.push("(").push(alias).push(".dataset_name = ").bind(&*dataset.name);
    if let Some(digest) = &dataset.digest {
        sql.push(" AND ").push(alias).push(".dataset_digest = ").bind(&**digest);
    }
    sql.push(")");
}

fn column(attribute: &str) -> &'static str {
    match attribute {
        "model_id" => "m.model_id",
        "name" => "m.name",
        "model_type" => "COALESCE(m.model_type, '')",
        "source_run_id" => "COALESCE(m.source_run, '')",
        "experiment_id" => "CAST(m.experiment_id AS TEXT)",
        "artifact_location" => "m.artifact_uri",
        "status" => {
            "CASE m.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' WHEN 3 THEN 'FAILED' ELSE 'UNSPECIFIED' END"
        }
        "lifecycle_stage" => "CASE m.is_deleted WHEN 0 THEN 'active' ELSE 'deleted' END",
        "creation_timestamp_ms" => "m.created_at_ms",
        _ => "m.updated_at_ms",
    }
}

/// One key of the order, understood.
struct Key<'q> {
    subject: Subject,
    order: &'q ModelOrder,
}

impl<'q> Key<'q> {
    fn parse(order: &'q ModelOrder) -> Result<Self, Invalid> {
        let invalid = |why: &str| {
            Invalid::new("order_by", format!("Invalid order by field name: {}{why}", order.field_name))
        };
        let subject = match order.field_name.split_once('.') {
            Some(("metrics", key)) if !key.is_empty() => Subject::Metric(key.trim_matches('`').to_owned()),
            Some(("attributes", name)) => Self::attribute(name).ok_or_else(|| invalid(""))?,
            Some(_) => return Err(invalid(". Only metrics are supported.")),
            None => Self::attribute(&order.field_name).ok_or_else(|| invalid(""))?,
        };
        Ok(Self { subject, order })
    }

    fn attribute(name: &str) -> Option<Subject> {
        LOGGED_MODELS.attribute(name).map(|(name, _)| Subject::Attribute(name))
    }

    /// Joins the metric's value at its last timestamp and step.
    fn push_join(&self, sql: &mut Sql<'q>, index: usize) {
        let Subject::Metric(key) = &self.subject else { return };
        let alias = format!("o{index}");
        sql.push(&format!(
            " LEFT JOIN logged_model_metrics {alias} ON {alias}.model_id = m.id AND {alias}.key = "
        ));
        sql.bind(key.clone());
        self.push_dataset(sql, &alias);
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM logged_model_metrics n WHERE n.model_id = m.id AND n.key = ",
        );
        sql.bind(key.clone());
        self.push_dataset(sql, "n");
        sql.push(&format!(
            " AND (n.timestamp_ms, n.step, n.run_uuid, n.dataset_name, n.dataset_digest, n.value)
              > ({alias}.timestamp_ms, {alias}.step, {alias}.run_uuid, {alias}.dataset_name,
                 {alias}.dataset_digest, {alias}.value))"
        ));
    }

    fn push_dataset(&self, sql: &mut Sql<'q>, alias: &str) {
        if let Some(dataset) = &self.order.dataset {
            sql.push(" AND ");
            push_dataset(sql, alias, dataset);
        }
    }

    fn position(&self, model: &LoggedModel) -> Vec<Value> {
        let text = |text: Option<&str>| Value::Text(text.unwrap_or_default().to_owned());
        match &self.subject {
            Subject::Metric(key) => match self.last(model, key).map(|metric| metric.value) {
                Some(value) if value.0.is_nan() => vec![Value::Int(1), Value::Int(MetricValue::NAN_ORDINAL)],
                Some(value) => vec![Value::Int(0), Value::Int(value.to_ordinal())],
                None => vec![Value::Int(2), Value::Int(0)],
            },
            Subject::Attribute("status") => vec![Value::Int(model.status.code())],
            Subject::Attribute("creation_timestamp_ms") => vec![Value::Int(model.created_at.0)],
            Subject::Attribute("last_updated_timestamp_ms") => vec![Value::Int(model.updated_at.0)],
            Subject::Attribute(name) => vec![match *name {
                "model_id" => text(Some(&model.model_id)),
                "name" => text(Some(&model.name)),
                "model_type" => text(model.model_type.as_deref()),
                "source_run_id" => text(model.source_run.as_deref()),
                "experiment_id" => Value::Text(model.experiment_id.to_string()),
                // Only those that aren't deleted are found.
                "lifecycle_stage" => text(Some("active")),
                _ => text(Some(&model.artifact_uri)),
            }],
            _ => Vec::new(),
        }
    }

    fn last<'m>(&self, model: &'m LoggedModel, key: &str) -> Option<&'m ModelMetric> {
        let counts = |metric: &&ModelMetric| {
            metric.key == key
                && self.order.dataset.as_ref().is_none_or(|dataset| {
                    metric.dataset_name.as_ref() == Some(&dataset.name)
                        && (dataset.digest.is_none() || metric.dataset_digest == dataset.digest)
                })
        };
        model.metrics.iter().filter(counts).max_by_key(|metric| {
            let last = (metric.timestamp, metric.step, &metric.run_uuid);
            (last, &metric.dataset_name, &metric.dataset_digest, metric.value.to_ordinal())
        })
    }
}

fn sort_keys(order: &[Key<'_>]) -> Vec<SortKey> {
    let mut keys = Vec::new();
    for (index, key) in order.iter().enumerate() {
        let ascending = key.order.ascending;
        match &key.subject {
            Subject::Metric(_) => {
                let value = format!("o{index}.value");
                let nan = MetricValue::NAN_ORDINAL;
                let rank = format!("CASE WHEN {value} IS NULL THEN 2 WHEN {value} = {nan} THEN 1 ELSE 0 END");
                keys.push(SortKey::new(rank, true));
                keys.push(SortKey::new(format!("COALESCE({value}, 0)"), ascending));
            }
            // From pending to failed, as the reference numbers them.
            Subject::Attribute("status") => keys.push(SortKey::new("m.status", ascending)),
            Subject::Attribute(name) => keys.push(SortKey::new(column(name), ascending)),
            _ => {}
        }
    }
    keys.extend([SortKey::new("m.created_at_ms", false), SortKey::new("m.id", false)]);
    keys
}

fn position(order: &[Key<'_>], model: &LoggedModel, id: i64) -> Vec<Value> {
    let mut position: Vec<_> = order.iter().flat_map(|key| key.position(model)).collect();
    position.extend([Value::Int(model.created_at.0), Value::Int(id)]);
    position
}
