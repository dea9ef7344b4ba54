//! `transition-requests/…`, `databricks/…`: reviews in the words of Databricks' registry, as its client speaks them.

use axum::extract::State;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use domain::permissions::Level;
use domain::reviews::Target;
use domain::reviews::state::Action;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Db;
use store::permissions::{self, Object};
use store::registry;
use store::reviews::{self, Act, Ask, Details, Office, Outcome, ReviewRow};
use web::{ApiError, Call, Either, SignedIn, required};

use super::version_number;
use super::wire::{ModelWire, VersionWire};
use crate::clock::now;
use crate::mlflow::permissions::level_name;
use crate::mlflow::wire::LooseFlag;
use crate::rights::{Right, allows};
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/transition-requests/create", post(create))
        .route("/transition-requests/list", get(list))
        .route("/transition-requests/approve", post(approve))
        .route("/transition-requests/reject", post(reject))
        .route("/transition-requests/delete", delete(cancel))
        .route("/databricks/registered-models/get", get(get_model))
        .route("/databricks/model-versions/transition-stage", post(transition))
}

/// What every call names.
#[derive(Deserialize)]
struct Request {
    name: Option<String>,
    version: Option<web::wire::Name>,
    stage: Option<String>,
    comment: Option<String>,
    creator: Option<String>,
    archive_existing_versions: Option<LooseFlag>,
}

struct Named {
    name: String,
    version: i64,
    stage: String,
    comment: String,
}

impl Request {
    async fn read(&self, db: &Db) -> Result<Named, ApiError> {
        let (name, version) = self.version()?;
        let stage = required("stage", self.stage.clone())?;
        let stage = registry::workspace_stages(db).await?.find("stage", &stage)?.to_owned();
        Ok(Named { name, version, stage, comment: self.comment.clone().unwrap_or_default() })
    }

    fn version(&self) -> Result<(String, i64), ApiError> {
        let name = required("name", self.name.clone())?;
        let version = required("version", self.version.as_ref().map(|version| version.0.clone()))?;
        Ok((name, version_number(&version)?))
    }
}

async fn create(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<Request>,
) -> Result<Json<Value>, ApiError> {
    let Named { name, version, stage, comment } = call.read(&db).await?;
    let ask = Ask { name, version, target: Target::Stage(stage), comment, archive_existing: false };
    let id = reviews::ask(&db, ask, now()).await?;
    Ok(Json(json!({ "request": request(&office, &reviews::details(&db, id, now()).await?) })))
}

async fn list(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<Request>,
) -> Result<Json<Value>, ApiError> {
    let (name, version) = call.version()?;
    registry::version(&db, &name, version).await?;
    Ok(Json(json!({ "requests": open_requests(&db, &office, &name, version).await? })))
}

async fn open_requests(db: &Db, office: &Office, name: &str, version: i64) -> Result<Vec<Value>, ApiError> {
    let mut requests = Vec::new();
    for row in reviews::open_of_version(db, name, version).await? {
        if row.state == "open" {
            requests.push(request(office, &reviews::details(db, row.id, now()).await?));
        }
    }
    Ok(requests)
}

/// The open review that the call is about.
async fn open(db: &Db, named: &Named) -> Result<ReviewRow, ApiError> {
    let rows = reviews::open_of_version(db, &named.name, named.version).await?;
    let open = rows.into_iter().find(|row| row.state == "open" && row.target == named.stage);
    open.ok_or_else(|| {
        ApiError::not_found(format!(
            "no open transition request of `{}` version {} to {} exists",
            named.name, named.version, named.stage
        ))
    })
}

async fn approve(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<Request>,
) -> Result<Json<Value>, ApiError> {
    let named = call.read(&db).await?;
    let review = open(&db, &named).await?;
    let id = review.id;
    let details = reviews::details(&db, id, now()).await?;
    if let Some(archive) = &call.archive_existing_versions
        && details.can(&approval(&details), now())
    {
        reviews::plan(&db, id, archive.0, now()).await?;
    }
    let approve = match approval(&details) {
        Action::Apply => Act::Apply,
        _ => Act::Sign { role: None, digest: None, words: named.comment.clone() },
    };
    let outcome = reviews::act(&db, &office, id, approve, now()).await?;
    let said = match &outcome {
        Outcome::Recorded { missing } if missing.is_empty() => {
            "Signed. Nothing is missing; it has still to be applied.".into()
        }
        Outcome::Recorded { missing } => format!("Signed. Still missing: {}.", missing.join("; ")),
        _ => format!("Signed. Version {} is now in {}.", named.version, named.stage),
    };
    let mut activity = activity(&office, &db, &review, "APPROVED_REQUEST", &named, &said);
    if let Outcome::Recorded { missing } = outcome {
        activity["applied"] = json!(false);
        activity["missing"] = json!(missing);
    } else {
        activity["applied"] = json!(true);
    }
    Ok(Json(json!({ "activity": activity })))
}

/// What approving is: where nobody has to sign, to apply it.
fn approval(details: &Details) -> Action {
    let is_signed_for = !details.requirements.is_empty();
    if is_signed_for { Action::Sign { role: None, digest: None } } else { Action::Apply }
}

async fn reject(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<Request>,
) -> Result<Json<Value>, ApiError> {
    let named = call.read(&db).await?;
    let review = open(&db, &named).await?;
    let reject = Act::Reject { words: named.comment.clone() };
    end(&db, &office, &review, reject, "REJECTED_REQUEST", &named).await
}

async fn cancel(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Either(call): Either<Request>,
) -> Result<Json<Value>, ApiError> {
    let named = call.read(&db).await?;
    let review = open(&db, &named).await?;
    if let Some(creator) = call.creator.filter(|creator| !creator.is_empty())
        && review.requester != creator
    {
        return Err(ApiError::not_found(format!("`{creator}` has no open transition request like that")));
    }
    let cancel = Act::Cancel { words: named.comment.clone() };
    end(&db, &office, &review, cancel, "CANCELLED_REQUEST", &named).await
}

/// Ends an open review without a change.
async fn end(
    db: &Db,
    office: &Office,
    review: &ReviewRow,
    act: Act,
    kind: &str,
    named: &Named,
) -> Result<Json<Value>, ApiError> {
    reviews::act(db, office, review.id, act, now()).await?;
    Ok(Json(json!({ "activity": activity(office, db, review, kind, named, "") })))
}

fn address(office: &Office, id: i64) -> String {
    format!("{}/reviews/{id}", office.url)
}

fn activity(office: &Office, db: &Db, review: &ReviewRow, kind: &str, named: &Named, said: &str) -> Value {
    let id = review.id;
    json!({
        "id": id.to_string(),
        "activity_type": kind,
        "user_id": db.by().name,
        "comment": named.comment,
        "system_comment": format!("{said} {}", address(office, id)).trim(),
        "from_stage": review.from_stage,
        "to_stage": named.stage,
        "creation_timestamp": now().0,
        "last_updated_timestamp": now().0,
        "review_id": id,
        "review_url": address(office, id),
    })
}

fn request(office: &Office, details: &Details) -> Value {
    let possible = [
        (approval(details), "APPROVE_TRANSITION_REQUEST"),
        (Action::Reject, "REJECT_TRANSITION_REQUEST"),
        (Action::Cancel, "CANCEL_TRANSITION_REQUEST"),
    ];
    let available: Vec<_> =
        possible.iter().filter(|(action, _)| details.can(action, now())).map(|(_, name)| *name).collect();
    json!({
        "id": details.id.to_string(),
        "activity_type": "REQUESTED_TRANSITION",
        "creation_timestamp": details.opened_at.0,
        "last_updated_timestamp": details.opened_at.0,
        "user_id": details.requester,
        "comment": details.comment,
        "from_stage": details.from,
        "to_stage": details.review.target.to_string(),
        "available_actions": available,
        "review_id": details.id,
        "review_url": address(office, details.id),
        "status": details.review.state.as_str(),
        "missing": details.missing,
    })
}

async fn get_model(SignedIn(db): SignedIn, Call(call): Call<Request>) -> Result<Json<Value>, ApiError> {
    let name = required("name", call.name)?;
    let model = registry::model(&db, &name).await?;
    let mut wire = serde_json::to_value(ModelWire::from(&model)).unwrap_or_default();
    wire["id"] = json!(registry::model_id(&db, &name).await?.to_string());
    wire["permission_level"] = json!(permission_level(&db, &name).await?);
    Ok(Json(json!({ "registered_model_databricks": wire })))
}

/// What the caller may do with the model, in the dialect's words.
async fn permission_level(db: &Db, name: &str) -> Result<&'static str, ApiError> {
    let level = permissions::of(db, &Object::Model(name.to_owned())).await?.level;
    let may_write = allows(Right::Write, db.by());
    Ok(level_name(if may_write { level } else { Level::Read }))
}

async fn transition(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Call(call): Call<Request>,
) -> Result<Json<Value>, ApiError> {
    let named = call.read(&db).await?;
    let archive = call.archive_existing_versions.is_some_and(|flag| flag.0);
    let moved = plain_transition(
        &db,
        &office,
        (named.name.clone(), named.version),
        &named.stage,
        (archive, &named.comment),
    )
    .await?;
    let mut wire = serde_json::to_value(VersionWire::from(&moved)).unwrap_or_default();
    wire["permission_level"] = json!(permission_level(&db, &named.name).await?);
    wire["open_requests"] = json!(open_requests(&db, &office, &named.name, named.version).await?);
    Ok(Json(json!({ "model_version_databricks": wire })))
}

/// A stage change by a plain call. Where a policy asks for a review the refusal says where to ask for one, or that
/// one was asked for, as the policy says.
pub async fn plain_transition(
    db: &Db,
    office: &Office,
    (name, version): (String, i64),
    stage: &str,
    (archive, comment): (bool, &str),
) -> Result<domain::registry::ModelVersion, ApiError> {
    let moved = registry::transition(db, name.clone(), version, stage, archive, now()).await;
    let (what, path) = match moved {
        Err(store::Error::NeedsReview { what, path }) => (what, path),
        moved => return Ok(moved?),
    };
    let stage = registry::workspace_stages(db).await?.find("stage", stage)?.to_owned();
    let ask = Ask {
        name,
        version,
        target: Target::Stage(stage),
        comment: comment.to_owned(),
        archive_existing: archive,
    };
    Err(asked_instead(db, office, ask, (what, path)).await?)
}

/// The refusal of a plain call `what` at `path`, with the request for it, if the policy makes one.
pub async fn asked_instead(
    db: &Db,
    office: &Office,
    ask: Ask,
    (what, path): (String, String),
) -> Result<ApiError, ApiError> {
    let refused = |message: String| ApiError::new(http::StatusCode::FORBIDDEN, "PERMISSION_DENIED", message);
    let in_force = reviews::in_force_for(db, &ask.name, &ask.target).await?;
    let makes_one =
        in_force.is_some_and(|found| found.rules.plain_call == domain::reviews::policy::PlainCall::Request);
    if !makes_one {
        return Ok(refused(format!("{what}; ask for one at {}{path}", office.url)));
    }
    match reviews::ask(db, ask, now()).await {
        Ok(id) => Ok(refused(format!("{what}; it is asked for at {}", address(office, id)))),
        Err(store::Error::AlreadyExists { key, .. }) => {
            Ok(refused(format!("{what}; it is open at {}/reviews/{key}", office.url)))
        }
        Err(error) => Err(error.into()),
    }
}
