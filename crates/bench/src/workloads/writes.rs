//! Runs and metrics, written as fast as they are taken.

use anyhow::Result;
use serde_json::json;

use crate::api::{self, BATCH};
use crate::connection::Connection;
use crate::effort::Effort;
use crate::load::{rate, to_f64};
use crate::peer::{Pair, Peer};
use crate::report::{Aim, Row, Unit};
use crate::workloads::in_turns;

const CONNECTIONS: usize = 16;
const BATCH_CONNECTIONS: usize = 8;

pub async fn all(peers: &Pair<Peer>, effort: &Effort) -> Result<Vec<Row>> {
    let created = in_turns(peers, effort.rounds, async |peer| {
        let experiment = fresh_experiment(peer, "runs").await?;
        rate(peer.address, CONNECTIONS, effort.round, |_, _| api::create_run(&experiment, "run", &json!([])))
            .await
    })
    .await?;
    let logged = in_turns(peers, effort.rounds, async |peer| {
        let runs = fresh_runs(peer, CONNECTIONS).await?;
        rate(peer.address, CONNECTIONS, effort.round, |connection, n| api::log_metric(&runs[connection], n))
            .await
    })
    .await?;
    let batched = in_turns(peers, effort.rounds, async |peer| {
        let runs = fresh_runs(peer, BATCH_CONNECTIONS).await?;
        let batches = rate(peer.address, BATCH_CONNECTIONS, effort.round, |connection, n| {
            api::log_metrics(&runs[connection], n)
        });
        Ok(batches.await? * to_f64(BATCH as u64))
    })
    .await?;
    Ok(vec![
        Row::compared("create a run, 16 connections", Unit::Requests, &created, Aim::FasterBy(50.0)),
        Row::compared(
            "log one metric a request, 16 connections",
            Unit::Requests,
            &logged,
            Aim::FasterBy(50.0),
        ),
        Row::compared(
            "log 1,000 metrics a batch, 8 connections",
            Unit::Metrics,
            &batched,
            Aim::FasterBy(35.0),
        ),
    ])
}

/// Runs of their own for each round, so that no metric is written twice.
async fn fresh_runs(peer: &Peer, count: usize) -> Result<Vec<String>> {
    let experiment = fresh_experiment(peer, "metrics").await?;
    let mut connection = Connection::new(peer.address);
    let mut runs = Vec::new();
    for _ in 0..count {
        let answer = connection.call(&api::create_run(&experiment, "run", &json!([]))).await?;
        runs.push(api::run_id(&answer)?);
    }
    Ok(runs)
}

async fn fresh_experiment(peer: &Peer, purpose: &str) -> Result<String> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{purpose} {}", NUMBER.fetch_add(1, Ordering::Relaxed));
    api::create_experiment(&mut Connection::new(peer.address), &name).await
}
