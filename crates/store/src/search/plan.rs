//! How a search is run: from which end, and in which steps.

use domain::filter::{Filter, OrderBy, Subject};
use domain::{Run, ViewType};
use sqlx::AnyConnection;

use super::RunQuery;
use super::condition::Condition;
use super::keyset::{self, SortKey, Value};
use super::order::{Key, NAN, last_keys, table};
use crate::Db;
use crate::engine::Engine;
use crate::error::Result;
use crate::keys::UNKNOWN;
use crate::sql::Sql;

/// A clause that holds for fewer runs than this is where the search starts.
const FEW: i64 = 256;

pub(super) struct Plan<'q> {
    engine: Engine,
    query: &'q RunQuery,
    conditions: Vec<Condition<'q>>,
    keys: Vec<Key<'q>>,
    after: Option<Vec<Value>>,
    start: Start,
}

/// Where a search starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// At all runs, sorted; by their start time that is an index walk, too.
    Runs,
    /// At the few runs for which this condition holds.
    Condition(usize),
    /// At the values of the first key of the order; runs without a value follow.
    Order,
}

/// Which rows of a walk along the order are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    WithValue,
    WithoutValue,
}

impl<'q> Plan<'q> {
    pub async fn new(
        db: &Db,
        connection: &mut AnyConnection,
        query: &'q RunQuery,
        filter: &'q Filter,
        order: &'q [OrderBy],
    ) -> Result<Self> {
        let subjects =
            filter.clauses.iter().map(|clause| &clause.subject).chain(order.iter().map(|key| &key.subject));
        let names: Vec<_> = subjects.filter_map(name).collect();
        let ids = db.keys().find(connection, db.engine(), &names).await?;
        let id = |subject: &Subject| name(subject).and_then(|name| ids.get(name).copied()).unwrap_or(UNKNOWN);
        let mut conditions: Vec<_> =
            filter.clauses.iter().map(|clause| Condition { clause, key: id(&clause.subject) }).collect();
        conditions.sort_by_key(Condition::rank);
        let keys = order
            .iter()
            .enumerate()
            .map(|(index, order)| Key { order, id: id(&order.subject), index })
            .collect();
        let mut plan = Self { engine: db.engine(), query, conditions, keys, after: None, start: Start::Runs };
        if let Some(token) = query.page_token.as_deref().filter(|token| !token.is_empty()) {
            let kinds = plan.kinds();
            plan.after = Some(keyset::decode(token, &query.order_by, &kinds)?);
        }
        plan.start = plan.choose_start(connection).await?;
        Ok(plan)
    }

    async fn choose_start(&self, connection: &mut AnyConnection) -> Result<Start> {
        if self.conditions.iter().any(Condition::is_identity) {
            return Ok(Start::Runs);
        }
        let experiments = &self.query.experiment_ids;
        let mut fewest = (FEW, None);
        for (index, condition) in self.conditions.iter().enumerate().filter(|(_, one)| one.is_selective()) {
            let found = condition.estimate(connection, self.engine, experiments, fewest.0).await?;
            if found < fewest.0 {
                fewest = (found, Some(index));
            }
        }
        let can_walk = experiments.len() == 1
            && self.keys.first().is_some_and(|key| table(&key.order.subject).is_some());
        Ok(match fewest.1 {
            Some(index) => Start::Condition(index),
            None if can_walk => Start::Order,
            None => Start::Runs,
        })
    }

    /// The numbers of the page's runs, and of one more if there is any.
    pub async fn page(&self, connection: &mut AnyConnection) -> Result<Vec<i64>> {
        let wanted = self.query.max_results.saturating_add(1);
        let offset = self.query.offset;
        if self.start != Start::Order {
            return self.fetch(connection, Part::All, wanted, offset).await;
        }
        let has_passed_values = self.after.as_ref().is_some_and(|after| after[0] != Value::Int(0));
        let (mut ids, mut skipped) = (Vec::new(), 0);
        if !has_passed_values {
            ids = self.fetch(connection, Part::WithValue, wanted, offset).await?;
            if ids.len() == wanted {
                return Ok(ids);
            }
            if offset > 0 && ids.is_empty() {
                let with_value = self.statement("SELECT COUNT(*)", Part::WithValue).count(connection).await?;
                skipped = usize::try_from(with_value).unwrap_or(0);
            } else if offset > 0 {
                skipped = offset;
            }
        }
        let first = &self.keys[0].order.subject;
        if !self.conditions.iter().any(|condition| condition.needs_value_of(first)) {
            let rest = offset.saturating_sub(skipped);
            ids.extend(self.fetch(connection, Part::WithoutValue, wanted - ids.len(), rest).await?);
        }
        Ok(ids)
    }

    pub async fn count(&self, connection: &mut AnyConnection) -> Result<i64> {
        self.statement("SELECT COUNT(*)", Part::All).count(connection).await
    }

    async fn fetch(
        &self,
        connection: &mut AnyConnection,
        part: Part,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<i64>> {
        let mut sql = self.statement("SELECT r.id", part);
        let keys = self.sort_keys(part);
        if let Some(after) = self.position_in(part) {
            sql.push(" AND ");
            keyset::push_after(&mut sql, &keys, &after);
        }
        keyset::push_order(&mut sql, &keys);
        sql.push(" LIMIT ").bind(to_int(limit));
        if offset > 0 {
            sql.push(" OFFSET ").bind(to_int(offset));
        }
        let rows: Vec<(i64,)> = sql.fetch(connection).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// `select` with the runs that match, not yet sorted or cut.
    fn statement(&self, select: &str, part: Part) -> Sql<'q> {
        let mut sql = Sql::new(self.engine, select);
        let experiments = &self.query.experiment_ids;
        let is_count = select.contains("COUNT");
        let mut joined = self.keys.iter().filter(|_| !is_count || part == Part::WithoutValue);
        match (self.start, part) {
            (Start::Condition(index), Part::All) => {
                // CROSS, so that SQLite doesn't start from the runs.
                sql.push(" FROM (SELECT c.run_id");
                self.conditions[index].push_source(&mut sql, experiments);
                sql.push(") f CROSS JOIN runs r");
                joined.by_ref().for_each(|key| key.push_join(&mut sql));
                sql.push(" WHERE r.id = f.run_id");
            }
            (_, Part::WithValue) => {
                let key = &self.keys[0];
                let table = table(&key.order.subject).unwrap_or_default();
                sql.push(&format!(" FROM {table} o0 CROSS JOIN runs r"));
                self.keys[1..].iter().for_each(|key| key.push_join(&mut sql));
                sql.push(" WHERE r.id = o0.run_id AND o0.experiment_id = ").bind(experiments[0]);
                sql.push(" AND o0.key_id = ").bind(key.id);
                self.push_range(&mut sql, key);
            }
            _ => {
                sql.push(" FROM runs r");
                joined.by_ref().for_each(|key| key.push_join(&mut sql));
                sql.push(" WHERE ").is_in("r.experiment_id", experiments);
            }
        }
        if part == Part::WithoutValue {
            sql.push(&format!(
                " AND (o0.value IS NULL{})",
                match self.keys[0].order.subject {
                    Subject::Metric(_) => format!(" OR o0.value = {NAN}"),
                    _ => String::new(),
                }
            ));
        }
        match self.query.view {
            ViewType::ActiveOnly => sql.push(" AND r.is_deleted = 0"),
            ViewType::DeletedOnly => sql.push(" AND r.is_deleted = 1"),
            ViewType::All => &mut sql,
        };
        let run = match (self.start, part) {
            (Start::Condition(_), Part::All) => "f.run_id",
            (_, Part::WithValue) => "o0.run_id",
            _ => "r.id",
        };
        for (index, condition) in self.conditions.iter().enumerate() {
            if self.start != Start::Condition(index) {
                sql.push(" AND ");
                condition.push(&mut sql, run);
            }
        }
        sql
    }

    /// What of the first key's index has to be walked.
    fn push_range(&self, sql: &mut Sql<'q>, key: &Key<'q>) {
        if !matches!(key.order.subject, Subject::Metric(_)) {
            return;
        }
        sql.push(" AND o0.value < ").bind(NAN);
        for condition in self.conditions.iter().filter(|one| one.needs_value_of(&key.order.subject)) {
            sql.push(" AND ");
            condition.push_value_test(sql, "o0.value");
        }
        if let Some([Value::Int(0), value, ..]) = self.after.as_deref() {
            sql.push(if key.order.ascending { " AND o0.value >= " } else { " AND o0.value <= " });
            keyset::bind(sql, value);
        }
    }

    fn sort_keys(&self, part: Part) -> Vec<SortKey> {
        let mut keys = Vec::new();
        let mut rest = self.keys.as_slice();
        if let (Part::WithValue, [first, others @ ..]) = (part, rest) {
            if !matches!(first.order.subject, Subject::Metric(_)) {
                keys.push(SortKey::new("SUBSTR(o0.value, 1, 64)", first.order.ascending));
            }
            keys.push(SortKey::new("o0.value", first.order.ascending));
            rest = others;
        }
        keys.extend(rest.iter().flat_map(Key::sort_keys));
        keys.extend(last_keys());
        keys
    }

    /// Where to go on in this part; `None`: at its beginning.
    fn position_in(&self, part: Part) -> Option<Vec<Value>> {
        let after = self.after.clone()?;
        match part {
            Part::All => Some(after),
            Part::WithoutValue => (after[0] != Value::Int(0)).then_some(after),
            Part::WithValue => {
                let mut position = after[1..].to_vec();
                if let Value::Text(text) = &after[1] {
                    position.insert(0, Value::Text(text.chars().take(64).collect()));
                }
                Some(position)
            }
        }
    }

    pub fn token_after(&self, run: &Run, id: i64) -> String {
        keyset::encode(&self.query.order_by, self.position(run, id))
    }

    fn position(&self, run: &Run, id: i64) -> Vec<Value> {
        let mut position: Vec<_> = self.keys.iter().flat_map(|key| key.position(run)).collect();
        position.extend([Value::Int(run.started_at.unwrap_or_default().0), Value::Int(id)]);
        position
    }

    /// A value of the kind that each of the position's parts has.
    fn kinds(&self) -> Vec<Value> {
        self.position(&Run::default(), 0)
    }
}

fn name(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Metric(key) | Subject::Param(key) | Subject::Tag(key) => Some(key),
        Subject::Attribute(_) | Subject::Dataset(_) => None,
    }
}

fn to_int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
