//! `/api/v1/reviews`, `/api/v1/models/{name}/rollback`: reviews for scripts and CI.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::accounts::Role;
use domain::limits::Invalid;
use domain::reviews::Target;
use domain::reviews::gates::CheckState;
use domain::reviews::state;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::reviews::{self, Act, Ask, Office, Report, ReviewQuery};
use store::{Db, Error};
use web::wire::{Flag, Int64};
use web::{ApiError, Call, Path, SignedIn, required};

use super::json as shown;
use crate::clock::now;
use crate::state::AppState;

const PAGE: i64 = 50;
const MAX_PAGE: i64 = 1000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/reviews", get(search).post(ask))
        .route("/api/v1/reviews/{id}", get(show))
        .route("/api/v1/reviews/{id}/sign", post(sign))
        .route("/api/v1/reviews/{id}/withdraw", post(withdraw))
        .route("/api/v1/reviews/{id}/request-changes", post(request_changes))
        .route("/api/v1/reviews/{id}/withdraw-changes", post(withdraw_changes))
        .route("/api/v1/reviews/{id}/dismiss-changes", post(dismiss_changes))
        .route("/api/v1/reviews/{id}/checks", post(report))
        .route("/api/v1/reviews/{id}/waive", post(waive))
        .route("/api/v1/reviews/{id}/unwaive", post(unwaive))
        .route("/api/v1/reviews/{id}/reject", post(reject))
        .route("/api/v1/reviews/{id}/cancel", post(cancel))
        .route("/api/v1/reviews/{id}/override", post(override_all))
        .route("/api/v1/reviews/{id}/apply", post(apply))
        .route("/api/v1/reviews/{id}/comments", post(comment))
        .route("/api/v1/models/{name}/rollback", post(roll_back))
}

#[derive(Deserialize)]
struct Search {
    state: Option<String>,
    #[serde(default)]
    model: String,
    #[serde(default)]
    requester: String,
    only_overrides: Option<Flag>,
    before: Option<Int64>,
    max_results: Option<Int64>,
}

async fn search(SignedIn(db): SignedIn, Call(call): Call<Search>) -> Result<Json<Value>, ApiError> {
    let state = match call.state.as_deref() {
        None | Some("") => None,
        Some(text) => Some(state::State::parse(text).ok_or_else(|| {
            let states = state::State::ALL.map(state::State::as_str).join(", ");
            Invalid::new("state", format!("`{text}` is none; there are {states}"))
        })?),
    };
    let max_results = call.max_results.map_or(PAGE, |max| max.0);
    if !(1..=MAX_PAGE).contains(&max_results) {
        return Err(Invalid::new("max_results", format!("`{max_results}`; it is 1 to {MAX_PAGE}")).into());
    }
    let query = ReviewQuery {
        state,
        model: call.model,
        requester: call.requester,
        only_overrides: call.only_overrides.is_some_and(|flag| flag.0),
        before: call.before.map(|before| before.0),
        max_results,
    };
    let found = reviews::search(&db, &query).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == max_results);
    let next = found.last().filter(|_| is_full).map(|last| last.id);
    Ok(Json(json!({ "reviews": found.iter().map(shown::row).collect::<Vec<_>>(), "next_before": next })))
}

#[derive(Deserialize)]
struct AskFor {
    model: Option<String>,
    version: Option<Int64>,
    /// A stage, or `alias:NAME`.
    target: Option<String>,
    #[serde(default)]
    comment: String,
    archive_existing: Option<Flag>,
}

async fn ask(
    SignedIn(db): SignedIn,
    Call(call): Call<AskFor>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let asked = Ask {
        name: required("model", call.model)?,
        version: call.version.ok_or_else(|| ApiError::missing("version"))?.0,
        target: Target::parse(&required("target", call.target)?),
        comment: call.comment,
        archive_existing: call.archive_existing.is_none_or(|flag| flag.0),
    };
    let id = reviews::ask(&db, asked, now()).await.map_err(in_our_words)?;
    let details = reviews::details(&db, id, now()).await?;
    Ok((StatusCode::CREATED, Json(shown::details(&details))))
}

/// An error about what was asked for, by the names that these fields have here.
fn in_our_words(error: Error) -> ApiError {
    match error {
        Error::Invalid(Invalid { field, message }) => match &*field {
            "name" => Invalid::new("model", message).into(),
            "stage" => Invalid::new("target", format!("{message}, or `alias:` and an alias")).into(),
            "alias" => Invalid::new("target", message).into(),
            _ => Invalid { field, message }.into(),
        },
        error => error.into(),
    }
}

#[derive(Deserialize)]
struct One {
    id: i64,
}

async fn show(SignedIn(db): SignedIn, Path(One { id }): Path<One>) -> Result<Json<Value>, ApiError> {
    Ok(Json(shown::details(&reviews::details(&db, id, now()).await?)))
}

async fn act(db: &Db, office: &Office, id: i64, act: Act) -> Result<Json<Value>, ApiError> {
    let outcome = reviews::act(db, office, id, act, now()).await?;
    Ok(Json(shown::outcome(id, &outcome)))
}

#[derive(Deserialize)]
struct Sign {
    role: Option<String>,
    /// What was looked at: the answer to `GET` has it.
    digest: Option<String>,
    #[serde(default)]
    comment: String,
}

async fn sign(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Path(One { id }): Path<One>,
    Call(call): Call<Sign>,
) -> Result<Json<Value>, ApiError> {
    let role = call.role.filter(|role| !role.is_empty()).map(|text| role(&text)).transpose()?;
    act(&db, &office, id, Act::Sign { role, digest: call.digest, words: call.comment }).await
}

pub fn role(text: &str) -> Result<Role, Invalid> {
    Role::parse(text).ok_or_else(|| {
        let roles = Role::ALL.map(Role::as_str).join(", ");
        Invalid::new("role", format!("`{text}` is none; there are {roles}"))
    })
}

/// What most actions bring: words.
#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    comment: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    gate: String,
    /// A user's name.
    #[serde(default)]
    by: String,
}

macro_rules! actions {
    ($($name:ident: $words:ident => $act:expr;)*) => {$(
        async fn $name(
            SignedIn(db): SignedIn,
            State(office): State<Office>,
            Path(One { id }): Path<One>,
            Call($words): Call<Words>,
        ) -> Result<Json<Value>, ApiError> {
            act(&db, &office, id, $act).await
        }
    )*};
}

actions! {
    withdraw: _words => Act::Withdraw;
    request_changes: words => Act::RequestChanges { words: words.comment };
    withdraw_changes: _words => Act::WithdrawChanges;
    waive: words => Act::Waive { gate: words.gate, reason: words.reason };
    unwaive: words => Act::Unwaive { gate: words.gate };
    reject: words => Act::Reject { words: words.comment };
    cancel: words => Act::Cancel { words: words.comment };
    override_all: words => Act::Override { reason: words.reason };
    apply: _words => Act::Apply;
}

async fn dismiss_changes(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Path(One { id }): Path<One>,
    Call(words): Call<Words>,
) -> Result<Json<Value>, ApiError> {
    let details = reviews::details(&db, id, now()).await?;
    let asked = details.changes.iter().find(|asked| asked.name.eq_ignore_ascii_case(&words.by));
    let asked = asked.ok_or_else(|| {
        Invalid::new("by", format!("`{}` asks for no changes here; name a user who does", words.by))
    })?;
    act(&db, &office, id, Act::DismissChanges { by: asked.by, reason: words.reason }).await
}

#[derive(Deserialize)]
struct Check {
    name: Option<String>,
    state: Option<String>,
    #[serde(default)]
    summary: String,
    link: Option<String>,
    files_sha256: Option<String>,
}

async fn report(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Path(One { id }): Path<One>,
    Call(call): Call<Check>,
) -> Result<Json<Value>, ApiError> {
    let text = required("state", call.state)?;
    let state = CheckState::parse(&text).ok_or_else(|| {
        let states = CheckState::ALL.map(CheckState::as_str).join(", ");
        Invalid::new("state", format!("`{text}` is none; there are {states}"))
    })?;
    let report = Report {
        name: required("name", call.name)?,
        state,
        summary: call.summary,
        link: call.link.filter(|link| !link.is_empty()),
        files_sha256: call.files_sha256,
    };
    act(&db, &office, id, Act::Report(report)).await
}

async fn comment(
    SignedIn(db): SignedIn,
    Path(One { id }): Path<One>,
    Call(words): Call<Words>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let details = reviews::details(&db, id, now()).await?;
    let made =
        reviews::add_comment(&db, details.model, details.version, Some(id), words.comment, now()).await?;
    Ok((StatusCode::CREATED, Json(shown::comment(&made))))
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct RollBack {
    stage: Option<String>,
    /// The version that serves, as it was seen.
    serving: Option<Int64>,
    #[serde(default)]
    comment: String,
}

async fn roll_back(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Path(Model { name }): Path<Model>,
    Call(call): Call<RollBack>,
) -> Result<Json<Value>, ApiError> {
    let stage = call.stage.unwrap_or_else(|| "Production".into());
    let of = (name, stage, call.serving.map(|seen| seen.0));
    let (id, outcome) = reviews::roll_back(&db, &office, of, call.comment, now()).await?;
    Ok(Json(shown::outcome(id, &outcome)))
}
