//! Where the keyboard is, when what it was on goes away.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Goes on from the start of the page, if the element that had the focus is gone or can't have it any more: at
/// once, or when what it waits for has come.
pub fn rescue_focus() {
    #[cfg(feature = "hydrate")]
    for milliseconds in [0, 150, 600, 2_000] {
        set_timeout(browser::rescue, std::time::Duration::from_millis(milliseconds));
    }
}

/// Rescues the focus from each page that is left.
#[component]
pub fn FocusFollowsPage() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<()>| {
        // A memo that nobody reads follows nothing.
        path.with(|_| ());
        if before.is_some() {
            rescue_focus();
        }
    });
}

/// Lets Tab go round inside the element with that id.
pub fn keep_focus_in(id: &str, event: &KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    browser::go_round(id, event);
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, event);
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::ev::KeyboardEvent;
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{FocusOptions, HtmlElement};

    const STOPS: &str =
        "a[href],button:not(:disabled),input:not(:disabled),select,textarea,summary,[tabindex='0']";

    pub fn rescue() {
        let document = document();
        let is_lost =
            document.active_element().is_none_or(|element| element.matches(":disabled, body") == Ok(true));
        let main = document.get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
        if let Some(main) = main.filter(|_| is_lost) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            // It fails only for an element that can't have the focus.
            let _ = main.focus_with_options(&options);
        }
    }

    pub fn go_round(id: &str, event: &KeyboardEvent) {
        if event.key() != "Tab" {
            return;
        }
        let Some(found) = document().get_element_by_id(id).and_then(|it| it.query_selector_all(STOPS).ok())
        else {
            return;
        };
        let stops: Vec<HtmlElement> = (0..found.length())
            .filter_map(|index| found.item(index)?.dyn_into().ok())
            .filter(|stop: &HtmlElement| stop.offset_width() > 0)
            .collect();
        let (Some(first), Some(last)) = (stops.first(), stops.last()) else { return };
        let (leaving, entering) = if event.shift_key() { (first, last) } else { (last, first) };
        if document().active_element().as_ref() == Some(leaving) {
            event.prevent_default();
            let _ = entering.focus();
        }
    }
}
