//! The page around the tables.

use leptos::prelude::*;

use super::file::Files;
use super::rows::DetailsTable;
use super::{Details, DetailsAsked};
use crate::components::EmptyState;
use crate::format;
use crate::url::Query;

#[component]
pub fn DetailsPage(details: Details) -> impl IntoView {
    let count = details.runs.len();
    let asked = details.asked.clone();
    let curves = Query::new().with("runs", &asked.runs.join(",")).after("/compare");
    let experiment = details.runs.first().map(|run| run.experiment_id);
    let crumbs = view! {
        <nav class="crumbs" aria-label="Breadcrumbs">
            <a href="/experiments">"Experiments"</a>
            {experiment.map(|id| view! { <a href=format!("/experiments/{id}")>"Runs"</a> })}
            {(count > 0).then(|| view! { <a href=curves>"Compare"</a> })}
        </nav>
    };
    if count == 0 {
        let title =
            if asked.runs.is_empty() { "No runs are selected." } else { "None of these runs is here." };
        return view! {
            <div class="page">
                {crumbs}
                <div class="page-head"><h1>"Differences in full"</h1></div>
                <EmptyState title>
                    <p>"Tick two or more runs in an experiment's table, then press Compare."</p>
                    <p><a class="button" href="/experiments">"All experiments"</a></p>
                </EmptyState>
            </div>
        }
        .into_any();
    }
    let views = [(false, "Only differences"), (true, "Everything")].map(|(all, label)| {
        let current = (asked.all == all).then_some("true");
        let other = DetailsAsked { all, ..asked.clone() };
        view! { <a href=other.address() aria-current=current>{label}</a> }
    });
    let alone = (count == 1).then(|| {
        view! { <div class="notice" role="status">"One run alone has nothing to be compared to: select more."</div> }
    });
    let gone = asked.runs.len() - count;
    let gone = (gone > 0).then(|| {
        let runs = format::plural(format::as_i64(gone), "run is", "runs are");
        view! { <div class="notice" role="status">{format!("{runs} gone, or too many to stand here.")}</div> }
    });
    view! {
        <div class="page">
            {crumbs}
            <div class="page-head">
                <h1>"Differences in full"</h1>
                <nav class="segmented" aria-label="Which rows">{views}</nav>
            </div>
            {alone}
            {gone}
            <DetailsTable details=details.clone()/>
            <section class="review-part" aria-labelledby="files">
                <h2 id="files">"Files"</h2>
                <Files details/>
            </section>
        </div>
    }
    .into_any()
}
