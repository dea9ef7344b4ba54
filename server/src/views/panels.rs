//! Panels as texts: `kind?fields`, as a chart's address has them, and drawn.

use app::views::{Panel, PanelChart};
use domain::limits::Invalid;
use http::StatusCode;
use store::Db;
use url::form_urlencoded::{Serializer, parse};
use web::ApiError;

use crate::charts::{self, Leading, OnPage};

/// A panel, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    kind: String,
    fields: Vec<(String, String)>,
}

/// Fields that are the panel's, not the chart's.
const SECTION: &str = "section";
const WIDE: &str = "wide";
/// What the page decides.
const DECIDED: [&str; 5] = ["experiment", "width", "height", "scale", "theme"];

impl Spec {
    pub fn parse(text: &str) -> Self {
        let (kind, query) = text.split_once('?').unwrap_or((text, ""));
        let fields = parse(query.as_bytes()).into_owned();
        let fields = fields.filter(|(name, _)| !DECIDED.contains(&name.as_str()));
        Self { kind: kind.to_owned(), fields: fields.collect() }
    }

    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| field != name);
        if !value.is_empty() {
            self.fields.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn is_wide(&self) -> bool {
        self.get(WIDE) == "true"
    }

    pub fn place(&mut self, section: &str, is_wide: bool) {
        self.set(SECTION, section.trim());
        self.set(WIDE, if is_wide { "true" } else { "" });
    }

    fn query<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        Serializer::new(String::new()).extend_pairs(fields).finish()
    }

    /// As it is kept.
    pub fn text(&self) -> String {
        format!("{}?{}", self.kind, Self::query(self.pairs()))
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The query of the chart's own address.
    fn chart(&self, experiment: i64) -> String {
        let experiment = experiment.to_string();
        let own = self.pairs().filter(|(name, _)| ![SECTION, WIDE].contains(name));
        // Runs that are named are of some experiment.
        let of = (self.get("run").is_empty()).then_some(("experiment", &*experiment));
        Self::query(own.chain(of))
    }

    /// # Errors
    /// `Invalid`: no chart is like that.
    pub fn check(&self, experiment: i64) -> Result<(), ApiError> {
        charts::check(&self.kind, &self.chart(experiment)).map_err(|why| {
            Invalid::new("panels", format!("the panel `{}`: {}", self.text(), why.message)).into()
        })
    }
}

/// Draws the panels, one after the other.
///
/// # Errors
/// Only what isn't the panel's fault.
pub async fn drawn(db: &Db, experiment: i64, specs: &[Spec]) -> Result<Vec<Panel>, ApiError> {
    let mut panels = Vec::with_capacity(specs.len());
    for spec in specs {
        panels.push(panel(db, experiment, spec).await?);
    }
    Ok(panels)
}

async fn panel(db: &Db, experiment: i64, spec: &Spec) -> Result<Panel, ApiError> {
    let query = spec.chart(experiment);
    let size = if spec.is_wide() { "&width=1120&height=400" } else { "&width=560&height=340" };
    let chart = match charts::on_page(db, &spec.kind, &format!("{query}{size}")).await {
        Ok(chart) => Ok(chart),
        Err(why) if [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&why.status) => {
            Err(why.message)
        }
        Err(why) => return Err(why),
    };
    let title = match (spec.get("title"), &chart) {
        ("", Ok(chart)) => chart.title.clone(),
        ("", Err(_)) => spec.kind.clone(),
        (title, _) => title.to_owned(),
    };
    let explored = explored(spec, &query);
    let chart = chart.map(|OnPage { plot, words, legend, .. }| PanelChart {
        plot,
        words,
        legend,
        address: (format!("/api/v1/charts/{}", spec.kind), format!("?{query}")),
        explore: explored
            .map(|query| format!("/experiments/{experiment}/explore?kind={}&{query}", spec.kind)),
    });
    Ok(Panel {
        spec: spec.text(),
        title,
        section: spec.get(SECTION).to_owned(),
        is_wide: spec.is_wide(),
        chart,
    })
}

/// The query by which the page that explores runs shows the same; `None`: it can't, of runs that are named.
fn explored(spec: &Spec, query: &str) -> Option<String> {
    match (spec.get("metric"), spec.get("run")) {
        ("", _) => Some(query.to_owned()),
        (metric, "") => {
            let y = format!("metrics.{metric}");
            let log = if spec.get("log") == "true" { &*y } else { "" };
            let fields =
                [("y", &*y), ("group", spec.get("group")), ("filter", spec.get("filter")), ("log", log)];
            Some(Spec::query(fields.into_iter().filter(|(_, value)| !value.is_empty())))
        }
        _ => None,
    }
}

/// A panel of a kind, over what most would want to see first.
pub fn first_of(kind: &str, leading: &Leading) -> Spec {
    let metric = leading.metrics.first().map(|key| format!("metrics.{key}")).unwrap_or_default();
    let param = |place: usize| leading.params.get(place).map(|key| format!("params.{key}"));
    let first = || param(0).unwrap_or_else(|| metric.clone());
    let pairs: Vec<(&str, String)> = match kind {
        "curves" => {
            let key = leading.curves.first().or(leading.metrics.first()).cloned().unwrap_or_default();
            vec![("metric", key), ("limit", "10".into()), (WIDE, "true".into())]
        }
        "parallel" => {
            let params = (0..5).filter_map(param);
            let ends = leading.metrics.iter().take(2).map(|key| format!("metrics.{key}"));
            let axes = params.chain(ends).map(|axis| ("axis", axis));
            axes.chain([("color", metric.clone()), (WIDE, "true".into())]).collect()
        }
        "histogram" => vec![("x", metric.clone())],
        "heatmap" => {
            vec![("x", first()), ("y", param(1).unwrap_or_else(|| metric.clone())), ("color", metric.clone())]
        }
        "bar" => vec![("y", metric.clone()), ("limit", "10".into())],
        "importance" => vec![("y", metric.clone())],
        "box" => vec![("x", first()), ("y", metric.clone())],
        _ => vec![("x", first()), ("y", metric.clone()), ("color", metric.clone())],
    };
    let fields = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Spec { kind: kind.to_owned(), fields }
}

/// A first layout, made from what was logged: only what can be drawn.
pub async fn suggested(db: &Db, experiment: i64, leading: &Leading) -> Result<Vec<Spec>, ApiError> {
    let curves = (!leading.curves.is_empty()).then_some("curves");
    let over_params: &[_] = if leading.params.is_empty() { &[] } else { &["importance", "box", "parallel"] };
    let mut specs = Vec::new();
    for kind in curves.iter().chain(over_params).chain(&["histogram", "bar"]) {
        let spec = first_of(kind, leading);
        if spec.check(experiment).is_ok() && panel(db, experiment, &spec).await?.chart.is_ok() {
            specs.push(spec);
        }
    }
    Ok(specs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_the_text_that_it_was() {
        let text = "scatter?x=params.lr&y=metrics.val%2Fauc&title=a+%26+b&wide=true&section=Last";
        let mut spec = Spec::parse(text);
        assert_eq!(spec.text(), text);
        assert_eq!((spec.get("title"), spec.is_wide()), ("a & b", true));
        assert_eq!(spec.chart(7), "x=params.lr&y=metrics.val%2Fauc&title=a+%26+b&experiment=7");
        spec.place("", false);
        assert_eq!(spec.text(), "scatter?x=params.lr&y=metrics.val%2Fauc&title=a+%26+b");
        assert_eq!(Spec::parse("bar?experiment=3&y=metrics.a&width=9").text(), "bar?y=metrics.a");
        assert!(Spec::parse("pie?x=params.a").check(1).is_err());
    }

    #[test]
    fn each_kind_starts_with_something_that_can_be_drawn() {
        let leading = Leading {
            params: vec!["lr".into(), "depth".into()],
            metrics: vec!["auc".into()],
            curves: Vec::new(),
        };
        for kind in charts::kinds() {
            first_of(kind, &leading).check(1).unwrap_or_else(|why| panic!("{kind}: {}", why.message));
        }
    }
}
