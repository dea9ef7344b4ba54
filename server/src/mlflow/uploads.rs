//! `mlflow-artifacts/mpu`: large files in parts.
//!
//! A client asks where to send each part, sends them, and says when all are there. Here the parts come to
//! this server, too.

use artifacts::{Artifacts, MOST_PARTS, Place, UploadId};
use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use domain::permissions::Level;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use store::{Db, permissions};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Path, SignedIn, required};

use super::wire::Empty;
use crate::accounts::Base;
use crate::files::Files;
use crate::reading::Reading;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/mpu/create/{*folder}", post(create))
        .route("/mpu/complete/{*folder}", post(complete))
        .route("/mpu/abort/{*folder}", post(abort))
        .route("/mpu/parts/{upload_id}/{number}", put(put_part))
        .route("/presigned/{*path}", get(no_presigned_downloads))
}

#[derive(Deserialize)]
struct Create {
    path: Option<String>,
    num_parts: Option<Int64>,
}

#[derive(Serialize)]
struct Created {
    upload_id: String,
    credentials: Vec<Credential>,
}

#[derive(Serialize)]
struct Credential {
    url: String,
    part_number: u32,
    headers: std::collections::BTreeMap<String, String>,
}

async fn create(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(folder): Path<String>,
    OriginalUri(uri): OriginalUri,
    Base(origin): Base,
    Call(call): Call<Create>,
) -> Result<Json<Created>, ApiError> {
    target(&db, &folder, call.path).await?;
    let count = call.num_parts.map_or(1, |count| count.0);
    let count = u32::try_from(count).ok().filter(|count| (1..=MOST_PARTS).contains(count)).ok_or_else(|| {
        ApiError::bad_request(format!(
            "Invalid value `{count}` for parameter 'num_parts' supplied: It must be between 1 and {MOST_PARTS}"
        ))
    })?;
    let id = artifacts.begin_upload().await?;
    let (calls, _) = uri.path().split_once("/mpu/").unwrap_or_default();
    let base = format!("{origin}{calls}/mpu/parts/{}", id.as_str());
    let credential = |part_number| Credential {
        url: format!("{base}/{part_number}"),
        part_number,
        headers: std::collections::BTreeMap::new(),
    };
    Ok(Json(Created {
        upload_id: id.as_str().to_owned(),
        credentials: (1..=count).map(credential).collect(),
    }))
}

/// The file's place, if the caller may write there: the folder of the address, and the name of the client's own
/// file.
async fn target(db: &Db, folder: &str, path: Option<String>) -> Result<(String, Place), ApiError> {
    let path = required("path", path)?;
    let name = path.rsplit(['/', '\\']).next().unwrap_or(&path);
    let folder = folder.trim_end_matches('/');
    let place = Place::parse(folder)?.join(name)?;
    let path = format!("{folder}/{name}");
    permissions::check_path(db, &path, Level::Edit).await?;
    Ok((path, place))
}

/// Clients send parts without saying who they are, as they would to a bucket: whoever knows the upload's id may, and only
/// who began the upload, and may write where it goes, makes a file of them.
async fn put_part(
    State(artifacts): State<Artifacts>,
    Path((upload_id, number)): Path<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let number = number.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "Invalid value `{number}` for the part's number supplied: it is a whole number"
        ))
    })?;
    let id = UploadId::parse(&upload_id)?;
    let size = artifacts.put_part(&id, number, body.into_data_stream()).await?;
    // The client sends the tag back; the part is known by its number.
    let tag = format!("\"{upload_id}-{number}-{size}\"");
    Ok((StatusCode::OK, [(header::ETAG, tag)]).into_response())
}

#[derive(Deserialize)]
struct Complete {
    path: Option<String>,
    upload_id: Option<String>,
    #[serde(default)]
    parts: Many<Part>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `part_number`")]
struct Part {
    part_number: Option<Int64>,
}

async fn complete(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    State(reading): State<Reading>,
    Path(folder): Path<String>,
    Call(call): Call<Complete>,
) -> Result<Json<Empty>, ApiError> {
    let (path, place) = target(&db, &folder, call.path).await?;
    let id = UploadId::parse(&required("upload_id", call.upload_id)?)?;
    let number = |part: Part| part.part_number.and_then(|number| u32::try_from(number.0).ok());
    let mut numbers: Vec<u32> = call
        .parts
        .0
        .into_iter()
        .map(|part| number(part).ok_or_else(|| ApiError::missing("parts.part_number")))
        .collect::<Result<_, _>>()?;
    if numbers.is_empty() {
        return Err(ApiError::missing("parts"));
    }
    numbers.sort_unstable();
    numbers.dedup();
    let files = Files { db: &db, artifacts: &artifacts, reading: &reading };
    files.complete(&path, &place, (id, &numbers)).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct Abort {
    path: Option<String>,
    upload_id: Option<String>,
}

async fn abort(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(folder): Path<String>,
    Call(call): Call<Abort>,
) -> Result<Json<Empty>, ApiError> {
    target(&db, &folder, call.path).await?;
    let id = UploadId::parse(&required("upload_id", call.upload_id)?)?;
    artifacts.abort_upload(&id).await?;
    Ok(Json(Empty {}))
}

async fn no_presigned_downloads(Path(path): Path<String>) -> ApiError {
    if let Err(error) = Place::parse(&path) {
        return error.into();
    }
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "NOT_IMPLEMENTED",
        "Multipart download is not supported for the current artifact repository; fetch the file itself",
    )
}
