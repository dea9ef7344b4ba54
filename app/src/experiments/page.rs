//! The page of one experiment: what it is, and its runs.

use domain::Lifecycle;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::forms::{DeleteDialog, RenameDialog, RestoreButton};
use super::server::{
    DeleteExperimentTag, ExperimentDetails, LoadExperiment, RenameExperiment, SetExperimentNotes,
    SetExperimentTag, load_experiment,
};
use crate::clock::Ago;
use crate::components::{
    ActionForm, ActionProblem, CopyButton, DialogButton, FormAction, Icon, IconName, NotFound, Notes,
    SkeletonRows, TagEditor, fresh, later, loaded, shown_tags,
};
use crate::format;
use crate::runs::RunsSection;
use crate::wire::load;

/// The changes that an experiment's header makes.
#[derive(Clone, Copy)]
struct Changes {
    rename: FormAction,
    set_tag: FormAction,
    delete_tag: FormAction,
    notes: FormAction,
}

impl Changes {
    fn new() -> Self {
        Self {
            rename: FormAction::new::<RenameExperiment>(),
            set_tag: FormAction::new::<SetExperimentTag>(),
            delete_tag: FormAction::new::<DeleteExperimentTag>(),
            notes: FormAction::new::<SetExperimentNotes>(),
        }
    }

    fn version(&self) -> usize {
        self.rename.done.get() + self.set_tag.done.get() + self.delete_tag.done.get() + self.notes.done.get()
    }
}

#[component]
pub fn ExperimentPage() -> impl IntoView {
    let params = use_params_map();
    let id = later(move || params.with(|params| params.get("id")?.parse::<i64>().ok()));
    view! {
        {move || match id.get() {
            Some(id) => view! { <KnownExperiment id/> }.into_any(),
            None => view! { <NotFound/> }.into_any(),
        }}
    }
}

#[component]
fn KnownExperiment(id: i64) -> impl IntoView {
    let changes = Changes::new();
    let details = load(move || LoadExperiment { id });
    let content = move || {
        Suspend::new(async move {
            let result = details.ready().await;
            loaded(
                result,
                move || details.refetch(),
                move |details| {
                    let keys = details.keys.clone();
                    let is_active = details.experiment.lifecycle == Lifecycle::Active;
                    let logs_to = is_active.then(|| details.experiment.name.clone());
                    let details = fresh(details, move || changes.version(), move |_| load_experiment(id));
                    view! {
                        {move || view! { <ExperimentHead details=details.value.get() changes/> }}
                        <RunsSection experiment_id=id logs_to keys/>
                    }
                },
            )
        })
    };
    view! {
        <Title text="Experiment"/>
        <div class="page">
            <Transition fallback=|| view! { <SkeletonRows/> }>{content}</Transition>
        </div>
    }
}

#[component]
fn ExperimentHead(details: ExperimentDetails, changes: Changes) -> impl IntoView {
    let ExperimentDetails { experiment, note_html, may_manage, now, .. } = details;
    let id = experiment.id;
    let note = experiment.note().unwrap_or_default().to_owned();
    let first_line = note
        .lines()
        .map(|line| line.trim_start_matches(['#', ' ', '>', '*', '-']))
        .find(|line| !line.is_empty());
    let excerpt = first_line.map(|line| format::shortened(line, 120));
    changes.notes.closes("edit-notes");
    let set_tag = move |fields: AnyView| {
        view! {
            <ActionForm action=changes.set_tag class="tag-form">
                <input type="hidden" name="id" value=id/>
                {fields}
            </ActionForm>
        }
        .into_any()
    };
    let delete_tag = move |fields: AnyView| {
        view! {
            <ActionForm action=changes.delete_tag class="inline-form">
                <input type="hidden" name="id" value=id/>
                {fields}
            </ActionForm>
        }
        .into_any()
    };
    let notes_form = move |fields: AnyView| {
        view! {
            <ActionForm action=changes.notes>
                <input type="hidden" name="id" value=id/>
                {fields}
                <ActionProblem action=changes.notes/>
            </ActionForm>
        }
    };
    let actions = if experiment.lifecycle == Lifecycle::Deleted {
        view! { <RestoreButton id/> }.into_any()
    } else {
        view! {
            <DialogButton opens="rename-experiment" class="icon-button" label="Rename">
                <Icon name=IconName::Edit/>
            </DialogButton>
            {may_manage.then(|| view! {
                <DialogButton opens="delete-experiment" class="icon-button" label="Delete experiment">
                    <Icon name=IconName::Trash/>
                </DialogButton>
                <DeleteDialog id name=experiment.name.clone()/>
            })}
            <RenameDialog id name=experiment.name.clone() action=changes.rename/>
        }
        .into_any()
    };
    let deleted = (experiment.lifecycle == Lifecycle::Deleted).then(
        || view! { <p class="notice">"This experiment is deleted. Restore it to log to it again."</p> },
    );
    view! {
        <Title text=experiment.name.clone()/>
        <nav class="crumbs" aria-label="Breadcrumbs"><a href="/experiments">"Experiments"</a></nav>
        <div class="page-head">
            <h1>{experiment.name.clone()}</h1>
            <span class="page-actions">{actions}</span>
        </div>
        {deleted}
        <dl class="facts">
            <div><dt>"Id"</dt><dd>{id} <CopyButton text=id.to_string() label="Copy experiment id"/></dd></div>
            <div><dt>"Access"</dt><dd><a href=format!("/experiments/{id}/permissions") rel="external">"Permissions"</a></dd></div>
            <div><dt>"Created"</dt><dd><Ago at=experiment.created_at now/></dd></div>
            <div>
                <dt>"Artifacts"</dt>
                <dd><code>{experiment.artifact_location.clone()}</code></dd>
            </div>
            <div><dt>"Tags"</dt><dd><TagEditor tags=shown_tags(&experiment.tags) set=set_tag delete=delete_tag/></dd></div>
        </dl>
        <details class="notes-fold">
            <summary>"Notes" {excerpt.map(|text| view! { <span class="excerpt">{text}</span> })}</summary>
            <Notes html=note_html text=note form=notes_form/>
        </details>
    }
}
