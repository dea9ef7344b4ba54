//! `users`: everybody, for admins.

use std::collections::BTreeSet;

use app::accounts::{NewSecret, UsersPage};
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use domain::accounts::Role;
use domain::limits::Invalid;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::accounts::{self, NewUser};
use store::{Db, Error};
use web::wire::{Int64, Many};
use web::{ApiError, Call, Form, SignedIn};

use super::{Base, Doorway, page};
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/users", get(show))
        .route("/users/add", post(add))
        .route("/users/roles", post(set_roles))
        .route("/users/enable", post(enable))
        .route("/users/disable", post(disable))
        .route("/users/invite", post(invite))
        .route("/users/sign-out", post(sign_out))
}

#[derive(Default)]
struct Became {
    link: Option<NewSecret>,
    done: Option<String>,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn show(_: Doorway, SignedIn(db): SignedIn, Call(search): Call<Search>) -> Result<Response, ApiError> {
    users(&db, search.q.trim(), Became::default()).await
}

async fn users(db: &Db, part: &str, became: Became) -> Result<Response, ApiError> {
    let users = accounts::list(db, part).await?;
    let Became { link, done, problem } = became;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let part = part.to_owned();
    Ok(page(status, "Users", Some(db.by()), || {
        view! { <UsersPage users part link done problem/> }
    }))
}

/// The list, with what became of a change to it: what the admin did wrong stands above it.
async fn after(db: &Db, outcome: Result<Became, Error>) -> Result<Response, ApiError> {
    let became = match outcome {
        Ok(became) => became,
        Err(Error::Invalid(why)) => Became { problem: Some(why.message), ..Became::default() },
        Err(
            why @ (Error::AlreadyExists { .. }
            | Error::InvalidState(_)
            | Error::Forbidden(_)
            | Error::NotFound { .. }),
        ) => Became { problem: Some(why.to_string()), ..Became::default() },
        Err(error) => return Err(error.into()),
    };
    users(db, "", became).await
}

fn done(text: impl Into<String>) -> Became {
    Became { done: Some(text.into()), ..Became::default() }
}

fn roles(texts: &Many<String>) -> Result<BTreeSet<Role>, Invalid> {
    let role = |text: &String| {
        Role::parse(text).ok_or_else(|| Invalid::new("roles", format!("`{text}` is no role")))
    };
    texts.0.iter().map(role).collect()
}

#[derive(Deserialize)]
struct Add {
    #[serde(default)]
    name: String,
    #[serde(default)]
    roles: Many<String>,
}

async fn add(
    _: Doorway,
    SignedIn(db): SignedIn,
    base: Base,
    Form(asked): Form<Add>,
) -> Result<Response, ApiError> {
    let name = asked.name.trim().to_owned();
    let outcome = async {
        let new = NewUser { name: name.clone(), roles: roles(&asked.roles)?, password_hash: None };
        let id = accounts::add(&db, new, now()).await?;
        link_for(&db, id, &name, &base).await
    };
    after(&db, outcome.await).await
}

async fn link_for(db: &Db, id: i64, name: &str, base: &Base) -> Result<Became, Error> {
    let key = accounts::invite(db, Some(id), now()).await?;
    let what = format!("Send this link to {name}: it lets them choose a password, once, within a week.");
    let secret = format!("{}/welcome?key={key}", base.0);
    Ok(Became { link: Some(NewSecret { what, secret }), ..Became::default() })
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

async fn invite(
    _: Doorway,
    SignedIn(db): SignedIn,
    base: Base,
    Form(One { id }): Form<One>,
) -> Result<Response, ApiError> {
    let outcome = async {
        let user = accounts::by_id(&db, id.0).await?;
        link_for(&db, id.0, &user.name, &base).await
    };
    after(&db, outcome.await).await
}

#[derive(Deserialize)]
struct SetRoles {
    id: Int64,
    #[serde(default)]
    roles: Many<String>,
}

async fn set_roles(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(asked): Form<SetRoles>,
) -> Result<Response, ApiError> {
    let outcome = async {
        accounts::set_roles(&db, asked.id.0, roles(&asked.roles)?, now()).await?;
        let user = accounts::by_id(&db, asked.id.0).await?;
        Ok(done(format!("The roles of `{}` are set.", user.name)))
    };
    after(&db, outcome.await).await
}

async fn enable(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(One { id }): Form<One>,
) -> Result<Response, ApiError> {
    let outcome = accounts::enable(&db, id.0, true, now()).await;
    after(&db, outcome.map(|()| done("They may come in again."))).await
}

async fn disable(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(One { id }): Form<One>,
) -> Result<Response, ApiError> {
    let outcome = accounts::enable(&db, id.0, false, now()).await;
    let text = "The account is disabled: its sessions have ended, its tokens no longer work.";
    after(&db, outcome.map(|()| done(text))).await
}

async fn sign_out(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(One { id }): Form<One>,
) -> Result<Response, ApiError> {
    let outcome = accounts::end_sessions(&db, id.0, None, now()).await;
    after(&db, outcome.map(|()| done("They are signed out everywhere."))).await
}
