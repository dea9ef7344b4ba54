//! One metric: its chart, or its value if it was logged once.

use domain::runs::SYSTEM_METRIC_PREFIX;
use leptos::prelude::*;

use super::board::{BoardContext, BoardRun};
use super::curves::PlacedCurve;
use super::state::BoardState;
use crate::components::{Chart, ChartLine, ChartLook, later};
use crate::format;
use crate::url::Query;

#[component]
pub fn Card(key: String, curves: RwSignal<Vec<PlacedCurve>>, is_single: Memo<bool>) -> impl IntoView {
    let context = expect_context::<BoardContext>();
    let lines = {
        let key = key.clone();
        Memo::new(move |_| {
            context.runs.with(|runs| {
                curves.with(|curves| {
                    let of_run = |run: &BoardRun| {
                        let curve = curves.iter().find(|curve| curve.key == key && curve.run == run.uuid)?;
                        Some(line(run, curve))
                    };
                    runs.iter().filter_map(of_run).collect::<Vec<_>>()
                })
            })
        })
    };
    let look = Signal::derive(move || {
        let smoothing = context.smoothing.get();
        context.state.with(|state| ChartLook { smoothing, ..state.look })
    });
    let zoom = Callback::new(move |window| context.go(false, |state| state.look.window = window));
    // Once a curve, always a curve: a zoomed window may hold a single point of it.
    let is_curve = Memo::new(move |before: Option<&bool>| {
        before == Some(&true) || lines.with(|lines| lines.iter().any(has_length))
    });
    let is_once = later(move || !is_curve.get());
    let nothing_to_draw = later(move || {
        let log = look.with(|look| look.log);
        let can_be_drawn = |value: f64| value.is_finite() && (value > 0.0 || !log);
        lines.with(|lines| !lines.iter().flat_map(|line| &line.points).any(|(_, value)| can_be_drawn(*value)))
    });
    let title = key.clone();
    let chart = move || {
        let title = title.clone();
        if is_once.get() {
            view! { <Once lines/> }.into_any()
        } else if nothing_to_draw.get() {
            view! { <p class="muted">"No value that this axis can show."</p> <Numbers lines/> }.into_any()
        } else {
            let height = if is_single.get() { 420 } else { 220 };
            view! {
                <Chart title lines look zoom height/>
                <Numbers lines/>
            }
            .into_any()
        }
    };
    let large = {
        let key = key.clone();
        move || {
            let metric = if is_single.get() { None } else { Some(key.clone()) };
            context.address(&BoardState { metric, page: 0, ..context.state.get() })
        }
    };
    let hint = move || if is_single.get() { "Show all metrics" } else { "Show larger" };
    let short = key.strip_prefix(SYSTEM_METRIC_PREFIX).unwrap_or(&key).to_owned();
    view! {
        <article class="chart-card" class:once=is_once>
            <h2 class="chart-title"><a href=large title=hint data-noscroll="true">{short}</a></h2>
            {chart}
        </article>
    }
}

/// Whether there is a line to draw: a metric that was logged again at the same step is still one value.
fn has_length(line: &ChartLine) -> bool {
    let is_long = line.points.first().is_none_or(|(start, _)| {
        line.points.len() == 1 || line.points.iter().any(|(position, _)| position > start)
    });
    line.total > 1 && is_long
}

fn line(run: &BoardRun, curve: &PlacedCurve) -> ChartLine {
    ChartLine {
        label: run.name.clone(),
        color: run.color,
        points: curve.points.iter().map(|(position, value)| (*position, value.0)).collect(),
        smoothed: curve.smoothed.clone(),
        total: curve.total,
        raw_href: Query::new()
            .with("metric", &curve.key)
            .after(&format!("/api/v1/runs/{}/metrics.csv", run.uuid)),
    }
}

/// Values that were logged once.
#[component]
fn Once(lines: Memo<Vec<ChartLine>>) -> impl IntoView {
    let values = move || {
        lines.with(|lines| {
            if lines.is_empty() {
                return view! { <p class="muted">"No points yet."</p> }.into_any();
            }
            let is_alone = lines.len() == 1;
            let items = lines.iter().map(|line| {
                let value = line.points.last().map(|(_, value)| *value);
                let name = (!is_alone).then(|| {
                    view! {
                        <span class=format!("swatch series-{}", line.color)></span>
                        <span class="once-run">{line.label.clone()}</span>
                    }
                });
                view! {
                    <li>
                        {name}
                        <span class="once-value" title=value.map(|value| value.to_string())>
                            {value.map(format::number)}
                        </span>
                    </li>
                }
            });
            view! { <ul class="once-values" class:alone=is_alone>{items.collect_view()}</ul> }.into_any()
        })
    };
    view! { {values} }
}

/// The chart as a table, and the raw points to download.
#[component]
fn Numbers(lines: Memo<Vec<ChartLine>>) -> impl IntoView {
    let rows = move || {
        lines.with(|lines| {
            lines
                .iter()
                .map(|line| {
                    let finite = || line.points.iter().map(|point| point.1).filter(|value| value.is_finite());
                    let cell = |value: Option<f64>| view! { <td class="number">{value.map(format::number)}</td> };
                    view! {
                        <tr>
                            <th scope="row">{line.label.clone()}</th>
                            {cell(finite().next())}
                            {cell(finite().next_back())}
                            {cell(finite().reduce(f64::min))}
                            {cell(finite().reduce(f64::max))}
                            <td class="number">{format::count(i64::try_from(line.total).unwrap_or(i64::MAX))}</td>
                            <td><a href=line.raw_href.clone() download="" rel="external">"CSV"</a></td>
                        </tr>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <details class="chart-numbers">
            <summary>"Numbers"</summary>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Numbers">
                <table class="table">
                    <caption class="visually-hidden">"The lines in numbers"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Run"</th>
                            <th scope="col" class="number">"First"</th>
                            <th scope="col" class="number">"Last"</th>
                            <th scope="col" class="number">"Lowest"</th>
                            <th scope="col" class="number">"Highest"</th>
                            <th scope="col" class="number">"Points"</th>
                            <th scope="col">"Raw"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}
