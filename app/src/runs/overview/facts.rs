//! Where a run came from and how long it took.

use domain::runs::{GIT_COMMIT_TAG, Run, SOURCE_NAME_TAG, SOURCE_TYPE_TAG, USER_TAG};
use leptos::prelude::*;

use crate::clock::Moment;
use crate::components::CopyButton;
use crate::format;
use crate::runs::page::ShownRun;
use crate::runs::server::RunDetails;

#[component]
pub fn Facts() -> impl IntoView {
    let details = ShownRun::expect().details.value;
    let list = move || details.with(facts);
    view! {
        <section class="card" aria-labelledby="facts-title">
            <h2 id="facts-title">"Details"</h2>
            {list}
        </section>
    }
}

fn facts(details: &RunDetails) -> impl IntoView + use<> {
    let RunDetails { run, parent, now, .. } = details;
    let fact = |label: &'static str, value: AnyView| view! { <div><dt>{label}</dt><dd>{value}</dd></div> };
    let moment =
        |label, at: Option<domain::Millis>| at.map(|at| fact(label, view! { <Moment at/> }.into_any()));
    let duration = run.duration_ms(*now).map(|ms| fact("Duration", format::duration(ms).into_any()));
    let user = run.tag(USER_TAG).unwrap_or(&run.user);
    let user = (!user.is_empty()).then(|| fact("User", user.to_owned().into_any()));
    let parent = parent.as_ref().map(|parent| {
        let href = format!("/experiments/{}/runs/{}", run.experiment_id, parent.uuid);
        fact("Parent run", view! { <a href=href>{parent.name.clone()}</a> }.into_any())
    });
    let commit = run.tag(GIT_COMMIT_TAG).map(|hash| {
        let short: String = hash.chars().take(10).collect();
        let value = view! {
            <code title=hash.to_owned()>{short}</code>
            <CopyButton text=hash label="Copy commit"/>
        };
        fact("Commit", value.into_any())
    });
    view! {
        <dl class="fact-list">
            {fact("Run id", view! {
                <code class="run-id">{run.uuid.clone()}</code>
                <CopyButton text=run.uuid.clone() label="Copy run id"/>
            }.into_any())}
            {moment("Started", run.start())}
            {moment("Ended", run.ended_at)}
            {duration}
            {user}
            {source(run).map(|source| fact("Source", source))}
            {commit}
            {parent}
            {fact("Artifacts", view! { <code class="uri">{run.artifact_uri.clone()}</code> }.into_any())}
        </dl>
    }
}

fn source(run: &Run) -> Option<AnyView> {
    let name = run.tag(SOURCE_NAME_TAG).filter(|name| !name.is_empty())?;
    let file = name.rsplit('/').next().unwrap_or(name).to_owned();
    let kind = run.tag(SOURCE_TYPE_TAG).map(str::to_lowercase).filter(|kind| kind != "local");
    let kind = kind.map(|kind| view! { <span class="muted">{format!("\u{a0}({kind})")}</span> });
    Some(view! { <code title=name.to_owned()>{file}</code> {kind} }.into_any())
}
