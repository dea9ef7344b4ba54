//! A button that copies a text.

use leptos::prelude::*;

use super::{Icon, IconName};

#[component]
pub fn CopyButton(
    #[prop(into)] text: String,
    /// What is copied, for the button's name: `Copy run id`.
    label: &'static str,
) -> impl IntoView {
    let (copied, set_copied) = signal(false);
    let copy = move |_| {
        write_clipboard(&text);
        set_copied.set(true);
        set_timeout(move || set_copied.set(false), std::time::Duration::from_secs(2));
    };
    view! {
        <button type="button" class="icon-button copy" on:click=copy aria-label=label title=label>
            {move || {
                let name = if copied.get() { IconName::Check } else { IconName::Copy };
                view! { <Icon name/> }
            }}
            <span class="visually-hidden" role="status">
                {move || if copied.get() { "Copied" } else { "" }}
            </span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn write_clipboard(text: &str) {
    // The promise's outcome doesn't matter: where copying is forbidden, the text is still selectable.
    let _ = window().navigator().clipboard().write_text(text);
}

#[cfg(not(feature = "hydrate"))]
fn write_clipboard(_text: &str) {}
