//! `registered-models/…`, `model-versions/…`: the registry.

mod comments;
mod hooks;
mod models;
mod requests;
mod versions;
mod wire;

use axum::Router;
use web::ApiError;

use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(models::router())
        .merge(versions::router())
        .merge(requests::router())
        .merge(comments::router())
        .merge(hooks::router())
}

pub use versions::downloads;

/// A version's number from its text, as lenient as the reference's `int(…)`: spaces around it, a sign, `_`
/// between digits. One that no version can have is 0.
fn version_number(text: &str) -> Result<i64, ApiError> {
    let trimmed = text.trim();
    let (sign, digits) = match trimmed.strip_prefix(['+', '-']) {
        Some(digits) => (if trimmed.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, trimmed),
    };
    let groups: Vec<_> = digits.split('_').collect();
    let is_number = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    if !is_number {
        return Err(ApiError::bad_request(format!("Parameter 'version' must be an integer, got '{text}'.")));
    }
    Ok(groups.concat().parse::<i64>().map_or(0, |number| number * sign))
}

#[cfg(test)]
mod tests {
    use super::version_number;

    #[test]
    fn a_version_is_any_text_that_is_an_integer() {
        for (text, number) in
            [("1", 1), (" 01 ", 1), ("+1", 1), ("1_0", 10), ("-3", -3), (&"9".repeat(30), 0)]
        {
            assert_eq!(version_number(text).ok(), Some(number), "{text}");
        }
        for text in ["", "x", "1.0", "1_", "_1", "--1", "1 2", "٣"] {
            assert!(version_number(text).is_err(), "{text}");
        }
    }
}
