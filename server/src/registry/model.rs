//! `models/{name}`: one model, and what changes it.

use app::registry::{Asked, ModelPage, ModelView, Refused, Typed, model_path};
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use domain::KeyValue;
use domain::limits::Invalid;
use domain::registry::PRODUCTION;
use domain::reviews::gates::{Better, PrimaryMetric};
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::registry::{self, cards, history};
use store::reviews;
use store::{Db, Error};
use web::wire::Int64;
use web::{ApiError, Call, Form, Path, SignedIn};

use super::{Became, became, offer, page, text_of};
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/models/{name}", get(show))
        .route("/models/{name}/description", post(set_description))
        .route("/models/{name}/tags/set", post(set_tag))
        .route("/models/{name}/tags/delete", post(delete_tag))
        .route("/models/{name}/aliases/set", post(set_alias))
        .route("/models/{name}/aliases/delete", post(delete_alias))
        .route("/models/{name}/primary-metric", post(set_primary_metric))
        .route("/models/{name}/delete", post(delete))
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    view: String,
    metric: Option<String>,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Call(shown): Call<Shown>,
) -> Result<Response, ApiError> {
    model(&db, &name, ModelView::parse(&shown.view), shown.metric, None).await
}

async fn model(
    db: &Db,
    name: &str,
    shown: ModelView,
    metric: Option<String>,
    refusal: Option<Refused>,
) -> Result<Response, ApiError> {
    let overview = registry::model_overview(db, name).await?;
    let offer = offer(db, name).await?;
    let rollback = reviews::rollback_to(db, name, PRODUCTION).await?;
    let hand_overs =
        if shown == ModelView::HandOvers { history::hand_overs(db, name, now()).await? } else { Vec::new() };
    let guarded = if offer.change { cards::primary_metric_is_guarded(db, name).await? } else { None };
    let undeletable = if offer.manage { reviews::model_undeletable(db, name).await? } else { None };
    let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(status, name, Some(db.by()), || {
        view! { <ModelPage overview view=shown metric hand_overs rollback offer guarded undeletable refusal/> }
    }))
}

/// Leads back to the model, or shows the refused form on its page.
async fn after(
    db: &Db,
    name: &str,
    outcome: Result<(), Error>,
    asked: Asked,
    typed: impl Into<Typed>,
) -> Result<Response, ApiError> {
    match became(outcome, &model_path(name), |why| Refused { asked, why, typed: typed.into() })? {
        Became::Done(response) => Ok(response),
        Became::Refused(refused) => model(db, name, ModelView::default(), None, Some(refused)).await,
    }
}

#[derive(Deserialize)]
pub struct Text {
    #[serde(default)]
    pub text: String,
}

async fn set_description(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(Text { text }): Form<Text>,
) -> Result<Response, ApiError> {
    let text = text_of(&text);
    let outcome = registry::update_model(&db, name.clone(), text.clone(), now()).await.map(drop);
    after(&db, &name, outcome, Asked::Description, text).await
}

#[derive(Deserialize)]
pub struct Tag {
    #[serde(default)]
    pub key: String,
    #[serde(default)]
    pub value: String,
}

async fn set_tag(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(Tag { key, value }): Form<Tag>,
) -> Result<Response, ApiError> {
    let tag = KeyValue { key: key.trim().to_owned(), value };
    let outcome = registry::set_model_tag(&db, name.clone(), tag, now()).await;
    after(&db, &name, outcome, Asked::Tag, String::new()).await
}

async fn delete_tag(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(Tag { key, .. }): Form<Tag>,
) -> Result<Response, ApiError> {
    let outcome = registry::delete_model_tag(&db, name.clone(), key, now()).await;
    after(&db, &name, outcome, Asked::Tag, String::new()).await
}

#[derive(Deserialize)]
struct OneAlias {
    #[serde(default)]
    alias: String,
    version: Option<Int64>,
}

async fn set_alias(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(OneAlias { alias, version }): Form<OneAlias>,
) -> Result<Response, ApiError> {
    let outcome = match version {
        Some(version) => {
            registry::set_alias(&db, name.clone(), alias.trim().to_owned(), version.0, now()).await
        }
        None => Err(Invalid::new("version", "choose the version that gets the alias").into()),
    };
    after(&db, &name, outcome, Asked::Alias, String::new()).await
}

async fn delete_alias(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(OneAlias { alias, .. }): Form<OneAlias>,
) -> Result<Response, ApiError> {
    let outcome = registry::delete_alias(&db, name.clone(), alias, now()).await;
    after(&db, &name, outcome, Asked::Alias, String::new()).await
}

#[derive(Deserialize)]
struct Primary {
    #[serde(default)]
    metric: String,
    #[serde(default)]
    better: String,
}

async fn set_primary_metric(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(Primary { metric, better }): Form<Primary>,
) -> Result<Response, ApiError> {
    let key = metric.trim().to_owned();
    let better = if better == "lower" { Better::Lower } else { Better::Higher };
    let metric = (!key.is_empty()).then(|| PrimaryMetric { key: key.clone(), better });
    let outcome = cards::set_primary_metric(&db, name.clone(), metric, now()).await;
    let typed = Typed { text: key, choice: better.as_str().to_owned() };
    after(&db, &name, outcome, Asked::PrimaryMetric, typed).await
}

#[derive(Deserialize)]
struct Delete {
    #[serde(default)]
    confirm: String,
}

async fn delete(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(Delete { confirm }): Form<Delete>,
) -> Result<Response, ApiError> {
    let outcome = if confirm.trim() == name.trim() {
        registry::delete_model(&db, name.clone(), now()).await
    } else {
        Err(Invalid::new("confirm", format!("type `{name}` to delete it; nothing was deleted")).into())
    };
    let refused = |why| Refused { asked: Asked::Delete, why, typed: Typed::default() };
    match became(outcome, "/models", refused)? {
        Became::Done(response) => Ok(response),
        Became::Refused(refused) => model(&db, &name, ModelView::default(), None, Some(refused)).await,
    }
}
