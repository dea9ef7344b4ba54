//! Fetches the rows of a run table as they come into sight, and again when they may have changed.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::blocks::{Blocks, blocks_of};
use super::context::TableContext;
use super::rows::{RunRow, RunRows, list_children, list_runs};
use super::state::{PAGE_SIZE, RowSelection};
use crate::error::UiError;

/// The rows that the browser holds, and how it gets others.
#[derive(Clone, Copy)]
pub struct TableData {
    context: TableContext,
    pub blocks: RwSignal<Blocks>,
    /// The children of the runs that are opened, by the parent's uuid.
    pub opened: RwSignal<HashMap<String, RunRows>>,
    pub problem: RwSignal<Option<UiError>>,
    /// The rows in sight.
    pub in_sight: RwSignal<Range<usize>>,
    /// Grows with every other selection of rows, when the table goes to the row that the address names.
    pub restarted: RwSignal<usize>,
    asked_for: StoredValue<HashSet<usize>>,
    /// Answers to questions from before the last change of the selection are dropped.
    generation: StoredValue<usize>,
}

impl TableData {
    pub fn new(page: usize, first: RunRows) -> Self {
        let context = TableContext::expect();
        context.columns.set(first.columns.clone());
        Self {
            context,
            blocks: RwSignal::new(Blocks::new(page, first)),
            opened: RwSignal::new(HashMap::new()),
            problem: RwSignal::new(None),
            in_sight: RwSignal::new(page * PAGE_SIZE..page * PAGE_SIZE),
            restarted: RwSignal::new(0),
            asked_for: StoredValue::new(HashSet::new()),
            generation: StoredValue::new(0),
        }
    }

    /// Keeps the rows fit for what the address selects and for what comes into sight.
    pub fn follow(self) {
        let context = self.context;
        let selection = Memo::new(move |_| context.state.with(|state| state.selection.clone()));
        Effect::new(move |before: Option<RowSelection>| {
            let selection = selection.get();
            if let Some(before) = before.filter(|before| *before != selection) {
                let only_columns =
                    RowSelection { columns: before.columns.clone(), ..selection.clone() } == before;
                self.select_again(only_columns);
            }
            selection
        });
        Effect::new(move |_| {
            let rows = self.in_sight.get();
            for number in self.blocks.with(|blocks| blocks.missing(&rows)) {
                self.fetch(number, false);
            }
        });
        Effect::new(move |before: Option<()>| {
            context.changed.track();
            if before.is_some() {
                self.refresh();
            }
        });
    }

    fn select_again(self, only_columns: bool) {
        self.generation.update_value(|generation| *generation += 1);
        self.asked_for.update_value(HashSet::clear);
        if only_columns {
            self.refresh();
        } else {
            self.fetch(self.context.state.with_untracked(|state| state.page), true);
        }
    }

    /// Fetches what is in sight once more.
    pub fn refresh(self) {
        let rows = self.in_sight.get_untracked();
        let numbers = if rows.is_empty() { 0..1 } else { blocks_of(&rows) };
        numbers.for_each(|number| self.fetch(number, false));
        let opened: Vec<_> = self.opened.with_untracked(|opened| opened.keys().cloned().collect());
        for parent in opened {
            self.open(parent);
        }
    }

    fn fetch(self, number: usize, restart: bool) {
        let is_new = self.asked_for.try_update_value(|asked| asked.insert(number)) == Some(true);
        if !is_new {
            return;
        }
        let generation = self.generation.get_value();
        let selection = self.context.state.with_untracked(|state| state.selection.clone());
        spawn_local(async move {
            let answer =
                list_runs(self.context.experiment_id, selection, number * PAGE_SIZE, PAGE_SIZE).await;
            // The table may be gone by now, or show something else.
            if self.generation.try_get_value() != Some(generation) {
                return;
            }
            self.asked_for.update_value(|asked| {
                asked.remove(&number);
            });
            match answer {
                Ok(rows) => {
                    self.problem.set(None);
                    self.take(number, rows, restart);
                }
                Err(error) => self.problem.set(Some(error)),
            }
        });
    }

    fn take(self, number: usize, rows: RunRows, restart: bool) {
        self.context.columns.set(rows.columns.clone());
        if restart {
            self.opened.set(HashMap::new());
            self.blocks.set(Blocks::new(number, rows));
            self.restarted.update(|count| *count += 1);
            return;
        }
        let in_sight = self.in_sight.get_untracked();
        let columns_changed = self.blocks.with_untracked(|blocks| blocks.columns != rows.columns);
        self.blocks.update(|blocks| {
            blocks.put(number, rows);
            blocks.keep_near(&in_sight);
        });
        if columns_changed {
            let opened: Vec<_> = self.opened.with_untracked(|opened| opened.keys().cloned().collect());
            for parent in opened {
                self.open(parent);
            }
        }
    }

    /// Shows the children of a run.
    pub fn open(self, parent: String) {
        let columns = self.blocks.with_untracked(|blocks| blocks.columns.clone());
        spawn_local(async move {
            let answer = list_children(self.context.experiment_id, parent.clone(), columns).await;
            match answer {
                Ok(children) => {
                    self.opened.try_update(|opened| opened.insert(parent, children));
                }
                Err(error) => {
                    self.problem.try_set(Some(error));
                }
            }
        });
    }

    pub fn close(self, parent: &str) {
        self.opened.update(|opened| {
            opened.remove(parent);
        });
    }

    /// The row of a run, wherever it stands.
    pub fn find(self, uuid: &str) -> Option<RunRow> {
        let of_block =
            |blocks: &Blocks| blocks.rows().find(|(_, row)| row.uuid == uuid).map(|(_, row)| row.clone());
        self.blocks.with(of_block).or_else(|| {
            self.opened.with(|opened| {
                opened.values().flat_map(|children| &children.rows).find(|row| row.uuid == uuid).cloned()
            })
        })
    }
}
