//! What the parts of a run table share.

use std::collections::HashMap;

use domain::runs::RunKeys;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::cells::{Shown, arrange};
use super::column::Column;
use super::state::{PAGE_SIZE, TableState};
use crate::components::ticked_before_live;
use crate::url::use_query;

/// Provided by the section, used by everything inside.
#[derive(Clone, Copy)]
pub struct TableContext {
    pub experiment_id: i64,
    pub state: Memo<TableState>,
    /// The columns of the rows that are here. It lives as long as the section, as `shown` does: tables
    /// come and go under it.
    pub columns: RwSignal<Vec<Column>>,
    pub shown: Memo<Vec<Shown>>,
    /// What the runs logged: columns to choose from, keys to complete.
    pub keys: RwSignal<RunKeys>,
    /// The uuids of the selected runs, in the order in which they were selected.
    pub selected: RwSignal<Vec<String>>,
    /// Grows when rows have changed on the server.
    pub changed: RwSignal<usize>,
    /// Widths while a column's edge is being dragged.
    pub dragged: RwSignal<HashMap<Column, u32>>,
    go: Callback<(TableState, bool)>,
}

impl TableContext {
    pub fn provide(experiment_id: i64, keys: RunKeys) -> Self {
        let query = use_query();
        let navigate = use_navigate();
        let go = Callback::new(move |(state, replace): (TableState, bool)| {
            let options = NavigateOptions { scroll: false, replace, ..NavigateOptions::default() };
            navigate(&state.address(experiment_id), options);
        });
        let state = Memo::new(move |_| query.with(TableState::from_query));
        let columns = RwSignal::new(Vec::new());
        let context = Self {
            experiment_id,
            state,
            columns,
            shown: Memo::new(move |_| columns.with(|columns| state.with(|state| arrange(columns, state)))),
            keys: RwSignal::new(keys),
            selected: RwSignal::new(Vec::new()),
            changed: RwSignal::new(0),
            dragged: RwSignal::new(HashMap::new()),
            go,
        };
        // Nobody should delete what they don't see, however they came to see something else.
        Effect::new(move |before: Option<(String, bool)>| {
            let now = state.with(|state| (state.selection.filter.clone(), state.selection.deleted));
            if before.is_some_and(|before| before != now) {
                context.selected.set(Vec::new());
            }
            now
        });
        let ticked = ticked_before_live("runs[]");
        Effect::new(move |_| {
            if !ticked.is_empty() {
                context.selected.set(ticked.clone());
            }
        });
        provide_context(context);
        context
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// Goes to a changed state, as a step back in the browser's history.
    pub fn go(self, change: impl FnOnce(&mut TableState)) {
        let mut state = self.state.get_untracked();
        change(&mut state);
        self.go.run((state, false));
    }

    /// The same without a step in the history.
    pub fn adjust(self, change: impl FnOnce(&mut TableState)) {
        let mut state = self.state.get_untracked();
        change(&mut state);
        self.go.run((state, true));
    }

    pub fn address(self, state: &TableState) -> String {
        state.address(self.experiment_id)
    }

    pub fn run_address(self, uuid: &str) -> String {
        format!("/experiments/{}/runs/{uuid}", self.experiment_id)
    }

    /// A column's width in pixels.
    pub fn width(self, column: &Column) -> u32 {
        let dragged = self.dragged.with(|widths| widths.get(column).copied());
        dragged.unwrap_or_else(|| self.state.with(|state| state.width(column)))
    }

    /// Keeps in the address which row is the first in sight.
    pub fn remember(self, row: usize) {
        if self.state.with_untracked(TableState::first_row) != row {
            self.adjust(|state| (state.page, state.row) = (row / PAGE_SIZE, row % PAGE_SIZE));
        }
    }

    pub fn toggle_selected(self, uuid: &str, on: bool) {
        self.selected.update(|selected| {
            selected.retain(|one| one != uuid);
            if on {
                selected.push(uuid.to_owned());
            }
        });
    }
}
