//! Everybody who may come in, for admins.

use std::collections::BTreeSet;

use domain::accounts::{Role, User};
use leptos::prelude::*;

use super::roles_text;
use super::tokens::{NewSecret, ShownOnce};
use crate::components::{EmptyState, Icon, IconName};
use crate::plain::{Confirm, Field, Outcome, PlainForm, Refusal, Table, When};

#[component]
pub fn UsersPage(
    users: Vec<User>,
    /// What was searched for.
    part: String,
    /// A link that was just made.
    link: Option<NewSecret>,
    done: Option<String>,
    problem: Option<String>,
) -> impl IntoView {
    let list = if users.is_empty() {
        let title =
            if part.is_empty() { "Nobody yet".into() } else { format!("Nobody is called “{part}”") };
        view! { <EmptyState title/> }.into_any()
    } else {
        view! { <UserTable users/> }.into_any()
    };
    view! {
        <div class="page">
            <div class="page-head"><h1>"Users"</h1></div>
            <Refusal message=problem/>
            <Outcome message=done/>
            {link.map(|new| view! { <ShownOnce new/> })}
            <form method="get" action="/users" class="toolbar search-form" role="search">
                <input type="search" name="q" value=part placeholder="Search by name" aria-label="Search by name" class="search"/>
                <button type="submit" class="button">"Search"</button>
            </form>
            {list}
            <section class="part" aria-labelledby="add">
                <h2 id="add">"Add somebody"</h2>
                <PlainForm action="/users/add" class="card row-form">
                    <Field label="User name" name="name" maxlength=100 hint="They choose a password by a link that you send them"/>
                    <RoleChoices chosen=BTreeSet::new()/>
                    <button type="submit" class="button primary"><Icon name=IconName::Plus/>"Add and make a link"</button>
                </PlainForm>
            </section>
        </div>
    }
}

#[component]
fn UserTable(users: Vec<User>) -> impl IntoView {
    let rows = users.into_iter().map(|user| view! { <UserRow user/> }).collect_view();
    let head = view! {
        <th scope="col">"Name"</th>
        <th scope="col">"Roles"</th>
        <th scope="col">"State"</th>
        <th scope="col">"Added"</th>
        <th scope="col">"Last here"</th>
        <td></td>
    }
    .into_any();
    view! { <Table name="Users" class="users" head>{rows}</Table> }
}

#[component]
fn UserRow(user: User) -> impl IntoView {
    let state = match (user.is_disabled, user.has_password) {
        (true, _) => "disabled",
        (false, true) => "active",
        (false, false) => "no password here",
    };
    let id = user.id;
    let let_in = if user.is_disabled {
        view! {
            <PlainForm action="/users/enable" class="inline-form">
                <input type="hidden" name="id" value=id/>
                <button type="submit" class="button small">"Let in again"</button>
            </PlainForm>
        }
        .into_any()
    } else {
        view! {
            <div class="confirmed">
                <PlainForm action="/users/invite" class="inline-form">
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button small">"Make a password link"</button>
                </PlainForm>
                <PlainForm action="/users/sign-out" class="inline-form">
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button small">"Sign out everywhere"</button>
                </PlainForm>
                <a class="button small" href=format!("/users/{id}/tokens")>"API tokens"</a>
                <PlainForm action="/users/disable" class="inline-form">
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button small danger">"Disable"</button>
                </PlainForm>
                <p class="nothing">"Disabled, their sessions end and their tokens stop working; you can let them in again."</p>
            </div>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">{user.name}</th>
            <td>
                <details class="confirm">
                    <summary class="link-like">{roles_text(&user.roles)}</summary>
                    <PlainForm action="/users/roles" class="role-form">
                        <input type="hidden" name="id" value=id/>
                        <RoleChoices chosen=user.roles/>
                        <button type="submit" class="button small">"Set roles"</button>
                    </PlainForm>
                </details>
            </td>
            <td>{state}</td>
            <td><When at=user.created_at/></td>
            <td>{user.seen_at.map_or_else(|| "never".into_any(), |at| view! { <When at/> }.into_any())}</td>
            <td class="row-actions"><Confirm label="More">{let_in}</Confirm></td>
        </tr>
    }
}

#[component]
fn RoleChoices(chosen: BTreeSet<Role>) -> impl IntoView {
    let choices = Role::ALL.map(|role| {
        view! {
            <label class="choice">
                <input type="checkbox" name="roles" value=role.as_str() checked=chosen.contains(&role)/>
                <span>{role.label()}</span>
            </label>
        }
    });
    view! {
        <fieldset class="scopes">
            <legend>"Roles"</legend>
            {choices.collect_view()}
        </fieldset>
    }
}
