//! The views of an experiment.

use leptos::prelude::*;
use store::views::View;

use super::{panels_path, view_path, views_path};
use crate::components::EmptyState;
use crate::format;
use crate::plain::{Table, When};

#[component]
pub fn ViewsPage(
    experiment_id: i64,
    experiment: String,
    views: Vec<View>,
    /// A part of the name.
    q: String,
    is_bin: bool,
    may_save: bool,
) -> impl IntoView {
    let places = [(false, "Views", ""), (true, "Deleted", "?bin=true")].map(|(bin, label, query)| {
        let current = (bin == is_bin).then_some("true");
        view! { <a href=format!("{}{query}", views_path(experiment_id)) aria-current=current>{label}</a> }
    });
    let new =
        may_save.then(|| view! { <a class="button primary" href=panels_path(experiment_id)>"New view"</a> });
    let count = views.len();
    let head =
        ["View", "Panels", "Who sees it", "By", "Changed"].map(|name| view! { <th scope="col">{name}</th> });
    let head = head.collect_view().into_any();
    let rows = views.into_iter().map(|view| {
        let panels = view.contents.panels.len();
        view! {
            <tr>
                <td><a href=view_path(view.id)>{view.contents.name}</a></td>
                <td>{format::plural(format::as_i64(panels), "panel", "panels")}</td>
                <td>{if view.contents.is_shared { "shared" } else { "only yours" }}</td>
                <td>{view.owner}</td>
                <td><When at=view.updated_at/></td>
            </tr>
        }
    });
    let content = if count == 0 {
        let title = match (q.is_empty(), is_bin) {
            (false, _) => "No view has that in its name.",
            (true, true) => "The bin is empty.",
            (true, false) => "No views yet.",
        };
        view! {
            <EmptyState title>
                <p>"A view keeps charts of this experiment together, with what you have to say about them, at an address to send."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <Table name="Views" class="views" head>{rows.collect_view()}</Table>
        }
        .into_any()
    };
    let bin = is_bin.then(|| view! { <input type="hidden" name="bin" value="true"/> });
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=format!("/experiments/{experiment_id}")>{experiment}</a>
            </nav>
            <div class="page-head">
                <h1>"Views"</h1>
                <nav class="segmented" aria-label="Which views">{places}</nav>
                <span class="spacer"></span>
                {new}
            </div>
            <form method="get" action=views_path(experiment_id) class="toolbar" role="search">
                {bin}
                <input type="search" name="q" value=q aria-label="Part of a name" placeholder="Part of a name" maxlength="200"/>
                <button type="submit" class="button small">"Search"</button>
            </form>
            {content}
        </div>
    }
}
