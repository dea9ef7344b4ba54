//! What a form shows after it was sent.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::close_dialog;
use crate::error::UiError;

/// The error of the last attempt, if it failed.
#[component]
pub fn ActionProblem<S>(action: ServerAction<S>) -> impl IntoView
where
    S: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    let failure = move || {
        action.value().with(|value| match value {
            Some(Err(error)) => Some(error.to_string()),
            _ => None,
        })
    };
    view! {
        {move || failure().map(|text| view! { <p class="form-problem" role="alert">{text}</p> })}
    }
}

/// Closes the dialog that holds the form as soon as the action has succeeded.
pub fn close_when_done<S>(action: ServerAction<S>, dialog: &'static str)
where
    S: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    Effect::new(move |_| {
        action.version().track();
        if action.value().with(|value| matches!(value, Some(Ok(_)))) {
            close_dialog(dialog);
        }
    });
}
