//! Columns of many runs, for charts over all of them.

use std::collections::HashMap;

use domain::MetricValue;

use super::plan::Plan;
use super::{RunQuery, parse, seen};
use crate::Db;
use crate::error::Result;
use crate::keys::UNKNOWN;
use crate::sql::Sql;

/// A column of a table of runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunColumn {
    /// The last value.
    Metric(String),
    Param(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum RunValue {
    Number(f64),
    Text(String),
}

/// Some columns of the runs that a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunTable {
    /// Each run's id and name, in the order of the search.
    pub runs: Vec<(String, String)>,
    /// One for each that was asked for, with a value for each run that has one.
    pub columns: Vec<Vec<Option<RunValue>>>,
}

/// At most so many numbers of runs in one statement.
const CHUNK: usize = 4_096;

/// The first `max_results` runs that match, and of these only the columns that are asked for: a few statements for each
/// column, however many runs there are.
///
/// # Errors
/// `Filter` if the filter or an order can't be read.
pub async fn table(db: &Db, query: &RunQuery, columns: &[RunColumn]) -> Result<RunTable> {
    let (filter, order) = parse(query)?;
    let mut connection = db.reader().await?;
    let query = &*seen(db, &mut connection, query).await?;
    let plan = Plan::new(db, &mut connection, query, &filter, &order).await?;
    let mut ids = plan.page(&mut connection).await?;
    ids.truncate(query.max_results);
    let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut runs = vec![(String::new(), String::new()); ids.len()];
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Sql::new(db.engine(), "SELECT id, uuid, name FROM runs WHERE id IN");
        sql.list(chunk);
        let rows: Vec<(i64, String, String)> = sql.fetch_packed(&mut connection, "id, uuid, name").await?;
        for (id, uuid, name) in rows {
            runs[places[&id]] = (uuid, name);
        }
    }
    let names: Vec<_> = columns
        .iter()
        .map(|column| match column {
            RunColumn::Metric(name) | RunColumn::Param(name) => name.as_str(),
        })
        .collect();
    let keys = db.keys().find(&mut connection, db.engine(), &names).await?;
    let mut table = RunTable { runs, columns: Vec::with_capacity(columns.len()) };
    for (column, name) in columns.iter().zip(names) {
        let key = keys.get(name).copied().unwrap_or(UNKNOWN);
        let mut values = vec![None; ids.len()];
        for chunk in ids.chunks(CHUNK).filter(|_| key != UNKNOWN) {
            let of = |source: &str| {
                let mut sql = Sql::new(db.engine(), "SELECT run_id, value FROM ");
                sql.push(source).push(" WHERE key_id = ").bind(key).push(" AND run_id IN").list(chunk);
                sql
            };
            match column {
                RunColumn::Metric(_) => {
                    let rows: Vec<(i64, i64)> =
                        of("latest_metrics").fetch_packed(&mut connection, "run_id, value").await?;
                    for (id, ordinal) in rows {
                        values[places[&id]] = Some(RunValue::Number(MetricValue::from_ordinal(ordinal).0));
                    }
                }
                RunColumn::Param(_) => {
                    let rows: Vec<(i64, String)> =
                        of("params").fetch_packed(&mut connection, "run_id, value").await?;
                    for (id, text) in rows {
                        values[places[&id]] = Some(RunValue::Text(text));
                    }
                }
            }
        }
        table.columns.push(values);
    }
    Ok(table)
}
