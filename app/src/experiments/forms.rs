//! The dialogs that create, rename and delete.

use leptos::prelude::*;

use super::server::{CreateExperiment, DeleteExperiment, RestoreExperiment};
use crate::components::{ActionForm, ActionProblem, Dialog, DialogButton, FormAction, Icon, IconName};

/// The button and dialog that create an experiment.
#[component]
pub fn CreateButton() -> impl IntoView {
    let create = FormAction::new::<CreateExperiment>();
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
                    <button type="submit" class="button primary" disabled=move || create.is_pending.get()>
                        "Create"
                    </button>
                </div>
            </ActionForm>
        </Dialog>
    }
}

#[component]
pub fn RenameDialog(id: i64, name: String, action: FormAction) -> impl IntoView {
    action.closes("rename-experiment");
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
    let delete = FormAction::new::<DeleteExperiment>();
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
                    <button type="button" class="button" popovertarget="delete-experiment" popovertargetaction="hide" autofocus>
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
    let restore = FormAction::new::<RestoreExperiment>();
    view! {
        <ActionForm action=restore class="inline-form">
            <input type="hidden" name="id" value=id/>
            <button type="submit" class="button small">
                <Icon name=IconName::Restore/>
                {label}
            </button>
            <ActionProblem action=restore/>
        </ActionForm>
    }
}
