//! Tags: shown as chips, added, changed and deleted.

use domain::KeyValue;
use leptos::prelude::*;

use super::{Dialog, DialogButton, Icon, IconName};

/// The tags that people made; those that the client uses for itself have a place of their own.
pub fn shown_tags(tags: &[KeyValue]) -> Vec<KeyValue> {
    tags.iter().filter(|tag| !tag.key.starts_with("mlflow.")).cloned().collect()
}

#[component]
pub fn Tag(tag: KeyValue) -> impl IntoView {
    let title = format!("{}: {}", tag.key, tag.value);
    view! {
        <span class="tag" title=title>
            <span class="tag-key">{tag.key}</span>
            <span class="tag-value">{tag.value}</span>
        </span>
    }
}

/// The chips, and a dialog to change them.
///
/// `set` and `delete` make the forms that save around the fields they are given (`key` and `value`,
/// or only `key`).
#[component]
pub fn TagEditor<S, D>(tags: Vec<KeyValue>, set: S, delete: D) -> impl IntoView
where
    S: Fn(AnyView) -> AnyView + Send + 'static,
    D: Fn(AnyView) -> AnyView + Send + 'static,
{
    let chips = tags.iter().cloned().map(|tag| view! { <Tag tag/> }).collect_view();
    let rows = tags.into_iter().map(|tag| tag_row(tag, &set, &delete)).collect_view();
    let adding = set(view! {
        <label class="field">
            <span>"Key"</span>
            <input type="text" name="key" required maxlength="250" autocomplete="off" autofocus/>
        </label>
        <label class="field">
            <span>"Value"</span>
            <input type="text" name="value" maxlength="8000" autocomplete="off"/>
        </label>
        <button type="submit" class="button">"Set tag"</button>
    }
    .into_any());
    view! {
        <div class="tags">
            {chips}
            <DialogButton opens="edit-tags" class="button quiet small" label="Edit tags">
                <Icon name=IconName::Edit/>
                "Edit"
            </DialogButton>
            <Dialog id="edit-tags" title="Tags" class="dialog wide">
                <div class="tag-rows">{rows}</div>
                <div class="tag-add">{adding}</div>
            </Dialog>
        </div>
    }
}

fn tag_row(
    tag: KeyValue,
    set: &impl Fn(AnyView) -> AnyView,
    delete: &impl Fn(AnyView) -> AnyView,
) -> AnyView {
    let label = format!("Value of {}", tag.key);
    let changed = set(view! {
        <input type="hidden" name="key" value=tag.key.clone()/>
        <span class="tag-name">{tag.key.clone()}</span>
        <input type="text" name="value" value=tag.value aria-label=label maxlength="8000" autocomplete="off"/>
        <button type="submit" class="button small">"Save"</button>
    }
    .into_any());
    let label = format!("Delete tag {}", tag.key);
    let deleted = delete(
        view! {
            <input type="hidden" name="key" value=tag.key/>
            <details class="confirm">
                <summary class="icon-button" aria-label=label.clone() title=label>
                    <Icon name=IconName::Trash/>
                </summary>
                <button type="submit" class="button small danger">"Delete"</button>
            </details>
        }
        .into_any(),
    );
    view! { <div class="tag-row">{changed} {deleted}</div> }.into_any()
}
