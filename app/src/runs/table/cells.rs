//! The cells of a row.

use domain::Millis;
use leptos::prelude::*;

use super::column::Column;
use super::context::TableContext;
use super::rows::{Cell, RunRow};
use super::state::TableState;
use crate::clock::Ago;
use crate::components::StatusBadge;
use crate::format;

/// A column in the order in which it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub column: Column,
    /// Which of a row's cells it shows.
    pub cell: usize,
    /// Which of the pinned columns it is.
    pub pin: Option<usize>,
}

/// The columns of the rows as they are shown: the pinned ones first.
pub fn arrange(columns: &[Column], state: &TableState) -> Vec<Shown> {
    let shown = state.arranged(columns).into_iter().filter_map(|column| {
        let cell = columns.iter().position(|one| *one == column)?;
        let pin = state.pins.iter().position(|pin| *pin == column);
        Some(Shown { column, cell, pin })
    });
    shown.collect()
}

/// Where a pinned cell sticks.
pub fn pin_style(pin: Option<usize>) -> Option<String> {
    pin.map(|pin| format!("left:var(--pin-{pin})"))
}

#[component]
pub fn CellViews(#[prop(into)] row: Signal<RunRow>, #[prop(into)] now: Signal<Millis>) -> impl IntoView {
    let context = TableContext::expect();
    move || {
        let row = row.get();
        context.shown.with(|shown| {
            shown
                .iter()
                .map(|one| {
                    let cell = row.cells.get(one.cell).cloned().flatten();
                    let class = match (one.column.is_number(), one.pin.is_some()) {
                        (true, true) => "number pinned",
                        (true, false) => "number",
                        (false, true) => "pinned",
                        (false, false) => "",
                    };
                    view! { <td class=class style=pin_style(one.pin)>{cell_view(cell, now.get_untracked())}</td> }
                })
                .collect_view()
        })
    }
}

fn cell_view(cell: Option<Cell>, now: Millis) -> AnyView {
    match cell {
        None => view! { <span class="nothing" aria-label="not logged">"–"</span> }.into_any(),
        Some(Cell::Text(text)) => view! { <span title=text.clone()>{text.clone()}</span> }.into_any(),
        Some(Cell::Number(value)) => {
            view! { <span title=value.0.to_string()>{format::number(value.0)}</span> }.into_any()
        }
        Some(Cell::Moment(at)) => view! { <Ago at now/> }.into_any(),
        Some(Cell::Duration(ms, running)) => {
            view! { <span class:running-time=running>{format::duration(ms)}</span> }.into_any()
        }
        Some(Cell::Status(status)) => view! { <StatusBadge status/> }.into_any(),
    }
}
