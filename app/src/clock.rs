//! Moments on the page: written in UTC by the server, in the reader's zone once the page is live.

use std::time::Duration;

use domain::Millis;
use leptos::prelude::*;

use crate::format;

/// Whether the page is live (hydrated). False on the server and for the first render in the browser,
/// which has to equal the server's.
#[derive(Debug, Clone, Copy)]
pub struct Live(pub ReadSignal<bool>);

pub fn provide_live() {
    let (live, set_live) = signal(false);
    Effect::new(move |_| {
        set_live.set(true);
        // For the stylesheet, and for tests that wait for it.
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-live", "");
        }
    });
    provide_context(Live(live));
}

pub fn is_live() -> bool {
    use_context::<Live>().is_some_and(|Live(live)| live.get())
}

/// Calls `work` again and again while the page is live and in sight.
pub fn poll(every: Duration, work: impl Fn() + Clone + Send + Sync + 'static) {
    Effect::new(move |_| {
        let work = work.clone();
        let tick = move || {
            if !document().hidden() {
                work();
            }
        };
        if let Ok(running) = set_interval_with_handle(tick, every) {
            on_cleanup(move || running.clear());
        }
    });
}

/// Whether the page is in sight.
pub fn is_in_sight() -> ReadSignal<bool> {
    let (sight, set_sight) = signal(true);
    Effect::new(move |_| {
        let look = window_event_listener_untyped("visibilitychange", move |_| {
            set_sight.set(!document().hidden());
        });
        on_cleanup(move || look.remove());
    });
    sight
}

/// The clock, read at the door.
#[cfg(feature = "ssr")]
#[expect(clippy::disallowed_methods, reason = "the pages' door reads it here")]
pub fn now() -> Millis {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The browser's clock, in milliseconds.
#[cfg(feature = "hydrate")]
pub fn milliseconds() -> f64 {
    js_sys::Date::now()
}

/// Nothing on the server waits for a clock.
#[cfg(not(feature = "hydrate"))]
pub fn milliseconds() -> f64 {
    0.0
}

/// By how many minutes the reader's clock was ahead of UTC at that moment; 0 until the page is live.
pub fn offset_minutes(at: Millis) -> i32 {
    if is_live() { browser_offset(at) } else { 0 }
}

#[cfg(feature = "hydrate")]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "ms and minutes fit")]
fn browser_offset(at: Millis) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.0 as f64));
    -date.get_timezone_offset() as i32
}

#[cfg(not(feature = "hydrate"))]
fn browser_offset(_at: Millis) -> i32 {
    0
}

/// A moment as a distance from `now`, with the exact time as a title.
#[component]
pub fn Ago(at: Millis, now: Millis) -> impl IntoView {
    view! {
        <time datetime=format::machine_time(at.0) title=move || exact(at)>
            {move || format::ago(at.0, now.0, offset_minutes(at))}
        </time>
    }
}

/// A moment to the second.
#[component]
pub fn Moment(at: Millis) -> impl IntoView {
    view! { <time datetime=format::machine_time(at.0)>{move || exact(at)}</time> }
}

fn exact(at: Millis) -> String {
    let text = format::date_time(at.0, offset_minutes(at));
    if is_live() { text } else { text + " UTC" }
}
