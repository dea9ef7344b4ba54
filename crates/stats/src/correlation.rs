//! How two columns move together.

use crate::mean;

/// Pearson's correlation of pairs, from -1 to 1; `None` where one of them doesn't vary.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let [x, y] = [|pair: &(f64, f64)| pair.0, |pair: &(f64, f64)| pair.1]
        .map(|pick| centred(&pairs.iter().map(pick).collect::<Vec<_>>()));
    let (x, y) = (x?, y?);
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    Some((product(&x, &y) / (product(&x, &x) * product(&y, &y)).sqrt()).clamp(-1.0, 1.0))
}

/// Spearman's correlation: Pearson's of the ranks, those of equal values being their mean.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let x = ranks(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let y = ranks(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    pearson(&x.into_iter().zip(y).collect::<Vec<_>>())
}

/// Differences from the mean, scaled so that their squares are finite; `None` if there are none.
fn centred(values: &[f64]) -> Option<Vec<f64>> {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if !largest.is_finite() || largest == 0.0 {
        return None;
    }
    let scaled: Vec<_> = values.iter().map(|value| value / largest).collect();
    let middle = mean(&scaled);
    let differences: Vec<_> = scaled.iter().map(|value| value - middle).collect();
    // What differs only by how it was rounded is constant.
    differences.iter().any(|difference| difference.abs() > 1e-12).then_some(differences)
}

/// From 1.
#[expect(clippy::cast_precision_loss, reason = "a count")]
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<_> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut next = 0;
    for equal in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        // The mean of the first and the last.
        let rank = f64::midpoint(next as f64 + 1.0, (next + equal.len()) as f64);
        for place in equal {
            ranks[*place] = rank;
        }
        next += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_scipy() {
        // scipy.stats.pearsonr, spearmanr of x = [1, 2, 3, 4, 5], y = [2, 1, 4, 3, 100]
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0), (5.0, 100.0)];
        let close = |value: Option<f64>, expected: f64| {
            assert!(value.is_some_and(|value| (value - expected).abs() < 1e-12), "{value:?}");
        };
        close(pearson(&pairs), 0.717_749_439_258_469_7);
        close(spearman(&pairs), 0.8);
        // With equal values: x = [1, 1, 2, 3], y = [4, 3, 2, 2]
        close(spearman(&[(1.0, 4.0), (1.0, 3.0), (2.0, 2.0), (3.0, 2.0)]), -8.0 / 9.0);
    }

    #[test]
    fn what_does_not_vary_has_none_and_large_numbers_have_one() {
        assert_eq!(pearson(&[(1.0, 0.1), (1.0, 0.3)]), None);
        assert_eq!(pearson(&[]), None);
        assert_eq!(pearson(&[(1e300, 1e-300), (-1e300, 2e-300)]), Some(-1.0));
    }
}
