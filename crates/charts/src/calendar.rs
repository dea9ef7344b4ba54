//! Calendar fields of a moment, without a time zone database.

/// A moment's date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// From 1.
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub millisecond: u16,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Civil {
    /// The fields of `ms` since the epoch on a clock that is `offset_minutes` ahead of UTC.
    ///
    /// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "remainders are small")]
    pub fn new(ms: i64, offset_minutes: i32) -> Self {
        let local = ms.saturating_add(i64::from(offset_minutes) * 60_000);
        let (days, in_day) = (local.div_euclid(86_400_000), local.rem_euclid(86_400_000));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (in_day / 3_600_000) as u8,
            minute: (in_day / 60_000 % 60) as u8,
            second: (in_day / 1_000 % 60) as u8,
            millisecond: (in_day % 1_000) as u16,
        }
    }

    /// The month's short English name.
    pub fn month_name(&self) -> &'static str {
        MONTHS[usize::from(self.month.clamp(1, 12)) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(ms: i64, offset: i32) -> (i64, u8, u8, u8, u8) {
        let civil = Civil::new(ms, offset);
        (civil.year, civil.month, civil.day, civil.hour, civil.minute)
    }

    #[test]
    fn fields_match_known_moments() {
        assert_eq!(date(0, 0), (1970, 1, 1, 0, 0));
        assert_eq!(date(951_782_400_000, 0), (2000, 2, 29, 0, 0));
        assert_eq!(date(1_767_225_599_000, 0), (2025, 12, 31, 23, 59));
        assert_eq!(date(-1, 0), (1969, 12, 31, 23, 59));
    }

    #[test]
    fn the_offset_moves_the_date() {
        assert_eq!(date(1_767_225_599_000, 60), (2026, 1, 1, 0, 59));
        assert_eq!(date(0, -90), (1969, 12, 31, 22, 30));
    }

    #[test]
    fn absurd_moments_do_not_panic() {
        for ms in [i64::MIN, i64::MAX] {
            assert!(!Civil::new(ms, 840).month_name().is_empty());
        }
    }
}
