//! A metric over a model's versions.

use std::collections::{BTreeSet, HashMap};

use charts::{HorizontalAxis, Options, Series, metric_lines, summary};
use domain::Run;
use domain::registry::PRODUCTION;
use domain::reviews::gates::{Better, PrimaryMetric};
use leptos::prelude::*;
use store::registry::VersionSummary;

use super::{version_label, version_path};
use crate::format;
use crate::plain::Table;

/// A run's last value of a metric.
pub fn value_of(run: &Run, metric: &str) -> Option<f64> {
    run.metrics.iter().find(|one| one.key == metric).map(|one| one.value.0)
}

/// The metrics that the versions' runs have.
pub fn metrics_of(runs: &HashMap<String, Run>) -> Vec<String> {
    let keys: BTreeSet<_> =
        runs.values().flat_map(|run| &run.metrics).map(|metric| metric.key.clone()).collect();
    keys.into_iter().collect()
}

/// The metric to show: the one asked for, else the primary one, else any.
pub fn chosen(asked: Option<String>, primary: Option<&PrimaryMetric>, metrics: &[String]) -> Option<String> {
    let asked = asked.filter(|asked| metrics.contains(asked));
    asked.or_else(|| primary.map(|primary| primary.key.clone())).or_else(|| metrics.first().cloned())
}

/// A version's value, if its run has one.
struct Point {
    version: i64,
    value: Option<f64>,
    serves: bool,
}

#[component]
pub fn MetricChart(
    name: String,
    versions: Vec<VersionSummary>,
    runs: HashMap<String, Run>,
    metric: String,
    metrics: Vec<String>,
    primary: Option<PrimaryMetric>,
    /// The view that the page shows, to stay on it.
    view: &'static str,
) -> impl IntoView {
    let mut points: Vec<_> = versions
        .iter()
        .map(|one| Point {
            version: one.version.version,
            value: runs.get(&one.version.run_uuid).and_then(|run| value_of(run, &metric)),
            serves: one.version.stage == PRODUCTION,
        })
        .collect();
    points.reverse();
    let is_primary = primary.as_ref().is_some_and(|primary| primary.key == metric);
    let better = primary.filter(|_| is_primary).map(|primary| match primary.better {
        Better::Higher => "higher is better",
        Better::Lower => "lower is better",
    });
    let known = points.iter().filter(|point| point.value.is_some()).count();
    let drawing = if known == 0 {
        view! { <p class="nothing">"No version’s run has this metric."</p> }.into_any()
    } else {
        let series = line(&points);
        let words = summary(&Series { points: &series, color: 0, faint: false }, format::number);
        view! {
            <p class="nothing">{format!("Over {}: {words}.", format::plural(format::as_i64(known), "version", "versions"))}</p>
            <div class="chart wide-only">{plot(&name, &points, &series, (880, 240))}</div>
            <div class="chart narrow-only">{plot(&name, &points, &series, (340, 220))}</div>
            <Numbers name metric=metric.clone() points/>
        }
        .into_any()
    };
    let options = metrics.into_iter().map(|one| {
        let is_chosen = one == metric;
        let value = one.clone();
        view! { <option value=value selected=is_chosen>{one}</option> }
    });
    view! {
        <section class="part metric-history" aria-labelledby="metric-history">
            <div class="section-head">
                <h2 id="metric-history">{metric.clone()} " over versions"</h2>
                {better.map(|words| view! { <span class="chip">{words}</span> })}
                <span class="spacer"></span>
                <form method="get" class="inline-form">
                    <input type="hidden" name="view" value=view/>
                    <label class="inline-field">
                        <span>"Metric"</span>
                        <select name="metric">{options.collect_view()}</select>
                    </label>
                    <button type="submit" class="button small">"Show"</button>
                </form>
            </div>
            {drawing}
        </section>
    }
}

/// A version without a value is a gap.
fn line(points: &[Point]) -> Vec<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "no model has so many versions")]
    points.iter().map(|point| (point.version as f64, point.value.unwrap_or(f64::NAN))).collect()
}

/// The line, and on it a mark for each version that leads to it; the one that serves has a ring.
fn plot(name: &str, points: &[Point], series: &[(f64, f64)], (width, height): (u32, u32)) -> AnyView {
    let options = Options { width, height, axis: HorizontalAxis::Step, ..Options::default() };
    let drawing = metric_lines(&[Series { points: series, color: 0, faint: false }], options);
    let marks = points.iter().zip(series).filter_map(|(point, (at, value))| {
        let (x, y) = (drawing.frame.x.pixel(*at), drawing.frame.value_pixel(*value)?);
        let place = |pixel: f64, of: u32| format!("{:.3}%", pixel / f64::from(of) * 100.0);
        let style = format!("left:{};top:{}", place(x, width), place(y, height));
        let note = if point.serves { ", serves" } else { "" };
        let label = format!("{}: {}{note}", version_label(point.version), format::number(*value));
        let class = if point.serves { "version-mark serves" } else { "version-mark" };
        let href = version_path(name, point.version);
        Some(view! { <a class=class style=style href=href aria-label=label.clone() title=label></a> })
    });
    let marks = marks.collect_view();
    view! {
        <div class="version-plot">
            <div class="chart-drawing" inner_html=drawing.svg.clone()></div>
            {marks}
        </div>
    }
    .into_any()
}

#[component]
fn Numbers(name: String, metric: String, points: Vec<Point>) -> impl IntoView {
    let rows = points.into_iter().rev().map(|point| {
        let value = point.value.map_or("–".into(), format::number);
        let serves = point.serves.then_some(" (Production)");
        view! {
            <tr>
                <th scope="row">
                    <a href=version_path(&name, point.version)>{version_label(point.version)}</a>{serves}
                </th>
                <td class="number">{value}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let caption = format!("{metric} of each version");
    let head = view! {
        <th scope="col">"Version"</th>
        <th scope="col" class="number">{metric}</th>
    }
    .into_any();
    view! {
        <details class="chart-numbers">
            <summary>"Numbers"</summary>
            <Table name=caption head>{rows}</Table>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_asked_for_is_shown_if_there_is_one() {
        let primary = PrimaryMetric { key: "f1".into(), better: Better::Higher };
        let metrics = ["acc".to_owned(), "f1".to_owned()];
        let asked = |name: &str, primary| chosen(Some(name.into()), primary, &metrics);
        assert_eq!(asked("acc", Some(&primary)).as_deref(), Some("acc"));
        assert_eq!(asked("none", Some(&primary)).as_deref(), Some("f1"));
        assert_eq!(chosen(None, None, &metrics).as_deref(), Some("acc"));
        assert_eq!(chosen(None, None, &[]), None);
    }
}
