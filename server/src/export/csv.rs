//! Comma-separated values (RFC 4180), with a line of names first.

use std::borrow::Cow;

use ::csv::{Terminator, WriterBuilder};

use super::table::{Cell, Column, Encoder, Row, time_text};

pub struct Csv {
    /// The names, until they are written.
    head: Option<Vec<String>>,
    width: usize,
}

impl Csv {
    pub fn new(columns: &[Column]) -> Self {
        let head = columns.iter().map(|column| column.name.clone()).collect();
        Self { head: Some(head), width: columns.len() }
    }
}

impl Encoder for Csv {
    fn rows(&mut self, rows: Vec<Row>) -> anyhow::Result<Vec<u8>> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        if let Some(head) = self.head.take() {
            writer.write_record(head)?;
        }
        for row in rows {
            let mut next = 0;
            for (place, cell) in row {
                for _ in next..place {
                    writer.write_field("")?;
                }
                writer.write_field(&*text(&cell))?;
                next = place + 1;
            }
            for _ in next..self.width {
                writer.write_field("")?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        Ok(writer.into_inner()?)
    }

    fn end(&mut self) -> anyhow::Result<Vec<u8>> {
        self.rows(Vec::new())
    }
}

fn text(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => harmless(text),
        Cell::Integer(number) => number.to_string().into(),
        Cell::Number(number) if number.is_nan() => "NaN".into(),
        // Not as a plain decimal: pandas takes leading zeros for digits, and large whole numbers for texts.
        Cell::Number(number) => format!("{number:?}").into(),
        Cell::Time(at) => time_text(*at).into(),
    }
}

/// A text that a spreadsheet would run as a formula gets an apostrophe before it, so that it is shown instead
/// (OWASP, CSV Injection). A number stays what it is.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_floats() {
        for (number, written) in [
            (0.25, "0.25"),
            (1.0, "1.0"),
            (1e-20, "1e-20"),
            (5e-324, "5e-324"),
            (2.5e19, "2.5e19"),
            (1.0 / 3e15, "3.333333333333333e-16"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(text(&Cell::Number(number)), written);
        }
    }

    #[test]
    fn a_text_that_is_a_formula_is_shown_and_a_number_stays() {
        for (given, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("-0.5", "-0.5"),
            ("+1e-3", "+1e-3"),
            ("-inf", "-inf"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(harmless(given), written);
        }
    }
}
