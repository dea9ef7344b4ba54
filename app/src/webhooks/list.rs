//! All webhooks that somebody manages.

use leptos::prelude::*;
use store::webhooks::Webhook;

use super::{StatusBadge, form_label, name, path};
use crate::components::{EmptyState, Icon, IconName};
use crate::plain::{Outcome, Table, When};

#[component]
pub fn WebhooksPage(
    hooks: Vec<Webhook>,
    /// The model whose webhooks these are; empty: all.
    model: String,
    /// Where the next page is.
    next: Option<String>,
    /// Whether the reader may make one.
    may_make: bool,
    /// Whether addresses inside are called, as the configuration says.
    allows_inside: bool,
    done: Option<String>,
) -> impl IntoView {
    let make = format!("/webhooks/new?model={}", crate::url::encode(&model));
    let list = if hooks.is_empty() {
        let title = if model.is_empty() {
            "No webhooks yet".to_owned()
        } else {
            format!("No webhooks of “{model}”")
        };
        view! {
            <EmptyState title>
                <p>"A webhook tells a chat, a pipeline or a program of yours what happens to models and in reviews."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        view! { <HookTable hooks/> }.into_any()
    };
    view! {
        <div class="page">
            <div class="page-head">
                <h1>"Webhooks"</h1>
                <span class="spacer"></span>
                {(!may_make).then(|| view! { <span class="nothing">"Whoever manages a model can make one."</span> })}
                {may_make.then(|| view! { <a class="button primary" href=make><Icon name=IconName::Plus/>"New webhook"</a> })}
            </div>
            <Outcome message=done/>
            {allows_inside.then(|| view! {
                <p class="notice">"The configuration lets webhooks call addresses inside your network."</p>
            })}
            <form method="get" action="/webhooks" class="toolbar search-form" role="search">
                <input type="search" name="model" value=model placeholder="Those of a model, by its name" aria-label="Model" class="search"/>
                <button type="submit" class="button">"Search"</button>
            </form>
            {list}
            {next.map(|next| view! { <p class="pager"><a class="button small" href=next>"More"</a></p> })}
        </div>
    }
}

#[component]
fn HookTable(hooks: Vec<Webhook>) -> impl IntoView {
    let rows = hooks.into_iter().map(|hook| {
        let events = match &*hook.events {
            [one] => one.to_string(),
            many => format!("{} events", many.len()),
        };
        let all = hook.events.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        view! {
            <tr>
                <th scope="row"><a href=path(&hook)>{name(&hook)}</a></th>
                <td><StatusBadge status=hook.status failing=hook.failing_since.is_some()/></td>
                <td>{form_label(hook.form.as_str())}</td>
                <td>{hook.model.clone().unwrap_or_else(|| "all models".into())}</td>
                <td><span title=all>{events}</span></td>
                <td class="mono">{hook.masked_url()}</td>
                <td><When at=hook.updated_at/></td>
            </tr>
        }
    });
    let head = view! {
        <th scope="col">"Name"</th>
        <th scope="col">"State"</th>
        <th scope="col">"Payload"</th>
        <th scope="col">"Of"</th>
        <th scope="col">"Events"</th>
        <th scope="col">"Calls"</th>
        <th scope="col">"Changed"</th>
    };
    view! { <Table name="Webhooks" class="reviews" head=head.into_any()>{rows.collect_view()}</Table> }
}
