//! Door 3: the pages of reviews.

use app::Section;
use app::reviews::{AskPage, ListFilter, ReviewPage, ReviewsPage, WaitingPage};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::reviews::Target;
use domain::reviews::state;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::reviews::{self, Act, Ask, Office, Outcome, ReviewQuery};
use store::{Db, registry};
use web::wire::Int64;
use web::{ApiError, Call, Form, Path, SignedIn};

use super::api::role;
use crate::clock::now;
use crate::frame::page;
use crate::state::AppState;

const PAGE: i64 = 50;
/// What the page of a review is told when it has just been applied.
const APPLIED: &str = "applied";

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(first))
        .route("/waiting", get(waiting))
        .route("/reviews", get(list))
        .route("/reviews/{id}", get(show))
        .route("/reviews/{id}/comment", post(comment))
        .route("/reviews/{id}/comment/{comment}/edit", post(edit_comment))
        .route("/reviews/{id}/comment/{comment}/delete", post(delete_comment))
        .route("/reviews/{id}/{action}", post(act))
        .route("/models/{name}/versions/{version}/ask", get(show_ask).post(ask))
        .route("/models/{name}/rollback", post(roll_back))
}

/// Whoever has an account sees what waits for them; where nobody has one nothing waits.
async fn first(SignedIn(db): SignedIn) -> Redirect {
    Redirect::to(if db.by().user_id.is_some() { "/waiting" } else { "/experiments" })
}

async fn waiting(SignedIn(db): SignedIn) -> Result<Response, ApiError> {
    let list = reviews::waiting_for(&db, now()).await?;
    let watched = registry::watched(&db, now()).await?;
    Ok(page(Some(db.by()), StatusCode::OK, "Waiting for you", Section::None, || {
        view! { <WaitingPage list watched/> }
    }))
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    state: String,
    #[serde(default)]
    model: String,
    before: Option<Int64>,
}

async fn list(SignedIn(db): SignedIn, Call(call): Call<List>) -> Result<Response, ApiError> {
    let query = ReviewQuery {
        state: state::State::parse(&call.state),
        model: call.model.clone(),
        only_overrides: call.state == "overrides",
        before: call.before.map(|before| before.0),
        max_results: PAGE,
        ..ReviewQuery::default()
    };
    let rows = reviews::search(&db, &query).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let next = rows.last().filter(|_| is_full).map(|last| last.id);
    let filter = ListFilter { state: call.state, model: call.model };
    Ok(page(Some(db.by()), StatusCode::OK, "Reviews", Section::Reviews, || {
        view! { <ReviewsPage rows filter next/> }
    }))
}

#[derive(Deserialize)]
struct One {
    id: i64,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    done: String,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id }): Path<One>,
    Call(Shown { done }): Call<Shown>,
) -> Result<Response, ApiError> {
    let done =
        (done == APPLIED).then(|| "That was the last that was missing: it is done, and recorded.".into());
    review(&db, id, done, None).await
}

/// A form that was refused: why, and what was written in it.
struct Refused {
    why: String,
    wrote: String,
}

async fn review(
    db: &Db,
    id: i64,
    done: Option<String>,
    refused: Option<Refused>,
) -> Result<Response, ApiError> {
    let details = reviews::details(db, id, now()).await?;
    let has_record = reviews::record_of(db, id).await.is_ok();
    let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let (problem, wrote) = refused.map(|refused| (refused.why, refused.wrote)).unzip();
    let title = format!("{} v{} to {}", details.model, details.version, details.review.target);
    let now = now();
    Ok(page(Some(db.by()), status, &title, Section::Reviews, || {
        view! { <ReviewPage details now has_record done problem wrote/> }
    }))
}

#[derive(Deserialize)]
struct Action {
    id: i64,
    action: String,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    comment: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    gate: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    digest: String,
    by: Option<Int64>,
}

fn read(action: &str, typed: Typed) -> Result<Act, ApiError> {
    let Typed { comment, reason, gate, role: role_text, digest, by } = typed;
    Ok(match action {
        "sign" => Act::Sign {
            role: if role_text.is_empty() { None } else { Some(role(&role_text)?) },
            digest: (!digest.is_empty()).then_some(digest),
            words: comment,
        },
        "withdraw" => Act::Withdraw,
        "request-changes" => Act::RequestChanges { words: comment },
        "withdraw-changes" => Act::WithdrawChanges,
        "dismiss-changes" => {
            let by =
                by.ok_or_else(|| ApiError::bad_request("name in `by` whose request for changes it is"))?;
            Act::DismissChanges { by: by.0, reason }
        }
        "waive" => Act::Waive { gate, reason },
        "unwaive" => Act::Unwaive { gate },
        "reject" => Act::Reject { words: comment },
        "cancel" => Act::Cancel { words: comment },
        "override" => Act::Override { reason },
        "apply" => Act::Apply,
        other => return Err(ApiError::not_found(format!("`{other}` is nothing that a review knows"))),
    })
}

async fn act(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Path(Action { id, action }): Path<Action>,
    Form(typed): Form<Typed>,
) -> Result<Response, ApiError> {
    let wrote = if typed.comment.is_empty() { typed.reason.clone() } else { typed.comment.clone() };
    let outcome = match read(&action, typed) {
        Ok(act) => reviews::act(&db, &office, id, act, now()).await,
        Err(refused) if refused.status == StatusCode::NOT_FOUND => return Err(refused),
        Err(refused) => return review(&db, id, None, Some(Refused { why: refused.message, wrote })).await,
    };
    match outcome {
        Ok(Outcome::Applied) => Ok(Redirect::to(&format!("/reviews/{id}?done={APPLIED}")).into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/reviews/{id}")).into_response()),
        Err(refused) => on_page(&db, id, refused, wrote).await,
    }
}

/// What a person did wrong stands above what they were looking at.
async fn on_page(db: &Db, id: i64, refused: store::Error, wrote: String) -> Result<Response, ApiError> {
    let why = match refused {
        store::Error::Forbidden(_) | store::Error::InvalidState(_) => refused.to_string(),
        store::Error::Invalid(why) => why.message,
        other => return Err(other.into()),
    };
    review(db, id, None, Some(Refused { why, wrote })).await
}

async fn comment(
    SignedIn(db): SignedIn,
    Path(One { id }): Path<One>,
    Form(typed): Form<Typed>,
) -> Result<Response, ApiError> {
    let details = reviews::details(&db, id, now()).await?;
    let text = typed.comment.clone();
    let added = reviews::add_comment(&db, details.model, details.version, Some(id), text, now()).await;
    back(&db, id, added.map(drop), typed.comment).await
}

#[derive(Deserialize)]
struct OneComment {
    id: i64,
    comment: i64,
}

async fn edit_comment(
    SignedIn(db): SignedIn,
    Path(of): Path<OneComment>,
    Form(typed): Form<Typed>,
) -> Result<Response, ApiError> {
    let edited = reviews::edit_comment(&db, of.comment, typed.comment.clone(), now()).await;
    back(&db, of.id, edited.map(drop), typed.comment).await
}

async fn delete_comment(SignedIn(db): SignedIn, Path(of): Path<OneComment>) -> Result<Response, ApiError> {
    let deleted = reviews::delete_comment(&db, of.comment, now()).await;
    back(&db, of.id, deleted, String::new()).await
}

async fn back(
    db: &Db,
    id: i64,
    outcome: Result<(), store::Error>,
    wrote: String,
) -> Result<Response, ApiError> {
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("/reviews/{id}#discussion")).into_response()),
        Err(refused) => on_page(db, id, refused, wrote).await,
    }
}

#[derive(Deserialize)]
struct Version {
    name: String,
    version: i64,
}

#[derive(Deserialize)]
struct AskFor {
    #[serde(default)]
    target: String,
    #[serde(default)]
    comment: String,
    /// What they had in mind, if it was something else.
    #[serde(default)]
    instead: String,
}

async fn show_ask(
    SignedIn(db): SignedIn,
    Path(of): Path<Version>,
    Call(asked): Call<AskFor>,
) -> Result<Response, ApiError> {
    let target = if asked.target.is_empty() { "Production".into() } else { asked.target };
    ask_form(&db, of, AskFor { target, ..asked }, None).await
}

async fn ask_form(
    db: &Db,
    of: Version,
    asked: AskFor,
    problem: Option<String>,
) -> Result<Response, ApiError> {
    let stage = registry::version(db, &of.name, of.version).await?.stage;
    let stages = registry::workspace_stages(db).await?;
    let rules = reviews::stage_rules_of(db, &of.name).await?;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let (model, version) = (of.name, of.version);
    let AskFor { target, comment, instead } = asked;
    let is_instead = instead == "move";
    Ok(page(Some(db.by()), status, "Ask for a review", Section::Models, || {
        view! { <AskPage model version stage stages target comment is_instead rules problem/> }
    }))
}

async fn ask(
    SignedIn(db): SignedIn,
    Path(of): Path<Version>,
    Form(asked): Form<AskFor>,
) -> Result<Response, ApiError> {
    let ask = Ask {
        name: of.name.clone(),
        version: of.version,
        target: Target::parse(&asked.target),
        comment: asked.comment.clone(),
        archive_existing: true,
    };
    match reviews::ask(&db, ask, now()).await {
        Ok(id) => Ok(Redirect::to(&format!("/reviews/{id}")).into_response()),
        Err(store::Error::AlreadyExists { key, .. }) => {
            let why =
                format!("Review {key} is open for the same: sign it, comment there, or cancel it first");
            ask_form(&db, of, asked, Some(why)).await
        }
        Err(store::Error::Invalid(why)) => ask_form(&db, of, asked, Some(why.message)).await,
        Err(refused @ (store::Error::Forbidden(_) | store::Error::InvalidState(_))) => {
            ask_form(&db, of, asked, Some(refused.to_string())).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct RollBack {
    #[serde(default)]
    stage: String,
    serving: Option<Int64>,
    #[serde(default)]
    comment: String,
}

async fn roll_back(
    SignedIn(db): SignedIn,
    State(office): State<Office>,
    Path(Model { name }): Path<Model>,
    Form(asked): Form<RollBack>,
) -> Result<Response, ApiError> {
    let stage = if asked.stage.is_empty() { "Production".into() } else { asked.stage };
    let of = (name, stage, asked.serving.map(|serving| serving.0));
    let (id, _) = reviews::roll_back(&db, &office, of, asked.comment, now()).await?;
    Ok(Redirect::to(&format!("/reviews/{id}")).into_response())
}
