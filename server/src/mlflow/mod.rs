//! Door 1: MLflow's REST dialect, as its clients call it.
//!
//! The reference is the `mlflow` package: its service definitions say which fields a call has, its
//! handlers which of them must be there.

mod artifacts;
mod experiments;
mod logged_models;
mod metrics;
mod permissions;
mod proxied;
mod registry;
mod runs;
mod server_info;
mod uploads;
mod webhooks;
mod wire;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use domain::limits;
use http::StatusCode;
use web::ApiError;

use crate::rights::PREFIXES;
use crate::state::AppState;

/// The largest JSON body: a full batch with the longest values fits several times.
const MAX_BODY: usize = 32 * 1024 * 1024;

pub fn router() -> Router<AppState> {
    let calls = Router::new()
        .merge(experiments::router())
        .merge(runs::router())
        .merge(metrics::router())
        .merge(logged_models::router())
        .merge(artifacts::router())
        .merge(registry::router())
        .merge(webhooks::router())
        .merge(server_info::router())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .fallback(no_such_call)
        .method_not_allowed_fallback(wrong_method);
    let files = Router::new()
        .merge(proxied::router())
        .merge(uploads::router())
        .fallback(no_such_call)
        .method_not_allowed_fallback(wrong_method);
    PREFIXES
        .into_iter()
        .fold(Router::new(), |all, prefix| {
            all.nest(&format!("{prefix}/mlflow"), calls.clone())
                .nest(&format!("{prefix}/mlflow-artifacts"), files.clone())
        })
        .merge(artifacts::downloads())
        .merge(registry::downloads())
        .merge(permissions::router())
}

async fn no_such_call(uri: axum::extract::OriginalUri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "ENDPOINT_NOT_FOUND",
        format!("no call `{}` exists on this server", uri.path()),
    )
}

async fn wrong_method(method: http::Method, uri: axum::extract::OriginalUri) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "ENDPOINT_NOT_FOUND",
        format!("the call `{}` exists, but not with the method {method}", uri.path()),
    )
}

/// An experiment's number from the text that the dialect has for it.
fn experiment_id(field: &str, text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "Invalid value `{text}` for parameter '{field}' supplied: an experiment id is a whole number"
        ))
    })
}

fn experiment_ids(field: &str, texts: &[String]) -> Result<Vec<i64>, ApiError> {
    limits::check_count(field, texts.len(), limits::MAX_EXPERIMENTS_SEARCHED)?;
    texts.iter().map(|text| experiment_id(field, text)).collect()
}

/// A page's size: `default` if none is given.
fn page_size(given: Option<web::wire::Int64>, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(web::wire::Int64(given)) = given else { return Ok(default) };
    match usize::try_from(given) {
        Ok(size) if (1..=most).contains(&size) => Ok(size),
        _ => Err(ApiError::bad_request(format!(
            "Invalid value `{given}` for parameter 'max_results' supplied: It must be between 1 and {most}"
        ))),
    }
}
