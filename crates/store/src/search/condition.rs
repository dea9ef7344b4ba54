//! A filter's clauses, as SQL over `runs r`.

use domain::ViewType;
use domain::datasets::CONTEXT_TAG;
use domain::filter::{Clause, Comparison, Subject, Test, TextComparison};

use super::order::{column, table};
use super::text::{push_metric_test, push_test};
use crate::sql::Sql;

/// So many characters of a text are in its index.
const INDEXED: usize = 64;

/// A clause, with the number of the key that it names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition<'q> {
    pub clause: &'q Clause,
    pub key: i64,
    /// Whether few runs have what it names.
    pub is_of_few: bool,
    /// For the absence of a parent: one that isn't among the runs of its child's experiment in this view is none.
    pub parents: Option<ViewType>,
}

impl<'q> Condition<'q> {
    /// A predicate on `r`. What looks into other tables names the run by `run`: where that is the table in which
    /// the search starts, runs that don't match are never read.
    pub fn push(&self, sql: &mut Sql<'q>, run: &str, experiments: &[i64]) {
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
            subject => self.push_of_key(sql, table(subject).unwrap_or_default(), run, experiments),
        }
    }

    /// A predicate on what `table` has for the run under the key.
    fn push_of_key(&self, sql: &mut Sql<'q>, table: &str, run: &str, experiments: &[i64]) {
        if self.is_absence() && self.is_of_few {
            // The few are looked up once and kept in memory.
            sql.push(run).push(" NOT IN (SELECT c.run_id");
            self.push_source(sql, experiments);
            sql.push(")");
            return;
        }
        if self.is_absence() {
            sql.push("NOT EXISTS (SELECT 1 FROM ").push(table).push(" c");
            self.push_parents(sql);
            sql.push(" WHERE c.run_id = ").push(run).push(" AND c.key_id = ").bind(self.key).push(")");
            return;
        }
        sql.push("EXISTS (SELECT 1 FROM ").push(table).push(" c");
        if let (true, [experiment]) = (self.is_equality(), experiments) {
            // The runs with one value are near each other there; by their own key they are all over the table.
            let index = format!("{table}_by_value");
            let hint = sql.engine.indexed_by(&index);
            sql.push(&hint).push(" WHERE c.run_id = ").push(run);
            sql.push(" AND c.experiment_id = ").bind(*experiment);
        } else {
            sql.push(" WHERE c.run_id = ").push(run);
        }
        sql.push(" AND c.key_id = ").bind(self.key);
        if !matches!(self.clause.test, Test::IsNull { .. }) {
            self.push_tests(sql);
        }
        sql.push(")");
    }

    /// Whether it holds for runs that have nothing under a key.
    pub fn is_absence(&self) -> bool {
        let is_of_key = table(&self.clause.subject).is_some();
        is_of_key && matches!(self.clause.test, Test::IsNull { negated: false })
    }

    fn is_equality(&self) -> bool {
        let is_text = matches!(self.clause.subject, Subject::Param(_) | Subject::Tag(_));
        is_text && matches!(self.clause.test, Test::Text(TextComparison::Equal, _))
    }

    /// ` AND …`: tests of `c.value`, so that an index helps.
    fn push_tests(&self, sql: &mut Sql<'q>) {
        if let Test::Text(TextComparison::Equal, value) = &self.clause.test {
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

    /// A predicate on the value of a metric, param or tag.
    pub fn push_value_test(&self, sql: &mut Sql<'q>, value: &str) {
        match (&self.clause.subject, &self.clause.test) {
            (Subject::Metric(_), Test::Number(comparison, number)) => {
                push_metric_test(sql, value, *comparison, *number);
            }
            (_, test) => push_test(sql, value, test),
        }
    }

    /// Whether the runs for which it holds can be found by an index of their values.
    pub fn is_selective(&self) -> bool {
        match (&self.clause.subject, &self.clause.test) {
            (Subject::Metric(_), Test::Number(comparison, _)) => *comparison != Comparison::NotEqual,
            _ => self.is_equality(),
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

    /// `FROM … WHERE`: the rows of its index for which it holds, as `c`, if it is selective; for an absence, those
    /// for which it doesn't.
    pub fn push_source(&self, sql: &mut Sql<'q>, experiments: &[i64]) {
        sql.push(" FROM ").push(table(&self.clause.subject).unwrap_or_default()).push(" c");
        self.push_parents(sql);
        sql.push(" WHERE ").is_in("c.experiment_id", experiments).push(" AND c.key_id = ").bind(self.key);
        if !self.is_absence() {
            self.push_tests(sql);
        }
    }

    /// Behind the tags `c` that name parents: the parents, as `p`.
    fn push_parents(&self, sql: &mut Sql<'q>) {
        let Some(view) = self.parents else { return };
        sql.push(
            " JOIN runs p ON p.uuid = c.value AND p.experiment_id = c.experiment_id AND p.id <> c.run_id",
        );
        match view {
            ViewType::ActiveOnly => sql.push(" AND p.is_deleted = 0"),
            ViewType::DeletedOnly => sql.push(" AND p.is_deleted = 1"),
            ViewType::All => sql,
        };
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

/// A predicate: `table` has nothing for the run under the key.
pub(super) fn push_absence(sql: &mut Sql<'_>, table: &str, key: i64, run: &str) {
    sql.push(&format!("NOT EXISTS (SELECT 1 FROM {table} c WHERE c.run_id = {run} AND c.key_id = "));
    sql.bind(key).push(")");
}
