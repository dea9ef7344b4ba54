//! One long curve: read whole, and thinned for a chart.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::api::{self, BATCH};
use crate::connection::Connection;
use crate::effort::Effort;
use crate::load::each;
use crate::peer::{Pair, Peer};
use crate::report::{Aim, Row, Unit, grouped};
use crate::workloads::in_turns;

const KEY: &str = "loss";

pub async fn all(peers: &Pair<Peer>, effort: &Effort) -> Result<Vec<Row>> {
    let ids = Pair {
        mlflow: load_curve(&peers.mlflow, effort).await?,
        countersign: load_curve(&peers.countersign, effort).await?,
    };
    let id = |peer: &Peer| if peer.address == peers.mlflow.address { &ids.mlflow } else { &ids.countersign };

    let whole = in_turns(peers, effort.rounds, async |peer| {
        let mut connection = Connection::new(peer.address);
        let started = Instant::now();
        let points = api::read_history(&mut connection, id(peer), KEY).await?;
        ensure!(points == effort.points, "{points} of {} points came back", effort.points);
        Ok(started.elapsed().as_secs_f64())
    })
    .await?;
    let thinned = in_turns(peers, effort.rounds, async |peer| {
        let mut connection = Connection::new(peer.address);
        let started = Instant::now();
        connection.call(&api::thinned(id(peer), KEY)).await?;
        Ok(started.elapsed().as_secs_f64())
    })
    .await?;
    let what = format!("a metric of {} points", grouped(effort.points));
    Ok(vec![
        Row::compared(&format!("{what}, whole history"), Unit::Seconds, &whole, Aim::SmallerBy(10.0)),
        Row::compared(&format!("{what}, thinned for a chart"), Unit::Seconds, &thinned, Aim::SmallerBy(10.0)),
    ])
}

async fn load_curve(peer: &Peer, effort: &Effort) -> Result<String> {
    let mut connection = Connection::new(peer.address);
    let experiment = api::create_experiment(&mut connection, "curve").await?;
    let run = api::run_id(&connection.call(&api::create_run(&experiment, "curve", &json!([]))).await?)?;
    let mut batches = (0..(effort.points / BATCH) as u64).map(|number| api::log_curve(&run, KEY, number));
    each(peer.address, 1, &mut batches, |_| Ok(())).await?;
    Ok(run)
}
