//! Asking for a review.

use domain::registry::Stages;
use domain::reviews::Target;
use domain::reviews::policy::StageRules;
use leptos::prelude::*;

use super::{model_path, version_path};
use crate::plain::{Refusal, typed};

#[component]
pub fn AskPage(
    model: String,
    version: i64,
    /// Where it is now.
    stage: String,
    /// The workspace's.
    stages: Stages,
    /// What the form starts with.
    target: String,
    comment: String,
    /// What each stage asks for, where a policy says so.
    rules: Vec<(Target, StageRules)>,
    problem: Option<String>,
) -> impl IntoView {
    let options = stages.iter().filter(|one| *one != stage).map(|one| {
        let asks = rules.iter().find(|(target, _)| *target == Target::Stage(one.to_owned()));
        let needs = asks.map(|(_, rules)| {
            let needs: Vec<_> = rules.sign_off.iter().map(ToString::to_string).collect();
            format!(" (signed by {})", needs.join(", ").replace('_', " "))
        });
        view! { <option value=one.to_owned() selected=one == target>{format!("{one}{}", needs.unwrap_or_default())}</option> }
    });
    view! {
        <div class="page narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/models">"Models"</a>
                <a href=model_path(&model)>{model.clone()}</a>
                <a href=version_path(&model, version)>{format!("Version {version}")}</a>
            </nav>
            <h1>"Ask for a review"</h1>
            <p>{format!("Version {version} of {model} is in {stage}.")}</p>
            <form method="post" action=format!("{}/ask", version_path(&model, version)) class="card">
                <Refusal message=problem/>
                <label class="field">
                    <span>"Where it should be"</span>
                    <select name="target">{options.collect_view()}</select>
                </label>
                <label class="field">
                    <span>"Why, for those who sign; in Markdown"</span>
                    <textarea name="comment" rows="5" maxlength="10000" inner_html=typed(&comment)></textarea>
                </label>
                <button type="submit" class="button primary">"Ask"</button>
            </form>
        </div>
    }
}
