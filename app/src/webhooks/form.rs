//! The form for a webhook, new or not.

use leptos::prelude::*;

use super::FORMS;
use crate::plain::{Field, PlainForm, Refusal};

/// What a form starts with, or what was typed into one that was refused.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// `standard`, `slack`, `mlflow` or `databricks`.
    pub form: String,
    pub name: String,
    pub description: String,
    pub url: String,
    pub model: String,
    /// Every event that there is in that form, and whether it is chosen.
    pub events: Vec<(String, bool)>,
    /// `ACTIVE`, `DISABLED` or `TEST_MODE`.
    pub status: String,
    pub verify_certificate: bool,
    /// Whether an `Authorization` header is kept already.
    pub has_authorization: bool,
}

#[component]
pub fn NewWebhookPage(
    typed: Typed,
    /// Whether the reader may have webhooks of all models.
    is_admin: bool,
    problem: Option<String>,
) -> impl IntoView {
    let model = crate::url::encode(&typed.model);
    let forms = FORMS.map(|(form, label)| {
        let current = (form == typed.form).then_some("page");
        view! { <a href=format!("/webhooks/new?form={form}&model={model}") aria-current=current>{label}</a> }
    });
    let hint = match typed.form.as_str() {
        "slack" => {
            "A text for a channel: Slack, Mattermost and Rocket.Chat show it. The address is the secret."
        }
        "mlflow" => "As MLflow sends it, with X-MLflow-Signature.",
        "databricks" => "As Databricks' registry sends it, with X-Databricks-Signature.",
        _ => "Signed as standardwebhooks.com describes. A secret is made for you and shown once.",
    };
    let scope_hint =
        if is_admin { "Empty: all models" } else { "One that you manage; only admins can listen to all" };
    let form = typed.form.clone();
    let takes_secret = matches!(form.as_str(), "mlflow" | "databricks");
    view! {
        <div class="page narrow">
            <div class="page-head"><h1>"New webhook"</h1></div>
            <Refusal message=problem/>
            <div class="toolbar"><nav class="segmented" aria-label="Payload">{forms.collect_view()}</nav></div>
            <p class="nothing">{hint}</p>
            <PlainForm action="/webhooks/new" class="card row-form">
                <input type="hidden" name="form" value=form/>
                <Field label="Name" name="name" value=typed.name.clone() maxlength=200/>
                <Field label="Address" name="url" kind="url" value=typed.url.clone() maxlength=2000 hint="https://…"/>
                <Field label="Model" name="model" value=typed.model.clone() required=false hint=scope_hint/>
                {takes_secret.then(|| view! {
                    <Field label="Secret" name="secret" kind="password" autocomplete="off" required=false maxlength=1000 hint="Signs each delivery; it isn’t shown again"/>
                })}
                <Rest typed/>
                <button type="submit" class="button primary">"Make webhook"</button>
            </PlainForm>
        </div>
    }
}

/// What new webhooks and others have in common.
#[component]
pub(super) fn Rest(typed: Typed) -> impl IntoView {
    let events = typed.events.into_iter().map(|(name, is_chosen)| {
        view! {
            <label class="choice">
                <input type="checkbox" name="events" value=name.clone() checked=is_chosen/>
                <span>{name}</span>
            </label>
        }
    });
    let hint = if typed.has_authorization {
        "Leave it empty to keep what is set; a single - takes it away"
    } else {
        "Sent with each delivery, as it is; it isn’t shown again"
    };
    view! {
        <Field label="Description" name="description" value=typed.description required=false maxlength=1000/>
        <fieldset class="scopes hook-events">
            <legend>"Events"</legend>
            {events.collect_view()}
        </fieldset>
        <Field label="Authorization header" name="authorization" kind="password" autocomplete="off" required=false maxlength=1000 hint/>
        <label class="choice">
            <input type="checkbox" name="unverified" value="true" checked=!typed.verify_certificate/>
            <span>"Accept any certificate of the receiver"</span>
        </label>
    }
}
