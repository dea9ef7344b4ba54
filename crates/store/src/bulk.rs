//! Many rows in few statements.

use sqlx::any::AnyArguments;
use sqlx::error::BoxDynError;
use sqlx::{Any, AnyConnection, Arguments as _, Encode, Type};

use crate::engine::Engine;
use crate::error::Result;

/// The values of a statement's rows, one after the other. Like the binding of a query, which would be moved for
/// each value.
pub(crate) struct Values<'q>(std::result::Result<AnyArguments<'q>, BoxDynError>);

impl<'q> Values<'q> {
    fn with_capacity(count: usize) -> Self {
        let mut arguments = AnyArguments::default();
        arguments.reserve(count, 0);
        Self(Ok(arguments))
    }

    pub fn bind<T: 'q + Encode<'q, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        if let Ok(arguments) = &mut self.0
            && let Err(error) = arguments.add(value)
        {
            self.0 = Err(error);
        }
        self
    }
}

/// At most so many values in one statement: SQLite takes 32,766, PostgreSQL 65,535.
pub(crate) const MAX_VALUES: usize = 16_384;
/// At most so many values in one `IN (…)`.
pub(crate) const MAX_LIST: usize = 512;

/// Inserts `rows` by multi-row statements of sizes that are powers of two, so that a few texts serve any
/// number and stay in the statement cache.
///
/// `head` ends before `VALUES`; `tail` follows the values (`ON CONFLICT …`); `bind` binds the `columns`
/// values of one row in order.
pub(crate) async fn insert<T>(
    connection: &mut AnyConnection,
    engine: Engine,
    (head, tail): (&str, &str),
    columns: usize,
    rows: &[T],
    bind: impl for<'v, 'q> Fn(&'v mut Values<'q>, &'q T) -> &'v mut Values<'q>,
) -> Result<()> {
    let mut rest = rows;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(chunk(rest.len(), MAX_VALUES / columns));
        let text = format!("{head} VALUES {} {tail}", engine.rows(chunk.len(), columns));
        let mut values = Values::with_capacity(chunk.len() * columns);
        for row in chunk {
            bind(&mut values, row);
        }
        let values = values.0.map_err(sqlx::Error::Encode)?;
        sqlx::query_with(&text, values).execute(&mut *connection).await?;
        rest = after;
    }
    Ok(())
}

/// The largest power of two that is at most `length` and `most`.
fn chunk(length: usize, most: usize) -> usize {
    1 << length.min(most).ilog2()
}

/// `values` filled up to the next power of two by repeating the last: what an `IN (…)` list needs for
/// few statement texts. Not for an empty list.
pub(crate) fn padded<T: Clone>(values: &[T]) -> Vec<T> {
    let mut padded = values.to_vec();
    if let Some(last) = values.last() {
        padded.resize(padded_len(values.len()), last.clone());
    }
    padded
}

pub(crate) fn padded_len(length: usize) -> usize {
    length.next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_needs_few_statement_texts() {
        assert_eq!([1, 2, 3, 700, 5_000].map(|rows| chunk(rows, 819)), [1, 2, 2, 512, 512]);
        assert_eq!(padded(&[1, 2, 3]), [1, 2, 3, 3]);
        assert!(padded::<i64>(&[]).is_empty());
    }
}
