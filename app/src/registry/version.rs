//! The page of one version: what a reviewer reads.

use domain::registry::{FilesState, ModelVersion, PRODUCTION, is_prompt};
use domain::{KeyValue, Run};
use leptos::prelude::*;
use store::registry::{Happened, VersionEvidence, VersionOverview};
use store::reviews::Kept;

use super::activity::VersionActivity;
use super::card::CardPart;
use super::differences::Differences;
use super::example::{Example, ExamplePart};
use super::files::FilesPart;
use super::forms::{AliasRow, Asked, DeleteForm, Refused, Undeletable, refused};
use super::head::{Aliases, Description, MayNotManage, MayOnlyLook, Tags};
use super::model::crumbs;
use super::move_form::{MoveForm, StageHistory};
use super::signature::SignaturePart;
use super::stage::{Overridden, StageBadge};
use super::{Offer, maker, or_dash, run_path, version_label, version_path};
use crate::plain::{Refusal, When};

/// Where clients keep a prompt's text.
const PROMPT_TEXT_TAG: &str = "mlflow.prompt.text";

#[component]
pub fn VersionPage(
    overview: VersionOverview,
    example: Option<Example>,
    offer: Offer,
    /// What a policy lets nobody do.
    kept: Kept,
    refusal: Option<Refused>,
    /// Its reviews, and what was said about it.
    reviews: AnyView,
    /// The newest first.
    happened: Vec<Happened>,
) -> impl IntoView {
    let may_change = offer.change;
    let VersionOverview { this, files, card, stages, all_stages, champion, primary, newest } = overview;
    let VersionEvidence { version, author, is_overridden, run, signature } = this;
    let facts =
        view! { <Facts author=maker(&author, run.as_ref()) version=version.clone() run=run.clone()/> };
    let (name, number) = (version.name.clone(), version.version);
    let path = version_path(&name, number);
    let is_prompt = is_prompt(&version.tags);
    let is_read = files.state == FilesState::Done;
    let is_serving = version.stage == PRODUCTION;
    let champion_number = champion.as_ref().map(|champion| champion.version.version);
    // What serves is compared with nothing: it is what others are compared with.
    let champion = champion.filter(|_| !is_serving);
    let signatures = champion.as_ref().map(|one| (one.version.version, one.signature.clone()));
    let compared = champion.map(|one| (one.version.version, one.run));
    let aliases = version.aliases.iter().map(|alias| AliasRow { alias: alias.clone(), version: number });
    let aliases: Vec<_> = aliases.collect();
    let newer = (newest > number).then(|| {
        let href = version_path(&name, newest);
        view! { <a class="chip" href=href>{format!("newest is version {newest}")}</a> }
    });
    let stays = kept.stays.clone().filter(|_| may_change);
    let mover = (may_change && !is_prompt && stays.is_none()).then(|| {
        let (stage, path, refusal) = (version.stage.clone(), path.clone(), refusal.clone());
        view! { <MoveForm stage stages=all_stages path champion=champion_number refusal/> }
    });
    let undeletable = kept.undeletable.filter(|_| offer.manage);
    let deletes = (offer.manage && undeletable.is_none()).then(|| {
        let refused = refused(refusal.as_ref(), Asked::Delete);
        let serves = if is_serving { " It serves in Production!" } else { "" };
        let words = format!("Deletes version {number} of “{name}” and the aliases that name it; its run and files stay, the number is never given again.{serves}");
        view! {
            <div class="page-actions">
                <Refusal message=refused.map(|refused| refused.why)/>
                <DeleteForm action=format!("{path}/delete") label="Delete version" words confirm=None button=format!("Delete version {number}")/>
            </div>
        }
    });
    let template = is_prompt.then(|| template(&version.tags));
    let evidence = (!is_prompt).then(|| {
        view! {
            <CardPart card path=path.clone() may_change refusal=refusal.clone()/>
            <Differences run champion=compared primary serves=is_serving/>
            <SignaturePart texts=signature champion=signatures is_read/>
            <ExamplePart example is_read/>
        }
    });
    view! {
        <div class="page">
            {crumbs(&name)}
            <div class="page-head">
                <h1>{version_label(number)}</h1>
                <StageBadge stage=version.stage.clone()/>
                {is_overridden.then(|| view! { <Overridden/> })}
                {newer}
                <span class="spacer"></span>
                {deletes}
            </div>
            {(!may_change).then(|| view! { <MayOnlyLook who=offer.who_changes/> })}
            <div class="overview version-overview">
                <div class="overview-main">
                    <Description text=version.description.unwrap_or_default() path=path.clone() may_change refusal=refusal.clone()/>
                    {reviews}
                    {template}
                    {evidence}
                    <FilesPart name=name.clone() version=number state=files.state files=files.files location=version.storage_location is_prompt/>
                    <VersionActivity happened/>
                </div>
                <div class="overview-side">
                    {facts}
                    <section aria-labelledby="stage">
                        <h2 id="stage">"Stage"</h2>
                        <StageHistory name=name.clone() entries=stages/>
                        {mover}
                        {stays.map(|why| view! { <p class="nothing">{why}</p> })}
                    </section>
                    <section aria-labelledby="aliases">
                        <h2 id="aliases">"Aliases"</h2>
                        <Aliases aliases path=path.clone() versions=Vec::new() may_change refusal=refusal.clone()/>
                    </section>
                    <section aria-labelledby="tags">
                        <h2 id="tags">"Tags"</h2>
                        <Tags tags=version.tags path may_change refusal/>
                    </section>
                </div>
            </div>
            {(!offer.manage).then(|| view! { <MayNotManage what="this version" who=offer.who_manages/> })}
            {undeletable.map(|why| view! { <Undeletable why/> })}
        </div>
    }
}

/// Who made the version, of what, and when.
#[component]
fn Facts(author: Option<String>, version: ModelVersion, run: Option<Run>) -> impl IntoView {
    let run = match run {
        Some(run) => view! { <a href=run_path(&run)>{run.name.clone()}</a> }.into_any(),
        None if version.run_uuid.is_empty() => or_dash(None),
        None => view! { <span class="nothing">"not here: " {version.run_uuid}</span> }.into_any(),
    };
    view! {
        <section aria-labelledby="facts">
            <h2 id="facts">"Facts"</h2>
            <dl class="fact-list">
                <div><dt>"Author"</dt><dd>{or_dash(author)}</dd></div>
                <div><dt>"Created"</dt><dd><When at=version.created_at/></dd></div>
                <div><dt>"Changed"</dt><dd><When at=version.updated_at/></dd></div>
                <div><dt>"Run"</dt><dd>{run}</dd></div>
                <div><dt>"Source"</dt><dd><code class="uri">{version.source}</code></dd></div>
            </dl>
        </section>
    }
}

/// A prompt's text.
fn template(tags: &[KeyValue]) -> AnyView {
    let text = tags.iter().find(|tag| tag.key == PROMPT_TEXT_TAG).map(|tag| tag.value.clone());
    view! {
        <section class="part" aria-labelledby="template">
            <h2 id="template">"Template"</h2>
            <pre class="example-text" tabindex="0" role="region" aria-label="Text of the template">{text}</pre>
        </section>
    }
    .into_any()
}
