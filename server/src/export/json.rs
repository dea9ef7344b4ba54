//! JSON: an object for each row, without what has no value; as one list, or a line each.

use serde_json::{Map, Value};

use super::table::{Cell, Column, Encoder, Row, time_text};

pub struct Json {
    names: Vec<String>,
    is_list: bool,
    is_first: bool,
}

impl Json {
    pub fn list(columns: &[Column]) -> Self {
        Self { is_list: true, ..Self::lines(columns) }
    }

    pub fn lines(columns: &[Column]) -> Self {
        let names = columns.iter().map(|column| column.name.clone()).collect();
        Self { names, is_list: false, is_first: true }
    }

    fn separator(&mut self) -> &'static [u8] {
        match (self.is_list, std::mem::take(&mut self.is_first)) {
            (false, _) => b"",
            (true, true) => b"[\n",
            (true, false) => b",\n",
        }
    }
}

impl Encoder for Json {
    fn rows(&mut self, rows: Vec<Row>) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for row in rows {
            bytes.extend_from_slice(self.separator());
            let cells = row.into_iter().map(|(place, cell)| (self.names[place].clone(), value(cell)));
            serde_json::to_writer(&mut bytes, &cells.collect::<Map<_, _>>())?;
            if !self.is_list {
                bytes.push(b'\n');
            }
        }
        Ok(bytes)
    }

    fn end(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(match (self.is_list, self.is_first) {
            (false, _) => Vec::new(),
            (true, true) => b"[]\n".into(),
            (true, false) => b"\n]\n".into(),
        })
    }
}

/// JSON has no number for NaN and the infinities: they are texts, as protobuf's mapping has them.
fn value(cell: Cell) -> Value {
    match cell {
        Cell::Text(text) => text.into(),
        Cell::Integer(number) => number.into(),
        Cell::Number(number) if number.is_nan() => "NaN".into(),
        Cell::Number(f64::INFINITY) => "Infinity".into(),
        Cell::Number(f64::NEG_INFINITY) => "-Infinity".into(),
        Cell::Number(number) => number.into(),
        Cell::Time(at) => time_text(at).into(),
    }
}
