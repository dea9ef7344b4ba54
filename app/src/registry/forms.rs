//! The forms that change a model or a version: each folded away behind a button that says what it does.

use domain::KeyValue;
use domain::reviews::gates::{Better, PrimaryMetric};
use leptos::prelude::*;

use crate::components::{Icon, IconName, prose};
use crate::plain::{Confirm, Field, PlainForm, Refusal, typed};

/// What a form asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Description,
    Tag,
    Alias,
    PrimaryMetric,
    Stage,
    Card,
    Delete,
}

/// A form that was refused: it stands open with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub asked: Asked,
    pub why: String,
    pub typed: Typed,
}

/// What a refused form held: its text, and the option that was chosen beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    pub text: String,
    pub choice: String,
}

impl From<String> for Typed {
    fn from(text: String) -> Self {
        Self { text, choice: String::new() }
    }
}

/// The refusal of one form, of those there are on a page.
pub fn refused(of: Option<&Refused>, asked: Asked) -> Option<Refused> {
    of.filter(|refused| refused.asked == asked).cloned()
}

/// A form behind a button; open if it was refused.
#[component]
pub fn Folded(label: &'static str, refused: Option<Refused>, children: Children) -> impl IntoView {
    let is_open = refused.is_some();
    view! {
        <details class="fold" open=is_open>
            <summary class="button small quiet"><Icon name=IconName::Edit/>{label}</summary>
            <div class="fold-body">
                <Refusal message=refused.map(|refused| refused.why)/>
                {children()}
            </div>
        </details>
    }
}

/// A text in Markdown, to be changed.
#[component]
pub fn TextForm(
    action: String,
    label: &'static str,
    button: &'static str,
    text: String,
    #[prop(default = 6)] rows: u32,
) -> impl IntoView {
    view! {
        <PlainForm action class="text-form">
            <label class="field">
                <span>{label}</span>
                <textarea name="text" rows=rows maxlength="100000" inner_html=typed(&text)></textarea>
            </label>
            <button type="submit" class="button primary">{button}</button>
        </PlainForm>
    }
}

/// Tags as rows that can be deleted, and fields for one more.
#[component]
pub fn TagForms(
    /// Of the model or the version.
    path: String,
    tags: Vec<KeyValue>,
) -> impl IntoView {
    let deletes = format!("{path}/tags/delete");
    let rows = tags.into_iter().map(|tag| {
        let label = format!("Delete the tag {}", tag.key);
        view! {
            <li>
                <span class="fold-name">{tag.key.clone()} " = " {tag.value}</span>
                <PlainForm action=deletes.clone() class="inline-form">
                    <input type="hidden" name="key" value=tag.key/>
                    <button type="submit" class="icon-button" aria-label=label.clone() title=label><Icon name=IconName::Trash/></button>
                </PlainForm>
            </li>
        }
    });
    view! {
        <ul class="fold-rows">{rows.collect_view()}</ul>
        <PlainForm action=format!("{path}/tags/set") class="fold-form">
            <Field label="Key" name="key" maxlength=250 autocomplete="off"/>
            <Field label="Value" name="value" maxlength=5000 required=false autocomplete="off"/>
            <button type="submit" class="button small">"Set tag"</button>
        </PlainForm>
    }
}

/// An alias, with the version that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRow {
    pub alias: String,
    pub version: i64,
}

/// Aliases as rows that can be deleted, and fields for one more.
#[component]
pub fn AliasForms(
    path: String,
    aliases: Vec<AliasRow>,
    /// To choose from, newest first; empty: it is for this version.
    versions: Vec<i64>,
) -> impl IntoView {
    let deletes = format!("{path}/aliases/delete");
    let is_of_model = !versions.is_empty();
    let rows = aliases.into_iter().map(|row| {
        let (label, deletes) = (format!("Delete the alias {}", row.alias), deletes.clone());
        let words = format!("Whoever loads “@{}” finds nothing then.", row.alias);
        let of = is_of_model.then(|| format!(" → version {}", row.version));
        view! {
            <li>
                <span class="fold-name">{row.alias.clone()} {of}</span>
                <Confirm label="Delete">
                    <PlainForm action=deletes class="confirmed">
                        <p>{words}</p>
                        <input type="hidden" name="alias" value=row.alias/>
                        <button type="submit" class="button small danger">{label}</button>
                    </PlainForm>
                </Confirm>
            </li>
        }
    });
    let choice = is_of_model.then(|| {
        let options = versions.into_iter().map(|version| view! { <option value=version>{version}</option> });
        view! {
            <label class="field">
                <span>"Version"</span>
                <select name="version">{options.collect_view()}</select>
            </label>
        }
    });
    view! {
        <ul class="fold-rows">{rows.collect_view()}</ul>
        <PlainForm action=format!("{path}/aliases/set") class="fold-form">
            <Field label="Alias" name="alias" maxlength=255 autocomplete="off"/>
            {choice}
            <button type="submit" class="button small">"Set alias"</button>
        </PlainForm>
    }
}

/// Which metric the versions of a model are judged by.
#[component]
pub fn PrimaryMetricForm(
    action: String,
    primary: Option<PrimaryMetric>,
    /// To choose from.
    metrics: Vec<String>,
    typed: Option<Typed>,
) -> impl IntoView {
    let (key, is_lower) = match (typed, primary) {
        (Some(typed), _) => (typed.text, typed.choice == Better::Lower.as_str()),
        (None, Some(primary)) => (primary.key, primary.better == Better::Lower),
        (None, None) => (String::new(), false),
    };
    let options = metrics.into_iter().map(|metric| view! { <option value=metric></option> });
    view! {
        <PlainForm action class="fold-form">
            <label class="field">
                <span>"Metric"</span>
                <input type="text" name="metric" value=key list="known-metrics" maxlength="250" autocomplete="off"/>
            </label>
            <datalist id="known-metrics">{options.collect_view()}</datalist>
            <label class="field">
                <span>"Better is"</span>
                <select name="better">
                    <option value="higher">"higher"</option>
                    <option value="lower" selected=is_lower>"lower"</option>
                </select>
            </label>
            <button type="submit" class="button small">"Set"</button>
            <p class="nothing">"Without a name there is none."</p>
        </PlainForm>
    }
}

/// In the place of a form that a policy would refuse.
#[component]
pub fn Undeletable(why: String) -> impl IntoView {
    view! { <p class="nothing">{prose(&format!("it can’t be deleted: {why}."))}</p> }
}

/// Deletes a version or a model, which it names.
#[component]
pub fn DeleteForm(
    action: String,
    label: &'static str,
    /// What goes, and what stays.
    words: String,
    /// What has to be typed first.
    confirm: Option<String>,
    button: String,
) -> impl IntoView {
    let field = confirm.map(|name| {
        view! {
            <p class="nothing">"Type " <strong class="typed-name">{name}</strong> " to confirm."</p>
            <Field label="Name" name="confirm" maxlength=256 autocomplete="off"/>
        }
    });
    view! {
        <Confirm label>
            <PlainForm action class="confirmed">
                <p>{words}</p>
                {field}
                <button type="submit" class="button small danger">{button}</button>
            </PlainForm>
        </Confirm>
    }
}
