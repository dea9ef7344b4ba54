//! Which columns of an experiment say most: what a chart starts with.

use std::collections::{BTreeMap, BTreeSet};

use domain::Run;
use domain::runs::{RunKeys, SYSTEM_METRIC_PREFIX};
use store::runs::{self, RunQuery};
use store::{Db, Error};

/// So many of the newest runs are looked at.
const LOOKED_AT: usize = 200;

/// Keys of an experiment's runs, those first that most of the newest runs have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leading {
    /// Those that differ between runs before those that don't.
    pub params: Vec<String>,
    /// Without those of the machine.
    pub metrics: Vec<String>,
    /// The metrics that were logged at more than one step.
    pub curves: Vec<String>,
}

/// # Errors
/// Only the database's.
pub async fn leading(db: &Db, experiment: i64, keys: &RunKeys) -> Result<Leading, Error> {
    let query = RunQuery {
        experiment_ids: vec![experiment],
        max_results: LOOKED_AT,
        without_inputs: true,
        ..RunQuery::default()
    };
    Ok(rank(&runs::search(db, &query).await?.items, keys))
}

fn rank(runs: &[Run], keys: &RunKeys) -> Leading {
    let mut values = BTreeMap::<&str, (usize, BTreeSet<&str>)>::new();
    let (mut measured, mut stepped) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
    for run in runs {
        for param in &run.params {
            let (count, different) = values.entry(&param.key).or_default();
            *count += 1;
            different.insert(&param.value);
        }
        for metric in &run.metrics {
            *measured.entry(&metric.key).or_default() += 1;
            if metric.step > 0 {
                *stepped.entry(&metric.key).or_default() += 1;
            }
        }
    }
    // Sorting is stable: those of the same rank stay in the order of their names.
    let mut params = keys.params.clone();
    params.sort_by_key(|key| {
        let (count, different) = values.get(&**key).map_or((0, 0), |(count, values)| (*count, values.len()));
        (different < 2, std::cmp::Reverse(count))
    });
    let is_of_model = |key: &&String| !key.starts_with(SYSTEM_METRIC_PREFIX);
    let mut metrics: Vec<_> = keys.metrics.iter().filter(is_of_model).cloned().collect();
    metrics.sort_by_key(|key| std::cmp::Reverse(measured.get(&**key).copied().unwrap_or_default()));
    let mut curves: Vec<_> = metrics.iter().filter(|key| stepped.contains_key(&***key)).cloned().collect();
    curves.sort_by_key(|key| std::cmp::Reverse(stepped.get(&**key).copied()));
    Leading { params, metrics, curves }
}

#[cfg(test)]
mod tests {
    use domain::metrics::LatestMetric;
    use domain::runs::RunInputs;
    use domain::{KeyValue, Lifecycle, MetricValue, Millis, RunStatus};

    use super::*;

    fn metric(key: &str, step: i64) -> LatestMetric {
        LatestMetric { key: key.into(), value: MetricValue(1.0), step, timestamp: Millis(0) }
    }

    fn run(params: &[(&str, &str)], metrics: Vec<LatestMetric>) -> Run {
        Run {
            uuid: String::new(),
            experiment_id: 1,
            name: String::new(),
            user: String::new(),
            status: RunStatus::Finished,
            lifecycle: Lifecycle::Active,
            started_at: None,
            ended_at: None,
            artifact_uri: String::new(),
            params: params.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect(),
            metrics,
            tags: Vec::new(),
            inputs: RunInputs::default(),
        }
    }

    #[test]
    fn what_most_runs_have_and_what_differs_comes_first() {
        let runs = [
            run(&[("data", "v1"), ("lr", "0.2")], vec![metric("loss", 9)]),
            run(&[("data", "v1"), ("lr", "0.3")], vec![metric("loss", 0)]),
            run(
                &[("data", "v1"), ("lr", "0.1"), ("adapter", "x")],
                vec![metric("loss", 0), metric("auc", 0)],
            ),
        ];
        let keys = RunKeys {
            params: ["adapter", "data", "lr"].map(String::from).into(),
            metrics: ["auc", "loss", "system/cpu"].map(String::from).into(),
            ..RunKeys::default()
        };
        let ranked = rank(&runs, &keys);
        assert_eq!(ranked.params, ["lr", "data", "adapter"]);
        assert_eq!(ranked.metrics, ["loss", "auc"]);
        assert_eq!(ranked.curves, ["loss"]);
        assert_eq!(rank(&[], &keys).params, keys.params);
    }
}
