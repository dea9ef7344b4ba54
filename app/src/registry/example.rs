//! The input that a model was logged with as an example.

use leptos::prelude::*;
use serde_json::Value;

use crate::format;
use crate::plain::Table;

/// So many rows are shown.
const ROWS: usize = 20;
/// So many columns are.
const COLUMNS: usize = 60;
/// A text of so many letters.
const LETTERS: usize = 4000;

/// What can be shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Example {
    Table {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
        /// How many rows there are in all.
        total: usize,
    },
    Text(String),
}

impl Example {
    /// Where clients keep it, the first that is there.
    pub const FILES: [&str; 2] = ["input_example.json", "serving_input_example.json"];

    /// Reads a file's text: columns with data or a list of records, each maybe below the name that a serving
    /// process takes; anything else is shown as it is.
    pub fn parse(text: &str) -> Self {
        let shown = |text: &str| Self::Text(format::shortened(text, LETTERS));
        let Ok(value) = serde_json::from_str::<Value>(text) else { return shown(text) };
        let inside =
            ["dataframe_split", "dataframe_records", "inputs"].iter().find_map(|name| value.get(name));
        let inside = inside.unwrap_or(&value);
        split(inside).or_else(|| records(inside)).unwrap_or_else(|| {
            shown(&serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()))
        })
    }
}

/// `{"columns": […], "data": [[…], …]}`
fn split(value: &Value) -> Option<Example> {
    let columns = value.get("columns").and_then(Value::as_array);
    let data = value.get("data")?.as_array()?;
    let width = data.first()?.as_array()?.len();
    let columns: Vec<_> = match columns {
        Some(columns) => columns.iter().map(cell).collect(),
        None => (0..width).map(|index| index.to_string()).collect(),
    };
    let rows =
        data.iter().take(ROWS).map(|row| Some(row.as_array()?.iter().take(COLUMNS).map(cell).collect()));
    let rows = rows.collect::<Option<Vec<Vec<_>>>>()?;
    let columns = columns.into_iter().take(COLUMNS).collect();
    Some(Example::Table { columns, rows, total: data.len() })
}

/// `[{"a": 1, …}, …]`
fn records(value: &Value) -> Option<Example> {
    let list = value.as_array()?;
    let columns: Vec<_> = list.first()?.as_object()?.keys().take(COLUMNS).cloned().collect();
    let row = |record: &Value| {
        let record = record.as_object()?;
        Some(columns.iter().map(|column| record.get(column).map(cell).unwrap_or_default()).collect())
    };
    let rows = list.iter().take(ROWS).map(row).collect::<Option<Vec<Vec<_>>>>()?;
    Some(Example::Table { columns, rows, total: list.len() })
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => format::shortened(text, 200),
        other => format::shortened(&other.to_string(), 200),
    }
}

#[component]
pub fn ExamplePart(
    example: Option<Example>,
    /// Whether the files have been read: before that nothing is known.
    is_read: bool,
) -> impl IntoView {
    let shown = match example {
        None if !is_read => {
            view! { <p class="nothing">"It isn’t known: the files haven’t been read."</p> }.into_any()
        }
        None => view! { <p class="nothing">"The model was logged without one."</p> }.into_any(),
        Some(Example::Text(text)) => view! {
            <pre class="example-text" tabindex="0" role="region" aria-label="Text of the example">{text}</pre>
        }
        .into_any(),
        Some(Example::Table { columns, rows, total }) => {
            let count = rows.len();
            let note = (total > count).then(|| {
                let words =
                    format!("The first {count} of {}.", format::plural(format::as_i64(total), "row", "rows"));
                view! { <p class="table-note">{words}</p> }
            });
            let heads =
                columns.into_iter().map(|column| view! { <th scope="col">{column}</th> }).collect_view();
            let rows = rows.into_iter().map(|row| {
                let cells =
                    row.into_iter().map(|cell| view! { <td class="number">{cell}</td> }).collect_view();
                view! { <tr>{cells}</tr> }
            });
            let (head, rows) = (heads.into_any(), rows.collect_view());
            view! {
                <Table name="Rows of the example" class="example" head>{rows}</Table>
                {note}
            }
            .into_any()
        }
    };
    view! {
        <section class="part" aria-labelledby="example-input">
            <h2 id="example-input">"Example input"</h2>
            {shown}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], rows: &[&[&str]], total: usize) -> Example {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Example::Table { columns: owned(columns), rows: rows.iter().map(|row| owned(row)).collect(), total }
    }

    #[test]
    fn each_form_that_clients_write_is_a_table() {
        let expected = table(&["a", "b"], &[&["1", "x"], &["2.5", "null"]], 2);
        for text in [
            r#"{"columns": ["a", "b"], "data": [[1, "x"], [2.5, null]]}"#,
            r#"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2.5, null]]}}"#,
            r#"[{"a": 1, "b": "x"}, {"a": 2.5, "b": null}]"#,
            r#"{"dataframe_records": [{"a": 1, "b": "x"}, {"a": 2.5, "b": null}]}"#,
        ] {
            assert_eq!(Example::parse(text), expected, "{text}");
        }
        assert_eq!(Example::parse(r#"{"data": [[1, 2]]}"#), table(&["0", "1"], &[&["1", "2"]], 1));
    }

    #[test]
    fn a_long_table_is_cut_and_anything_else_is_text() {
        let rows: Vec<_> = (0..100).map(|row| format!("[{row}]")).collect();
        let text = format!(r#"{{"columns": ["a"], "data": [{}]}}"#, rows.join(","));
        assert!(
            matches!(Example::parse(&text), Example::Table { rows, total: 100, .. } if rows.len() == ROWS)
        );
        for text in
            ["{\"inputs\": \"Hello\"}", "\"Hello\"", "no JSON", "[]", "[1, {}]", r#"{"data": [[1], 2]}"#]
        {
            assert!(matches!(Example::parse(text), Example::Text(_)), "{text}");
        }
    }
}
