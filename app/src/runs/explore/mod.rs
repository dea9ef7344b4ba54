//! Many runs over the space of their params and metrics: a plain page with one chart, and its address to take away.

use leptos::prelude::*;

use crate::components::EmptyState;
use crate::format;
use crate::plain::Refusal;
use crate::url::Query;

/// A kind of chart: its name in addresses, and on the page.
const KINDS: [(&str, &str); 2] = [("scatter", "Scatter"), ("parallel", "Parallel coordinates")];

/// What the page's address asks for. Columns are named `metrics.KEY` and `params.KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explore {
    pub experiment_id: i64,
    pub experiment: String,
    pub kind: String,
    pub filter: String,
    pub x: String,
    pub y: String,
    pub axes: Vec<String>,
    pub color: String,
    pub log: Vec<String>,
    /// The columns that there are to choose from.
    pub columns: Vec<String>,
}

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ExploreChart {
    /// One `<svg>` element.
    pub plot: String,
    pub words: String,
    /// What each colour means: its class, how opaque it is, and the words.
    pub legend: Vec<(String, f64, String)>,
    pub runs: usize,
}

impl Explore {
    fn is_parallel(&self) -> bool {
        self.kind == "parallel"
    }

    /// The fields that the page and the chart's own address share.
    fn query(&self) -> Query {
        let query = Query::new().with("filter", &self.filter);
        let query = if self.is_parallel() {
            self.axes.iter().fold(query, |query, axis| query.with("axis", axis))
        } else {
            query.with("x", &self.x).with("y", &self.y)
        };
        let shown = |column: &&String| {
            let axes = if self.is_parallel() {
                self.axes.contains(column)
            } else {
                [&self.x, &self.y].contains(column)
            };
            axes || **column == self.color
        };
        let log = self.log.iter().filter(shown);
        log.fold(query.with("color", &self.color), |query, column| query.with("log", column))
    }

    /// The address of the chart alone.
    pub fn chart(&self, ending: &str) -> String {
        let query = self.query().with("experiment", &self.experiment_id.to_string());
        query.after(&format!("/api/v1/charts/{}.{ending}", self.kind))
    }

    fn of_kind(&self, kind: &str) -> String {
        let other = Self { kind: kind.to_owned(), ..self.clone() };
        other.query().with("kind", kind).after(&self.path())
    }

    fn path(&self) -> String {
        format!("/experiments/{}/explore", self.experiment_id)
    }
}

#[component]
pub fn ExplorePage(
    explore: Explore,
    /// `None`: there is too little to draw; else the chart, or why it can't be drawn.
    chart: Option<Result<ExploreChart, String>>,
) -> impl IntoView {
    let kinds = KINDS.map(|(kind, label)| {
        let current = (explore.kind == kind).then_some("true");
        view! { <a href=explore.of_kind(kind) aria-current=current>{label}</a> }
    });
    let content = match chart {
        None => view! {
            <EmptyState title="Nothing to draw yet.">
                <p>"Log params and metrics in some runs; then each run is a dot, or a line, here:"</p>
                <p><code>"mlflow.log_param(\"lr\", 0.01); mlflow.log_metric(\"auc\", 0.93)"</code></p>
            </EmptyState>
        }
        .into_any(),
        Some(Err(why)) => view! {
            <Choice explore=explore.clone()/>
            <Refusal message=Some(why)/>
        }
        .into_any(),
        Some(Ok(chart)) => view! {
            <Choice explore=explore.clone()/>
            <Chart explore=explore.clone() chart/>
        }
        .into_any(),
    };
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=format!("/experiments/{}", explore.experiment_id)>{explore.experiment}</a>
            </nav>
            <div class="page-head">
                <h1>"Explore runs"</h1>
                <span class="segmented" role="group" aria-label="Kind of chart">{kinds}</span>
            </div>
            {content}
        </div>
    }
}

/// What is drawn.
#[component]
fn Choice(explore: Explore) -> impl IntoView {
    let select = |label: &'static str, name: &'static str, chosen: &str, none: Option<&'static str>| {
        let none = none.map(|none| view! { <option value="">{none}</option> });
        let options = explore.columns.iter().map(|column| {
            view! { <option value=column.clone() selected=column == chosen>{column.clone()}</option> }
        });
        view! {
            <label class="field">
                <span>{label}</span>
                <select name=name>{none}{options.collect_view()}</select>
            </label>
        }
    };
    let axes = if explore.is_parallel() {
        let boxes = explore.columns.iter().map(|column| {
            let is_chosen = explore.axes.contains(column);
            view! {
                <label class="check">
                    <input type="checkbox" name="axis" value=column.clone() checked=is_chosen/>
                    <span>{column.clone()}</span>
                </label>
            }
        });
        view! {
            <fieldset class="explore-axes">
                <legend>"Axes"</legend>
                <div class="explore-boxes" tabindex="0">{boxes.collect_view()}</div>
            </fieldset>
        }
        .into_any()
    } else {
        view! {
            {select("Across", "x", &explore.x, None)}
            {select("Up", "y", &explore.y, None)}
        }
        .into_any()
    };
    let shown: Vec<_> = if explore.is_parallel() {
        explore.axes.clone()
    } else {
        [&explore.x, &explore.y].into_iter().filter(|column| !column.is_empty()).cloned().collect()
    };
    let logs = shown.into_iter().map(|column| {
        let is_log = explore.log.contains(&column);
        view! {
            <label class="check">
                <input type="checkbox" name="log" value=column.clone() checked=is_log/>
                <span>{column}</span>
            </label>
        }
    });
    view! {
        <form method="get" action=explore.path() class="card explore-choice">
            <input type="hidden" name="kind" value=explore.kind.clone()/>
            {axes}
            {select("Colour", "color", &explore.color, Some("one for all"))}
            <label class="field">
                <span>"Filter"</span>
                <input type="text" name="filter" value=explore.filter.clone() placeholder="metrics.auc > 0.9" spellcheck="false" autocomplete="off"/>
            </label>
            <fieldset class="explore-logs">
                <legend>"Logarithmic"</legend>
                <div class="explore-boxes">{logs.collect_view()}</div>
            </fieldset>
            <button type="submit" class="button primary">"Draw"</button>
        </form>
    }
}

#[component]
fn Chart(explore: Explore, chart: ExploreChart) -> impl IntoView {
    let legend = chart.legend.into_iter().map(|(class, opacity, label)| {
        view! {
            <li>
                <span class=format!("swatch {class}") style=format!("opacity:{opacity:.2}")></span>
                {label}
            </li>
        }
    });
    let files = [("svg", "SVG"), ("png", "PNG"), ("csv", "CSV")].map(|(ending, name)| {
        view! { <a class="button small" href=explore.chart(ending) download>{name}</a> }
    });
    let runs = format::plural(format::as_i64(chart.runs), "run", "runs");
    let words = chart.words;
    view! {
                <figure class="explore-figure">
            <div class="chart explore-drawing" tabindex="0" role="img" aria-label=words.clone()>
                <div class="chart-drawing" inner_html=chart.plot></div>
            </div>
            <ul class="legend" aria-label="Colours">{legend.collect_view()}</ul>
            <figcaption class="nothing">{words}</figcaption>
        </figure>
        <div class="toolbar">
            <span class="muted">{runs}</span>
            <span class="spacer"></span>
            <a class="button small" href=explore.chart("svg")>"Chart alone"</a>
            {files}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charts_address_has_what_the_page_shows() {
        let explore = Explore {
            experiment_id: 7,
            kind: "scatter".into(),
            filter: "metrics.auc > 0".into(),
            x: "params.lr".into(),
            y: "metrics.auc".into(),
            axes: vec!["params.depth".into()],
            log: vec!["params.lr".into(), "params.depth".into()],
            ..Explore::default()
        };
        assert_eq!(
            explore.chart("svg"),
            "/api/v1/charts/scatter.svg?filter=metrics.auc%20%3E%200&x=params.lr&y=metrics.auc&log=params.lr&experiment=7"
        );
        assert!(explore.of_kind("parallel").contains("axis=params.depth&log=params.depth&kind=parallel"));
    }
}
