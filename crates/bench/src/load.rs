//! Keeping a server busy, and counting.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::try_join_all;

use crate::connection::{Call, Connection};

/// Requests a second that are answered over `connections` during `window`, each sending its next as soon
/// as it has its answer. `call` makes the nth request of a connection.
pub async fn rate(
    address: SocketAddr,
    connections: usize,
    window: Duration,
    call: impl Fn(usize, u64) -> Call,
) -> Result<f64> {
    let started = Instant::now();
    let call = &call;
    let counts = try_join_all((0..connections).map(|connection| async move {
        let mut open = Connection::new(address);
        let mut count = 0;
        while started.elapsed() < window {
            open.call(&call(connection, count)).await?;
            count += 1;
        }
        Ok::<_, anyhow::Error>(count)
    }))
    .await?;
    let total: u64 = counts.iter().sum();
    Ok(to_f64(total) / started.elapsed().as_secs_f64())
}

/// Sends every call of `calls` over `connections` and hands the answers to `then`.
pub async fn each(
    address: SocketAddr,
    connections: usize,
    calls: &mut dyn Iterator<Item = Call>,
    mut then: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut open: Vec<_> = (0..connections).map(|_| Connection::new(address)).collect();
    loop {
        let round: Vec<Call> = calls.take(connections).collect();
        if round.is_empty() {
            return Ok(());
        }
        for answer in try_join_all(open.iter_mut().zip(&round).map(|(open, call)| open.call(call))).await? {
            then(&answer)?;
        }
    }
}

/// The middle one, or the mean of the middle two.
pub fn median(mut figures: Vec<f64>) -> f64 {
    assert!(!figures.is_empty(), "every workload has rounds");
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[middle] } else { f64::midpoint(figures[middle - 1], figures[middle]) }
}

/// Counts of a benchmark are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_round_does_not_move_the_median() {
        assert!((median(vec![3.0, 900.0, 1.0, 2.0, 4.0]) - 3.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0]) - 2.5).abs() < f64::EPSILON);
    }
}
