//! A view, to be read.

use leptos::prelude::*;
use store::views::View;

use super::panels::{Panel, Panels};
use super::{panels_path, views_path};
use crate::components::to_html;
use crate::plain::{Confirm, Outcome, PlainForm, When};

#[component]
pub fn ViewPage(view: View, panels: Vec<Panel>) -> impl IntoView {
    let View { id, experiment_id, experiment, contents, owner, updated_at, is_deleted, may_change, .. } =
        view;
    let edit = (may_change && !is_deleted).then(|| {
        let address = format!("{}?view={id}", panels_path(experiment_id));
        view! {
            <a class="button small" href=address>"Change"</a>
            <Confirm label="Delete">
                <PlainForm action=format!("/views/{id}/delete")>
                    <p>"It goes into the bin; it can be taken back from there."</p>
                    <button type="submit" class="button danger small">"Delete this view"</button>
                </PlainForm>
            </Confirm>
        }
    });
    let deleted = is_deleted.then(|| {
        view! {
            <div class="notice" role="status">
                <span>"This view is in the bin."</span>
                {may_change.then(|| view! {
                    <PlainForm action=format!("/views/{id}/restore")>
                        <button type="submit" class="button small">"Take it back"</button>
                    </PlainForm>
                })}
            </div>
        }
    });
    let shared = if contents.is_shared { "shared" } else { "only yours" };
    let notes = (!contents.notes.trim().is_empty())
        .then(|| view! { <div class="markdown view-notes" inner_html=to_html(&contents.notes)></div> });
    let nothing =
        panels.is_empty().then(|| view! { <Outcome message=Some("It has no panels.".to_owned())/> });
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=format!("/experiments/{experiment_id}")>{experiment}</a>
                <a href=views_path(experiment_id)>"Views"</a>
            </nav>
            <div class="page-head">
                <h1>{contents.name}</h1>
                <span class="chip">{shared}</span>
                <span class="spacer"></span>
                {edit}
            </div>
            <p class="nothing">{owner}", changed "<When at=updated_at/></p>
            {deleted}
            {notes}
            {nothing}
            <Panels panels tools=|_, _, _| ().into_any()/>
        </div>
    }
}
