//! The runs of an experiment: toolbar and table.

use domain::filter::{RUNS, parse};
use domain::runs::RunKeys;
use leptos::prelude::*;

use super::context::TableContext;
use super::grid::Grid;
use super::groups::GroupedRuns;
use super::rows::ListRuns;
use super::state::PAGE_SIZE;
use super::toolbar::Toolbar;
use crate::components::{EmptyState, SkeletonRows, later, loaded};
use crate::wire::load;

#[component]
pub fn RunsSection(
    experiment_id: i64,
    /// The experiment's name, if it can be logged to.
    logs_to: Option<String>,
    keys: RunKeys,
) -> impl IntoView {
    let context = TableContext::provide(experiment_id, keys);
    let is_grouped = later(move || context.state.with(|state| state.selection.group.is_some()));
    // The filter box says what is wrong with it.
    let is_readable =
        later(move || context.state.with(|state| parse(&RUNS, state.selection.filter.trim()).is_ok()));
    view! {
        <section class="runs-section" aria-labelledby="runs-title">
            <h2 id="runs-title" class="visually-hidden">"Runs"</h2>
            <Toolbar/>
            {move || {
                if !is_readable.get() {
                    view! { <EmptyState title="Mend the filter to see runs."/> }.into_any()
                } else if is_grouped.get() {
                    view! { <GroupedRuns/> }.into_any()
                } else {
                    view! { <AllRuns logs_to=logs_to.clone()/> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn AllRuns(logs_to: Option<String>) -> impl IntoView {
    let context = TableContext::expect();
    // Fetched once, with the page; the table fetches what follows.
    let page = context.state.with_untracked(|state| state.page);
    let first = load(move || ListRuns {
        experiment_id: context.experiment_id,
        selection: context.state.with_untracked(|state| state.selection.clone()),
        offset: page * PAGE_SIZE,
        limit: PAGE_SIZE,
    });
    let table = move || {
        let logs_to = logs_to.clone();
        Suspend::new(async move {
            loaded(
                first.ready().await,
                move || first.refetch(),
                move |first| {
                    view! { <Grid first page logs_to/> }
                },
            )
        })
    };
    view! { <Transition fallback=|| view! { <SkeletonRows/> }>{table}</Transition> }
}
