//! The rows of a run table, cut down to the cells that it shows, and the server functions that send
//! them.

use domain::runs::{PARENT_TAG, RunKeys};
use domain::{MetricValue, Millis, RunStatus};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::column::{Column, quoted_text};
use super::state::RowSelection;
use crate::error::UiError;
use crate::wire::Compact;

/// What one cell shows; `None` in a row: nothing was logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    Text(String),
    Number(MetricValue),
    Moment(Millis),
    /// Ms; `true`: it still runs.
    Duration(i64, bool),
    Status(RunStatus),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub uuid: String,
    pub name: String,
    pub status: RunStatus,
    /// How many runs name it as their parent.
    pub children: i64,
    /// One for each column asked for.
    pub cells: Vec<Option<Cell>>,
}

/// A part of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRows {
    pub columns: Vec<Column>,
    pub rows: Vec<RunRow>,
    /// How many there are in all.
    pub total: i64,
    pub now: Millis,
}

/// One group of runs with the same value of a param.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunGroup {
    /// `None`: the runs without this param.
    pub value: Option<String>,
    pub runs: RunRows,
}

/// The filter for the children of a run.
pub fn children_filter(parent: &str) -> String {
    format!("tags.`{PARENT_TAG}` = {}", quoted_text(parent))
}

/// How many groups are shown; a filter shows the others.
pub const MOST_GROUPS: usize = 50;

/// How many children are shown under their parent; a filter shows the others.
pub const MOST_CHILDREN: usize = 200;

/// The rows from `offset` on, at most `limit`.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_runs(
    experiment_id: i64,
    selection: RowSelection,
    offset: usize,
    limit: usize,
) -> Result<RunRows, UiError> {
    let db = expect_context::<store::Db>();
    let columns = server::columns(&db, experiment_id, &selection).await?;
    server::rows(&db, &selection, server::query(experiment_id, &selection, offset, limit), columns).await
}

/// The children of a run, oldest first.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_children(
    experiment_id: i64,
    parent: String,
    columns: Vec<Column>,
) -> Result<RunRows, UiError> {
    let db = expect_context::<store::Db>();
    let selection = RowSelection { filter: children_filter(&parent), ..RowSelection::default() };
    let query = server::query(experiment_id, &selection, 0, MOST_CHILDREN);
    server::rows(&db, &RowSelection::default(), query, columns).await
}

/// The groups by the selection's param, each with its first rows.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_groups(experiment_id: i64, selection: RowSelection) -> Result<Vec<RunGroup>, UiError> {
    let db = expect_context::<store::Db>();
    let Some(key) = selection.group.clone() else { return Ok(Vec::new()) };
    let columns = server::columns(&db, experiment_id, &selection).await?;
    server::groups(&db, experiment_id, &selection, &key, columns).await
}

/// The values of a param that a filter may compare with, most frequent first.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_param_values(experiment_id: i64, key: String) -> Result<Vec<String>, UiError> {
    let db = expect_context::<store::Db>();
    Ok(store::runs::param_values(&db, &[experiment_id], &key, 50).await?)
}

/// Moves runs to the bin, and goes to `back` (if that is given), which offers to undo it.
#[server(prefix = "/ui")]
pub async fn delete_runs(#[server(default)] runs: Vec<String>, back: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::delete_many(&db, runs.clone(), crate::clock::now()).await?;
    let separator = if back.contains('?') { '&' } else { '?' };
    server::redirect_back(&match &runs[..] {
        [] => back,
        runs => format!("{back}{separator}undo={}", runs.join(",")),
    });
    Ok(())
}

/// Takes runs back out of the bin, and goes to `back`, if that is given.
#[server(prefix = "/ui")]
pub async fn restore_runs(#[server(default)] runs: Vec<String>, back: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::restore_many(&db, runs, crate::clock::now()).await?;
    server::redirect_back(&back);
    Ok(())
}

/// The keys that the runs of an experiment have by now.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_run_keys(experiment_id: i64) -> Result<RunKeys, UiError> {
    let db = expect_context::<store::Db>();
    server::keys(&db, experiment_id).await
}

#[cfg(feature = "ssr")]
pub use server::keys as run_keys;

#[cfg(feature = "ssr")]
mod server {
    use std::cmp::Reverse;

    use domain::runs::{GIT_COMMIT_TAG, Run, RunKeys, SOURCE_NAME_TAG, USER_TAG};
    use domain::{Millis, ViewType};
    use store::Db;
    use store::runs::RunQuery;

    use super::{Cell, MOST_GROUPS, RowSelection, RunGroup, RunRow, RunRows};
    use crate::error::UiError;
    use crate::runs::table::column::{Attribute, Column, default_columns};
    use crate::runs::table::state::MOST_COLUMNS;

    pub fn redirect_back(back: &str) {
        if crate::url::is_own_path(back) {
            leptos_axum::redirect(back);
        }
    }

    pub async fn columns(
        db: &Db,
        experiment_id: i64,
        selection: &RowSelection,
    ) -> Result<Vec<Column>, UiError> {
        if let Some(columns) = &selection.columns {
            return Ok(columns.iter().take(MOST_COLUMNS).cloned().collect());
        }
        Ok(default_columns(&keys(db, experiment_id).await?))
    }

    /// How many of the newest runs say which keys are usual.
    const SAMPLE: usize = 50;

    /// What the runs of an experiment logged, first what most of the newest logged.
    ///
    /// # Errors
    /// Only the database's.
    pub async fn keys(db: &Db, experiment_id: i64) -> Result<RunKeys, UiError> {
        let mut keys = store::runs::keys(db, &[experiment_id]).await?;
        let newest = RunQuery {
            experiment_ids: vec![experiment_id],
            max_results: SAMPLE,
            without_inputs: true,
            ..RunQuery::default()
        };
        let newest = store::runs::search(db, &newest).await?.items;
        let usual = |has: &dyn Fn(&Run, &str) -> bool, keys: &mut Vec<String>| {
            keys.sort_by_cached_key(|key| Reverse(newest.iter().filter(|run| has(run, key)).count()));
        };
        usual(&|run, key| run.metric(key).is_some(), &mut keys.metrics);
        usual(&|run, key| run.param(key).is_some(), &mut keys.params);
        usual(&|run, key| run.tag(key).is_some(), &mut keys.tags);
        Ok(keys)
    }

    pub async fn rows(
        db: &Db,
        selection: &RowSelection,
        query: RunQuery,
        columns: Vec<Column>,
    ) -> Result<RunRows, UiError> {
        let page = store::runs::search(db, &query).await?;
        let total = store::runs::count(db, &query).await?;
        let children = children(db, selection, &page.items).await?;
        let now = crate::clock::now();
        Ok(table(&page.items, children, columns, total, now))
    }

    /// How many runs of each group are shown.
    const IN_GROUP: usize = 10;

    pub async fn groups(
        db: &Db,
        experiment_id: i64,
        selection: &RowSelection,
        key: &str,
        columns: Vec<Column>,
    ) -> Result<Vec<RunGroup>, UiError> {
        let query = RunQuery { only_roots: false, ..query(experiment_id, selection, 0, IN_GROUP) };
        let groups = store::runs::groups(db, &query, key, MOST_GROUPS).await?;
        let shown: Vec<_> = groups.iter().flat_map(|group| &group.runs).collect();
        let mut children = children(db, selection, shown).await?.into_iter();
        let now = crate::clock::now();
        let group = |group: store::runs::RunGroup| {
            let children: Vec<_> = children.by_ref().take(group.runs.len()).collect();
            let runs = table(&group.runs, children, columns.clone(), group.total, now);
            RunGroup { value: group.value, runs }
        };
        Ok(groups.into_iter().map(group).collect())
    }

    pub fn query(experiment_id: i64, selection: &RowSelection, offset: usize, limit: usize) -> RunQuery {
        let order = selection.order.as_ref().map(|(column, descending)| {
            format!("{} {}", column.order_field(), if *descending { "DESC" } else { "ASC" })
        });
        RunQuery {
            experiment_ids: vec![experiment_id],
            filter: selection.filter.trim().to_owned(),
            order_by: order.into_iter().collect(),
            view: if selection.deleted { ViewType::DeletedOnly } else { ViewType::ActiveOnly },
            max_results: limit.clamp(1, 1_000),
            only_roots: is_nested(selection),
            without_inputs: true,
            page_token: None,
            offset,
        }
    }

    /// Whether children stand under their parents: in a table that shows all runs.
    fn is_nested(selection: &RowSelection) -> bool {
        !selection.flat && selection.filter.trim().is_empty() && !selection.deleted
    }

    /// How many children each of the runs has; none are shown in a table that isn't nested.
    async fn children<'r>(
        db: &Db,
        selection: &RowSelection,
        runs: impl IntoIterator<Item = &'r Run>,
    ) -> Result<Vec<i64>, UiError> {
        let uuids: Vec<_> = runs.into_iter().map(|run| run.uuid.clone()).collect();
        Ok(if is_nested(selection) {
            store::runs::child_counts(db, &uuids).await?
        } else {
            vec![0; uuids.len()]
        })
    }

    fn table(runs: &[Run], children: Vec<i64>, columns: Vec<Column>, total: i64, now: Millis) -> RunRows {
        let rows =
            runs.iter().zip(children).map(|(run, children)| row(run, children, &columns, now)).collect();
        RunRows { columns, rows, total, now }
    }

    fn row(run: &Run, children: i64, columns: &[Column], now: Millis) -> RunRow {
        RunRow {
            uuid: run.uuid.clone(),
            name: run.name.clone(),
            status: run.status,
            children,
            cells: columns.iter().map(|column| cell(run, column, now)).collect(),
        }
    }

    fn cell(run: &Run, column: &Column, now: Millis) -> Option<Cell> {
        let text = |text: &str| (!text.is_empty()).then(|| Cell::Text(text.chars().take(300).collect()));
        match column {
            Column::Metric(key) => run.metric(key).map(|metric| Cell::Number(metric.value)),
            Column::Param(key) => run.param(key).and_then(text),
            Column::Tag(key) => run.tag(key).and_then(text),
            Column::Attribute(attribute) => match attribute {
                Attribute::Name => text(&run.name),
                Attribute::Created => run.start().map(Cell::Moment),
                Attribute::Duration => {
                    run.duration_ms(now).map(|ms| Cell::Duration(ms, !run.status.is_terminal()))
                }
                Attribute::Status => Some(Cell::Status(run.status)),
                Attribute::User => text(run.tag(USER_TAG).unwrap_or(&run.user)),
                Attribute::Source => run.tag(SOURCE_NAME_TAG).and_then(text),
                Attribute::Commit => {
                    run.tag(GIT_COMMIT_TAG).and_then(|hash| text(hash.get(..8).unwrap_or(hash)))
                }
                Attribute::RunId => text(&run.uuid),
            },
        }
    }
}
