//! Many runs over the space of their params and metrics: a plain page with one chart, and its address to take away.

mod choice;
mod page;

pub use page::{ColorKey, ExplorePage};

use crate::url::Query;

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
    pub size: String,
    pub trend: bool,
    /// Of curves: which runs are one line, `all` or a param; empty: each by itself.
    pub group: String,
    pub log: Vec<String>,
    /// The columns that there are to choose from.
    pub columns: Vec<String>,
    /// The views that whoever looks may add the chart to.
    pub views: Vec<(i64, String)>,
}

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ExploreChart {
    /// One `<svg>` element.
    pub plot: String,
    pub words: String,
    /// What each colour means: its class, how opaque it is, and the words.
    pub legend: Vec<(String, f64, String)>,
    pub runs: Option<usize>,
    /// What is drawn, where it isn't the runs themselves.
    pub numbers: Option<Numbers>,
}

/// A small table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A kind of chart, and what one chooses for it.
struct Kind {
    /// In addresses.
    name: &'static str,
    label: &'static str,
    /// What it answers.
    hint: &'static str,
    x: Option<&'static str>,
    y: Option<&'static str>,
    takes: Takes,
    /// What colour is called, and what none is: there may have to be one.
    color: Option<(&'static str, Option<&'static str>)>,
    has_log: bool,
    /// Pixels.
    height: u32,
}

/// What else one chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// Columns beside each other.
    Axes,
    /// Size, and a trend.
    Dots,
    /// Which runs are one line.
    Lines,
}

const KINDS: [Kind; 8] = [
    Kind {
        name: "scatter",
        label: "Scatter",
        hint: "A dot for each run.",
        x: Some("Across"),
        y: Some("Up"),
        takes: Takes::Dots,
        color: Some(("Colour", Some("one for all"))),
        has_log: true,
        height: 440,
    },
    Kind {
        name: "parallel",
        label: "Parallel coordinates",
        hint: "A line for each run, through its values.",
        x: None,
        y: None,
        takes: Takes::Axes,
        color: Some(("Colour", Some("one for all"))),
        has_log: true,
        height: 440,
    },
    Kind {
        name: "curves",
        label: "Curves",
        hint: "A metric over its steps: of the ten newest runs, or of all together, as their mean and the range of what they had.",
        x: None,
        y: Some("Metric"),
        takes: Takes::Lines,
        color: None,
        has_log: true,
        height: 440,
    },
    Kind {
        name: "importance",
        label: "Importance",
        hint: "Which params make the difference in a metric: how much worse a forest that predicts it gets without each.",
        x: None,
        y: Some("Metric"),
        takes: Takes::Nothing,
        color: None,
        has_log: true,
        height: 560,
    },
    Kind {
        name: "heatmap",
        label: "Heat map",
        hint: "The mean of a metric wherever two params have been tried together; the stronger, the higher.",
        x: Some("Across"),
        y: Some("Up"),
        takes: Takes::Nothing,
        color: Some(("Mean of", None)),
        has_log: true,
        height: 440,
    },
    Kind {
        name: "box",
        label: "Box plot",
        hint: "How a metric is spread for each value of a param: half of the runs are in the box.",
        x: Some("Grouped by"),
        y: Some("Up"),
        takes: Takes::Nothing,
        color: None,
        has_log: true,
        height: 440,
    },
    Kind {
        name: "histogram",
        label: "Histogram",
        hint: "How many runs there are with which values.",
        x: Some("Across"),
        y: None,
        takes: Takes::Nothing,
        color: Some(("Colour", Some("one for all"))),
        has_log: true,
        height: 440,
    },
    Kind {
        name: "bar",
        label: "Bars",
        hint: "The highest 25 runs.",
        x: None,
        y: Some("Length"),
        takes: Takes::Nothing,
        color: Some(("Colour", Some("one for all"))),
        has_log: false,
        height: 600,
    },
];

/// The kinds of charts by name, each with what it is called.
pub fn chart_kinds() -> Vec<(&'static str, &'static str)> {
    KINDS.iter().map(|kind| (kind.name, kind.label)).collect()
}

impl Explore {
    fn kind(&self) -> &'static Kind {
        KINDS.iter().find(|kind| kind.name == self.kind).unwrap_or(&KINDS[0])
    }

    /// The columns on axes.
    fn shown(&self) -> Vec<&String> {
        let kind = self.kind();
        let one = |is_there: bool, column| if is_there { Some(column) } else { None };
        let own = [one(kind.x.is_some(), &self.x), one(kind.y.is_some(), &self.y)].into_iter().flatten();
        let axes = self.axes.iter().filter(|_| kind.takes == Takes::Axes);
        own.filter(|column| !column.is_empty()).chain(axes).collect()
    }

    /// The fields that the page and the chart's own address share.
    fn query(&self) -> Query {
        let kind = self.kind();
        let mut query = Query::new().with("filter", &self.filter);
        for (field, value, is_taken) in [
            ("x", &self.x, kind.x.is_some()),
            ("y", &self.y, kind.y.is_some()),
            ("color", &self.color, kind.color.is_some()),
            ("size", &self.size, kind.takes == Takes::Dots),
            ("group", &self.group, kind.takes == Takes::Lines),
        ] {
            query = if is_taken { query.with(field, value) } else { query };
        }
        if kind.takes == Takes::Axes {
            query = self.axes.iter().fold(query, |query, axis| query.with("axis", axis));
        }
        if kind.takes == Takes::Dots && self.trend {
            query = query.with("trend", "true");
        }
        let shown = self.shown();
        let log = self.log.iter().filter(|column| kind.has_log && shown.contains(column));
        log.fold(query, |query, column| query.with("log", column))
    }

    /// The fields of the chart's own address, without the experiment.
    fn asked(&self) -> Query {
        let kind = self.kind();
        if kind.takes == Takes::Lines {
            let query = Query::new().with("filter", &self.filter);
            let query = query.with("metric", self.y.strip_prefix("metrics.").unwrap_or(&self.y));
            let query =
                query.with("group", &self.group).with("limit", if self.group.is_empty() { "10" } else { "" });
            return query.with("log", if self.log.contains(&self.y) { "true" } else { "" });
        }
        if self.kind == "bar" { self.highest(self.query()) } else { self.query() }
    }

    /// The address of the chart alone.
    pub fn chart(&self, ending: &str) -> String {
        let query = self.asked().with("experiment", &self.experiment_id.to_string());
        query.after(&format!("/api/v1/charts/{}.{ending}", self.kind))
    }

    /// The chart as a panel of a view.
    pub fn panel(&self) -> String {
        self.asked().after(&self.kind)
    }

    /// The same, of the size that the page has for it.
    pub fn drawing(&self) -> String {
        format!("{}&width=1040&height={}", self.chart("svg"), self.kind().height)
    }

    /// Bars are of the best runs, if higher is better.
    fn highest(&self, query: Query) -> Query {
        let Some((group, key)) = self.y.split_once('.') else { return query };
        let quote = if key.contains('`') { '"' } else { '`' };
        query.with("order_by", &format!("{group}.{quote}{key}{quote} DESC")).with("limit", "25")
    }

    fn of_kind(&self, kind: &str) -> String {
        let other = Self { kind: kind.to_owned(), ..self.clone() };
        other.query().with("kind", kind).after(&self.path())
    }

    fn path(&self) -> String {
        format!("/experiments/{}/explore", self.experiment_id)
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
            size: "params.lr".into(),
            ..Explore::default()
        };
        assert_eq!(
            explore.chart("svg"),
            "/api/v1/charts/scatter.svg?filter=metrics.auc%20%3E%200&x=params.lr&y=metrics.auc&size=params.lr\
             &log=params.lr&experiment=7"
        );
        assert_eq!(
            explore.panel(),
            "scatter?filter=metrics.auc%20%3E%200&x=params.lr&y=metrics.auc&size=params.lr&log=params.lr"
        );
        assert!(explore.of_kind("parallel").contains("axis=params.depth&log=params.depth&kind=parallel"));
        let bars = Explore { kind: "bar".into(), y: "metrics.val/`auc".into(), ..explore };
        assert_eq!(
            bars.chart("csv"),
            "/api/v1/charts/bar.csv?filter=metrics.auc%20%3E%200&y=metrics.val/%60auc\
             &order_by=metrics.%22val/%60auc%22%20DESC&limit=25&experiment=7"
        );
        let curves = Explore {
            kind: "curves".into(),
            y: "metrics.loss".into(),
            group: "params.lr".into(),
            log: vec!["metrics.loss".into()],
            ..bars
        };
        assert_eq!(
            curves.panel(),
            "curves?filter=metrics.auc%20%3E%200&metric=loss&group=params.lr&log=true"
        );
    }
}
