//! The page around the chart.

use leptos::prelude::*;

use super::choice::Choice;
use super::{Explore, ExploreChart, KINDS, Numbers};
use crate::components::EmptyState;
use crate::format;
use crate::plain::Refusal;
use crate::views::{panels_path, views_path};

#[component]
pub fn ExplorePage(
    explore: Explore,
    /// `None`: there is too little to draw; else the chart, or why it can't be drawn.
    chart: Option<Result<ExploreChart, String>>,
) -> impl IntoView {
    let kinds = KINDS.iter().map(|kind| {
        let current = (explore.kind == kind.name).then_some("true");
        view! { <a href=explore.of_kind(kind.name) aria-current=current>{kind.label}</a> }
    });
    let kinds = kinds.collect_view();
    let content = match chart {
        None => view! {
            <EmptyState title="Nothing to draw yet.">
                <p>"Log params and metrics in some runs; then each run is a dot, or a line, here:"</p>
                <p><code>"mlflow.log_param(\"lr\", 0.01); mlflow.log_metric(\"auc\", 0.93)"</code></p>
            </EmptyState>
        }
        .into_any(),
        Some(Err(why)) => view! {
            <Choice explore=explore.clone()/>
            <Refusal message=Some(why)/>
        }
        .into_any(),
        Some(Ok(chart)) => view! {
            <Choice explore=explore.clone()/>
            <Chart explore=explore.clone() chart/>
        }
        .into_any(),
    };
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=format!("/experiments/{}", explore.experiment_id)>{explore.experiment}</a>
            </nav>
            <div class="page-head">
                <h1>"Explore runs"</h1>
                <span class="segmented" role="group" aria-label="Kind of chart">{kinds}</span>
            </div>
            {content}
        </div>
    }
}

#[component]
fn Chart(explore: Explore, chart: ExploreChart) -> impl IntoView {
    let files = [("svg", "SVG"), ("png", "PNG"), ("csv", "CSV")].map(|(ending, name)| {
        view! { <a class="button small" href=explore.chart(ending) download>{name}</a> }
    });
    let runs = chart.runs.map(|runs| format::plural(format::as_i64(runs), "run", "runs"));
    let words = chart.words;
    view! {
        <figure class="explore-figure">
            <div class="chart explore-drawing" tabindex="0" role="group" aria-label=words.clone()>
                <div class="chart-drawing" inner_html=chart.plot></div>
            </div>
            <ColorKey keys=chart.legend/>
            <figcaption class="nothing">{words}</figcaption>
        </figure>
        <div class="toolbar">
            <span class="muted">{runs}</span>
            <span class="spacer"></span>
            <a class="button small" href=explore.chart("svg")>"Chart alone"</a>
            {files}
        </div>
        <AddToView explore/>
        {chart.numbers.map(|numbers| view! { <AsTable numbers/> })}
    }
}

/// What each colour means: its class, how opaque it is, and the words.
#[component]
pub fn ColorKey(keys: Vec<(String, f64, String)>) -> impl IntoView {
    let keys = keys.into_iter().map(|(class, opacity, label)| {
        view! {
            <li>
                <span class=format!("swatch {class}") style=format!("opacity:{opacity:.2}")></span>
                {label}
            </li>
        }
    });
    view! { <ul class="legend" aria-label="Colours">{keys.collect_view()}</ul> }
}

/// Keeps the chart beside others.
#[component]
fn AddToView(explore: Explore) -> impl IntoView {
    let panel = explore.panel();
    let views = explore.views.into_iter().map(|(id, name)| view! { <option value=id>{name}</option> });
    view! {
        <form method="get" action=panels_path(explore.experiment_id) class="toolbar">
            <input type="hidden" name="add" value=panel/>
            <select name="view" aria-label="View">
                <option value="">"a new view"</option>
                {views.collect_view()}
            </select>
            <button type="submit" class="button small">"Add to a view"</button>
            <a href=views_path(explore.experiment_id)>"All views"</a>
        </form>
    }
}

/// What is drawn, as numbers.
#[component]
fn AsTable(numbers: Numbers) -> impl IntoView {
    let header = numbers.header.into_iter().map(|name| view! { <th scope="col">{name}</th> });
    let rows = numbers.rows.into_iter().map(|row| {
        let cells = row.into_iter().map(|cell| view! { <td>{cell}</td> });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <details class="chart-numbers explore-numbers">
            <summary>"As a table"</summary>
            <div class="table-scroll" tabindex="0">
                <table class="table">
                    <thead><tr>{header.collect_view()}</tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}
