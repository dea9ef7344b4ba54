//! `experiments/{id}/panels`: panels on their way into a view. Nothing is kept until it is saved.

use app::Section;
use app::views::{ArrangePage, Arranged, view_path};
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::permissions::Level;
use http::StatusCode;
use leptos::prelude::view;
use serde::Deserialize;
use store::permissions::{self, Object};
use store::views::{self, Contents, MOST_PANELS};
use store::{Db, Error, experiments, runs};
use web::wire::{Flag, Int64, Many};
use web::{ApiError, Call, Form, Path, SignedIn};

use super::panels::{Spec, drawn, first_of, suggested};
use crate::charts::{Leading, leading};
use crate::clock::now;
use crate::frame::page;
use crate::rights::{Right, allows};
use crate::state::AppState;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/experiments/{id}/panels", get(show).post(step))
        .route("/experiments/{id}/views", post(save))
}

#[derive(Deserialize)]
struct One {
    id: Int64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    panel: Many<String>,
    /// The view that is changed.
    view: Option<Int64>,
    /// One more panel.
    add: String,
}

async fn show(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(experiment) }): Path<One>,
    Call(asked): Call<Asked>,
) -> Result<Response, ApiError> {
    let leading = leading_of(&db, experiment).await?;
    let mut draft = Draft::default();
    if let Some(Int64(id)) = asked.view {
        let view = views::get(&db, id).await?;
        if view.experiment_id != experiment {
            return Err(ApiError::not_found(format!("view `{id}` is of another experiment")));
        }
        if !view.may_change {
            let why = format!("`{}` is {}'s; save a view of your own", view.contents.name, view.owner);
            return Err(Error::Forbidden(why).into());
        }
        draft = Draft::of(Some(id), view.contents);
    }
    if !asked.panel.0.is_empty() {
        draft.specs = asked.panel.0.iter().map(|text| Spec::parse(text)).collect();
    }
    if !asked.add.is_empty() {
        draft.specs.push(Spec::parse(&asked.add));
    }
    if draft.specs.is_empty() && draft.view.is_none() {
        draft.specs = suggested(&db, experiment, &leading).await?;
    }
    draft.page(&db, experiment, None).await
}

/// The form, whichever button was pressed. A list has one for each panel.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    view: Option<Int64>,
    panel: Many<String>,
    title: Many<String>,
    section: Many<String>,
    wide: Many<String>,
    name: String,
    notes: String,
    shared: Flag,
    kind: String,
    /// `draw`, `add`, `save`, or `up`, `down` and `remove` with a panel's place: `up-2`.
    act: String,
}

/// What is arranged so far.
#[derive(Default)]
struct Draft {
    view: Option<i64>,
    specs: Vec<Spec>,
    name: String,
    notes: String,
    is_shared: bool,
}

impl From<Fields> for Draft {
    fn from(fields: Fields) -> Self {
        let nothing = String::new();
        let at = |list: &Many<String>, place: usize| list.0.get(place).unwrap_or(&nothing).clone();
        let specs = fields.panel.0.iter().enumerate().map(|(place, text)| {
            let mut spec = Spec::parse(text);
            spec.set("title", at(&fields.title, place).trim());
            spec.place(&at(&fields.section, place), at(&fields.wide, place) == "true");
            spec
        });
        Self {
            view: fields.view.map(|view| view.0),
            specs: specs.collect(),
            name: fields.name.trim().to_owned(),
            // A browser sends line breaks as HTTP has them.
            notes: fields.notes.replace("\r\n", "\n"),
            is_shared: fields.shared.0,
        }
    }
}

impl Draft {
    fn of(view: Option<i64>, contents: Contents) -> Self {
        let specs = contents.panels.iter().map(|text| Spec::parse(text)).collect();
        let Contents { name, notes, is_shared, .. } = contents;
        Self { view, specs, name, notes, is_shared }
    }

    fn contents(&self) -> Contents {
        Contents {
            name: self.name.clone(),
            notes: self.notes.clone(),
            panels: self.specs.iter().map(Spec::text).collect(),
            is_shared: self.is_shared,
        }
    }

    fn act(&mut self, act: &str, kind: &str, leading: &Leading) {
        let (act, place) = act.split_once('-').unwrap_or((act, ""));
        let place = place.parse::<usize>().ok().filter(|place| *place < self.specs.len());
        match (act, place) {
            ("add", _) if self.specs.len() < MOST_PANELS => self.specs.push(first_of(kind, leading)),
            ("up", Some(place)) if place > 0 => self.specs.swap(place, place - 1),
            ("down", Some(place)) if place + 1 < self.specs.len() => self.specs.swap(place, place + 1),
            ("remove", Some(place)) => drop(self.specs.remove(place)),
            _ => {}
        }
    }

    async fn page(mut self, db: &Db, experiment: i64, problem: Option<String>) -> Result<Response, ApiError> {
        self.specs.truncate(MOST_PANELS);
        let level = permissions::of(db, &Object::Experiment(experiment)).await?.level;
        let may_save = allows(Right::Write, db.by());
        let arranged = Arranged {
            experiment_id: experiment,
            experiment: experiments::get(db, experiment).await?.name,
            view: self.view,
            panels: drawn(db, experiment, &self.specs).await?,
            name: self.name,
            notes: self.notes,
            is_shared: self.is_shared,
            may_save,
            may_share: may_save && level >= Level::Edit,
            problem,
        };
        let status = if arranged.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let title = if self.view.is_some() { "Change a view" } else { "New view" };
        Ok(page(Some(db.by()), status, title, Section::Experiments, || view! { <ArrangePage arranged/> }))
    }
}

/// What new panels start with.
async fn leading_of(db: &Db, experiment: i64) -> Result<Leading, ApiError> {
    experiments::get(db, experiment).await?;
    let keys = runs::keys(db, &[experiment]).await?;
    Ok(leading(db, experiment, &keys).await?)
}

/// One step of arranging, which changes nothing that is kept.
async fn step(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(experiment) }): Path<One>,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    let leading = leading_of(&db, experiment).await?;
    let (act, kind) = (fields.act.clone(), fields.kind.clone());
    let mut draft = Draft::from(fields);
    draft.act(&act, &kind, &leading);
    draft.page(&db, experiment, None).await
}

async fn save(
    SignedIn(db): SignedIn,
    Path(One { id: Int64(experiment) }): Path<One>,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    let draft = Draft::from(fields);
    let saved = match draft.specs.iter().try_for_each(|spec| spec.check(experiment)) {
        Ok(()) => match draft.view {
            Some(id) => views::change(&db, id, draft.contents(), now()).await.map(|()| id),
            None => views::create(&db, experiment, draft.contents(), now()).await,
        },
        Err(why) => return draft.page(&db, experiment, Some(why.message)).await,
    };
    match saved {
        Ok(id) => Ok(Redirect::to(&view_path(id)).into_response()),
        Err(Error::Invalid(why)) => draft.page(&db, experiment, Some(why.message)).await,
        Err(why) => Err(why.into()),
    }
}
