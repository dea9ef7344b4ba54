//! Plays a story: each step by the person whose it is, at its time, through the operation that a page would call.

use anyhow::{Context as _, ensure};
use domain::Millis;
use domain::accounts::Caller;
use domain::registry::ModelVersion;
use domain::reviews::Target;
use domain::reviews::gates::{PrimaryMetric, Validation};
use store::datasets::{self, DatasetsQuery, NewDatasetCheck};
use store::registry::{self, NewModel, NewVersion, cards};
use store::reviews::{self, Act, Ask, PolicyOf};
use store::runs::{self, RunQuery};
use store::{Db, experiments};

use super::story::{self, Of, Step, What};
use super::team::Team;
use crate::reading::read_waiting;
use crate::state::AppState;

const DAY_MS: f64 = 86_400_000.0;

/// The moment so many days before.
#[expect(clippy::cast_possible_truncation, reason = "a story is not that long")]
pub fn ago(now: Millis, days: f64) -> Millis {
    Millis(now.0 - (days * DAY_MS) as i64)
}

pub async fn play(state: &AppState, team: &Team, now: Millis) -> anyhow::Result<()> {
    for step in story::in_order() {
        let db = team.get(step.by).with_context(|| format!("{} isn't in the team", step.by))?;
        take(state, db, step, ago(now, step.days_ago))
            .await
            .with_context(|| format!("{} can't do this in the demo's story: {:?}", step.by, step.what))?;
    }
    Ok(())
}

async fn take(state: &AppState, db: &Db, step: &Step, at: Millis) -> anyhow::Result<()> {
    match step.what {
        What::Policy { of, toml, reason } => {
            let of = of.map_or(PolicyOf::Workspace, |model| PolicyOf::Model(model.to_owned()));
            reviews::save_policy(db, of, toml.to_owned(), reason.to_owned(), None, at).await?;
        }
        What::Model { name, description, metric, better } => {
            let new = NewModel {
                name: name.to_owned(),
                description: description.to_owned(),
                ..NewModel::default()
            };
            registry::create_model(db, new, at).await?;
            let metric = PrimaryMetric { key: metric.to_owned(), better };
            cards::set_primary_metric(db, name.to_owned(), Some(metric), at).await?;
        }
        What::Register { of, experiment, run } => {
            let version = register(db, of, experiment, run, at).await?;
            ensure!(version.version == of.1, "it is version {}", version.version);
            // Whoever reviews it sees what files it has, so they are read before anybody does.
            read_waiting(&state.db.in_the_name_of(Caller::server()), &state.artifacts).await?;
        }
        What::Card { of, text } => {
            cards::set_card(db, of.0.to_owned(), of.1, text.to_owned(), at).await?;
        }
        What::Check { data, summary } => check_data(db, data, summary, at).await?,
        What::Alias { of, alias } => {
            registry::set_alias(db, of.0.to_owned(), alias.to_owned(), of.1, at).await?;
        }
        What::Ask { of, stage, words } => {
            let ask = Ask {
                name: of.0.to_owned(),
                version: of.1,
                target: Target::Stage(stage.to_owned()),
                comment: words.to_owned(),
                archive_existing: true,
            };
            reviews::ask(db, ask, at).await?;
        }
        What::Comment { of, text } => {
            let review = review_of(db, of).await?;
            reviews::add_comment(db, of.0.to_owned(), of.1, Some(review), text.to_owned(), at).await?;
        }
        What::Sign { of, words } => {
            act(state, db, of, Act::Sign { role: None, digest: None, words: words.to_owned() }, at).await?;
        }
        What::Reject { of, words } => act(state, db, of, Act::Reject { words: words.to_owned() }, at).await?,
        What::Override { of, reason } => {
            act(state, db, of, Act::Override { reason: reason.to_owned() }, at).await?;
        }
    }
    Ok(())
}

/// Registers the model that a run logged.
async fn register(db: &Db, of: Of, experiment: &str, run: &str, at: Millis) -> anyhow::Result<ModelVersion> {
    let experiment = experiments::get_by_name(db, experiment).await?;
    let query = RunQuery {
        experiment_ids: vec![experiment.id],
        filter: format!("attributes.run_name = '{run}'"),
        max_results: 9,
        ..RunQuery::default()
    };
    let found = runs::search(db, &query).await?.items;
    let with_model = found.iter().find_map(|run| Some((run, run.inputs.outputs.first()?)));
    let (run, logged) = with_model.with_context(|| format!("no run `{run}` logged a model"))?;
    ensure!(run.ended_at.is_some_and(|ended| ended <= at), "the run `{}` has not ended by then", run.name);
    let new = NewVersion {
        name: of.0.to_owned(),
        source: format!("models:/{}", logged.model_id),
        run_uuid: Some(run.uuid.clone()),
        model_id: Some(logged.model_id.clone()),
        ..NewVersion::default()
    };
    Ok(registry::create_version(db, new, at).await?)
}

/// Says of all data sets of a name that they passed.
async fn check_data(db: &Db, name: &str, summary: &str, at: Millis) -> anyhow::Result<()> {
    let query = DatasetsQuery { part: name.to_owned(), page_size: 100, ..DatasetsQuery::default() };
    let found = datasets::catalog(db, &query).await?.entries;
    ensure!(!found.is_empty(), "no run read `{name}`");
    for entry in found {
        let new = NewDatasetCheck {
            name: entry.name,
            digest: entry.digest,
            state: Validation::Passed,
            summary: summary.to_owned(),
            link: None,
        };
        datasets::report_check(db, new, at).await?;
    }
    Ok(())
}

async fn act(state: &AppState, db: &Db, of: Of, act: Act, at: Millis) -> anyhow::Result<()> {
    let review = review_of(db, of).await?;
    reviews::act(db, &state.office, review, act, at).await?;
    Ok(())
}

/// The review of a version that is open.
async fn review_of(db: &Db, (name, version): Of) -> anyhow::Result<i64> {
    let found = reviews::open_of_version(db, name, version).await?;
    let open = found.iter().find(|row| row.state == "open");
    Ok(open.with_context(|| format!("no review of {name} v{version} is open"))?.id)
}
