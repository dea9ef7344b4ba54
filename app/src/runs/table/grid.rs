//! The run table. Before the page is live it shows one page of rows; then it scrolls through all of
//! them, and renders those in sight.

use std::time::Duration;

use leptos::ev::Event;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::cells::CellViews;
use super::context::TableContext;
use super::data::TableData;
use super::head::{Head, table_style};
use super::rows::{MOST_CHILDREN, RunRow, RunRows};
use super::selection::RowCheckbox;
use super::state::{PAGE_SIZE, TableState};
use super::window::{ROW_HEIGHT, Window, line_of, row_in_sight, window};
use crate::clock::{is_live, poll};
use crate::components::{EmptyState, Icon, IconName, Snippet, StatusBadge, later};
use crate::format;

/// Lines that are rendered beyond both edges of what is in sight.
const MARGIN: usize = 14;
/// Runs arrive while one looks.
const REFRESH_EVERY: Duration = Duration::from_secs(4);

#[component]
pub fn Grid(first: RunRows, page: usize, logs_to: Option<String>) -> impl IntoView {
    let data = TableData::new(page, first);
    data.follow();
    poll(REFRESH_EVERY, move || data.refresh());
    let total = Memo::new(move |_| data.blocks.with(|blocks| blocks.total));
    let is_empty = later(move || total.get() == 0);
    let problem = move || {
        data.problem.get().map(|error| {
            view! {
                <div class="notice" role="alert">
                    <span>{format!("The rows can't be loaded: {error}.")}</span>
                    <button type="button" class="button small" on:click=move |_| data.refresh()>"Try again"</button>
                </div>
            }
        })
    };
    view! {
        {problem}
        {move || if is_empty.get() {
            view! { <NoRuns logs_to=logs_to.clone()/> }.into_any()
        } else {
            view! { <Rows data page total/> }.into_any()
        }}
    }
}

#[component]
fn NoRuns(logs_to: Option<String>) -> impl IntoView {
    let context = TableContext::expect();
    move || {
        let state = context.state.get();
        if !state.selection.filter.trim().is_empty() {
            let all = context.address(&state.selecting(|chosen| chosen.filter.clear()));
            view! {
                <EmptyState title="No run matches this filter.">
                    <p><a class="button" href=all>"Clear the filter"</a></p>
                </EmptyState>
            }
            .into_any()
        } else if state.selection.deleted {
            view! { <EmptyState title="No run of this experiment has been deleted."/> }.into_any()
        } else {
            let Some(experiment) = logs_to.clone() else {
                return view! { <EmptyState title="No runs."/> }.into_any();
            };
            view! {
                <EmptyState title="No runs yet. Log the first one:">
                    <Snippet experiment/>
                    <p class="muted">"It appears here by itself."</p>
                </EmptyState>
            }
            .into_any()
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Line {
    Run {
        uuid: String,
        depth: usize,
    },
    /// There are more children than are shown.
    MoreChildren {
        parent: String,
        depth: usize,
        count: i64,
    },
    /// Its block is on the way.
    Missing(usize),
}

#[component]
fn Rows(data: TableData, page: usize, total: Memo<usize>) -> impl IntoView {
    let context = TableContext::expect();
    let region = NodeRef::<html::Div>::new();
    let sight = RwSignal::new((0.0, 900.0));
    let opened = Memo::new(move |_| opened_lines(data));
    let seen = Memo::new(move |_| {
        if !is_live() {
            let from = (page * PAGE_SIZE).min(total.get());
            return Window {
                rows: from..(from + PAGE_SIZE).min(total.get()),
                lines_before: 0,
                lines_after: 0,
            };
        }
        let (top, height) = sight.get();
        opened.with(|opened| window(total.get(), opened, top, height, MARGIN))
    });
    Effect::new(move |_| data.in_sight.set(seen.get().rows));
    let look = move |event: Event| {
        if let Some(region) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
            sight.set((f64::from(region.scroll_top()), f64::from(region.client_height())));
        }
    };
    start_at_the_row(data, region, opened);
    remember_the_row(sight, opened);

    let lines = Memo::new(move |_| lines(data, &seen.get()));
    let now = Signal::derive(move || data.blocks.with(|blocks| blocks.now));
    let select_all = view! { <SelectAll data/> }.into_any();
    let space = move |lines: usize| {
        (lines > 0).then(|| {
            #[expect(clippy::cast_precision_loss, reason = "fewer lines than a double counts")]
            let height = format!("{}px", lines as f64 * ROW_HEIGHT);
            view! { <tbody class="space" aria-hidden="true"><tr><td style:height=height></td></tr></tbody> }
        })
    };
    let caption =
        move || format!("{} of this experiment", format::plural(format::as_i64(total.get()), "run", "runs"));
    view! {
        <div
            class="table-scroll runs-scroll"
            tabindex="0"
            role="region"
            aria-label="Run table"
            node_ref=region
            on:scroll=look
        >
            <table class="table runs" style=table_style()>
                <caption class="visually-hidden">{caption}</caption>
                <Head select_all/>
                {move || space(seen.get().lines_before)}
                <tbody>
                    <For each=move || lines.get() key=Clone::clone let:line>
                        {match line {
                            Line::Run { uuid, depth } => {
                                let cells = move |row| view! { <CellViews row now/> };
                                view! { <RunLine data uuid depth cells/> }.into_any()
                            }
                            Line::MoreChildren { parent, depth, count } => {
                                view! { <MoreChildren parent depth count/> }.into_any()
                            }
                            Line::Missing(_) => {
                                let span = move || context.shown.with(Vec::len) + 3;
                                view! {
                                    <tr class="missing"><td colspan=span><span class="skeleton-row"></span></td></tr>
                                }
                                .into_any()
                            }
                        }}
                    </For>
                </tbody>
                {move || space(seen.get().lines_after)}
            </table>
        </div>
        <p class="table-note">{move || format::plural(format::as_i64(total.get()), "run", "runs")}</p>
        <Pager page total/>
    }
}

/// Which rows are opened, and how many lines stand under them.
fn opened_lines(data: TableData) -> Vec<(usize, usize)> {
    let opened = data.opened.get();
    if opened.is_empty() {
        return Vec::new();
    }
    data.blocks.with(|blocks| {
        blocks
            .rows()
            .filter(|(_, row)| opened.contains_key(&row.uuid))
            .map(|(index, row)| {
                let mut lines = Vec::new();
                push_children(&mut lines, &row.uuid, 1, &opened);
                (index, lines.len())
            })
            .collect()
    })
}

fn push_children(
    lines: &mut Vec<Line>,
    parent: &str,
    depth: usize,
    opened: &std::collections::HashMap<String, RunRows>,
) {
    // A run can name any other as its parent, also one of its own children.
    const DEEPEST: usize = 8;
    let Some(children) = opened.get(parent).filter(|_| depth <= DEEPEST) else { return };
    for child in &children.rows {
        lines.push(Line::Run { uuid: child.uuid.clone(), depth });
        push_children(lines, &child.uuid, depth + 1, opened);
    }
    let count = children.total - format::as_i64(children.rows.len());
    if count > 0 {
        lines.push(Line::MoreChildren { parent: parent.to_owned(), depth, count });
    }
}

fn lines(data: TableData, seen: &Window) -> Vec<Line> {
    let opened = data.opened.get();
    data.blocks.with(|blocks| {
        let mut lines = Vec::new();
        for index in seen.rows.clone() {
            let line = blocks.row(index).map(|row| Line::Run { uuid: row.uuid.clone(), depth: 0 });
            // Blocks are read at different moments: a run that moved in between stands in two of them.
            let Some(Line::Run { uuid, depth }) = line.filter(|line| !lines.contains(line)) else {
                lines.push(Line::Missing(index));
                continue;
            };
            lines.push(Line::Run { uuid: uuid.clone(), depth });
            push_children(&mut lines, &uuid, 1, &opened);
        }
        lines
    })
}

/// Scrolls to the row that the address names, once the page is live and when other rows are selected.
fn start_at_the_row(data: TableData, region: NodeRef<html::Div>, opened: Memo<Vec<(usize, usize)>>) {
    let context = TableContext::expect();
    let scroll = move || {
        let row = context.state.try_with_untracked(TableState::first_row);
        // The table may be gone by now.
        if let (Some(row), Some(Some(region))) = (row, region.try_get_untracked()) {
            let line = opened.with_untracked(|opened| line_of(opened, row));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "pixels; saturates"
            )]
            region.set_scroll_top((line as f64 * ROW_HEIGHT) as i32);
        }
    };
    Effect::new(move |done: Option<bool>| {
        if done == Some(true) || !is_live() {
            return done.unwrap_or_default();
        }
        // The empty space above the rows has to be there first.
        if context.state.with_untracked(TableState::first_row) > 0 {
            request_animation_frame(scroll);
        }
        true
    });
    Effect::new(move |before: Option<()>| {
        data.restarted.track();
        if before.is_some() {
            request_animation_frame(scroll);
        }
    });
}

/// Keeps the first row in sight in the address while one scrolls, so that a link or the way back leads here.
fn remember_the_row(sight: RwSignal<(f64, f64)>, opened: Memo<Vec<(usize, usize)>>) {
    let context = TableContext::expect();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let remember = move || {
        // The table may be gone by now.
        if let (Some((top, _)), Some(opened)) = (sight.try_get_untracked(), opened.try_get_untracked()) {
            context.remember(row_in_sight(&opened, top));
        }
    };
    Effect::new(move |before: Option<()>| {
        sight.track();
        if before.is_none() {
            return;
        }
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
        timer.set_value(set_timeout_with_handle(remember, Duration::from_millis(400)).ok());
    });
    on_cleanup(move || {
        if let Some(Some(timer)) = timer.try_get_value() {
            timer.clear();
        }
    });
}

/// Selects all rows that the browser holds.
#[component]
fn SelectAll(data: TableData) -> impl IntoView {
    let context = TableContext::expect();
    let uuids =
        move || data.blocks.with(|blocks| blocks.rows().map(|(_, row)| row.uuid.clone()).collect::<Vec<_>>());
    let all = move || {
        let uuids = uuids();
        context
            .selected
            .with(|selected| !uuids.is_empty() && uuids.iter().all(|uuid| selected.contains(uuid)))
    };
    let toggle = move |event| {
        let uuids = if event_target_checked(&event) { untrack(uuids) } else { Vec::new() };
        context.selected.set(uuids);
    };
    view! {
        <input
            type="checkbox"
            aria-label="Select all loaded runs"
            title="Select all loaded runs"
            prop:checked=all
            on:change=toggle
            disabled=move || !is_live()
        />
    }
}

#[component]
fn RunLine<C, V>(data: TableData, uuid: String, depth: usize, cells: C) -> impl IntoView
where
    C: FnOnce(Signal<RunRow>) -> V,
    V: IntoView,
{
    let context = TableContext::expect();
    let Some(first) = untrack(|| data.find(&uuid)) else { return ().into_any() };
    let href = context.run_address(&uuid);
    let row = {
        let uuid = uuid.clone();
        // A row that just left the table keeps its last content until it is gone.
        Memo::new(move |before: Option<&RunRow>| {
            data.find(&uuid).or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
        })
    };
    let name = move || row.with(|row| row.name.clone());
    let is_selected = {
        let uuid = uuid.clone();
        move || context.selected.with(|selected| selected.contains(&uuid))
    };
    let status = Memo::new(move |_| row.with(|row| row.status));
    let title = name;
    view! {
        <tr class:selected=is_selected>
            <td class="check"><RowCheckbox uuid=uuid.clone() name=untrack(name)/></td>
            <th scope="row" class="name">
                <span class="run-name" style=format!("--depth:{depth}")>
                    <Expander data uuid=uuid.clone() row/>
                    {move || view! { <StatusBadge status=status.get() compact=true/> }}
                    <a href=href title=title>{name}</a>
                </span>
            </th>
            {cells(row.into())}
            <td class="filler"></td>
        </tr>
    }
    .into_any()
}

/// Opens and closes the children of a run; before the page is live, a link to them.
#[component]
fn Expander(data: TableData, uuid: String, row: Memo<RunRow>) -> impl IntoView {
    let context = TableContext::expect();
    let children = Memo::new(move |_| row.with(|row| row.children));
    let is_open = {
        let uuid = uuid.clone();
        Memo::new(move |_| data.opened.with(|opened| opened.contains_key(&uuid)))
    };
    let uuid = StoredValue::new(uuid);
    let toggle = move |_| {
        if is_open.get_untracked() {
            uuid.with_value(|uuid| data.close(uuid));
        } else {
            data.open(uuid.get_value());
        }
    };
    move || {
        let count = children.get();
        if count == 0 {
            return ().into_any();
        }
        let label = format::plural(count, "child run", "child runs");
        if is_live() {
            view! {
                <button
                    type="button"
                    class="icon-button expander"
                    aria-expanded=move || is_open.get().to_string()
                    aria-label=label.clone()
                    title=label.clone()
                    on:click=toggle
                >
                    <Icon name=IconName::ChevronRight/>
                </button>
            }
            .into_any()
        } else {
            let href = uuid.with_value(|uuid| children_address(context, uuid));
            view! {
                <a class="icon-button expander" href=href aria-label=label.clone() title=label.clone()>
                    <Icon name=IconName::ChevronRight/>
                </a>
            }
            .into_any()
        }
    }
}

#[component]
fn MoreChildren(parent: String, depth: usize, count: i64) -> impl IntoView {
    let context = TableContext::expect();
    let text = format!(
        "The first {MOST_CHILDREN} children are shown; {} more",
        format::plural(count, "run", "runs")
    );
    view! {
        <tr>
            <td class="check"></td>
            <th scope="row" class="name">
                <span class="run-name" style=format!("--depth:{depth}")>
                    <a href=children_address(context, &parent) title=text.clone()>{text.clone()}</a>
                </span>
            </th>
        </tr>
    }
}

/// The address that shows only the children of a run.
fn children_address(context: TableContext, parent: &str) -> String {
    let filter = super::rows::children_filter(parent);
    context.state.with_untracked(|state| context.address(&state.selecting(|chosen| chosen.filter = filter)))
}

/// Pages, as long as the table can't scroll by itself.
#[component]
fn Pager(page: usize, total: Memo<usize>) -> impl IntoView {
    let context = TableContext::expect();
    let link = move |label: &'static str, page: usize| {
        let state = TableState { page, ..context.state.get() };
        view! { <a class="button small" href=context.address(&state)>{label}</a> }
    };
    move || {
        let pages = total.get().div_ceil(PAGE_SIZE);
        (!is_live() && pages > 1).then(|| {
            view! {
                <nav class="pager" aria-label="Pages">
                    {(page > 0).then(|| link("Previous page", page - 1))}
                    <span>{format!("Page {} of {pages}", page + 1)}</span>
                    {(page + 1 < pages).then(|| link("Next page", page + 1))}
                </nav>
            }
        })
    }
}
