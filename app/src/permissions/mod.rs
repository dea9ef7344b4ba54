//! Who may do what with an experiment or a model.

use domain::accounts::Role;
use domain::permissions::{Grant, Grantee, Level, Permissions};
use leptos::prelude::*;

use crate::plain::{Field, Outcome, PlainForm, Refusal};

/// What a page of permissions is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Experiment(i64),
    /// By its name, as it stands in an address.
    Model {
        path: String,
    },
}

impl Subject {
    fn home(&self) -> String {
        match self {
            Self::Experiment(id) => format!("/experiments/{id}"),
            Self::Model { path } => format!("/models/{path}"),
        }
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Experiment(_) => "experiment",
            Self::Model { .. } => "model",
        }
    }
}

#[component]
pub fn PermissionsPage(
    /// `None`: whoever looks may no longer.
    permissions: Option<Permissions>,
    subject: Subject,
    done: Option<String>,
    problem: Option<String>,
) -> impl IntoView {
    let content = match permissions {
        Some(permissions) => view! { <Known permissions subject/> }.into_any(),
        None => view! { <p>"You may no longer see it. "<a href="/">"To the first page"</a></p> }.into_any(),
    };
    view! {
        <div class="page">
            <div class="page-head"><h1>"Permissions"</h1></div>
            <Refusal message=problem/>
            <Outcome message=done/>
            {content}
        </div>
    }
}

#[component]
fn Known(permissions: Permissions, subject: Subject) -> impl IntoView {
    let Permissions { name, creator, grants, level, .. } = permissions;
    let noun = subject.noun();
    let is_restricted = !grants.is_empty();
    let rule = if is_restricted {
        format!("Only those below may do something with this {noun}, and admins.")
    } else {
        format!(
            "Everybody who signs in may see this {noun}, and every role but viewer may edit it. With the first \
             permission that is granted, only those count who are named here."
        )
    };
    let manages = level == Level::Manage;
    let rows: Vec<_> =
        grants.into_iter().map(|grant| view! { <GrantRow grant subject=subject.clone() manages/> }).collect();
    let creator = creator.map(|name| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{level_text(Level::Manage)}", as whoever made it"</td>
                <td></td>
            </tr>
        }
    });
    let change = if manages {
        view! { <Add subject=subject.clone()/> }.into_any()
    } else {
        let who = "Whoever manages it, or an admin, can change this.";
        view! { <p class="nothing">{who}</p> }.into_any()
    };
    view! {
        <p><a href=subject.home()>{name}</a></p>
        <p>{rule}</p>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Who may do what">
            <table class="table">
                <caption class="visually-hidden">"Who may do what"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Who"</th>
                        <th scope="col">"May"</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>
                    {creator}
                    {rows}
                    <tr>
                        <th scope="row">"Admins"</th>
                        <td>{level_text(Level::Manage)}</td>
                        <td></td>
                    </tr>
                </tbody>
            </table>
        </div>
        {change}
    }
}

fn level_text(level: Level) -> &'static str {
    match level {
        Level::Read => "Read",
        Level::Edit => "Edit",
        Level::Manage => "Manage",
    }
}

#[component]
fn GrantRow(grant: Grant, subject: Subject, manages: bool) -> impl IntoView {
    let (who, to, user) = match &grant.to {
        Grantee::User(name) => (name.clone(), "user", name.clone()),
        Grantee::Role(role) => (format!("Role: {}", role.label()), role.as_str(), String::new()),
        Grantee::Everyone => ("Everyone who signs in".to_owned(), "everyone", String::new()),
    };
    let take_away = manages.then(|| {
        let label = format!("Take away from {who}");
        view! {
            <PlainForm action=format!("{}/permissions", subject.home()) class="inline-form">
                <input type="hidden" name="to" value=to/>
                <input type="hidden" name="user" value=user/>
                <input type="hidden" name="level" value=""/>
                <button type="submit" class="button small danger" aria-label=label>"Take away"</button>
            </PlainForm>
        }
    });
    view! {
        <tr>
            <th scope="row">{who}</th>
            <td>{level_text(grant.level)}</td>
            <td class="row-actions">{take_away}</td>
        </tr>
    }
}

#[component]
fn Add(subject: Subject) -> impl IntoView {
    let roles = Role::ALL.map(|role| {
        view! { <option value=role.as_str()>{format!("Role: {}", role.label())}</option> }
    });
    let levels = Level::ALL.map(|level| {
        view! { <option value=level.as_str()>{level_text(level)}</option> }
    });
    view! {
        <section class="part" aria-labelledby="grant">
            <h2 id="grant">"Grant or change"</h2>
            <PlainForm action=format!("{}/permissions", subject.home()) class="card row-form">
                <label class="field">
                    <span>"To"</span>
                    <select name="to">
                        <option value="user">"The user named here"</option>
                        {roles.collect_view()}
                        <option value="everyone">"Everyone who signs in"</option>
                    </select>
                </label>
                <Field label="User name" name="user" maxlength=100 required=false/>
                <label class="field">
                    <span>"May"</span>
                    <select name="level">{levels.collect_view()}</select>
                </label>
                <button type="submit" class="button primary">"Grant"</button>
            </PlainForm>
        </section>
    }
}
