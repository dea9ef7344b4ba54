//! What an export holds, whatever its format.

use domain::Millis;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Number,
    Time,
}

impl Column {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// A value, of its column's kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    Integer(i64),
    Number(f64),
    Time(Millis),
}

/// The cells that have a value, each with the place of its column, in that order: most of a wide table is empty.
pub type Row = Vec<(usize, Cell)>;

/// Turns rows into the bytes of a format, piece by piece.
pub trait Encoder: Send {
    /// What is due once these rows are known, which may be nothing yet.
    ///
    /// # Errors
    /// A value that the format can't hold.
    fn rows(&mut self, rows: Vec<Row>) -> anyhow::Result<Vec<u8>>;

    /// What comes after the last row.
    ///
    /// # Errors
    /// As `rows`.
    fn end(&mut self) -> anyhow::Result<Vec<u8>>;
}

/// A moment as text: ISO 8601, in UTC, to the millisecond.
pub fn time_text(at: Millis) -> String {
    let moment = chrono::DateTime::from_timestamp_millis(at.0);
    // A moment beyond the calendar's end stays the number that it is.
    moment.map_or_else(
        || at.0.to_string(),
        |moment| moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    )
}
