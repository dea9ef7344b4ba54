//! The clock, read at the doors and nowhere else.

use std::time::UNIX_EPOCH;

use domain::Millis;

#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn now() -> Millis {
    Millis(i64::try_from(UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(i64::MAX))
}
