//! From nothing to the first healthy answer.

use anyhow::Result;

use crate::effort::Effort;
use crate::load::median;
use crate::peer::{Pair, Program};
use crate::report::{Aim, Row, Unit};

/// Starts on a workspace that exists: the first start, which makes the database, isn't counted.
pub async fn cold(programs: &Pair<Program>, effort: &Effort) -> Result<Row> {
    programs.start().await?;
    let mut took = Pair { mlflow: Vec::new(), countersign: Vec::new() };
    for _ in 0..effort.rounds {
        took.mlflow.push(programs.mlflow.start().await?.started_in.as_secs_f64());
        took.countersign.push(programs.countersign.start().await?.started_in.as_secs_f64());
    }
    let took = Pair { mlflow: median(took.mlflow), countersign: median(took.countersign) };
    Ok(Row::compared("cold start to the first healthy answer", Unit::Seconds, &took, Aim::SmallerBy(50.0)))
}
