//! `account`: one's own.

use app::accounts::{AccountPage, NewSecret};
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::accounts;
use store::{Db, Error, settings};
use tower_sessions::Session;
use web::entry::WrongPassword;
use web::wire::Int64;
use web::{ApiError, Form, SignedIn, session};

use super::sign_in::check_new_password;
use super::tokens::{self, CreateToken};
use super::{Doorway, Remote, page};
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/account", get(show))
        .route("/account/password", post(change_password))
        .route("/account/email", post(set_email))
        .route("/account/sign-out-everywhere", post(sign_out_everywhere))
        .route("/account/tokens/create", post(create_token))
        .route("/account/tokens/revoke", post(revoke_token))
}

/// What became of what was asked for.
#[derive(Default)]
struct Became {
    new_token: Option<NewSecret>,
    done: Option<String>,
    problem: Option<String>,
}

impl Became {
    fn refused(why: impl Into<String>) -> Self {
        Self { problem: Some(why.into()), ..Self::default() }
    }
}

async fn show(_: Doorway, SignedIn(db): SignedIn) -> Result<Response, ApiError> {
    account(&db, Became::default()).await
}

async fn account(db: &Db, became: Became) -> Result<Response, ApiError> {
    let id = own(db)?;
    let user = accounts::by_id(db, id).await?;
    let tokens = accounts::tokens(db, id).await?;
    // Where none is sent nobody needs to say where to.
    let email = if settings::is_mail_sent(db).await? { Some(accounts::email(db, id).await?) } else { None };
    let Became { new_token, done, problem } = became;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(status, "Your account", Some(db.by()), || {
        view! { <AccountPage user tokens email new_token done problem/> }
    }))
}

fn own(db: &Db) -> Result<i64, ApiError> {
    db.by().user_id.ok_or_else(|| ApiError::not_found("you have no account here"))
}

#[derive(Deserialize)]
struct ChangePassword {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

async fn change_password(
    Doorway(doorway): Doorway,
    SignedIn(db): SignedIn,
    session: Session,
    Remote(from): Remote,
    Form(typed): Form<ChangePassword>,
) -> Result<Response, ApiError> {
    let id = own(&db)?;
    let name = db.by().name.clone();
    match doorway.check_password(&db, &name, typed.old, from, now()).await? {
        Ok(_) => {}
        Err(WrongPassword::Wrong) => {
            return account(&db, Became::refused("that isn’t the current password")).await;
        }
        Err(WrongPassword::TooMany { seconds }) => {
            let why = format!("too many wrong passwords; wait {seconds} seconds and try again");
            return account(&db, Became::refused(why)).await;
        }
    }
    if let Err(why) = check_new_password(&typed.password, &typed.again, &name) {
        return account(&db, Became::refused(why)).await;
    }
    let hash = doorway.passwords.hash(typed.password).await?;
    accounts::set_password(&db, id, hash, None, now()).await?;
    // All sessions have ended, this one too: it goes on under a new id.
    session::sign_in(&session, id, doorway.lifetime, now()).await?;
    let done = "Your password is changed; everywhere else you are signed out.".to_owned();
    account(&db, Became { done: Some(done), ..Became::default() }).await
}

#[derive(Deserialize)]
struct SetEmail {
    #[serde(default)]
    email: String,
}

async fn set_email(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(typed): Form<SetEmail>,
) -> Result<Response, ApiError> {
    let became = match accounts::set_email(&db, own(&db)?, typed.email.trim().to_owned(), now()).await {
        Ok(()) => Became { done: Some("Your address is kept.".into()), ..Became::default() },
        Err(Error::Invalid(why)) => Became::refused(why.message),
        Err(error) => return Err(error.into()),
    };
    account(&db, became).await
}

async fn sign_out_everywhere(
    _: Doorway,
    SignedIn(db): SignedIn,
    session: Session,
) -> Result<Redirect, ApiError> {
    accounts::end_sessions(&db, own(&db)?, None, now()).await?;
    session::sign_out(&session).await?;
    Ok(Redirect::to("/sign-in"))
}

async fn create_token(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(asked): Form<CreateToken>,
) -> Result<Response, ApiError> {
    let became = match tokens::create(&db, own(&db)?, asked).await? {
        Ok(secret) => Became { new_token: Some(secret), ..Became::default() },
        Err(why) => Became::refused(why),
    };
    account(&db, became).await
}

#[derive(Deserialize)]
struct RevokeToken {
    id: Int64,
}

async fn revoke_token(
    _: Doorway,
    SignedIn(db): SignedIn,
    Form(asked): Form<RevokeToken>,
) -> Result<Response, ApiError> {
    match accounts::revoke_token(&db, asked.id.0, now()).await {
        // Revoked twice is revoked.
        Ok(()) | Err(Error::NotFound { .. }) => Ok(Redirect::to("/account").into_response()),
        Err(error) => Err(error.into()),
    }
}
