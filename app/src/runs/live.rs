//! A running run tells the page what it logs, by server-sent events.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Counts the changes of a run for as long as the page shows it.
///
/// `changes` grows whenever anything about the run may have changed; `is_connected` tells whether
/// the server can be heard.
pub fn follow_run(uuid: &str, changes: RwSignal<usize>, is_connected: RwSignal<bool>) {
    let Ok(source) = web_sys::EventSource::new(&format!("/live/runs/{uuid}")) else { return };
    let on = |name: &'static str, work: Box<dyn FnMut()>| {
        let closure = Closure::<dyn FnMut()>::wrap(work);
        // Listening to a source of our own does not fail.
        let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        closure
    };
    let bump = move || {
        changes.try_update(|changes| *changes += 1);
    };
    let ended = source.clone();
    let closures = [
        on(
            "open",
            Box::new(move || {
                is_connected.try_set(true);
                // What happened before, or while the connection was lost, was not heard.
                bump();
            }),
        ),
        on(
            "error",
            Box::new(move || {
                // The browser connects again by itself.
                is_connected.try_set(false);
            }),
        ),
        on("changed", Box::new(bump)),
        on(
            "ended",
            Box::new(move || {
                ended.close();
                is_connected.try_set(false);
                bump();
            }),
        ),
    ];
    let kept = StoredValue::new_local((source, closures));
    on_cleanup(move || {
        kept.try_with_value(|(source, _)| source.close());
    });
}
