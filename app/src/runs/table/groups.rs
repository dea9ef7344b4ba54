//! A run table by the values of a param: each group with its first runs.

use leptos::prelude::*;

use super::cells::CellViews;
use super::column::{quoted_key, quoted_text};
use super::context::TableContext;
use super::head::{Head, table_style};
use super::rows::{ListGroups, MOST_GROUPS, RunGroup, RunRow};
use super::selection::RowCheckbox;
use crate::components::{EmptyState, Icon, IconName, SkeletonRows, StatusBadge, loaded};
use crate::format;
use crate::wire::load;

/// The filter for the runs of one group: what was typed, and the group's value.
pub fn group_filter(typed: &str, key: &str, value: Option<&str>) -> String {
    let key = quoted_key(key);
    let clause = match value {
        Some(value) => format!("params.{key} = {}", quoted_text(value)),
        None => format!("params.{key} IS NULL"),
    };
    match typed.trim() {
        "" => clause,
        typed => format!("{typed} AND {clause}"),
    }
}

/// The table by groups. It reloads whenever the selection of rows changes.
#[component]
pub fn GroupedRuns() -> impl IntoView {
    let context = TableContext::expect();
    let selection = Memo::new(move |_| context.state.with(|state| state.selection.clone()));
    let groups =
        load(move || ListGroups { experiment_id: context.experiment_id, selection: selection.get() });
    Effect::new(move |before: Option<()>| {
        context.changed.track();
        if before.is_some() {
            groups.refetch();
        }
    });
    let table = move || {
        Suspend::new(async move {
            loaded(groups.ready().await, move || groups.refetch(), |groups| view! { <GroupTable groups/> })
        })
    };
    view! { <Transition fallback=|| view! { <SkeletonRows/> }>{table}</Transition> }
}

#[component]
fn GroupTable(groups: Vec<RunGroup>) -> impl IntoView {
    let context = TableContext::expect();
    let Some(columns) = groups.first().map(|group| group.runs.columns.clone()) else {
        return view! { <EmptyState title="No run matches."/> }.into_any();
    };
    context.columns.set(columns);
    let is_cut = groups.iter().filter(|group| group.value.is_some()).count() >= MOST_GROUPS;
    let note = is_cut.then(|| {
        view! { <p class="table-note">{format!("The {MOST_GROUPS} most frequent values are shown.")}</p> }
    });
    let bodies = groups.into_iter().map(|group| view! { <Group group/> }).collect_view();
    let caption =
        move || format!("Runs by {}", context.state.with(|s| s.selection.group.clone().unwrap_or_default()));
    view! {
        <div class="table-scroll runs-scroll" tabindex="0" role="region" aria-label="Runs by group">
            <table class="table runs" style=table_style()>
                <caption class="visually-hidden">{caption}</caption>
                <Head/>
                {bodies}
            </table>
        </div>
        {note}
    }
    .into_any()
}

#[component]
fn Group(group: RunGroup) -> impl IntoView {
    let context = TableContext::expect();
    let (open, set_open) = signal(true);
    let RunGroup { value, runs } = group;
    let state = context.state.get_untracked();
    let key = state.selection.group.clone().unwrap_or_default();
    let filter = group_filter(&state.selection.filter, &key, value.as_deref());
    let all = state.selecting(|chosen| {
        chosen.filter = filter;
        chosen.group = None;
    });
    let more = runs.total > i64::try_from(runs.rows.len()).unwrap_or(i64::MAX);
    let label = value.unwrap_or_else(|| "not set".into());
    let now = runs.now;
    let span = move || context.shown.with(Vec::len) + 3;
    let rows = StoredValue::new(runs.rows);
    let body = move || {
        open.get().then(|| {
            rows.with_value(|rows| {
                rows.iter().cloned().map(|row| view! { <GroupRow row now/> }).collect_view()
            })
        })
    };
    view! {
        <tbody>
            <tr class="group-head">
                <th scope="rowgroup" colspan=span>
                    <span class="group-line">
                        <button
                            type="button"
                            class="icon-button"
                            aria-expanded=move || open.get().to_string()
                            aria-label=format!("Runs with {key} {label}")
                            on:click=move |_| set_open.update(|open| *open = !*open)
                        >
                            <Icon name=IconName::ChevronDown/>
                        </button>
                        <span class="group-key">{key.clone()}</span>
                        <span class="group-value">{label.clone()}</span>
                        <span class="muted">{format::plural(runs.total, "run", "runs")}</span>
                        {more.then(|| view! {
                            <a href=all.address(context.experiment_id) data-noscroll="true">"Show all"</a>
                        })}
                    </span>
                </th>
            </tr>
            {body}
        </tbody>
    }
}

#[component]
fn GroupRow(row: RunRow, now: domain::Millis) -> impl IntoView {
    let context = TableContext::expect();
    let href = context.run_address(&row.uuid);
    let row = Signal::stored(row);
    let RunRow { uuid, name, status, .. } = row.get_untracked();
    view! {
        <tr>
            <td class="check"><RowCheckbox uuid name=name.clone()/></td>
            <th scope="row" class="name">
                <span class="run-name"><StatusBadge status compact=true/><a href=href>{name}</a></span>
            </th>
            <CellViews row now=Signal::stored(now)/>
            <td class="filler"></td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use domain::filter::{RUNS, parse};

    use super::*;

    #[test]
    fn a_groups_filter_adds_its_value_to_what_was_typed() {
        assert_eq!(group_filter("", "lr", Some("0.1")), "params.lr = '0.1'");
        assert_eq!(
            group_filter(" metrics.a < 1 ", "my key", Some("it's")),
            "metrics.a < 1 AND params.`my key` = \"it's\""
        );
        assert_eq!(group_filter("", "lr", None), "params.lr IS NULL");
        assert!(parse(&RUNS, &group_filter("metrics.a < 1", "my key", Some("it's"))).is_ok());
    }
}
