//! What concerns those who answer for models: what is wrong with what serves, and what holds their versions back.

use domain::Millis;
use domain::registry::PRODUCTION;
use domain::registry::hand_over::HandOver;
use domain::reviews::gates::Validation;
use domain::reviews::state::State;

use super::catalog::{CatalogOrder, CatalogQuery, catalog, newest_of};
use super::history::hand_overs_of;
use crate::Db;
use crate::error::Result;
use crate::permissions::{Kind, push_readable};
use crate::sql::Sql;

/// Something is wrong with a version that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub model: String,
    pub version: i64,
    pub cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The last check of a data set that it was trained or tested on failed.
    DataFailed { dataset: String, summary: String, at: Millis },
    /// It got there by an override that nobody has judged yet.
    Overridden { followup: i64 },
    /// It got there by an override that others rejected afterwards.
    WronglyOverridden { followup: i64 },
}

/// A model's hand-overs, by version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    pub model: String,
    pub is_yours: bool,
    pub versions: Vec<HandOver>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watched {
    /// On the models that whoever asks answers for, by model.
    pub alerts: Vec<Alert>,
    /// Their own models first, then those that changed last.
    pub handed: Vec<Handed>,
}

/// Among so many models, those that changed last, somebody's own are looked for.
const MODELS: usize = 200;
/// Of so many the hand-overs are read.
const HANDED: usize = 5;

/// What whoever asks should know of their models.
///
/// # Errors
/// Only the database's.
pub async fn watched(db: &Db, now: Millis) -> Result<Watched> {
    let by = db.by();
    let is_own = |owner: &str| by.user_id.is_some() && owner.eq_ignore_ascii_case(&by.name);
    let last_changed = CatalogQuery {
        order: CatalogOrder::Updated,
        descends: true,
        page_size: MODELS,
        ..CatalogQuery::default()
    };
    let mut models = catalog(db, &last_changed).await?.entries;
    models.retain(|model| model.newest.is_some());
    models.sort_by_key(|model| !is_own(&model.owner));
    models.truncate(HANDED);
    let names: Vec<_> = models.iter().map(|model| model.name.as_str()).collect();
    let mut versions = hand_overs_of(db, &names, now).await?;
    let handed = models.iter().map(|model| Handed {
        is_yours: is_own(&model.owner),
        versions: versions.remove(&model.name).unwrap_or_default(),
        model: model.name.clone(),
    });
    Ok(Watched { alerts: alerts(db, is_own).await?, handed: handed.collect() })
}

/// The alerts on models whose owner `is_own`.
async fn alerts(db: &Db, is_own: impl Fn(&str) -> bool) -> Result<Vec<Alert>> {
    let mut connection = db.reader().await?;
    let mut sql = Sql::new(
        db.engine(),
        "SELECT DISTINCT m.id, m.name, v.version, d.name, c.summary, c.at_ms FROM registered_models m
         JOIN model_versions v ON v.model_id = m.id JOIN runs r ON r.uuid = v.run_uuid
         JOIN run_datasets u ON u.run_id = r.id JOIN datasets d ON d.id = u.dataset_id
         JOIN dataset_checks c ON c.name = d.name AND c.digest = d.digest WHERE v.stage = ",
    );
    sql.bind(PRODUCTION).push(" AND c.state = ").bind(Validation::Failed.as_str());
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM dataset_checks l WHERE l.name = c.name AND l.digest = c.digest
          AND l.id > c.id)",
    );
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let failed: Vec<(i64, String, i64, String, String, i64)> = sql.fetch(&mut connection).await?;
    let failed = failed.into_iter().map(|(id, model, version, dataset, summary, at)| {
        (id, Alert { model, version, cause: Cause::DataFailed { dataset, summary, at: Millis(at) } })
    });

    let mut sql = Sql::new(
        db.engine(),
        "SELECT m.id, m.name, q.version, q.id, q.state FROM reviews q JOIN registered_models m ON m.id = q.model_id
         JOIN model_versions v ON v.id = q.version_id WHERE q.follows IS NOT NULL AND q.state IN",
    );
    sql.list(&[State::Open.as_str(), State::Rejected.as_str()]).push(" AND v.stage = ").bind(PRODUCTION);
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM reviews l WHERE l.version_id = v.id AND l.id > q.id AND l.state = ",
    );
    sql.bind(State::Applied.as_str()).push(")");
    push_readable(&mut sql, db.by(), Kind::Model, "m");
    let overridden: Vec<(i64, String, i64, i64, String)> = sql.fetch(&mut connection).await?;
    let overridden = overridden.into_iter().map(|(id, model, version, followup, state)| {
        let cause = if state == State::Open.as_str() {
            Cause::Overridden { followup }
        } else {
            Cause::WronglyOverridden { followup }
        };
        (id, Alert { model, version, cause })
    });

    let all: Vec<_> = failed.chain(overridden).collect();
    let mut ids: Vec<_> = all.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let newest = newest_of(db.engine(), &mut connection, &ids).await?;
    let is_theirs = |id: &i64| newest.get(id).is_some_and(|(_, owner)| is_own(owner));
    let mut alerts: Vec<_> =
        all.into_iter().filter(|(id, _)| is_theirs(id)).map(|(_, alert)| alert).collect();
    alerts.sort_by(|a, b| (&a.model, a.version).cmp(&(&b.model, b.version)));
    Ok(alerts)
}
