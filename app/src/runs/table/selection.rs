//! Selecting runs, and what can be done with the selection.
//!
//! The checkboxes belong to a form outside the table, so comparing and deleting work without scripts.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::context::TableContext;
use super::rows::{DeleteRuns, RestoreRuns};
use crate::clock::is_live;
use crate::components::{ActionForm, ActionProblem, Dialog, DialogButton, FormAction, Icon, IconName};
use crate::format;

const FORM: &str = "selected-runs";

#[component]
pub fn RowCheckbox(uuid: String, name: String) -> impl IntoView {
    let context = TableContext::expect();
    let checked = {
        let uuid = uuid.clone();
        move || context.selected.with(|selected| selected.contains(&uuid))
    };
    let toggle = {
        let uuid = uuid.clone();
        move |event| context.toggle_selected(&uuid, event_target_checked(&event))
    };
    view! {
        <input
            type="checkbox"
            form=FORM
            name="runs[]"
            value=uuid
            aria-label=format!("Select {name}")
            prop:checked=checked
            on:change=toggle
        />
    }
}

/// What can be done with the selected runs.
#[component]
pub fn SelectionBar() -> impl IntoView {
    let context = TableContext::expect();
    let count = move || context.selected.with(Vec::len);
    // Without scripts nobody counts; the form then says that nothing was selected.
    let nothing_to_delete = Signal::derive(move || is_live() && count() == 0);
    let is_deleted_view = move || context.state.with(|state| state.selection.deleted);
    let compare = move || format!("/compare?runs={}", context.selected.with(|selected| selected.join(",")));
    let compare_button = move || {
        if !is_live() {
            view! { <button type="submit" form=FORM class="button small">"Compare"</button> }.into_any()
        } else if count() < 2 {
            view! {
                <button type="button" class="button small" disabled title="Select two runs or more">"Compare"</button>
            }
            .into_any()
        } else {
            view! { <a class="button small" href=compare>"Compare"</a> }.into_any()
        }
    };
    view! {
        <form id=FORM method="get" action="/compare" class="selection-form"></form>
        <div class="selection-bar">
            {compare_button}
            {move || {
                if is_deleted_view() {
                    view! { <RestoreSelected/> }.into_any()
                } else {
                    view! {
                        <DialogButton opens="delete-runs" class="button small" disabled=nothing_to_delete>
                            <Icon name=IconName::Trash/>
                            "Delete"
                        </DialogButton>
                    }
                    .into_any()
                }
            }}
            {move || (count() > 0).then(|| view! {
                <span class="selected-count" role="status">{format!("{} selected", format::count(format::as_i64(count())))}</span>
                <button type="button" class="button small quiet" on:click=move |_| context.selected.set(Vec::new())>
                    "Clear"
                </button>
            })}
        </div>
    }
}

/// The address of this page, for a form to come back to.
fn here(context: TableContext) -> String {
    context.state.with(|state| context.address(state))
}

/// Sends a change of these runs, to stay on this page.
fn send_runs(action: FormAction, runs: &[String]) {
    let mut fields: Vec<(&str, &str)> = runs.iter().map(|uuid| ("runs[]", uuid.as_str())).collect();
    fields.push(("back", ""));
    action.send(&fields);
}

/// Asks before the selected runs are deleted, and offers to undo it.
#[component]
pub fn Deletion() -> impl IntoView {
    let context = TableContext::expect();
    let delete = FormAction::new::<DeleteRuns>();
    let restore = FormAction::new::<RestoreRuns>();
    let (deleted, set_deleted) = signal(Vec::<String>::new());
    delete.closes("delete-runs");
    delete.on_done(move || {
        set_deleted.set(context.selected.try_update(std::mem::take).unwrap_or_default());
        context.changed.update(|changed| *changed += 1);
    });
    restore.on_done(move || {
        let restored = deleted.get_untracked();
        context.selected.update(|selected| selected.retain(|uuid| !restored.contains(uuid)));
        set_deleted.set(Vec::new());
        context.changed.update(|changed| *changed += 1);
    });
    let count = move || context.selected.with(|selected| format::as_i64(selected.len()));
    let question = move || match count() {
        0 => "The selected runs leave the table. You can restore them from the deleted runs.".to_owned(),
        count => format!(
            "{} will leave the table. You can restore them from the deleted runs.",
            format::plural(count, "run", "runs")
        ),
    };
    let confirm = move |_| {
        context.selected.with_untracked(|runs| send_runs(delete, runs));
    };
    let confirm_button = move || {
        if is_live() {
            view! {
                <button type="button" class="button danger" on:click=confirm disabled=move || count() == 0>
                    "Delete"
                </button>
            }
            .into_any()
        } else {
            view! {
                <button type="submit" class="button danger" form=FORM formmethod="post" formaction=DeleteRuns::url()>
                    "Delete"
                </button>
            }
            .into_any()
        }
    };
    let undo = move || deleted.with_untracked(|runs| send_runs(restore, runs));
    view! {
        <input type="hidden" form=FORM name="back" value=move || here(context)/>
        <Dialog id="delete-runs" title="Delete runs?">
            <p>{question}</p>
            <ActionProblem action=delete/>
            <div class="dialog-actions">
                <span class="spacer"></span>
                <button type="button" class="button" popovertarget="delete-runs" popovertargetaction="hide" autofocus>"Keep"</button>
                {confirm_button}
            </div>
        </Dialog>
        {move || (!deleted.with(Vec::is_empty)).then(|| view! {
            <div class="notice" role="status">
                <span>{format!("{} deleted.", format::plural(format::as_i64(deleted.with(Vec::len)), "run", "runs"))}</span>
                <button type="button" class="button small" on:click=move |_| undo()>
                    <Icon name=IconName::Restore/>
                    "Undo"
                </button>
                <button type="button" class="button small quiet" on:click=move |_| set_deleted.set(Vec::new())>
                    "Dismiss"
                </button>
            </div>
        })}
        <UndoWithoutScripts/>
        <ActionProblem action=restore/>
    }
}

/// The undo of a deletion that a plain form made; the address says which runs.
#[component]
fn UndoWithoutScripts() -> impl IntoView {
    let context = TableContext::expect();
    let restore = FormAction::new::<RestoreRuns>();
    restore.on_done(move || context.changed.update(|changed| *changed += 1));
    let notice = move || {
        let uuids = context.state.with(|state| state.undo.clone());
        (!uuids.is_empty()).then(|| {
            let fields = uuids
                .iter()
                .map(|uuid| view! { <input type="hidden" name="runs[]" value=uuid.clone()/> })
                .collect_view();
            let label = format!("{} deleted.", format::plural(format::as_i64(uuids.len()), "run", "runs"));
            view! {
                <div class="notice" role="status">
                    <span>{label}</span>
                    <ActionForm action=restore class="inline-form">
                        {fields}
                        <input type="hidden" name="back" value=move || here(context)/>
                        <button type="submit" class="button small"><Icon name=IconName::Restore/>"Undo"</button>
                    </ActionForm>
                </div>
            }
        })
    };
    view! { {notice} }
}

#[component]
fn RestoreSelected() -> impl IntoView {
    let context = TableContext::expect();
    let restore = FormAction::new::<RestoreRuns>();
    restore.on_done(move || {
        context.selected.set(Vec::new());
        context.changed.update(|changed| *changed += 1);
    });
    let dispatch = move |_| context.selected.with_untracked(|runs| send_runs(restore, runs));
    let is_empty = move || context.selected.with(Vec::is_empty);
    move || {
        if is_live() {
            view! {
                <button type="button" class="button small" on:click=dispatch disabled=is_empty>
                    <Icon name=IconName::Restore/>
                    "Restore"
                </button>
            }
            .into_any()
        } else {
            view! {
                <button type="submit" class="button small" form=FORM formmethod="post" formaction=RestoreRuns::url()>
                    <Icon name=IconName::Restore/>
                    "Restore"
                </button>
            }
            .into_any()
        }
    }
}
