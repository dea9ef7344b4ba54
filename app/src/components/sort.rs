//! The head of a column that a list can be sorted by.

use leptos::prelude::*;

/// A `<th>` whose link sorts by this column, and the other way round if it does already.
#[component]
pub fn SortHeader(
    #[prop(into)] label: String,
    /// Where the link leads.
    #[prop(into)]
    href: Signal<String>,
    /// `Some(true)`: the list is sorted by this column, descending.
    #[prop(into)]
    sorted: Signal<Option<bool>>,
    #[prop(default = "")] class: &'static str,
) -> impl IntoView {
    let aria_sort =
        move || sorted.get().map(|descending| if descending { "descending" } else { "ascending" });
    let arrow = move || match sorted.get() {
        Some(true) => "↓",
        Some(false) => "↑",
        None => "",
    };
    view! {
        <th scope="col" class=class aria-sort=aria_sort>
            <a class="sort" href=move || href.get() data-noscroll="true">
                <span>{label}</span>
                <span class="sort-arrow" aria-hidden="true">{arrow}</span>
            </a>
        </th>
    }
}
