//! A search with two conditions and an order over many runs.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::api;
use crate::connection::Connection;
use crate::effort::Effort;
use crate::load::{each, median, rate};
use crate::peer::{Pair, Peer};
use crate::report::{Aim, Row, Unit, grouped};
use crate::runs::Sample;
use crate::workloads::in_turns;

/// Enough to keep both servers busy while the runs are loaded.
const LOAD_CONNECTIONS: usize = 8;

pub async fn all(peers: &Pair<Peer>, effort: &Effort) -> Result<Vec<Row>> {
    let ids = Pair {
        mlflow: load_runs(&peers.mlflow, "search", effort.runs).await?,
        countersign: load_runs(&peers.countersign, "search", effort.runs).await?,
    };
    check_same_answer(peers, &ids).await?;
    let experiment = |peer: &Peer| {
        let id = if peer.address == peers.mlflow.address { &ids.mlflow } else { &ids.countersign };
        api::search(id)
    };

    let took =
        in_turns(peers, effort.rounds, async |peer| latency(peer, &experiment(peer), effort).await).await?;
    let alone = in_turns(peers, effort.rounds, async |peer| {
        rate(peer.address, 1, effort.round, |_, _| experiment(peer)).await
    });
    let alone = alone.await?;
    let together = in_turns(peers, effort.rounds, async |peer| {
        rate(peer.address, 16, effort.round, |_, _| experiment(peer)).await
    });
    let together = together.await?;

    let many = api::search(&load_runs(&peers.countersign, "search more", effort.many_runs).await?);
    let mut took_many = Vec::new();
    for _ in 0..effort.rounds {
        took_many.push(latency(&peers.countersign, &many, effort).await?);
    }

    let what = format!("search {} runs, two conditions and an order", grouped(effort.runs));
    Ok(vec![
        Row::compared(&format!("{what}: median answer"), Unit::Seconds, &took, Aim::SmallerBy(60.0)),
        Row::compared(&format!("{what}, 1 connection"), Unit::Requests, &alone, Aim::FasterBy(60.0)),
        Row::compared(&format!("{what}, 16 connections"), Unit::Requests, &together, Aim::FasterBy(60.0)),
        Row::alone(
            &format!(
                "the same at {} runs, against ours at {}",
                grouped(effort.many_runs),
                grouped(effort.runs)
            ),
            Unit::Seconds,
            median(took_many),
            took.countersign,
            Aim::AtMostTimes(3.0),
        ),
    ])
}

/// Seconds that one search takes, the median of several.
async fn latency(peer: &Peer, search: &crate::connection::Call, effort: &Effort) -> Result<f64> {
    let mut connection = Connection::new(peer.address);
    let mut took = Vec::new();
    for _ in 0..effort.requests {
        let started = Instant::now();
        connection.call(search).await?;
        took.push(started.elapsed().as_secs_f64());
    }
    Ok(median(took))
}

/// Creates an experiment with `count` runs; returns its id.
async fn load_runs(peer: &Peer, name: &str, count: usize) -> Result<String> {
    let experiment = api::create_experiment(&mut Connection::new(peer.address), name).await?;
    let samples = || (0..count).map(Sample::new);
    let mut ids = Vec::with_capacity(count);
    let mut creations = samples().map(|sample| api::create_run(&experiment, &sample.name(), &sample.tags()));
    each(peer.address, LOAD_CONNECTIONS, &mut creations, |answer| {
        ids.push(api::run_id(answer)?);
        Ok(())
    })
    .await?;
    let mut batches =
        samples().zip(&ids).map(|(sample, id)| api::log_run(id, &sample.metrics(), &sample.params()));
    each(peer.address, LOAD_CONNECTIONS, &mut batches, |_| Ok(())).await?;
    Ok(experiment)
}

/// A faster wrong answer would be no achievement.
async fn check_same_answer(peers: &Pair<Peer>, experiments: &Pair<String>) -> Result<()> {
    let mlflows = Connection::new(peers.mlflow.address).call(&api::search(&experiments.mlflow)).await?;
    let ours =
        Connection::new(peers.countersign.address).call(&api::search(&experiments.countersign)).await?;
    ensure!(
        api::names(&mlflows)? == api::names(&ours)?,
        "the two servers find different runs, or in another order"
    );
    Ok(())
}
