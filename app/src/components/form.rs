//! Forms that change something: plain HTML before the page is live, sent in place from then on.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::error::ServerFnUrlError;
use leptos::server_fn::{Bytes, ServerFn};
use leptos::task::spawn_local;

use super::{close_dialog, prose, rescue_focus};
use crate::error::UiError;
use crate::url::use_query;
use crate::wire::post;

/// What the page knows about a form: where it goes, and what became of it.
///
/// One type for every form, so that the browser half holds the sending of forms once.
#[derive(Clone, Copy)]
pub struct FormAction {
    address: &'static str,
    pub is_pending: RwSignal<bool>,
    /// Grows with each success.
    pub done: RwSignal<usize>,
    pub problem: RwSignal<Option<UiError>>,
}

impl FormAction {
    /// A form for a server function. If the same form was just sent without scripts and failed, the
    /// address says why.
    pub fn new<S: ServerFn<Error = UiError>>() -> Self {
        Self::to(S::PATH)
    }

    fn to(address: &'static str) -> Self {
        let failure = use_context::<ServerActionError>().filter(|failure| failure.path() == address);
        let problem = failure.map(|failure| ServerFnUrlError::<UiError>::decode_err(failure.err()));
        Self {
            address,
            is_pending: RwSignal::new(false),
            done: RwSignal::new(0),
            problem: RwSignal::new(problem),
        }
    }

    /// Sends fields from code; a list is its name with `[]`, repeated.
    pub fn send(self, fields: &[(&str, &str)]) {
        self.send_body(encoded_fields(fields));
    }

    fn send_body(self, body: Bytes) {
        self.is_pending.set(true);
        spawn_local(async move {
            let answer = post(self.address, "application/x-www-form-urlencoded", body).await;
            // The page may have been left meanwhile.
            if self.is_pending.try_set(false).is_some() {
                return;
            }
            self.problem.set(answer.as_ref().err().cloned());
            if answer.is_ok() {
                self.done.update(|done| *done += 1);
                rescue_focus();
            }
        });
    }

    /// Runs `then` after each success.
    pub fn on_done(self, then: impl Fn() + 'static) {
        Effect::new(move |before: Option<usize>| {
            let done = self.done.get();
            if before.is_some_and(|before| before != done) {
                then();
            }
            done
        });
    }

    /// Closes the dialog that holds the form after each success.
    pub fn closes(self, dialog: &'static str) {
        self.on_done(move || close_dialog(dialog));
    }
}

/// A form around `children`, which are its fields and buttons.
#[component]
pub fn ActionForm(
    action: FormAction,
    #[prop(optional)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        action.send_body(fields_of(&event));
    };
    view! {
        <form action=action.address method="post" class=class on:submit=submit>
            {children()}
        </form>
    }
}

/// What came of a form that was sent without scripts and failed: it may be in a dialog that is closed now.
#[component]
pub fn FailedForm() -> impl IntoView {
    let query = use_query();
    move || {
        let failure = query.with(|query| query.get("__err"))?;
        let problem = ServerFnUrlError::<UiError>::decode_err(&failure);
        Some(view! { <p class="failed-form form-problem" role="alert">{prose(&problem.to_string())}</p> })
    }
}

/// The error of the last attempt, if it failed.
#[component]
pub fn ActionProblem(action: FormAction) -> impl IntoView {
    move || {
        let problem = action.problem.get()?;
        Some(view! { <p class="form-problem" role="alert">{prose(&problem.to_string())}</p> })
    }
}

#[cfg(feature = "hydrate")]
fn encoded_fields(fields: &[(&str, &str)]) -> Bytes {
    let params = web_sys::UrlSearchParams::new().expect("an empty list of fields is valid");
    for (name, value) in fields {
        params.append(name, value);
    }
    String::from(params.to_string()).into()
}

#[cfg(feature = "hydrate")]
fn fields_of(event: &SubmitEvent) -> Bytes {
    use wasm_bindgen::JsCast;

    let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
    let data = form.and_then(|form| web_sys::FormData::new_with_form(&form).ok());
    let params = data.and_then(|data| web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data).ok());
    params.map(|params| String::from(params.to_string())).unwrap_or_default().into()
}

#[cfg(not(feature = "hydrate"))]
fn encoded_fields(_fields: &[(&str, &str)]) -> Bytes {
    Bytes::new()
}

#[cfg(not(feature = "hydrate"))]
fn fields_of(_event: &SubmitEvent) -> Bytes {
    Bytes::new()
}
