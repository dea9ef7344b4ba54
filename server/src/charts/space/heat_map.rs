//! The mean of a column over the groups of two others.

use std::collections::BTreeMap;

use ::charts::{Mark, Tip, plane};

use super::columns::{key, numbers, told};
use super::groups::Groups;
use super::paints::shades;
use super::{Drawn, Shown};
use crate::export::{Cell, Column, Kind as Is};

/// Half of a cell's width.
const HALF: f64 = 0.48;

pub fn draw(shown: &Shown) -> Drawn {
    let [across, up] = [0, 1].map(|place| {
        let (column, values) = shown.axis(place);
        Groups::new(column, values, shown.is_log(column))
    });
    let (column, values) = shown.color().map_or((&shown.asked.axes[0], [].as_slice()), |color| color);
    let values = numbers(values).unwrap_or_default();
    let mut cells = BTreeMap::<(usize, usize), Vec<f64>>::new();
    let mut drawn = 0;
    for ((x, y), value) in across.of.iter().zip(&up.of).zip(&values) {
        if let (Some(x), Some(y), Some(value)) = (x, y, value.filter(|value| value.is_finite())) {
            cells.entry((*x, *y)).or_default().push(value);
            drawn += 1;
        }
    }
    let means: Vec<_> = cells.values().map(|values| Some(stats::mean(values))).collect();
    let (paints, legend) = shades(key(column), &means);
    #[expect(clippy::cast_precision_loss, reason = "a few groups")]
    let around = |place: usize| (place as f64 - HALF, place as f64 + HALF);
    let marks: Vec<_> = cells
        .keys()
        .zip(paints)
        .map(|((x, y), paint)| Mark::Block { x: around(*x), y: around(*y), paint, strength: 1.0 })
        .collect();
    let (x, y) = (across.axis(), up.axis());
    let tip = |((x_group, y_group), values): (&(usize, usize), &Vec<f64>)| {
        let runs = if values.len() == 1 { "run" } else { "runs" };
        let text = format!(
            "{}: {}\n{}: {}\nmean {}: {}\n{} {runs}",
            x.title,
            across.names[*x_group],
            y.title,
            up.names[*y_group],
            key(column),
            app::number(stats::mean(values)),
            values.len()
        );
        Tip { text, href: None }
    };
    let tips: Vec<_> = cells.iter().map(tip).enumerate().collect();
    let rows = cells.iter().zip(&means).map(|(((x, y), values), mean)| {
        let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
        let names = [(0, Cell::Text(across.names[*x].clone())), (1, Cell::Text(up.names[*y].clone()))];
        let numbers = [(2, Cell::Integer(count)), (3, Cell::Number(mean.unwrap_or(f64::NAN)))];
        names.into_iter().chain(numbers).collect()
    });
    let header = vec![
        Column::new(x.title.clone(), Is::Text),
        Column::new(y.title.clone(), Is::Text),
        Column::new("runs", Is::Integer),
        Column::new(format!("mean {}", key(column)), Is::Number),
    ];
    let words = [format!(
        "mean {} in {} cells of {} and {}: {}",
        key(column),
        cells.len(),
        x.title,
        y.title,
        told(&::charts::ValueAxis { title: String::new(), measure: ::charts::Measure::Linear }, &means)
    )];
    Drawn {
        title: format!("{} over {} and {}", key(column), x.title, y.title),
        plot: plane(&marks, &tips, (&x, &y), shown.asked.pixels),
        words: shown.words(drawn, &words),
        legend,
        header,
        rows: rows.collect(),
    }
}
