//! All that a page shows of one model, or of one version beside the one that serves.

use std::collections::HashMap;

use domain::Run;
use domain::registry::{ARCHIVED, ModelVersion, NO_STAGE, PRODUCTION, RegisteredModel, Stages, check_name};
use domain::reviews::gates::PrimaryMetric;
use domain::reviews::signature::SignatureTexts;
use sqlx::AnyConnection;

use super::cards::{self, Card};
use super::files::{self, Reading};
use super::history::{self, StageEntry};
use super::load::{self, ModelRow, SELECT_MODEL, SELECT_VERSION, VersionRow};
use super::standing::{self, OpenReview};
use super::{no_model, no_version, readable, stage_list};
use crate::Db;
use crate::error::Result;
use crate::runs;
use crate::sql::Sql;

/// A page shows so many versions: those in active stages, then the newest.
pub const MOST_VERSIONS: i64 = 500;

#[derive(Debug, Clone, PartialEq)]
pub struct VersionSummary {
    pub version: ModelVersion,
    /// Who made it; empty: nobody who has an account.
    pub author: String,
    /// Whether an override brought it where it is.
    pub is_overridden: bool,
    /// Its reviews that are open.
    pub open_reviews: Vec<OpenReview>,
}

#[derive(Debug, Clone)]
pub struct ModelOverview {
    pub model: RegisteredModel,
    pub primary: Option<PrimaryMetric>,
    /// Newest first, at most [`MOST_VERSIONS`].
    pub versions: Vec<VersionSummary>,
    /// How many versions there are.
    pub total: i64,
    /// The workspace's.
    pub all_stages: Stages,
    /// Of the versions, by uuid.
    pub runs: HashMap<String, Run>,
}

/// A version with what it was made of.
#[derive(Debug, Clone)]
pub struct VersionEvidence {
    pub version: ModelVersion,
    pub author: String,
    pub is_overridden: bool,
    pub run: Option<Run>,
    pub signature: Option<SignatureTexts>,
}

#[derive(Debug, Clone)]
pub struct VersionOverview {
    pub this: VersionEvidence,
    pub files: Reading,
    pub card: Option<Card>,
    /// Where it has been, latest first.
    pub stages: Vec<StageEntry>,
    /// The workspace's.
    pub all_stages: Stages,
    /// What serves: the highest other version in Production.
    pub champion: Option<VersionEvidence>,
    pub primary: Option<PrimaryMetric>,
    /// The highest number that the model has.
    pub newest: i64,
}

/// # Errors
/// `Invalid` for a name that no model can have, `NotFound`.
pub async fn model_overview(db: &Db, name: &str) -> Result<ModelOverview> {
    check_name("name", name)?;
    let (model, primary, versions, total, all_stages) = {
        let mut connection = db.reader().await?;
        readable(&mut connection, db.engine(), db.by(), name).await?;
        let mut sql = Sql::new(db.engine(), SELECT_MODEL);
        let rows: Vec<ModelRow> = sql.push(" WHERE m.name = ").bind(name).fetch(&mut connection).await?;
        let id = rows.first().ok_or_else(|| no_model(name))?.id;
        let model =
            load::models(db.engine(), &mut connection, rows).await?.pop().ok_or_else(|| no_model(name))?;
        let (key, better, total): (String, String, i64) = sqlx::query_as(
            "SELECT primary_metric, primary_better, (SELECT COUNT(*) FROM model_versions WHERE model_id = $1)
             FROM registered_models WHERE id = $1",
        )
        .bind(id)
        .fetch_one(&mut *connection)
        .await?;
        let mut sql = Sql::new(db.engine(), SELECT_VERSION);
        sql.push(" WHERE v.model_id = ").bind(id);
        sql.push(" ORDER BY CASE WHEN v.stage IN").list(&[NO_STAGE, ARCHIVED]);
        sql.push(" THEN 1 ELSE 0 END, v.version DESC LIMIT ");
        let rows = sql.bind(MOST_VERSIONS).fetch(&mut connection).await?;
        let mut versions = summaries(db, &mut connection, rows).await?;
        versions.sort_by_key(|one| std::cmp::Reverse(one.version.version));
        let all_stages = stage_list::read(&mut connection).await?;
        (model, cards::primary(key, &better), versions, total, all_stages)
    };
    let uuids: Vec<_> = versions.iter().map(|one| one.version.run_uuid.clone()).collect();
    let runs = runs_of(db, uuids).await?;
    Ok(ModelOverview { model, primary, versions, total, all_stages, runs })
}

async fn summaries(
    db: &Db,
    connection: &mut AnyConnection,
    rows: Vec<VersionRow>,
) -> Result<Vec<VersionSummary>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut sql = Sql::new(db.engine(), "SELECT id, author FROM model_versions WHERE id IN");
    let mut authors: HashMap<i64, String> =
        sql.list(&ids).fetch::<(i64, String)>(connection).await?.into_iter().collect();
    let versions = load::versions(db.engine(), connection, rows, true).await?;
    let overridden = standing::overridden(db.engine(), connection, &ids).await?;
    let mut open = standing::open_reviews(db.engine(), connection, &ids).await?;
    let summary = |(id, version)| VersionSummary {
        version,
        author: authors.remove(&id).unwrap_or_default(),
        is_overridden: overridden.contains(&id),
        open_reviews: open.remove(&id).unwrap_or_default(),
    };
    Ok(ids.into_iter().zip(versions).map(summary).collect())
}

async fn runs_of(db: &Db, mut uuids: Vec<String>) -> Result<HashMap<String, Run>> {
    uuids.retain(|uuid| !uuid.is_empty());
    uuids.sort_unstable();
    uuids.dedup();
    let runs = runs::get_many(db, &uuids).await?;
    Ok(runs.into_iter().map(|run| (run.uuid.clone(), run)).collect())
}

/// # Errors
/// `Invalid` for a name that no model can have, `NotFound`.
pub async fn version_overview(db: &Db, name: &str, version: i64) -> Result<VersionOverview> {
    check_name("name", name)?;
    let (mut found, champions_signature, newest, all_stages) = {
        let mut connection = db.reader().await?;
        readable(&mut connection, db.engine(), db.by(), name).await?;
        let mut sql = Sql::new(db.engine(), SELECT_VERSION);
        sql.push(" WHERE m.name = ").bind(name).push(" AND (v.version = ").bind(version);
        sql.push(" OR v.version = (SELECT MAX(w.version) FROM model_versions w WHERE w.model_id = m.id AND w.stage = ");
        sql.bind(PRODUCTION).push(" AND w.version <> ").bind(version).push("))");
        let rows: Vec<VersionRow> = sql.fetch(&mut connection).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let found = summaries(db, &mut connection, rows).await?;
        let champion = ids.into_iter().zip(&found).find(|(_, one)| one.version.version != version);
        let signature = match champion {
            Some((id, _)) => files::signature(&mut connection, id).await?,
            None => None,
        };
        let (newest,): (Option<i64>,) = sqlx::query_as(
            "SELECT MAX(v.version) FROM model_versions v JOIN registered_models m ON m.id = v.model_id
             WHERE m.name = $1",
        )
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
        (found, signature, newest, stage_list::read(&mut connection).await?)
    };
    let this = found
        .iter()
        .position(|one| one.version.version == version)
        .ok_or_else(|| no_version(name, version))?;
    let this = found.swap_remove(this);
    let champion = found.pop();
    let uuids =
        [Some(&this), champion.as_ref()].into_iter().flatten().map(|one| one.version.run_uuid.clone());
    let runs = runs_of(db, uuids.collect()).await?;
    let evidence = |one: VersionSummary, signature| VersionEvidence {
        run: runs.get(&one.version.run_uuid).cloned(),
        signature,
        version: one.version,
        author: one.author,
        is_overridden: one.is_overridden,
    };
    let files = files::get(db, name, version).await?;
    Ok(VersionOverview {
        this: evidence(this, files.signature.clone()),
        files,
        card: cards::card(db, name, version).await?,
        stages: history::stage_entries(db, name, version).await?,
        all_stages,
        champion: champion.map(|one| evidence(one, champions_signature)),
        primary: cards::primary_metric(db, name).await?,
        newest: newest.unwrap_or(version),
    })
}
