//! A version's stage: where it has been, and how it moves on.

use domain::registry::{ARCHIVED, NO_STAGE, Stages};
use leptos::prelude::*;
use store::registry::history::StageEntry;

use super::forms::{Asked, Folded, Refused, refused};
use super::stage::StageBadge;
use super::version_path;
use crate::plain::{PlainForm, When};

#[component]
pub fn MoveForm(
    stage: String,
    /// The workspace's.
    stages: Stages,
    path: String,
    /// The version that serves now, if another one does.
    champion: Option<i64>,
    refusal: Option<Refused>,
) -> impl IntoView {
    let refused = refused(refusal.as_ref(), Asked::Stage);
    let typed = refused.as_ref().map(|refused| refused.typed.text.clone());
    // What comes next is what one most often wants.
    let chosen = typed.unwrap_or_else(|| stages.next(&stage).unwrap_or(NO_STAGE).to_owned());
    let options = stages.iter().filter(|one| *one != stage).map(|one| {
        let label = if one == NO_STAGE { "No stage" } else { one };
        let is_chosen = one == chosen;
        view! { <option value=one.to_owned() selected=is_chosen>{label.to_owned()}</option> }
    });
    let options = options.collect_view();
    let serving = champion.map(|number| {
        let words = format!("In Production now: version {number}.");
        view! { <p class="nothing">{words}</p> }
    });
    let active: Vec<_> = stages.active().collect();
    let words = format!("Archive what is there (in {})", active.join(" or "));
    view! {
        <Folded label="Move to another stage" refused>
            <PlainForm action=format!("{path}/stage") class="fold-form">
                <label class="field">
                    <span>"Stage"</span>
                    <select name="stage">{options}</select>
                </label>
                <label class="choice">
                    <input type="checkbox" name="archive" value="true" checked=true/>
                    <span>{words}</span>
                </label>
                {serving}
                <button type="submit" class="button small primary">"Move it"</button>
            </PlainForm>
        </Folded>
    }
}

#[component]
pub fn StageHistory(name: String, entries: Vec<StageEntry>) -> impl IntoView {
    if entries.is_empty() {
        return view! { <p class="nothing">"Nothing is known of it."</p> }.into_any();
    }
    let count = entries.len();
    let items = entries.into_iter().enumerate().map(|(index, entry)| {
        let how = match (entry.rolled_back_from, entry.review) {
            (Some(number), _) => {
                let href = version_path(&name, number);
                view! { <span class="nothing">"rolled back from " <a href=href>{format!("version {number}")}</a></span> }.into_any()
            }
            (None, Some(review)) => view! { <span class="nothing">{format!("by review {review}")}</span> }.into_any(),
            (None, None) if index + 1 == count && entry.stage == NO_STAGE => {
                view! { <span class="nothing">"registered"</span> }.into_any()
            }
            (None, None) if entry.stage == ARCHIVED => ().into_any(),
            (None, None) => view! { <span class="nothing">"moved"</span> }.into_any(),
        };
        view! { <li><StageBadge stage=entry.stage/> <span class="nothing"><When at=entry.at/></span> {how}</li> }
    });
    view! { <ol class="stage-history">{items.collect_view()}</ol> }.into_any()
}
