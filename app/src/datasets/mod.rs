//! Data sets: how each was checked, and what was made from it.

mod list;

pub use list::{DatasetsPage, datasets_list, datasets_path};

use domain::reviews::gates::Validation;
use leptos::prelude::*;

/// What the last check said, as a word with a mark.
#[component]
fn CheckBadge(state: Validation) -> impl IntoView {
    let (class, mark, word) = match state {
        Validation::NeverRun => ("gate-status not_applicable", "–", "Never checked"),
        Validation::Running => ("gate-status pending", "●", "Check runs"),
        Validation::Passed => ("gate-status pass", "✓", "Passed"),
        Validation::Failed => ("gate-status fail", "✕", "Failed"),
    };
    view! { <span class=class><span aria-hidden="true">{mark}</span>" "{word}</span> }
}
