//! Sensible ticks: round places on an axis, and what to write beside them.

use crate::calendar::Civil;

/// A place on an axis and its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

/// Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, about `count` of them.
pub fn linear(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let step = round_step((high - low) / as_float(count.max(1)));
    let largest = low.abs().max(high.abs());
    multiples(low, high, step)
        .into_iter()
        .map(|at| Tick { at, label: number_label(at, step, largest) })
        .collect()
}

/// The same for whole numbers such as training steps: never closer than 1.
pub fn whole(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let step = round_step((high - low) / as_float(count.max(1))).max(1.0);
    let largest = low.abs().max(high.abs());
    multiples(low, high, step)
        .into_iter()
        .map(|at| Tick { at, label: number_label(at, step, largest) })
        .collect()
}

/// Powers of ten between two logarithms (base 10), with 2 and 5 times where there is room, or round
/// numbers where not even one decade is shown. `at` is the logarithm.
pub fn logarithmic(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let decades = high - low;
    if !decades.is_finite() {
        return Vec::new();
    }
    if decades < 0.7 {
        let (from, to) = (10_f64.powf(low), 10_f64.powf(high));
        return linear(from, to, count)
            .into_iter()
            .filter(|tick| tick.at > 0.0)
            .map(|tick| Tick { at: tick.at.log10(), label: tick.label })
            .collect();
    }
    let every = (decades / as_float(count.max(1))).ceil().max(1.0);
    let factors: &[f64] = if decades * 3.0 <= as_float(count) { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let mut ticks = Vec::new();
    let mut exponent = (low / every).floor() * every;
    while exponent <= high {
        for factor in factors {
            let at = exponent + factor.log10();
            if (low - 1e-9..=high + 1e-9).contains(&at) {
                ticks.push(Tick { at, label: power_label(*factor, exponent) });
            }
        }
        exponent += every;
    }
    ticks
}

/// Round moments; `low` and `high` in ms since the epoch, the clock `offset_minutes` ahead of UTC.
pub fn time(low: f64, high: f64, count: usize, offset_minutes: i32) -> Vec<Tick> {
    let step = time_step((high - low) / 1_000.0 / as_float(count.max(1))) * 1_000.0;
    let offset = f64::from(offset_minutes) * 60_000.0;
    multiples(low + offset, high + offset, step)
        .into_iter()
        .map(|local| {
            let at = local - offset;
            Tick { at, label: moment_label(at, step, offset_minutes) }
        })
        .collect()
}

/// Round durations; `low` and `high` in seconds.
pub fn duration(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let step = time_step((high - low) / as_float(count.max(1)));
    let label = |at: f64| {
        // Words round to whole seconds, which tell ticks apart only if those are whole.
        let is_fine = step < 1.0 && low.abs().max(high.abs()) >= 1.0;
        if is_fine { format!("{}s", fixed(at, decimals(step))) } else { duration_label(at) }
    };
    multiples(low, high, step).into_iter().map(|at| Tick { at, label: label(at) }).collect()
}

/// `value` as an axis writes it whose ticks are `step` apart and reach up to `largest`.
pub fn number_label(value: f64, step: f64, largest: f64) -> String {
    const SI: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    if value == 0.0 {
        return "0".into();
    }
    if largest >= 1e15 || largest < 1e-3 && step < 1e-5 {
        let digits = decimals(step / 10_f64.powf(value.abs().log10().floor()));
        let text = format!("{value:.digits$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    if largest >= 1e4
        && let Some((unit, suffix)) = SI.iter().find(|(unit, _)| largest >= *unit)
    {
        return format!("{}{suffix}", fixed(value / unit, decimals(step / unit)));
    }
    fixed(value, decimals(step))
}

/// A duration in the largest units that fit: `350ms`, `12s`, `5m30s`, `2h10m`, `3d4h`.
#[expect(clippy::cast_possible_truncation, reason = "a duration in seconds fits")]
pub fn duration_label(seconds: f64) -> String {
    if seconds < 0.0 {
        return format!("-{}", duration_label(-seconds));
    }
    if seconds == 0.0 {
        return "0s".into();
    }
    if seconds < 1.0 {
        return format!("{}ms", (seconds * 1_000.0).round());
    }
    if seconds < 10.0 && seconds.fract() > 1e-9 {
        return format!("{}s", fixed(seconds, 1));
    }
    let whole = seconds.round() as i64;
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes, rest) {
        (0, 0, 0, s) => format!("{s}s"),
        (0, 0, m, 0) => format!("{m}m"),
        (0, 0, m, s) => format!("{m}m{s:02}s"),
        (0, h, 0, _) => format!("{h}h"),
        (0, h, m, _) => format!("{h}h{m:02}m"),
        (d, 0, _, _) => format!("{d}d"),
        (d, h, _, _) => format!("{d}d{h}h"),
    }
}

fn moment_label(at: f64, step: f64, offset_minutes: i32) -> String {
    const DAY: f64 = 86_400_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "ms since the epoch")]
    let civil = Civil::new(at.round() as i64, offset_minutes);
    let Civil { hour, minute, second, millisecond, day, .. } = civil;
    if step >= 28.0 * DAY {
        format!("{day} {} {}", civil.month_name(), civil.year)
    } else if (hour, minute, second, millisecond) == (0, 0, 0, 0) || step >= DAY {
        format!("{day} {}", civil.month_name())
    } else if step >= 60_000.0 {
        format!("{hour:02}:{minute:02}")
    } else if step >= 1_000.0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{minute:02}:{second:02}.{millisecond:03}")
    }
}

fn power_label(factor: f64, exponent: f64) -> String {
    if (-4.0..=3.0).contains(&exponent) {
        let value = factor * 10_f64.powf(exponent);
        return number_label(value, value, value);
    }
    format!("{factor}e{exponent}")
}

/// The next larger of 1, 2, 5 times a power of ten.
fn round_step(rough: f64) -> f64 {
    if !rough.is_finite() || rough <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| rough <= f * power * 1.000_001);
    factor.unwrap_or(10.0) * power
}

/// The next larger round piece of time, in seconds.
fn time_step(rough: f64) -> f64 {
    const DAY: f64 = 86_400.0;
    const STEPS: [f64; 22] = [
        1.0,
        2.0,
        5.0,
        10.0,
        15.0,
        30.0,
        60.0,
        120.0,
        300.0,
        600.0,
        900.0,
        1_800.0,
        3_600.0,
        7_200.0,
        10_800.0,
        21_600.0,
        43_200.0,
        DAY,
        2.0 * DAY,
        7.0 * DAY,
        14.0 * DAY,
        28.0 * DAY,
    ];
    if rough < 1.0 {
        return round_step(rough.max(1e-3));
    }
    STEPS.into_iter().find(|step| rough <= *step).unwrap_or_else(|| round_step(rough / DAY) * DAY)
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    /// Above, not every whole number is a double.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    // Not so for NaN either.
    let are_countable = first.abs() < LARGEST && last.abs() < LARGEST && last - first <= 100.0;
    if !are_countable {
        return Vec::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
    let (first, last) = (first as i64, last as i64);
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    (first..=last).map(|index| index as f64 * step).collect()
}

/// How many decimals tell multiples of `step` apart.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=15")]
fn decimals(step: f64) -> usize {
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 15.0) as usize
}

fn fixed(value: f64, decimals: usize) -> String {
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn numbers_are_round_and_as_short_as_their_distance_allows() {
        assert_eq!(labels(&linear(0.0, 1.0, 5)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&linear(0.981, 0.989, 4)), ["0.982", "0.984", "0.986", "0.988"]);
        assert_eq!(labels(&linear(0.0, 60_000.0, 3)), ["0", "20k", "40k", "60k"]);
        assert_eq!(labels(&linear(-2e6, 2e6, 4)), ["-2M", "-1M", "0", "1M", "2M"]);
        assert_eq!(labels(&linear(0.0, 3e-7, 3)), ["0", "1e-7", "2e-7", "3e-7"]);
    }

    #[test]
    fn neighbours_never_have_the_same_label() {
        assert_eq!(
            labels(&linear(0.979_999_2, 0.980_001, 4)),
            ["0.9799995", "0.98", "0.9800005", "0.980001"]
        );
        for (low, size) in
            [(0.144, 1e-7), (0.98, 1e-6), (1.795e12, 4e5), (1e-8, 1e-12), (3e17, 5e9), (123_456_780.0, 30.0)]
        {
            let ticks = linear(low, low + size, 5);
            let mut labels = labels(&ticks);
            labels.dedup();
            assert!(labels.len() > 2 && labels.len() == ticks.len(), "{labels:?}");
        }
    }

    #[test]
    fn steps_are_whole() {
        assert_eq!(labels(&whole(0.0, 3.0, 10)), ["0", "1", "2", "3"]);
    }

    #[test]
    fn logarithms_show_decades_and_what_lies_between() {
        assert_eq!(labels(&logarithmic(-3.0, 0.0, 4)), ["0.001", "0.01", "0.1", "1"]);
        assert_eq!(labels(&logarithmic(0.0, 1.0, 5)), ["1", "2", "5", "10"]);
        assert_eq!(labels(&logarithmic(-12.0, -6.0, 3)), ["1e-12", "1e-10", "1e-8", "1e-6"]);
        assert!(logarithmic(0.1, 0.2, 4).len() >= 2);
    }

    #[test]
    fn moments_fall_on_the_local_clock() {
        let noon = 1_767_268_800_000.0;
        assert_eq!(
            labels(&time(noon, noon + 3_600_000.0, 4, 0)),
            ["12:00", "12:15", "12:30", "12:45", "13:00"]
        );
        assert_eq!(labels(&time(noon, noon + 2.0 * 86_400_000.0, 2, 60)), ["2 Jan", "3 Jan"]);
        let years = time(noon, noon + 800.0 * 86_400_000.0, 3, 0);
        assert!(years.iter().all(|tick| tick.label.contains(" 202")), "{years:?}");
    }

    #[test]
    fn durations_use_the_units_people_say() {
        let spoken = [
            (0.25, "250ms"),
            (1.5, "1.5s"),
            (42.0, "42s"),
            (90.0, "1m30s"),
            (7_800.0, "2h10m"),
            (97_200.0, "1d3h"),
            (-60.0, "-1m"),
        ];
        for (seconds, label) in spoken {
            assert_eq!(duration_label(seconds), label);
        }
        assert_eq!(labels(&duration(0.0, 120.0, 4)), ["0s", "30s", "1m", "1m30s", "2m"]);
        for (low, high) in [(10.0, 12.0), (1.0, 1.2), (75.0, 75.5), (0.0, 1.0), (0.0, 0.004)] {
            let ticks = duration(low, high, 5);
            let labels = labels(&ticks);
            assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
        }
    }

    proptest! {
        #[test]
        fn any_range_has_few_ticks_in_their_order(
            low in any::<f64>(), size in prop_oneof![any::<f64>(), 0.0_f64..1e-9], ulps in 0_u64..50,
            count in 0_usize..20,
        ) {
            for high in [low + size.abs(), low * (1.0 + size), f64::from_bits(low.to_bits().saturating_add(ulps))] {
                let all = [
                    linear(low, high, count),
                    whole(low, high, count),
                    logarithmic(low.abs().log10(), high.abs().log10(), count),
                    time(low, high, count, 60),
                    duration(low, high, count),
                ];
                for ticks in all {
                    prop_assert!(ticks.len() <= 350, "{low} to {high}: {}", ticks.len());
                    prop_assert!(ticks.is_sorted_by(|a, b| a.at <= b.at), "{ticks:?}");
                }
            }
        }
    }

    #[test]
    fn degenerate_ranges_give_no_endless_list() {
        assert!(linear(f64::NAN, 1.0, 5).is_empty());
        assert!(linear(0.0, f64::INFINITY, 5).len() <= 101);
    }
}
