//! Params, metrics and tags of the runs, side by side.

use leptos::prelude::*;

use super::differences::{Row, change, metrics, params, tags};
use super::page::CompareState;
use super::server::Comparison;
use crate::clock::Ago;
use crate::components::{Icon, IconName, StatusBadge};
use crate::format;
use crate::runs::BoardRun;

#[component]
pub fn CompareTable(
    comparison: RwSignal<Comparison>,
    runs: Memo<Vec<BoardRun>>,
    state: Memo<CompareState>,
) -> impl IntoView {
    let differing = Memo::new(move |_| state.with(|state| state.differing));
    let toggle = move || {
        let state = state.get();
        CompareState { differing: !state.differing, ..state }.address()
    };
    // The same runs, on the page that also compares data, code, packages and files.
    let in_full = move || state.get().address().replacen("/compare", "/compare/details", 1);
    let body = move || {
        comparison.with(|comparison| {
            let only = differing.get();
            let span = comparison.runs.len() + 1;
            let group = |title: &'static str, rows: Vec<AnyView>| {
                (!rows.is_empty()).then(|| {
                    view! {
                        <tbody>
                            <tr class="group-head"><th scope="rowgroup" colspan=span>{title}</th></tr>
                            {rows}
                        </tbody>
                    }
                })
            };
            let text_rows = |rows: Vec<Row<String>>| {
                rows.into_iter().filter(|row| !only || row.differs()).map(text_row).collect::<Vec<_>>()
            };
            let metric_rows = metrics(&comparison.runs)
                .into_iter()
                .filter(|row| !only || row.differs())
                .map(metric_row)
                .collect();
            let groups = (
                group("Params", text_rows(params(&comparison.runs))),
                group("Metrics", metric_rows),
                group("Tags", text_rows(tags(&comparison.runs))),
            );
            let is_bare = matches!(groups, (None, None, None));
            let nothing = is_bare.then(|| {
                let text = if only { "Nothing differs." } else { "These runs have logged nothing." };
                view! { <tbody><tr><td colspan=span class="muted">{text}</td></tr></tbody> }
            });
            view! { {groups.0} {groups.1} {groups.2} {nothing} }
        })
    };
    let heads = move || {
        let runs = runs.get();
        comparison.with(|comparison| {
            let experiments = comparison.runs.iter().map(|run| run.experiment_id);
            runs.into_iter()
                .zip(experiments)
                .map(|(run, experiment)| run_head(run, experiment, state))
                .collect_view()
        })
    };
    let about = move || {
        comparison.with(|comparison| {
            let now = comparison.now;
            let statuses =
                comparison.runs.iter().map(|run| view! { <td><StatusBadge status=run.status/></td> });
            let started = comparison
                .runs
                .iter()
                .map(|run| view! { <td>{run.start().map(|at| view! { <Ago at now/> })}</td> });
            let durations = comparison
                .runs
                .iter()
                .map(|run| view! { <td>{run.duration_ms(now).map(format::duration)}</td> });
            view! {
                <tbody>
                    <tr><th scope="row">"Status"</th>{statuses.collect_view()}</tr>
                    <tr><th scope="row">"Started"</th>{started.collect_view()}</tr>
                    <tr><th scope="row">"Duration"</th>{durations.collect_view()}</tr>
                </tbody>
            }
        })
    };
    view! {
        <div class="toolbar">
            <a class="button small toggle" href=toggle aria-current=move || differing.get().then_some("true") data-noscroll="true">
                "Only differences"
            </a>
            <a class="button small" rel="external" href=in_full>"In full"</a>
            {(runs.with_untracked(Vec::len) > 1).then(|| view! {
                <span class="muted">"Rows that differ are marked. Changes of metrics are against the first run."</span>
            })}
        </div>
        <div class="table-scroll compare-scroll" tabindex="0" role="region" aria-label="Runs side by side">
            <table class="table compare">
                <caption class="visually-hidden">"Params, metrics and tags of the runs"</caption>
                <thead><tr><td></td>{heads}</tr></thead>
                {about}
                {body}
            </table>
        </div>
    }
}

fn run_head(run: BoardRun, experiment: i64, state: Memo<CompareState>) -> impl IntoView {
    let uuid = run.uuid.clone();
    let label = format!("Remove {}", run.name);
    view! {
        <th scope="col">
            <span class="compare-head">
                <span class=format!("swatch series-{}", run.color)></span>
                <a href=format!("/experiments/{experiment}/runs/{}", run.uuid) title=run.name.clone()>{run.name.clone()}</a>
                <a
                    class="icon-button"
                    href=move || state.with(|state| state.without(&uuid))
                    aria-label=label.clone()
                    title=label.clone()
                    data-noscroll="true"
                >
                    <Icon name=IconName::Close/>
                </a>
            </span>
        </th>
    }
}

/// The head of a row; those that differ are marked by shape and word.
fn row_head(key: String, differs: bool) -> impl IntoView {
    view! {
        <th scope="row" title=key.clone()>
            {differs.then(|| view! { <span class="differs" title="differs">"≠"</span> <span class="visually-hidden">"differs: "</span> })}
            {key.clone()}
        </th>
    }
}

fn text_row(row: Row<String>) -> AnyView {
    let differs = row.differs();
    let first = row.values.first().cloned().flatten();
    let cells = row
        .values
        .into_iter()
        .map(|value| {
            let is_other = differs && value != first;
            match value {
                Some(text) => {
                    view! { <td class:other=is_other title=text.clone()>{text.clone()}</td> }.into_any()
                }
                None => nothing(is_other),
            }
        })
        .collect_view();
    view! { <tr class:differing=differs>{row_head(row.key, differs)} {cells}</tr> }.into_any()
}

fn metric_row(row: Row<u64>) -> AnyView {
    let differs = row.differs();
    let base = row.values.first().copied().flatten();
    let cells = row
        .values
        .into_iter()
        .enumerate()
        .map(|(index, bits)| {
            let Some(value) = bits.map(f64::from_bits) else { return nothing(false) };
            let against = (index > 0).then(|| {
                let text = base.map(f64::from_bits).and_then(|base| change(base, value));
                view! { <span class="change">{text}</span> }
            });
            view! { <td class="number" title=value.to_string()>{format::number(value)} {against}</td> }
                .into_any()
        })
        .collect_view();
    view! { <tr class:differing=differs>{row_head(row.key, differs)} {cells}</tr> }.into_any()
}

fn nothing(is_other: bool) -> AnyView {
    view! { <td class:other=is_other><span class="nothing" aria-label="not logged">"–"</span></td> }
        .into_any()
}
