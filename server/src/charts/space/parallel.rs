//! An axis for each column, a line for each run.

use ::charts::{Line, parallel};

use super::columns::{measure, told};
use super::paints::paints;
use super::rows::rows;
use super::{Drawn, Shown};

pub fn draw(shown: &Shown) -> Drawn {
    let count = shown.asked.axes.len();
    let measured: Vec<_> = (0..count)
        .map(|place| {
            let (column, values) = shown.axis(place);
            measure(column, values, shown.is_log(column))
        })
        .collect();
    let axes: Vec<_> = measured.iter().map(|(axis, _)| axis.clone()).collect();
    let (paints, legend) = paints(shown);
    let lines: Vec<_> = (0..shown.runs())
        .map(|run| Line {
            values: measured.iter().map(|(_, values)| values[run]).collect(),
            paint: paints[run],
            tip: shown.tip(run),
        })
        .collect();
    let drawn = lines.iter().filter(|line| line.values.iter().flatten().count() > 1).count();
    let words: Vec<_> =
        measured.iter().map(|(axis, values)| format!("{}: {}", axis.title, told(axis, values))).collect();
    let (header, rows) = rows(shown);
    Drawn {
        title: format!("{} runs", shown.runs()),
        plot: parallel(&lines, &axes, shown.asked.pixels),
        words: shown.words(drawn, &words),
        legend,
        header,
        rows,
    }
}
