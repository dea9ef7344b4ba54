//! The server function of the comparison.

use domain::{Millis, Run};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::wire::Compact;

/// How many runs fit beside each other.
#[cfg(feature = "ssr")]
const MOST_RUNS: usize = 50;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Those that exist, in the order asked for.
    pub runs: Vec<Run>,
    pub now: Millis,
}

#[server(prefix = "/ui", protocol = Compact)]
pub async fn compare_runs(uuids: Vec<String>) -> Result<Comparison, UiError> {
    let db = expect_context::<store::Db>();
    let runs = store::runs::get_many(&db, &uuids[..uuids.len().min(MOST_RUNS)]).await?;
    Ok(Comparison { runs, now: crate::clock::now() })
}
