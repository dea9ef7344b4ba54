//! Files that are tables: CSV, Parquet, and the JSON that `mlflow.log_table` writes.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableView {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Columns whose values are numbers.
    pub is_number: Vec<bool>,
    /// How many rows the file has, if that is known.
    pub total: Option<u64>,
    /// Whether there are more rows or columns than these.
    pub is_cut: bool,
}

#[cfg(feature = "ssr")]
pub use read::{json, parquet, separated};

#[cfg(feature = "ssr")]
mod read {
    use std::fmt::{self, Write as _};

    use bytes::Bytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use serde::Deserialize;

    use super::TableView;
    use crate::artifacts::parquet_pages;

    /// What a page can show at once.
    const MOST_ROWS: usize = 500;
    const MOST_COLUMNS: usize = 100;
    const LONGEST_CELL: usize = 300;
    /// Bytes; describes thousands of columns, and no more nested ones than [`STACK`] has room for.
    const LARGEST_FOOTER: usize = 512 * 1024;
    /// The parser calls itself for each level of a nested column. Only what is used of it is ever taken.
    const STACK: usize = 256 << 20;

    /// Reads separated values; of a file that was cut off the last row is left out.
    pub fn separated(bytes: &[u8], delimiter: u8, is_whole: bool) -> Result<TableView, String> {
        let text = String::from_utf8_lossy(bytes);
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let columns: Vec<_> = reader
            .headers()
            .map_err(|error| error.to_string())?
            .iter()
            .take(MOST_COLUMNS + 1)
            .map(clipped)
            .collect();
        let mut rows = Vec::new();
        let mut count = 0_u64;
        for record in reader.records() {
            // A row that can't be read ends what can be shown.
            let Ok(record) = record else { break };
            count += 1;
            if rows.len() <= MOST_ROWS {
                rows.push(record.iter().take(MOST_COLUMNS).map(clipped).collect());
            }
        }
        if !is_whole && count <= MOST_ROWS as u64 {
            rows.pop();
        }
        Ok(view(columns, rows, is_whole.then_some(count), !is_whole))
    }

    /// Reads a Parquet file.
    pub fn parquet(bytes: Bytes) -> Result<TableView, String> {
        let footer = bytes.len().checked_sub(8).and_then(|at| bytes[at..at + 4].try_into().ok());
        if footer.is_some_and(|length| u32::from_le_bytes(length) as usize > LARGEST_FOOTER) {
            return Err("it describes more columns than can be shown".into());
        }
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || rows_of(bytes));
        let read = thread.map_err(|error| error.to_string())?.join();
        read.unwrap_or_else(|_| Err("the parser gave up".into()))
    }

    fn rows_of(bytes: Bytes) -> Result<TableView, String> {
        let reader = SerializedFileReader::new(bytes.clone()).map_err(|error| error.to_string())?;
        parquet_pages::check(&bytes, reader.metadata())?;
        let file = reader.metadata().file_metadata();
        let total = u64::try_from(file.num_rows()).ok();
        let fields = file.schema().get_fields();
        let columns = fields.iter().map(|field| field.name().to_owned()).collect();
        let mut rows = Vec::new();
        for row in reader.get_row_iter(None).map_err(|error| error.to_string())?.take(MOST_ROWS + 1) {
            let row = row.map_err(|error| error.to_string())?;
            rows.push(row.get_column_iter().take(MOST_COLUMNS).map(|(_, field)| cell(field)).collect());
        }
        Ok(view(columns, rows, total, false))
    }

    fn cell(field: &parquet::record::Field) -> String {
        use parquet::record::Field;

        match field {
            Field::Null => String::new(),
            Field::Str(text) => clipped(text),
            // The shortest text that gives the number back.
            Field::Double(value) => value.to_string(),
            Field::Float(value) => value.to_string(),
            Field::Bytes(bytes) => format!("{} bytes", bytes.len()),
            other => {
                let mut text = Clipped::default();
                // It fails where the text is long enough.
                let _ = write!(text, "{other}");
                clipped(&text.0)
            }
        }
    }

    /// A little more than a cell shows, so that it can be told from one that is shown whole.
    fn clipped(text: &str) -> String {
        text.chars().take(LONGEST_CELL + 1).collect()
    }

    /// Takes no more text than a cell shows: a list may have millions of values.
    #[derive(Default)]
    struct Clipped(String);

    impl fmt::Write for Clipped {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(&clipped(text));
            if self.0.len() > 4 * LONGEST_CELL { Err(fmt::Error) } else { Ok(()) }
        }
    }

    /// Reads `{"columns": […], "data": [[…], …]}`; `None` for any other JSON.
    pub fn json(text: &str) -> Option<TableView> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Split {
            columns: Vec<String>,
            data: Vec<Vec<serde_json::Value>>,
            #[serde(default, rename = "index")]
            _index: serde::de::IgnoredAny,
        }
        let split: Split = serde_json::from_str(text).ok()?;
        let total = split.data.len() as u64;
        let cell = |value: &serde_json::Value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let rows = split.data.iter().take(MOST_ROWS + 1).map(|row| row.iter().map(cell).collect()).collect();
        Some(view(split.columns, rows, Some(total), false))
    }

    /// Cuts a table down to what a page can show.
    fn view(
        mut columns: Vec<String>,
        mut rows: Vec<Vec<String>>,
        total: Option<u64>,
        is_cut: bool,
    ) -> TableView {
        let is_cut = is_cut || rows.len() > MOST_ROWS || columns.len() > MOST_COLUMNS;
        columns.truncate(MOST_COLUMNS);
        rows.truncate(MOST_ROWS);
        for row in &mut rows {
            row.resize(columns.len(), String::new());
            for cell in row {
                if let Some((at, _)) = cell.char_indices().nth(LONGEST_CELL) {
                    cell.truncate(at);
                    cell.push('…');
                }
            }
        }
        let is_number = (0..columns.len()).map(|column| {
            let mut values =
                rows.iter().map(|row| row[column].as_str()).filter(|value| !value.is_empty()).peekable();
            values.peek().is_some() && values.all(|value| value.parse::<f64>().is_ok())
        });
        TableView { is_number: is_number.collect(), columns, rows, total, is_cut }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn separated_values_become_rows_and_numbers_are_told() {
        let table = separated(b"name,score\n\"a, b\",1.5\nc,\n", b',', true).expect("reads");
        assert_eq!(table.columns, ["name", "score"]);
        assert_eq!(table.rows, [["a, b", "1.5"], ["c", ""]]);
        assert_eq!(table.is_number, [false, true]);
        assert_eq!((table.total, table.is_cut), (Some(2), false));
    }

    #[test]
    fn a_file_cut_in_the_middle_of_a_row_loses_that_row() {
        let table = separated(b"a\tb\n1\t2\n3\t", b'\t', false).expect("reads");
        assert_eq!(table.rows, [["1", "2"]]);
        assert!(table.is_cut);
    }

    #[test]
    fn long_and_wide_tables_are_cut_to_what_a_page_shows() {
        let head = (0..150).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
        let row = vec!["1"; 150].join(",");
        let text = format!("{head}\n{}", format!("{row}\n").repeat(700));
        let table = separated(text.as_bytes(), b',', true).expect("reads");
        assert_eq!(
            (table.rows.len(), table.columns.len(), table.total, table.is_cut),
            (500, 100, Some(700), true)
        );
    }

    #[test]
    fn logged_tables_are_told_from_other_json() {
        let table = json(r#"{"columns":["q","score"],"data":[["why?",0.5],[null,1]]}"#).expect("a table");
        assert_eq!(table.rows, [["why?", "0.5"], ["", "1"]]);
        assert_eq!(json(r#"{"columns":["q"],"other":1}"#), None);
        assert_eq!(json("[1,2]"), None);
    }

    #[test]
    fn what_is_no_parquet_file_is_an_error() {
        assert!(parquet(bytes::Bytes::from_static(b"PAR1 nothing PAR1")).is_err());
    }
}
