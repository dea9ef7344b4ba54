//! The grammar's tests, as SQL.

use domain::MetricValue;
use domain::filter::{Comparison, Test, TextComparison};

use crate::sql::Sql;

/// `column` against the test's text or list; a number is compared as it is.
pub(crate) fn push_test<'q>(sql: &mut Sql<'q>, column: &str, test: &'q Test) {
    match test {
        Test::Text(comparison, value) => push_text(sql, column, *comparison, value),
        Test::In { negated, values } => {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            sql.push(column).push(if *negated { " NOT IN" } else { " IN" }).list(&values);
        }
        Test::Number(comparison, number) => push_number(sql, column, *comparison, *number),
        Test::IsNull { negated } => {
            sql.push(column).push(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
    }
}

/// A metric's ordinal against a number. NaN is not greater than anything.
pub(crate) fn push_metric_test(sql: &mut Sql<'_>, value: &str, comparison: Comparison, number: f64) {
    let ordinal = MetricValue(number).to_ordinal();
    sql.push(value).push(" ").push(comparison.as_sql()).push(" ").bind(ordinal);
    if matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
        sql.push(" AND ").push(value).push(" < ").bind(MetricValue::NAN_ORDINAL);
    }
}

fn push_text<'q>(sql: &mut Sql<'q>, column: &str, comparison: TextComparison, value: &'q str) {
    match comparison {
        TextComparison::Equal => sql.push(column).push(" = ").bind(value),
        TextComparison::NotEqual => sql.push(column).push(" <> ").bind(value),
        TextComparison::Like => {
            let tail = sql.engine.like_tail();
            sql.push(column).push(" LIKE ").bind(value).push(tail)
        }
        TextComparison::ILike => {
            let tail = sql.engine.like_tail();
            sql.push("LOWER(").push(column).push(") LIKE LOWER(").bind(value).push(")").push(tail)
        }
    };
}

/// An integer column; whole numbers are bound as such, so that an index serves them.
fn push_number(sql: &mut Sql<'_>, column: &str, comparison: Comparison, number: f64) {
    sql.push(column).push(" ").push(comparison.as_sql()).push(" ");
    #[expect(clippy::cast_possible_truncation, reason = "checked by going back")]
    let whole = number as i64;
    #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "exactly whole or not")]
    let is_whole = whole as f64 == number;
    if is_whole {
        sql.bind(whole);
    } else {
        sql.bind(number);
    }
}
