//! A version's model card: read by whoever relies on it, and what it still lacks.

use domain::reviews::card::{Section, missing, template};
use leptos::prelude::*;
use store::registry::cards::Card;

use super::forms::{Asked, Folded, Refused, TextForm, refused};
use crate::components::to_html;
use crate::plain::When;

#[component]
pub fn CardPart(
    card: Option<Card>,
    path: String,
    may_change: bool,
    refusal: Option<Refused>,
) -> impl IntoView {
    let text = card.as_ref().map(|card| card.text.clone()).unwrap_or_default();
    let lacking: Vec<_> = missing(&text).into_iter().map(Section::title).collect();
    let lacks = match (&card, lacking.is_empty()) {
        (None, _) => None,
        (Some(_), true) => {
            Some(view! { <p class="card-state complete">"All sections are filled in."</p> }.into_any())
        }
        (Some(_), false) => {
            let words = format!("Missing: {}", lacking.join(", "));
            Some(view! { <p class="card-state lacking">{words}</p> }.into_any())
        }
    };
    let shown = match &card {
        None => {
            let words = format!("Nobody has written one. It should say: {}.", lacking.join(", "));
            view! { <p class="nothing">{words}</p> }.into_any()
        }
        Some(card) => {
            view! { <div class="markdown model-card" inner_html=to_html(&card.text)></div> }.into_any()
        }
    };
    let updated = card
        .as_ref()
        .map(|card| view! { <span class="nothing">"changed " <When at=card.updated_at/></span> });
    let form = may_change.then(|| {
        let refused = refused(refusal.as_ref(), Asked::Card);
        let typed = refused.as_ref().map(|refused| refused.typed.text.clone());
        let text = typed.unwrap_or_else(|| if text.trim().is_empty() { template() } else { text.clone() });
        let label = if card.is_some() { "Edit card" } else { "Write card" };
        let action = format!("{path}/card");
        view! {
            <Folded label refused>
                <TextForm action label="Model card, in Markdown" button="Save card" text rows=18/>
            </Folded>
        }
    });
    view! {
        <section class="part" aria-labelledby="model-card">
            <div class="section-head"><h2 id="model-card">"Model card"</h2> {updated}</div>
            {lacks}
            {shown}
            {form}
        </section>
    }
}
