//! How values are written on the pages: numbers, sizes, durations, dates.

use charts::calendar::Civil;

/// A metric's value: at most six significant digits, an exponent where the number is far from 1.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.into();
    }
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e9).contains(&size) {
        let text = format!("{value:.4e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", trim(digits))
    } else if size >= 1e5 || value.fract() == 0.0 {
        trim(&format!("{value:.2}")).to_owned()
    } else {
        let whole_digits = if size >= 1.0 { size.log10().floor() + 1.0 } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 6")]
        let decimals = (6.0 - whole_digits).clamp(1.0, 6.0) as usize;
        trim(&format!("{value:.decimals$}")).to_owned()
    };
    text.replace('-', "−")
}

fn trim(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// A count with thin separators: `12 345`.
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A length as a count.
pub fn as_i64(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// `1 run`, `2 runs`.
pub fn plural(value: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A size in bytes: `980 B`, `12.3 kB`, `4.1 MB`.
#[expect(clippy::cast_precision_loss, reason = "a size to three digits")]
pub fn bytes(size: u64) -> String {
    let mut value = size as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1_000.0;
        unit = next;
    }
    if unit == "B" || value >= 99.95 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// How long something took: `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
#[expect(clippy::cast_precision_loss, reason = "below a minute")]
pub fn duration(ms: i64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        _ if ms < 1_000 => format!("{ms} ms"),
        0..10 => format!("{:.1} s", ms as f64 / 1_000.0),
        10..60 => format!("{seconds} s"),
        60..3_600 => two_units(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two_units(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two_units(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

fn two_units(large: i64, unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {small_unit}") }
}

/// How long ago: `just now`, `5 min ago`, …; after a month the date.
pub fn ago(then_ms: i64, now_ms: i64, offset_minutes: i32) -> String {
    let seconds = (now_ms - then_ms) / 1_000;
    match seconds {
        i64::MIN..45 => "just now".into(),
        45..3_600 => format!("{} min ago", (seconds / 60).max(1)),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..2_592_000 => format!("{} d ago", seconds / 86_400),
        _ => date(then_ms, offset_minutes),
    }
}

/// `2026-11-24`.
pub fn date(ms: i64, offset_minutes: i32) -> String {
    let Civil { year, month, day, .. } = Civil::new(ms, offset_minutes);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-11-24 17:10:05`.
pub fn date_time(ms: i64, offset_minutes: i32) -> String {
    let Civil { hour, minute, second, .. } = Civil::new(ms, offset_minutes);
    format!("{} {hour:02}:{minute:02}:{second:02}", date(ms, offset_minutes))
}

/// For the `datetime` attribute: `2026-11-24T17:10:05Z`.
pub fn machine_time(ms: i64) -> String {
    date_time(ms, 0).replace(' ', "T") + "Z"
}

/// The first characters of a long text, with an ellipsis.
pub fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_tells_them_apart() {
        let written = [
            (0.0, "0"),
            (1.0, "1"),
            (-3.0, "−3"),
            (0.1, "0.1"),
            (0.982_142_85, "0.982143"),
            (123.456_789, "123.457"),
            (99_999.5, "99999.5"),
            (123_456.789, "123456.79"),
            (0.000_012_34, "1.234e−5"),
            (6.02e23, "6.02e23"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (value, text) in written {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn counts_and_sizes_are_readable() {
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(-12), "−12");
        assert_eq!(plural(1, "run", "runs"), "1 run");
        let sizes =
            [(0, "0 B"), (999, "999 B"), (12_345, "12.3 kB"), (999_999, "1.0 MB"), (5_000_000_000, "5.0 GB")];
        for (size, text) in sizes {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn durations_and_ages_use_two_units_at_most() {
        let spans = [
            (12, "12 ms"),
            (4_230, "4.2 s"),
            (59_000, "59 s"),
            (185_000, "3 min 5 s"),
            (7_800_000, "2 h 10 min"),
            (273_600_000, "3 d 4 h"),
        ];
        for (ms, text) in spans {
            assert_eq!(duration(ms), text);
        }
        assert_eq!(ago(1_000, 2_000, 0), "just now");
        assert_eq!(ago(0, 300_000, 0), "5 min ago");
        assert_eq!(ago(0, 3_000_000_000, 0), "1970-01-01");
    }

    #[test]
    fn moments_are_written_for_people_and_machines() {
        assert_eq!(date_time(1_767_225_599_000, 60), "2026-01-01 00:59:59");
        assert_eq!(machine_time(1_767_225_599_000), "2025-12-31T23:59:59Z");
    }

    #[test]
    fn shortening_cuts_between_characters() {
        assert_eq!(shortened("äöü", 2), "äö…");
        assert_eq!(shortened("äöü", 3), "äöü");
    }
}
