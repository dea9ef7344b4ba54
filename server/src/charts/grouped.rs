//! Curves of several runs as one: their mean, within a band.

use std::collections::BTreeMap;

use ::charts::Ribbon;
use axum::response::Response;
use futures::stream;
use stats::{Together, together};
use web::ApiError;

use super::asked::{Group, MOST_LINES, Spread};
use super::curves::Shown;
use super::picture::Picture;
use crate::export::{Cell, Column, Format, Kind, answer};

/// Positions of one line; more can't be told apart.
const MOST_POSITIONS: usize = 400;

/// Curves by group and metric, each group joined to one.
fn joined(shown: &Shown) -> Vec<((String, String), Vec<Together>)> {
    let mut groups = BTreeMap::<(String, String), Vec<Vec<(f64, f64)>>>::new();
    for curve in &shown.curves {
        let group = match &shown.asked.group {
            Some(Group::By(key)) => {
                let value = shown.runs.get(&curve.run_uuid).and_then(|run| run.param(key));
                value.map_or_else(|| format!("without {key}"), |value| format!("{key} {value}"))
            }
            _ => "all runs".to_owned(),
        };
        let points = if curve.smoothed.is_empty() {
            shown.positions(curve)
        } else {
            let places = shown.positions(curve).into_iter().map(|(at, _)| at);
            places.zip(curve.smoothed.iter().copied()).collect()
        };
        groups.entry((group, curve.key.clone())).or_default().push(points);
    }
    let joined = groups.into_iter().map(|(group, curves)| (group, together(&curves, MOST_POSITIONS)));
    joined.take(MOST_LINES).collect()
}

pub fn picture(shown: &Shown, group: &Group) -> Picture {
    let joined = joined(shown);
    let is_one_metric = shown.asked.metrics.len() == 1;
    let ribbon = |at: &Together| {
        let around = match shown.asked.band {
            Spread::Range => (at.low, at.high),
            Spread::Deviation => (at.mean - at.deviation, at.mean + at.deviation),
            Spread::None => (f64::NAN, f64::NAN),
        };
        Ribbon { position: at.position, low: around.0, middle: at.mean, high: around.1 }
    };
    let groups: Vec<_> = joined
        .iter()
        .map(|((group, key), line)| {
            let label = if is_one_metric { group.clone() } else { format!("{group} · {key}") };
            (label, line.iter().map(ribbon).collect::<Vec<_>>())
        })
        .collect();
    let metrics = shown.asked.metrics.join(", ");
    let title = shown.asked.title.clone().unwrap_or_else(|| match group {
        Group::All => format!("{metrics}, mean of {} runs", shown.runs.len()),
        Group::By(key) => format!("{metrics} by {key}"),
    });
    Picture::of_bands(title, &groups, shown.options(), shown.asked.theme)
}

/// Each line's points, with how they came about.
pub async fn csv(shown: &Shown) -> Result<Response, ApiError> {
    let columns = [
        ("group", Kind::Text),
        ("metric", Kind::Text),
        ("position", Kind::Number),
        ("mean", Kind::Number),
        ("low", Kind::Number),
        ("high", Kind::Number),
        ("deviation", Kind::Number),
        ("runs", Kind::Integer),
    ];
    let columns = columns.map(|(name, kind)| Column::new(name, kind)).into();
    let rows = joined(shown).into_iter().flat_map(|((group, key), line)| {
        line.into_iter().map(move |at| {
            let cells = [
                Cell::Text(group.clone()),
                Cell::Text(key.clone()),
                Cell::Number(at.position),
                Cell::Number(at.mean),
                Cell::Number(at.low),
                Cell::Number(at.high),
                Cell::Number(at.deviation),
                Cell::Integer(i64::try_from(at.curves).unwrap_or(i64::MAX)),
            ];
            cells.into_iter().enumerate().collect()
        })
    });
    answer(Format::Csv, "curves", columns, stream::iter([Ok(rows.collect())])).await
}
