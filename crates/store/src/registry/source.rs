//! Where a new version comes from, checked against what there is.

use domain::accounts::Caller;
use domain::limits::Invalid;
use domain::permissions::Level;
use domain::registry::source::{Reference, Source, parse};
use domain::registry::{LATEST, is_prompt};
use sqlx::AnyConnection;

use super::versions::NewVersion;
use super::{Asking, find, no_version, stage_list};
use crate::error::{Error, Result};
use crate::permissions::{Kind, push_readable};
use crate::runs;
use crate::sql::Sql;
use crate::writer::Tx;

/// How an `artifact_uri` begins whose files this server keeps.
const OWN: &str = "mlflow-artifacts:/";

/// What is kept of a source.
pub(super) struct Resolved {
    pub source: String,
    pub storage_location: String,
    pub run_uuid: String,
    /// The id of the version that it is a copy of.
    pub copy_of: Option<i64>,
}

struct LoggedModel {
    artifact_uri: String,
    source_run: String,
}

fn refused(source: &str, why: &str) -> Error {
    Invalid::new("source", format!("invalid model version source: '{source}'; {why}")).into()
}

/// Whoever registers something may read it; who may read it afterwards is the registered model's to say.
///
/// # Errors
/// `Invalid` for a source that isn't allowed, or that what the version names doesn't hold; `NotFound`.
pub(super) async fn resolve(tx: &mut Tx<'_>, by: &Caller, new: &NewVersion) -> Result<Resolved> {
    let source = &*new.source;
    let parsed = parse(source, is_prompt(&new.tags))?;
    if let Source::Version { name, reference } = &parsed {
        return of_version(tx, by, new, name, reference).await;
    }
    let logged = match &new.model_id {
        Some(id) => Some(logged_model(tx, by, id).await?),
        None => None,
    };
    let run_uuid = match (&new.run_uuid, &logged) {
        (Some(run), _) => run.clone(),
        (None, Some(logged)) => logged.source_run.clone(),
        (None, None) => String::new(),
    };
    check_run(tx, by, &run_uuid).await?;
    // Reviews judge by the run's metrics: they have to be of these files. A run that isn't here has none.
    if logged.as_ref().is_some_and(|logged| logged.source_run != run_uuid)
        && run_home(tx, by, &run_uuid).await?.is_some()
    {
        return Err(refused(source, "run_id has to be the run that made the logged model"));
    }
    let mut storage_location = source.to_owned();
    match &parsed {
        Source::LoggedModel(id) => match &logged {
            Some(logged) if new.model_id.as_ref() == Some(id) => {
                storage_location.clone_from(&logged.artifact_uri);
            }
            _ => return Err(refused(source, "model_id has to be the logged model's that it names")),
        },
        Source::Run(id) if logged.is_some() || new.run_uuid.as_ref() != Some(id) => {
            return Err(refused(source, "run_id has to be the run's that it names"));
        }
        Source::Own(parts) => {
            let home = match &logged {
                Some(logged) => Some(logged.artifact_uri.clone()),
                None => run_home(tx, by, new.run_uuid.as_deref().unwrap_or_default()).await?,
            };
            if !home.is_some_and(|home| holds(&home, parts)) {
                let why = "run_id or model_id has to name the run or the logged model whose files these are";
                return Err(refused(source, why));
            }
            // One spelling for a place: who changes a file is told whose it is.
            let below = source.split_once(':').map_or("", |(_, rest)| rest.trim_matches('/'));
            storage_location = format!("{OWN}{below}");
        }
        Source::Run(id) => {
            // What isn't there, to whoever registers it, is looked for again by whoever reads it.
            let below = source.split_once("runs:/").and_then(|(_, rest)| rest.split_once('/'));
            if let Some((name, below)) = below
                && name == id
                && let Some(home) = run_home(tx, by, id).await?
            {
                storage_location = format!("{home}/{}", below.trim_end_matches('/'));
            }
        }
        Source::Remote | Source::Placeholder | Source::Version { .. } => {}
    }
    check_storage(source, &storage_location)?;
    Ok(Resolved { source: source.to_owned(), storage_location, run_uuid, copy_of: None })
}

/// What a run or a logged model calls its place has to be one that a source may name: an experiment may keep its files
/// anywhere.
fn check_storage(source: &str, storage_location: &str) -> Result<()> {
    if source == storage_location {
        return Ok(());
    }
    match parse(storage_location, false) {
        Ok(Source::Own(_) | Source::Remote) => Ok(()),
        _ => Err(refused(
            source,
            "its files are where this server reads none and clients may read others: log the model to an experiment \
             whose artifacts this server or a remote store keeps",
        )),
    }
}

async fn of_version(
    tx: &mut Tx<'_>,
    by: &Caller,
    new: &NewVersion,
    name: &str,
    reference: &Reference,
) -> Result<Resolved> {
    let model = find(tx.connection, Asking::new(tx.engine, by, Level::Read), name).await?;
    let number = match reference {
        Reference::Number(number) => Some(*number),
        Reference::Latest => by_alias(tx.connection, model, LATEST).await?,
        Reference::Alias(alias) => {
            let found = by_alias(tx.connection, model, alias).await?;
            let unknown = || Invalid::new("source", format!("registered model alias {alias} not found"));
            Some(found.ok_or_else(unknown)?)
        }
        Reference::Stage(stage) => {
            let stage = stage_list::find(tx.connection, "source", stage).await?;
            let (highest,): (Option<i64>,) =
                sqlx::query_as("SELECT MAX(version) FROM model_versions WHERE model_id = $1 AND stage = $2")
                    .bind(model)
                    .bind(stage)
                    .fetch_one(&mut *tx.connection)
                    .await?;
            highest
        }
    };
    let found: Option<(i64, String, String)> = sqlx::query_as(
        "SELECT id, storage_location, run_uuid FROM model_versions WHERE model_id = $1 AND version = $2",
    )
    .bind(model)
    .bind(number.unwrap_or_default())
    .fetch_optional(&mut *tx.connection)
    .await?;
    let missing =
        || no_version(name, number.map_or_else(|| format!("{reference:?}"), |number| number.to_string()));
    let (id, storage_location, run_uuid) = found.ok_or_else(missing)?;
    let prompt: Option<(String,)> = sqlx::query_as(
        "SELECT value FROM model_version_tags WHERE version_id = $1 AND key = $2 AND LOWER(value) = 'true'",
    )
    .bind(id)
    .bind(domain::registry::PROMPT_TAG)
    .fetch_optional(&mut *tx.connection)
    .await?;
    if prompt.is_some() {
        return Err(refused(&new.source, "a prompt can't become a model"));
    }
    if new.model_id.is_some() || new.run_uuid.as_ref().is_some_and(|run| *run != run_uuid) {
        return Err(refused(
            &new.source,
            "run_id and model_id have to be those of the version that it names",
        ));
    }
    let number = number.unwrap_or_default();
    Ok(Resolved { source: format!("models:/{name}/{number}"), storage_location, run_uuid, copy_of: Some(id) })
}

/// The number of the version with that alias; `latest` is the highest.
pub(super) async fn by_alias(connection: &mut AnyConnection, model: i64, alias: &str) -> Result<Option<i64>> {
    let (text, alias) = if alias.eq_ignore_ascii_case(LATEST) {
        ("SELECT MAX(version) FROM model_versions WHERE model_id = $1 AND version > $2", None)
    } else {
        ("SELECT version FROM model_aliases WHERE model_id = $1 AND alias = $2", Some(alias))
    };
    let query = sqlx::query_as(text).bind(model);
    let query = match alias {
        Some(alias) => query.bind(alias),
        None => query.bind(0_i64),
    };
    let found: Option<(Option<i64>,)> = query.fetch_optional(connection).await?;
    Ok(found.and_then(|(version,)| version))
}

/// The logged model, if `by` may read it.
async fn logged_model(tx: &mut Tx<'_>, by: &Caller, id: &str) -> Result<LoggedModel> {
    let mut sql = Sql::new(
        tx.engine,
        "SELECT m.artifact_uri, m.source_run FROM logged_models m JOIN experiments e ON e.id = m.experiment_id
         WHERE m.is_deleted = 0 AND m.model_id = ",
    );
    sql.bind(id);
    push_readable(&mut sql, by, Kind::Experiment, "e");
    let found: Vec<(String, Option<String>)> = sql.fetch(tx.connection).await?;
    let found = found.into_iter().next();
    let (artifact_uri, source_run) = found.ok_or_else(|| Error::not_found("logged model", "id", id))?;
    Ok(LoggedModel { artifact_uri, source_run: source_run.unwrap_or_default() })
}

/// Fails for a run that is here and that `by` may not read. One that another server made is only a name.
async fn check_run(tx: &mut Tx<'_>, by: &Caller, uuid: &str) -> Result<()> {
    let mut is_here = Sql::new(tx.engine, "SELECT COUNT(*) FROM runs WHERE uuid = ");
    is_here.bind(uuid);
    if run_home(tx, by, uuid).await?.is_none() && is_here.count(tx.connection).await? > 0 {
        return Err(runs::not_found(uuid));
    }
    Ok(())
}

/// Where the run's files are, if `by` may read it.
async fn run_home(tx: &mut Tx<'_>, by: &Caller, uuid: &str) -> Result<Option<String>> {
    let mut sql = Sql::new(
        tx.engine,
        "SELECT r.artifact_uri FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE r.uuid = ",
    );
    sql.bind(uuid);
    push_readable(&mut sql, by, Kind::Experiment, "e");
    let found: Vec<(String,)> = sql.fetch(tx.connection).await?;
    Ok(found.into_iter().next().map(|(uri,)| uri))
}

/// Whether the place is an artifact root of ours or below it.
fn holds(home: &str, parts: &[String]) -> bool {
    let Some(home) = home.strip_prefix(OWN) else { return false };
    let home: Vec<_> = home.split('/').filter(|part| !part.is_empty()).collect();
    !home.is_empty() && parts.len() >= home.len() && home.iter().zip(parts).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_root_holds_what_is_below_it() {
        let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let home = "mlflow-artifacts:/0/r1/artifacts";
        assert!(holds(home, &parts("0/r1/artifacts")) && holds(home, &parts("0/r1/artifacts/model")));
        assert!(!holds(home, &parts("0/r1")) && !holds(home, &parts("0/r1/artifacts2")));
        assert!(!holds("s3://bucket/0", &parts("0")) && !holds("mlflow-artifacts:/", &parts("0")));
    }
}
