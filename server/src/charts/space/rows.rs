//! The runs that a chart is drawn from, as a table.

use store::runs::{RunColumn, RunValue};

use super::Shown;
use super::columns::name;
use crate::export::{Cell, Column, Kind as Is, Row};

/// The runs with the columns that are drawn, each once.
pub fn rows(shown: &Shown) -> (Vec<Column>, Vec<Row>) {
    let asked = &shown.asked;
    let columns: Vec<&RunColumn> = asked.axes.iter().chain(&asked.color).chain(&asked.size).collect();
    let mut header = vec![Column::new("run_id", Is::Text), Column::new("run_name", Is::Text)];
    let mut places = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if !columns[..place].contains(column) {
            places.push(place);
            let kind = if matches!(column, RunColumn::Metric(_)) { Is::Number } else { Is::Text };
            header.push(Column::new(name(column), kind));
        }
    }
    let row = |run: usize| -> Row {
        let (uuid, run_name) = shown.table.runs[run].clone();
        let own = [(0, Cell::Text(uuid)), (1, Cell::Text(run_name))];
        let values = places.iter().enumerate().filter_map(|(at, place)| {
            let cell = match shown.table.columns[*place][run].clone()? {
                RunValue::Number(number) => Cell::Number(number),
                RunValue::Text(text) => Cell::Text(text),
            };
            Some((at + 2, cell))
        });
        own.into_iter().chain(values).collect()
    };
    (header, (0..shown.runs()).map(row).collect())
}
