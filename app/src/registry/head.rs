//! What the heads of both pages share: description, tags, aliases, and who may change them.

use domain::KeyValue;
use leptos::prelude::*;

use super::forms::{AliasForms, AliasRow, Asked, Folded, Refused, TagForms, TextForm, refused};
use crate::components::{Tag, shown_tags, to_html};

/// A description in Markdown.
#[component]
pub fn Description(text: String, path: String, may_change: bool, refusal: Option<Refused>) -> impl IntoView {
    let shown = if text.trim().is_empty() {
        view! { <p class="nothing">"No description."</p> }.into_any()
    } else {
        view! { <div class="markdown" inner_html=to_html(&text)></div> }.into_any()
    };
    let form = may_change.then(|| {
        let refused = refused(refusal.as_ref(), Asked::Description);
        let text = refused.as_ref().map_or(text, |refused| refused.typed.text.clone());
        let action = format!("{path}/description");
        view! {
            <Folded label="Edit description" refused>
                <TextForm action label="Description, in Markdown" button="Save description" text/>
            </Folded>
        }
    });
    view! { <div class="described">{shown} {form}</div> }
}

#[component]
pub fn Tags(tags: Vec<KeyValue>, path: String, may_change: bool, refusal: Option<Refused>) -> impl IntoView {
    let tags = shown_tags(&tags);
    let chips = if tags.is_empty() {
        view! { <span class="nothing">"No tags."</span> }.into_any()
    } else {
        tags.iter().cloned().map(|tag| view! { <Tag tag/> }).collect_view().into_any()
    };
    let form = may_change.then(|| {
        let refused = refused(refusal.as_ref(), Asked::Tag);
        view! { <Folded label="Edit tags" refused><TagForms path tags/></Folded> }
    });
    view! { <div class="tags">{chips} {form}</div> }
}

#[component]
pub fn Aliases(
    aliases: Vec<AliasRow>,
    path: String,
    /// To choose from; empty: the page is one version's.
    versions: Vec<i64>,
    may_change: bool,
    refusal: Option<Refused>,
) -> impl IntoView {
    let is_of_model = !versions.is_empty();
    let chips = if aliases.is_empty() {
        view! { <span class="nothing">"No aliases."</span> }.into_any()
    } else {
        let chip = |row: &AliasRow| {
            let of = is_of_model.then(|| format!(" → v{}", row.version));
            view! { <span class="chip alias">{format!("@{}", row.alias)} {of}</span> }
        };
        aliases.iter().map(chip).collect_view().into_any()
    };
    let form = may_change.then(|| {
        let refused = refused(refusal.as_ref(), Asked::Alias);
        view! { <Folded label="Edit aliases" refused><AliasForms path aliases versions/></Folded> }
    });
    view! { <div class="tags">{chips} {form}</div> }
}

/// Why nothing can be changed here, and who can help.
#[component]
pub fn MayOnlyLook(
    /// Who may change it.
    who: String,
) -> impl IntoView {
    view! {
        <p class="nothing may-only-look">{format!("You may look and ask for reviews, but change nothing here. Who can: {who}.")}</p>
    }
}

/// Who may do what whoever looks may not: delete it, and decide about rights.
#[component]
pub fn MayNotManage(what: &'static str, who: String) -> impl IntoView {
    view! { <p class="nothing">{format!("Who can delete {what}: {who}.")}</p> }
}
