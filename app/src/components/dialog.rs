//! Dialogs by the popover attribute: they open, close by Escape and give the focus back without any
//! script, so they work before the page is live.

use leptos::prelude::*;

use super::{Icon, IconName, keep_focus_in};

/// Opens the dialog with that id.
#[component]
pub fn DialogButton(
    opens: &'static str,
    #[prop(default = "button")] class: &'static str,
    /// For a button that shows only an icon.
    #[prop(optional)]
    label: Option<&'static str>,
    #[prop(optional)] disabled: Signal<bool>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=class
            popovertarget=opens
            aria-haspopup="dialog"
            aria-label=label
            title=label
            disabled=disabled
        >
            {children()}
        </button>
    }
}

#[component]
pub fn Dialog(
    id: &'static str,
    #[prop(into)] title: String,
    /// `drawer` for a panel at the side.
    #[prop(default = "dialog")]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <div
            id=id
            class=class
            popover="auto"
            role="dialog"
            aria-modal="true"
            aria-labelledby=title_id
            on:keydown=move |event| keep_focus_in(id, &event)
        >
            <div class="dialog-head">
                <h2 id=title_id.clone()>{title}</h2>
                <button
                    type="button"
                    class="icon-button"
                    popovertarget=id
                    popovertargetaction="hide"
                    aria-label="Close"
                >
                    <Icon name=IconName::Close/>
                </button>
            </div>
            {children()}
        </div>
    }
}

/// Closes a dialog from code, if it is open.
#[cfg(feature = "hydrate")]
pub fn close_dialog(id: &str) {
    use wasm_bindgen::JsCast;

    if let Some(dialog) = document().get_element_by_id(id)
        && let Ok(dialog) = dialog.dyn_into::<web_sys::HtmlElement>()
    {
        // It fails only for a dialog that is closed already.
        let _ = dialog.hide_popover();
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn close_dialog(_id: &str) {}
