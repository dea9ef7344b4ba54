//! How the curves are looked at, as the address holds it.

use domain::metrics::Axis;
use leptos_router::params::ParamsMap;

use crate::components::ChartLook;
use crate::url::page;

/// Charts on one page.
pub const PAGE_SIZE: usize = 24;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct BoardState {
    pub look: ChartLook,
    /// Part of a metric's name.
    pub search: String,
    /// The one metric that is shown large.
    pub metric: Option<String>,
    /// From 0.
    pub page: usize,
}

impl BoardState {
    pub fn from_query(query: &ParamsMap) -> Self {
        let number = |key: &str| query.get_str(key)?.parse::<f64>().ok().filter(|number| number.is_finite());
        let window = number("from").zip(number("to")).filter(|(from, to)| from < to);
        Self {
            look: ChartLook {
                axis: query.get_str("axis").and_then(parse_axis).unwrap_or_default(),
                log: query.get_str("log") == Some("1"),
                smoothing: number("smooth").unwrap_or_default().clamp(0.0, 0.99),
                window,
            },
            search: query.get("q").unwrap_or_default(),
            metric: query.get("metric").filter(|key| !key.is_empty()),
            page: page(query),
        }
    }

    /// The fields of the address, those without a value empty.
    pub fn fields(&self) -> [(&'static str, String); 8] {
        let look = &self.look;
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        [
            ("axis", if look.axis == Axis::Step { String::new() } else { axis_id(look.axis).to_owned() }),
            ("log", if look.log { "1".into() } else { String::new() }),
            ("smooth", number((look.smoothing > 0.0).then_some(look.smoothing))),
            ("from", number(look.window.map(|(from, _)| from))),
            ("to", number(look.window.map(|(_, to)| to))),
            ("q", self.search.clone()),
            ("metric", self.metric.clone().unwrap_or_default()),
            ("page", if self.page == 0 { String::new() } else { (self.page + 1).to_string() }),
        ]
    }

    /// Another axis shows all of it.
    #[must_use]
    pub fn with_axis(mut self, axis: Axis) -> Self {
        self.look.axis = axis;
        self.look.window = None;
        self
    }

    /// The metrics that are looked for, and those of them on this page.
    pub fn shown(&self, keys: &[String]) -> (usize, Vec<String>) {
        if let Some(metric) = &self.metric {
            let found: Vec<_> = keys.iter().filter(|key| *key == metric).cloned().collect();
            return (found.len(), found);
        }
        let typed = self.search.trim().to_lowercase();
        let found: Vec<_> = keys.iter().filter(|key| key.to_lowercase().contains(&typed)).collect();
        let page = found.iter().skip(self.page * PAGE_SIZE).take(PAGE_SIZE);
        (found.len(), page.map(|key| (*key).clone()).collect())
    }
}

pub fn axis_id(axis: Axis) -> &'static str {
    match axis {
        Axis::Step => "step",
        Axis::Time => "time",
        Axis::Relative => "relative",
    }
}

fn parse_axis(text: &str) -> Option<Axis> {
    [Axis::Step, Axis::Time, Axis::Relative].into_iter().find(|axis| axis_id(*axis) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reread(state: &BoardState) -> BoardState {
        let mut query = ParamsMap::new();
        for (key, value) in state.fields().into_iter().filter(|(_, value)| !value.is_empty()) {
            query.insert(key, value);
        }
        BoardState::from_query(&query)
    }

    #[test]
    fn the_address_gives_the_whole_state_back() {
        let state = BoardState {
            look: ChartLook { axis: Axis::Relative, log: true, smoothing: 0.6, window: Some((1.5, 20.25)) },
            search: "loss".into(),
            metric: Some("val loss".into()),
            page: 2,
        };
        assert_eq!(reread(&state), state);
        assert_eq!(reread(&BoardState::default()), BoardState::default());
    }

    #[test]
    fn another_axis_forgets_the_zoom() {
        let look = ChartLook { window: Some((1.0, 2.0)), ..ChartLook::default() };
        let state = BoardState { look, ..BoardState::default() }.with_axis(Axis::Time);
        assert_eq!((state.look.axis, state.look.window), (Axis::Time, None));
    }

    #[test]
    fn a_page_holds_some_of_what_was_searched() {
        let keys: Vec<_> = (0..60).map(|index| format!("Layer{index}/loss")).chain(["acc".into()]).collect();
        let state = BoardState { search: "LOSS".into(), page: 2, ..BoardState::default() };
        let (found, shown) = state.shown(&keys);
        assert_eq!((found, shown.len()), (60, 12));
        let one = BoardState { metric: Some("acc".into()), ..state };
        assert_eq!(one.shown(&keys), (1, vec!["acc".to_owned()]));
    }
}
