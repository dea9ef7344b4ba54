//! The frame's top: mark, sections, theme.

use leptos::prelude::*;

use super::{Icon, IconName};

/// The part of the house that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    None,
    Experiments,
    Models,
    Reviews,
}

/// Whom a page is for. Without a name nobody has signed in, or nobody needs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    pub name: String,
}

#[component]
pub fn Header(section: Section, visitor: Visitor) -> impl IntoView {
    let current = move |of: Section| (section == of).then_some("page");
    let account = (!visitor.name.is_empty()).then(|| {
        view! { <a class="visitor" href="/account" rel="external">{visitor.name}</a> }
    });
    view! {
        <header class="site-header">
            <a class="brand" href="/" rel="external">
                <Mark/>
                <span class="brand-name">"Countersign"</span>
            </a>
            <nav aria-label="Sections">
                <a href="/experiments" aria-current=current(Section::Experiments)>"Experiments"</a>
                <a href="/models" rel="external" aria-current=current(Section::Models)>"Models"</a>
                <a href="/reviews" rel="external" aria-current=current(Section::Reviews)>"Reviews"</a>
                <a href="/datasets" rel="external">"Data sets"</a>
            </nav>
            <span class="spacer"></span>
            {account}
            <ThemeButton/>
        </header>
    }
}

/// Two strokes that cross: a signature, and the second one that makes it count.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
            <path class="mark-first" d="M3 15.5c2.6-6.6 5.2-9.9 6.9-9.2 2.2.9-2.4 8.600-.2 9.300 1.700.500 3.100-3.600 4.600-3.500 1.100.1.500 2.400 1.900 2.700"/>
            <path class="mark-second" d="M8.500 19.500 21 7"/>
            <path class="mark-second" d="M8.500 19.500h6"/>
        </svg>
    }
}

#[component]
fn ThemeButton() -> impl IntoView {
    view! {
        <button
            type="button"
            class="icon-button theme"
            on:click=move |_| toggle_theme()
            aria-label="Switch between light and dark"
            title="Switch between light and dark"
        >
            <Icon name=IconName::Theme/>
        </button>
    }
}

/// Sets the theme that isn't shown now, and remembers it.
#[cfg(feature = "hydrate")]
fn toggle_theme() {
    let Some(root) = document().document_element() else { return };
    let chosen = root.get_attribute("data-theme");
    let system_dark = window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    let is_dark = chosen.as_deref().map_or(system_dark, |theme| theme == "dark");
    let next = if is_dark { "light" } else { "dark" };
    // Where storage is forbidden the choice lasts for this page.
    let _ = root.set_attribute("data-theme", next);
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item("theme", next);
    }
}

#[cfg(not(feature = "hydrate"))]
fn toggle_theme() {}
