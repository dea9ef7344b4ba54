//! `/api/v1/charts/{kind}.svg`, `.png` and `.csv`: a chart at an address of its own, for a report or a message.

mod asked;
mod curves;
mod grouped;
mod leading;
mod page;
mod picture;
mod png;
mod space;
mod theme;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use domain::limits::Invalid;
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest as _, Sha256};
use store::Db;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use web::ApiError;

pub use self::leading::{Leading, leading};
use self::picture::Picture;
use crate::state::AppState;

/// A picture holds no script, and would run none.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

/// Lines of metrics, the one kind that isn't over the space of params.
const CURVES: &str = "curves";
const MOST_PIXELS: f64 = 16e6;
/// A picture takes memory while it is drawn, also for whoever has gone.
static DRAWING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));

pub fn router() -> Router<AppState> {
    curves::router().merge(space::router()).merge(page::router())
}

/// A chart as a page shows it.
pub struct OnPage {
    pub title: String,
    /// One `<svg>` element.
    pub plot: String,
    pub words: String,
    /// What each colour means: its class, how opaque it is, and the words.
    pub legend: Vec<(String, f64, String)>,
}

/// The kinds that there are.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    std::iter::once(CURVES).chain(space::Kind::ALL.map(space::Kind::name))
}

/// Draws the chart that an address asks for, which is taken apart here.
///
/// # Errors
/// As the address itself would answer.
pub async fn on_page(db: &Db, kind: &str, query: &str) -> Result<OnPage, ApiError> {
    let picture = match space::Kind::parse(kind) {
        Some(kind) => space::picture(db, web::query::parse::<space::Fields>(query)?.check(kind)?).await?,
        None if kind == CURVES => {
            curves::picture(db, web::query::parse::<asked::Fields>(query)?.check()?).await?
        }
        None => return Err(no_chart(kind)),
    };
    let Picture { title, words, plot, legend, .. } = picture;
    Ok(OnPage { title, plot, words, legend: page::legend(legend) })
}

/// Whether there is a chart like that, whatever it would be drawn from.
///
/// # Errors
/// Names the field that is wrong.
pub fn check(kind: &str, query: &str) -> Result<(), ApiError> {
    match space::Kind::parse(kind) {
        Some(kind) => drop(web::query::parse::<space::Fields>(query)?.check(kind)?),
        None if kind == CURVES => drop(web::query::parse::<asked::Fields>(query)?.check()?),
        None => return Err(no_chart(kind)),
    }
    Ok(())
}

fn no_chart(kind: &str) -> ApiError {
    let kinds: Vec<_> = kinds().collect();
    ApiError::not_found(format!("`{kind}` is no chart; there are {}", kinds.join(", ")))
}

fn as_svg(headers: &HeaderMap, picture: &Picture) -> Response {
    unless_known(headers, "image/svg+xml", picture.svg().0.into_bytes())
}

/// `scale`: pixels for each of the picture's.
async fn as_png(headers: &HeaderMap, picture: Picture, scale: f32) -> Result<Response, ApiError> {
    let (document, (width, height)) = picture.pixels();
    let pixels = f64::from(width) * f64::from(height) * f64::from(scale).powi(2);
    if pixels > MOST_PIXELS {
        let why = format!(
            "{width} × {height} at {scale} are {:.0} million pixels; a PNG has at most {:.0} million",
            pixels / 1e6,
            MOST_PIXELS / 1e6
        );
        return Err(Invalid::new("scale", why).into());
    }
    let turn = DRAWING.clone().acquire_owned().await;
    let drawn = spawn_blocking(move || {
        let _turn = turn;
        png::png(&document, scale)
    });
    match drawn.await {
        Ok(Ok(bytes)) => Ok(unless_known(headers, "image/png", bytes)),
        Ok(Err(why)) => Err(not_drawn(&why)),
        Err(why) => Err(not_drawn(&why)),
    }
}

fn not_drawn(why: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%why, "a chart could not be drawn");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the chart could not be drawn")
}

/// The bytes, unless whoever asks has the same already (RFC 9110, 13.1.2).
fn unless_known(asked: &HeaderMap, kind: &'static str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..16]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = known.is_some_and(|known| {
        known.split(',').any(|one| ["*", &tag].contains(&one.trim().trim_start_matches("W/")))
    });
    let headers = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}
