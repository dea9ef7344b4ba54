//! Where a model's versions come from and where they are, drawn and in words.

use std::collections::HashMap;

use domain::Run;
use domain::registry::{NO_STAGE, Stages, is_active};
use leptos::prelude::*;
use store::registry::VersionSummary;

use super::lineage_layout::{BOX, Edge, Kind, Layout, Node, lay_out};
use super::{run_path, version_label, version_path};
use crate::format;

/// More versions make no picture; those in use are always in it.
const MOST: usize = 30;
/// What fits into a box, in letters.
const LETTERS: usize = 25;
const SMALL_LETTERS: usize = 30;

#[component]
pub fn Lineage(
    name: String,
    versions: Vec<VersionSummary>,
    /// The workspace's.
    stages: Stages,
    runs: HashMap<String, Run>,
    /// How many versions there are in all.
    total: i64,
) -> impl IntoView {
    let mut shown: Vec<_> = versions.iter().collect();
    shown.sort_by_key(|one| !is_active(&one.version.stage));
    shown.truncate(MOST);
    shown.sort_by_key(|one| std::cmp::Reverse(one.version.version));
    let left = total - format::as_i64(shown.len());
    let note = (left > 0).then(|| {
        let words = format!(
            "{} not drawn: the newest are, and those in use.",
            format::plural(left, "version is", "versions are")
        );
        view! { <p class="table-note">{words}</p> }
    });
    let layout = lay_out(&name, &shown, &stages, &runs);
    let words = shown.iter().map(|one| in_words(&name, one, runs.get(&one.version.run_uuid))).collect_view();
    view! {
        <figure class="lineage" aria-labelledby="lineage-caption">
            <figcaption id="lineage-caption" class="nothing">
                "From data sets through runs to versions and their stages. The thick line leads to what serves."
            </figcaption>
            <div class="table-scroll lineage-scroll" tabindex="0" role="region" aria-label="Lineage, drawn">{drawn(&layout)}</div>
            {note}
            <details class="chart-numbers">
                <summary>"In words"</summary>
                <ul class="lineage-words">{words}</ul>
            </details>
        </figure>
    }
}

fn drawn(layout: &Layout) -> impl IntoView + use<> {
    let edges = layout.edges.iter().map(|edge| path(layout, *edge)).collect_view();
    let nodes = layout.nodes.iter().map(node).collect_view();
    let titles = Kind::ALL.into_iter().filter_map(|kind| {
        let x = layout.nodes.iter().find(|node| node.kind == kind)?.x;
        Some(view! { <text class="lineage-title" x=x y="16">{kind.title()}</text> })
    });
    let titles = titles.collect_view();
    let view_box = format!("0 0 {} {}", layout.width, layout.height);
    view! {
        <svg class="lineage-drawing" viewBox=view_box width=layout.width height=layout.height role="group" aria-label="Data sets, runs, versions and stages">
            {titles}
            <g aria-hidden="true">{edges}</g>
            {nodes}
        </svg>
    }
}

fn path(layout: &Layout, edge: Edge) -> impl IntoView + use<> {
    let (from, to) = (&layout.nodes[edge.from], &layout.nodes[edge.to]);
    let (x1, y1) = (from.x + BOX.0, from.y + BOX.1 / 2.0);
    let (x2, y2) = (to.x, to.y + BOX.1 / 2.0);
    let middle = f64::midpoint(x1, x2);
    let class = if edge.serves { "lineage-edge serves" } else { "lineage-edge" };
    view! { <path class=class d=format!("M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}")/> }
}

fn node(node: &Node) -> AnyView {
    let class = match node.kind {
        Kind::Dataset => "lineage-node dataset",
        Kind::Run => "lineage-node run",
        Kind::Version => "lineage-node version",
        Kind::Stage => "lineage-node stage-end",
    };
    let label = if node.label == NO_STAGE { "No stage" } else { &node.label };
    let has_detail = !node.detail.is_empty();
    let baseline = node.y + if has_detail { 19.0 } else { 26.5 };
    let detail = has_detail.then(|| {
        let text = format::shortened(&node.detail, SMALL_LETTERS);
        view! { <text class="lineage-detail" x=node.x + 12.0 y=node.y + 35.0>{text}</text> }
    });
    // What was cut is said whole.
    let is_cut = label.chars().count() > LETTERS || node.detail.chars().count() > SMALL_LETTERS;
    let full = is_cut.then(|| format!("{label} {}", node.detail));
    let inside = view! {
        <rect x=node.x y=node.y width=BOX.0 height=BOX.1 rx="6"/>
        <text x=node.x + 12.0 y=baseline>{format::shortened(label, LETTERS)}</text>
        {detail}
    };
    match node.href.clone() {
        Some(href) => view! { <a class=class href=href aria-label=full>{inside}</a> }.into_any(),
        None => view! { <g class=class>{inside}</g> }.into_any(),
    }
}

fn in_words(name: &str, one: &VersionSummary, run: Option<&Run>) -> impl IntoView + use<> {
    let version = &one.version;
    let from = match run {
        Some(run) => {
            let datasets: Vec<_> =
                run.inputs.datasets.iter().map(|input| input.dataset.name.clone()).collect();
            let read = if datasets.is_empty() {
                ", which names no data set".to_owned()
            } else {
                format!(", which read {}", datasets.join(", "))
            };
            view! { " comes from the run " <a href=run_path(run)>{run.name.clone()}</a> {read} }.into_any()
        }
        None => " is of no run that is known here".into_any(),
    };
    let place = match version.stage.as_str() {
        NO_STAGE => "; it is in no stage.".to_owned(),
        stage => format!("; it is in {stage}."),
    };
    view! {
        <li><a href=version_path(name, version.version)>{version_label(version.version)}</a> {from} {place}</li>
    }
}
