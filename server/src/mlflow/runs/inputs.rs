//! What runs read and made: `runs/log-inputs`, `runs/outputs`.

use axum::routing::post;
use axum::{Json, Router};
use domain::KeyValue;
use domain::datasets::{Dataset, DatasetInput};
use domain::limits::{self, Invalid, Place};
use domain::runs::ModelOutput;
use serde::Deserialize;
use store::{datasets, logged_models};
use web::wire::{Int64, Many};
use web::{ApiError, Call, SignedIn, required};

use super::super::wire::{Empty, Pair, pairs};
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new().route("/runs/log-inputs", post(log_inputs)).route("/runs/outputs", post(log_outputs))
}

#[derive(Deserialize)]
struct LogInputs {
    run_id: Option<String>,
    #[serde(default)]
    datasets: Many<Input>,
    #[serde(default)]
    models: Many<Model>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `dataset`")]
struct Input {
    #[serde(default)]
    tags: Many<Pair>,
    dataset: Option<InputDataset>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `name` and `digest`")]
struct InputDataset {
    name: Option<String>,
    digest: Option<String>,
    source_type: Option<String>,
    source: Option<String>,
    schema: Option<String>,
    profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `model_id`")]
struct Model {
    model_id: Option<String>,
    step: Option<Int64>,
}

async fn log_inputs(SignedIn(db): SignedIn, Call(call): Call<LogInputs>) -> Result<Json<Empty>, ApiError> {
    let uuid = required("run_id", call.run_id)?;
    if call.datasets.0.len() > limits::MAX_DATASETS_PER_BATCH {
        return Err(ApiError::bad_request(format!(
            "Invalid value for parameter 'datasets' supplied: at most {} data sets at once, got {}",
            limits::MAX_DATASETS_PER_BATCH,
            call.datasets.0.len()
        )));
    }
    let inputs = call.datasets.0.into_iter().enumerate().map(|(index, input)| checked(index, input));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let models = call.models.0.into_iter().map(|model| model_id(model.model_id));
    let models = models.collect::<Result<Vec<_>, _>>()?;
    datasets::log_inputs(&db, uuid, inputs, models).await?;
    Ok(Json(Empty {}))
}

fn model_id(given: Option<String>) -> Result<String, ApiError> {
    let id = required("models.model_id", given)?;
    limits::check_short_text("models.model_id", &id, limits::MAX_KEY_LENGTH)?;
    Ok(id)
}

fn checked(index: usize, input: Input) -> Result<DatasetInput, ApiError> {
    let place = Place::Entry("datasets", index);
    let dataset = input.dataset.ok_or_else(|| ApiError::missing(place.field("dataset")))?;
    let text = |field: &str, value: Option<String>, limit: usize| -> Result<String, ApiError> {
        let value = value.unwrap_or_default();
        limits::check_short_text(place.field(field), &value, limit)?;
        Ok(value)
    };
    let optional = |field: &str, value: Option<String>, limit: usize| {
        value.map(|value| text(field, Some(value), limit)).transpose()
    };
    let check_tag = |place: Place<'_>, tag: KeyValue| -> Result<KeyValue, Invalid> {
        limits::check_short_text(place.field("key"), &tag.key, 255)?;
        limits::check_short_text(place.field("value"), &tag.value, 500)?;
        Ok(tag)
    };
    Ok(DatasetInput {
        dataset: Dataset {
            name: text("dataset.name", dataset.name, limits::MAX_DATASET_NAME_LENGTH)?,
            digest: text("dataset.digest", dataset.digest, limits::MAX_DATASET_DIGEST_LENGTH)?,
            source_type: text("dataset.source_type", dataset.source_type, 36)?,
            source: text("dataset.source", dataset.source, 65_535)?,
            schema: optional("dataset.schema", dataset.schema, 1_048_575)?,
            profile: optional("dataset.profile", dataset.profile, 16_777_215)?,
        },
        tags: pairs(&place.field("tags").to_string(), input.tags, check_tag)?,
    })
}

#[derive(Deserialize)]
struct LogOutputs {
    run_id: Option<String>,
    models: Option<Many<Model>>,
}

async fn log_outputs(SignedIn(db): SignedIn, Call(call): Call<LogOutputs>) -> Result<Json<Empty>, ApiError> {
    let uuid = required("run_id", call.run_id)?;
    let models = call.models.ok_or_else(|| ApiError::missing("models"))?.0.into_iter().map(|model| {
        let model_id = model_id(model.model_id)?;
        Ok::<_, ApiError>(ModelOutput { model_id, step: model.step.unwrap_or_default().0 })
    });
    let outputs = models.collect::<Result<Vec<_>, _>>()?;
    logged_models::log_outputs(&db, uuid, outputs).await?;
    Ok(Json(Empty {}))
}
