//! Choosing what a run table shows.

use leptos::prelude::*;

use super::column::{Attribute, Column, default_columns};
use super::context::TableContext;
use super::state::{MOST_COLUMNS, TableState};
use crate::clock::is_live;
use crate::components::Dialog;

#[component]
pub fn ColumnsDialog() -> impl IntoView {
    let context = TableContext::expect();
    let current = Memo::new(move |_| {
        let chosen = context.state.with(|state| state.selection.columns.clone());
        chosen.unwrap_or_else(|| context.keys.with(default_columns))
    });
    let (search, set_search) = signal(String::new());
    let kept = move || {
        let fields = context.state.with(TableState::fields);
        fields
            .into_iter()
            .filter(|(key, value)| !value.is_empty() && *key != "cols")
            .map(|(key, value)| view! { <input type="hidden" name=key value=value/> })
            .collect_view()
    };
    let attributes: Vec<_> =
        Attribute::ALL.into_iter().map(Column::Attribute).filter(|column| *column != Column::NAME).collect();
    let attributes = Signal::stored(attributes);
    let of = move |make: fn(String) -> Column, keys: fn(&domain::runs::RunKeys) -> &Vec<String>| {
        Signal::derive(move || {
            let mut keys = context.keys.with(|all| keys(all).clone());
            keys.sort_unstable();
            keys.into_iter().map(make).collect::<Vec<_>>()
        })
    };
    let default = move || {
        let without = context.state.with(|state| state.selecting(|chosen| chosen.columns = None));
        context.address(&without)
    };
    view! {
        <Dialog id="choose-columns" title="Columns" class="drawer">
            <form
                method="get"
                action=format!("/experiments/{}", context.experiment_id)
                on:submit=move |event| if is_live() { event.prevent_default() }
            >
                {kept}
                <div class="drawer-tools">
                    <label class="visually-hidden" for="column-search">"Search columns"</label>
                    <input
                        id="column-search"
                        type="search"
                        placeholder="Search"
                        autofocus
                        prop:value=move || search.get()
                        on:input=move |event| set_search.set(event_target_value(&event))
                    />
                    <a class="button small quiet" href=default data-noscroll="true">"Default"</a>
                    {move || (!is_live()).then(|| view! { <button type="submit" class="button small">"Show"</button> })}
                </div>
                <Choices title="Attributes" columns=attributes current search/>
                <Choices title="Metrics" columns=of(Column::Metric, |keys| &keys.metrics) current search/>
                <Choices title="Params" columns=of(Column::Param, |keys| &keys.params) current search/>
                <Choices title="Tags" columns=of(Column::Tag, |keys| &keys.tags) current search/>
            </form>
        </Dialog>
    }
}

#[component]
fn Choices(
    title: &'static str,
    columns: Signal<Vec<Column>>,
    current: Memo<Vec<Column>>,
    search: ReadSignal<String>,
) -> impl IntoView {
    let context = TableContext::expect();
    let found = Memo::new(move |_| {
        let typed = search.get().to_lowercase();
        columns.with(|columns| {
            columns
                .iter()
                .filter(|column| column.label().to_lowercase().contains(&typed))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let show = move |mut columns: Vec<Column>| {
        // More than these no address holds.
        columns.truncate(MOST_COLUMNS);
        context.adjust(|state| state.selection.columns = Some(columns));
    };
    let set_all = move |on: bool| {
        let mut chosen = current.get_untracked();
        let listed = found.get_untracked();
        chosen.retain(|column| !listed.contains(column));
        if on {
            chosen.extend(listed);
        }
        show(chosen);
    };
    let toggle = move |column: &Column, on: bool| {
        let mut chosen = current.get_untracked();
        chosen.retain(|one| one != column);
        if on {
            chosen.push(column.clone());
        }
        show(chosen);
    };
    let boxes = move || {
        found
            .get()
            .into_iter()
            .map(|column| {
                let label = column.label().to_owned();
                let id = column.id();
                let is_shown = {
                    let column = column.clone();
                    move || current.with(|columns| columns.contains(&column))
                };
                view! {
                    <label class="choice">
                        <input
                            type="checkbox"
                            name="col"
                            value=id
                            checked=untrack(&is_shown)
                            prop:checked=is_shown
                            on:change=move |event| toggle(&column, event_target_checked(&event))
                        />
                        <span title=label.clone()>{label.clone()}</span>
                    </label>
                }
            })
            .collect_view()
    };
    view! {
        <fieldset class="choices" hidden=move || found.with(Vec::is_empty)>
            <legend>{title}</legend>
            <span class="choices-all">
                <button type="button" class="link" on:click=move |_| set_all(true) aria-label=format!("All {title}")>
                                                            "All"
                </button>
                <button type="button" class="link" on:click=move |_| set_all(false) aria-label=format!("None of the {title}")>
                    "None"
                </button>
            </span>
            {boxes}
        </fieldset>
    }
}
