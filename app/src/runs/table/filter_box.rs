//! The filter's input: completes what is typed, and points at the character that is wrong.

use std::collections::HashMap;

use domain::filter::{FilterError, RUNS, parse};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::completion::{Completion, Suggestion, accept, complete};
use super::context::TableContext;
use super::rows::{list_param_values, list_run_keys};
use super::state::as_filter;
use crate::components::{kept_text, prose};

const INPUT: &str = "run-filter";
const LIST: &str = "filter-suggestions";

/// The text being typed and what is offered for it.
#[derive(Clone, Copy)]
pub struct FilterDraft {
    context: TableContext,
    pub text: RwSignal<String>,
    pub problem: RwSignal<Option<FilterError>>,
    completion: RwSignal<Completion>,
    /// Which suggestion the arrow keys have reached.
    active: RwSignal<Option<usize>>,
    values: RwSignal<HashMap<String, Vec<String>>>,
    input: NodeRef<html::Input>,
}

impl FilterDraft {
    pub fn new() -> Self {
        let context = TableContext::expect();
        let filter = Memo::new(move |_| context.state.with(|state| state.selection.filter.clone()));
        let draft = Self {
            context,
            text: kept_text(INPUT, move || filter.get()),
            problem: RwSignal::new(parse(&RUNS, &filter.get_untracked()).err()),
            completion: RwSignal::new(Completion::default()),
            active: RwSignal::new(None),
            values: RwSignal::new(HashMap::new()),
            input: NodeRef::new(),
        };
        Effect::new(move |_| {
            draft.problem.set(filter.with(|filter| parse(&RUNS, filter).err()));
            draft.close();
        });
        draft
    }

    /// Applies the filter, unless it can't be read.
    pub fn submit(self) {
        self.close();
        let text = as_filter(self.text.get_untracked().trim());
        match parse(&RUNS, &text) {
            Ok(_) => {
                self.problem.set(None);

                self.context.go(|state| *state = state.selecting(|chosen| chosen.filter = text));
            }
            Err(error) => self.problem.set(Some(error)),
        }
    }

    fn typed(self, text: String) {
        // An error that is shown goes away as soon as it is mended.
        if self.problem.with_untracked(Option::is_some) {
            self.problem.set(parse(&RUNS, text.trim()).err());
        }
        self.text.set(text);
        self.suggest();
    }

    fn suggest(self) {
        let Some(input) = self.input.get_untracked() else { return };
        let text = self.text.get_untracked();
        let caret = input.selection_start().ok().flatten().map_or(text.len(), |units| byte_at(&text, units));
        let completion = self.context.keys.with_untracked(|keys| {
            self.values.with_untracked(|values| complete(&text, caret, keys, |key| values.get(key).cloned()))
        });
        if let Some(key) = completion.wants_values_of.clone() {
            self.load_values(key);
        }
        self.active.set(None);
        self.completion.set(completion);
    }

    fn load_values(self, key: String) {
        spawn_local(async move {
            let values = list_param_values(self.context.experiment_id, key.clone()).await.unwrap_or_default();
            if self.values.try_update(|known| known.insert(key, values)).is_some() {
                self.suggest();
            }
        });
    }

    /// New runs may have brought new keys.
    fn refresh_keys(self) {
        spawn_local(async move {
            if let Ok(keys) = list_run_keys(self.context.experiment_id).await {
                self.context.keys.try_set(keys);
            }
        });
    }

    fn close(self) {
        self.completion.set(Completion::default());
        self.active.set(None);
    }

    fn accept(self, suggestion: &Suggestion) {
        let (text, caret) = self
            .completion
            .with_untracked(|completion| accept(&self.text.get_untracked(), completion, suggestion));
        let units = u32::try_from(text[..caret].encode_utf16().count()).unwrap_or(u32::MAX);
        if let Some(input) = self.input.get_untracked() {
            input.set_value(&text);
            // Neither fails on a text input that is shown.
            let _ = input.focus();
            let _ = input.set_selection_range(units, units);
        }
        self.typed(text);
    }

    fn key(self, event: &KeyboardEvent) {
        let count = self.completion.with_untracked(|completion| completion.items.len());
        let active = self.active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                self.active.set(Some(active.map_or(0, |index| (index + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                self.active.set(Some(active.map_or(count - 1, |index| (index + count - 1) % count)));
            }
            "Enter" | "Tab" if active.is_some() => {
                let chosen =
                    self.completion.with_untracked(|completion| completion.items.get(active?).cloned());
                if let Some(suggestion) = chosen {
                    self.accept(&suggestion);
                }
            }
            "Escape" if count > 0 => self.close(),
            _ => return,
        }
        event.prevent_default();
    }
}

/// The byte at so many UTF-16 units, which is how the browser counts.
fn byte_at(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(c.len_utf16());
    }
    text.len()
}

#[component]
pub fn FilterBox(draft: FilterDraft) -> impl IntoView {
    let is_open = move || draft.completion.with(|completion| !completion.items.is_empty());
    let option_id = |index: usize| format!("{LIST}-{index}");
    let options = move || {
        draft.completion.with(|completion| {
            completion
                .items
                .iter()
                .cloned()
                .enumerate()
                .map(|(index, suggestion)| {
                    let text = suggestion.text.clone();
                    let kind = suggestion.kind;
                    view! {
                        <li
                            id=option_id(index)
                            role="option"
                            aria-selected=move || (draft.active.get() == Some(index)).to_string()
                            // Before the input loses the focus.
                            on:mousedown=move |event| {
                                event.prevent_default();
                                draft.accept(&suggestion);
                            }
                        >
                            <code>{text}</code>
                            <span class="suggestion-kind">{kind}</span>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <div class="filter-box">
            <label class="visually-hidden" for=INPUT>"Filter"</label>
            <input
                id=INPUT
                type="text"
                name="filter"
                class="filter-input"
                node_ref=draft.input
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="Part of a name, or e.g. metrics.loss < 0.3 AND params.optimizer = 'adam'"
                value=draft.text.get_untracked()
                prop:value=move || draft.text.get()
                role="combobox"
                aria-autocomplete="list"
                aria-controls=LIST
                aria-expanded=move || is_open().to_string()
                aria-activedescendant=move || draft.active.get().map(option_id)
                aria-invalid=move || draft.problem.get().map(|_| "true")
                aria-describedby="run-filter-problem"
                on:input=move |event| draft.typed(event_target_value(&event))
                on:focus=move |_| draft.refresh_keys()
                on:click=move |_| draft.suggest()
                on:blur=move |_| draft.close()
                on:keydown=move |event| draft.key(&event)
            />
            <ul id=LIST class="suggestions" role="listbox" aria-label="Suggestions" hidden=move || !is_open()>
                {options}
            </ul>
            <div id="run-filter-problem" role="alert">
                {move || draft.problem.get().map(|error| view! { <FilterProblem text=draft.text.get().trim_start().to_owned() error/> })}
            </div>
        </div>
    }
}

/// The filter with the wrong character marked, and the reason under it.
#[component]
fn FilterProblem(text: String, error: FilterError) -> impl IntoView {
    let before: String = text.chars().take(error.at).collect();
    let wrong = text.chars().nth(error.at).map_or_else(|| "\u{a0}".to_owned(), String::from);
    let after: String = text.chars().skip(error.at + 1).collect();
    view! {
        <div class="filter-problem">
            <code class="filter-echo">{before}<mark>{wrong}</mark>{after}</code>
            <p>{format!("Character {}: ", error.at + 1)} {prose(&error.message)}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::byte_at;

    #[test]
    fn the_caret_is_counted_as_the_browser_does() {
        assert_eq!(byte_at("aü😀b", 0), 0);
        assert_eq!(byte_at("aü😀b", 2), 3);
        assert_eq!(byte_at("aü😀b", 4), 7);
        assert_eq!(byte_at("aü😀b", 99), 8);
    }
}
