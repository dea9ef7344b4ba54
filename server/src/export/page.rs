//! `experiments/{id}/export`: the files of a table's runs, for a person.

use app::{ExportPage, RunsExport, Section};
use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::get;
use domain::ViewType;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::runs::{self, RunQuery};
use store::{Error, experiments};
use web::wire::Int64;
use web::{ApiError, Path, SignedIn};

use crate::frame::page;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/experiments/{id}/export", get(show))
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(id) }): Path<One>,
    RawQuery(address): RawQuery,
) -> Result<Response, ApiError> {
    let experiment = experiments::get(&db, id).await?;
    let fields = web::query::pairs(address.as_deref().unwrap_or_default())?;
    let export = RunsExport::new(id, experiment.name, fields);
    let query = RunQuery {
        experiment_ids: vec![id],
        filter: export.filter().to_owned(),
        view: if export.is_of_deleted() { ViewType::DeletedOnly } else { ViewType::ActiveOnly },
        ..RunQuery::default()
    };
    let total = match runs::count(&db, &query).await {
        Ok(total) => Ok(total),
        Err(why @ (Error::Filter(_) | Error::Invalid(_))) => Err(why.to_string()),
        Err(why) => return Err(why.into()),
    };
    let status = if total.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Ok(page(Some(db.by()), status, "Export runs", Section::Experiments, || {
        view! { <ExportPage export total/> }
    }))
}
