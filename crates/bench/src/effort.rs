//! How much work is done.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Turns of each server at each workload.
    pub rounds: usize,
    /// How long a round lasts that counts requests.
    pub round: Duration,
    /// Requests of a round that measures how long one takes.
    pub requests: usize,
    /// Runs that both servers are searched for.
    pub runs: usize,
    /// Runs that ours alone is searched for.
    pub many_runs: usize,
    /// Points of the long curve.
    pub points: usize,
    pub artifact_bytes: usize,
    /// Turns of each server at the artifact: MLflow takes minutes for one.
    pub artifact_rounds: usize,
}

impl Effort {
    pub const FULL: Self = Self {
        rounds: 5,
        round: Duration::from_secs(4),
        requests: 7,
        runs: 10_000,
        many_runs: 100_000,
        points: 100_000,
        artifact_bytes: 200_000_000,
        artifact_rounds: 1,
    };

    pub const QUICK: Self = Self {
        rounds: 3,
        round: Duration::from_millis(1500),
        requests: 5,
        runs: 1_000,
        many_runs: 10_000,
        points: 20_000,
        artifact_bytes: 50_000_000,
        artifact_rounds: 1,
    };
}
