//! One webhook: how it goes, what it was sent, and its settings.

use leptos::prelude::*;
use store::webhooks::{Delivery, Status, Webhook};

use super::deliveries::{Deliveries, DeliveryFilter};
use super::form::{Rest, Typed};
use super::{StatusBadge, form_label, name, path};
use crate::accounts::{NewSecret, ShownOnce};
use crate::plain::{Confirm, Field, Outcome, PlainForm, Refusal, When};
use crate::registry::model_path;

#[component]
pub fn WebhookPage(
    hook: Webhook,
    typed: Typed,
    deliveries: Vec<Delivery>,
    filter: DeliveryFilter,
    next: Option<i64>,
    /// A secret that was just made.
    secret: Option<NewSecret>,
    done: Option<String>,
    problem: Option<String>,
    /// Whether the reader may change something.
    may_change: bool,
) -> impl IntoView {
    let here = path(&hook);
    let of = match &hook.model {
        Some(model) => view! { <a href=model_path(model)>{model.clone()}</a> }.into_any(),
        None => "all models".into_any(),
    };
    let failing = hook.failing_since.map(|since| {
        view! { <p class="notice" role="status"><span>"Attempts fail. The first failure was "<When at=since/>"."</span></p> }
    });
    let said = (!hook.said.is_empty()).then(
        || view! { <p class="notice" role="status">"Switched off by the server: "{hook.said.clone()}"."</p> },
    );
    let test = may_change.then(|| {
        view! {
            <PlainForm action=format!("{here}/test")>
                <button type="submit" class="button">"Send a test"</button>
            </PlainForm>
        }
    });
    let settings = may_change.then(|| view! { <Settings hook=hook.clone() typed/> });
    view! {
        <div class="page">
            <p class="crumbs"><a href="/webhooks">"Webhooks"</a></p>
            <div class="page-head">
                <h1>{name(&hook)}</h1>
                <StatusBadge status=hook.status failing=hook.failing_since.is_some()/>
                <span class="spacer"></span>
                {test}
            </div>
            <Refusal message=problem/>
            <Outcome message=done/>
            {secret.map(|new| view! { <ShownOnce new/> })}
            {failing}
            {said}
            <p class="nothing">
                "Payload: "{form_label(hook.form.as_str())}", to "<span class="mono">{hook.masked_url()}</span>", of "{of}
                ", made by "{hook.author.clone()}" "<When at=hook.created_at/>
            </p>
            <Deliveries hook=hook.clone() deliveries filter next/>
            {settings}
        </div>
    }
}

#[component]
fn Settings(hook: Webhook, typed: Typed) -> impl IntoView {
    let here = path(&hook);
    let statuses = [
        (Status::Active, "Active"),
        (Status::Disabled, "Switched off: nothing is sent"),
        (Status::TestMode, "Tests only"),
    ];
    let statuses = statuses.map(|(status, label)| {
        let is_chosen = status.as_str() == typed.status;
        view! { <option value=status.as_str() selected=is_chosen>{label}</option> }
    });
    let is_slack = hook.form.as_str() == "slack";
    let is_own = hook.form.as_str() == "standard";
    let address_hint = is_slack.then_some("The address is a secret: leave it empty to keep it");
    let secret = if is_own {
        view! {
            <PlainForm action=format!("{here}/secret")>
                <p class="nothing">"A new secret is shown once; the one before signs beside it for a day."</p>
                <button type="submit" class="button">"Make a new secret"</button>
            </PlainForm>
        }
        .into_any()
    } else if is_slack {
        ().into_any()
    } else {
        view! {
            <PlainForm action=format!("{here}/secret") class="row-form">
                <Field label="New secret" name="secret" kind="password" autocomplete="off" required=false maxlength=1000 hint="Empty: deliveries aren’t signed"/>
                <button type="submit" class="button">"Set secret"</button>
            </PlainForm>
        }
        .into_any()
    };
    view! {
        <section class="part" aria-labelledby="settings">
            <h2 id="settings">"Settings"</h2>
            <PlainForm action=here.clone() class="card row-form">
                <Field label="Name" name="name" value=typed.name.clone() maxlength=200/>
                <Field label="Address" name="url" kind="url" value=typed.url.clone() maxlength=2000 required=!is_slack hint=address_hint.unwrap_or("https://…")/>
                <label class="field">
                    <span>"State"</span>
                    <select name="status">{statuses.collect_view()}</select>
                </label>
                <Rest typed/>
                <button type="submit" class="button primary">"Save"</button>
            </PlainForm>
            <div class="hook-end">
            {secret}
            <Confirm label="Delete">
                <PlainForm action=format!("{here}/delete") class="confirmed">
                    <p class="nothing">"It is told of nothing any more, and its deliveries are gone."</p>
                    <button type="submit" class="button small danger">"Delete webhook"</button>
                </PlainForm>
            </Confirm>
            </div>
        </section>
    }
}
