//! Curves as the browser needs them: thinned by the server, placed on the axis.

use domain::MetricValue;
use domain::metrics::Axis;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::wire::Compact;

/// Which curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveRequest {
    pub runs: Vec<String>,
    pub keys: Vec<String>,
    pub axis: Axis,
    pub window: Option<(f64, f64)>,
    /// About the width of the drawing in pixels.
    pub buckets: usize,
    /// The weight of the past in the averages; 0: none are asked for.
    pub smoothing: f64,
}

/// A run's curve of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedCurve {
    pub run: String,
    pub key: String,
    /// (place on the axis, value), sorted.
    pub points: Vec<(f64, MetricValue)>,
    /// The averages at these points.
    pub smoothed: Vec<f64>,
    pub total: u64,
}

/// A page of metrics for all the runs that can be compared.
#[cfg(feature = "ssr")]
const MOST_CURVES: usize = 2_500;

#[cfg(feature = "ssr")]
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

#[server(prefix = "/ui", protocol = Compact)]
pub async fn list_curves(request: CurveRequest) -> Result<Vec<PlacedCurve>, UiError> {
    let (runs, keys) = (distinct(request.runs), distinct(request.keys));
    if runs.is_empty() || keys.is_empty() {
        return Ok(Vec::new());
    }
    if runs.len() * keys.len() > MOST_CURVES {
        return Err(UiError::invalid(format!("at most {MOST_CURVES} curves can be drawn at once")));
    }
    let db = expect_context::<store::Db>();
    let axis = request.axis;
    let query = store::metrics::CurveQuery {
        run_uuids: runs,
        keys,
        axis,
        from: request.window.map(|(from, _)| from),
        to: request.window.map(|(_, to)| to),
        buckets: request.buckets.clamp(1, 4_000),
        smoothing: request.smoothing.clamp(0.0, 0.99),
    };
    let curves = store::metrics::curves(&db, &query).await?;
    let placed = curves.into_iter().map(|curve| PlacedCurve {
        points: curve
            .points
            .iter()
            .map(|point| (axis.position(point, curve.first_timestamp), point.value))
            .collect(),
        smoothed: curve.smoothed,
        run: curve.run_uuid,
        key: curve.key,
        total: curve.total_points,
    });
    Ok(placed.collect())
}
