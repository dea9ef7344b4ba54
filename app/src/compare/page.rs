//! The page that compares selected runs.

use std::time::Duration;

use domain::runs::SYSTEM_METRIC_PREFIX;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::params::ParamsMap;

use super::colors::assign;
use super::server::{CompareRuns, Comparison, compare_runs};
use super::table::CompareTable;
use crate::clock::poll;
use crate::components::{EmptyState, SkeletonRows, fresh, later, loaded};
use crate::format;
use crate::runs::{Board, BoardRun};
use crate::url::{Query, use_query};
use crate::wire::load;

const REFRESH_EVERY: Duration = Duration::from_secs(5);

/// What the address says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompareState {
    pub uuids: Vec<String>,
    /// Only the rows that differ.
    pub differing: bool,
}

impl CompareState {
    /// `runs=a,b,c`; a form without scripts sends `runs[]=` for each.
    fn from_query(query: &ParamsMap) -> Self {
        let joined = query.get_all("runs").into_iter().chain(query.get_all("runs[]")).flatten();
        let mut uuids: Vec<String> = Vec::new();
        for uuid in joined.flat_map(|part| part.split(',').map(str::to_owned).collect::<Vec<_>>()) {
            if !uuid.is_empty() && !uuids.contains(&uuid) {
                uuids.push(uuid);
            }
        }
        Self { uuids, differing: query.get_str("diff") == Some("1") }
    }

    pub fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("runs", self.uuids.join(",")),
            ("diff", if self.differing { "1".into() } else { String::new() }),
        ]
    }

    pub fn address(&self) -> String {
        let fields = self.fields();
        fields.iter().fold(Query::new(), |query, (key, value)| query.with(key, value)).after("/compare")
    }

    /// The address without one of the runs.
    pub fn without(&self, uuid: &str) -> String {
        let uuids = self.uuids.iter().filter(|one| *one != uuid).cloned().collect();
        Self { uuids, ..self.clone() }.address()
    }
}

#[component]
pub fn ComparePage() -> impl IntoView {
    let query = use_query();
    let state = Memo::new(move |_| query.with(CompareState::from_query));
    let uuids = Memo::new(move |_| state.with(|state| state.uuids.clone()));
    let runs = load(move || CompareRuns { uuids: uuids.get() });
    let content = move || {
        Suspend::new(async move {
            loaded(
                runs.ready().await,
                move || runs.refetch(),
                |comparison| view! { <Compared comparison state/> },
            )
        })
    };
    view! {
        <Title text="Compare runs"/>
        <div class="page">
            <Transition fallback=|| view! { <SkeletonRows/> }>{content}</Transition>
        </div>
    }
}

#[component]
fn Compared(comparison: Comparison, state: Memo<CompareState>) -> impl IntoView {
    let uuids: Vec<_> = comparison.runs.iter().map(|run| run.uuid.clone()).collect();
    let experiment = comparison.runs.first().map(|run| run.experiment_id);
    let colors = assign(&uuids, charts::COLORS);
    let logged = RwSignal::new(0);
    let comparison = fresh(comparison, move || logged.get(), move |_| compare_runs(uuids.clone())).value;
    poll(REFRESH_EVERY, move || {
        let is_running = comparison
            .with_untracked(|comparison| comparison.runs.iter().any(|run| !run.status.is_terminal()));
        if is_running {
            logged.update(|count| *count += 1);
        }
    });
    let colors = StoredValue::new(colors);
    let runs = Memo::new(move |_| {
        comparison.with(|comparison| {
            colors.with_value(|colors| {
                let named = comparison.runs.iter().zip(colors);
                named
                    .map(|(run, color)| BoardRun {
                        uuid: run.uuid.clone(),
                        name: run.name.clone(),
                        color: *color,
                    })
                    .collect::<Vec<_>>()
            })
        })
    });
    let keys = Memo::new(move |_| comparison.with(metric_keys));
    let count = runs.with_untracked(Vec::len);
    let crumbs = experiment.map(|id| {
        view! {
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=format!("/experiments/{id}")>"Runs"</a>
            </nav>
        }
    });
    let head = view! {
        {crumbs}
        <div class="page-head"><h1>"Compare runs"</h1></div>
    };
    let asked = state.with_untracked(|state| state.uuids.len());
    if count == 0 {
        let title = if asked == 0 { "No runs are selected." } else { "None of these runs is here." };
        return view! {
            {head}
            <EmptyState title>
                <p>"Tick two or more runs in an experiment's table, then press Compare."</p>
                <p><a class="button" href="/experiments">"All experiments"</a></p>
            </EmptyState>
        }
        .into_any();
    }
    let alone = (count == 1).then(|| {
        let table = experiment.map_or_else(|| "/experiments".to_owned(), |id| format!("/experiments/{id}"));
        view! {
            <div class="notice" role="status">
                <span>"One run alone has nothing to be compared to."</span>
                <a class="button small" href=table>"Select more runs"</a>
            </div>
        }
    });
    let missing = (asked > count).then(|| {
        let text = format!(
            "Of {} asked for, {} can be compared: the others are gone, or too many.",
            format::plural(format::as_i64(asked), "run", "runs"),
            format::count(format::as_i64(count))
        );
        view! { <div class="notice" role="status">{text}</div> }
    });
    let kept = Signal::derive(move || state.with(CompareState::fields));
    let has_curves = later(move || keys.with(|keys| !keys.is_empty()));
    view! {
        {head}
        {missing}
        {alone}
        <CompareTable comparison runs state/>
        {move || has_curves.get().then(|| view! {
            <section class="compare-curves" aria-labelledby="curves-title">
                <h2 id="curves-title">"Curves"</h2>
                <Legend runs/>
                <Board path="/compare".to_owned() kept runs keys logged/>
            </section>
        })}
    }
    .into_any()
}

#[component]
fn Legend(runs: Memo<Vec<BoardRun>>) -> impl IntoView {
    let items = move || {
        runs.get()
            .into_iter()
            .map(
                |run| view! { <li><span class=format!("swatch series-{}", run.color)></span>{run.name}</li> },
            )
            .collect_view()
    };
    // A long one scrolls, by keyboard too.
    let tabindex = move || runs.with(|runs| (runs.len() > 8).then_some("0"));
    view! { <ul class="legend" aria-label="Runs" tabindex=tabindex>{items}</ul> }
}

/// The metrics that any of the runs has; those with curves first.
fn metric_keys(comparison: &Comparison) -> Vec<String> {
    let mut last_steps = std::collections::BTreeMap::<&str, i64>::new();
    for metric in comparison.runs.iter().flat_map(|run| &run.metrics) {
        if !metric.key.starts_with(SYSTEM_METRIC_PREFIX) {
            let step = last_steps.entry(&metric.key).or_default();
            *step = (*step).max(metric.step);
        }
    }
    let mut keys: Vec<_> = last_steps.into_iter().collect();
    keys.sort_by_key(|(_, step)| *step == 0);
    keys.into_iter().map(|(key, _)| key.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_from_links_and_from_plain_forms() {
        let mut query = ParamsMap::new();
        query.insert("runs", "a,b,,a".to_owned());
        query.insert("diff", "1".to_owned());
        let state = CompareState::from_query(&query);
        assert_eq!(state, CompareState { uuids: vec!["a".into(), "b".into()], differing: true });
        assert_eq!(state.without("a"), "/compare?runs=b&diff=1");

        let mut form = ParamsMap::new();
        form.insert("runs[]", "a".to_owned());
        form.insert("runs[]", "b".to_owned());
        assert_eq!(CompareState::from_query(&form).uuids, ["a", "b"]);
    }
}
