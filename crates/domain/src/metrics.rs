//! Metric values and points of a curve.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Millis;

/// A metric's value: any double, NaN and ±Infinity included.
///
/// In JSON a number, or one of the texts `NaN`, `Infinity`, `-Infinity` (protobuf's JSON mapping).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MetricValue(pub f64);

impl MetricValue {
    /// The ordinal of NaN, which is above all others.
    pub const NAN_ORDINAL: i64 = i64::MAX;

    /// An integer that sorts as the value does, NaN above everything, and gives the value back bit by
    /// bit (but for the sign of zero and the payload of NaN, which are dropped).
    ///
    /// The usual trick for IEEE 754: positive numbers sort as their bits do, negative ones in reverse.
    pub fn to_ordinal(self) -> i64 {
        if self.0.is_nan() {
            return Self::NAN_ORDINAL;
        }
        let bits = (self.0 + 0.0).to_bits().cast_signed();
        if bits < 0 { bits ^ i64::MAX } else { bits }
    }

    /// The inverse of [`Self::to_ordinal`].
    pub fn from_ordinal(ordinal: i64) -> Self {
        if ordinal == Self::NAN_ORDINAL {
            return Self(f64::NAN);
        }
        let bits = if ordinal < 0 { ordinal ^ i64::MAX } else { ordinal };
        Self(f64::from_bits(bits.cast_unsigned()))
    }

    /// Reads a number or one of the three texts.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "NaN" | "nan" => Some(Self(f64::NAN)),
            "Infinity" | "inf" | "+Infinity" => Some(Self(f64::INFINITY)),
            "-Infinity" | "-inf" => Some(Self(f64::NEG_INFINITY)),
            number => number.parse().ok().map(Self),
        }
    }
}

impl Serialize for MetricValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if !serializer.is_human_readable() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            value => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for MetricValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = MetricValue;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a number, `NaN`, `Infinity` or `-Infinity`")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<MetricValue, E> {
                Ok(MetricValue(value))
            }

            #[expect(clippy::cast_precision_loss, reason = "JSON integers are doubles to a metric")]
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<MetricValue, E> {
                Ok(MetricValue(value as f64))
            }

            #[expect(clippy::cast_precision_loss, reason = "JSON integers are doubles to a metric")]
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<MetricValue, E> {
                Ok(MetricValue(value as f64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<MetricValue, E> {
                MetricValue::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Number)
        } else {
            f64::deserialize(deserializer).map(Self)
        }
    }
}

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    pub value: MetricValue,
    pub step: i64,
    pub timestamp: Millis,
}

/// The last point of a metric: the one with the highest step, then timestamp, then value, where NaN is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatestMetric {
    pub key: String,
    pub value: MetricValue,
    pub step: i64,
    pub timestamp: Millis,
}

/// What a curve is drawn over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    #[default]
    Step,
    /// Wall clock time, ms since the epoch.
    Time,
    /// Seconds since the run's first point of that metric.
    Relative,
}

impl Axis {
    /// The point's place on this axis; `first` is the timestamp of the curve's first point.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 steps or ms")]
    pub fn position(self, point: &MetricPoint, first: Millis) -> f64 {
        match self {
            Self::Step => point.step as f64,
            Self::Time => point.timestamp.0 as f64,
            Self::Relative => (point.timestamp.0 - first.0) as f64 / 1000.0,
        }
    }
}

/// A run's curve of one metric, thinned for drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub run_uuid: String,
    pub key: String,
    /// Sorted by the axis that was asked for; every bucket keeps its lowest, highest, first and last
    /// point, so no spike is lost.
    pub points: Vec<MetricPoint>,
    /// The average at each of these points, of all that were logged before; empty if none was asked for.
    pub smoothed: Vec<f64>,
    /// How many points there are in all, before thinning (in the window that was asked for).
    pub total_points: u64,
    /// The timestamp of the metric's very first point: where the relative axis starts.
    pub first_timestamp: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_sort_as_the_values_do_and_give_them_back() {
        let sorted = [
            f64::NEG_INFINITY,
            f64::MIN,
            -1.5,
            -f64::MIN_POSITIVE,
            0.0,
            5e-324,
            0.1,
            1.0,
            1e300,
            f64::MAX,
            f64::INFINITY,
        ];
        for pair in sorted.windows(2) {
            assert!(MetricValue(pair[0]).to_ordinal() < MetricValue(pair[1]).to_ordinal());
        }
        for value in sorted {
            let back = MetricValue::from_ordinal(MetricValue(value).to_ordinal());
            assert_eq!(back.0.to_bits(), value.to_bits());
        }
        assert!(MetricValue(f64::NAN).to_ordinal() > MetricValue(f64::INFINITY).to_ordinal());
        assert!(MetricValue::from_ordinal(MetricValue(f64::NAN).to_ordinal()).0.is_nan());
        assert_eq!(MetricValue(-0.0).to_ordinal(), MetricValue(0.0).to_ordinal());
    }

    #[test]
    fn values_that_json_has_no_number_for_are_texts() {
        for (value, text) in [(f64::NAN, "\"NaN\""), (f64::INFINITY, "\"Infinity\""), (0.1, "0.1")] {
            assert_eq!(serde_json::to_string(&MetricValue(value)).expect("serialises"), text);
            let back: MetricValue = serde_json::from_str(text).expect("parses");
            assert!(back.0.to_bits() == value.to_bits() || back.0.is_nan() && value.is_nan());
        }
        assert!(serde_json::from_str::<MetricValue>("\"high\"").is_err());
    }
}
