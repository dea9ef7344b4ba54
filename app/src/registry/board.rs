//! A model's versions by stage.

use std::collections::HashMap;

use domain::Run;
use domain::registry::{ARCHIVED, NO_STAGE, Stages};
use leptos::prelude::*;
use store::registry::{OpenReview, VersionSummary};

use super::metric_chart::value_of;
use super::stage::{Overridden, StageBadge, columns};
use super::{maker, version_label, version_path};
use crate::format;
use crate::plain::When;

/// A column without an end shows so many; the rest is in the table.
const MOST_CARDS: usize = 12;

#[component]
pub fn Board(
    name: String,
    versions: Vec<VersionSummary>,
    /// The workspace's.
    stages: Stages,
    runs: HashMap<String, Run>,
    /// The metric that cards show.
    metric: Option<String>,
) -> impl IntoView {
    let stages = columns(&stages, versions.iter().map(|one| one.version.stage.as_str()));
    let column = |stage: String| {
        let inside: Vec<_> = versions.iter().filter(|one| one.version.stage == stage).collect();
        let count = inside.len();
        let cards = inside.into_iter().take(MOST_CARDS).map(|one| card(&name, one, &runs, metric.as_deref()));
        let cards = cards.collect_view();
        let more = (count > MOST_CARDS).then(|| {
            let words = format!("{} more in the table", format::count(format::as_i64(count - MOST_CARDS)));
            view! { <p class="table-note"><a href="?view=table">{words}</a></p> }
        });
        let empty = (count == 0).then(|| {
            let words = match stage.as_str() {
                NO_STAGE => "Nothing new.",
                ARCHIVED => "Nothing has been replaced.",
                _ => "No version.",
            };
            view! { <p class="nothing">{words}</p> }
        });
        let label = if stage == NO_STAGE { "No stage".to_owned() } else { stage.clone() };
        view! {
            <section class="stage-column" aria-label=label>
                <div class="section-head">
                    <h2><StageBadge stage/></h2>
                    <span class="count">{format::count(format::as_i64(count))}</span>
                </div>
                <ul class="version-cards">{cards}</ul>
                {empty}
                {more}
            </section>
        }
    };
    view! { <div class="stage-board">{stages.into_iter().map(column).collect_view()}</div> }
}

/// Which reviews of the version are open.
fn waiting(open: &[OpenReview]) -> impl IntoView + use<> {
    let link = |review: &OpenReview| {
        let words = if review.is_followup {
            "was the override right?".to_owned()
        } else {
            format!("waits for {}", review.target)
        };
        view! { <p><a href=format!("/reviews/{}", review.id)>{words}</a></p> }
    };
    open.iter().map(link).collect_view()
}

fn card(
    name: &str,
    one: &VersionSummary,
    runs: &HashMap<String, Run>,
    metric: Option<&str>,
) -> impl IntoView + use<> {
    let version = &one.version;
    let run = runs.get(&version.run_uuid);
    let aliases = version.aliases.iter().map(|alias| {
        view! { <span class="chip alias">{format!("@{alias}")}</span> }
    });
    let value = metric.map(|metric| {
        let value = run.and_then(|run| value_of(run, metric)).map_or("–".into(), format::number);
        view! {
            <div class="version-metric">
                <dt>{metric.to_owned()}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let made = maker(&one.author, run).map(|name| format!("by {name}, "));
    let words = version.description.clone().filter(|text| !text.trim().is_empty());
    let words =
        words.map(|text| view! { <p class="version-words">{format::shortened(text.trim(), 120)}</p> });
    view! {
        <li class="version-card">
            <div class="version-card-head">
                <a href=version_path(name, version.version)>{version_label(version.version)}</a>
                {aliases.collect_view()}
                {one.is_overridden.then(|| view! { <Overridden/> })}
            </div>
            {words}
            <dl>{value}</dl>
            {waiting(&one.open_reviews)}
            <p class="nothing">{made} <When at=version.created_at/></p>
        </li>
    }
}
