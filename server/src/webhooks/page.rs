//! `webhooks…`: their pages, and what these post.

use app::Section;
use app::accounts::NewSecret;
use app::webhooks::{DeliveryFilter, NewWebhookPage, Typed, WebhookPage, WebhooksPage};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use leptos::prelude::{IntoView, view};
use notify::{Form as Payload, Topic};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::permissions::manages_a_model;
use store::webhooks::{
    self, DeliveryQuery, NewWebhook, Secret, Status, Webhook, WebhookQuery, WebhookUpdate,
};
use store::{Db, Error};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Form, Path, SignedIn};

use super::{Calling, rest};
use crate::clock::now;
use crate::frame;
use crate::rights::{Right, allows};
use crate::state::AppState;

const PAGE: usize = 50;
const DELIVERIES: i64 = 25;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/webhooks", get(list))
        .route("/webhooks/new", get(new).post(create))
        .route("/webhooks/{id}", get(show).post(update))
        .route("/webhooks/{id}/secret", post(set_secret))
        .route("/webhooks/{id}/test", post(test))
        .route("/webhooks/{id}/delete", post(remove))
        .route("/webhooks/{id}/replay", post(replay))
}

fn page<V: IntoView>(db: &Db, status: StatusCode, title: &str, content: impl FnOnce() -> V) -> Response {
    frame::page(Some(db.by()), status, title, Section::None, content)
}

/// What a person did wrong, to be said above what they typed.
fn problem(error: Error) -> Result<String, ApiError> {
    match error {
        Error::Invalid(why) => Ok(format!("{}: {}", why.field, why.message)),
        why @ (Error::InvalidState(_) | Error::Forbidden(_) | Error::NotFound { .. }) => Ok(why.to_string()),
        error => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    model: String,
    page_token: Option<String>,
    deleted: Option<String>,
}

async fn list(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Call(search): Call<Search>,
) -> Result<Response, ApiError> {
    let model = search.model.trim().to_owned();
    let query = WebhookQuery {
        model: Some(model.clone()).filter(|model| !model.is_empty()),
        max_results: PAGE,
        page_token: search.page_token,
        ..WebhookQuery::default()
    };
    let found = match webhooks::list(&db, &query).await {
        Err(Error::NotFound { .. }) => domain::Page::default(),
        found => found?,
    };
    let next = found.next_page_token.map(|token| {
        format!("/webhooks?model={}&page_token={token}", utf8_percent_encode(&model, NON_ALPHANUMERIC))
    });
    let may_make = allows(Right::Write, db.by()) && manages_a_model(&db).await?;
    let allows_inside = db.by().is_admin() && calling.rules.allows_inside();
    let done = search.deleted.map(|_| "The webhook is deleted.".to_owned());
    let hooks = found.items;
    Ok(page(&db, StatusCode::OK, "Webhooks", || {
        view! { <WebhooksPage hooks model next may_make allows_inside done/> }
    }))
}

/// What the forms send.
#[derive(Deserialize, Default)]
struct Fields {
    #[serde(default)]
    form: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    events: Many<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    authorization: String,
    unverified: Option<String>,
}

impl Fields {
    fn typed(&self, payload: Payload) -> Typed {
        Typed {
            form: payload.as_str().to_owned(),
            name: self.name.clone(),
            description: self.description.clone(),
            url: self.url.clone(),
            model: self.model.clone(),
            events: choices(payload, |name| self.events.0.iter().any(|one| one == name)),
            status: self.status.clone(),
            verify_certificate: self.unverified.is_none(),
            has_authorization: false,
        }
    }
}

fn choices(payload: Payload, is_chosen: impl Fn(&str) -> bool) -> Vec<(String, bool)> {
    let names = Topic::list(payload).into_iter().map(|topic| topic.to_string());
    names.map(|name| (name.clone(), is_chosen(&name))).collect()
}

#[derive(Deserialize)]
struct Start {
    form: Option<String>,
    #[serde(default)]
    model: String,
}

async fn new(SignedIn(db): SignedIn, Call(start): Call<Start>) -> Result<Response, ApiError> {
    let payload = start.form.as_deref().map_or(Ok(Payload::Own), rest::form)?;
    let fields = Fields { model: start.model, ..Fields::default() };
    Ok(new_page(&db, StatusCode::OK, fields.typed(payload), None))
}

fn new_page(db: &Db, status: StatusCode, typed: Typed, problem: Option<String>) -> Response {
    let is_admin = db.by().is_admin();
    page(db, status, "New webhook", || view! { <NewWebhookPage typed is_admin problem/> })
}

async fn create(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    let payload = if fields.form.is_empty() { Ok(Payload::Own) } else { rest::form(&fields.form) }?;
    let made = async {
        let new = NewWebhook {
            form: payload,
            name: fields.name.trim().to_owned(),
            description: fields.description.clone(),
            url: fields.url.trim().to_owned(),
            events: rest::events(payload, &fields.events.0)?,
            model: Some(fields.model.trim().to_owned()).filter(|model| !model.is_empty()),
            status: Status::Active,
            secret: fields.secret.clone(),
            authorization: fields.authorization.clone(),
            verify_certificate: fields.unverified.is_none(),
        };
        webhooks::create(&db, &calling.rules, new, now()).await
    };
    match made.await {
        Ok((hook, Some(secret))) => {
            let became = Became { secret: Some(secret), ..Became::done("The webhook is made.") };
            webhook(&db, &hook.uuid, Look::default(), became).await
        }
        Ok((hook, None)) => Ok(Redirect::to(&format!("/webhooks/{}", hook.uuid)).into_response()),
        Err(error) => {
            let why = problem(error)?;
            Ok(new_page(&db, StatusCode::BAD_REQUEST, fields.typed(payload), Some(why)))
        }
    }
}

/// Which deliveries are shown.
#[derive(Deserialize, Default)]
struct Look {
    #[serde(default)]
    state: String,
    #[serde(default)]
    q: String,
    before: Option<Int64>,
}

/// What a change has led to.
#[derive(Default)]
struct Became {
    secret: Option<String>,
    done: Option<String>,
    problem: Option<String>,
    typed: Option<Typed>,
}

impl Became {
    fn done(text: impl Into<String>) -> Self {
        Self { done: Some(text.into()), ..Self::default() }
    }

    fn refused(error: Error) -> Result<Self, ApiError> {
        Ok(Self { problem: Some(problem(error)?), ..Self::default() })
    }
}

fn settings(hook: &Webhook) -> Typed {
    let names: Vec<_> = hook.events.iter().map(ToString::to_string).collect();
    Typed {
        form: hook.form.as_str().to_owned(),
        name: hook.name.clone(),
        description: hook.description.clone(),
        // Slack's is a secret.
        url: if hook.form == Payload::Slack { String::new() } else { hook.url.clone() },
        model: hook.model.clone().unwrap_or_default(),
        events: choices(hook.form, |name| names.iter().any(|one| one == name)),
        status: hook.status.as_str().to_owned(),
        verify_certificate: hook.verify_certificate,
        has_authorization: hook.has_authorization,
    }
}

async fn webhook(db: &Db, id: &str, look: Look, became: Became) -> Result<Response, ApiError> {
    let hook = webhooks::get(db, id).await?;
    let state = Some(look.state.as_str()).filter(|state| !state.is_empty());
    let query = DeliveryQuery {
        state: state.map(rest::state).transpose()?,
        part: look.q.trim().to_owned(),
        before: look.before.map(|before| before.0),
        max_results: DELIVERIES,
    };
    let deliveries = webhooks::deliveries(db, id, &query).await?;
    let is_full = i64::try_from(deliveries.len()).is_ok_and(|count| count == DELIVERIES);
    let next = deliveries.last().filter(|_| is_full).map(|last| last.id);
    let filter = DeliveryFilter { state: look.state, part: query.part };
    let Became { secret, done, problem, typed } = became;
    let what = "The receiver checks signatures with this secret.";
    let secret = secret.map(|secret| NewSecret { what: what.into(), secret });
    let typed = typed.unwrap_or_else(|| settings(&hook));
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let may_change = allows(Right::Write, db.by());
    Ok(page(db, status, "Webhook", || {
        view! { <WebhookPage hook typed deliveries filter next secret done problem may_change/> }
    }))
}

async fn show(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Call(look): Call<Look>,
) -> Result<Response, ApiError> {
    webhook(&db, &id, look, Became::default()).await
}

async fn update(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    let hook = webhooks::get(&db, &id).await?;
    let outcome = async {
        let url = fields.url.trim();
        let change = WebhookUpdate {
            name: Some(fields.name.trim().to_owned()),
            description: Some(fields.description.clone()),
            url: (!url.is_empty() || hook.form != Payload::Slack).then(|| url.to_owned()),
            events: Some(rest::events(hook.form, &fields.events.0)?),
            status: Some(rest::status(&fields.status)?),
            secret: Secret::Keep,
            authorization: match fields.authorization.as_str() {
                "" => None,
                "-" => Some(String::new()),
                text => Some(text.to_owned()),
            },
            verify_certificate: Some(fields.unverified.is_none()),
        };
        webhooks::update(&db, &calling.rules, &id, change, now()).await
    };
    let became = match outcome.await {
        Ok(_) => Became::done("The settings are saved."),
        Err(error) => Became {
            typed: Some(Typed { has_authorization: hook.has_authorization, ..fields.typed(hook.form) }),
            ..Became::refused(error)?
        },
    };
    webhook(&db, &id, Look::default(), became).await
}

async fn set_secret(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    let hook = webhooks::get(&db, &id).await?;
    let secret = match hook.form {
        Payload::Own => Secret::Generate,
        _ if fields.secret.is_empty() => Secret::Remove,
        _ => Secret::Set(fields.secret),
    };
    let change = WebhookUpdate { secret, ..WebhookUpdate::default() };
    let became = match webhooks::update(&db, &calling.rules, &id, change, now()).await {
        Ok((_, secret)) => Became { secret, ..Became::done("The secret is set.") },
        Err(error) => Became::refused(error)?,
    };
    webhook(&db, &id, Look::default(), became).await
}

async fn test(
    SignedIn(db): SignedIn,
    State(calling): State<Calling>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let became = match calling.test(&db, &id, None).await {
        Ok(Ok(answer)) if answer.is_success() => {
            Became::done(format!("The receiver took the test and answered {}.", answer.status))
        }
        Ok(Ok(answer)) => Became {
            problem: Some(format!("the receiver didn't take the test: it answered {}", answer.status)),
            ..Became::default()
        },
        Ok(Err(error)) => {
            Became { problem: Some(format!("the test didn't arrive: {error}")), ..Became::default() }
        }
        Err(error @ Error::NotFound { .. }) => return Err(error.into()),
        Err(error) => Became::refused(error)?,
    };
    webhook(&db, &id, Look::default(), became).await
}

async fn remove(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Response, ApiError> {
    webhooks::delete(&db, &id, now()).await?;
    Ok(Redirect::to("/webhooks?deleted=yes").into_response())
}

#[derive(Deserialize)]
struct Replay {
    delivery: Option<Int64>,
}

async fn replay(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Form(asked): Form<Replay>,
) -> Result<Response, ApiError> {
    let delivery = asked.delivery.ok_or_else(|| ApiError::missing("delivery"))?.0;
    let became = match webhooks::replay(&db, &id, delivery, now()).await {
        Ok(_) => Became::done("It is sent again."),
        Err(error) => Became::refused(error)?,
    };
    webhook(&db, &id, Look::default(), became).await
}
