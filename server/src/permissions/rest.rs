//! `api/v1/experiments/{id}/permissions`, `api/v1/models/{name}/permissions`.

use axum::routing::get;
use axum::{Json, Router};
use domain::permissions::{Grant, Grantee, Level, Permissions};
use serde::{Deserialize, Serialize};
use store::Db;
use store::permissions::{self, Object};
use web::{ApiError, Call, Path, SignedIn, required};

use super::{experiment, level, role};
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/experiments/{id}/permissions", get(of_experiment).put(set_of_experiment))
        .route("/api/v1/models/{name}/permissions", get(of_model).put(set_of_model))
}

#[derive(Serialize)]
struct Answer {
    /// The experiment's or the model's.
    id: String,
    name: String,
    /// Whoever made it, and always manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<String>,
    /// Whether only those may do something whom a grant names.
    restricted: bool,
    grants: Vec<GrantWire>,
    /// What whoever asks may do.
    level: Level,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(expecting = "an object with `user`, `role` or `everyone`, and `level`")]
struct GrantWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    everyone: Option<bool>,
    level: Option<String>,
}

impl GrantWire {
    fn read(self) -> Result<Grant, ApiError> {
        let to = match (self.user, self.role, self.everyone) {
            (Some(user), None, None | Some(false)) => Grantee::User(user),
            (None, Some(text), None | Some(false)) => role(&text)?,
            (None, None, Some(true)) => Grantee::Everyone,
            _ => {
                let why = "a grant has one of `user`, `role` and `\"everyone\": true`";
                return Err(ApiError::bad_request(why));
            }
        };
        Ok(Grant { to, level: level(&required("level", self.level)?)? })
    }
}

impl From<Grant> for GrantWire {
    fn from(grant: Grant) -> Self {
        let level = Some(grant.level.to_string());
        match grant.to {
            Grantee::User(name) => Self { user: Some(name), level, ..Self::default() },
            Grantee::Role(role) => Self { role: Some(role.to_string()), level, ..Self::default() },
            Grantee::Everyone => Self { everyone: Some(true), level, ..Self::default() },
        }
    }
}

impl From<Permissions> for Answer {
    fn from(permissions: Permissions) -> Self {
        Self {
            id: permissions.number.to_string(),
            name: permissions.name,
            creator: permissions.creator,
            restricted: !permissions.grants.is_empty(),
            grants: permissions.grants.into_iter().map(GrantWire::from).collect(),
            level: permissions.level,
        }
    }
}

#[derive(Deserialize)]
struct Set {
    /// It has to be said: nothing at all would open what is closed.
    grants: Option<Vec<GrantWire>>,
    /// As it was read; grants alone decide it.
    restricted: Option<bool>,
}

async fn show(db: &Db, object: &Object) -> Result<Json<Answer>, ApiError> {
    Ok(Json(permissions::of(db, object).await?.into()))
}

async fn set(db: &Db, object: Object, asked: Set) -> Result<Json<Answer>, ApiError> {
    let restricted = asked.restricted;
    let asked = asked.grants.ok_or_else(|| ApiError::missing("grants"))?;
    if restricted.is_some_and(|restricted| restricted == asked.is_empty()) {
        let why = "Invalid value for parameter 'restricted' supplied: with grants an object is restricted to those whom \
                   they name, and without any it is open to all; name at least one, or say false";
        return Err(ApiError::bad_request(why));
    }
    let grants = asked.into_iter().map(GrantWire::read).collect::<Result<_, _>>()?;
    Ok(Json(permissions::set(db, object, grants, now()).await?.into()))
}

async fn of_experiment(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Json<Answer>, ApiError> {
    show(&db, &Object::Experiment(experiment(&id)?)).await
}

async fn set_of_experiment(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(asked): Call<Set>,
) -> Result<Json<Answer>, ApiError> {
    set(&db, Object::Experiment(experiment(&id)?), asked).await
}

async fn of_model(SignedIn(db): SignedIn, Path(name): Path<String>) -> Result<Json<Answer>, ApiError> {
    show(&db, &Object::Model(name)).await
}

async fn set_of_model(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Call(asked): Call<Set>,
) -> Result<Json<Answer>, ApiError> {
    set(&db, Object::Model(name), asked).await
}
