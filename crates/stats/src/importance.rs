//! Which params make the difference in a metric: the importance of each for a forest that predicts it.
//!
//! Permutation importance (Breiman, *Random Forests*, 2001) on runs that the forest hasn't seen: five forests, each tried
//! on the fifth that it wasn't grown from. Of params that tell the same each seems less important than both are together.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::{mean, pearson, spearman};

/// A param of each run.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    Numbers(Vec<Option<f64>>),
    Names(Vec<Option<String>>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// Runs that it is drawn from: those with a finite value of the metric, at most [`MOST_RUNS`].
    pub runs: usize,
    /// The part of the metric's variance that the params explain, in runs not seen: 1 is all, and 0 or less is nothing.
    pub r_squared: f64,
    /// The most important first; those that differ between runs.
    pub params: Vec<ParamImportance>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamImportance {
    /// Which of the columns.
    pub column: usize,
    /// By how much of the metric's variance the squared error grows when the param's values are shuffled.
    pub importance: f64,
    /// The standard deviation over the five forests.
    pub deviation: f64,
    /// Pearson's and Spearman's correlation with the metric; none of names.
    pub pearson: Option<f64>,
    pub spearman: Option<f64>,
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLittle {
    #[error("{0} runs have a finite value of the metric; it takes at least {FEWEST_RUNS}")]
    Runs(usize),
    #[error("the metric is the same in all runs")]
    Constant,
    #[error("no param differs between the runs")]
    Params,
    #[error("the forest could not be grown")]
    Forest,
}

/// Fewer tell nothing.
pub const FEWEST_RUNS: usize = 10;
/// More are drawn from by lot: they tell little more.
pub const MOST_RUNS: usize = 2_000;
const FOLDS: usize = 5;
const TREES: usize = 50;
const DEEPEST: u16 = 16;
/// Every choice is made from this: the same runs have the same importances.
const SEED: u64 = 20_260;

type Forest = RandomForestRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// How much each column tells of the metric. Takes up to some seconds.
///
/// # Errors
/// There are too few runs, or nothing in them differs.
pub fn importance(columns: &[Column], metric: &[Option<f64>]) -> Result<Importance, TooLittle> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut rows: Vec<usize> =
        (0..metric.len()).filter(|row| metric[*row].is_some_and(f64::is_finite)).collect();
    if rows.len() < FEWEST_RUNS {
        return Err(TooLittle::Runs(rows.len()));
    }
    rows.shuffle(&mut random);
    rows.truncate(MOST_RUNS);
    let target = standardized(&rows.iter().filter_map(|row| metric[*row]).collect::<Vec<_>>())
        .ok_or(TooLittle::Constant)?;
    let varying: Vec<usize> = (0..columns.len()).filter(|column| columns[*column].differs(&rows)).collect();
    if varying.is_empty() {
        return Err(TooLittle::Params);
    }
    let mut squares = 0.0;
    let mut drops = vec![Vec::with_capacity(FOLDS); varying.len()];
    for fold in 0..FOLDS {
        let (seen, held): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|place| place % FOLDS != fold);
        let fold = Fold { rows: &rows, target: &target, seen: &seen, held: &held };
        let told: Vec<_> = varying.iter().map(|column| fold.encode(&columns[*column])).collect();
        let forest = fold.grow(&told).map_err(|_| TooLittle::Forest)?;
        let mut values = rows_of(&told, &held);
        let error = fold.error(&forest, &values).map_err(|_| TooLittle::Forest)?;
        squares += error * count(fold.held);
        // With many params each is shuffled once: the five forests are enough to see how sure it is.
        let times = if varying.len() > 50 { 1 } else { 3 };
        for (place, drops) in drops.iter_mut().enumerate() {
            let own: Vec<f64> = values.iter().map(|row| row[place]).collect();
            let mut drop = 0.0;
            for _ in 0..times {
                let mut shuffled = own.clone();
                shuffled.shuffle(&mut random);
                set(&mut values, place, &shuffled);
                let worse = fold.error(&forest, &values).map_err(|_| TooLittle::Forest)?;
                drop += (worse - error) / f64::from(times);
            }
            set(&mut values, place, &own);
            drops.push(drop);
        }
    }
    let mut params: Vec<_> = varying
        .iter()
        .zip(&drops)
        .map(|(column, drops)| {
            let pairs = columns[*column].pairs(&rows, &target);
            let importance = mean(drops);
            let around = drops.iter().map(|drop| (drop - importance).powi(2)).sum::<f64>();
            ParamImportance {
                column: *column,
                importance,
                deviation: (around / (count(drops) - 1.0)).sqrt(),
                pearson: pairs.as_deref().and_then(pearson),
                spearman: pairs.as_deref().and_then(spearman),
            }
        })
        .collect();
    params.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    let r_squared = 1.0 - squares / count(&rows);
    Ok(Importance { runs: rows.len(), r_squared, params })
}

#[expect(clippy::cast_precision_loss, reason = "some thousand runs")]
fn count<T>(values: &[T]) -> f64 {
    values.len() as f64
}

/// The values of some of the rows.
fn rows_of(columns: &[Vec<f64>], places: &[usize]) -> Vec<Vec<f64>> {
    places.iter().map(|place| columns.iter().map(|column| column[*place]).collect()).collect()
}

fn set(values: &mut [Vec<f64>], place: usize, column: &[f64]) {
    for (row, value) in values.iter_mut().zip(column) {
        row[place] = *value;
    }
}

/// With mean 0 and variance 1; `None` if they are all the same.
fn standardized(values: &[f64]) -> Option<Vec<f64>> {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let scaled: Vec<_> = values.iter().map(|value| value / largest).collect();
    let middle = mean(&scaled);
    let variance = mean(&scaled.iter().map(|value| (value - middle).powi(2)).collect::<Vec<_>>());
    // What differs only by how it was rounded is constant.
    (variance > 1e-24).then(|| scaled.iter().map(|value| (value - middle) / variance.sqrt()).collect())
}

impl Column {
    fn differs(&self, rows: &[usize]) -> bool {
        match self {
            Self::Numbers(values) => rows.iter().any(|row| values[*row] != values[rows[0]]),
            Self::Names(values) => rows.iter().any(|row| values[*row] != values[rows[0]]),
        }
    }

    /// Finite values with the metric's; `None` of names.
    fn pairs(&self, rows: &[usize], target: &[f64]) -> Option<Vec<(f64, f64)>> {
        let Self::Numbers(values) = self else { return None };
        let pair =
            |(row, target): (&usize, &f64)| Some((values[*row].filter(|value| value.is_finite())?, *target));
        Some(rows.iter().zip(target).filter_map(pair).collect())
    }
}

/// A fifth that is held back, and the rest that is seen: places in `rows` and `target`.
struct Fold<'a> {
    rows: &'a [usize],
    target: &'a [f64],
    seen: &'a [usize],
    held: &'a [usize],
}

impl Fold<'_> {
    /// A column as numbers that trees can split, one for each of `rows`. A name is the mean of the metric where it was
    /// seen (Fisher, *On Grouping for Maximum Homogeneity*, 1958: no split of names is better than one of these), and
    /// what is missing is below everything.
    fn encode(&self, column: &Column) -> Vec<f64> {
        match column {
            Column::Numbers(values) => {
                let finite =
                    self.rows.iter().filter_map(|row| values[*row]).filter(|value| value.is_finite());
                let low = finite.min_by(f64::total_cmp).unwrap_or_default();
                let below = low - (low.abs() * 0.1).max(1.0);
                let number = |value: f64| if value.is_nan() { below } else { value.clamp(-1e300, 1e300) };
                self.rows.iter().map(|row| values[*row].map_or(below, number)).collect()
            }
            Column::Names(values) => {
                let mut groups: BTreeMap<&Option<String>, Vec<f64>> = BTreeMap::new();
                for place in self.seen {
                    groups.entry(&values[self.rows[*place]]).or_default().push(self.target[*place]);
                }
                let means: BTreeMap<_, _> =
                    groups.into_iter().map(|(name, targets)| (name, mean(&targets))).collect();
                // The mean of all is 0.
                self.rows.iter().map(|row| means.get(&values[*row]).copied().unwrap_or_default()).collect()
            }
        }
    }

    fn grow(&self, told: &[Vec<f64>]) -> Result<Forest, Failed> {
        let values = DenseMatrix::from_2d_vec(&rows_of(told, self.seen))?;
        let target: Vec<f64> = self.seen.iter().map(|place| self.target[*place]).collect();
        let parameters = RandomForestRegressorParameters::default()
            .with_n_trees(TREES)
            .with_max_depth(DEEPEST)
            .with_m(told.len().div_ceil(3))
            .with_seed(StdRng::seed_from_u64(SEED).random());
        Forest::fit(&values, &target, parameters)
    }

    /// The mean squared error on what was held back.
    fn error(&self, forest: &Forest, values: &Vec<Vec<f64>>) -> Result<f64, Failed> {
        let told = forest.predict(&DenseMatrix::from_2d_vec(values)?)?;
        let squares = told.iter().zip(self.held).map(|(told, place)| (told - self.target[*place]).powi(2));
        Ok(mean(&squares.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs whose metric is `3 a + 1 b`, a and b even between 0 and 1, beside a param that tells nothing, names that
    /// add 2 or nothing, and one that is the same in all.
    fn runs(count: usize) -> (Vec<Column>, Vec<Option<f64>>) {
        let mut random = StdRng::seed_from_u64(7);
        let mut column = || (0..count).map(|_| random.random::<f64>()).collect::<Vec<_>>();
        let (a, b, noise, named) = (column(), column(), column(), column());
        let optimizer = |part: &f64| Some(if *part < 0.5 { "adam" } else { "sgd" }.to_owned());
        let metric =
            (0..count).map(|run| Some(3.0 * a[run] + b[run] + if named[run] < 0.5 { 2.0 } else { 0.0 }));
        let metric = metric.collect();
        let numbers = |values: &[f64]| Column::Numbers(values.iter().copied().map(Some).collect());
        let optimizers = Column::Names(named.iter().map(optimizer).collect());
        (vec![numbers(&noise), numbers(&b), numbers(&a), optimizers, numbers(&vec![4.0; count])], metric)
    }

    #[test]
    fn the_importance_of_an_additive_param_is_twice_its_part_of_the_variance() {
        let (columns, metric) = runs(1_500);
        let found = importance(&columns, &metric).expect("there is enough");
        let order: Vec<_> = found.params.iter().map(|param| param.column).collect();
        assert_eq!(order, [3, 2, 1, 0], "{found:?}");
        assert!(found.r_squared > 0.95, "{found:?}");
        // Var of 3 a is 9/12, of b 1/12, of the names 1: shuffled, the squared error grows by twice that.
        let variance = 9.0 / 12.0 + 1.0 / 12.0 + 1.0;
        for (param, expected) in found.params.iter().zip([2.0, 18.0 / 12.0, 2.0 / 12.0, 0.0]) {
            let expected = expected / variance;
            assert!((param.importance - expected).abs() < 0.08 + 0.1 * expected, "{param:?} {expected}");
            assert!(param.deviation < 0.2, "{param:?}");
        }
        let a = found.params[1];
        assert!(a.pearson.is_some_and(|value| (value - (0.75_f64 / variance).sqrt()).abs() < 0.05), "{a:?}");
        assert_eq!(found.params[0].pearson, None);
        assert_eq!(importance(&columns, &metric), Ok(found));
    }

    #[test]
    fn what_tells_nothing_explains_nothing() {
        let (columns, _) = runs(200);
        let mut random = StdRng::seed_from_u64(8);
        let metric: Vec<_> = (0..200).map(|_| Some(random.random::<f64>())).collect();
        let found = importance(&columns, &metric).expect("there is enough");
        assert!(found.r_squared < 0.2, "{found:?}");
    }

    #[test]
    fn odd_values_are_taken_and_too_few_runs_are_not() {
        let (columns, metric) = runs(9);
        assert_eq!(importance(&columns, &metric), Err(TooLittle::Runs(9)));
        let (columns, _) = runs(40);
        assert_eq!(importance(&columns, &[Some(0.1); 40]), Err(TooLittle::Constant));
        let same = Column::Numbers(vec![Some(1.0); 40]);
        let metric: Vec<_> = (0..40).map(|run| Some(f64::from(run) * 1e306)).collect();
        assert_eq!(importance(&[same], &metric), Err(TooLittle::Params));
        let odd = |run: usize| [Some(f64::NAN), Some(f64::INFINITY), None, Some(f64::MIN)][run % 4];
        let odd = Column::Numbers((0..40).map(odd).collect());
        let found = importance(&[odd], &metric).expect("there is enough");
        assert!(found.r_squared.is_finite() && found.params[0].importance.is_finite(), "{found:?}");
    }
}
