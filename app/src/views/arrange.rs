//! Panels on their way into a view: added, moved, named, and saved. All that was typed goes with each step.

use leptos::prelude::*;
use store::views::MOST_PANELS;

use super::panels::{Panel, Panels};
use super::{panels_path, view_path, views_path};
use crate::components::EmptyState;
use crate::plain::{Field, Refusal, typed};
use crate::runs::chart_kinds;
use crate::url::Query;

/// What is arranged.
#[derive(Debug, Clone, PartialEq)]
pub struct Arranged {
    pub experiment_id: i64,
    pub experiment: String,
    /// The view that is changed; `None`: a new one.
    pub view: Option<i64>,
    pub name: String,
    pub notes: String,
    pub is_shared: bool,
    pub panels: Vec<Panel>,
    /// Whether whoever looks may keep it, and show it to others.
    pub may_save: bool,
    pub may_share: bool,
    pub problem: Option<String>,
}

impl Arranged {
    /// The address that shows the same panels to anybody, saved or not.
    pub fn address(&self) -> String {
        let panels = self.panels.iter().fold(Query::new(), |query, panel| query.with("panel", &panel.spec));
        panels.after(&panels_path(self.experiment_id))
    }
}

#[component]
pub fn ArrangePage(arranged: Arranged) -> impl IntoView {
    let address = arranged.address();
    let Arranged {
        experiment_id,
        experiment,
        view,
        name,
        notes,
        is_shared,
        panels,
        may_save,
        may_share,
        problem,
    } = arranged;
    let title = if view.is_some() { "Change a view" } else { "New view" };
    let is_full = panels.len() >= MOST_PANELS;
    let kinds = chart_kinds().into_iter().map(|(kind, label)| view! { <option value=kind>{label}</option> });
    let kinds = kinds.collect_view();
    let nothing = panels.is_empty().then(|| {
        view! {
            <EmptyState title="No panels yet.">
                <p>"Add some here, or from the page that explores the runs."</p>
            </EmptyState>
        }
    });
    let save = if may_save {
        let sharing = if may_share {
            view! {
                <label class="check">
                    <input type="checkbox" name="shared" value="true" checked=is_shared/>
                    <span>"Shared with everybody who may read the experiment"</span>
                </label>
            }
            .into_any()
        } else {
            view! { <p class="nothing">"Only you will see it: whoever may change the experiment shares views."</p> }.into_any()
        };
        view! {
            <Field label="Name" name="name" value=name maxlength=200 required=false/>
            <label class="field">
                <span>"Notes, in Markdown"</span>
                <textarea name="notes" rows="6" inner_html=typed(&notes)></textarea>
            </label>
            {sharing}
            <div class="toolbar">
                <button type="submit" formaction=views_path(experiment_id) class="button primary">"Save"</button>
                {view.map(|id| view! { <a class="button" href=view_path(id)>"Leave it as it was"</a> })}
            </div>
        }
        .into_any()
    } else {
        view! { <p class="nothing">"Whoever has a role besides viewer can save it; an admin gives roles."</p> }.into_any()
    };
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=format!("/experiments/{experiment_id}")>{experiment}</a>
                <a href=views_path(experiment_id)>"Views"</a>
            </nav>
            <div class="page-head"><h1>{title}</h1></div>
            <form method="post" action=panels_path(experiment_id) class="arrange">
                // What Enter does: nothing is moved or removed by it.
                <button type="submit" name="act" value="draw" class="visually-hidden" tabindex="-1">"Draw again"</button>
                {view.map(|id| view! { <input type="hidden" name="view" value=id/> })}
                {nothing}
                <Panels panels tools/>
                <div class="toolbar">
                    <select name="kind" aria-label="Kind of chart">{kinds}</select>
                    <button type="submit" name="act" value="add" class="button" disabled=is_full>"Add a panel"</button>
                    <button type="submit" name="act" value="draw" class="button">"Draw again"</button>
                    <a href=address>"Link to this, unsaved"</a>
                </div>
                <div class="card view-save">
                    <Refusal message=problem/>
                    {save}
                </div>
            </form>
        </div>
    }
}

fn tools(place: usize, panel: &Panel, count: usize) -> AnyView {
    let act = |act: &'static str, label: &'static str, sign: &'static str, is_off: bool| {
        let what = format!("{label}: {}", panel.title);
        view! {
            <button type="submit" name="act" value=format!("{act}-{place}") class="button small" aria-label=what disabled=is_off>
                {sign}
            </button>
        }
    };
    let widths = [("", "half the width"), ("true", "the whole width")].map(|(value, label)| {
        view! { <option value=value selected=panel.is_wide == (value == "true")>{label}</option> }
    });
    view! {
        <div class="panel-tools">
            <input type="hidden" name="panel" value=panel.spec.clone()/>
            <label class="field">
                <span>"Title"</span>
                <input type="text" name="title" value=panel.title.clone() maxlength="200"/>
            </label>
            <label class="field">
                <span>"Starts the section"</span>
                <input type="text" name="section" value=panel.section.clone() maxlength="200" placeholder="none"/>
            </label>
            <label class="field">
                <span>"Width"</span>
                <select name="wide">{widths}</select>
            </label>
            <span class="panel-moves">
                {act("up", "Move earlier", "↑", place == 0)}
                {act("down", "Move later", "↓", place + 1 == count)}
                {act("remove", "Remove", "Remove", false)}
            </span>
        </div>
    }
    .into_any()
}
