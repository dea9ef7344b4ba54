//! A filter's clauses, as SQL over `runs r`.

use domain::MetricValue;
use domain::datasets::CONTEXT_TAG;
use domain::filter::{Clause, Comparison, Subject, Test, TextComparison};
use sqlx::AnyConnection;

use super::order::{NAN, column, table};
use super::text::push_test;
use crate::engine::Engine;
use crate::error::Result;
use crate::sql::Sql;

/// So many characters of a text are in its index.
const INDEXED: usize = 64;

/// A clause, with the number of the key that it names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition<'q> {
    pub clause: &'q Clause,
    pub key: i64,
}

impl<'q> Condition<'q> {
    /// A predicate on `r`. What looks into other tables names the run by `run`: where that is the table in which
    /// the search starts, runs that don't match are never read.
    pub fn push(&self, sql: &mut Sql<'q>, run: &str) {
        match &self.clause.subject {
            Subject::Attribute(name) => push_test(sql, column(name), &self.clause.test),
            Subject::Dataset("context") => {
                sql.push("EXISTS (SELECT 1 FROM run_dataset_tags d WHERE d.run_id = ")
                    .push(run)
                    .push(" AND d.key = ");
                sql.bind(CONTEXT_TAG).push(" AND ");
                push_test(sql, "d.value", &self.clause.test);
                sql.push(")");
            }
            Subject::Dataset(field) => {
                sql.push("EXISTS (SELECT 1 FROM run_datasets l JOIN datasets d ON d.id = l.dataset_id");
                sql.push(" WHERE l.run_id = ").push(run).push(" AND ");
                push_test(sql, &format!("d.{field}"), &self.clause.test);
                sql.push(")");
            }
            subject => {
                let is_absence = matches!(self.clause.test, Test::IsNull { negated: false });
                sql.push(if is_absence { "NOT EXISTS" } else { "EXISTS" });
                sql.push(" (SELECT 1 FROM ").push(table(subject).unwrap_or_default());
                sql.push(" c WHERE c.run_id = ").push(run).push(" AND c.key_id = ").bind(self.key);
                if !matches!(self.clause.test, Test::IsNull { .. }) {
                    sql.push(" AND ");
                    self.push_value_test(sql, "c.value");
                }
                sql.push(")");
            }
        }
    }

    /// A predicate on the value of a metric, param or tag.
    pub fn push_value_test(&self, sql: &mut Sql<'q>, value: &str) {
        let Test::Number(comparison, number) = &self.clause.test else {
            return push_test(sql, value, &self.clause.test);
        };
        let ordinal = MetricValue(*number).to_ordinal();
        sql.push(value).push(" ").push(comparison.as_sql()).push(" ").bind(ordinal);
        if matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
            sql.push(" AND ").push(value).push(" < ").bind(NAN);
        }
    }

    /// Whether the runs for which it holds can be found by an index of their values.
    pub fn is_selective(&self) -> bool {
        match (&self.clause.subject, &self.clause.test) {
            (Subject::Metric(_), Test::Number(comparison, _)) => *comparison != Comparison::NotEqual,
            (Subject::Param(_) | Subject::Tag(_), Test::Text(comparison, _)) => {
                *comparison == TextComparison::Equal
            }
            _ => false,
        }
    }

    /// What is tested first: what most likely fails, and costs least.
    pub fn rank(&self) -> u8 {
        match &self.clause.test {
            _ if matches!(self.clause.subject, Subject::Attribute(_)) => 3,
            Test::Text(TextComparison::Equal, _) => 0,
            Test::Number(..) => 1,
            _ => 2,
        }
    }

    /// Whether it names runs one by one.
    pub fn is_identity(&self) -> bool {
        self.clause.subject == Subject::Attribute("run_id")
            && matches!(
                self.clause.test,
                Test::Text(TextComparison::Equal, _) | Test::In { negated: false, .. }
            )
    }

    /// `FROM … WHERE`: the rows of its index for which it holds, as `c`. For selective conditions.
    pub fn push_source(&self, sql: &mut Sql<'q>, experiments: &[i64]) {
        sql.push(" FROM ").push(table(&self.clause.subject).unwrap_or_default()).push(" c WHERE ");
        sql.is_in("c.experiment_id", experiments).push(" AND c.key_id = ").bind(self.key);
        if let Test::Text(_, value) = &self.clause.test {
            let prefix: String = value.chars().take(INDEXED).collect();
            let is_whole = prefix.chars().count() < INDEXED;
            sql.push(" AND SUBSTR(c.value, 1, 64) = ").bind(prefix);
            // The index alone decides.
            if is_whole {
                return;
            }
        }
        sql.push(" AND ");
        self.push_value_test(sql, "c.value");
    }

    /// For how many runs it holds, but at most `cap`.
    pub async fn estimate(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        experiments: &[i64],
        cap: i64,
    ) -> Result<i64> {
        let mut sql = Sql::new(engine, "SELECT COUNT(*) FROM (SELECT 1");
        self.push_source(&mut sql, experiments);
        sql.push(" LIMIT ").bind(cap).push(") AS some_of_them");
        sql.count(connection).await
    }

    /// Whether only runs that have a value (other than NaN) for `subject` are left.
    pub fn needs_value_of(&self, subject: &Subject) -> bool {
        let excludes_nan = match &self.clause.test {
            Test::Number(comparison, _) => *comparison != Comparison::NotEqual,
            Test::IsNull { negated } => *negated && !matches!(subject, Subject::Metric(_)),
            Test::Text(..) | Test::In { .. } => true,
        };
        excludes_nan && self.clause.subject == *subject
    }
}
