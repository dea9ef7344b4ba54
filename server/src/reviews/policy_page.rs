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
use web::{ApiError, Call, Form, Path, SignedIn};

use crate::clock::now;
use crate::frame::page;
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
    /// Whether it is to be taken away.
    remove: Option<String>,
}

#[derive(Deserialize)]
struct Wanted {
    /// An earlier one, to look at and to start from.
    version: Option<Int64>,
    saved: Option<String>,
}

async fn show_workspace(SignedIn(db): SignedIn, Call(wanted): Call<Wanted>) -> Result<Response, ApiError> {
    show(&db, PolicyOf::Workspace, wanted.into()).await
}

async fn show_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
    Call(wanted): Call<Wanted>,
) -> Result<Response, ApiError> {
    show(&db, PolicyOf::Model(name), wanted.into()).await
}

async fn save_workspace(SignedIn(db): SignedIn, Form(edited): Form<Edited>) -> Result<Response, ApiError> {
    save(&db, PolicyOf::Workspace, edited).await
}

async fn save_model(
    SignedIn(db): SignedIn,
    Path(Model { name }): Path<Model>,
    Form(edited): Form<Edited>,
) -> Result<Response, ApiError> {
    save(&db, PolicyOf::Model(name), edited).await
}

/// What the page shows beside what is saved.
#[derive(Default)]
struct Shown {
    draft: Option<String>,
    /// An earlier version, which is the draft.
    earlier: Option<i64>,
    done: Option<String>,
    problem: Option<String>,
    preview: Vec<(String, Vec<String>)>,
}

impl From<Wanted> for Shown {
    fn from(Wanted { version, saved }: Wanted) -> Self {
        let done = "It is saved, and holds from now on. Open reviews are judged by it, too; where it changes what they \
                    were signed for, signatures go stale.";
        Self {
            earlier: version.map(|version| version.0),
            done: saved.map(|_| done.to_owned()),
            ..Self::default()
        }
    }
}

async fn show(db: &Db, of: PolicyOf, shown: Shown) -> Result<Response, ApiError> {
    let saved = policy(db, &of).await?;
    let history = policy_history(db, &of).await?;
    let stages = workspace_stages(db).await?;
    let model = match of {
        PolicyOf::Workspace => None,
        PolicyOf::Model(name) => Some(name),
    };
    let workspace = match (&model, &saved) {
        (Some(_), None) => policy(db, &PolicyOf::Workspace).await?.map(|saved| saved.text),
        _ => None,
    };
    let can_edit = db.by().check_admin().is_ok();
    let Shown { draft, earlier, done, problem, preview } = shown;
    let earlier = match earlier {
        Some(number) => {
            let found = history.iter().find(|one| one.version == number);
            let unknown = || ApiError::not_found(format!("the policy has no version {number}"));
            Some(found.ok_or_else(unknown)?.clone())
        }
        None => None,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(Some(db.by()), status, "Policy", Section::Reviews, || {
        view! { <PolicyPage model saved workspace history draft earlier can_edit stages done problem preview/> }
    }))
}

async fn save(db: &Db, of: PolicyOf, edited: Edited) -> Result<Response, ApiError> {
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
    let problem = if edited.remove.is_some() {
        None
    } else if text.trim().is_empty() {
        Some("An empty text is no policy. To have none, take it away, below.")
    } else if policy(db, &of).await?.is_some_and(|saved| saved.text == text) {
        Some("Nothing is changed: this is the text that is saved.")
    } else {
        None
    };
    if let Some(problem) = problem {
        let shown = Shown { draft: Some(text), problem: Some(problem.into()), ..Shown::default() };
        return show(db, of, shown).await;
    }
    let after = edited.after.map(|after| after.0);
    match save_policy(db, of.clone(), text.clone(), edited.reason, after, now()).await {
        Ok(_) => {
            let path = match &of {
                PolicyOf::Workspace => "/policy".to_owned(),
                PolicyOf::Model(name) => format!("{}/policy", app::reviews::model_path(name)),
            };
            Ok(Redirect::to(&format!("{path}?saved=1")).into_response())
        }
        Err(why) => {
            let shown = refused(why)?;
            show(db, of, Shown { draft: Some(text), ..shown }).await
        }
    }
}

fn refused(why: Error) -> Result<Shown, ApiError> {
    let problem = match why {
        Error::Invalid(why) => why.message,
        Error::InvalidState(why) | Error::Forbidden(why) => why,
        other => return Err(other.into()),
    };
    Ok(Shown { problem: Some(problem), ..Shown::default() })
}
