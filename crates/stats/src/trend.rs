//! A straight line through points.

use crate::{mean, pearson};

/// `y = intercept + slope × x` by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    pub slope: f64,
    pub intercept: f64,
    /// The part of the variance of `y` that the line explains, from 0 to 1.
    pub r_squared: f64,
}

/// The line through finite points; `None` where one of the coordinates doesn't vary.
pub fn trend(points: &[(f64, f64)]) -> Option<Trend> {
    let correlation = pearson(points)?;
    let x: Vec<_> = points.iter().map(|point| point.0).collect();
    let y: Vec<_> = points.iter().map(|point| point.1).collect();
    let slope = correlation * deviation(&y) / deviation(&x);
    let intercept = mean(&y) - slope * mean(&x);
    (slope.is_finite() && intercept.is_finite()).then_some(Trend {
        slope,
        intercept,
        r_squared: correlation * correlation,
    })
}

/// The root of the mean square of the differences from the mean.
fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    mean(&values.iter().map(|value| (value - middle).powi(2)).collect::<Vec<_>>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_numpy() {
        // numpy.polyfit([0, 1, 2, 4], [1, 3, 2, 8], 1) = [1.65714286, 0.6]; r² = 0.82857143
        let line = trend(&[(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (4.0, 8.0)]).expect("varies");
        assert!((line.slope - 1.657_142_857_142_857).abs() < 1e-12, "{line:?}");
        assert!((line.intercept - 0.6).abs() < 1e-12, "{line:?}");
        assert_eq!(trend(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }
}
