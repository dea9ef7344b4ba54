//! What is shown while something loads.

use leptos::prelude::*;

/// Grey rows in place of a table.
#[component]
pub fn SkeletonRows(#[prop(default = 8)] rows: usize) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading…"</span>
            {(0..rows).map(|_| view! { <div class="skeleton-row"></div> }).collect_view()}
        </div>
    }
}

/// A grey area in place of a chart or a file.
#[component]
pub fn SkeletonBlock() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading…"</span>
            <div class="skeleton-block"></div>
        </div>
    }
}
