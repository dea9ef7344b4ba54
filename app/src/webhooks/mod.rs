//! Webhooks: who is told of what, how it went, and the forms to change that.

mod deliveries;
mod form;
mod list;
mod page;

pub use deliveries::DeliveryFilter;
pub use form::{NewWebhookPage, Typed};
pub use list::WebhooksPage;
pub use page::WebhookPage;

use leptos::prelude::*;
use store::webhooks::{Status, Webhook};

/// The forms by the names that they are stored with, and what people call them.
const FORMS: [(&str, &str); 4] =
    [("standard", "Standard"), ("slack", "Slack"), ("mlflow", "MLflow"), ("databricks", "Databricks")];

fn form_label(form: &str) -> &'static str {
    FORMS.iter().find(|(name, _)| *name == form).map_or("", |(_, label)| label)
}

fn path(hook: &Webhook) -> String {
    format!("/webhooks/{}", hook.uuid)
}

/// What a webhook is called: those that another dialect made have no name.
fn name(hook: &Webhook) -> String {
    if hook.name.is_empty() {
        format!("Webhook {}", &hook.uuid[..8.min(hook.uuid.len())])
    } else {
        hook.name.clone()
    }
}

/// Whether a webhook is told of things, as a word with a mark.
#[component]
fn StatusBadge(status: Status, failing: bool) -> impl IntoView {
    let (mark, word, class) = match status {
        Status::Active if failing => ("!", "Failing", "rejected"),
        Status::Active => ("✓", "Active", "applied"),
        Status::Disabled => ("–", "Switched off", "cancelled"),
        Status::TestMode => ("–", "Tests only", "cancelled"),
    };
    view! { <span class=format!("review-state {class}")><span aria-hidden="true">{mark}</span>" "{word}</span> }
}
