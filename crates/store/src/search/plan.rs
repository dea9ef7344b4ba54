//! How a search is run: from which end, and in which steps.

use domain::filter::{Filter, OrderBy, Subject};
use domain::{MetricValue, Run, ViewType};
use sqlx::AnyConnection;

use super::RunQuery;
use super::condition::{Condition, push_absence};
use super::keyset::{self, SortKey, Value};
use super::order::{Key, last_keys, table};
use crate::Db;
use crate::bulk;
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

/// Which rows are meant. A walk along the order takes its three parts one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    WithValue,
    /// Metrics only.
    Nan,
    WithoutValue,
}

impl Part {
    /// What a position starts with that is in this part of a walk.
    fn rank(self) -> i64 {
        match self {
            Self::All | Self::WithValue => 0,
            Self::Nan => 1,
            Self::WithoutValue => 2,
        }
    }
}

/// Runs with the same value of a param, by number.
pub(super) struct Group {
    pub value: Option<String>,
    pub ids: Vec<i64>,
    pub total: i64,
}

/// So many conditions are looked up at once for all runs, rather than for each.
const MOST_LOOKED_UP: usize = 16;

/// An offset beyond this is gone to by the index alone.
const FAR: usize = 500;

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
        let mut conditions: Vec<_> = filter
            .clauses
            .iter()
            .map(|clause| Condition { clause, key: id(&clause.subject), is_of_few: false, parents: None })
            .collect();
        if query.only_roots
            && let Some(root) = conditions.last_mut()
        {
            root.parents = Some(query.view);
        }
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

    async fn choose_start(&mut self, connection: &mut AnyConnection) -> Result<Start> {
        if self.conditions.iter().any(Condition::is_identity) {
            return Ok(Start::Runs);
        }
        let experiments = &self.query.experiment_ids;
        let counted = self.conditions.iter().enumerate();
        let counted: Vec<_> = counted.filter(|(_, one)| one.is_selective() || one.is_absence()).collect();
        let mut few = self.estimates(connection, &counted).await?;
        few.retain(|(_, runs)| *runs < FEW);
        // Each such absence names the experiments once more.
        for (index, _) in few.iter().filter(|_| experiments.len() <= bulk::MAX_LIST).take(MOST_LOOKED_UP) {
            self.conditions[*index].is_of_few = true;
        }
        let fewest = few.into_iter().filter(|(index, _)| self.conditions[*index].is_selective());
        let fewest = fewest.min_by_key(|(_, runs)| *runs);
        let can_walk = experiments.len() == 1
            && self.keys.first().is_some_and(|key| table(&key.order.subject).is_some());
        Ok(match fewest {
            Some((index, _)) => Start::Condition(index),
            None if can_walk => Start::Order,
            None => Start::Runs,
        })
    }

    /// How many runs each of the conditions names ([`Condition::push_source`]), counted up to [`FEW`].
    async fn estimates(
        &self,
        connection: &mut AnyConnection,
        conditions: &[(usize, &Condition<'q>)],
    ) -> Result<Vec<(usize, i64)>> {
        let experiments = &self.query.experiment_ids;
        let at_once = (bulk::MAX_VALUES / bulk::padded_len(experiments.len())).max(1);
        let mut estimates = Vec::with_capacity(conditions.len());
        for chunk in conditions.chunks(at_once) {
            let mut sql = Sql::new(self.engine, "");
            for (place, (_, condition)) in chunk.iter().enumerate() {
                sql.push(if place > 0 { " UNION ALL SELECT " } else { "SELECT " }).bind(to_int(place));
                sql.push(", COUNT(*) FROM (SELECT 1 AS one");
                condition.push_source(&mut sql, experiments);
                sql.push(" LIMIT ").bind(FEW).push(") AS some_of_them");
            }
            let counts: Vec<(i64, i64)> = sql.fetch(connection).await?;
            let index = |place: i64| usize::try_from(place).ok().and_then(|place| chunk.get(place));
            estimates.extend(counts.into_iter().filter_map(|(place, runs)| Some((index(place)?.0, runs))));
        }
        Ok(estimates)
    }

    /// The numbers of the page's runs, and of one more if there is any.
    pub async fn page(&self, connection: &mut AnyConnection) -> Result<Vec<i64>> {
        let wanted = self.query.max_results.saturating_add(1);
        let mut offset = self.query.offset;
        let mut ids = Vec::new();
        for part in self.parts() {
            let found = self.fetch(connection, part, wanted - ids.len(), offset).await?;
            if offset > 0 && found.is_empty() {
                let passed = self.counting(part).count(connection).await?;
                offset = offset.saturating_sub(usize::try_from(passed).unwrap_or(0));
            } else {
                offset = 0;
            }
            ids.extend(found);
            if ids.len() == wanted {
                break;
            }
        }
        Ok(ids)
    }

    /// What is still to be walked.
    fn parts(&self) -> Vec<Part> {
        let Some(first) = self.keys.first().filter(|_| self.start == Start::Order) else {
            return vec![Part::All];
        };
        let mut parts = vec![Part::WithValue];
        let subject = &first.order.subject;
        if !self.conditions.iter().any(|condition| condition.needs_value_of(subject)) {
            if matches!(subject, Subject::Metric(_)) {
                parts.push(Part::Nan);
            }
            parts.push(Part::WithoutValue);
        }
        if let Some([Value::Int(rank), ..]) = self.after.as_deref() {
            parts.retain(|part| part.rank() >= *rank);
        }
        parts
    }

    pub async fn count(&self, connection: &mut AnyConnection) -> Result<i64> {
        if let [only] = &self.conditions[..]
            && only.is_absence()
        {
            // All but those that have it: both are counted by an index, and no run is asked for it.
            let all = self.from(Start::Runs, Vec::new()).counting(Part::All);
            let those = self.from(Start::Condition(0), vec![*only]).counting(Part::All);
            return Ok(all.count(connection).await? - those.count(connection).await?);
        }
        self.counting(Part::All).count(connection).await
    }

    fn from(&self, start: Start, conditions: Vec<Condition<'q>>) -> Self {
        Self { start, conditions, keys: Vec::new(), after: None, ..*self }
    }

    /// Numbers of runs by their value of the param with this number: of each of the `most` values that most
    /// matching runs have, and of the runs without any, the first `each`, and how many there are.
    pub async fn groups(
        &self,
        connection: &mut AnyConnection,
        param: i64,
        most: usize,
        each: usize,
    ) -> Result<Vec<Group>> {
        let mut sql = Sql::new(
            self.engine,
            "SELECT value, id, total FROM (
                 SELECT value, id, total, place,
                     DENSE_RANK() OVER (ORDER BY CASE WHEN value IS NULL THEN 0 ELSE 1 END, total DESC, value) AS nth
                 FROM (
                     SELECT value, id, COUNT(*) OVER (PARTITION BY value) AS total,
                         ROW_NUMBER() OVER (PARTITION BY value ORDER BY place) AS place
                     FROM (
                         SELECT (SELECT g.value FROM params g WHERE g.run_id = r.id AND g.key_id = ",
        );
        sql.bind(param).push(") AS value, r.id AS id, ROW_NUMBER() OVER (");
        keyset::push_order(&mut sql, &self.sort_keys(Part::All));
        sql.push(") AS place");
        self.push_matching(&mut sql, Part::All, true);
        sql.push(") AS matching) AS grouped) AS ranked WHERE place <= ").bind(to_int(each));
        sql.push(" AND nth <= ").bind(to_int(most.saturating_add(1)));
        sql.push(" ORDER BY CASE WHEN value IS NULL THEN 1 ELSE 0 END, total DESC, value, place");
        let rows: Vec<(Option<String>, i64, i64)> = sql.fetch_packed(connection, "value, id, total").await?;
        let mut groups: Vec<Group> = Vec::new();
        for (value, id, total) in rows {
            match groups.last_mut().filter(|group| group.value == value) {
                Some(group) => group.ids.push(id),
                None => groups.push(Group { value, ids: vec![id], total }),
            }
        }
        Ok(groups)
    }

    async fn fetch(
        &self,
        connection: &mut AnyConnection,
        part: Part,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<i64>> {
        let mut sql = Sql::new(self.engine, "SELECT r.id");
        self.push_matching(&mut sql, part, true);
        let keys = self.sort_keys(part);
        let mut rest = offset;
        if let Some(after) = self.position_in(part) {
            sql.push(" AND ");
            keyset::push_after(&mut sql, &keys, &after);
        } else if part == Part::WithValue && offset > FAR {
            let Some((value, passed)) = self.go_to(connection, offset).await? else { return Ok(Vec::new()) };
            let comparison = if self.keys[0].order.ascending { " >= " } else { " <= " };
            sql.push(" AND ").push(&keys[0].expression).push(comparison);
            keyset::bind(&mut sql, &value);
            rest = passed;
        }
        keyset::push_order(&mut sql, &keys);
        sql.push(" LIMIT ").bind(to_int(limit));
        if rest > 0 {
            sql.push(" OFFSET ").bind(to_int(rest));
        }
        let rows: Vec<(i64,)> = sql.fetch_packed(connection, "id").await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// The value that stands at `offset` among those of the first key, and how many of its equals come before
    /// it. This reads the index of values only, where the page itself reads every run that it passes.
    async fn go_to(&self, connection: &mut AnyConnection, offset: usize) -> Result<Option<(Value, usize)>> {
        let key = &self.keys[0];
        let value = &self.sort_keys(Part::WithValue)[0].expression;
        let (direction, comparison) = if key.order.ascending { ("", " < ") } else { (" DESC", " > ") };
        let mut sql = self.values(&format!("SELECT {value} AS value, o0.run_id"));
        sql.push(&format!(" ORDER BY {value}{direction}, o0.run_id{direction} LIMIT 1 OFFSET "));
        sql.bind(to_int(offset));
        let found: Vec<(Value, i64)> = sql.fetch_packed(connection, "value, run_id").await?;
        let Some((found, run)) = found.into_iter().next() else { return Ok(None) };
        let mut equals = self.values("SELECT COUNT(*)");
        equals.push(" AND ").push(value).push(" = ");
        keyset::bind(&mut equals, &found);
        equals.push(" AND o0.run_id").push(comparison).bind(run);
        let passed = equals.count(connection).await?;
        Ok(Some((found, usize::try_from(passed).unwrap_or(0))))
    }

    /// `select` with the values of the first key as `o0`, of runs that match.
    fn values(&self, select: &str) -> Sql<'q> {
        let (key, experiments) = (&self.keys[0], &self.query.experiment_ids);
        let is_of_run =
            |condition: &&Condition<'_>| matches!(condition.clause.subject, Subject::Attribute(_));
        let mut sql = Sql::new(self.engine, select);
        if self.conditions.iter().any(|condition| is_of_run(&condition)) {
            self.push_matching(&mut sql, Part::WithValue, false);
            return sql;
        }
        sql.push(&format!(" FROM {} o0 WHERE ", table(&key.order.subject).unwrap_or_default()));
        self.push_walk(&mut sql, Part::WithValue);
        // Few runs are in the bin, and those are in memory then.
        let unwanted = match self.query.view {
            ViewType::ActiveOnly => Some(1),
            ViewType::DeletedOnly => Some(0),
            ViewType::All => None,
        };
        if let Some(unwanted) = unwanted {
            sql.push(" AND o0.run_id NOT IN (SELECT id FROM runs WHERE experiment_id = ")
                .bind(experiments[0]);
            sql.push(" AND is_deleted = ").bind(unwanted).push(")");
        }
        for condition in &self.conditions {
            sql.push(" AND ");
            condition.push(&mut sql, "o0.run_id", experiments);
        }
        sql
    }

    /// The number of runs in a part.
    fn counting(&self, part: Part) -> Sql<'q> {
        let mut sql = Sql::new(self.engine, "SELECT COUNT(*)");
        self.push_matching(&mut sql, part, false);
        sql
    }

    /// `FROM … WHERE`: the runs that match, not yet sorted or cut, as `r`; if they are to be sorted, with what
    /// by.
    fn push_matching(&self, sql: &mut Sql<'q>, part: Part, sorted: bool) {
        let experiments = &self.query.experiment_ids;
        let first = usize::from(part != Part::All);
        let joined = self.keys.iter().skip(first).filter(|_| sorted);
        let run = match (self.start, part) {
            (Start::Condition(index), Part::All) => {
                // CROSS, so that SQLite doesn't start from the runs.
                sql.push(" FROM (SELECT c.run_id");
                self.conditions[index].push_source(sql, experiments);
                sql.push(") f CROSS JOIN runs r");
                joined.for_each(|key| key.push_join(sql));
                sql.push(" WHERE r.id = f.run_id");
                "f.run_id"
            }
            (_, Part::WithValue | Part::Nan) => {
                let table = table(&self.keys[0].order.subject).unwrap_or_default();
                sql.push(&format!(" FROM {table} o0 CROSS JOIN runs r"));
                joined.for_each(|key| key.push_join(sql));
                sql.push(" WHERE r.id = o0.run_id AND ");
                self.push_walk(sql, part);
                "o0.run_id"
            }
            _ => {
                sql.push(" FROM runs r");
                joined.for_each(|key| key.push_join(sql));
                sql.push(" WHERE ").is_in("r.experiment_id", experiments);
                "r.id"
            }
        };
        if part == Part::WithoutValue {
            let key = &self.keys[0];
            let table = table(&key.order.subject).unwrap_or_default();
            sql.push(" AND ");
            if self.query.offset > FAR {
                // Most runs are passed: reading the index once is less than asking for each of them.
                sql.push(&format!(
                    "{run} NOT IN (SELECT o0.run_id FROM {table} o0 WHERE o0.experiment_id = "
                ));
                sql.bind(experiments[0]).push(" AND o0.key_id = ").bind(key.id).push(")");
            } else {
                push_absence(sql, table, key.id, run);
            }
        }
        match self.query.view {
            ViewType::ActiveOnly => sql.push(" AND r.is_deleted = 0"),
            ViewType::DeletedOnly => sql.push(" AND r.is_deleted = 1"),
            ViewType::All => sql,
        };
        for (index, condition) in self.conditions.iter().enumerate() {
            if self.start != Start::Condition(index) {
                sql.push(" AND ");
                condition.push(sql, run, experiments);
            }
        }
    }

    /// What of the first key's index has to be walked, as `o0`.
    fn push_walk(&self, sql: &mut Sql<'q>, part: Part) {
        let key = &self.keys[0];
        sql.push("o0.experiment_id = ").bind(self.query.experiment_ids[0]);
        sql.push(" AND o0.key_id = ").bind(key.id);
        if !matches!(key.order.subject, Subject::Metric(_)) {
            return;
        }
        if part == Part::Nan {
            sql.push(" AND o0.value = ").bind(MetricValue::NAN_ORDINAL);
            return;
        }
        sql.push(" AND o0.value < ").bind(MetricValue::NAN_ORDINAL);
        for condition in self.conditions.iter().filter(|one| one.needs_value_of(&key.order.subject)) {
            sql.push(" AND ");
            condition.push_value_test(sql, "o0.value");
        }
        if let Some([Value::Int(0), value, ..]) = self.after.as_deref() {
            sql.push(if key.order.ascending { " AND o0.value >= " } else { " AND o0.value <= " });
            keyset::bind(sql, value);
        }
    }

    /// Whether the order goes by start time; if so, its direction.
    fn start_time(&self) -> Option<&'q OrderBy> {
        self.keys.iter().map(|key| key.order).find(|order| order.subject == Subject::Attribute("start_time"))
    }

    fn sort_keys(&self, part: Part) -> Vec<SortKey> {
        let mut keys = Vec::new();
        let mut rest = self.keys.as_slice();
        if let (true, [first, others @ ..]) = (part != Part::All, rest) {
            if part == Part::WithValue {
                if !matches!(first.order.subject, Subject::Metric(_)) {
                    keys.push(SortKey::new("SUBSTR(o0.value, 1, 64)", first.order.ascending));
                }
                keys.push(SortKey::new("o0.value", first.order.ascending));
            }
            rest = others;
        }
        keys.extend(rest.iter().flat_map(Key::sort_keys));
        keys.extend(last_keys(self.start_time()));
        keys
    }

    /// Where to go on in this part; `None`: at its beginning.
    fn position_in(&self, part: Part) -> Option<Vec<Value>> {
        let after = self.after.clone()?;
        if part == Part::All {
            return Some(after);
        }
        if after[0] != Value::Int(part.rank()) {
            return None;
        }
        if part != Part::WithValue {
            return Some(after[2..].to_vec());
        }
        let mut position = after[1..].to_vec();
        if let Value::Text(text) = &after[1] {
            position.insert(0, Value::Text(text.chars().take(64).collect()));
        }
        Some(position)
    }

    pub fn token_after(&self, run: &Run, id: i64) -> String {
        keyset::encode(&self.query.order_by, self.position(run, id))
    }

    fn position(&self, run: &Run, id: i64) -> Vec<Value> {
        let mut position: Vec<_> = self.keys.iter().flat_map(|key| key.position(run)).collect();
        if self.start_time().is_none() {
            position.push(Value::Int(run.started_at.unwrap_or_default().0));
        }
        position.push(Value::Int(id));
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
