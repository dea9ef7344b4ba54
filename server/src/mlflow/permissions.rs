//! `permissions/registered-models/…`: who may do what with a model, in Databricks' words.
//!
//! A model is named by its number; `root` stands for all models, whose defaults are the roles' and fixed. Groups are
//! roles; `users` is everyone, `admins` are the admins. What a version may become is the reviews' to say, so both
//! levels between editing and managing are kept as editing, and read back as that.

use axum::routing::get;
use axum::{Json, Router};
use domain::accounts::Role;
use domain::permissions::{Grant, Grantee, Level, Permissions};
use serde::{Deserialize, Serialize};
use store::permissions::{self, Object};
use web::wire::Many;
use web::{ApiError, Call, Path, SignedIn, required};

use crate::clock::now;
use crate::state::AppState;

/// What all models inherit from.
const ROOT: &str = "root";
const ROOT_OBJECT: &str = "/registered-models/";

/// Name, what it means, what it is here.
const LEVELS: [(&str, &str, Level); 5] = [
    ("CAN_READ", "Can see the model, its versions and their files", Level::Read),
    ("CAN_EDIT", "Can add versions and change what is in the model", Level::Edit),
    ("CAN_MANAGE_STAGING_VERSIONS", "The same as CAN_EDIT: reviews decide what becomes Staging", Level::Edit),
    (
        "CAN_MANAGE_PRODUCTION_VERSIONS",
        "The same as CAN_EDIT: reviews decide what becomes Production",
        Level::Edit,
    ),
    ("CAN_MANAGE", "Can rename and delete the model, and grant permissions on it", Level::Manage),
];

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/2.0/permissions/registered-models/{id}", get(show).put(set).patch(update))
        .route("/api/2.0/permissions/registered-models/{id}/permissionLevels", get(levels))
}

/// The model that an id names; `None`: all of them.
fn object(id: &str) -> Result<Option<Object>, ApiError> {
    if id == ROOT {
        return Ok(None);
    }
    let number = id.parse().map_err(|_| {
        ApiError::not_found(format!(
            "no registered model with id `{id}` exists; an id is a number, or `root`"
        ))
    })?;
    Ok(Some(Object::ModelNumber(number)))
}

#[derive(Serialize)]
struct Answer {
    object_id: String,
    object_type: &'static str,
    access_control_list: Vec<Access>,
}

#[derive(Serialize)]
struct Access {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    display_name: String,
    all_permissions: Vec<Permission>,
}

#[derive(Serialize)]
struct Permission {
    #[serde(rename = "permission_level")]
    level: &'static str,
    inherited: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inherited_from_object: Vec<&'static str>,
}

pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Read => "CAN_READ",
        Level::Edit => "CAN_EDIT",
        Level::Manage => "CAN_MANAGE",
    }
}

impl Access {
    fn new(to: &Grantee, level: Level, inherited: bool) -> Self {
        let (user, group) = match to {
            Grantee::User(name) => (Some(name.clone()), None),
            Grantee::Role(Role::Admin) => (None, Some("admins".to_owned())),
            Grantee::Role(role) => (None, Some(role.to_string())),
            Grantee::Everyone => (None, Some("users".to_owned())),
        };
        let display_name = match to {
            Grantee::Role(role) => role.label().to_owned(),
            Grantee::User(name) => name.clone(),
            Grantee::Everyone => "Everyone".to_owned(),
        };
        let inherited_from_object = if inherited { vec![ROOT_OBJECT] } else { Vec::new() };
        let permission = Permission { level: level_name(level), inherited, inherited_from_object };
        Self { user_name: user, group_name: group, display_name, all_permissions: vec![permission] }
    }
}

/// What roles may do where nothing is granted.
fn defaults(inherited: bool) -> Vec<Access> {
    let level = |role| match role {
        Role::Admin => Level::Manage,
        Role::Viewer => Level::Read,
        _ => Level::Edit,
    };
    Role::ALL.map(|role| Access::new(&Grantee::Role(role), level(role), inherited)).into()
}

impl From<Permissions> for Answer {
    fn from(permissions: Permissions) -> Self {
        let Permissions { number, creator, grants, .. } = permissions;
        let mut list: Vec<_> =
            grants.iter().map(|grant| Access::new(&grant.to, grant.level, false)).collect();
        if let Some(creator) = creator.map(Grantee::User)
            && !grants.iter().any(|grant| grant.to == creator)
        {
            list.push(Access::new(&creator, Level::Manage, false));
        }
        if grants.is_empty() {
            list.extend(defaults(true));
        } else {
            list.push(Access::new(&Grantee::Role(Role::Admin), Level::Manage, true));
        }
        Self {
            object_id: format!("{ROOT_OBJECT}{number}"),
            object_type: "registered-model",
            access_control_list: list,
        }
    }
}

async fn show(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Json<Answer>, ApiError> {
    let Some(object) = object(&id)? else {
        return Ok(Json(Answer {
            object_id: ROOT_OBJECT.to_owned(),
            object_type: "registered-model",
            access_control_list: defaults(false),
        }));
    };
    Ok(Json(permissions::of(&db, &object).await?.into()))
}

async fn levels(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Json<LevelsAnswer>, ApiError> {
    if let Some(object) = object(&id)? {
        permissions::of(&db, &object).await?;
    }
    let wire = |(permission_level, description, _)| LevelWire { permission_level, description };
    Ok(Json(LevelsAnswer { permission_levels: LEVELS.map(wire) }))
}

#[derive(Serialize)]
struct LevelsAnswer {
    permission_levels: [LevelWire; 5],
}

#[derive(Serialize)]
struct LevelWire {
    permission_level: &'static str,
    description: &'static str,
}

#[derive(Deserialize)]
struct Change {
    /// An empty one says that roles decide; that isn't for a call to say that forgot it.
    access_control_list: Option<Many<Asked>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with a user or a group, and `permission_level`")]
struct Asked {
    user_name: Option<String>,
    group_name: Option<String>,
    service_principal_name: Option<String>,
    permission_level: Option<String>,
}

impl Asked {
    fn read(self) -> Result<Grant, ApiError> {
        let text = required("permission_level", self.permission_level)?;
        let known = LEVELS.into_iter().find(|(name, ..)| *name == text);
        let (.., level) = known.ok_or_else(|| {
            ApiError::bad_request(format!(
                "Invalid value `{text}` for parameter 'permission_level' supplied: it is one of {}",
                LEVELS.map(|(name, ..)| name).join(", ")
            ))
        })?;
        if self.service_principal_name.is_some() {
            return Err(ApiError::bad_request(
                "there are no service principals here; name a user or a group",
            ));
        }
        let to = match (self.user_name, self.group_name) {
            (Some(user), None) => Grantee::User(user),
            (None, Some(group)) => match group.as_str() {
                "users" => Grantee::Everyone,
                "admins" => Grantee::Role(Role::Admin),
                role => Grantee::Role(Role::parse(role).ok_or_else(|| no_group(role))?),
            },
            _ => return Err(ApiError::bad_request("each entry has either `user_name` or `group_name`")),
        };
        Ok(Grant { to, level })
    }
}

fn no_group(name: &str) -> ApiError {
    let roles = Role::ALL.map(Role::as_str).join(", ");
    ApiError::not_found(format!("no group `{name}` exists; the groups are `users` and the roles: {roles}"))
}

/// The model that is to be changed, and the grants asked for.
fn read(id: &str, change: Change) -> Result<(Object, Vec<Grant>), ApiError> {
    let object = object(id)?.ok_or_else(|| {
        ApiError::bad_request(
            "what holds for all models is decided by roles and can't be changed here; grant permissions on a model",
        )
    })?;
    let list = change.access_control_list.ok_or_else(|| ApiError::missing("access_control_list"))?;
    let grants = list.0.into_iter().map(Asked::read).collect::<Result<_, _>>()?;
    Ok((object, grants))
}

/// Puts these grants in the place of those that there are.
async fn set(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(change): Call<Change>,
) -> Result<Json<Answer>, ApiError> {
    let (object, grants) = read(&id, change)?;
    Ok(Json(permissions::set(&db, object, grants, now()).await?.into()))
}

/// Adds these grants, or changes those that there are.
async fn update(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(change): Call<Change>,
) -> Result<Json<Answer>, ApiError> {
    let (object, grants) = read(&id, change)?;
    Ok(Json(permissions::add(&db, object, grants, now()).await?.into()))
}
