//! Empty lists, and what to type to fill them.

use leptos::prelude::*;

use super::{CopyButton, origin};
use crate::shell::visitor;

#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// How to log a first run here, with this server's address filled in.
#[component]
pub fn Snippet(
    /// The experiment to log to.
    #[prop(into, default = "my-experiment".to_owned())]
    experiment: String,
) -> impl IntoView {
    let shell = in_a_shell(&origin(), !visitor().name.is_empty());
    let name = experiment.replace('\\', "\\\\").replace('"', "\\\"");
    let python = format!(
        "import mlflow\nmlflow.set_experiment(\"{name}\")\nwith mlflow.start_run():\n    \
         mlflow.log_param(\"lr\", 0.01)\n    mlflow.log_metric(\"loss\", 0.42, step=1)"
    );
    view! {
        <div class="snippets">
            <CodeBlock title="In a shell" code=shell/>
            <CodeBlock title="In Python" code=python/>
        </div>
    }
}

/// Where people sign in, their clients need a token.
pub fn in_a_shell(base: &str, has_accounts: bool) -> String {
    let token = if has_accounts { "\nexport MLFLOW_TRACKING_TOKEN=…  # make one at /account" } else { "" };
    format!("export MLFLOW_TRACKING_URI={base}{token}")
}

#[component]
fn CodeBlock(title: &'static str, code: String) -> impl IntoView {
    view! {
        <figure class="code-block">
            <figcaption>
                <span>{title}</span>
                <CopyButton text=code.clone() label="Copy"/>
            </figcaption>
            <pre tabindex="0" role="region" aria-label=title><code>{code}</code></pre>
        </figure>
    }
}
