//! `users/{id}/tokens`: everybody's API tokens, for admins; and how a form makes one.

use app::accounts::{NewSecret, TokensPage};
use axum::Router;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use domain::Millis;
use domain::accounts::Scope;
use domain::limits::Invalid;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::accounts::{self, NewToken};
use store::{Db, Error};
use web::wire::{Int64, Many};
use web::{ApiError, Form, Path, SignedIn};

use super::{Doorway, page};
use crate::clock::now;
use crate::state::AppState;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/users/{id}/tokens", get(show))
        .route("/users/{id}/tokens/create", post(create_for))
        .route("/users/{id}/tokens/revoke", post(revoke))
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

async fn show(_: Doorway, SignedIn(db): SignedIn, Path(One { id }): Path<One>) -> Result<Response, ApiError> {
    tokens_of(&db, id.0, None, None).await
}

async fn tokens_of(
    db: &Db,
    id: i64,
    new_token: Option<NewSecret>,
    problem: Option<String>,
) -> Result<Response, ApiError> {
    let user = accounts::by_id(db, id).await?;
    let tokens = accounts::tokens(db, user.id).await?;
    let title = format!("API tokens of {}", user.name);
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(status, &title, Some(db.by()), || view! { <TokensPage user tokens new_token problem/> }))
}

async fn create_for(
    _: Doorway,
    SignedIn(db): SignedIn,
    Path(One { id }): Path<One>,
    Form(asked): Form<CreateToken>,
) -> Result<Response, ApiError> {
    match create(&db, id.0, asked).await? {
        Ok(secret) => tokens_of(&db, id.0, Some(secret), None).await,
        Err(why) => tokens_of(&db, id.0, None, Some(why)).await,
    }
}

async fn revoke(
    _: Doorway,
    SignedIn(db): SignedIn,
    Path(of): Path<One>,
    Form(token): Form<One>,
) -> Result<Redirect, ApiError> {
    accounts::revoke_token(&db, token.id.0, now()).await?;
    Ok(Redirect::to(&format!("/users/{}/tokens", of.id.0)))
}

#[derive(Deserialize)]
pub struct CreateToken {
    #[serde(default)]
    label: String,
    #[serde(default)]
    expires: String,
    #[serde(default)]
    scopes: Many<String>,
}

/// Makes a token as a form asks for it; an inner error is what its page says.
pub async fn create(
    db: &Db,
    user_id: i64,
    asked: CreateToken,
) -> Result<Result<NewSecret, String>, ApiError> {
    let new = match read(&asked, user_id) {
        Ok(new) => new,
        Err(why) => return Ok(Err(why.message)),
    };
    let what = format!("The token “{}” is made.", new.label);
    match accounts::create_token(db, new, now()).await {
        Ok(secret) => Ok(Ok(NewSecret { what, secret })),
        Err(Error::Invalid(why)) => Ok(Err(why.message)),
        Err(why @ (Error::AlreadyExists { .. } | Error::Forbidden(_) | Error::InvalidState(_))) => {
            Ok(Err(why.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn read(asked: &CreateToken, user_id: i64) -> Result<NewToken, Invalid> {
    let scope = |text: &String| {
        let why = || Invalid::new("scopes", format!("`{text}` is no scope; there are read, write, review"));
        Scope::parse(text).ok_or_else(why)
    };
    let expires_at = match asked.expires.as_str() {
        "" => None,
        days => {
            let days: i64 = days.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(|| {
                Invalid::new("expires", format!("`{days}`; it is a number of days, from 1 to 3650"))
            })?;
            Some(Millis(now().0 + days * DAY_MS))
        }
    };
    Ok(NewToken {
        user_id,
        label: asked.label.trim().to_owned(),
        scopes: asked.scopes.0.iter().map(scope).collect::<Result<_, _>>()?,
        expires_at,
    })
}
