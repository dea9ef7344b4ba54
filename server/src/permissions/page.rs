//! `experiments/{id}/permissions`, `models/{name}/permissions`: who has what, to look at and to change.

use app::Section;
use app::permissions::{PermissionsPage, Subject};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::permissions::Grantee;
use http::StatusCode;
use leptos::prelude::view;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::permissions::{self, GrantChange, Object};
use store::{Db, Error};
use web::{ApiError, Form, Path, SignedIn};

use super::{experiment, level, role};
use crate::clock::now;
use crate::frame::page;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/experiments/{id}/permissions", get(of_experiment).post(change_of_experiment))
        .route("/models/{name}/permissions", get(of_model).post(change_of_model))
}

/// A grant to add or to change; an empty level takes it away.
#[derive(Deserialize)]
struct Asked {
    /// `user`, `everyone`, or a role.
    #[serde(default)]
    to: String,
    /// The name, for a user.
    #[serde(default)]
    user: String,
    #[serde(default)]
    level: String,
}

impl Asked {
    fn read(&self) -> Result<GrantChange, ApiError> {
        let to = match self.to.as_str() {
            "user" if self.user.trim().is_empty() => {
                return Err(ApiError::bad_request("say whose permission it is: a user's name, or a role"));
            }
            "user" => Grantee::User(self.user.trim().to_owned()),
            "everyone" => Grantee::Everyone,
            text => role(text)?,
        };
        let level = if self.level.is_empty() { None } else { Some(level(&self.level)?) };
        Ok(GrantChange { to, level })
    }
}

#[derive(Default)]
struct Became {
    done: Option<String>,
    problem: Option<(StatusCode, String)>,
}

fn section(object: &Object) -> Section {
    match object {
        Object::Experiment(_) => Section::Experiments,
        Object::Model(_) | Object::ModelNumber(_) => Section::Models,
    }
}

async fn show(db: &Db, object: &Object, became: Became) -> Result<Response, ApiError> {
    let permissions = match permissions::of(db, object).await {
        // Whoever has just taken their own permission away still reads that it worked.
        Err(Error::NotFound { .. }) if became.done.is_some() => None,
        found => Some(found?),
    };
    let (status, problem) = match became.problem {
        Some((status, problem)) => (status, Some(problem)),
        None => (StatusCode::OK, None),
    };
    let subject = match object {
        Object::Experiment(id) => Subject::Experiment(*id),
        Object::Model(name) => {
            Subject::Model { path: utf8_percent_encode(name, NON_ALPHANUMERIC).to_string() }
        }
        Object::ModelNumber(number) => Subject::Model { path: number.to_string() },
    };
    let title = match &permissions {
        Some(permissions) => format!("Permissions of {}", permissions.name),
        None => "Permissions".to_owned(),
    };
    let done = became.done;
    Ok(page(Some(db.by()), status, &title, section(object), || {
        view! { <PermissionsPage permissions subject done problem/> }
    }))
}

async fn change(db: &Db, object: Object, asked: Asked) -> Result<Response, ApiError> {
    let outcome = async {
        let change = asked.read()?;
        let is_gone = change.level.is_none();
        permissions::update(db, object.clone(), vec![change], now()).await?;
        Ok::<_, ApiError>(if is_gone {
            "The permission is taken away."
        } else {
            "The permission is granted."
        })
    };
    let became = match outcome.await {
        Ok(done) => Became { done: Some(done.to_owned()), ..Became::default() },
        Err(why) if why.status.is_client_error() => {
            Became { problem: Some((why.status, why.message)), ..Became::default() }
        }
        Err(why) => return Err(why),
    };
    show(db, &object, became).await
}

async fn of_experiment(SignedIn(db): SignedIn, Path(id): Path<String>) -> Result<Response, ApiError> {
    show(&db, &Object::Experiment(experiment(&id)?), Became::default()).await
}

async fn change_of_experiment(
    SignedIn(db): SignedIn,
    Path(id): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Response, ApiError> {
    change(&db, Object::Experiment(experiment(&id)?), asked).await
}

async fn of_model(SignedIn(db): SignedIn, Path(name): Path<String>) -> Result<Response, ApiError> {
    show(&db, &Object::Model(name), Became::default()).await
}

async fn change_of_model(
    SignedIn(db): SignedIn,
    Path(name): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Response, ApiError> {
    change(&db, Object::Model(name), asked).await
}
