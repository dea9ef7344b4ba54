//! Runs.
use domain::runs::RunKeys;
use domain::{KeyValue, Millis, Page, Run, ViewType};

use crate::Db;
use crate::error::Result;

/// Which runs, in which order.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub experiment_ids: Vec<i64>,
    /// The filter grammar, e.g. `metrics.loss < 0.3 AND params.optimizer = 'adam'`; empty: all.
    pub filter: String,
    /// E.g. `metrics.loss ASC`; ties and no order: newest first.
    pub order_by: Vec<String>,
    pub view: ViewType,
    pub max_results: usize,
    /// Goes on after the page that gave this token.
    pub page_token: Option<String>,
    /// Skips so many (for a scroll bar that jumps); not together with a token.
    pub offset: usize,
}

pub async fn search(_db: &Db, _query: &RunQuery) -> Result<Page<Run>> { todo!() }
/// How many runs match (its paging fields are ignored).
pub async fn count(_db: &Db, _query: &RunQuery) -> Result<i64> { todo!() }
pub async fn get(_db: &Db, _uuid: &str) -> Result<Run> { todo!() }
/// Those of the runs that exist, in the order asked for.
pub async fn get_many(_db: &Db, _uuids: &[String]) -> Result<Vec<Run>> { todo!() }
/// The keys that the runs of these experiments use: what a table can show.
pub async fn keys(_db: &Db, _experiment_ids: &[i64]) -> Result<RunKeys> { todo!() }
/// Distinct values that runs of these experiments have for a param, most frequent first.
pub async fn param_values(_db: &Db, _experiment_ids: &[i64], _key: &str, _max: usize) -> Result<Vec<String>> { todo!() }
pub async fn rename(_db: &Db, _uuid: String, _name: String) -> Result<()> { todo!() }
pub async fn delete(_db: &Db, _uuid: String, _now: Millis) -> Result<()> { todo!() }
pub async fn restore(_db: &Db, _uuid: String) -> Result<()> { todo!() }
pub async fn set_tag(_db: &Db, _uuid: String, _tag: KeyValue) -> Result<()> { todo!() }
pub async fn delete_tag(_db: &Db, _uuid: String, _key: String) -> Result<()> { todo!() }
