//! API tokens: one's own, and for admins those of others.

use domain::accounts::{Scope, Token, User};
use leptos::prelude::*;

use crate::components::{EmptyState, Icon, IconName};
use crate::plain::{Confirm, Field, PlainForm, Refusal, When};

/// Something that is shown this once.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// What it is, as a sentence.
    pub what: String,
    pub secret: String,
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

/// Somebody's tokens, for an admin.
#[component]
pub fn TokensPage(
    user: User,
    tokens: Vec<Token>,
    /// One that was just made.
    new_token: Option<NewSecret>,
    problem: Option<String>,
) -> impl IntoView {
    let address = format!("/users/{}/tokens", user.id);
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs"><a href="/users">"Users"</a></nav>
            <div class="page-head"><h1>{format!("API tokens of {}", user.name)}</h1></div>
            <Refusal message=problem/>
            <section class="part" aria-label="API tokens">
                <p class="nothing">
                    "For a job that runs under this name. A token that signs reviews is made by its owner alone, on their own page: nobody signs for somebody else."
                </p>
                {new_token.map(|new| view! { <ShownOnce new/> })}
                <TokenTable tokens revoke=format!("{address}/revoke")/>
                {if user.is_disabled {
                    view! { <p class="nothing">"The account is disabled: its tokens don’t work, and it gets no new ones."</p> }.into_any()
                } else {
                    view! { <TokenForm action=format!("{address}/create") may_sign=false/> }.into_any()
                }}
            </section>
        </div>
    }
}

/// `revoke`: where the form leads that takes a token away.
#[component]
pub fn TokenTable(tokens: Vec<Token>, #[prop(into)] revoke: String) -> impl IntoView {
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

/// `may_sign`: whether the scope for reviews is offered.
#[component]
pub fn TokenForm(#[prop(into)] action: String, may_sign: bool) -> impl IntoView {
    let scope = |scope: Scope, what: &'static str| {
        view! {
            <label class="choice">
                <input type="checkbox" name="scopes" value=scope.as_str() checked=scope != Scope::Review/>
                <span>{scope.as_str()}" "<small class="nothing">{what}</small></span>
            </label>
        }
    };
    view! {
        <PlainForm action class="card row-form">
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
                {scope(Scope::Read, "look at everything that its owner may look at")}
                {scope(Scope::Write, "log runs, register versions, change what its owner may change")}
                {may_sign.then(|| scope(Scope::Review, "sign and decide reviews in your name"))}
            </fieldset>
            <button type="submit" class="button"><Icon name=IconName::Plus/>"Create token"</button>
        </PlainForm>
    }
}
