//! Statistics over columns of many runs: no I/O, and the same answer for the same question.

mod bins;
mod correlation;
mod envelope;
mod importance;
mod spread;
mod trend;

pub use bins::{Scale, edges};
pub use correlation::{pearson, spearman};
pub use envelope::{Together, together};
pub use importance::{Column, FEWEST_RUNS, Importance, MOST_RUNS, ParamImportance, TooLittle, importance};
pub use spread::{Spread, quantile, spread};
pub use trend::{Trend, trend};

/// The mean of finite numbers, 0 of none.
#[expect(clippy::cast_precision_loss, reason = "a count")]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
