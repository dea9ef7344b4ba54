//! Notes in Markdown: shown rendered, edited as text with a preview.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Dialog, DialogButton, Icon, IconName, text_as_html};
use crate::error::UiError;
use crate::wire::Compact;

/// Markdown as the page shows it.
#[server(prefix = "/ui", protocol = Compact)]
pub async fn preview_markdown(text: String) -> Result<String, UiError> {
    Ok(super::to_html(&text))
}

/// The notes section. `form` makes the form that saves, around the fields it is given.
#[component]
pub fn Notes<F, V>(
    /// Rendered on the server.
    html: String,
    text: String,
    form: F,
) -> impl IntoView
where
    F: FnOnce(AnyView) -> V + Send + 'static,
    V: IntoView + 'static,
{
    let (draft, set_draft) = signal(text.clone());
    let (previewing, set_previewing) = signal(false);
    let (preview, set_preview) = signal(String::new());
    let toggle = move |_| {
        if !previewing.get_untracked() {
            spawn_local(async move {
                let rendered = preview_markdown(draft.get_untracked()).await;
                let shown =
                    rendered.unwrap_or_else(|_| "<p>The preview can’t be loaded. Try again.</p>".into());
                // The dialog may be gone by now.
                set_preview.try_set(shown);
            });
        }
        set_previewing.update(|on| *on = !*on);
    };
    let is_empty = text.trim().is_empty();
    let fields = view! {
        <label class="visually-hidden" for="notes-text">"Notes in Markdown"</label>
        <textarea
            id="notes-text"
            name="text"
            rows="12"
            autofocus
            hidden=move || previewing.get()
            on:input=move |event| set_draft.set(event_target_value(&event))
            placeholder="What was tried, and what came out of it. **Markdown** works."
            inner_html=text_as_html(&text)
        ></textarea>
        <div
            class="markdown preview"
            hidden=move || !previewing.get()
            inner_html=move || preview.get()
        ></div>
        <div class="dialog-actions">
            <button type="button" class="button quiet" on:click=toggle aria-pressed=move || previewing.get().to_string()>
                {move || if previewing.get() { "Edit" } else { "Preview" }}
            </button>
            <span class="spacer"></span>
            <button type="submit" class="button primary">"Save notes"</button>
        </div>
    };
    view! {
        <section class="notes" aria-labelledby="notes-title">
            <div class="section-head">
                <h2 id="notes-title">"Notes"</h2>
                <DialogButton opens="edit-notes" class="icon-button" label="Edit notes">
                    <Icon name=IconName::Edit/>
                </DialogButton>
            </div>
            {if is_empty {
                view! { <p class="muted">"No notes yet."</p> }.into_any()
            } else {
                view! { <div class="markdown" inner_html=html></div> }.into_any()
            }}
            <Dialog id="edit-notes" title="Notes" class="dialog wide">{form(fields.into_any())}</Dialog>
        </section>
    }
}
