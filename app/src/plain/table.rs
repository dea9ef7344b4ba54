//! A table on a plain page.

use leptos::prelude::*;

/// A table that scrolls inside its own region, named for those who don't see what it is about.
#[component]
pub fn Table(
    #[prop(into)] name: String,
    #[prop(default = "")] class: &'static str,
    /// The cells of its head.
    head: AnyView,
    /// Its rows.
    children: Children,
) -> impl IntoView {
    let caption = name.clone();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=name>
            <table class=format!("table {class}")>
                <caption class="visually-hidden">{caption}</caption>
                <thead><tr>{head}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
