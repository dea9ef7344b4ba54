//! Pages by position: a token holds what the last row was sorted by, so a page stays where it is
//! when rows come or go before it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::limits::Invalid;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::sql::Sql;

/// One expression to sort by. It is never NULL.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    pub expression: String,
    pub ascending: bool,
}

impl SortKey {
    pub fn new(expression: impl Into<String>, ascending: bool) -> Self {
        Self { expression: expression.into(), ascending }
    }
}

/// What a row has for a [`SortKey`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Int(i64),
    Text(String),
}

pub(crate) fn push_order(sql: &mut Sql<'_>, keys: &[SortKey]) {
    for (index, key) in keys.iter().enumerate() {
        sql.push(if index == 0 { " ORDER BY " } else { ", " });
        sql.push(&key.expression).push(if key.ascending { "" } else { " DESC" });
    }
}

/// A predicate: the row comes after `position`.
pub(crate) fn push_after(sql: &mut Sql<'_>, keys: &[SortKey], position: &[Value]) {
    let mut open = 0;
    for (index, (key, value)) in keys.iter().zip(position).enumerate() {
        let is_last = index + 1 == keys.len();
        let comparison = if key.ascending { " > " } else { " < " };
        sql.push(if is_last { "" } else { "(" }).push(&key.expression).push(comparison);
        bind(sql, value);
        if !is_last {
            sql.push(" OR (").push(&key.expression).push(" = ");
            bind(sql, value);
            sql.push(" AND ");
            open += 2;
        }
    }
    sql.push(&")".repeat(open));
}

pub(crate) fn bind(sql: &mut Sql<'_>, value: &Value) {
    match value {
        Value::Int(value) => sql.bind(*value),
        Value::Text(value) => sql.bind(value.clone()),
    };
}

#[derive(Serialize, Deserialize)]
struct Token {
    /// What was sorted by: a token of another order means nothing.
    order: Vec<String>,
    position: Vec<Value>,
}

pub(crate) fn encode(order: &[String], position: Vec<Value>) -> String {
    let token = Token { order: order.to_vec(), position };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
}

/// # Errors
/// `Invalid` if the token isn't one, or of another order, or doesn't fit `kinds` (a value of each key's
/// kind).
pub(crate) fn decode(token: &str, order: &[String], kinds: &[Value]) -> Result<Vec<Value>> {
    let invalid = |why: &str| Invalid::new("page_token", format!("Invalid page token `{token}`: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid("it is not base64"))?;
    let Token { order: of, position } =
        serde_json::from_slice(&bytes).map_err(|_| invalid("it was not made by this server"))?;
    if of != order {
        return Err(invalid("it belongs to a search with another order_by").into());
    }
    let fits = position.len() == kinds.len()
        && position.iter().zip(kinds).all(|(a, b)| std::mem::discriminant(a) == std::mem::discriminant(b));
    if fits { Ok(position) } else { Err(invalid("it belongs to another search").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;

    fn keys() -> Vec<SortKey> {
        vec![SortKey::new("a", true), SortKey::new("b", false), SortKey::new("id", false)]
    }

    #[test]
    fn what_comes_after_is_decided_by_the_first_key_that_differs() {
        let mut sql = Sql::new(Engine::Postgres, "");
        push_after(&mut sql, &keys(), &[Value::Int(1), Value::Text("x".into()), Value::Int(7)]);
        assert_eq!(sql.text(), "(a > $1 OR (a = $2 AND (b < $3 OR (b = $4 AND id < $5))))");
    }

    #[test]
    fn a_token_gives_its_position_back_to_the_same_order_only() {
        let order = ["metrics.loss".to_owned()];
        let position = vec![Value::Int(i64::MIN), Value::Text("ü".into())];
        let token = encode(&order, position.clone());
        assert_eq!(decode(&token, &order, &position).expect("is ours"), position);
        assert!(decode(&token, &[], &position).is_err());
        assert!(decode(&token, &order, &[Value::Int(0), Value::Int(0)]).is_err());
        for nonsense in ["", "%%%", "abcd", "eyJ9"] {
            assert!(decode(nonsense, &order, &position).is_err(), "{nonsense}");
        }
    }
}
