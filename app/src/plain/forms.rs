//! Parts of plain pages.

use domain::Millis;
use leptos::prelude::*;

use crate::components::{prose, text_as_html};
use crate::format;

/// A form that posts to `action` and leads on from there.
#[component]
pub fn PlainForm(
    #[prop(into)] action: String,
    #[prop(optional)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! { <form method="post" action=action class=class>{children()}</form> }
}

/// A labelled input.
#[component]
pub fn Field(
    label: &'static str,
    name: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(default = 200)] maxlength: usize,
    #[prop(default = true)] required: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let hint_id = hint.map(|_| format!("{name}-hint"));
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type=kind
                name=name
                value=value
                required=required
                maxlength=maxlength
                autocomplete=autocomplete
                autofocus=autofocus
                aria-describedby=hint_id.clone()
            />
            {hint.map(|hint| view! { <small id=hint_id class="nothing">{hint}</small> })}
        </label>
    }
}

/// What a text area starts with: the renderer doesn't escape its content, and its parser drops a first line
/// break.
pub fn typed(text: &str) -> String {
    format!("\n{}", text_as_html(text))
}

/// Why a form was refused.
#[component]
pub fn Refusal(#[prop(into)] message: Option<String>) -> impl IntoView {
    message.map(|message| view! { <p class="form-problem" role="alert">{prose(&message)}</p> })
}

/// What a form has done.
#[component]
pub fn Outcome(#[prop(into)] message: Option<String>) -> impl IntoView {
    message.map(|message| view! { <p class="notice" role="status">{prose(&message)}</p> })
}

/// A button that asks again before it does something that hurts: the form is behind it.
#[component]
pub fn Confirm(label: &'static str, children: Children) -> impl IntoView {
    view! {
        <details class="confirm">
            <summary class="button small">{label}</summary>
            {children()}
        </details>
    }
}

/// A moment: how long ago, and exactly when in UTC.
#[component]
pub fn When(at: Millis) -> impl IntoView {
    let now = use_context::<Millis>().unwrap_or(at);
    view! {
        <time datetime=format::machine_time(at.0) title=format!("{} UTC", format::date_time(at.0, 0))>
            {moment(at, now)}
        </time>
    }
}

/// What lies ahead is said as a date.
fn moment(at: Millis, now: Millis) -> String {
    if at > now { format::date(at.0, 0) } else { format::ago(at.0, now.0, 0) }
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn nothing_breaks_out_of_a_text_area() {
        assert_eq!(typed("</textarea><b>"), "\n&lt;/textarea&gt;&lt;b&gt;");
    }
}
