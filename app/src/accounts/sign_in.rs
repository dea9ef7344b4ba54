//! Coming in: by a password, by an identity provider, or by a link that works once.

use leptos::prelude::*;

use crate::plain::{Field, PlainForm, Refusal};

/// An identity provider to sign in with.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    pub name: String,
    pub href: String,
}

#[component]
pub fn SignInPage(
    /// Where to go afterwards.
    next: String,
    #[prop(into)] name: String,
    problem: Option<String>,
    elsewhere: Option<Elsewhere>,
) -> impl IntoView {
    let knows_name = !name.is_empty();
    // A link and no form: the policy for forms ends at this server, and counts for redirects, too.
    let elsewhere = elsewhere.map(|Elsewhere { name, href }| {
        view! { <a class="button" href=href>"Sign in with "{name}</a> }
    });
    view! {
        <div class="page sign-in">
            <h1>"Sign in"</h1>
            <Refusal message=problem/>
            {elsewhere}
            <PlainForm action="/sign-in" class="card">
                <input type="hidden" name="next" value=next/>
                <Field label="User name" name="name" value=name autocomplete="username" autofocus=!knows_name/>
                <Field label="Password" name="password" kind="password" autocomplete="current-password" autofocus=knows_name/>
                <button type="submit" class="button primary">"Sign in"</button>
            </PlainForm>
            <p class="nothing">"No account, or the password is gone? An admin of this workspace can send you a link."</p>
        </div>
    }
}

/// What a one-time link leads to; without a name it makes the first admin.
#[component]
pub fn WelcomePage(key: String, person: Option<String>, problem: Option<String>) -> impl IntoView {
    let is_first = person.is_none();
    let title = if is_first { "Make yourself the first admin" } else { "Choose a password" };
    let name = match person {
        None => view! {
            <Field label="User name" name="name" autocomplete="username" autofocus=true hint="What stands beside your signature: letters, digits, and . _ - @ +" maxlength=100/>
        }
        .into_any(),
        Some(name) => view! {
            <input type="hidden" name="name" autocomplete="username" value=name.clone()/>
            <p>"For the account " <strong>{name}</strong></p>
        }
        .into_any(),
    };
    view! {
        <div class="page sign-in">
            <h1>{title}</h1>
            <PlainForm action="/welcome" class="card">
                <Refusal message=problem/>
                <input type="hidden" name="key" value=key/>
                {name}
                <NewPassword/>
                <button type="submit" class="button primary">"Save and sign in"</button>
            </PlainForm>
        </div>
    }
}

/// A new password, twice.
#[component]
pub fn NewPassword() -> impl IntoView {
    view! {
        <Field label="New password" name="password" kind="password" autocomplete="new-password" hint="At least 12 characters; a few random words make a good one"/>
        <Field label="The same again" name="again" kind="password" autocomplete="new-password"/>
    }
}
