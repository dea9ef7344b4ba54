//! The error state of a page or list.

use leptos::prelude::*;
use leptos_meta::Title;

use super::prose;
use crate::error::UiError;

/// The view of what was loaded, or the problem with a button to try again.
pub fn loaded<T, V: IntoView + 'static>(
    result: Result<T, UiError>,
    retry: impl Fn() + Send + Sync + 'static,
    view: impl FnOnce(T) -> V,
) -> AnyView {
    match result {
        Ok(value) => view(value).into_any(),
        Err(error) => view! { <Problem error retry/> }.into_any(),
    }
}

#[component]
pub fn Problem(error: UiError, retry: impl Fn() + Send + Sync + 'static) -> impl IntoView {
    let title = match &error {
        UiError::NotFound(_) => "Not found",
        UiError::Filter(_) => "This filter can't be read",
        UiError::Invalid(_) => "That isn't possible",
        UiError::Elsewhere(_) => "Kept elsewhere",
        UiError::Failed(_) => "Something went wrong",
    };
    let again = error.is_worth_a_retry().then(|| {
        view! {
            <button type="button" class="button" on:click=move |_| retry()>"Try again"</button>
        }
    });
    let way_out = matches!(error, UiError::NotFound(_))
        .then(|| view! { <p><a class="button" href="/experiments">"All experiments"</a></p> });
    view! {
        <div class="problem" role="alert">
            <p class="problem-title">{title}</p>
            <p>{prose(&error.to_string())}</p>
            {again}
            {way_out}
        </div>
    }
}

/// The page for addresses that lead nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::error::set_status(axum::http::StatusCode::NOT_FOUND);
    view! {
        <Title text="Not found"/>
        <div class="page narrow">
            <h1>"Nothing is here"</h1>
            <p>"No page has this address."</p>
            <p><a class="button" href="/experiments">"All experiments"</a></p>
        </div>
    }
}
