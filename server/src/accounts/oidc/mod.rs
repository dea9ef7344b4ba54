//! `sign-in/oidc`: signing in at an identity provider, by OpenID Connect's code flow.
//!
//! [`Provider`] talks to it and decides whom to believe, [`person`] who that is here.

mod connection;
#[cfg(test)]
mod forged;
mod person;
mod problem;
mod provider;

use std::sync::Arc;

use app::accounts::Elsewhere;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use domain::accounts::{Caller, check_user_name};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::accounts::{self, NewUser};
use store::{Db, Error};
use tower_sessions::Session;
use web::{ApiError, Call, session};

use self::person::{Person, numbered};
use self::problem::Problem;
pub use self::provider::Errand;
use self::provider::{Answer, PATIENCE_MS, Pending, Provider};
use super::sign_in::{Next, form, let_in, on_this_server};
use super::{Asking, Doorway, Remote};
use crate::clock::now;
use crate::config::Oidc;
use crate::state::AppState;

const CALLBACK: &str = "/sign-in/oidc/callback";
/// What a session holds from leaving for the provider to coming back.
const PENDING: &str = "oidc";
/// So many people of one name nobody has.
const MOST_NAMESAKES: usize = 1000;

pub fn router() -> Router<AppState> {
    Router::new().route("/sign-in/oidc", get(start)).route(CALLBACK, get(callback))
}

/// Signing in elsewhere, if the server is configured for it.
#[derive(Clone, Default)]
pub struct SignOn(Option<Arc<Provider>>);

impl SignOn {
    /// Asks the provider nothing yet: it may be down, and then comes up later.
    ///
    /// # Errors
    /// If the system's certificates can't be read.
    pub fn new(oidc: Option<Oidc>, public_url: Option<&str>) -> anyhow::Result<Self> {
        let (Some(oidc), Some(public_url)) = (oidc, public_url) else { return Ok(Self(None)) };
        let provider = Provider::new(oidc, format!("{public_url}{CALLBACK}"))?;
        Ok(Self(Some(Arc::new(provider))))
    }

    /// The way there, for the page to sign in.
    pub fn link(&self, errand: &Errand) -> Option<Elsewhere> {
        let provider = self.0.as_ref()?;
        let next = utf8_percent_encode(&errand.next, NON_ALPHANUMERIC);
        let again = if errand.again { "&again=1" } else { "" };
        Some(Elsewhere {
            name: provider.name().to_owned(),
            href: format!("/sign-in/oidc?next={next}{again}"),
        })
    }

    fn provider(&self) -> Result<&Provider, ApiError> {
        let provider = self.0.as_deref();
        provider.ok_or_else(|| ApiError::not_found("this server knows no identity provider; see `[oidc]`"))
    }
}

/// Leads to the provider.
async fn start(
    _: Doorway,
    State(sign_on): State<SignOn>,
    Asking(asking): Asking,
    session: Session,
    Call(Next { next, again }): Call<Next>,
) -> Result<Response, ApiError> {
    let provider = sign_on.provider()?;
    let errand = Errand { next: on_this_server(&next).to_owned(), again: again.is_some() };
    if asking.is_some() && !errand.again {
        return Ok(Redirect::to(&errand.next).into_response());
    }
    match provider.begin(errand.clone(), now()).await {
        Ok((url, pending)) => {
            session::put_aside(&session, PENDING, &pending, PATIENCE_MS, now()).await?;
            Ok(Redirect::to(url.as_str()).into_response())
        }
        Err(problem) => Ok(turned_away(&sign_on, &errand, &problem)),
    }
}

/// Where the provider sends people back to.
async fn callback(
    Doorway(doorway): Doorway,
    State(sign_on): State<SignOn>,
    State(db): State<Db>,
    Asking(asking): Asking,
    session: Session,
    Remote(address): Remote,
    Call(answer): Call<Answer>,
) -> Result<Response, ApiError> {
    let provider = sign_on.provider()?;
    // It is used up by the first who comes with it, whatever becomes of them.
    let pending = session::take_aside::<Pending>(&session, PENDING).await?;
    let Some(pending) = pending.filter(|pending| asking.is_none() || pending.errand.again) else {
        if asking.is_some() {
            // They went back in their browser's history.
            return Ok(Redirect::to("/").into_response());
        }
        return Ok(turned_away(&sign_on, &Errand::default(), &Problem::Stale));
    };
    let errand = pending.errand.clone();
    let outcome = match provider.finish(pending, answer, now()).await {
        Ok(person) => known_here(&db.in_the_name_of(Caller { address, ..Caller::server() }), person).await,
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(user_id) => {
            let_in(&doorway, &db, &session, user_id).await?;
            Ok(Redirect::to(&errand.next).into_response())
        }
        Err(problem) => Ok(turned_away(&sign_on, &errand, &problem)),
    }
}

/// The number that the person has here; at their first visit they are added, under a name that is free.
async fn known_here(db: &Db, person: Person) -> Result<i64, Problem> {
    let Person { subject, name, roles } = person;
    let names = (1..=MOST_NAMESAKES).map(|number| numbered(&name, number));
    for name in names.filter(|name| check_user_name("name", name).is_ok()) {
        let user = NewUser { name, roles: roles.clone(), password_hash: None };
        match accounts::sign_in_elsewhere(db, subject.clone(), user, now()).await {
            Ok(id) => return Ok(id),
            Err(Error::AlreadyExists { .. }) => {}
            Err(Error::Forbidden(why) | Error::InvalidState(why)) => return Err(Problem::NotLetIn(why)),
            Err(error) => return Err(Problem::failed(&error.into())),
        }
    }
    Err(Problem::failed(&anyhow::anyhow!("every name like `{name}` is taken")))
}

/// The page to sign in, with the reason why that didn't work.
fn turned_away(sign_on: &SignOn, errand: &Errand, problem: &Problem) -> Response {
    form(sign_on, problem.status(), errand.clone(), String::new(), Some(problem.to_string()))
}
