//! The page of one run: its head, its tabs, and what keeps them fresh.

use domain::{Lifecycle, RunStatus};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_params_map};

use super::live::follow_run;
use super::server::{
    DeleteRun, DeleteRunTag, LoadRun, RenameRun, RestoreRun, RunDetails, SetRunNotes, SetRunTag, load_run,
};
use crate::clock::is_in_sight;
use crate::components::{
    ActionForm, ActionProblem, Dialog, DialogButton, FormAction, Fresh, Icon, IconName, SkeletonRows,
    StatusBadge, fresh, loaded,
};
use crate::wire::load;

/// The changes that a run's page makes.
#[derive(Clone, Copy)]
pub struct Changes {
    pub rename: FormAction,
    pub delete: FormAction,
    pub restore: FormAction,
    pub set_tag: FormAction,
    pub delete_tag: FormAction,
    pub notes: FormAction,
}

impl Changes {
    fn new() -> Self {
        Self {
            rename: FormAction::new::<RenameRun>(),
            delete: FormAction::new::<DeleteRun>(),
            restore: FormAction::new::<RestoreRun>(),
            set_tag: FormAction::new::<SetRunTag>(),
            delete_tag: FormAction::new::<DeleteRunTag>(),
            notes: FormAction::new::<SetRunNotes>(),
        }
    }

    fn version(&self) -> usize {
        self.rename.done.get()
            + self.delete.done.get()
            + self.restore.done.get()
            + self.set_tag.done.get()
            + self.delete_tag.done.get()
            + self.notes.done.get()
    }
}

/// The run that the page shows, for its tabs.
#[derive(Clone, Copy)]
pub struct ShownRun {
    pub details: Fresh<RunDetails>,
    pub changes: Changes,
    /// Grows whenever the run has logged something.
    pub logged: RwSignal<usize>,
}

impl ShownRun {
    pub fn expect() -> Self {
        expect_context()
    }

    pub fn uuid(self) -> String {
        self.details.value.with_untracked(|details| details.run.uuid.clone())
    }

    pub fn is_running(self) -> bool {
        self.details.value.with_untracked(|details| !details.run.status.is_terminal())
    }

    /// The address of a tab: `charts`, `artifacts`, …; the overview is empty.
    pub fn address(self, tab: &str) -> String {
        let (id, uuid) = self
            .details
            .value
            .with_untracked(|details| (details.run.experiment_id, details.run.uuid.clone()));
        let slash = if tab.is_empty() { "" } else { "/" };
        format!("/experiments/{id}/runs/{uuid}{slash}{tab}")
    }
}

#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let uuid = Memo::new(move |_| params.with(|params| params.get("uuid").unwrap_or_default()));
    let details = load(move || LoadRun { uuid: uuid.get() });
    let content = move || {
        Suspend::new(async move {
            loaded(details.ready().await, move || details.refetch(), |details| view! { <KnownRun details/> })
        })
    };
    view! {
        <Title text="Run"/>
        <div class="page">
            <Transition fallback=|| view! { <SkeletonRows/> }>{content}</Transition>
        </div>
    }
}

#[component]
fn KnownRun(details: RunDetails) -> impl IntoView {
    let uuid = details.run.uuid.clone();
    let changes = Changes::new();
    let logged = RwSignal::new(0);
    let is_connected = RwSignal::new(false);
    let details = {
        let uuid = uuid.clone();
        fresh(details, move || (changes.version(), logged.get()), move |_| load_run(uuid.clone()))
    };
    provide_context(ShownRun { details, changes, logged });
    let is_running = Memo::new(move |_| details.value.with(|details| !details.run.status.is_terminal()));
    let is_in_sight = is_in_sight();
    Effect::new(move |_| {
        // A browser keeps few connections to a server: a page out of sight leaves them to others.
        if is_running.get() && is_in_sight.get() {
            follow_run(&uuid, logged, is_connected);
        }
    });
    let title = move || details.value.with(|details| details.run.name.clone());
    view! {
        <Title text=title/>
        <RunHead is_connected/>
        <Tabs/>
        <Outlet/>
    }
}

#[component]
fn RunHead(is_connected: RwSignal<bool>) -> impl IntoView {
    let shown = ShownRun::expect();
    let details = shown.details.value;
    let crumbs = details.with_untracked(|details| {
        let experiment = format!("/experiments/{}", details.run.experiment_id);
        view! {
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=experiment>{details.experiment_name.clone()}</a>
            </nav>
        }
    });
    let name = Memo::new(move |_| details.with(|details| details.run.name.clone()));
    let status = Memo::new(move |_| details.with(|details| details.run.status));
    let is_deleted = Memo::new(move |_| details.with(|details| details.run.lifecycle == Lifecycle::Deleted));
    let live = move || {
        (status.get() == RunStatus::Running && is_connected.get())
            .then(|| view! { <span class="live" title="This page updates by itself">"live"</span> })
    };
    let actions = move || {
        if is_deleted.get() {
            view! { <RestoreRunButton/> }.into_any()
        } else {
            view! {
                <DialogButton opens="rename-run" class="icon-button" label="Rename">
                    <Icon name=IconName::Edit/>
                </DialogButton>
                <DialogButton opens="delete-run" class="icon-button" label="Delete run">
                    <Icon name=IconName::Trash/>
                </DialogButton>
                <RenameDialog/>
                <DeleteDialog/>
            }
            .into_any()
        }
    };
    let notice = move || {
        is_deleted.get().then(|| {
            view! { <div class="notice" role="status">"This run is deleted: it is in no table. Restore it to bring it back."</div> }
        })
    };
    let problem = move || {
        shown.details.problem.get().map(|error| {
            view! { <div class="notice" role="alert">{format!("This page is out of date: {error}.")}</div> }
        })
    };
    view! {
        {crumbs}
        <div class="page-head">
            <h1>{move || name.get()}</h1>
            <span class="page-actions">{actions}</span>
            {move || view! { <StatusBadge status=status.get()/> }}
            {live}
        </div>
        {notice}
        {problem}
    }
}

#[component]
fn RestoreRunButton() -> impl IntoView {
    let shown = ShownRun::expect();
    let restore = shown.changes.restore;
    view! {
        <ActionForm action=restore class="inline-form">
            <input type="hidden" name="uuid" value=shown.uuid()/>
            <button type="submit" class="button small">
                <Icon name=IconName::Restore/>
                "Restore"
            </button>
            <ActionProblem action=restore/>
        </ActionForm>
    }
}

#[component]
fn RenameDialog() -> impl IntoView {
    let shown = ShownRun::expect();
    let rename = shown.changes.rename;
    rename.closes("rename-run");
    let name = move || shown.details.value.with(|details| details.run.name.clone());
    view! {
        <Dialog id="rename-run" title="Rename run">
            <ActionForm action=rename>
                <input type="hidden" name="uuid" value=shown.uuid()/>
                <label class="field">
                    <span>"Name"</span>
                    <input type="text" name="name" value=name required maxlength="250" autocomplete="off" autofocus/>
                </label>
                <ActionProblem action=rename/>
                <div class="dialog-actions">
                    <span class="spacer"></span>
                    <button type="submit" class="button primary">"Rename"</button>
                </div>
            </ActionForm>
        </Dialog>
    }
}

#[component]
fn DeleteDialog() -> impl IntoView {
    let shown = ShownRun::expect();
    let delete = shown.changes.delete;
    let name = move || shown.details.value.with(|details| details.run.name.clone());
    view! {
        <Dialog id="delete-run" title="Delete run?">
            <ActionForm action=delete>
                <input type="hidden" name="uuid" value=shown.uuid()/>
                <p>
                    <strong>{name}</strong>
                    " leaves its experiment's table. You can restore it here, or from the deleted runs."
                </p>
                <ActionProblem action=delete/>
                <div class="dialog-actions">
                    <span class="spacer"></span>
                    <button type="button" class="button" popovertarget="delete-run" popovertargetaction="hide" autofocus>
                        "Keep"
                    </button>
                    <button type="submit" class="button danger">"Delete"</button>
                </div>
            </ActionForm>
        </Dialog>
    }
}

#[component]
fn Tabs() -> impl IntoView {
    let shown = ShownRun::expect();
    let path = use_location().pathname;
    let tab = move |tab: &'static str, label: &'static str| {
        let href = shown.address(tab);
        let is_here = {
            // The address may name another experiment.
            let end = href.split_once("/runs/").map(|(_, end)| end.to_owned()).unwrap_or_default();
            move || path.with(|path| path.trim_end_matches('/').ends_with(&end)).then_some("page")
        };
        view! { <a href=href aria-current=is_here>{label}</a> }
    };
    view! {
        <nav class="tabs" aria-label="Run">
            {tab("", "Overview")}
            {tab("charts", "Charts")}
            {tab("system", "System")}
            {tab("artifacts", "Artifacts")}
        </nav>
    }
}
