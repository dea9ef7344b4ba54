//! A page that says what went wrong.

use leptos::prelude::*;

use crate::components::prose;

#[component]
pub fn ProblemPage(
    title: String,
    /// What went wrong, as a sentence.
    why: String,
    /// Where to go on, and what that is called.
    way_out: (String, &'static str),
) -> impl IntoView {
    let (href, label) = way_out;
    view! {
        <div class="page narrow">
            <h1>{title}</h1>
            <p role="alert">{prose(&why)}</p>
            <p><a class="button" href=href>{label}</a></p>
        </div>
    }
}
