//! Reviews: the pages on which versions are asked for, looked at, and signed.

mod ask;
mod audit;
mod changes;
mod discussion;
mod evidence;
mod list;
mod of_version;
mod page;
mod policy;
mod sign;
mod waiting;

pub use ask::AskPage;
pub use audit::{AuditFilter, AuditPage};
pub(crate) use discussion::in_a_sentence;
pub use list::{ListFilter, ReviewsPage};
pub use of_version::VersionReviews;
pub use page::ReviewPage;
pub use policy::PolicyPage;
pub use waiting::WaitingPage;

use domain::reviews::state::State;
use leptos::prelude::*;
use store::reviews::ReviewRow;

pub use crate::registry::{model_path, version_path};

/// A review's state, as a word with a mark.
#[component]
fn StateBadge(state: State, is_override: bool) -> impl IntoView {
    let (mark, word) = match state {
        State::Applied if is_override => ("!", "Overridden"),
        State::Open => ("●", "Open"),
        State::Applied => ("✓", "Applied"),
        State::Rejected => ("✕", "Rejected"),
        State::Cancelled => ("–", "Cancelled"),
        State::Expired => ("–", "Expired"),
        State::Superseded => ("–", "Superseded"),
    };
    let class = format!("review-state {}", if is_override { "overridden" } else { state.as_str() });
    view! { <span class=class><span aria-hidden="true">{mark}</span>" "{word}</span> }
}

/// What a review is about.
fn what(row: &ReviewRow) -> String {
    let ReviewRow { model, version, target, .. } = row;
    match row.kind.as_str() {
        "followup" => format!("{model} v{version}: was the override right?"),
        "rollback" => format!("{model} back to v{version} in {target}"),
        _ => format!("{model} v{version} to {target}"),
    }
}

/// What is missing, as a person says it.
fn in_words(missing: &[String]) -> String {
    let one = |missing: &String| match missing.strip_suffix(" any") {
        Some(count) => format!("{count} signature of anybody"),
        None => roles_in_words(missing),
    };
    missing.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A sentence with the roles called as people call them.
fn roles_in_words(text: &str) -> String {
    text.replace("ml_engineer", "ML engineer")
        .replace("_engineer", " engineer")
        .replace("_scientist", " scientist")
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn what_is_missing_reads_as_a_sentence() {
        let missing = ["1 any", "2 ml_engineer or admin", "the gate `card_complete`: it lacks Owner"];
        let said = "1 signature of anybody; 2 ML engineer or admin; the gate `card_complete`: it lacks Owner";
        assert_eq!(in_words(&missing.map(str::to_owned)), said);
    }
}
