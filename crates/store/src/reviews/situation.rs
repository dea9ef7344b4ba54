//! A review with everything that decides about it, as it is at one moment.

use std::collections::BTreeSet;

use domain::Millis;

use domain::accounts::Caller;
use domain::permissions::Level;
use domain::registry::{ARCHIVED, NO_STAGE, is_active};

use domain::reviews::card;
use domain::reviews::document::{
    self, ChampionPart, Contents, DatasetPart, PolicyPart, RequestPart, VersionPart,
};
use domain::reviews::gates::{self, Better, DatasetUse, Departed, Facts, PrimaryMetric, Waiver};
use domain::reviews::policy::InForce;
use domain::reviews::state::{self, Access, Missing, Review, Standing};
use domain::reviews::{Kind, Target};
use sqlx::AnyConnection;

use super::evidence::{self, Version};
use super::people::{self, People};
use super::plain;
use super::policies::{self, SavedPolicy};
use super::rows::{self, Blocked, Row, Signed};
use super::seen::{self, Seen};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::permissions::model_level;
use crate::registry::places;

pub(super) struct Situation {
    pub row: Row,
    pub review: Review,
    pub seen: Seen,
    pub people: People,
    pub signed: Vec<Signed>,
    pub blocked: Vec<Blocked>,
    /// Who waived, by gate.
    pub waivers: Vec<(Waiver, String)>,
    /// Of whoever asks.
    pub access: Access,
}

impl Situation {
    /// What it waits for, in words.
    pub fn missing(&self) -> Vec<String> {
        let missing = state::is_ready(&self.review, &self.seen.standing).err().unwrap_or_default();
        missing
            .iter()
            .map(|missing| match missing {
                Missing::Changes { by } => format!("changes that {} asks for", self.people.name(*by)),
                other => other.to_string(),
            })
            .collect()
    }
}

/// Reads all of it: as it is now, or of an ended review as it was when it ended.
pub(super) async fn situation(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    id: i64,
    now: Millis,
) -> Result<Situation> {
    let mut row = rows::row(connection, id).await?;
    let mut review = row.review();
    review.authors.extend(places::authors(connection, row.version_id).await?);
    let model = model(connection, row.model_id).await?;
    let level = model_level(connection, engine, by, row.model_id).await?;
    if !may_see(by, &review, model.is_some(), level) {
        return Err(Error::not_found("review", "id", id));
    }

    let mut people = people::people(connection, engine).await?;
    people.note_readers(connection, engine, row.model_id).await?;
    let signed = rows::signed(connection, id).await?;
    let blocked = rows::blocked(connection, id).await?;
    let waivers = rows::waivers(connection, id).await?;
    let kept = if review.state.is_final() { seen::kept(connection, id).await? } else { None };
    let access = people::access(level);
    let authors = &review.authors;
    let said =
        Said { row: &row, authors, people: &people, signed: &signed, blocked: &blocked, waivers: &waivers };
    let seen = match kept {
        Some(kept) => kept,
        // The largest of all futures: kept out of those that wait for it.
        None => Box::pin(look(connection, by, &said, model, now)).await?,
    };
    // It may have been moved since somebody asked.
    if !review.state.is_final() && leaves_a_stage(&row) && seen.standing.exists {
        row.from_stage.clone_from(&seen.facts.candidate.stage);
    }
    Ok(Situation { row, review, seen, people, signed, blocked, waivers, access })
}

/// Whoever may read the model sees its reviews. Of one that is gone nobody can say who might: its reviews are left to
/// those who asked for them, the version's authors, and admins.
fn may_see(by: &Caller, review: &Review, exists: bool, level: Option<Level>) -> bool {
    if exists {
        return level.is_some();
    }
    let is_author = |id: i64| review.requester == Some(id) || review.authors.contains(&id);
    by.is_admin() || by.user_id.is_none_or(is_author)
}

/// Fails for a review that whoever asks may not see.
pub(super) async fn check_may_see(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    id: i64,
) -> Result<()> {
    let row = rows::row(connection, id).await?;
    let model = model(connection, row.model_id).await?;
    let level = model_level(connection, engine, by, row.model_id).await?;
    if may_see(by, &row.review(), model.is_some(), level) {
        return Ok(());
    }
    Err(Error::not_found("review", "id", id))
}

/// What people said of a review, and who there is.
struct Said<'a> {
    row: &'a Row,
    authors: &'a BTreeSet<i64>,
    people: &'a People,
    signed: &'a [Signed],
    blocked: &'a [Blocked],
    waivers: &'a [(Waiver, String)],
}

/// Name, main metric, and which of its values are better.
type Model = (String, String, String);

async fn model(connection: &mut AnyConnection, id: i64) -> Result<Option<Model>> {
    let find = "SELECT name, primary_metric, primary_better FROM registered_models WHERE id = $1";
    Ok(sqlx::query_as(find).bind(id).fetch_optional(connection).await?)
}

/// Looks at everything that decides. A version that is gone has no facts left.
async fn look(
    connection: &mut AnyConnection,
    by: &Caller,
    said: &Said<'_>,
    model: Option<Model>,
    now: Millis,
) -> Result<Seen> {
    let Said { row, authors, people, signed, blocked, waivers } = said;
    let target = row.target();
    let found = evidence::version(connection, row.model_id, row.version).await?;
    let exists = model.is_some() && found.is_some();
    let (model, primary, better) = model.unwrap_or_default();
    let version = found.unwrap_or_default();
    let champion = match row.follows {
        // What an override brought there serves by now: what it saw is kept, whatever has become of that.
        Some(overridden) => match (seen::kept(connection, overridden).await?, &target) {
            (Some(then), _) => then.champion,
            (None, Target::Stage(stage)) => {
                evidence::predecessor(connection, row.model_id, stage, overridden).await?
            }
            (None, Target::Alias(_)) => None,
        },
        None => evidence::champion(connection, row.model_id, &target, row.version).await?,
    };
    let champion = match champion {
        Some(champion) => Some(seen::as_released(connection, champion, &row.target).await?),
        None => None,
    };
    let departed = departed(connection, row, champion.as_ref()).await?;
    let in_force = in_force(connection, by, row, &version.facts.stage).await?;
    let better = if better == "lower" { Better::Lower } else { Better::Higher };
    let facts = Facts {
        target: target.clone(),
        candidate: version.facts.clone(),
        champion: champion.as_ref().map(|champion| champion.facts.clone()),
        departed,
        primary_metric: (!primary.is_empty()).then_some(PrimaryMetric { key: primary, better }),
        owner_is_enabled: version
            .card
            .as_deref()
            .and_then(card::owner)
            .is_some_and(|it| people.is_enabled(&it)),
        card: version.card.clone(),
        checks: rows::checks(connection, row.id).await?,
        monitor: None,
    };
    let rules = in_force.as_ref().map(|(in_force, _)| in_force.rules.gates.clone()).unwrap_or_default();
    // As with a signature, a waiver counts for as long as whoever gave it could still give it.
    let may_waive = |waiver: &&Waiver| {
        let giver = people.all.iter().find(|person| person.id == waiver.by);
        giver.zip(in_force.as_ref()).is_some_and(|(giver, (in_force, _))| {
            giver.is_enabled
                && giver.may_read
                && !giver.roles.is_disjoint(&in_force.waive_roles)
                && !authors.contains(&giver.id)
        })
    };
    let laid: Vec<_> = waivers.iter().map(|(waiver, _)| waiver).filter(may_waive).cloned().collect();
    let gates = gates::evaluate_all(&rules, &facts, &laid, now);
    // What a policy guards isn't filled by a review of something else.
    let is_archive_free =
        in_force.is_some() || !plain::is_archive_guarded(connection, by, row.model_id).await?;
    let replaces = in_force
        .as_ref()
        .map_or(row.archive_existing != 0 && is_archive_free, |(in_force, _)| in_force.rules.replaces);
    let is_rollback = row.kind() == Kind::Rollback;
    let retire_to = (replaces || is_rollback).then(|| {
        let retire_to = in_force.as_ref().and_then(|(in_force, _)| in_force.rules.retire_to.clone());
        let elsewhere = if is_archive_free { ARCHIVED } else { NO_STAGE };
        retire_to.unwrap_or_else(|| elsewhere.to_owned())
    });
    let archive = match (&target, &retire_to) {
        (Target::Stage(stage), Some(_)) if row.kind() != Kind::Followup => {
            let mut others = rows::others_in(connection, row.model_id, stage, row.version).await?;
            // Where versions stand beside each other, a rollback takes out the one that it is of.
            others.retain(|version| replaces || row.replaced == Some(*version));
            others
        }
        _ => Vec::new(),
    };
    let champion_part = facts
        .champion
        .as_ref()
        .map(|champion| ChampionPart::new(champion, &rules, facts.primary_metric.as_ref()));
    let contents = Contents {
        champion: champion_part,
        policy: in_force.as_ref().map(|(in_force, _)| PolicyPart::from(in_force)),
        gates: gates.clone(),
        ..contents(row, &model, &version, archive.clone())
    };
    let document = document::document(&contents);
    let standing = Standing {
        in_force: in_force.as_ref().map(|(in_force, _)| in_force.clone()),
        digest: document::digest(&document),
        sign_offs: signed.iter().map(|signed| signed.sign_off.clone()).collect(),
        blocks: blocked.iter().map(|blocked| blocked.block.clone()).collect(),
        people: people.all.clone(),
        gates,
        is_hashed: version.is_hashed,
        exists,
    };
    let policy = in_force.map(|(_, saved)| saved);
    Ok(Seen { model, standing, facts, version, champion, policy, document, archive, retire_to })
}

/// The version that came into the target last and was taken out by hand, if the champion is another one.
async fn departed(
    connection: &mut AnyConnection,
    row: &Row,
    champion: Option<&Version>,
) -> Result<Option<Departed>> {
    let target = row.target();
    let (Kind::Promotion, Target::Stage(stage)) = (row.kind(), &target) else { return Ok(None) };
    if !is_active(stage) {
        return Ok(None);
    }
    let last = evidence::departed(connection, row.model_id, stage, row.version).await?;
    let Some((number, found)) =
        last.filter(|(number, _)| champion.is_none_or(|champion| champion.facts.version != *number))
    else {
        return Ok(None);
    };
    Ok(Some(match found {
        Some(found) => {
            let found = seen::as_released(connection, found, &row.target).await?;
            Departed::Known(Box::new(found.facts))
        }
        None => Departed::Deleted(number),
    }))
}

/// The rules of the target, with the signatures that it takes to leave a stage empty that a policy keeps filled.
async fn in_force(
    connection: &mut AnyConnection,
    by: &Caller,
    row: &Row,
    stage: &str,
) -> Result<Option<(InForce, SavedPolicy)>> {
    let target = row.target();
    let found = policies::in_force(connection, by, row.model_id, &target).await?;
    if !matches!(&target, Target::Stage(wanted) if wanted != stage) {
        return Ok(found);
    }
    let Some((left, saved)) = plain::kept(connection, by, (row.model_id, row.version), stage).await? else {
        return Ok(found);
    };
    let (mut found, saved) = found.unwrap_or_else(|| (left.without_rules(target), saved));
    found.rules.also_signed_by(&left.rules.sign_off);
    Ok(Some((found, saved)))
}

/// Whether applying it moves the version out of the stage where it is.
fn leaves_a_stage(row: &Row) -> bool {
    row.kind() != Kind::Followup && matches!(row.target(), Target::Stage(_))
}

/// What is signed of the request and the version themselves.
fn contents(row: &Row, model: &str, version: &Version, archive: Vec<i64>) -> Contents {
    let used = |used: &DatasetUse| DatasetPart {
        name: used.name.clone(),
        digest: used.digest.clone(),
        validation: used.validation,
    };
    Contents {
        request: RequestPart {
            id: row.id,
            kind: row.kind(),
            target: row.target(),
            from: if leaves_a_stage(row) { version.facts.stage.clone() } else { row.from_stage.clone() },
            archive,
            requester: row.requester_id,
            authors: row.review().authors,
        },
        version: VersionPart {
            model: row.model_id,
            name: model.to_owned(),
            version: row.version,
            source: version.source.clone(),
            run_id: Some(version.run_uuid.clone()).filter(|run| !run.is_empty()),
            model_id: version.model_id.clone(),
            description: version.description.clone(),
            card: version.card.clone(),
            signature: version.facts.signature.clone(),
        },
        files: version.files.clone(),
        metrics: [&*version.facts.run_metrics, &*version.facts.model_metrics].concat(),
        params: version.params.clone(),
        datasets: version.facts.datasets.iter().map(used).collect(),
        champion: None,
        policy: None,
        gates: Vec::new(),
    }
}
