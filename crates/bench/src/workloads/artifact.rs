//! A large artifact, up and down, and what it takes of memory.

use std::time::Instant;

use anyhow::{Result, ensure};
use bytes::Bytes;
use serde_json::json;

use crate::api;
use crate::connection::Connection;
use crate::effort::Effort;
use crate::load::to_f64;
use crate::memory::Peak;
use crate::peer::{Pair, Peer};
use crate::report::{Aim, Row, Unit};
use crate::workloads::in_turns;

/// What is sent at a time.
const CHUNK: usize = 1 << 20;

/// What the server may take of memory meanwhile, in bytes.
const GROWTH_LIMIT: f64 = 32e6;

pub async fn all(peers: &Pair<Peer>, effort: &Effort) -> Result<Vec<Row>> {
    let paths = Pair { mlflow: path(&peers.mlflow).await?, countersign: path(&peers.countersign).await? };
    let path =
        |peer: &Peer| if peer.address == peers.mlflow.address { &paths.mlflow } else { &paths.countersign };
    let chunk = Bytes::from((0..CHUNK).map(|byte| ((byte * 7919) >> 3).to_le_bytes()[0]).collect::<Vec<_>>());

    let before = peers.countersign.memory()?;
    let peak = Peak::watch(peers.countersign.process());
    let up = in_turns(peers, effort.artifact_rounds, async |peer| {
        let started = Instant::now();
        Connection::new(peer.address).upload(path(peer), &chunk, effort.artifact_bytes).await?;
        Ok(started.elapsed().as_secs_f64())
    })
    .await?;
    let down = in_turns(peers, effort.artifact_rounds, async |peer| {
        let started = Instant::now();
        let bytes = Connection::new(peer.address).download(path(peer)).await?;
        ensure!(bytes == effort.artifact_bytes, "{bytes} of {} bytes came back", effort.artifact_bytes);
        Ok(started.elapsed().as_secs_f64())
    })
    .await?;
    let growth = to_f64(peak.highest()?.saturating_sub(before));

    let what = format!("artifact of {} MB", effort.artifact_bytes / 1_000_000);
    Ok(vec![
        Row::compared(&format!("{what}, up"), Unit::Seconds, &up, Aim::SmallerBy(1.0)),
        Row::compared(&format!("{what}, down"), Unit::Seconds, &down, Aim::SmallerBy(1.0)),
        Row::limited(&format!("{what}: memory taken meanwhile"), Unit::Bytes, growth, GROWTH_LIMIT),
    ])
}

async fn path(peer: &Peer) -> Result<String> {
    let mut connection = Connection::new(peer.address);
    let experiment = api::create_experiment(&mut connection, "artifacts").await?;
    let run = api::run_id(&connection.call(&api::create_run(&experiment, "artifacts", &json!([]))).await?)?;
    Ok(api::artifact_path(&experiment, &run))
}
