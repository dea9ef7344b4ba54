//! The pages of policies.

use app::Section;
use app::reviews::PolicyPage;
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::registry::workspace_stages;
use store::reviews::{PolicyOf, policy, policy_history, preview, save_policy};
use store::{Db, Error};
use web::wire::Int64;
use web::{Form, Path, SignedIn};

use super::frame::{Asked, page};
use crate::clock::now;
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/policy", get(show_workspace).post(save_workspace))
        .route("/models/{name}/policy", get(show_model).post(save_model))
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct Edited {
    #[serde(default)]
    text: String,
    #[serde(default)]
    reason: String,
    after: Option<Int64>,
    preview: Option<String>,
}

async fn show_workspace(SignedIn(db): SignedIn) -> Result<Response, Asked> {
    show(&db, PolicyOf::Workspace, Shown::default()).await
}

async fn show_model(SignedIn(db): SignedIn, Path(Model { name }): Path<Model>) -> Result<Response, Asked> {
    show(&db, PolicyOf::Model(name), Shown::default()).await
}

async fn save_workspace(SignedIn(db): SignedIn, Form(edited): Form<Edited>) -> Result<Response, Asked> {
    save(&db, PolicyOf::Workspace, edited).await
}

async fn save_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
    Form(edited): Form<Edited>,
) -> Result<Response, Asked> {
    save(&db, PolicyOf::Model(name), edited).await
}

/// What the page shows beside what is saved.
#[derive(Default)]
struct Shown {
    draft: Option<String>,
    problem: Option<String>,
    preview: Vec<(String, Vec<String>)>,
}

async fn show(db: &Db, of: PolicyOf, shown: Shown) -> Result<Response, Asked> {
    let saved = policy(db, &of).await?;
    let history = policy_history(db, &of).await?;
    let stages = workspace_stages(db).await?;
    let model = match of {
        PolicyOf::Workspace => None,
        PolicyOf::Model(name) => Some(name),
    };
    let can_edit = db.by().check_admin().is_ok();
    let Shown { draft, problem, preview } = shown;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(db, status, "Policy", Section::Reviews, || {
        view! { <PolicyPage model saved history draft can_edit stages done=None problem preview/> }
    }))
}

async fn save(db: &Db, of: PolicyOf, edited: Edited) -> Result<Response, Asked> {
    let text = edited.text.replace("\r\n", "\n");
    if edited.preview.is_some() {
        let shown = match preview(db, &of, &text, now()).await {
            Ok(found) if found.is_empty() => {
                let none = ("No promotion yet that it is about".to_owned(), Vec::new());
                Shown { preview: vec![none], ..Shown::default() }
            }
            Ok(preview) => Shown { preview, ..Shown::default() },
            Err(why) => refused(why)?,
        };
        return show(db, of, Shown { draft: Some(text), ..shown }).await;
    }
    let after = edited.after.map(|after| after.0);
    match save_policy(db, of.clone(), text.clone(), edited.reason, after, now()).await {
        Ok(_) => {
            let path = match &of {
                PolicyOf::Workspace => "/policy".to_owned(),
                PolicyOf::Model(name) => format!("{}/policy", app::reviews::model_path(name)),
            };
            Ok(Redirect::to(&path).into_response())
        }
        Err(why) => {
            let shown = refused(why)?;
            show(db, of, Shown { draft: Some(text), ..shown }).await
        }
    }
}

fn refused(why: Error) -> Result<Shown, Asked> {
    let problem = match why {
        Error::Invalid(why) => why.message,
        Error::InvalidState(why) | Error::Forbidden(why) => why,
        other => return Err(other.into()),
    };
    Ok(Shown { problem: Some(problem), ..Shown::default() })
}
