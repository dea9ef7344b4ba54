//! The browser's entry: takes over the page that the server rendered.

// A page's view is one type, nested as deeply as the page.
#![recursion_limit = "512"]

/// Called by the script that `HydrationScripts` puts into the document.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
