//! A table on a plain page, and the way through its pages.

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

/// The way to the pages of a list before and after this one; nothing if there is only one.
pub fn pager(page: usize, page_size: usize, total: i64, to: impl Fn(usize) -> String) -> AnyView {
    let count = usize::try_from(total).unwrap_or_default().div_ceil(page_size);
    let previous = (page > 0).then(|| to(page - 1));
    let next = (page + 1 < count).then(|| to(page + 1));
    (count > 1).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                {previous.map(|href| view! { <a class="button small" href=href rel="prev">"Previous"</a> })}
                <span>{format!("Page {} of {count}", page + 1)}</span>
                {next.map(|href| view! { <a class="button small" href=href rel="next">"Next"</a> })}
            </nav>
        }
    })
    .into_any()
}
