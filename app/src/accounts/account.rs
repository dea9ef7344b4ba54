//! One's own account: who one is here, password, tokens, sessions.

use domain::accounts::{Token, User};
use leptos::prelude::*;

use super::roles_text;
use super::sign_in::NewPassword;
use super::tokens::{NewSecret, ShownOnce, TokenForm, TokenTable};
use crate::plain::{Field, Outcome, PlainForm, Refusal};

#[component]
pub fn AccountPage(
    user: User,
    tokens: Vec<Token>,
    /// Where they get mail, which may be nowhere; `None`: no mail is sent here.
    email: Option<String>,
    /// A token that was just made.
    new_token: Option<NewSecret>,
    done: Option<String>,
    problem: Option<String>,
) -> impl IntoView {
    let is_admin = user.roles.contains(&domain::accounts::Role::Admin);
    view! {
        <div class="page">
            <div class="page-head">
                <h1>{user.name.clone()}</h1>
                <span class="nothing">{roles_text(&user.roles)}</span>
                <span class="spacer"></span>
                {is_admin.then(|| view! { <a class="button" href="/users">"Users"</a><a class="button" href="/audit">"Audit log"</a><a class="button" href="/stages">"Stages"</a><a class="button" href="/webhooks">"Webhooks"</a> })}
                <PlainForm action="/sign-out">
                    <button type="submit" class="button">"Sign out"</button>
                </PlainForm>
            </div>
            <Refusal message=problem/>
            <Outcome message=done/>
            <section class="part" aria-labelledby="tokens">
                <h2 id="tokens">"API tokens"</h2>
                <p class="nothing">
                    "For scripts and jobs: set " <code>"MLFLOW_TRACKING_TOKEN"</code>
                    " to one. A token can do what you can, within its scopes."
                </p>
                {new_token.map(|new| view! { <ShownOnce new/> })}
                <TokenTable tokens revoke="/account/tokens/revoke"/>
                <TokenForm action="/account/tokens/create" may_sign=true/>
            </section>
            {email.map(|email| view! { <EmailPart email/> })}
            {user.has_password.then(|| view! { <PasswordPart/> })}
            <section class="part" aria-labelledby="sessions">
                <h2 id="sessions">"Sessions"</h2>
                <p class="nothing">"Signs you out in every browser, this one too. Tokens go on working."</p>
                <PlainForm action="/account/sign-out-everywhere">
                    <button type="submit" class="button">"Sign out everywhere"</button>
                </PlainForm>
            </section>
        </div>
    }
}

#[component]
fn EmailPart(email: String) -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="email">
            <h2 id="email">"E-mail"</h2>
            <p class="nothing">"You get a mail when a review waits for your signature, and when a request of yours is decided."</p>
            <PlainForm action="/account/email" class="card">
                <Field label="Address" name="email" kind="email" autocomplete="email" value=email maxlength=254 required=false hint="Empty: no mail"/>
                <button type="submit" class="button">"Save"</button>
            </PlainForm>
        </section>
    }
}

#[component]
fn PasswordPart() -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="password">
            <h2 id="password">"Password"</h2>
            <p class="nothing">"A new one signs you out everywhere else. Tokens go on working."</p>
            <PlainForm action="/account/password" class="card">
                <Field label="Current password" name="old" kind="password" autocomplete="current-password"/>
                <NewPassword/>
                <button type="submit" class="button">"Change password"</button>
            </PlainForm>
        </section>
    }
}
