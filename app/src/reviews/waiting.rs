//! The first page: what waits for whoever looks.

use domain::Millis;
use leptos::prelude::*;
use store::reviews::Waiting;

use super::{in_words, what};
use crate::components::{EmptyState, prose};
use crate::plain::When;

#[component]
pub fn WaitingPage(waiting: Vec<Waiting>) -> impl IntoView {
    let (yours_to_sign, rest): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|one| one.your_role.is_some());
    let (your_own, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| one.is_yours);
    view! {
        <div class="page">
            <div class="page-head"><h1>"Waiting for you"</h1></div>
            <List waiting=yours_to_sign title="Your signature is missing" id="to-sign" empty="Nothing waits for your signature"/>
            <List waiting=your_own title="You asked for" id="asked" empty="You have asked for nothing that is still open"/>
            <List waiting=others title="Open elsewhere" id="others" empty="Nothing else is open"/>
        </div>
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
                        {prose(&format!("Waits for {}.", in_words(&one.missing)))}
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
