//! Registered models and versions, as clients read them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::KeyValue;
use domain::registry::{Alias, ModelVersion, RegisteredModel};
use serde::Serialize;

#[derive(Serialize)]
pub struct ModelWire<'a> {
    name: &'a str,
    creation_timestamp: i64,
    last_updated_timestamp: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    latest_versions: Vec<VersionWire<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [KeyValue],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<AliasWire<'a>>,
}

#[derive(Serialize)]
struct AliasWire<'a> {
    alias: &'a str,
    version: String,
}

#[derive(Serialize)]
pub struct VersionWire<'a> {
    name: &'a str,
    version: String,
    creation_timestamp: i64,
    last_updated_timestamp: i64,
    current_stage: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    source: &'a str,
    run_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [KeyValue],
    run_link: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aliases: &'a [String],
}

impl<'a> From<&'a RegisteredModel> for ModelWire<'a> {
    fn from(model: &'a RegisteredModel) -> Self {
        let alias = |one: &'a Alias| AliasWire { alias: &one.alias, version: one.version.to_string() };
        Self {
            name: &model.name,
            creation_timestamp: model.created_at.0,
            last_updated_timestamp: model.updated_at.0,
            description: &model.description,
            latest_versions: model.latest_versions.iter().map(VersionWire::from).collect(),
            tags: &model.tags,
            aliases: model.aliases.iter().map(alias).collect(),
        }
    }
}

impl<'a> From<&'a ModelVersion> for VersionWire<'a> {
    fn from(version: &'a ModelVersion) -> Self {
        Self {
            name: &version.name,
            version: version.version.to_string(),
            creation_timestamp: version.created_at.0,
            last_updated_timestamp: version.updated_at.0,
            current_stage: &version.stage,
            description: version.description.as_deref(),
            source: &version.source,
            run_id: &version.run_uuid,
            // Files come before their version: it is ready at once.
            status: "READY",
            tags: &version.tags,
            run_link: &version.run_link,
            aliases: &version.aliases,
        }
    }
}

pub fn model_answer(model: &RegisteredModel) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        registered_model: ModelWire<'a>,
    }
    Json(Answer { registered_model: model.into() }).into_response()
}

pub fn version_answer(version: &ModelVersion) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        model_version: VersionWire<'a>,
    }
    Json(Answer { model_version: version.into() }).into_response()
}
