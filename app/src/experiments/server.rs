//! The server functions of experiments.

#[cfg(feature = "ssr")]
use domain::Lifecycle;
use domain::experiments::ExperimentSummary;
use domain::runs::RunKeys;
use domain::{Experiment, Millis};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::list_url::ListState;
use crate::error::UiError;
use crate::wire::Compact;

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentList {
    pub items: Vec<ExperimentSummary>,
    pub next_page_token: Option<String>,
    /// Id and name of the experiment whose deletion can be undone.
    pub just_deleted: Option<(i64, String)>,
    pub now: Millis,
}

impl ExperimentList {
    /// Whether nobody has logged a run yet.
    pub fn is_untouched(&self) -> bool {
        self.items.iter().all(|item| item.active_runs == 0)
    }
}

/// An experiment and what its runs logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentDetails {
    pub experiment: Experiment,
    pub keys: RunKeys,
    /// The notes, rendered.
    pub note_html: String,
    /// Whether whoever asks may delete it.
    pub may_manage: bool,
    pub now: Millis,
}

#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_experiments(
    state: ListState,
    just_deleted: Option<i64>,
) -> Result<ExperimentList, UiError> {
    let db = expect_context::<store::Db>();
    let query = store::experiments::ExperimentQuery {
        filter: state.filter(),
        order_by: state.order_by().into_iter().collect(),
        view: state.view(),
        max_results: 50,
        page_token: Some(state.token).filter(|token| !token.is_empty()),
    };
    let page = store::experiments::summaries(&db, &query).await?;
    let just_deleted = match just_deleted {
        // It may have been restored, or be gone for good.
        Some(id) => store::experiments::get(&db, id).await.ok(),
        None => None,
    };
    Ok(ExperimentList {
        items: page.items,
        next_page_token: page.next_page_token,
        just_deleted: just_deleted
            .filter(|experiment| experiment.lifecycle == Lifecycle::Deleted)
            .map(|experiment| (experiment.id, experiment.name)),
        now: crate::clock::now(),
    })
}

#[server(prefix = "/ui", protocol = Compact)]
pub async fn load_experiment(id: i64) -> Result<ExperimentDetails, UiError> {
    let db = expect_context::<store::Db>();
    let experiment = store::experiments::get(&db, id).await?;
    let keys = crate::runs::run_keys(&db, id).await?;
    let note_html = experiment.note().map(crate::components::to_html).unwrap_or_default();
    let level = store::permissions::of(&db, &store::permissions::Object::Experiment(id)).await?.level;
    let may_manage = level == domain::permissions::Level::Manage;
    Ok(ExperimentDetails { experiment, keys, note_html, may_manage, now: crate::clock::now() })
}

/// Creates an experiment and goes to it.
#[server(prefix = "/ui")]
pub async fn create_experiment(name: String) -> Result<i64, UiError> {
    let db = expect_context::<store::Db>();
    let new = store::experiments::NewExperiment { name: name.trim().into(), ..Default::default() };
    let id = store::experiments::create(&db, new, crate::clock::now()).await?;
    leptos_axum::redirect(&format!("/experiments/{id}"));
    Ok(id)
}

#[server(prefix = "/ui")]
pub async fn rename_experiment(id: i64, name: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::experiments::rename(&db, id, name.trim().into(), crate::clock::now()).await?;
    Ok(())
}

/// Moves an experiment to the bin and goes to the list, which offers to undo it.
#[server(prefix = "/ui")]
pub async fn delete_experiment(id: i64) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::experiments::delete(&db, id, crate::clock::now()).await?;
    leptos_axum::redirect(&format!("/experiments?deleted={id}"));
    Ok(())
}

/// Takes an experiment back out of the bin and goes to it.
#[server(prefix = "/ui")]
pub async fn restore_experiment(id: i64) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::experiments::restore(&db, id, crate::clock::now()).await?;
    leptos_axum::redirect(&format!("/experiments/{id}"));
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn set_experiment_tag(id: i64, key: String, value: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    let tag = domain::KeyValue::new(key, value);
    store::experiments::set_tag(&db, id, tag, crate::clock::now()).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn delete_experiment_tag(id: i64, key: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::experiments::delete_tag(&db, id, key, crate::clock::now()).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn set_experiment_notes(id: i64, text: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    let tag = domain::KeyValue::new(domain::experiments::NOTE_TAG, text);
    store::experiments::set_tag(&db, id, tag, crate::clock::now()).await?;
    Ok(())
}
