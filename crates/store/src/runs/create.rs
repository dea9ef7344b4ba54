//! New runs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use domain::accounts::Caller;
use domain::permissions::Level;
use domain::runs::{NAME_TAG, RunInputs};
use domain::{KeyValue, Lifecycle, Millis, Run, RunStatus};
use tokio::sync::oneshot;

use crate::Db;
use crate::bulk;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::names;
use crate::permissions::{Grants, Guarded};
use crate::sql::Sql;
use crate::writer::{Job, Tx};

/// What a client says about a run that it starts.
#[derive(Debug, Clone, Default)]
pub struct NewRun {
    pub experiment_id: i64,
    /// Empty: the `mlflow.runName` tag, else one is made up.
    pub name: String,
    pub user: String,
    /// 0: not said.
    pub started_at: Millis,
    pub tags: Vec<KeyValue>,
}

/// A run on its way into the database.
#[derive(Debug)]
pub(crate) struct CreateRun {
    uuid: String,
    new: NewRun,
    by: Arc<Caller>,
}

/// Creates a run that is RUNNING.
///
/// # Errors
/// `NotFound` without such an experiment, `InvalidState` if that is deleted, `Invalid` if name and
/// `mlflow.runName` differ.
pub async fn create(db: &Db, mut new: NewRun) -> Result<Run> {
    new.tags.retain(|tag| tag.key != NAME_TAG || !tag.value.is_empty());
    let tagged = new.tags.iter().find(|tag| tag.key == NAME_TAG).map(|tag| tag.value.clone());
    match tagged {
        Some(name) if new.name.is_empty() => new.name = name,
        Some(name) if name != new.name => {
            let message = format!(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different \
                 values (run_name='{}', mlflow.runName='{name}')",
                new.name
            );
            return Err(domain::limits::Invalid::new("run_name", message).into());
        }
        Some(_) => {}
        None => {
            if new.name.is_empty() {
                new.name = names::random();
            }
            new.tags.push(KeyValue::new(NAME_TAG, new.name.clone()));
        }
    }
    last_of_each(&mut new.tags);
    let uuid = uuid::Uuid::new_v4().simple().to_string();
    let mut run = Run {
        uuid: uuid.clone(),
        experiment_id: new.experiment_id,
        name: new.name.clone(),
        user: new.user.clone(),
        status: RunStatus::Running,
        lifecycle: Lifecycle::Active,
        started_at: Some(new.started_at),
        ended_at: None,
        artifact_uri: String::new(),
        params: Vec::new(),
        metrics: Vec::new(),
        tags: new.tags.clone(),
        inputs: RunInputs::default(),
    };
    let (reply, answer) = oneshot::channel();
    run.artifact_uri =
        db.enqueue(Job::Create(CreateRun { uuid, new, by: db.caller() }, reply), answer).await?;
    Ok(run)
}

/// Sorts by key; of several with one key the last stays.
pub(super) fn last_of_each(pairs: &mut Vec<KeyValue>) {
    pairs.reverse();
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    pairs.dedup_by(|later, first| later.key == first.key);
}

/// Writes the runs; the answer for each is where its artifacts go.
pub(crate) async fn insert_all(tx: &mut Tx<'_>, runs: &[&CreateRun]) -> Result<Vec<Result<String>>> {
    let experiments: BTreeSet<_> = runs.iter().map(|run| run.new.experiment_id).collect();
    let homes = homes(tx, &experiments.into_iter().collect::<Vec<_>>()).await?;
    let asks = runs.iter().any(|run| !run.by.is_admin());
    let objects = homes.values().map(|home| &home.guarded).filter(|_| asks);
    let grants = Grants::of(tx.connection, tx.engine, objects).await?;
    let mut answers = Vec::with_capacity(runs.len());
    for run in runs {
        answers.push(match artifact_uri(tx, &grants, run, &homes).await {
            // What the database says concerns the whole group.
            Err(Error::Database) => return Err(Error::Database),
            answer => answer,
        });
    }
    let accepted = || runs.iter().zip(&answers).filter_map(|(run, uri)| Some((*run, uri.as_ref().ok()?)));

    let count = accepted().count();
    if count == 0 {
        return Ok(answers);
    }
    let first = tx.next_ids("runs", count).await?;
    let names: Vec<_> =
        accepted().flat_map(|(run, _)| run.new.tags.iter().map(|tag| tag.key.as_str())).collect();
    let keys = Keys::intern(tx, &names).await?;
    let rows: Vec<_> = (first..).zip(accepted()).collect();
    let head = "INSERT INTO runs
        (id, uuid, experiment_id, name, user_id, status, started_at_ms, artifact_uri, created_by)";
    bulk::insert(tx.connection, tx.engine, (head, ""), 9, &rows, |row, (id, (run, uri))| {
        row.bind(*id)
            .bind(&*run.uuid)
            .bind(run.new.experiment_id)
            .bind(&*run.new.name)
            .bind(&*run.new.user)
            .bind(RunStatus::Running.as_str())
            .bind(run.new.started_at.0)
            .bind(uri.as_str())
            .bind(run.by.user_id)
    })
    .await?;
    let tags: Vec<_> = rows
        .iter()
        .flat_map(|(id, (run, _))| run.new.tags.iter().map(move |tag| (*id, run.new.experiment_id, tag)))
        .collect();
    let head = "INSERT INTO tags (run_id, key_id, experiment_id, value)";
    bulk::insert(tx.connection, tx.engine, (head, ""), 4, &tags, |row, (id, experiment, tag)| {
        row.bind(*id).bind(keys[tag.key.as_str()]).bind(*experiment).bind(&*tag.value)
    })
    .await?;
    Ok(answers)
}

/// Where the run's artifacts go, if its author may add it to the experiment.
async fn artifact_uri(
    tx: &mut Tx<'_>,
    grants: &Grants,
    run: &CreateRun,
    homes: &HashMap<i64, Home>,
) -> Result<String> {
    let id = run.new.experiment_id;
    let missing = || Error::not_found("experiment", "id", id);
    let home = homes.get(&id).ok_or_else(missing)?;
    grants.check(tx.connection, tx.engine, &run.by, &home.guarded, Level::Edit, missing).await?;
    if home.is_deleted {
        return Err(Error::experiment_is_deleted(id));
    }
    Ok(format!("{}/{}/artifacts", home.location.trim_end_matches('/'), run.uuid))
}

/// An experiment, for runs that come to it.
struct Home {
    is_deleted: bool,
    location: String,
    guarded: Guarded,
}

async fn homes(tx: &mut Tx<'_>, ids: &[i64]) -> Result<HashMap<i64, Home>> {
    let mut homes = HashMap::new();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(
            tx.engine,
            "SELECT id, is_deleted, artifact_location, is_restricted, created_by FROM experiments WHERE id IN",
        );
        let rows: Vec<(i64, i64, String, i64, Option<i64>)> = sql.list(chunk).fetch(tx.connection).await?;
        for (id, deleted, location, restricted, created_by) in rows {
            let guarded = Guarded::experiment(id, restricted, created_by);
            homes.insert(id, Home { is_deleted: deleted != 0, location, guarded });
        }
    }
    Ok(homes)
}
