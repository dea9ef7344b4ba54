//! The registry's pages: models, one model, one version.

mod activity;
mod board;
mod card;
mod differences;
mod example;
mod files;
mod forms;
pub(crate) mod hand_overs;
mod head;
mod lineage;
mod lineage_layout;
mod list;
mod list_url;
mod metric_chart;
mod model;
mod move_form;
mod signature;
mod stage;
mod stages_page;
mod table;
mod version;

pub use activity::VersionActivity;
pub use example::Example;
pub use forms::{Asked, Refused, Typed};
pub use list::ModelsPage;
pub use list_url::{PAGE, models_list};
pub use model::{ModelPage, ModelView};
pub use stages_page::StagesPage;
pub use version::VersionPage;

use domain::Run;
use leptos::prelude::*;

use crate::url::encode;

/// Which forms whoever looks at a model's pages is offered, and who is offered the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub change: bool,
    /// To delete it and its versions.
    pub manage: bool,
    pub who_changes: String,
    pub who_manages: String,
}

/// Whose page a model has.
pub fn model_path(name: &str) -> String {
    format!("/models/{}", encode(name))
}

pub fn version_path(name: &str, version: i64) -> String {
    format!("{}/versions/{version}", model_path(name))
}

fn run_path(run: &Run) -> String {
    format!("/experiments/{}/runs/{}", run.experiment_id, run.uuid)
}

/// What a version is called on its model's pages.
fn version_label(version: i64) -> String {
    format!("Version {version}")
}

/// Who made a version: by their account, else as the run says.
fn maker(author: &str, run: Option<&Run>) -> Option<String> {
    let by_run = || run.map(|run| run.user.clone());
    let author = Some(author.to_owned()).filter(|author| !author.is_empty());
    author.or_else(by_run).filter(|name| !name.is_empty())
}

/// A value that may be absent.
fn or_dash(text: Option<String>) -> AnyView {
    match text {
        Some(text) => text.into_any(),
        None => view! { <span class="nothing" aria-label="none">"–"</span> }.into_any(),
    }
}
