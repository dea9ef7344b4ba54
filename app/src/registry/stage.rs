//! A version's stage: word and shape, not colour alone.

use domain::registry::{ARCHIVED, NO_STAGE, PRODUCTION, STAGING, Stages};
use leptos::prelude::*;

#[component]
pub fn StageBadge(#[prop(into)] stage: String) -> impl IntoView {
    let (class, shape) = match stage.as_str() {
        PRODUCTION => ("stage production", "M3.500 8.300 6.800 11.500 12.500 4.800"),
        STAGING => ("stage staging", "M8 3.500a4.500 4.500 0 1 0 .010 0M8 5.500V8l1.800 1.300"),
        ARCHIVED => ("stage archived", "M3 4h10v3H3zM4 7v5.500h8V7M6.500 9.300h3"),
        NO_STAGE => ("stage none", "M4.500 8h7"),
        _ => ("stage other", "M8 4l4 4-4 4-4-4z"),
    };
    let word = if stage == NO_STAGE { "No stage".to_owned() } else { stage };
    view! {
        <span class=class>
            <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
                <path d=shape/>
            </svg>
            <span>{word}</span>
        </span>
    }
}

/// Beside a version that came where it is without the signatures that were asked for.
#[component]
pub fn Overridden() -> impl IntoView {
    view! { <span class="review-state overridden"><span aria-hidden="true">"!"</span>" Overridden"</span> }
}

/// The stages that these versions are in or could be, in the workspace's order.
pub fn columns<'a>(stages: &Stages, used: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut columns: Vec<_> = stages.iter().map(str::to_owned).collect();
    for stage in used {
        if !columns.iter().any(|known| known == stage) {
            let before_archive = columns.len() - 1;
            columns.insert(before_archive, stage.to_owned());
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use domain::registry::Stages;

    use super::columns;

    #[test]
    fn what_the_list_lacks_stands_before_the_archive() {
        let used = ["Canary", "Production", "Canary"];
        let columns = columns(&Stages::default(), used.into_iter());
        assert_eq!(columns, ["None", "Staging", "Production", "Canary", "Archived"]);
    }
}
