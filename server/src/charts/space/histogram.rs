//! How many runs have which values of a column.

use std::collections::BTreeMap;

use ::charts::{Mark, Measure, Paint, Tip, ValueAxis, plane};
use stats::{Scale, edges};

use super::columns::{key, measure, told};
use super::groups::{bin, range};
use super::paints::series;
use super::{Drawn, Shown};
use crate::export::{Cell, Column, Kind as Is};

const MOST_BINS: usize = 60;
/// The gap between bins, as a part of one.
const GAP: f64 = 0.04;

pub fn draw(shown: &Shown) -> Drawn {
    let (column, values) = shown.axis(0);
    let (x, xs) = measure(column, values, shown.is_log(column));
    let (paints, legend) = match shown.color() {
        Some((column, values)) => series(column, values),
        None => (vec![Paint::Series(0); shown.runs()], Vec::new()),
    };
    let scale = if x.measure == Measure::Log { Scale::Log } else { Scale::Linear };
    let ends = match &x.measure {
        #[expect(clippy::cast_precision_loss, reason = "a few names")]
        Measure::Categories(names) => (0..=names.len()).map(|place| place as f64 - 0.5).collect(),
        _ => edges(&xs.iter().flatten().copied().collect::<Vec<_>>(), scale, MOST_BINS),
    };
    // For each bin how many runs there are of each colour, in the legend's order.
    let mut counts = vec![BTreeMap::<usize, (Paint, u32)>::new(); ends.len().saturating_sub(1)];
    let mut drawn = 0;
    for (value, paint) in xs.iter().zip(&paints) {
        let Some(bin) = value.and_then(|value| bin(&ends, scale, value)) else { continue };
        let place = legend.iter().position(|key| key.paint == *paint).unwrap_or_default();
        counts[bin].entry(place).or_insert((*paint, 0)).1 += 1;
        drawn += 1;
    }
    let (mut marks, mut tips) = (Vec::new(), Vec::new());
    for (bin, (ends, counts)) in ends.windows(2).zip(&counts).enumerate() {
        let (from, to) = inside(scale, ends[0], ends[1]);
        let values = match &x.measure {
            Measure::Categories(names) => names[bin].clone(),
            _ => range(ends[0], ends[1]),
        };
        let mut below = 0;
        for (place, (paint, count)) in counts {
            let of = legend.get(*place).map(|key| format!("\n{}", key.label)).unwrap_or_default();
            let text = format!("{values}{of}\n{count} {}", if *count == 1 { "run" } else { "runs" });
            tips.push((marks.len(), Tip { text, href: None }));
            let y = (f64::from(below), f64::from(below + count));
            marks.push(Mark::Block { x: (from, to), y, paint: *paint, strength: 0.85 });
            below += count;
        }
    }
    let words = vec![format!("{}: {}", x.title, told(&x, &xs))];
    let y = ValueAxis { title: "runs".into(), measure: Measure::Count };
    let rows = ends.windows(2).zip(&counts).enumerate().map(|(place, (ends, counts))| {
        let count = counts.values().map(|(_, count)| i64::from(*count)).sum();
        match &x.measure {
            Measure::Categories(names) => {
                vec![(0, Cell::Text(names[place].clone())), (1, Cell::Integer(count))]
            }
            _ => vec![(0, Cell::Number(ends[0])), (1, Cell::Number(ends[1])), (2, Cell::Integer(count))],
        }
    });
    let header: &[_] = match x.measure {
        Measure::Categories(_) => &[("value", Is::Text), ("runs", Is::Integer)],
        _ => &[("from", Is::Number), ("to", Is::Number), ("runs", Is::Integer)],
    };
    Drawn {
        title: key(column).to_owned(),
        plot: plane(&marks, &tips, (&x, &y), shown.asked.pixels),
        words: shown.words(drawn, &words),
        legend,
        header: header.iter().map(|(name, kind)| Column::new(*name, *kind)).collect(),
        rows: rows.collect(),
    }
}

fn inside(scale: Scale, from: f64, to: f64) -> (f64, f64) {
    let (Some(low), Some(high)) = (scale.place(from), scale.place(to)) else { return (from, to) };
    let gap = (high / 2.0 - low / 2.0) * GAP;
    (scale.value(low + gap), scale.value(high - gap))
}
