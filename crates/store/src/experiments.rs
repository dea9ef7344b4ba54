//! Experiments.
use domain::experiments::ExperimentSummary;
use domain::{Experiment, KeyValue, Millis, Page, ViewType};

use crate::Db;
use crate::error::Result;

/// Which experiments, in which order.
#[derive(Debug, Clone, Default)]
pub struct ExperimentQuery {
    /// The filter grammar, e.g. `name ILIKE '%churn%' AND tags.team = 'risk'`; empty: all.
    pub filter: String,
    /// E.g. `last_update_time DESC`; empty: newest first.
    pub order_by: Vec<String>,
    pub view: ViewType,
    pub max_results: usize,
    pub page_token: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct NewExperiment {
    pub name: String,
    /// `None`: the server's own place.
    pub artifact_location: Option<String>,
    pub tags: Vec<KeyValue>,
}

pub async fn search(_db: &Db, _query: &ExperimentQuery) -> Result<Page<Experiment>> { todo!() }
/// The same list with run counts and last activity.
pub async fn summaries(_db: &Db, _query: &ExperimentQuery) -> Result<Page<ExperimentSummary>> { todo!() }
pub async fn get(_db: &Db, _id: i64) -> Result<Experiment> { todo!() }
pub async fn get_by_name(_db: &Db, _name: &str) -> Result<Experiment> { todo!() }
pub async fn create(_db: &Db, _new: NewExperiment, _now: Millis) -> Result<i64> { todo!() }
pub async fn rename(_db: &Db, _id: i64, _name: String, _now: Millis) -> Result<()> { todo!() }
pub async fn delete(_db: &Db, _id: i64, _now: Millis) -> Result<()> { todo!() }
pub async fn restore(_db: &Db, _id: i64, _now: Millis) -> Result<()> { todo!() }
pub async fn set_tag(_db: &Db, _id: i64, _tag: KeyValue, _now: Millis) -> Result<()> { todo!() }
pub async fn delete_tag(_db: &Db, _id: i64, _key: String, _now: Millis) -> Result<()> { todo!() }
