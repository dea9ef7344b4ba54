//! `sign-in`, `sign-out`, `welcome`.

use app::accounts::{SignInPage, WelcomePage};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::accounts::check_password;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::accounts::{self, Invited};
use store::{Db, Error};
use tower_sessions::Session;
use web::entry::{Accounts, WrongPassword};
use web::session;
use web::{ApiError, Call, Form};

use super::oidc::Errand;
use super::{Asking, Doorway, Remote, SignOn, page};
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/welcome", get(show_welcome).post(welcome))
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub next: String,
    /// To show once more who one is.
    pub again: Option<String>,
}

async fn show(
    _: Doorway,
    State(sign_on): State<SignOn>,
    Asking(asking): Asking,
    Call(Next { next, again }): Call<Next>,
) -> Response {
    if asking.is_some() && again.is_none() {
        return Redirect::to(on_this_server(&next)).into_response();
    }
    let errand = Errand { next, again: again.is_some() };
    form(&sign_on, StatusCode::OK, errand, String::new(), None)
}

pub(super) fn form(
    sign_on: &SignOn,
    status: StatusCode,
    errand: Errand,
    name: String,
    problem: Option<String>,
) -> Response {
    let elsewhere = sign_on.link(&errand);
    let next = errand.next;
    page(status, "Sign in", None, || view! { <SignInPage next name problem elsewhere/> })
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    next: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// Longer names and passwords nobody has, and nobody wants to go to longer paths.
const MOST_TYPED: usize = 1000;

async fn sign_in(
    Doorway(doorway): Doorway,
    State(sign_on): State<SignOn>,
    State(db): State<Db>,
    session: Session,
    Remote(from): Remote,
    Form(typed): Form<SignIn>,
) -> Result<Response, ApiError> {
    let SignIn { next, name, password } = typed;
    let name = name.trim().to_owned();
    let wrong = |name: String, next: String| {
        let why = "the user name or the password is wrong".to_owned();
        form(&sign_on, StatusCode::UNAUTHORIZED, Errand { next, again: false }, name, Some(why))
    };
    if name.len() > MOST_TYPED || password.len() > MOST_TYPED {
        return Ok(wrong(String::new(), next));
    }
    match doorway.check_password(&db, &name, password, from, now()).await? {
        Ok(user_id) => {
            let_in(&doorway, &db, &session, user_id).await?;
            Ok(Redirect::to(on_this_server(&next)).into_response())
        }
        Err(WrongPassword::Wrong) => Ok(wrong(name, next)),
        Err(WrongPassword::TooMany { seconds }) => {
            let why = format!("too many wrong passwords; wait {seconds} s and try again");
            let errand = Errand { next, again: false };
            let mut response = form(&sign_on, StatusCode::TOO_MANY_REQUESTS, errand, name, Some(why));
            response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
            Ok(response)
        }
    }
}

/// Begins a person's session.
pub(super) async fn let_in(
    doorway: &Accounts,
    db: &Db,
    session: &Session,
    user_id: i64,
) -> Result<(), ApiError> {
    session::sign_in(session, user_id, doorway.lifetime, now()).await?;
    accounts::seen(db, user_id, now()).await?;
    Ok(())
}

/// A path on this server; whatever else is asked for becomes the first page.
pub(super) fn on_this_server(next: &str) -> &str {
    let is_path = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control())
        && next.len() <= MOST_TYPED;
    if is_path { next } else { "/" }
}

async fn sign_out(_: Doorway, session: Session) -> Result<Redirect, ApiError> {
    session::sign_out(&session).await?;
    Ok(Redirect::to("/sign-in"))
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    key: String,
}

/// Only shows the form: whoever checks addresses for us must not use the link up.
async fn show_welcome(
    _: Doorway,
    State(sign_on): State<SignOn>,
    State(db): State<Db>,
    Call(Key { key }): Call<Key>,
) -> Result<Response, ApiError> {
    welcome_form(&sign_on, &db, key, None).await
}

async fn welcome_form(
    sign_on: &SignOn,
    db: &Db,
    key: String,
    problem: Option<String>,
) -> Result<Response, ApiError> {
    let person = match accounts::link(db, &key, now()).await {
        Ok(Invited::FirstAdmin) => None,
        Ok(Invited::Person(name)) => Some(name),
        Err(Error::InvalidState(why)) => {
            return Ok(form(sign_on, StatusCode::GONE, Errand::default(), String::new(), Some(why)));
        }
        Err(error) => return Err(error.into()),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(status, "Welcome", None, || view! { <WelcomePage key person problem/> }))
}

#[derive(Deserialize)]
struct Welcome {
    #[serde(default)]
    key: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

async fn welcome(
    Doorway(doorway): Doorway,
    State(sign_on): State<SignOn>,
    State(db): State<Db>,
    session: Session,
    Form(typed): Form<Welcome>,
) -> Result<Response, ApiError> {
    let Welcome { key, name, password, again } = typed;
    let Ok(invited) = accounts::link(&db, &key, now()).await else {
        return welcome_form(&sign_on, &db, key, None).await;
    };
    let of = match &invited {
        Invited::FirstAdmin => name.trim().to_owned(),
        Invited::Person(name) => name.clone(),
    };
    if let Err(why) = check_new_password(&password, &again, &of) {
        return welcome_form(&sign_on, &db, key, Some(why)).await;
    }
    let hash = doorway.passwords.hash(password).await?;
    let made = match invited {
        Invited::FirstAdmin => accounts::first_admin(&db, key.clone(), of, hash, now()).await,
        Invited::Person(_) => accounts::choose_password(&db, key.clone(), hash, now()).await,
    };
    match made {
        Ok(user_id) => {
            let_in(&doorway, &db, &session, user_id).await?;
            Ok(Redirect::to("/").into_response())
        }
        Err(Error::Invalid(why)) => welcome_form(&sign_on, &db, key, Some(why.message)).await,
        Err(why) => welcome_form(&sign_on, &db, key, Some(why.to_string())).await,
    }
}

/// What is wrong with a new password, in words.
pub fn check_new_password(password: &str, again: &str, name: &str) -> Result<(), String> {
    if password != again {
        return Err("the two new passwords differ; type the same one twice".into());
    }
    check_password("password", password, name).map_err(|why| why.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_else() {
        for path in ["/", "/models?x=1", "/experiments/1#a", "/?next=//evil.example", "/Zoë"] {
            assert_eq!(on_this_server(path), path);
        }
        let long = format!("/{}", "a".repeat(1000));
        for elsewhere in [
            "",
            "evil.example",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\0",
            "/\u{7f}",
            "/\r\nSet-Cookie: a=b",
            " /",
            "javascript:x",
            &long,
        ] {
            assert_eq!(on_this_server(elsewhere), "/", "{elsewhere}");
        }
    }
}
