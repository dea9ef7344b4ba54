//! The registry in a browser: pages that are HTML, and the forms on them.

mod hand_overs;
mod list;
mod model;
mod stages;
mod version;

use app::Section;
use app::registry::{Offer, Refused};
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::accounts::Caller;
use domain::permissions::Level;
use http::StatusCode;
use leptos::prelude::IntoView;
use store::permissions::{self, Object};
use store::{Db, Error};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use web::ApiError;

use crate::frame;
use crate::rights::{Right, allows};
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    pages().merge(hand_overs::router())
}

fn pages() -> Router<AppState> {
    Router::new()
        .merge(list::router())
        .merge(model::router())
        .merge(version::router())
        .merge(stages::router())
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .merge(stages::rest())
}

fn page<V: IntoView>(
    status: StatusCode,
    title: &str,
    caller: Option<&Caller>,
    content: impl FnOnce() -> V,
) -> Response {
    frame::page(caller, status, title, Section::Models, content)
}

/// Which forms are offered to whoever asks, on the pages of a model.
async fn offer(db: &Db, name: &str) -> Result<Offer, Error> {
    let permissions = permissions::of(db, &Object::Model(name.to_owned())).await?;
    let may = |level| allows(Right::Write, db.by()) && permissions.level >= level;
    Ok(Offer {
        change: may(Level::Edit),
        manage: may(Level::Manage),
        who_changes: permissions.who_may(Level::Edit),
        who_manages: permissions.who_may(Level::Manage),
    })
}

/// What became of a form: it leads on, or it was refused and is shown again.
enum Became {
    Done(Response),
    Refused(Refused),
}

/// What a person can mend stands beside the form; the rest is a page of its own.
fn became(
    outcome: Result<(), Error>,
    leads_to: &str,
    refused: impl FnOnce(String) -> Refused,
) -> Result<Became, ApiError> {
    match outcome {
        Ok(()) => Ok(Became::Done(Redirect::to(leads_to).into_response())),
        Err(Error::Invalid(why)) => Ok(Became::Refused(refused(why.message))),
        Err(why @ (Error::AlreadyExists { .. } | Error::InvalidState(_))) => {
            Ok(Became::Refused(refused(why.to_string())))
        }
        // A policy asks for a review: that is the page to go on with.
        Err(Error::NeedsReview { path, .. }) => {
            Ok(Became::Done(Redirect::to(&format!("{path}&instead=move")).into_response()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Texts of forms come with the line breaks of HTTP.
fn text_of(typed: &str) -> String {
    typed.replace("\r\n", "\n")
}
