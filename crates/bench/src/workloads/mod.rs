//! What is measured, in the order in which it is done.

mod artifact;
mod curve;
mod search;
mod start;
mod writes;

use anyhow::Result;

use crate::effort::Effort;
use crate::load::{median, to_f64};
use crate::peer::{Pair, Peer, Program};
use crate::report::{Aim, Row, Unit};

/// All of it, on servers that live through it from the first request to the last.
pub async fn measure(programs: &Pair<Program>, effort: &Effort) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let start = start::cold(programs, effort).await?;
    let peers = programs.start().await?;
    rows.extend(writes::all(&peers, effort).await?);
    rows.extend(search::all(&peers, effort).await?);
    rows.extend(curve::all(&peers, effort).await?);
    let artifact = artifact::all(&peers, effort).await?;
    rows.push(memory(&peers)?);
    rows.push(start);
    rows.extend(artifact);
    Ok(rows)
}

/// The medians of rounds that the two take in turns.
async fn in_turns(
    peers: &Pair<Peer>,
    rounds: usize,
    measure: impl AsyncFn(&Peer) -> Result<f64>,
) -> Result<Pair<f64>> {
    let mut figures = Pair { mlflow: Vec::new(), countersign: Vec::new() };
    for _ in 0..rounds {
        figures.mlflow.push(measure(&peers.mlflow).await?);
        figures.countersign.push(measure(&peers.countersign).await?);
    }
    Ok(Pair { mlflow: median(figures.mlflow), countersign: median(figures.countersign) })
}

fn memory(peers: &Pair<Peer>) -> Result<Row> {
    let used =
        Pair { mlflow: to_f64(peers.mlflow.memory()?), countersign: to_f64(peers.countersign.memory()?) };
    Ok(Row::compared("resident memory after all of it", Unit::Bytes, &used, Aim::SmallerBy(30.0)))
}
