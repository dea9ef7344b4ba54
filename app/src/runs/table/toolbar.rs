//! What stands above the runs: filter, groups, columns, active or deleted.

use leptos::prelude::*;

use super::columns_dialog::ColumnsDialog;
use super::context::TableContext;
use super::filter_box::{FilterBox, FilterDraft};
use super::selection::{Deletion, SelectionBar};
use super::state::TableState;
use crate::components::{DialogButton, Icon, IconName};

/// The filter's form; the controls beside it belong to it too, for a page without scripts.
const FORM: &str = "runs-filter";

#[component]
pub fn Toolbar() -> impl IntoView {
    let context = TableContext::expect();
    let draft = FilterDraft::new();
    // What the form leaves as it is; a new filter starts on the first page.
    let kept = move || {
        let fields = context.state.with(TableState::fields);
        fields
            .into_iter()
            .filter(|(key, value)| !value.is_empty() && !["filter", "group", "flat", "page"].contains(key))
            .map(|(key, value)| view! { <input type="hidden" name=key value=value/> })
            .collect_view()
    };
    let link = move |label: &'static str, page: &'static str| {
        let href = move || {
            let path = format!("/experiments/{}/{page}", context.experiment_id);
            context.state.with(|state| state.after(&path))
        };
        view! { <a class="button small" rel="external" href=href>{label}</a> }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        draft.submit();
    };
    view! {
        <form
            id=FORM
            method="get"
            action=format!("/experiments/{}", context.experiment_id)
            class="toolbar runs-filter"
            role="search"
            aria-label="Runs"
            on:submit=submit
        >
            {kept}
            <FilterBox draft/>
            <button type="submit" class="button">"Apply"</button>
        </form>
        <div class="toolbar">
            <SelectionBar/>
            <span class="spacer"></span>
            <GroupSelect/>
            <FlatToggle/>
            <DialogButton opens="choose-columns" class="button small">
                <Icon name=IconName::Columns/>
                "Columns"
            </DialogButton>
            {link("Explore", "explore")}
            {link("Views", "views")}
            {link("Export", "export")}
            <ViewLinks/>
        </div>
        <Deletion/>
        <ColumnsDialog/>
    }
}

#[component]
fn GroupSelect() -> impl IntoView {
    let context = TableContext::expect();
    let group = move || context.state.with(|state| state.selection.group.clone().unwrap_or_default());
    let choose = move |event| {
        let key = event_target_value(&event);
        context.go(|state| {
            *state = state.selecting(|chosen| chosen.group = Some(key).filter(|key| !key.is_empty()));
        });
    };
    let options = move || {
        context.keys.with(|keys| {
            keys.params
                .iter()
                .map(|key| {
                    let selected = *key == untrack(group);
                    view! { <option value=key.clone() selected=selected>{key.clone()}</option> }
                })
                .collect_view()
        })
    };
    view! {
        <label class="inline-field group-by">
            <span>"Group by"</span>
            <select name="group" form=FORM prop:value=group on:change=choose>
                <option value="">"Not grouped"</option>
                {options}
            </select>
        </label>
    }
}

#[component]
fn FlatToggle() -> impl IntoView {
    let context = TableContext::expect();
    let is_flat = move || context.state.with(|state| state.selection.flat);
    let toggle = move |event| {
        let flat = event_target_checked(&event);
        context.go(|state| *state = state.selecting(|chosen| chosen.flat = flat));
    };
    view! {
        <label class="inline-field" title="Child runs in rows of their own instead of under their parents">
            <input
                type="checkbox"
                name="flat"
                form=FORM
                value="1"
                checked=untrack(is_flat)
                prop:checked=is_flat
                on:change=toggle
            />
            <span>"Flat list"</span>
        </label>
    }
}

#[component]
fn ViewLinks() -> impl IntoView {
    let context = TableContext::expect();
    let is_deleted = move || context.state.with(|state| state.selection.deleted);
    let to = move |deleted: bool| {
        context.state.with(|state| context.address(&state.selecting(|chosen| chosen.deleted = deleted)))
    };
    view! {
        <nav class="segmented" aria-label="Which runs">
            <a href=move || to(false) aria-current=move || (!is_deleted()).then_some("page")>"Active"</a>
            <a href=move || to(true) aria-current=move || is_deleted().then_some("page")>"Deleted"</a>
        </nav>
    }
}
