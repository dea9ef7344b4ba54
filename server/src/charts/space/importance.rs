//! Which params make the difference in a metric.

use ::charts::{Mark, Measure, Paint, Tip, ValueAxis, plane};
use domain::limits::Invalid;
use stats::{Importance, ParamImportance, importance};
use store::runs::RunValue;

use super::bars::bars;
use super::columns::{key, numbers, percent, text};
use super::{Drawn, Shown};
use crate::export::{Cell, Column, Kind as Is};

/// Params that are looked at.
pub const MOST_PARAMS: usize = 200;
/// Params that explain less of the variance say nothing.
const A_HINT: f64 = 0.3;
/// Bars that are drawn.
const MOST_BARS: usize = 25;

pub fn draw(shown: &Shown) -> Result<Drawn, Invalid> {
    let (metric, values) = shown.axis(0);
    let log = |value: Option<f64>| if shown.is_log(metric) { value.map(f64::log10) } else { value };
    let values = numbers(values)
        .ok_or_else(|| Invalid::new("y", format!("`{}` is a text; name a metric", key(metric))))?
        .into_iter()
        .map(log)
        .collect::<Vec<_>>();
    let columns: Vec<_> = (1..shown.asked.axes.len()).map(|place| told(shown.axis(place).1)).collect();
    let found = importance(&columns, &values).map_err(|why| Invalid::new("y", why.to_string()))?;
    let param = |column: usize| key(&shown.asked.axes[column + 1]);
    // The first is on top.
    let drawn: Vec<_> = found.params.iter().take(MOST_BARS).rev().collect();
    let mut marks = bars(drawn.iter().map(|param| (param.importance, Paint::Series(0))));
    for (place, param) in drawn.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few bars")]
        let place = place as f64;
        let (from, to) = (param.importance - param.deviation, param.importance + param.deviation);
        marks.push(Mark::Line { from: (from, place), to: (to, place), width: 2, paint: Paint::Axis });
    }
    let tip = |one: &&ParamImportance| {
        let text = format!(
            "{}: {} ± {}",
            param(one.column),
            app::number(one.importance),
            app::number(one.deviation)
        );
        Tip { text, href: None }
    };
    let tips: Vec<_> = drawn.iter().map(tip).enumerate().collect();
    let x = ValueAxis {
        title: format!("importance for {}, ± one standard deviation", key(metric)),
        measure: Measure::Amount,
    };
    let names = drawn.iter().map(|one| param(one.column).to_owned()).collect();
    let y = ValueAxis { title: String::new(), measure: Measure::Categories(names) };
    let rows = found.params.iter().map(|one| {
        let numbers =
            [Some(one.importance), Some(one.deviation), one.pearson, one.spearman].into_iter().enumerate();
        let numbers = numbers.filter_map(|(at, number)| Some((at + 1, Cell::Number(number?))));
        std::iter::once((0, Cell::Text(param(one.column).to_owned()))).chain(numbers).collect()
    });
    let header = ["importance", "deviation", "pearson", "spearman"].map(|name| Column::new(name, Is::Number));
    let mut words = vec![trust(&found)];
    if let Some(first) = found.params.first().filter(|_| found.r_squared >= A_HINT) {
        words.push(format!("{} makes the most difference", param(first.column)));
    }
    let unseen = shown.asked.axes.len() - 1 - found.params.len();
    match unseen {
        0 => {}
        1 => words.push("1 param is the same in all of these runs".into()),
        many => words.push(format!("{many} params are the same in all of these runs")),
    }
    Ok(Drawn {
        title: format!("What {} depends on", key(metric)),
        plot: plane(&marks, &tips, (&x, &y), shown.asked.pixels),
        words: shown.words(found.runs, &words),
        legend: Vec::new(),
        header: std::iter::once(Column::new("param", Is::Text)).chain(header).collect(),
        rows: rows.collect(),
    })
}

/// How far to believe it.
fn trust(found: &Importance) -> String {
    let told = percent(found.r_squared.max(0.0));
    let so = match found.r_squared {
        good if good >= 0.7 => "these importances can be trusted",
        some if some >= A_HINT => "take them as a hint",
        _ => "don't rely on them",
    };
    format!("the params explain {told} of the variance in runs that weren't looked at: {so}")
}

/// Params that are all numbers are such.
fn told(values: &[Option<RunValue>]) -> stats::Column {
    match numbers(values) {
        Some(numbers) => stats::Column::Numbers(numbers),
        None => stats::Column::Names(values.iter().map(|value| value.as_ref().map(text)).collect()),
    }
}
