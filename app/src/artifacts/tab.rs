//! The tab with the files of a run and of the models it made.

use std::time::Duration;

use leptos::prelude::*;

use super::owner::Owner;
use super::server::{ListFolders, ViewArtifact};
use super::tree::Tree;
use super::viewer::Viewer;
use crate::clock::poll;
use crate::components::{EmptyState, SkeletonBlock, SkeletonRows, loaded};
use crate::error::UiError;
use crate::runs::{RelatedModel, ShownRun};
use crate::url::{Query, use_query};
use crate::wire::load;

const REFRESH_EVERY: Duration = Duration::from_secs(4);

/// Where the reader is.
#[derive(Clone, Copy)]
pub struct Place {
    pub owner: Memo<Owner>,
    pub path: Memo<String>,
    tab: StoredValue<String>,
}

impl Place {
    pub fn expect() -> Self {
        expect_context()
    }

    /// The address of another file or folder of the same owner.
    pub fn address(self, path: &str) -> String {
        let model = match self.owner.get_untracked() {
            Owner::Run(_) => String::new(),
            Owner::Model(id) => id,
        };
        self.tab.with_value(|tab| Query::new().with("model", &model).with("path", path).after(tab))
    }
}

#[component]
pub fn ArtifactsTab() -> impl IntoView {
    let shown = ShownRun::expect();
    let query = use_query();
    let uuid = shown.uuid();
    let owner = Memo::new(move |_| {
        let model = query.with(|query| query.get("model").filter(|id| !id.is_empty()));
        model.map_or_else(|| Owner::Run(uuid.clone()), Owner::Model)
    });
    let path = Memo::new(move |_| query.with(|query| query.get("path").unwrap_or_default()));
    provide_context(Place { owner, path, tab: StoredValue::new(shown.address("artifacts")) });

    let folders = load(move || ListFolders { owner: owner.get(), path: path.get_untracked() });
    let viewed = load(move || ViewArtifact { owner: owner.get(), path: path.get() });
    let tree = move || {
        Suspend::new(async move {
            let found = folders.ready().await;
            if matches!(found, Err(UiError::Elsewhere(_))) {
                // The view beside the tree says where.
                return ().into_any();
            }
            loaded(
                found,
                move || folders.refetch(),
                |folders| {
                    let is_empty = folders.iter().all(|folder| folder.entries.is_empty());
                    if is_empty {
                        view! { <NoFiles/> }.into_any()
                    } else {
                        view! { <Tree folders/> }.into_any()
                    }
                },
            )
        })
    };
    let file = move || {
        Suspend::new(async move {
            loaded(viewed.ready().await, move || viewed.refetch(), |viewed| view! { <Viewer viewed/> })
        })
    };
    // What a run logs last are often its files.
    Effect::new(move |before: Option<()>| {
        shown.logged.track();
        if before.is_some() {
            folders.refetch();
        }
    });
    // An upload tells nobody.
    poll(REFRESH_EVERY, move || {
        if shown.is_running() {
            folders.refetch();
            if path.with_untracked(String::is_empty) {
                viewed.refetch();
            }
        }
    });
    view! {
        <div class="artifacts">
            <section class="artifact-tree" aria-label="Files">
                <Owners/>
                <Transition fallback=|| view! { <SkeletonRows rows=4/> }>{tree}</Transition>
            </section>
            <section class="artifact-view" aria-label="File">
                <Transition fallback=|| view! { <SkeletonBlock/> }>{file}</Transition>
            </section>
        </div>
    }
}

/// The run's own files, and those of its models.
#[component]
fn Owners() -> impl IntoView {
    let shown = ShownRun::expect();
    let place = Place::expect();
    let models = Memo::new(move |_| shown.details.value.with(|details| details.models.clone()));
    let model_link = move |model: &RelatedModel| {
        let id = model.model_id.clone();
        let href = Query::new().with("model", &id).after(&shown.address("artifacts"));
        let current = move || (place.owner.get() == Owner::Model(id.clone())).then_some("true");
        let name = model.name.clone().unwrap_or_else(|| model.model_id.clone());
        view! { <li><a href=href aria-current=current title=model.model_id.clone()>{name}</a></li> }
    };
    move || {
        models.with(|models| {
            (!models.is_empty()).then(|| {
                let is_run = move || matches!(place.owner.get(), Owner::Run(_)).then_some("true");
                view! {
                    <ul class="owners" aria-label="Whose files">
                        <li><a href=shown.address("artifacts") aria-current=is_run>"Run"</a></li>
                        {models.iter().map(model_link).collect_view()}
                    </ul>
                }
            })
        })
    }
}

#[component]
fn NoFiles() -> impl IntoView {
    view! {
        <EmptyState title="No files.">
            <p>"Log one with " <code>"mlflow.log_artifact(\"plot.png\")"</code></p>
        </EmptyState>
    }
}
