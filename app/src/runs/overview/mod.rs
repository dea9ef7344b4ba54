//! A run at a glance: what went in, what came out, and where it came from.

mod facts;
mod keys;
mod related;

use leptos::prelude::*;

use self::facts::Facts;
use self::keys::{Metrics, Params};
use self::related::{Children, Datasets, Models};
use super::page::ShownRun;
use crate::components::{ActionForm, ActionProblem, Notes, TagEditor, shown_tags};

#[component]
pub fn OverviewTab() -> impl IntoView {
    view! {
        <div class="overview">
            <div class="overview-main">
                <Metrics/>
                <Params/>
                <Children/>
            </div>
            <aside class="overview-side" aria-label="About this run">
                <Facts/>
                <RunTags/>
                <RunNotes/>
                <Datasets/>
                <Models/>
            </aside>
        </div>
    }
}

#[component]
fn RunTags() -> impl IntoView {
    let shown = ShownRun::expect();
    let changes = shown.changes;
    let tags = Memo::new(move |_| shown.details.value.with(|details| shown_tags(&details.run.tags)));
    let editor = move || {
        let set = move |fields: AnyView| {
            view! {
                <ActionForm action=changes.set_tag class="tag-form">
                    <input type="hidden" name="uuid" value=shown.uuid()/>
                    {fields}
                </ActionForm>
            }
            .into_any()
        };
        let delete = move |fields: AnyView| {
            view! {
                <ActionForm action=changes.delete_tag class="inline-form">
                    <input type="hidden" name="uuid" value=shown.uuid()/>
                    {fields}
                </ActionForm>
            }
            .into_any()
        };
        view! { <TagEditor tags=tags.get() set delete/> }
    };
    view! {
        <section class="card" aria-labelledby="tags-title">
            <h2 id="tags-title">"Tags"</h2>
            {editor}
            <ActionProblem action=changes.set_tag/>
        </section>
    }
}

#[component]
fn RunNotes() -> impl IntoView {
    let shown = ShownRun::expect();
    let save = shown.changes.notes;
    save.closes("edit-notes");
    let notes = Memo::new(move |_| {
        shown.details.value.with(|details| {
            let text = details.run.tag(domain::experiments::NOTE_TAG).unwrap_or_default().to_owned();
            (details.note_html.clone(), text)
        })
    });
    move || {
        let (html, text) = notes.get();
        let form = move |fields: AnyView| {
            view! {
                <ActionForm action=save>
                    <input type="hidden" name="uuid" value=shown.uuid()/>
                    {fields}
                    <ActionProblem action=save/>
                </ActionForm>
            }
        };
        view! { <Notes html text form/> }
    }
}
