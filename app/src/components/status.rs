//! A run's status: word and shape, not colour alone.

use domain::RunStatus;
use leptos::prelude::*;

#[component]
pub fn StatusBadge(
    status: RunStatus,
    /// Only the shape; the word is for screen readers and the tooltip.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let (word, class, shape) = match status {
        RunStatus::Running => ("Running", "status running", "M8 3.500a4.500 4.500 0 1 0 4.500 4.500"),
        RunStatus::Scheduled => {
            ("Scheduled", "status scheduled", "M8 3.500a4.500 4.500 0 1 0 .010 0M8 5.500V8l1.800 1.300")
        }
        RunStatus::Finished => ("Finished", "status finished", "M3.500 8.300 6.800 11.500 12.500 4.800"),
        RunStatus::Failed => ("Failed", "status failed", "M4.500 4.500l7 7M11.500 4.500l-7 7"),
        RunStatus::Killed => ("Killed", "status killed", "M4.500 4.500h7v7h-7z"),
    };
    view! {
        <span class=class title=word>
            <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
                <path d=shape/>
            </svg>
            <span class:visually-hidden=compact>{word}</span>
        </span>
    }
}
