//! How long each hand-over took, over a model's versions.

use domain::registry::hand_over::{HandOver, Slowest, Step, slowest};
use leptos::prelude::*;

use super::{model_path, version_label, version_path};
use crate::components::EmptyState;
use crate::format;
use crate::plain::Table;

/// So many versions are drawn, the newest first.
const DRAWN: usize = 40;

#[component]
pub fn HandOvers(name: String, mut hand_overs: Vec<HandOver>) -> impl IntoView {
    hand_overs.reverse();
    let Some(slowest) = slowest(&hand_overs) else {
        return view! {
            <EmptyState title="No version has been handed on yet.">
                <p>"The chart begins when a version is registered from a run, and moves on towards Production."</p>
            </EmptyState>
        }
        .into_any();
    };
    let csv = format!("/api/v1{}/hand-overs?format=csv", model_path(&name));
    let cut = (hand_overs.len() > DRAWN).then(
        || view! { <p class="nothing">{format!("The newest {DRAWN} are drawn; the numbers have all.")}</p> },
    );
    let drawn = hand_overs.iter().take(DRAWN).cloned().collect();
    view! {
        <section class="part hand-overs" aria-labelledby="hand-overs">
            <div class="section-head">
                <h2 id="hand-overs">"Hand-overs"</h2>
                <span class="spacer"></span>
                <a class="button small" href=csv>"CSV"</a>
            </div>
            <p>{in_words(slowest)}</p>
            <Legend/>
            <Bars name=name.clone() hand_overs=drawn/>
            {cut}
            <Numbers name hand_overs/>
        </section>
    }
    .into_any()
}

/// What the colours of [`Bars`] mean.
#[component]
pub fn Legend() -> impl IntoView {
    let legend = Step::ALL.map(|step| {
        view! { <li><span class=class(step) aria-hidden="true"></span>{step.label()}</li> }
    });
    view! { <ul class="hand-over-legend">{legend.into_iter().collect_view()}</ul> }
}

/// A bar for each version of a model, as long as its way took.
#[component]
pub fn Bars(name: String, hand_overs: Vec<HandOver>) -> impl IntoView {
    let longest = hand_overs.iter().map(total).max().unwrap_or(0).max(1);
    let bars = hand_overs.iter().map(|one| bar(&name, one, longest)).collect_view();
    view! { <ul class="hand-over-bars">{bars}</ul> }
}

fn total(one: &HandOver) -> i64 {
    one.steps().iter().map(|(_, ms)| ms).sum()
}

fn class(step: Step) -> &'static str {
    match step {
        Step::Register => "step register",
        Step::Stage => "step stage",
        Step::Ask => "step ask",
        Step::Release => "step release",
    }
}

/// Which step holds the versions back.
pub fn in_words(slowest: Slowest) -> String {
    let step = match slowest.step {
        Step::Register => "between a run’s start and the registration of what it made",
        Step::Stage => "between registration and the first stage",
        Step::Ask => "before anybody asks for Production",
        Step::Release => "between the request for Production and the release",
    };
    format!(
        "Most of the time passes {step}: {} of {}.",
        format::duration(slowest.ms),
        format::duration(slowest.of_ms)
    )
}

fn bar(name: &str, one: &HandOver, longest: i64) -> impl IntoView + use<> {
    let steps = one.steps();
    let parts = steps.iter().map(|(step, ms)| {
        #[expect(clippy::cast_precision_loss, reason = "a share, to be seen")]
        let share = *ms as f64 / longest as f64 * 100.0;
        let title = format!("{} {}", format::duration(*ms), step.label());
        view! { <span class=class(*step) style=format!("width:{share:.3}%") title=title></span> }
    });
    let state = match one.released_at {
        Some(_) => "",
        None if one.is_waiting() => ", in review still",
        None => ", not in Production",
    };
    view! {
        <li>
            <a href=version_path(name, one.version)>{version_label(one.version)}</a>
            <div class="hand-over-bar" aria-hidden="true">{parts.collect_view()}</div>
            <span class="nothing">{format!("{}{state}", format::duration(total(one)))}</span>
        </li>
    }
}

#[component]
fn Numbers(name: String, hand_overs: Vec<HandOver>) -> impl IntoView {
    let rows = hand_overs.into_iter().map(|one| {
        let steps = one.steps();
        let cells = Step::ALL.map(|wanted| {
            let took = steps.iter().find(|(step, _)| *step == wanted).map(|(_, ms)| format::duration(*ms));
            view! { <td class="number">{took.unwrap_or_else(|| "–".into())}</td> }
        });
        view! {
            <tr>
                <th scope="row"><a href=version_path(&name, one.version)>{version_label(one.version)}</a></th>
                {cells.into_iter().collect_view()}
            </tr>
        }
    });
    let rows = rows.collect_view();
    let labels = Step::ALL.map(|step| view! { <th scope="col" class="number">{step.label()}</th> });
    let head = view! {
        <th scope="col">"Version"</th>
        {labels.into_iter().collect_view()}
    }
    .into_any();
    view! {
        <details class="chart-numbers">
            <summary>"Numbers"</summary>
            <Table name="How long each hand-over took" head>{rows}</Table>
        </details>
    }
}
