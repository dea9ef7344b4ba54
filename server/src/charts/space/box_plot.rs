//! How a column is spread in each group of another: box, whiskers, and a dot for each run.

use ::charts::{Mark, Paint, plane};
use stats::{Spread, spread};

use super::columns::{measure, told};
use super::groups::Groups;
use super::{Drawn, Shown};
use crate::export::{Cell, Column, Kind as Is};

/// Half of a box' width, and how far dots stray from the middle.
const HALF: f64 = 0.3;
const STRAY: f64 = 0.22;
const RADIUS: f64 = 2.5;

pub fn draw(shown: &Shown) -> Drawn {
    let (column, values) = shown.axis(0);
    let groups = Groups::new(column, values, shown.is_log(column));
    let x = groups.axis();
    let (column, values) = shown.axis(1);
    let (y, ys) = measure(column, values, shown.is_log(column));
    let mut members = vec![Vec::new(); groups.names.len()];
    for (run, (group, value)) in groups.of.iter().zip(&ys).enumerate() {
        if let (Some(group), Some(value)) = (group, value.filter(|value| value.is_finite())) {
            members[*group].push((run, value));
        }
    }
    let (mut marks, mut tips) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for (place, members) in members.iter().enumerate() {
        let values: Vec<_> = members.iter().map(|(_, value)| *value).collect();
        let Some(Spread { low, lower_quartile, median, upper_quartile, high }) = spread(&values) else {
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "a few groups")]
        let middle = place as f64;
        let line = |from, to, width| Mark::Line { from, to, width, paint: Paint::Series(0) };
        let across = (middle - HALF, middle + HALF);
        marks.push(Mark::Block {
            x: across,
            y: (lower_quartile, upper_quartile),
            paint: Paint::Series(0),
            strength: 0.25,
        });
        marks.push(line((middle, low), (middle, lower_quartile), 1));
        marks.push(line((middle, upper_quartile), (middle, high), 1));
        marks.push(line((across.0, median), (across.1, median), 2));
        for (number, (run, value)) in members.iter().enumerate() {
            tips.extend(shown.tip(*run).map(|tip| (marks.len(), tip)));
            let x = middle + stray(number);
            marks.push(Mark::Dot { x, y: *value, radius: RADIUS, paint: Paint::Series(0) });
        }
        let numbers = [low, lower_quartile, median, upper_quartile, high];
        let numbers = numbers.iter().enumerate().map(|(at, number)| (at + 2, Cell::Number(*number)));
        let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
        let own = [(0, Cell::Text(groups.names[place].clone())), (1, Cell::Integer(count))];
        rows.push(own.into_iter().chain(numbers).collect());
    }
    let drawn = members.iter().map(Vec::len).sum();
    let names = ["low", "lower_quartile", "median", "upper_quartile", "high"];
    let header = [Column::new(x.title.clone(), Is::Text), Column::new("runs", Is::Integer)];
    let words = [format!("{} in {} groups by {}: {}", y.title, rows.len(), x.title, told(&y, &ys))];
    Drawn {
        title: shown.title(1, "by", 0),
        plot: plane(&marks, &tips, (&x, &y), shown.asked.pixels),
        words: shown.words(drawn, &words),
        legend: Vec::new(),
        header: header.into_iter().chain(names.map(|name| Column::new(name, Is::Number))).collect(),
        rows,
    }
}

/// Beside each other, evenly: the fractions of the golden ratio's multiples.
#[expect(clippy::cast_precision_loss, reason = "some thousand runs")]
fn stray(number: usize) -> f64 {
    ((number as f64 * 0.618_033_988_749_895).fract() * 2.0 - 1.0) * STRAY
}
