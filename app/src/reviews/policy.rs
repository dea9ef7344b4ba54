//! A policy, to read and to edit.

use domain::registry::Stages;
use leptos::prelude::*;
use store::reviews::SavedPolicy;

use super::model_path;
use crate::components::EmptyState;
use crate::plain::{Field, Outcome, Refusal, Table, When, typed};

#[component]
pub fn PolicyPage(
    /// `None`: the workspace's.
    model: Option<String>,
    saved: Option<SavedPolicy>,
    history: Vec<SavedPolicy>,
    /// What is in the editor, if it isn't what is saved.
    draft: Option<String>,
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
    let version = saved.as_ref().map_or(0, |saved| saved.version);
    let text = draft.or_else(|| saved.as_ref().map(|saved| saved.text.clone())).unwrap_or_default();
    let none = saved.is_none().then(|| {
        let why = if model.is_some() {
            "The workspace's policy holds for this model"
        } else {
            "No policy holds: versions move as in MLflow"
        };
        view! { <EmptyState title=why/> }
    });
    let previewed = (!preview.is_empty()).then(|| {
        let rows = preview.into_iter().map(|(what, missing)| {
            let said = if missing.is_empty() { "would have passed".to_owned() } else { format!("would have lacked {}", missing.join("; ")) };
            view! { <li><strong>{what}</strong>" "{said}</li> }
        });
        view! { <section class="review-part"><h2>"With this, the last promotions"</h2><ul class="findings">{rows.collect_view()}</ul></section> }
    });
    let known = format!("Stages here: {}.", stages.iter().collect::<Vec<_>>().join(", "));
    let editor = can_edit.then(|| {
        view! {
            <form method="post" action=action.clone() class="policy-form">
                <input type="hidden" name="after" value=version/>
                <label class="field">
                    <span>"TOML; empty: no policy"</span>
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
    });
    let read_only =
        (!can_edit && !text.is_empty()).then(|| view! { <pre class="policy-text" tabindex="0">{text}</pre> });
    let is_unchanged = history.is_empty();
    let past = history.into_iter().map(|one| {
        view! {
            <tr>
                <th scope="row">{one.version}</th>
                <td>{one.author}</td>
                <td><When at=one.at/></td>
                <td>{if one.text.is_empty() { "taken away".to_owned() } else { one.sha256.chars().take(12).collect() }}</td>
                <td>{one.reason}</td>
            </tr>
        }
    });
    let versions = if is_unchanged {
        view! { <p class="nothing">"Nobody has saved one yet."</p> }.into_any()
    } else {
        let past = past.collect_view();
        let head = view! {
            <th scope="col">"Version"</th>
            <th scope="col">"Saved by"</th>
            <th scope="col">"Saved"</th>
            <th scope="col">"Hash"</th>
            <th scope="col">"Why"</th>
        }
        .into_any();
        view! { <Table name="Versions of the policy" head>{past}</Table> }.into_any()
    };
    view! {
        <div class="page">
            <div class="page-head"><h1>{title}</h1></div>
            <Refusal message=problem/>
            <Outcome message=done/>
            {none}
            {previewed}
            {editor}
            {read_only}
            <section class="part" aria-labelledby="history">
                <h2 id="history">"Versions"</h2>
                {versions}
            </section>
        </div>
    }
}
