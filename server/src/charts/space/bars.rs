//! A bar for each of a few runs.

use ::charts::{Mark, Measure, ValueAxis, plane};

use super::columns::{key, name, numbers, told};
use super::paints::paints;
use super::{Drawn, Shown};
use crate::export::{Cell, Column, Kind as Is};

/// More can't be read.
pub const MOST: usize = 50;
/// Half of a bar's width.
const HALF: f64 = 0.36;

pub fn draw(shown: &Shown) -> Drawn {
    let (column, values) = shown.axis(0);
    let values = numbers(values).unwrap_or_default();
    let (paints, legend) = paints(shown);
    let finite = |run: &usize| values.get(*run).copied().flatten().is_some_and(f64::is_finite);
    // The first run is on top.
    let runs: Vec<_> = (0..shown.runs()).filter(finite).rev().collect();
    let marks = bars(runs.iter().map(|run| (values[*run].unwrap_or_default(), paints[*run])));
    let tips = runs.iter().enumerate().filter_map(|(mark, run)| Some((mark, shown.tip(*run)?)));
    let tips: Vec<_> = tips.collect();
    let names = runs.iter().map(|run| shown.table.runs[*run].1.clone()).collect();
    let x = ValueAxis { title: key(column).to_owned(), measure: Measure::Amount };
    let y = ValueAxis { title: String::new(), measure: Measure::Categories(names) };
    let rows = runs.iter().rev().map(|run| {
        let (uuid, name) = shown.table.runs[*run].clone();
        let value = Cell::Number(values[*run].unwrap_or_default());
        vec![(0, Cell::Text(uuid)), (1, Cell::Text(name)), (2, value)]
    });
    let header = vec![
        Column::new("run_id", Is::Text),
        Column::new("run_name", Is::Text),
        Column::new(name(column), Is::Number),
    ];
    Drawn {
        title: key(column).to_owned(),
        plot: plane(&marks, &tips, (&x, &y), shown.asked.pixels),
        words: shown.words(runs.len(), &[format!("{}: {}", x.title, told(&x, &values))]),
        legend,
        header,
        rows: rows.collect(),
    }
}

/// One above the other, from the bottom.
pub fn bars(values: impl Iterator<Item = (f64, ::charts::Paint)>) -> Vec<Mark> {
    #[expect(clippy::cast_precision_loss, reason = "a few bars")]
    let around = |place: usize| (place as f64 - HALF, place as f64 + HALF);
    let bar =
        |(place, (value, paint))| Mark::Block { x: (0.0, value), y: around(place), paint, strength: 0.85 };
    values.enumerate().map(bar).collect()
}
