//! The first page: what waits for whoever looks, what is wrong with their models, and what holds models back.

use domain::Millis;
use domain::registry::hand_over::slowest;
use leptos::prelude::*;
use store::registry::{Alert, Cause, Handed, Watched};
use store::reviews::{Waiting, WaitingList};

use super::{in_words, model_path, version_path, what};
use crate::components::{EmptyState, prose};
use crate::plain::When;
use crate::registry::hand_overs;

/// So many versions of a model are drawn, the newest first.
const DRAWN: usize = 5;

#[component]
pub fn WaitingPage(list: WaitingList, watched: Watched) -> impl IntoView {
    let WaitingList { waiting, more } = list;
    let more = (more > 0).then(|| {
        view! {
            <p class="nothing">
                {format!("{more} more ")}{if more == 1 { "is" } else { "are" }}" open: see "
                <a href="/reviews?state=open">"all open reviews"</a>"."
            </p>
        }
    });
    let (yours_to_sign, rest): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|one| one.your_role.is_some());
    let (your_own, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| one.is_yours);
    view! {
        <div class="page">
            <div class="page-head"><h1>"Waiting for you"</h1></div>
            <List waiting=yours_to_sign title="Your signature is missing" id="to-sign" empty="Nothing waits for your signature"/>
            <List waiting=your_own title="You asked for" id="asked" empty="You have asked for nothing that is still open"/>
            <Alerts alerts=watched.alerts/>
            <List waiting=others title="Open elsewhere" id="others" empty="Nothing else is open"/>
            {more}
            <HeldBack handed=watched.handed/>
        </div>
    }
}

#[component]
fn Alerts(alerts: Vec<Alert>) -> impl IntoView {
    let content = if alerts.is_empty() {
        view! { <EmptyState title="No alert on a model you own"/> }.into_any()
    } else {
        let items = alerts.into_iter().map(|alert| {
            let Alert { model, version, cause } = alert;
            let href = version_path(&model, version);
            let said = match cause {
                Cause::DataFailed { dataset, summary, at } => view! {
                    "A check of its data set "<b>{dataset}</b>" failed "<When at=at/>
                    {if summary.is_empty() { ".".to_owned() } else { format!(": {summary}") }}
                }
                .into_any(),
                Cause::Overridden { followup } => view! {
                    "It is in Production by an override that nobody has judged: "
                    <a href=format!("/reviews/{followup}")>{format!("review {followup}")}</a>"."
                }
                .into_any(),
                Cause::WronglyOverridden { followup } => view! {
                    "It is in Production by an override, and that was rejected afterwards: "
                    <a href=format!("/reviews/{followup}")>{format!("review {followup}")}</a>"."
                }
                .into_any(),
            };
            view! {
                <li class="waiting alert">
                    <a href=href>{format!("{model} v{version} in Production")}</a>
                    <p>{said}</p>
                </li>
            }
        });
        view! { <ul class="waiting-list">{items.collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="review-part" aria-labelledby="alerts">
            <h2 id="alerts">"Alerts on models you own"</h2>
            {content}
        </section>
    }
}

/// For the models that matter most, how long each hand-over took, and which of them takes longest.
#[component]
fn HeldBack(handed: Vec<Handed>) -> impl IntoView {
    let models = handed.into_iter().filter_map(|Handed { model, is_yours, mut versions }| {
        let slowest = slowest(&versions)?;
        versions.reverse();
        versions.truncate(DRAWN);
        let href = format!("{}?view=hand-overs", model_path(&model));
        let yours = is_yours.then(|| view! { <span class="chip">"yours"</span> });
        Some(view! {
            <li class="waiting">
                <a href=href>{model.clone()}</a>" "{yours}
                <p class="nothing">{hand_overs::in_words(slowest)}</p>
                <hand_overs::Bars name=model hand_overs=versions/>
            </li>
        })
    });
    let models: Vec<_> = models.collect();
    let content = if models.is_empty() {
        view! { <EmptyState title="No version has been handed on yet"/> }.into_any()
    } else {
        view! {
            <hand_overs::Legend/>
            <ul class="waiting-list">{models}</ul>
        }
        .into_any()
    };
    view! {
        <section class="review-part hand-overs" aria-labelledby="held-back">
            <h2 id="held-back">"What holds models back"</h2>
            {content}
        </section>
    }
}

#[component]
fn List(waiting: Vec<Waiting>, title: &'static str, id: &'static str, empty: &'static str) -> impl IntoView {
    let content = if waiting.is_empty() {
        view! { <EmptyState title=empty/> }.into_any()
    } else {
        let items = waiting.into_iter().map(|one| {
            let row = one.row;
            let role = one
                .your_role
                .map(|role| view! { <span class="chip">{format!("as {}", role.label())}</span> });
            view! {
                <li class="waiting">
                    <a href=format!("/reviews/{}", row.id)>{what(&row)}</a>" "{role}
                    <p class="nothing">
                        {row.requester}" asked "<When at=Millis(row.opened_at_ms)/>". "
                        {if one.missing.is_empty() {
                            "Nothing is missing any more; it has still to be applied.".into_any()
                        } else {
                            prose(&format!("Waits for {}.", in_words(&one.missing))).into_any()
                        }}
                    </p>
                </li>
            }
        });
        view! { <ul class="waiting-list">{items.collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="review-part" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {content}
        </section>
    }
}
