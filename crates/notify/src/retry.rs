//! What comes after an attempt: nothing more, another attempt and when, or the end of the hook.

use domain::Millis;

use crate::{Answer, Refused, SendError};

const SECOND_MS: i64 = 1000;
const HOUR_MS: i64 = 3600 * SECOND_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The waits between attempts, in milliseconds; the first attempt is made at once.
const WAITS_MS: [i64; 9] = [
    5 * SECOND_MS,
    300 * SECOND_MS,
    1800 * SECOND_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];

/// How many attempts a delivery gets before it is given up.
pub const ATTEMPTS: u32 = 10;
/// How far a wait is moved at most, either way, so that many deliveries don't come back at one moment.
const JITTER: f64 = 0.2;
/// The longest wait that a receiver can ask for.
const LONGEST_ASKED_MS: i64 = DAY_MS;
/// After so long without one success a hook is switched off.
const PATIENCE_MS: i64 = 5 * DAY_MS;

/// What to do with a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The receiver has it.
    Delivered,
    /// Try again so many milliseconds after this attempt.
    Retry { after_ms: i64 },
    /// Give this delivery up: it stays to be replayed by hand.
    GiveUp,
    /// The receiver is gone for good (410): give up and switch the hook off.
    SwitchOff,
}

/// What follows the attempt number `attempt` (from 1) that ended with `outcome` at `now`; `random` is evenly
/// distributed from 0 to 1.
pub fn next(outcome: &Result<Answer, SendError>, attempt: u32, now: Millis, random: f64) -> Next {
    let asked_ms = match outcome {
        Ok(answer) if answer.is_success() => return Next::Delivered,
        Ok(answer) if answer.status == 410 => return Next::SwitchOff,
        Ok(answer) if matches!(answer.status, 408 | 429 | 500..=599) => {
            answer.retry_after.as_deref().and_then(|text| asked_ms(text, now)).unwrap_or(0)
        }
        // Names, networks and certificates heal without anybody touching the hook.
        Err(
            SendError::NoAnswer
            | SendError::Certificate
            | SendError::Refused(Refused::Inside | Refused::NotFound),
        ) => 0,
        _ => return Next::GiveUp,
    };
    match delay_ms(attempt, random) {
        Some(wait_ms) => Next::Retry { after_ms: wait_ms.max(asked_ms) },
        None => Next::GiveUp,
    }
}

/// How long to wait after the failed attempt number `attempt` (from 1), in milliseconds; `None` after the last.
///
/// `random` from 0 to 1 moves the wait by up to 20 % either way; values outside count as the nearest inside.
pub fn delay_ms(attempt: u32, random: f64) -> Option<i64> {
    let wait_ms = *WAITS_MS.get(usize::try_from(attempt.checked_sub(1)?).ok()?)?;
    let random = if random.is_nan() { 0.5 } else { random.clamp(0.0, 1.0) };
    #[expect(clippy::cast_precision_loss, reason = "a day in milliseconds is far below 2^52")]
    let moved = wait_ms as f64 * (1.0 + JITTER * (2.0 * random - 1.0));
    #[expect(clippy::cast_possible_truncation, reason = "at most 1.2 days in milliseconds")]
    Some(moved.round() as i64)
}

/// Whether a hook that has only failed since `failing_since` is to be switched off: after 5 days.
pub fn is_hopeless(failing_since: Millis, now: Millis) -> bool {
    now.0.saturating_sub(failing_since.0) >= PATIENCE_MS
}

/// The wait that `Retry-After` asks for, in milliseconds from 0 to a day: seconds or a date.
fn asked_ms(text: &str, now: Millis) -> Option<i64> {
    let text = text.trim();
    let ms = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse::<i64>().map_or(LONGEST_ASKED_MS, |seconds| seconds.saturating_mul(SECOND_MS))
    } else {
        chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis().saturating_sub(now.0)
    };
    Some(ms.clamp(0, LONGEST_ASKED_MS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2015-10-21T07:28:00Z.
    const NOW: Millis = Millis(1_445_412_480_000);

    fn answered(status: u16, retry_after: Option<&str>) -> Next {
        let answer = Answer { status, retry_after: retry_after.map(str::to_owned), body: String::new() };
        next(&Ok(answer), 1, NOW, 0.5)
    }

    #[test]
    fn the_schedule_is_the_documented_one() {
        let waits_s: Vec<_> =
            (1..=ATTEMPTS).map(|attempt| delay_ms(attempt, 0.5).map(|ms| ms / 1000)).collect();
        let hours = |n: i64| Some(n * 3600);
        let documented =
            [Some(5), Some(300), Some(1800), hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)];
        assert_eq!(waits_s[..9], documented);
        assert_eq!(waits_s[9], None);
        assert_eq!(delay_ms(0, 0.5), None);
        assert_eq!(delay_ms(u32::MAX, 0.5), None);
    }

    #[test]
    fn every_success_is_delivered() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(answered(status, None), Next::Delivered);
        }
    }

    #[test]
    fn what_may_heal_is_tried_again() {
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert_eq!(answered(status, None), Next::Retry { after_ms: 5000 }, "{status}");
        }
        for error in [
            SendError::NoAnswer,
            SendError::Certificate,
            SendError::Refused(Refused::Inside),
            SendError::Refused(Refused::NotFound),
        ] {
            assert_eq!(next(&Err(error), 2, NOW, 0.5), Next::Retry { after_ms: 300_000 }, "{error}");
        }
    }

    #[test]
    fn what_would_fail_again_is_given_up() {
        for status in [400, 401, 403, 404, 405, 409, 413, 422, 600] {
            assert_eq!(answered(status, Some("5")), Next::GiveUp, "{status}");
        }
        for error in [
            SendError::Redirect(302),
            SendError::Refused(Refused::Malformed),
            SendError::Refused(Refused::NotHttps),
            SendError::Refused(Refused::Credentials),
        ] {
            assert_eq!(next(&Err(error), 1, NOW, 0.5), Next::GiveUp, "{error}");
        }
        assert_eq!(next(&Err(SendError::NoAnswer), ATTEMPTS, NOW, 0.5), Next::GiveUp);
    }

    #[test]
    fn a_receiver_that_is_gone_is_switched_off() {
        assert_eq!(answered(410, None), Next::SwitchOff);
        assert!(!is_hopeless(Millis(0), Millis(5 * DAY_MS - 1)));
        assert!(is_hopeless(Millis(0), Millis(5 * DAY_MS)));
    }

    #[test]
    fn a_receiver_can_ask_for_more_time_but_not_for_less_or_for_ever() {
        for (asked, after_ms) in [
            ("120", 120_000),
            (" 120 ", 120_000),
            ("1", 5000),
            ("99999999", DAY_MS),
            ("99999999999999999999999", DAY_MS),
            ("Wed, 21 Oct 2015 07:30:00 GMT", 120_000),
            ("Wed, 21 Oct 2015 07:00:00 GMT", 5000),
            ("Fri, 21 Oct 2050 07:00:00 GMT", DAY_MS),
            ("-5", 5000),
            ("soon", 5000),
            ("", 5000),
        ] {
            assert_eq!(answered(429, Some(asked)), Next::Retry { after_ms }, "{asked}");
            assert_eq!(answered(503, Some(asked)), Next::Retry { after_ms }, "{asked}");
        }
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_fifth(attempt in 1..ATTEMPTS, random in -1.0..2.0_f64) {
            let middle = delay_ms(attempt, 0.5).expect("not the last");
            let wait = delay_ms(attempt, random).expect("not the last");
            prop_assert!(wait * 5 >= middle * 4 && wait * 5 <= middle * 6);
        }

        #[test]
        fn no_header_makes_a_wait_longer_than_the_longest(text in ".{0,40}", attempt in 0..12_u32, random: f64) {
            let answer = Answer { status: 429, retry_after: Some(text), body: String::new() };
            if let Next::Retry { after_ms } = next(&Ok(answer), attempt, NOW, random) {
                prop_assert!((0..=DAY_MS * 6 / 5).contains(&after_ms));
            }
        }
    }
}
