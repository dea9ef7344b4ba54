//! What people did to the plain page before it went live: it is theirs, and stays.

use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use wasm_bindgen::JsCast;

use crate::clock::is_live;

/// The text of an input that follows the address, from what was typed into it before.
pub fn kept_text(id: &str, in_address: impl Fn() -> String + Send + Sync + 'static) -> RwSignal<String> {
    let mut typed = if untrack(is_live) { None } else { typed(id) };
    // Until it is live the page has to be as the server made it.
    let text = RwSignal::new(untrack(&in_address));
    let in_address = Memo::new(move |_| in_address());
    Effect::new(move |_| {
        let now = in_address.get();
        text.set(typed.take().unwrap_or(now));
    });
    text
}

/// The values of the ticked boxes of that name.
pub fn ticked_before_live(name: &str) -> Vec<String> {
    if untrack(is_live) { Vec::new() } else { ticked(name) }
}

#[cfg(feature = "hydrate")]
fn typed(id: &str) -> Option<String> {
    let input = document().get_element_by_id(id)?.dyn_into::<web_sys::HtmlInputElement>().ok()?;
    let value = input.value();
    (value != input.default_value()).then_some(value)
}

#[cfg(feature = "hydrate")]
fn ticked(name: &str) -> Vec<String> {
    let Ok(boxes) = document().query_selector_all(&format!("input[name='{name}']:checked")) else {
        return Vec::new();
    };
    let boxes = (0..boxes.length()).filter_map(|index| boxes.item(index)?.dyn_into().ok());
    boxes.map(|one: web_sys::HtmlInputElement| one.value()).collect()
}

#[cfg(not(feature = "hydrate"))]
fn typed(_id: &str) -> Option<String> {
    None
}

#[cfg(not(feature = "hydrate"))]
fn ticked(_name: &str) -> Vec<String> {
    Vec::new()
}
