//! Moments as a record has them: RFC 3339 in UTC to the millisecond, for a JSON number is a double to many readers.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Millis;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment that is written like `2025-11-25T03:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Millis);

impl From<Millis> for Moment {
    fn from(at: Millis) -> Self {
        Self(at)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = DateTime::from_timestamp_millis(self.0.0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        f.write_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = DateTime::parse_from_rfc3339(text);
        let at = at.map_err(|_| format!("`{text}` is no time such as `2025-11-25T03:00:00.000Z`"))?;
        Ok(Self(Millis(at.timestamp_millis())))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        let at = Moment(Millis(1_764_039_600_007));
        assert_eq!(at.to_string(), "2025-11-25T03:00:00.007Z");
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!("2025-11-25T04:00:00.007+01:00".parse(), Ok(at));
        for wrong in ["", "1764039600007", "2025-11-25", "2025-11-25T03:00:00", "2025-13-25T03:00:00Z"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_beyond_all_calendars_has_a_text_too() {
        assert!(Moment(Millis(i64::MAX)).to_string().starts_with('+'));
    }
}
