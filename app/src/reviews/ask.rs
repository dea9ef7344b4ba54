//! Asking for a review.

use domain::registry::Stages;
use domain::reviews::Target;
use domain::reviews::policy::StageRules;
use leptos::prelude::*;

use super::{in_words, model_path, version_path};
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
    /// Whether they wanted to move it at once.
    is_instead: bool,
    /// What each stage asks for, where a policy says so.
    rules: Vec<(Target, StageRules)>,
    problem: Option<String>,
) -> impl IntoView {
    let given = Some(&*target).filter(|target| matches!(Target::parse(target), Target::Alias(_)));
    let options = stages.iter().filter(|one| *one != stage).chain(given).map(|one| {
        view! { <option value=one.to_owned() selected=one == target>{one.to_owned()}</option> }
    });
    let options = options.collect_view();
    let needs = rules.iter().filter(|(of, _)| of.to_string() != stage).map(|(of, rules)| {
        let needs: Vec<_> = rules.sign_off.iter().map(ToString::to_string).collect();
        let needs = if needs.is_empty() { "nobody".to_owned() } else { in_words(&needs) };
        view! { <li>{format!("{of}: signed by {needs}")}</li> }
    });
    let needs = (!rules.is_empty()).then(|| view! { <ul class="nothing needs">{needs.collect_view()}</ul> });
    view! {
        <div class="page narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/models">"Models"</a>
                <a href=model_path(&model)>{model.clone()}</a>
                <a href=version_path(&model, version)>{format!("Version {version}")}</a>
            </nav>
            <h1>"Ask for a review"</h1>
            {is_instead.then(|| view! {
                <p class="notice" role="status">
                    {format!("Nothing has moved: {target} is reached by a review. Ask for it here.")}
                </p>
            })}
            <p>{format!("Version {version} of {model} is in {stage}.")}</p>
            <form method="post" action=format!("{}/ask", version_path(&model, version)) class="card">
                <Refusal message=problem/>
                <label class="field">
                    <span>"Where it should be"</span>
                    <select name="target">{options}</select>
                </label>
                {needs}
                <label class="field">
                    <span>"Why, for those who sign; in Markdown"</span>
                    <textarea name="comment" rows="5" maxlength="10000" inner_html=typed(&comment)></textarea>
                </label>
                <button type="submit" class="button primary">"Ask"</button>
            </form>
        </div>
    }
}
