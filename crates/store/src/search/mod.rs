//! Search over runs: a filter, an order, pages.
//!
//! A search is an index walk: either along the index of what it sorts by, testing the filter on the
//! way until the page is full, or, if a clause of the filter holds for few runs, from those.

mod condition;
pub(crate) mod keyset;
mod order;
mod plan;
pub(crate) mod text;
mod values;

use std::borrow::Cow;

use domain::filter::{self, RUNS};
use domain::runs::PARENT_TAG;
use domain::{Page, Run, ViewType};
use sqlx::AnyConnection;

use crate::Db;
use crate::error::Result;
use crate::keys::UNKNOWN;
use crate::permissions::readable;
use crate::runs;
use plan::{Group, Plan};

pub use values::{RunColumn, RunTable, RunValue, table};

/// Which runs, in which order.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub experiment_ids: Vec<i64>,
    /// The filter grammar, e.g. `metrics.loss < 0.3 AND params.optimizer = 'adam'`; empty: all.
    pub filter: String,
    /// E.g. `metrics.loss ASC`; ties and no order: newest first.
    pub order_by: Vec<String>,
    pub view: ViewType,
    /// Only runs without a parent that the same table would show.
    pub only_roots: bool,
    /// Leaves out what the runs read and made, which may be megabytes a run.
    pub without_inputs: bool,
    pub max_results: usize,
    /// Goes on after the page that gave this token.
    pub page_token: Option<String>,
    /// Skips so many (for a scroll bar that jumps); not together with a token.
    pub offset: usize,
}

/// A page of runs. Runs without a value for what is sorted by come last, NaN just before them.
///
/// # Errors
/// `Filter` if the filter or an order can't be read, `Invalid` for a token of another search.
pub async fn search(db: &Db, query: &RunQuery) -> Result<Page<Run>> {
    let (filter, order) = parse(query)?;
    let mut connection = db.reader().await?;
    let query = &*seen(db, &mut connection, query).await?;
    let plan = Plan::new(db, &mut connection, query, &filter, &order).await?;
    let ids = plan.page(&mut connection).await?;
    let shown = ids.len().min(query.max_results);
    let items = runs::load(db, &mut connection, &ids[..shown], !query.without_inputs).await?;
    let next_page_token = match (items.last(), ids.len() > shown) {
        (Some(run), true) => Some(plan.token_after(run, ids[shown - 1])),
        _ => None,
    };
    Ok(Page { items, next_page_token })
}

/// How many runs match (its paging fields are ignored).
///
/// # Errors
/// `Filter` if the filter can't be read.
pub async fn count(db: &Db, query: &RunQuery) -> Result<i64> {
    let query = RunQuery { order_by: Vec::new(), page_token: None, ..query.clone() };
    let (filter, order) = parse(&query)?;
    let mut connection = db.reader().await?;
    let query = &*seen(db, &mut connection, &query).await?;
    let plan = Plan::new(db, &mut connection, query, &filter, &order).await?;
    plan.count(&mut connection).await
}

/// Runs that match and have the same value of a param.
#[derive(Debug, Clone, PartialEq)]
pub struct RunGroup {
    /// `None`: the runs without this param.
    pub value: Option<String>,
    /// The first of them, in the order of the query.
    pub runs: Vec<Run>,
    /// How many there are in all.
    pub total: i64,
}

/// The runs that match by their value of `param`: the `most` values that most of them have, the most frequent
/// first, and the runs without a value last; of each the first `max_results`.
///
/// # Errors
/// As [`search`].
pub async fn groups(db: &Db, query: &RunQuery, param: &str, most: usize) -> Result<Vec<RunGroup>> {
    let (filter, order) = parse(query)?;
    let mut connection = db.reader().await?;
    let query = &*seen(db, &mut connection, query).await?;
    let plan = Plan::new(db, &mut connection, query, &filter, &order).await?;
    let keys = db.keys().find(&mut connection, db.engine(), &[param]).await?;
    let key = keys.get(param).copied().unwrap_or(UNKNOWN);
    let groups = plan.groups(&mut connection, key, most, query.max_results).await?;
    let ids: Vec<_> = groups.iter().flat_map(|group| group.ids.iter().copied()).collect();
    let mut runs = runs::load(db, &mut connection, &ids, !query.without_inputs).await?.into_iter();
    let group = |Group { value, ids, total }| {
        let runs = runs.by_ref().take(ids.len()).collect();
        RunGroup { value, runs, total }
    };
    Ok(groups.into_iter().map(group).collect())
}

/// The query over those of its experiments that exist for whoever asks: to the rest of a search the others don't
/// either.
async fn seen<'q>(db: &Db, connection: &mut AnyConnection, query: &'q RunQuery) -> Result<Cow<'q, RunQuery>> {
    Ok(match readable(connection, db.engine(), db.by(), &query.experiment_ids).await? {
        Cow::Borrowed(_) => Cow::Borrowed(query),
        Cow::Owned(experiment_ids) => Cow::Owned(RunQuery { experiment_ids, ..query.clone() }),
    })
}

fn parse(query: &RunQuery) -> Result<(filter::Filter, Vec<filter::OrderBy>)> {
    let mut filter = filter::parse(&RUNS, &query.filter)?;
    if query.only_roots {
        let subject = filter::Subject::Tag(PARENT_TAG.to_owned());
        filter.clauses.push(filter::Clause { subject, test: filter::Test::IsNull { negated: false } });
    }
    let order = filter::parse_orders(&RUNS, &query.order_by)?;
    Ok((filter, order))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::Millis;
    use domain::accounts::{Caller, Role};

    use super::*;
    use crate::experiments::{self, NewExperiment};
    use crate::permissions::{Kind, push_readable};
    use crate::sql::Sql;

    /// The steps of SQLite's plan.
    async fn plan(connection: &mut AnyConnection, sql: &Sql<'_>) -> Vec<String> {
        let mut explained = Sql::new(sql.engine, "EXPLAIN QUERY PLAN ");
        explained.append(sql);
        let rows: Vec<(i64, i64, i64, String)> = explained.fetch(connection).await.expect("is explained");
        rows.into_iter().map(|row| row.3).collect()
    }

    #[tokio::test]
    async fn a_search_over_open_experiments_is_the_same_for_everyone_and_asks_no_table_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("db").display());
        let db = Db::open(&url).await.expect("opens").in_the_name_of(Caller::server());
        let new = |name: &str| NewExperiment { name: name.into(), ..NewExperiment::default() };
        let mut ids = Vec::new();
        for name in ["a", "b"] {
            ids.push(experiments::create(&db, new(name), Millis(1)).await.expect("is created"));
        }
        let roles = BTreeSet::from([Role::MlEngineer, Role::Viewer]);
        let person = db.in_the_name_of(Caller { user_id: Some(7), roles, ..Caller::server() });
        let mut connection = db.reader().await.expect("a reader");
        let query = RunQuery { experiment_ids: ids, ..RunQuery::default() };
        for db in [&db, &person] {
            let seen = seen(db, &mut connection, &query).await.expect("is asked");
            assert!(matches!(seen, Cow::Borrowed(_)), "the statement is the one of an admin");
        }
        for (text, alias, kind) in [
            ("SELECT e.id FROM experiments e WHERE e.id IN (1, 2)", "e", Kind::Experiment),
            (
                "SELECT r.id FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE r.uuid IN ('a')",
                "e",
                Kind::Experiment,
            ),
            ("SELECT m.id FROM registered_models m WHERE m.name = 'a'", "m", Kind::Model),
        ] {
            let mut sql = Sql::new(db.engine(), text);
            push_readable(&mut sql, person.by(), kind, alias);
            let steps = plan(&mut connection, &sql).await;
            let is_scan = |step: &&String| step.starts_with("SCAN");
            assert_eq!(steps.iter().find(is_scan), None, "{steps:?}");
        }
    }
}
