//! A statement that is put together from parts, with its arguments.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use sqlx::AnyConnection;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument<'a> {
    Int(i64),
    Real(f64),
    Text(Cow<'a, str>),
}

impl From<i64> for Argument<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Argument<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl<'a> From<&'a str> for Argument<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Argument<'_> {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Sql<'a> {
    pub engine: Engine,
    text: String,
    arguments: Vec<Argument<'a>>,
}

impl<'a> Sql<'a> {
    pub fn new(engine: Engine, text: &str) -> Self {
        Self { engine, text: text.to_owned(), arguments: Vec::new() }
    }

    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A value, as a placeholder.
    pub fn bind(&mut self, argument: impl Into<Argument<'a>>) -> &mut Self {
        self.arguments.push(argument.into());
        let placeholder = self.engine.placeholder(self.arguments.len());
        self.text.push_str(&placeholder);
        self
    }

    /// ` (…, …)` for an `IN`: filled up so that few texts serve any number of values. No value of an
    /// empty list is ever found.
    pub fn list<T: Into<Argument<'a>> + Clone>(&mut self, values: &[T]) -> &mut Self {
        self.push(" (");
        if values.is_empty() {
            self.push("NULL");
        }
        for (index, value) in bulk::padded(values).into_iter().enumerate() {
            self.push(if index > 0 { "," } else { "" }).bind(value);
        }
        self.push(")")
    }

    /// `column LIKE …`, for `text` between two patterns; no character of the text is special.
    pub fn like(&mut self, column: &str, before: &str, text: &str, after: &str) -> &mut Self {
        let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        self.push(column).push(" LIKE ").bind(format!("{before}{literal}{after}")).push(" ESCAPE '\\'")
    }

    /// `column = …` or `column IN (…)`.
    pub fn is_in(&mut self, column: &str, values: &[i64]) -> &mut Self {
        match values {
            [one] => self.push(column).push(" = ").bind(*one),
            _ => self.push(column).push(" IN").list(values),
        }
    }

    /// Another statement behind this one, which has no arguments yet.
    #[cfg(test)]
    pub fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.arguments.extend(other.arguments.iter().cloned());
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub async fn fetch<T>(&self, connection: &mut AnyConnection) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        let mut query = sqlx::query_as(&self.text);
        for argument in &self.arguments {
            query = match argument {
                Argument::Int(value) => query.bind(*value),
                Argument::Real(value) => query.bind(*value),
                Argument::Text(value) => query.bind(value.as_ref()),
            };
        }
        Ok(query.fetch_all(connection).await?)
    }

    /// Runs a statement that answers no rows.
    pub async fn execute(&self, connection: &mut AnyConnection) -> Result<()> {
        self.fetch::<()>(connection).await.map(drop)
    }

    /// The rows of a statement that selects `columns`, in its order: for many rows.
    pub async fn fetch_packed<T: DeserializeOwned>(
        &self,
        connection: &mut AnyConnection,
        columns: &str,
    ) -> Result<Vec<T>> {
        let packed = Self { text: self.engine.packed(columns, &self.text), ..self.clone() };
        let rows: Vec<(String,)> = packed.fetch(connection).await?;
        rows.first().map_or(Ok(Vec::new()), |(text,)| unpack(text))
    }

    /// The number that `SELECT COUNT(…)` answers.
    pub async fn count(&self, connection: &mut AnyConnection) -> Result<i64> {
        let rows: Vec<(i64,)> = self.fetch(connection).await?;
        Ok(rows.first().map_or(0, |row| row.0))
    }
}

/// The rows in a text that [`Engine::packed`] gave.
pub(crate) fn unpack<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    serde_json::from_str(text).map_err(|cause| Error::from(sqlx::Error::Decode(cause.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_each_engines_own_and_lists_are_filled_up() {
        for (engine, text) in [
            (Engine::Sqlite, "SELECT 1 WHERE a = ? AND b IN (?,?,?,?)"),
            (Engine::Postgres, "SELECT 1 WHERE a = $1 AND b IN ($2,$3,$4,$5)"),
        ] {
            let mut sql = Sql::new(engine, "SELECT 1 WHERE a = ");
            sql.bind(1).push(" AND b IN").list(&["x", "y", "z"]);
            assert_eq!(sql.text, text);
            assert_eq!(sql.arguments.len(), 5);
        }
    }
}
