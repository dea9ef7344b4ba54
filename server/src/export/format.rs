//! In which format an export is wanted, and the answer in it.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use futures::stream::{self, Stream, StreamExt as _};
use http::{HeaderMap, StatusCode, header};
use web::ApiError;

use super::csv::Csv;
use super::json::Json;
use super::parquet::Parquet;
use super::table::{Column, Encoder, Row};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    JsonLines,
    Csv,
    Parquet,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Json, Self::JsonLines, Self::Csv, Self::Parquet];

    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    fn of_media_type(text: &str) -> Option<Self> {
        match text {
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            "application/jsonl" | "application/x-ndjson" | "application/jsonlines" => Some(Self::JsonLines),
            "text/csv" | "text/*" => Some(Self::Csv),
            "application/vnd.apache.parquet" | "application/x-parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// What the `Accept` of a request prefers (RFC 9110, 12.5.1); JSON if it says nothing.
    ///
    /// # Errors
    /// `406` if it takes none of these.
    pub fn accepted(headers: &HeaderMap) -> Result<Self, ApiError> {
        let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else {
            return Ok(Self::Json);
        };
        let mut wanted: Vec<_> = accept.split(',').filter_map(one_accepted).collect();
        // Sorting keeps the order of those that are wanted alike.
        wanted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let format = wanted.first().map(|(format, _)| *format);
        format.ok_or_else(|| {
            let why = format!(
                "`Accept: {accept}`; this comes as application/json, application/jsonl, text/csv or \
                 application/vnd.apache.parquet"
            );
            ApiError::new(StatusCode::NOT_ACCEPTABLE, "INVALID_PARAMETER_VALUE", why)
        })
    }

    fn encoder(self, columns: &[Column]) -> anyhow::Result<Box<dyn Encoder>> {
        Ok(match self {
            Self::Json => Box::new(Json::list(columns)),
            Self::JsonLines => Box::new(Json::lines(columns)),
            Self::Csv => Box::new(Csv::new(columns)),
            Self::Parquet => Box::new(Parquet::new(columns)?),
        })
    }
}

fn one_accepted(text: &str) -> Option<(Format, f64)> {
    let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
    let quality = parameters.split(';').find_map(|one| one.trim().strip_prefix("q="));
    let quality = quality.map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
    let format = Format::of_media_type(&media_type.trim().to_ascii_lowercase())?;
    (quality > 0.0).then_some((format, quality))
}

/// The table as a file that is called `name`, written while it is read. What is wrong before the first rows are
/// there is an error; later the answer breaks off.
///
/// # Errors
/// What the first of `pages` says.
pub async fn answer(
    format: Format,
    name: &str,
    columns: Vec<Column>,
    pages: impl Stream<Item = Result<Vec<Row>, store::Error>> + Send + 'static,
) -> Result<Response, ApiError> {
    let mut pages = Box::pin(pages);
    let first = pages.next().await.transpose()?.unwrap_or_default();
    let encoder = format.encoder(&columns).map_err(|why| {
        ApiError::bad_request(format!("these columns can't be written as {}: {why}", format.extension()))
    })?;
    let all = stream::once(async { Ok(first) }).chain(pages).boxed();
    let pieces = stream::try_unfold(Some((encoder, all)), |state| async move {
        let Some((mut encoder, mut pages)) = state else { return Ok::<_, anyhow::Error>(None) };
        let Some(rows) = pages.next().await.transpose()? else {
            return Ok(Some((Bytes::from(encoder.end()?), None)));
        };
        Ok(Some((Bytes::from(encoder.rows(rows)?), Some((encoder, pages)))))
    });
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", format.extension())),
        (header::VARY, "Accept".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_what_the_request_prefers() {
        let format = |accept: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().expect("a header"))]);
            Format::accepted(&headers).ok()
        };
        assert_eq!(Format::accepted(&HeaderMap::new()).ok(), Some(Format::Json));
        for (accept, wanted) in [
            ("*/*", Some(Format::Json)),
            ("text/csv", Some(Format::Csv)),
            ("Text/CSV; charset=utf-8", Some(Format::Csv)),
            ("application/json;q=0.5, application/x-ndjson", Some(Format::JsonLines)),
            ("text/html, application/vnd.apache.parquet;q=0.9, */*;q=0.1", Some(Format::Parquet)),
            ("text/csv;q=0, application/json;q=0.1", Some(Format::Json)),
            ("text/html", None),
            ("text/csv;q=0", None),
        ] {
            assert_eq!(format(accept), wanted, "{accept}");
        }
    }
}
