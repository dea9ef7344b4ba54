//! Notes in Markdown: shown rendered, edited as text with a preview.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use super::{Dialog, DialogButton, Icon, IconName};
use crate::error::UiError;

/// Markdown as the page shows it.
#[server(prefix = "/ui", input = Json)]
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
    let preview = ServerAction::<PreviewMarkdown>::new();
    let toggle = move |_| {
        if !previewing.get_untracked() {
            preview.dispatch(PreviewMarkdown { text: draft.get_untracked() });
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
            hidden=move || previewing.get()
            on:input=move |event| set_draft.set(event_target_value(&event))
            placeholder="What was tried, and what came out of it. **Markdown** works."
        >
            {text}
        </textarea>
        <div
            class="markdown preview"
            hidden=move || !previewing.get()
            inner_html=move || preview.value().get().and_then(Result::ok).unwrap_or_default()
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
