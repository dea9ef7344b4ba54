//! The dialogs that create, rename and delete.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::server::{CreateExperiment, DeleteExperiment, RenameExperiment, RestoreExperiment};
use crate::components::{ActionProblem, Dialog, DialogButton, Icon, IconName, close_when_done};

/// The button and dialog that create an experiment.
#[component]
pub fn CreateButton() -> impl IntoView {
    let create = ServerAction::<CreateExperiment>::new();
    view! {
        <DialogButton opens="create-experiment" class="button primary">
            <Icon name=IconName::Plus/>
            "New experiment"
        </DialogButton>
        <Dialog id="create-experiment" title="New experiment">
            <ActionForm action=create>
                <label class="field">
                    <span>"Name"</span>
                    <input type="text" name="name" required maxlength="500" autocomplete="off" autofocus/>
                </label>
                <ActionProblem action=create/>
                <div class="dialog-actions">
                    <span class="spacer"></span>
                    <button type="submit" class="button primary" disabled=move || create.pending().get()>
                        "Create"
                    </button>
                </div>
            </ActionForm>
        </Dialog>
    }
}

#[component]
pub fn RenameDialog(id: i64, name: String, action: ServerAction<RenameExperiment>) -> impl IntoView {
    close_when_done(action, "rename-experiment");
    view! {
        <Dialog id="rename-experiment" title="Rename experiment">
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <label class="field">
                    <span>"Name"</span>
                    <input type="text" name="name" value=name required maxlength="500" autocomplete="off" autofocus/>
                </label>
                <ActionProblem action/>
                <div class="dialog-actions">
                    <span class="spacer"></span>
                    <button type="submit" class="button primary">"Rename"</button>
                </div>
            </ActionForm>
        </Dialog>
    }
}

#[component]
pub fn DeleteDialog(id: i64, name: String) -> impl IntoView {
    let delete = ServerAction::<DeleteExperiment>::new();
    view! {
        <Dialog id="delete-experiment" title="Delete experiment?">
            <ActionForm action=delete>
                <input type="hidden" name="id" value=id/>
                <p>
                    <strong>{name}</strong>
                    " and its runs leave the lists. You can restore them from the deleted experiments."
                </p>
                <ActionProblem action=delete/>
                <div class="dialog-actions">
                    <span class="spacer"></span>
                    <button type="button" class="button" popovertarget="delete-experiment" popovertargetaction="hide">
                        "Keep"
                    </button>
                    <button type="submit" class="button danger">"Delete"</button>
                </div>
            </ActionForm>
        </Dialog>
    }
}

/// A button that restores an experiment: in the deleted view, and as the undo of a deletion.
#[component]
pub fn RestoreButton(id: i64, #[prop(default = "Restore")] label: &'static str) -> impl IntoView {
    let restore = ServerAction::<RestoreExperiment>::new();
    view! {
        <ActionForm action=restore attr:class="inline-form">
            <input type="hidden" name="id" value=id/>
            <button type="submit" class="button small">
                <Icon name=IconName::Restore/>
                {label}
            </button>
            <ActionProblem action=restore/>
        </ActionForm>
    }
}
