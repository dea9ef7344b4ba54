//! The list of experiments.

use std::time::Duration;

use domain::Millis;
use domain::experiments::ExperimentSummary;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::forms::{CreateButton, RestoreButton};
use super::list_url::{ListState, SortKey};
use super::server::{ExperimentList, ListExperiments};
use crate::clock::{Ago, poll};
use crate::components::{EmptyState, SkeletonRows, Snippet, SortHeader, Tag, kept_text, loaded, shown_tags};
use crate::format;
use crate::url::use_query;
use crate::wire::load;

const SEARCH: &str = "experiment-search";

/// Runs arrive and end while one looks.
const REFRESH_EVERY: Duration = Duration::from_secs(4);

#[component]
pub fn ExperimentsPage() -> impl IntoView {
    let query = use_query();
    let state = Memo::new(move |_| query.with(ListState::from_query));
    let just_deleted = Memo::new(move |_| query.with(|query| query.get("deleted")?.parse::<i64>().ok()));
    let list = load(move || ListExperiments { state: state.get(), just_deleted: just_deleted.get() });
    let table = move || {
        Suspend::new(async move {
            let result = list.ready().await;
            let state = state.get_untracked();
            loaded(result, move || list.refetch(), |list| view! { <ListOrHint list state/> })
        })
    };
    poll(REFRESH_EVERY, move || {
        if !state.get_untracked().deleted {
            list.refetch();
        }
    });
    view! {
        <Title text="Experiments"/>
        <div class="page">
            <div class="page-head">
                <h1>"Experiments"</h1>
                <span class="spacer"></span>
                <CreateButton/>
            </div>
            <Toolbar state/>
            <Transition fallback=|| view! { <SkeletonRows/> }>{table}</Transition>
        </div>
    }
}

#[component]
fn DeletedNotice(id: i64, name: String, dismissed: String) -> impl IntoView {
    view! {
        <div class="notice" role="status">
            <span><strong>{name}</strong>" was deleted."</span>
            <RestoreButton id label="Undo"/>
            <a class="button small quiet" href=dismissed>"Dismiss"</a>
        </div>
    }
}

#[component]
fn Toolbar(state: Memo<ListState>) -> impl IntoView {
    let hidden_view =
        move || state.get().deleted.then(|| view! { <input type="hidden" name="view" value="deleted"/> });
    let search = kept_text(SEARCH, move || state.get().search);
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let found =
            ListState { search: search.get_untracked(), token: String::new(), ..state.get_untracked() };
        navigate(&found.address(), NavigateOptions::default());
    };
    view! {
        <div class="toolbar">
            <form method="get" action="/experiments" class="search-form" role="search" on:submit=submit>
                <label class="visually-hidden" for=SEARCH>"Search by name, or filter"</label>
                <input
                    id=SEARCH
                    type="search"
                    name="q"
                    class="search"
                    prop:value=move || search.get()
                    on:input=move |event| search.set(event_target_value(&event))
                    value=move || state.get_untracked().search
                    placeholder="Name, or tags.team = 'risk'"
                />
                {hidden_view}
                <button type="submit" class="button">"Search"</button>
            </form>
            <span class="spacer"></span>
            <nav class="segmented" aria-label="Which experiments">
                <a href="/experiments" aria-current=move || (!state.get().deleted).then_some("page")>"Active"</a>
                <a href="/experiments?view=deleted" aria-current=move || state.get().deleted.then_some("page")>
                    "Deleted"
                </a>
            </nav>
        </div>
    }
}

#[component]
fn ListOrHint(mut list: ExperimentList, state: ListState) -> impl IntoView {
    let dismissed = state.address();
    let notice = list.just_deleted.take().map(|(id, name)| view! { <DeletedNotice id name dismissed/> });
    view! {
        {notice}
        <Items list state/>
    }
}

#[component]
fn Items(list: ExperimentList, state: ListState) -> impl IntoView {
    if !list.items.is_empty() {
        let hint = (list.is_untouched() && state == ListState::default()).then(|| view! { <FirstRun/> });
        return view! { <ExperimentTable list state/> {hint} }.into_any();
    }
    if !state.search.trim().is_empty() {
        let all = ListState { search: String::new(), token: String::new(), ..state };
        view! {
            <EmptyState title="No experiment matches this search.">
                <p><a class="button" href=all.address()>"Clear the search"</a></p>
            </EmptyState>
        }
        .into_any()
    } else if state.deleted {
        view! { <EmptyState title="Nothing has been deleted."/> }.into_any()
    } else {
        view! { <FirstRun/> }.into_any()
    }
}

#[component]
fn FirstRun() -> impl IntoView {
    view! {
        <div class="first-run">
            <EmptyState title="No runs yet. Log the first one:">
                <Snippet/>
                <p class="muted">"It appears here by itself."</p>
            </EmptyState>
        </div>
    }
}

#[component]
fn ExperimentTable(list: ExperimentList, state: ListState) -> impl IntoView {
    let deleted = state.deleted;
    let now = list.now;
    let next = list.next_page_token.map(|token| ListState { token, ..state.clone() }.address());
    let first =
        (!state.token.is_empty()).then(|| ListState { token: String::new(), ..state.clone() }.address());
    let head = [
        ("Name", SortKey::Name, "name"),
        ("Created", SortKey::Created, "roomy"),
        ("Changed", SortKey::Updated, "roomy"),
    ]
    .map(|(label, key, class)| {
        let (href, sorted) = (state.sorted_by(key), state.direction(key));
        view! { <SortHeader label href=Signal::stored(href) sorted=Signal::stored(sorted) class/> }
    });
    let [name, created, changed] = head;
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Experiments">
            <table class="table experiments">
                <caption class="visually-hidden">"Experiments"</caption>
                <thead>
                    <tr>
                        {name}
                        {deleted.then(|| view! { <th scope="col"><span class="visually-hidden">"Restore"</span></th> })}
                        <th scope="col" class="number">"Runs"</th>
                        <th scope="col">"Last run"</th>
                        {created}
                        {changed}
                        <th scope="col">"Tags"</th>
                    </tr>
                </thead>
                <tbody>
                    {list.items.into_iter().map(|item| view! { <ExperimentRow item now deleted/> }).collect_view()}
                </tbody>
            </table>
        </div>
        <nav class="pager" aria-label="Pages">
            {first.map(|href| view! { <a class="button small" href=href>"First page"</a> })}
            {next.map(|href| view! { <a class="button small" href=href>"Next page"</a> })}
        </nav>
    }
}

#[component]
fn ExperimentRow(item: ExperimentSummary, now: Millis, deleted: bool) -> impl IntoView {
    let ExperimentSummary { experiment, active_runs, running_runs, last_run_at } = item;
    let running = (running_runs > 0).then(|| {
        view! { <span class="running-count">{format!("{} running", format::count(running_runs))}</span> }
    });
    let tags =
        shown_tags(&experiment.tags).into_iter().take(4).map(|tag| view! { <Tag tag/> }).collect_view();
    view! {
        <tr>
            <th scope="row" class="name">
                <a href=format!("/experiments/{}", experiment.id)>{experiment.name.clone()}</a>
            </th>
            {deleted.then(|| view! { <td><RestoreButton id=experiment.id/></td> })}
            <td class="number">{running} {format::count(active_runs)}</td>
            <td>
                {last_run_at.map_or_else(
                    || view! { <span class="muted">"never"</span> }.into_any(),
                    |at| view! { <Ago at now/> }.into_any(),
                )}
            </td>
            <td class="roomy"><Ago at=experiment.created_at now/></td>
            <td class="roomy"><Ago at=experiment.updated_at now/></td>
            <td><span class="tag-list">{tags}</span></td>
        </tr>
    }
}
