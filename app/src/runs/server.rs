//! The server functions of one run.

use domain::logged_models::ModelStatus;
use domain::{Millis, Run, RunStatus};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::dataset::DatasetFacts;
use crate::error::UiError;
use crate::wire::Compact;

/// A run and what the page shows around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunDetails {
    pub run: Run,
    pub experiment_name: String,
    pub parent: Option<RelatedRun>,
    /// The first of its children, oldest first.
    pub children: Vec<RelatedRun>,
    pub child_count: i64,
    /// What the run read.
    pub datasets: Vec<DatasetFacts>,
    pub models: Vec<RelatedModel>,
    /// The notes, rendered.
    pub note_html: String,
    pub now: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedRun {
    pub uuid: String,
    pub name: String,
    pub status: RunStatus,
}

/// A logged model that the run made or read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedModel {
    pub model_id: String,
    /// `None`: it is gone.
    pub name: Option<String>,
    pub status: ModelStatus,
    pub model_type: Option<String>,
    /// The training step, if the run made it.
    pub made_at_step: Option<i64>,
}

#[server(prefix = "/ui", protocol = Compact)]
pub async fn load_run(uuid: String) -> Result<RunDetails, UiError> {
    let db = expect_context::<store::Db>();
    let run = store::runs::get(&db, &uuid).await?;
    answers::details(&db, run).await
}

#[server(prefix = "/ui")]
pub async fn rename_run(uuid: String, name: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::rename(&db, uuid, name.trim().into()).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn delete_run(uuid: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::delete(&db, uuid, crate::clock::now()).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn restore_run(uuid: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::restore(&db, uuid, crate::clock::now()).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn set_run_tag(uuid: String, key: String, value: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::set_tag(&db, uuid, domain::KeyValue::new(key, value)).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn delete_run_tag(uuid: String, key: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    store::runs::delete_tag(&db, uuid, key).await?;
    Ok(())
}

#[server(prefix = "/ui")]
pub async fn set_run_notes(uuid: String, text: String) -> Result<(), UiError> {
    let db = expect_context::<store::Db>();
    let tag = domain::KeyValue::new(domain::experiments::NOTE_TAG, text);
    store::runs::set_tag(&db, uuid, tag).await?;
    Ok(())
}

#[cfg(feature = "ssr")]
mod answers {
    use domain::experiments::NOTE_TAG;
    use domain::{Run, ViewType};
    use store::Db;
    use store::runs::RunQuery;

    use super::{DatasetFacts, RelatedModel, RelatedRun, RunDetails};
    use crate::error::UiError;

    /// How many children the overview names; the run table shows all of them.
    const CHILDREN: usize = 20;

    pub async fn details(db: &Db, mut run: Run) -> Result<RunDetails, UiError> {
        let experiment_name = store::experiments::get(db, run.experiment_id).await?.name;
        let parent = match run.parent() {
            // A parent may have been deleted for good; the run is shown without it.
            Some(uuid) => store::runs::get(db, uuid).await.ok().map(|parent| related(&parent)),
            None => None,
        };
        let query = RunQuery {
            experiment_ids: vec![run.experiment_id],
            filter: crate::runs::table::children_filter(&run.uuid),
            order_by: vec!["start_time ASC".into()],
            view: ViewType::ActiveOnly,
            max_results: CHILDREN,
            without_inputs: true,
            ..RunQuery::default()
        };
        let children = store::runs::search(db, &query).await?.items.iter().map(related).collect();
        let child_count = store::runs::count(db, &query).await?;
        let note_html = run.tag(NOTE_TAG).map(crate::components::to_html).unwrap_or_default();
        let models = models(db, &run).await?;
        let datasets = std::mem::take(&mut run.inputs.datasets).into_iter().map(DatasetFacts::of).collect();
        Ok(RunDetails {
            run,
            experiment_name,
            parent,
            children,
            child_count,
            datasets,
            models,
            note_html,
            now: crate::clock::now(),
        })
    }

    fn related(run: &Run) -> RelatedRun {
        RelatedRun { uuid: run.uuid.clone(), name: run.name.clone(), status: run.status }
    }

    async fn models(db: &Db, run: &Run) -> Result<Vec<RelatedModel>, UiError> {
        let made = run.inputs.outputs.iter().map(|output| (output.model_id.clone(), Some(output.step)));
        let read = run.inputs.models.iter().map(|id| (id.clone(), None));
        let named: Vec<_> = made.chain(read).collect();
        let ids: Vec<_> = named.iter().map(|(id, _)| id.clone()).collect();
        let found = store::logged_models::get_many(db, &ids).await?;
        let related = named.into_iter().map(|(model_id, made_at_step)| {
            let model = found.iter().find(|model| model.model_id == model_id);
            RelatedModel {
                name: model.map(|model| model.name.clone()),
                status: model.map(|model| model.status).unwrap_or_default(),
                model_type: model.and_then(|model| model.model_type.clone()),
                model_id,
                made_at_step,
            }
        });
        Ok(related.collect())
    }
}
