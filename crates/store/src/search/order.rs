//! What runs are sorted by.

use domain::filter::{OrderBy, Subject};
use domain::{MetricValue, Run};

use super::keyset::{SortKey, Value};
use crate::sql::Sql;

/// The table that holds a subject's values, by run and key.
pub(super) fn table(subject: &Subject) -> Option<&'static str> {
    match subject {
        Subject::Metric(_) => Some("latest_metrics"),
        Subject::Param(_) => Some("params"),
        Subject::Tag(_) => Some("tags"),
        Subject::Attribute(_) | Subject::Dataset(_) => None,
    }
}

/// The column of `runs r` that holds an attribute.
pub(super) fn column(attribute: &str) -> &'static str {
    match attribute {
        "run_id" => "r.uuid",
        "run_name" => "r.name",
        "user_id" => "r.user_id",
        "status" => "r.status",
        "artifact_uri" => "r.artifact_uri",
        "end_time" => "r.ended_at_ms",
        "duration" => "(r.ended_at_ms - r.started_at_ms)",
        _ => "r.started_at_ms",
    }
}

/// One key of the order, with the number of its name.
#[derive(Debug, Clone)]
pub(super) struct Key<'q> {
    pub order: &'q OrderBy,
    pub id: i64,
    /// Its place in the order: its table is joined as `o0`, `o1`, ….
    pub index: usize,
}

impl Key<'_> {
    pub fn value(&self) -> String {
        match &self.order.subject {
            Subject::Attribute(name) => column(name).into(),
            _ => format!("o{}.value", self.index),
        }
    }

    /// Joins the table, so that runs without a value stay.
    pub fn push_join(&self, sql: &mut Sql<'_>) {
        if let Some(table) = table(&self.order.subject) {
            let alias = format!("o{}", self.index);
            sql.push(&format!(" LEFT JOIN {table} {alias} ON {alias}.run_id = r.id AND {alias}.key_id = "));
            sql.bind(self.id);
        }
    }

    /// Values first, then NaN, then nothing; then by value.
    pub fn sort_keys(&self) -> Vec<SortKey> {
        let (value, ascending) = (self.value(), self.order.ascending);
        let rank =
            |nan: &str| SortKey::new(format!("CASE WHEN {value} IS NULL THEN 2{nan} ELSE 0 END"), true);
        match &self.order.subject {
            Subject::Metric(_) => vec![
                rank(&format!(" WHEN {value} = {} THEN 1", MetricValue::NAN_ORDINAL)),
                SortKey::new(format!("COALESCE({value}, 0)"), ascending),
            ],
            Subject::Attribute("end_time" | "duration") => {
                vec![rank(""), SortKey::new(format!("COALESCE({value}, 0)"), ascending)]
            }
            Subject::Attribute(_) => vec![SortKey::new(value, ascending)],
            _ => vec![rank(""), SortKey::new(format!("COALESCE({value}, '')"), ascending)],
        }
    }

    /// What `run` has for [`Self::sort_keys`].
    pub fn position(&self, run: &Run) -> Vec<Value> {
        let text = |found: Option<&str>| match found {
            Some(text) => vec![Value::Int(0), Value::Text(text.to_owned())],
            None => vec![Value::Int(2), Value::Text(String::new())],
        };
        match &self.order.subject {
            Subject::Metric(key) => match run.metric(key).map(|metric| metric.value) {
                Some(MetricValue(value)) if value.is_nan() => {
                    vec![Value::Int(1), Value::Int(MetricValue::NAN_ORDINAL)]
                }
                Some(value) => vec![Value::Int(0), Value::Int(value.to_ordinal())],
                None => vec![Value::Int(2), Value::Int(0)],
            },
            Subject::Param(key) => text(run.param(key)),
            Subject::Tag(key) => text(run.tag(key)),
            Subject::Attribute(name @ ("end_time" | "duration")) => match run.ended_at {
                Some(at) if *name == "end_time" => vec![Value::Int(0), Value::Int(at.0)],
                Some(at) => vec![Value::Int(0), Value::Int(at.0 - run.started_at.unwrap_or_default().0)],
                None => vec![Value::Int(2), Value::Int(0)],
            },
            Subject::Attribute("start_time") => vec![Value::Int(run.started_at.unwrap_or_default().0)],
            Subject::Attribute(name) => vec![Value::Text(match *name {
                "run_id" => run.uuid.clone(),
                "run_name" => run.name.clone(),
                "user_id" => run.user.clone(),
                "status" => run.status.as_str().to_owned(),
                _ => run.artifact_uri.clone(),
            })],
            Subject::Dataset(_) => Vec::new(),
        }
    }
}

/// What decides between equals: newest first; by start time anyway, the direction of that, so that it is an index
/// walk both ways.
pub(super) fn last_keys(start_time: Option<&OrderBy>) -> Vec<SortKey> {
    match start_time {
        Some(order) => vec![SortKey::new("r.id", order.ascending)],
        None => vec![SortKey::new("r.started_at_ms", false), SortKey::new("r.id", false)],
    }
}
