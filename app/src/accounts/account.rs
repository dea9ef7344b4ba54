//! One's own account: who one is here, password, tokens, sessions.

use domain::accounts::{Scope, Token, User};
use leptos::prelude::*;

use super::roles_text;
use super::sign_in::NewPassword;
use crate::components::{EmptyState, Icon, IconName};
use crate::plain::{Confirm, Field, Outcome, PlainForm, Refusal, When};

/// Something that is shown this once.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// What it is, as a sentence.
    pub what: String,
    pub secret: String,
}

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
                <TokenForm/>
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

/// A secret, with the words that it won't come again.
#[component]
pub fn ShownOnce(new: NewSecret) -> impl IntoView {
    view! {
        <div class="notice secret" role="status">
            <p>{new.what} " This is the only time that it is shown."</p>
            <input type="text" readonly value=new.secret aria-label="Copy this" class="mono"/>
        </div>
    }
}

/// Somebody's tokens, for an admin: they are revoked here, and made by whoever they are of.
#[component]
pub fn TokensOf(user: User, tokens: Vec<Token>) -> impl IntoView {
    let revoke = format!("/users/{}/tokens/revoke", user.id);
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs"><a href="/users">"Users"</a></nav>
            <div class="page-head"><h1>{format!("API tokens of {}", user.name)}</h1></div>
            <p class="nothing">
                "They make their own, on their account’s page; on the server’s machine "
                <code>{format!("countersign token create --user {}", user.name)}</code> " does."
            </p>
            <TokenTable tokens revoke/>
        </div>
    }
}

/// `revoke`: where the form leads that takes a token away.
#[component]
fn TokenTable(tokens: Vec<Token>, #[prop(into)] revoke: String) -> impl IntoView {
    if tokens.is_empty() {
        return view! { <EmptyState title="No tokens yet"/> }.into_any();
    }
    let rows = tokens.into_iter().map(|token| {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let revoke = revoke.clone();
        view! {
            <tr>
                <th scope="row">{token.label}</th>
                <td>{scopes.join(", ")}</td>
                <td><When at=token.created_at/></td>
                <td>{token.expires_at.map_or_else(|| "never".into_any(), |at| view! { <When at/> }.into_any())}</td>
                <td>{token.used_at.map_or_else(|| "never".into_any(), |at| view! { <When at/> }.into_any())}</td>
                <td class="row-actions">
                    <Confirm label="Revoke">
                        <PlainForm action=revoke class="inline-form">
                            <input type="hidden" name="id" value=token.id/>
                            <button type="submit" class="button small danger">"Revoke for good"</button>
                        </PlainForm>
                    </Confirm>
                </td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="API tokens">
            <table class="table">
                <caption class="visually-hidden">"API tokens"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Label"</th>
                        <th scope="col">"Scopes"</th>
                        <th scope="col">"Created"</th>
                        <th scope="col">"Expires"</th>
                        <th scope="col">"Last used"</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn TokenForm() -> impl IntoView {
    let scope = |scope: Scope, what: &'static str| {
        view! {
            <label class="choice">
                <input type="checkbox" name="scopes" value=scope.as_str() checked=scope != Scope::Review/>
                <span>{scope.as_str()}" "<small class="nothing">{what}</small></span>
            </label>
        }
    };
    view! {
        <PlainForm action="/account/tokens/create" class="card row-form">
            <Field label="Label" name="label" hint="What it is for, e.g. nightly training" maxlength=100/>
            <label class="field">
                <span>"Expires in"</span>
                <select name="expires">
                    <option value="30">"30 days"</option>
                    <option value="90" selected>"90 days"</option>
                    <option value="365">"a year"</option>
                    <option value="">"never"</option>
                </select>
            </label>
            <fieldset class="scopes">
                <legend>"Scopes"</legend>
                {scope(Scope::Read, "look at everything you may look at")}
                {scope(Scope::Write, "log runs, register versions, change what you may change")}
                {scope(Scope::Review, "sign and decide reviews in your name")}
            </fieldset>
            <button type="submit" class="button"><Icon name=IconName::Plus/>"Create token"</button>
        </PlainForm>
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
