//! A policy, to read and to edit.

use domain::registry::Stages;
use leptos::prelude::*;
use store::reviews::SavedPolicy;

use super::model_path;
use crate::components::EmptyState;
use crate::plain::{Confirm, Field, Outcome, PlainForm, Refusal, Table, When, typed};

#[component]
pub fn PolicyPage(
    /// `None`: the workspace's.
    model: Option<String>,
    saved: Option<SavedPolicy>,
    /// What holds for a model that has none of its own.
    workspace: Option<String>,
    history: Vec<SavedPolicy>,
    /// What is in the editor, if it isn't what is saved.
    draft: Option<String>,
    /// An earlier version to look at.
    earlier: Option<SavedPolicy>,
    can_edit: bool,
    /// The workspace's: what a policy may name.
    stages: Stages,
    done: Option<String>,
    problem: Option<String>,
    /// What the draft would have said of the last promotions.
    preview: Vec<(String, Vec<String>)>,
) -> impl IntoView {
    let title = model
        .as_ref()
        .map_or_else(|| "The workspace's policy".to_owned(), |model| format!("The policy of {model}"));
    let action =
        model.as_ref().map_or_else(|| "/policy".to_owned(), |model| format!("{}/policy", model_path(model)));
    let version = history.first().map_or(0, |newest| newest.version);
    let is_earlier = earlier.is_some();
    let looked_at = earlier.as_ref().map(|one| {
        let said = if can_edit {
            format!("This is the text of version {}. Save it to have it hold again.", one.version)
        } else {
            format!("This is the text of version {}.", one.version)
        };
        view! { <p class="notice">{said}" "<a href=action.clone()>"Back to what holds"</a></p> }
    });
    let has_own = saved.as_ref().is_some_and(|saved| !saved.text.is_empty());
    let text =
        draft.or(earlier.map(|one| one.text)).or_else(|| saved.as_ref().map(|saved| saved.text.clone()));
    let text = text.unwrap_or_default();
    let is_of_model = model.is_some();
    let none = saved.is_none().then(|| {
        let why = if is_of_model {
            "The workspace's policy holds for this model"
        } else {
            "No policy holds: versions move as in MLflow"
        };
        view! {
            <EmptyState title=why>
                {is_of_model.then(|| view! { <p><a class="button" href="/policy">"The workspace's policy"</a></p> })}
            </EmptyState>
        }
    });
    let removes = can_edit && has_own && !is_earlier;
    let remove = removes.then(|| {
        view! { <TakeAway model=model.clone() action=action.clone() version/> }
    });
    let previewed = (!preview.is_empty()).then(|| {
        let rows = preview.into_iter().map(|(what, missing)| {
            let said = if missing.is_empty() { "would have passed".to_owned() } else { format!("would have lacked {}", missing.join("; ")) };
            view! { <li><strong>{what}</strong>" "{said}</li> }
        });
        view! { <section class="review-part"><h2>"With this, the last promotions"</h2><ul class="findings">{rows.collect_view()}</ul></section> }
    });
    let editor = can_edit.then(|| {
        view! { <Editor action=action.clone() version text=text.clone() stages/> }
    });
    let text = if text.is_empty() { workspace.unwrap_or_default() } else { text };
    let read_only = (!can_edit).then(|| {
        view! {
            <p class="nothing">"An admin can change it."</p>
            {(!text.is_empty()).then(|| view! { <pre class="policy-text" tabindex="0">{text}</pre> })}
        }
    });
    view! {
        <div class="page">
            <div class="page-head"><h1>{title}</h1></div>
            <Refusal message=problem/>
            <Outcome message=done/>
            {looked_at}
            {none}
            {previewed}
            {editor}
            {remove}
            {read_only}
            <Versions action history/>
        </div>
    }
}

#[component]
fn Editor(
    action: String,
    /// The version that is edited.
    version: i64,
    text: String,
    stages: Stages,
) -> impl IntoView {
    let known = format!("Stages here: {}.", stages.iter().collect::<Vec<_>>().join(", "));
    view! {
        <form method="post" action=action class="policy-form">
            <input type="hidden" name="after" value=version/>
            <label class="field">
                <span>"In TOML"</span>
                <textarea name="text" rows="28" spellcheck="false" maxlength="100000" aria-describedby="text-hint" inner_html=typed(&text)></textarea>
                <small id="text-hint" class="nothing">{known}</small>
            </label>
            <Field label="Why it changes" name="reason" required=false maxlength=1000/>
            <div class="actions">
                <button type="submit" class="button" name="preview" value="1">"Preview"</button>
                <button type="submit" class="button primary">"Save"</button>
            </div>
        </form>
    }
}

#[component]
fn TakeAway(model: Option<String>, action: String, version: i64) -> impl IntoView {
    let then = match model {
        Some(model) => format!("Then the workspace's policy holds for {model}."),
        None => "Then no policy holds, and versions move without a review, as in MLflow.".to_owned(),
    };
    view! {
        <Confirm label="Take the policy away">
            <PlainForm action class="confirmed">
                <p>{then}" Its versions stay; each can be saved again."</p>
                <input type="hidden" name="after" value=version/>
                <input type="hidden" name="remove" value="1"/>
                <Field label="Why" name="reason" maxlength=1000/>
                <button type="submit" class="button small danger">"Take it away"</button>
            </PlainForm>
        </Confirm>
    }
}

/// All that were saved.
#[component]
fn Versions(
    action: String,
    /// The newest first.
    history: Vec<SavedPolicy>,
) -> impl IntoView {
    let versions = if history.is_empty() {
        view! { <p class="nothing">"Nobody has saved one yet."</p> }.into_any()
    } else {
        let rows = history.into_iter().map(|one| {
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("{action}?version={}", one.version)>{format!("Version {}", one.version)}</a>
                    </th>
                    <td>{one.author}</td>
                    <td><When at=one.at/></td>
                    <td>{if one.text.is_empty() { "taken away".to_owned() } else { one.sha256.chars().take(12).collect() }}</td>
                    <td>{one.reason}</td>
                </tr>
            }
        });
        let rows = rows.collect_view();
        let head = view! {
            <th scope="col">"Version"</th>
            <th scope="col">"Saved by"</th>
            <th scope="col">"Saved"</th>
            <th scope="col">"Hash"</th>
            <th scope="col">"Why"</th>
        }
        .into_any();
        view! { <Table name="Versions of the policy" head>{rows}</Table> }.into_any()
    };
    view! {
        <section class="part" aria-labelledby="history">
            <h2 id="history">"Versions"</h2>
            {versions}
        </section>
    }
}
