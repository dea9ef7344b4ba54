//! The tabs with a run's curves: the model's, and the machine's.

use domain::metrics::LatestMetric;
use domain::runs::SYSTEM_METRIC_PREFIX;
use leptos::prelude::*;

use super::board::{Board, BoardRun};
use crate::components::{EmptyState, later};
use crate::runs::page::ShownRun;

#[component]
pub fn ChartsTab() -> impl IntoView {
    let empty = || {
        view! {
            <EmptyState title="No metrics yet.">
                <p>"Log one at each step, and its curve grows here:"</p>
                <p><code>"mlflow.log_metric(\"loss\", loss, step=epoch)"</code></p>
            </EmptyState>
        }
    };
    view! { <RunBoard tab="charts" is_shown=|metric| !metric.key.starts_with(SYSTEM_METRIC_PREFIX) empty/> }
}

#[component]
pub fn SystemTab() -> impl IntoView {
    let empty = || {
        view! {
            <EmptyState title="No system metrics.">
                <p>"Let the client record CPU, memory, disk, network and GPU while it trains:"</p>
                <p><code>"pip install psutil"</code></p>
                <p><code>"mlflow.enable_system_metrics_logging()"</code></p>
            </EmptyState>
        }
    };
    view! { <RunBoard tab="system" is_shown=|metric| metric.key.starts_with(SYSTEM_METRIC_PREFIX) empty/> }
}

#[component]
fn RunBoard<E, V>(tab: &'static str, is_shown: fn(&LatestMetric) -> bool, empty: E) -> impl IntoView
where
    E: Fn() -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let shown = ShownRun::expect();
    let keys = Memo::new(move |_| {
        shown.details.value.with(|details| {
            let mut metrics: Vec<_> = details.run.metrics.iter().filter(|metric| is_shown(metric)).collect();
            // What was logged along the training comes before what was logged once.
            metrics.sort_by_key(|metric| metric.step == 0);
            metrics.into_iter().map(|metric| metric.key.clone()).collect::<Vec<_>>()
        })
    });
    let runs = Memo::new(move |_| {
        shown.details.value.with(|details| {
            vec![BoardRun { uuid: details.run.uuid.clone(), name: details.run.name.clone(), color: 0 }]
        })
    });
    let is_empty = later(move || keys.with(Vec::is_empty));
    move || {
        if is_empty.get() {
            empty().into_any()
        } else {
            let path = shown.address(tab);
            let kept = Signal::stored(Vec::new());
            view! { <Board path kept runs keys logged=shown.logged/> }.into_any()
        }
    }
}
