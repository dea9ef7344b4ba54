//! `models/{name}/versions/{version}`: one version, and what changes it.

use app::registry::{Asked, Example, Refused, Typed, VersionPage, model_path, version_path};
use app::reviews::VersionReviews;
use artifacts::Artifacts;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use domain::KeyValue;
use http::StatusCode;
use leptos::prelude::{IntoAny as _, view};
use serde::Deserialize;
use store::registry::{self, VersionOverview, cards};
use store::reviews;
use store::{Db, Error};
use web::wire::Flag;
use web::{ApiError, Form, Path, SignedIn};

use super::model::{Tag, Text};
use super::{Became, became, offer, page, text_of};
use crate::clock::now;
use crate::rights::{Right, allows};
use crate::state::AppState;

/// A larger example is no page's business.
const LARGEST_EXAMPLE: u64 = 1 << 20;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/models/{name}/versions/{version}", get(show))
        .route("/models/{name}/versions/{version}/description", post(set_description))
        .route("/models/{name}/versions/{version}/tags/set", post(set_tag))
        .route("/models/{name}/versions/{version}/tags/delete", post(delete_tag))
        .route("/models/{name}/versions/{version}/aliases/set", post(set_alias))
        .route("/models/{name}/versions/{version}/aliases/delete", post(delete_alias))
        .route("/models/{name}/versions/{version}/card", post(set_card))
        .route("/models/{name}/versions/{version}/stage", post(transition))
        .route("/models/{name}/versions/{version}/delete", post(delete))
}

/// A version, by its address.
#[derive(Debug, Clone, Deserialize)]
struct One {
    name: String,
    version: String,
}

impl One {
    fn read(self) -> Result<(String, i64), ApiError> {
        let Self { name, version } = self;
        let number = version.parse().ok().filter(|number| *number > 0);
        let unknown = || ApiError::not_found(format!("model `{name}` has no version `{version}`"));
        let number = number.ok_or_else(unknown)?;
        Ok((name, number))
    }
}

/// A database in somebody's name, and where the files are.
#[derive(Clone, Copy)]
struct From<'a> {
    db: &'a Db,
    artifacts: &'a Artifacts,
}

async fn show(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    version(From { db: &db, artifacts: &artifacts }, &name, number, None).await
}

async fn version(
    from: From<'_>,
    name: &str,
    number: i64,
    refusal: Option<Refused>,
) -> Result<Response, ApiError> {
    let overview = registry::version_overview(from.db, name, number).await?;
    let example = example(from, &overview).await;
    let rows = reviews::open_of_version(from.db, name, number).await?;
    let happened = registry::activity(from.db, name, number).await?;
    let of = name.to_owned();
    let (offer, kept) = (offer(from.db, name).await?, reviews::version_kept(from.db, name, number).await?);
    let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let title = format!("{name}, version {number}");
    Ok(page(status, &title, Some(from.db.by()), || {
        let may_ask = allows(Right::Ask, from.db.by());
        let reviews = view! { <VersionReviews name=of version=number rows may_ask/> }.into_any();
        view! { <VersionPage overview example offer kept refusal reviews happened/> }
    }))
}

/// The input that the model was logged with; one that can't be read is none.
async fn example(from: From<'_>, overview: &VersionOverview) -> Option<Example> {
    let has = |path: &&&str| {
        overview.files.files.iter().any(|file| file.path == **path && file.size <= LARGEST_EXAMPLE)
    };
    let path = Example::FILES.iter().find(has)?;
    let place = from.artifacts.place(&overview.this.version.storage_location, path).ok()?;
    let (bytes, _) = from.artifacts.head(&place, LARGEST_EXAMPLE).await.ok()?;
    Some(Example::parse(std::str::from_utf8(&bytes).ok()?))
}

/// Leads back to the version, or shows the refused form on its page.
async fn after(
    from: From<'_>,
    (name, number): (&str, i64),
    outcome: Result<(), Error>,
    asked: Asked,
    typed: impl Into<Typed>,
) -> Result<Response, ApiError> {
    match became(outcome, &version_path(name, number), |why| Refused { asked, why, typed: typed.into() })? {
        Became::Done(response) => Ok(response),
        Became::Refused(refused) => version(from, name, number, Some(refused)).await,
    }
}

async fn set_description(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(Text { text }): Form<Text>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    let text = text_of(&text);
    let description = Some(text.clone()).filter(|text| !text.trim().is_empty());
    let outcome = registry::update_version(&db, name.clone(), number, description, now()).await.map(drop);
    let from = From { db: &db, artifacts: &artifacts };
    after(from, (&name, number), outcome, Asked::Description, text).await
}

async fn set_tag(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(Tag { key, value }): Form<Tag>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    let tag = KeyValue { key: key.trim().to_owned(), value };
    let outcome = registry::set_version_tag(&db, name.clone(), number, tag, now()).await;
    after(From { db: &db, artifacts: &artifacts }, (&name, number), outcome, Asked::Tag, String::new()).await
}

async fn delete_tag(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(Tag { key, .. }): Form<Tag>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    let outcome = registry::delete_version_tag(&db, name.clone(), number, key, now()).await;
    after(From { db: &db, artifacts: &artifacts }, (&name, number), outcome, Asked::Tag, String::new()).await
}

#[derive(Deserialize)]
struct OneAlias {
    #[serde(default)]
    alias: String,
}

async fn set_alias(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(OneAlias { alias }): Form<OneAlias>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    let outcome = registry::set_alias(&db, name.clone(), alias.trim().to_owned(), number, now()).await;
    after(From { db: &db, artifacts: &artifacts }, (&name, number), outcome, Asked::Alias, String::new())
        .await
}

async fn delete_alias(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(OneAlias { alias }): Form<OneAlias>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    // The alias may name another version by now.
    let names_it = registry::version(&db, &name, number).await?.aliases.contains(&alias);
    let outcome =
        if names_it { registry::delete_alias(&db, name.clone(), alias, now()).await } else { Ok(()) };
    after(From { db: &db, artifacts: &artifacts }, (&name, number), outcome, Asked::Alias, String::new())
        .await
}

async fn set_card(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(Text { text }): Form<Text>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    let text = text_of(&text);
    let outcome = cards::set_card(&db, name.clone(), number, text.clone(), now()).await;
    after(From { db: &db, artifacts: &artifacts }, (&name, number), outcome, Asked::Card, text).await
}

#[derive(Deserialize)]
struct Transition {
    #[serde(default)]
    stage: String,
    /// A box that isn't ticked isn't sent.
    archive: Option<Flag>,
}

async fn transition(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
    Form(Transition { stage, archive }): Form<Transition>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    // The page says that it means active stages only.
    let archive = archive.is_some_and(|archive| archive.0) && domain::registry::is_active(&stage);
    let outcome = registry::transition(&db, name.clone(), number, &stage, archive, now()).await.map(drop);
    after(From { db: &db, artifacts: &artifacts }, (&name, number), outcome, Asked::Stage, stage).await
}

async fn delete(
    SignedIn(db): SignedIn,
    State(artifacts): State<Artifacts>,
    Path(one): Path<One>,
) -> Result<Response, ApiError> {
    let (name, number) = one.read()?;
    let outcome = registry::delete_version(&db, name.clone(), number, now()).await;
    let refused = |why| Refused { asked: Asked::Delete, why, typed: Typed::default() };
    match became(outcome, &model_path(&name), refused)? {
        Became::Done(response) => Ok(response),
        Became::Refused(refused) => {
            version(From { db: &db, artifacts: &artifacts }, &name, number, Some(refused)).await
        }
    }
}
