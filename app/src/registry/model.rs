//! The page of one model.

use domain::registry::PRODUCTION;
use domain::registry::hand_over::HandOver;
use domain::reviews::gates::Better;
use leptos::prelude::*;
use store::registry::ModelOverview;

use super::board::Board;
use super::forms::{AliasRow, Asked, DeleteForm, Folded, PrimaryMetricForm, Refused, Undeletable, refused};
use super::hand_overs::HandOvers;
use super::head::{Aliases, Description, MayNotManage, MayOnlyLook, Tags};
use super::lineage::Lineage;
use super::metric_chart::{MetricChart, chosen, metrics_of};
use super::table::VersionTable;
use super::{Offer, model_path, version_path};
use crate::components::{EmptyState, Icon, IconName};
use crate::format;
use crate::plain::{Confirm, Field, PlainForm, Refusal, When};
use crate::url::Query;

/// How a model's versions are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModelView {
    #[default]
    Board,
    Table,
    Lineage,
    HandOvers,
}

impl ModelView {
    const ALL: [Self; 4] = [Self::Board, Self::Table, Self::Lineage, Self::HandOvers];

    /// What isn't known is the board.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|view| view.as_str() == text).unwrap_or_default()
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Table => "table",
            Self::Lineage => "lineage",
            Self::HandOvers => "hand-overs",
        }
    }

    /// Whether the metric over the versions stands beside it.
    fn has_metric(self) -> bool {
        matches!(self, Self::Board | Self::Table)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Board => "Board",
            Self::Table => "Table",
            Self::Lineage => "Lineage",
            Self::HandOvers => "Hand-overs",
        }
    }
}

/// Back to what served before, with a word on why.
#[component]
fn RollBack(
    /// What serves.
    number: i64,
    /// What would serve again.
    to: i64,
    action: String,
) -> impl IntoView {
    let what = format!(
        "Version {number} leaves Production, and version {to}, which served before, comes back. Who may sign a \
         rollback does it with this click; else it waits for somebody who may."
    );
    view! {
        <Confirm label="Roll back">
            <PlainForm action class="confirmed">
                <p>{what}</p>
                <input type="hidden" name="serving" value=number/>
                <Field label="Why" name="comment" maxlength=1000/>
                <button type="submit" class="button small danger">"Roll back"</button>
            </PlainForm>
        </Confirm>
    }
}

#[component]
pub fn ModelPage(
    overview: ModelOverview,
    view: ModelView,
    /// The metric that was asked for.
    metric: Option<String>,
    /// For the view of them.
    hand_overs: Vec<HandOver>,
    /// What a rollback in Production would replace, and by what.
    rollback: Option<(i64, i64)>,
    offer: Offer,
    /// Why the main metric isn't theirs to choose.
    guarded: Option<String>,
    /// Why nobody can delete it, for whoever otherwise could.
    undeletable: Option<String>,
    refusal: Option<Refused>,
) -> impl IntoView {
    let may_change = offer.change;
    let ModelOverview { model, primary, versions, total, all_stages: stages, runs } = overview;
    let (name, path) = (model.name.clone(), model_path(&model.name));
    let metrics = metrics_of(&runs);
    let metric = chosen(metric, primary.as_ref(), &metrics);
    let aliases = model.aliases.iter().map(|one| AliasRow { alias: one.alias.clone(), version: one.version });
    let aliases = aliases.collect::<Vec<_>>();
    let numbers: Vec<_> = versions.iter().map(|one| one.version.version).collect();
    let serving: Vec<_> = versions
        .iter()
        .filter(|one| one.version.stage == PRODUCTION)
        .map(|one| one.version.version)
        .collect();
    let serves = serves(&name, &serving);
    let judged = match &primary {
        Some(primary) => {
            let better =
                if primary.better == Better::Higher { "higher is better" } else { "lower is better" };
            view! { <span>{primary.key.clone()}</span> <span class="nothing">{better}</span> }.into_any()
        }
        None => view! { <span class="nothing">"none named"</span> }.into_any(),
    };
    let judged_form = (may_change && guarded.is_none()).then(|| {
        let refused = refused(refusal.as_ref(), Asked::PrimaryMetric);
        let typed = refused.as_ref().map(|refused| refused.typed.clone());
        let (action, metrics, primary) = (format!("{path}/primary-metric"), metrics.clone(), primary.clone());
        view! { <Folded label="Set" refused><PrimaryMetricForm action primary metrics typed/></Folded> }
    });
    let deletes = (offer.manage && undeletable.is_none()).then(|| {
        let refused = refused(refusal.as_ref(), Asked::Delete);
        let versions = format::plural(total, "version", "versions");
        let words = format!("Deletes “{name}” with its {versions}, tags and aliases. Runs and files stay.");
        view! {
            <div class="page-actions">
                <Refusal message=refused.map(|refused| refused.why)/>
                <DeleteForm action=format!("{path}/delete") label="Delete model" words confirm=Some(name.clone()) button="Delete this model".into()/>
            </div>
        }
    });
    let rolls_back = rollback.filter(|_| may_change);
    let rolls_back =
        rolls_back.map(|(number, to)| view! { <RollBack number to action=format!("{path}/rollback")/> });
    let (policy, permissions) = (format!("{path}/policy"), format!("{path}/permissions"));
    let tabs = ModelView::ALL.map(|one| {
        let shown = if one == ModelView::Board { "" } else { one.as_str() };
        let href = Query::new().with("view", shown).with("metric", metric.as_deref().unwrap_or_default());
        let current = (one == view).then_some("page");
        view! { <a href=href.after(&path) aria-current=current>{one.label()}</a> }
    });
    let chart = metric.clone().filter(|_| view.has_metric() && !versions.is_empty()).map(|metric| {
        let (name, versions, runs) = (name.clone(), versions.clone(), runs.clone());
        view! { <MetricChart name versions runs metric metrics=metrics.clone() primary=primary.clone() view=view.as_str()/> }
    });
    let content = if versions.is_empty() {
        let code = format!("mlflow.register_model(\"runs:/RUN_ID/model\", {name:?})");
        view! {
            <EmptyState title="No versions yet.">
                <p>"Register one: " <code>{code}</code></p>
            </EmptyState>
        }
        .into_any()
    } else {
        let name = name.clone();
        match view {
            ModelView::Board => view! { <Board name versions stages runs metric/> }.into_any(),
            ModelView::Table => view! { <VersionTable name versions runs metric total/> }.into_any(),
            ModelView::Lineage => view! { <Lineage name versions stages runs total/> }.into_any(),
            ModelView::HandOvers => view! { <HandOvers name hand_overs/> }.into_any(),
        }
    };
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs"><a href="/models">"Models"</a></nav>
            <div class="page-head">
                <h1>{name}</h1>
                <span class="spacer"></span>
                <a class="button small" href=policy>"Policy"</a>
                <a class="button small" href=permissions>"Permissions"</a>
                {rolls_back}
                {deletes}
            </div>
            {(!may_change).then(|| view! { <MayOnlyLook who=offer.who_changes/> })}
            <Description text=model.description path=path.clone() may_change refusal=refusal.clone()/>
            <dl class="facts registry-facts">
                <div><dt>"Serves"</dt><dd>{serves}</dd></div>
                <div><dt>"Primary metric"</dt><dd>{judged} {judged_form} {guarded.filter(|_| may_change).map(|why| view! { <small class="nothing">{why}</small> })}</dd></div>
                <div><dt>"Updated"</dt><dd><When at=model.updated_at/></dd></div>
                <div>
                    <dt>"Aliases"</dt>
                    <dd><Aliases aliases path=path.clone() versions=numbers may_change refusal=refusal.clone()/></dd>
                </div>
                <div><dt>"Tags"</dt><dd><Tags tags=model.tags path=path.clone() may_change refusal/></dd></div>
            </dl>
            <nav class="tabs" aria-label="Versions">{tabs.into_iter().collect_view()}</nav>
            {content}
            {chart}
            {(!offer.manage).then(|| view! { <MayNotManage what="this model" who=offer.who_manages/> })}
            {undeletable.map(|why| view! { <Undeletable why/> })}
        </div>
    }
}

/// The way back from a version to its model.
pub fn crumbs(name: &str) -> impl IntoView + use<> {
    let (path, name) = (model_path(name), name.to_owned());
    view! {
        <nav class="crumbs" aria-label="Breadcrumbs">
            <a href="/models">"Models"</a>
            <a href=path>{name}</a>
        </nav>
    }
}

/// A link that downloads one file.
pub fn download(href: String, label: String) -> impl IntoView + use<> {
    view! { <a class="file-link" href=href download><Icon name=IconName::File/>{label}</a> }
}

fn serves(name: &str, serving: &[i64]) -> AnyView {
    if serving.is_empty() {
        return view! { <span class="nothing">"nothing yet"</span> }.into_any();
    }
    let link =
        |number: &i64| view! { <a href=version_path(name, *number)>{format!("version {number}")}</a> " " };
    serving.iter().map(link).collect_view().into_any()
}
