//! Metric histories.
use domain::metrics::{Axis, Curve};

use crate::Db;
use crate::error::Result;

/// Which curves, thinned for how many pixels.
#[derive(Debug, Clone, Default)]
pub struct CurveQuery {
    pub run_uuids: Vec<String>,
    pub keys: Vec<String>,
    pub axis: Axis,
    /// The window of the axis to show (zoom), in the axis' unit; `None`: open.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// About the width of the drawing in pixels; each bucket keeps up to 5 points.
    pub buckets: usize,
}

/// One curve for each run and key that has points, runs outside, keys inside, in the order asked for.
pub async fn curves(_db: &Db, _query: &CurveQuery) -> Result<Vec<Curve>> { todo!() }
