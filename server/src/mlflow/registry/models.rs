//! `registered-models/…`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use domain::KeyValue;
use domain::reviews::Target;
use serde::{Deserialize, Serialize};
use store::registry::{self, NewModel, RegistryQuery};
use store::reviews::{Ask, Office};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Either, SignedIn, required};

use super::super::page_size;
use super::super::wire::{Empty, Pair};
use super::requests::asked_instead;
use super::version_number;
use super::wire::{ModelWire, VersionWire, model_answer, version_answer};
use crate::clock::now;
use crate::state::AppState;

const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/registered-models/create", post(create))
        .route("/registered-models/get", get(get_model))
        .route("/registered-models/update", patch(update))
        .route("/registered-models/rename", post(rename))
        .route("/registered-models/delete", delete(delete_model))
        .route("/registered-models/search", get(search))
        .route("/registered-models/list", get(search))
        .route("/registered-models/get-latest-versions", post(latest_versions).get(latest_versions))
        .route("/registered-models/set-tag", post(set_tag))
        .route("/registered-models/delete-tag", delete(delete_tag))
        .route("/registered-models/alias", post(set_alias).get(get_by_alias).delete(delete_alias))
}

/// Tags as they come; of a repeated key the last counts.
pub fn tags(given: Many<Pair>) -> Vec<KeyValue> {
    given.0.into_iter().map(KeyValue::from).collect()
}

#[derive(Deserialize)]
struct Create {
    name: Option<String>,
    #[serde(default)]
    tags: Many<Pair>,
    description: Option<String>,
}

async fn create(SignedIn(db): SignedIn, Call(call): Call<Create>) -> Result<Response, ApiError> {
    let new = NewModel {
        name: required("name", call.name)?,
        description: call.description.unwrap_or_default(),
        tags: tags(call.tags),
    };
    Ok(model_answer(&registry::create_model(&db, new, now()).await?))
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

async fn get_model(SignedIn(db): SignedIn, Call(call): Call<Named>) -> Result<Response, ApiError> {
    Ok(model_answer(&registry::model(&db, &required("name", call.name)?).await?))
}

#[derive(Deserialize)]
struct Update {
    name: Option<String>,
    description: Option<String>,
}

async fn update(SignedIn(db): SignedIn, Call(call): Call<Update>) -> Result<Response, ApiError> {
    let name = required("name", call.name)?;
    let description = call.description.unwrap_or_default();
    Ok(model_answer(&registry::update_model(&db, name, description, now()).await?))
}

#[derive(Deserialize)]
struct Rename {
    name: Option<String>,
    new_name: Option<String>,
}

async fn rename(SignedIn(db): SignedIn, Call(call): Call<Rename>) -> Result<Response, ApiError> {
    let name = required("name", call.name)?;
    let new_name = required("new_name", call.new_name)?;
    Ok(model_answer(&registry::rename_model(&db, name, new_name, now()).await?))
}

async fn delete_model(SignedIn(db): SignedIn, Either(call): Either<Named>) -> Result<Json<Empty>, ApiError> {
    registry::delete_model(&db, required("name", call.name)?, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
pub struct Search {
    filter: Option<String>,
    max_results: Option<Int64>,
    #[serde(default)]
    order_by: Many<String>,
    page_token: Option<String>,
}

impl Search {
    pub fn query(self, default: usize, most: usize) -> Result<RegistryQuery, ApiError> {
        Ok(RegistryQuery {
            filter: self.filter.unwrap_or_default(),
            order_by: self.order_by.0,
            max_results: page_size(self.max_results, default, most)?,
            page_token: self.page_token,
        })
    }
}

async fn search(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        registered_models: Vec<ModelWire<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let page = registry::search_models(&db, &call.query(PAGE, LARGEST_PAGE)?).await?;
    let registered_models = page.items.iter().map(ModelWire::from).collect();
    Ok(Json(Found { registered_models, next_page_token: page.next_page_token }).into_response())
}

#[derive(Deserialize)]
struct LatestVersions {
    name: Option<String>,
    #[serde(default)]
    stages: Many<String>,
}

async fn latest_versions(
    SignedIn(db): SignedIn,
    Call(call): Call<LatestVersions>,
) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        model_versions: Vec<VersionWire<'a>>,
    }
    let found = registry::latest_versions(&db, &required("name", call.name)?, &call.stages.0).await?;
    Ok(Json(Found { model_versions: found.iter().map(VersionWire::from).collect() }).into_response())
}

#[derive(Deserialize)]
struct Tag {
    name: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn set_tag(SignedIn(db): SignedIn, Call(call): Call<Tag>) -> Result<Json<Empty>, ApiError> {
    let name = required("name", call.name)?;
    let tag = KeyValue { key: required("key", call.key)?, value: call.value.unwrap_or_default() };
    registry::set_model_tag(&db, name, tag, now()).await?;
    Ok(Json(Empty {}))
}

async fn delete_tag(SignedIn(db): SignedIn, Either(call): Either<Tag>) -> Result<Json<Empty>, ApiError> {
    let name = required("name", call.name)?;
    registry::delete_model_tag(&db, name, required("key", call.key)?, now()).await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct AliasCall {
    name: Option<String>,
    alias: Option<String>,
    version: Option<String>,
}

async fn set_alias(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<AliasCall>,
) -> Result<Json<Empty>, ApiError> {
    let (name, alias) = (required("name", call.name)?, required("alias", call.alias)?);
    let version = version_number(&required("version", call.version)?)?;
    match registry::set_alias(&db, name.clone(), alias.clone(), version, now()).await {
        Ok(()) => Ok(Json(Empty {})),
        Err(store::Error::NeedsReview { what, path }) => {
            let target = Target::Alias(alias);
            let ask = Ask { name, version, target, comment: String::new(), archive_existing: true };
            Err(asked_instead(&db, &office, ask, (what, path)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn get_by_alias(SignedIn(db): SignedIn, Call(call): Call<AliasCall>) -> Result<Response, ApiError> {
    let (name, alias) = (required("name", call.name)?, required("alias", call.alias)?);
    Ok(version_answer(&registry::version_by_alias(&db, &name, &alias).await?))
}

async fn delete_alias(
    SignedIn(db): SignedIn,
    Either(call): Either<AliasCall>,
) -> Result<Json<Empty>, ApiError> {
    let (name, alias) = (required("name", call.name)?, required("alias", call.alias)?);
    registry::delete_alias(&db, name, alias, now()).await?;
    Ok(Json(Empty {}))
}
