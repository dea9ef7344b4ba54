//! Asking for a review.

use domain::Millis;
use domain::accounts::Caller;
use domain::limits;
use domain::permissions::Level;

use domain::registry::{FilesState, check_name, check_new_alias, is_active};
use domain::reviews::rollback::{self, Entry};
use domain::reviews::state::{Opening, check_open};
use domain::reviews::{Kind, Target, sign_off};
use futures::FutureExt as _;
use serde_json::json;
use sqlx::AnyConnection;

use super::act::{Act, Outcome, decide};
use super::notice::{self, Noticed};

use super::people::{access, actor};
use super::rows::{self, Row};
use super::situation;
use super::timeline::{self, New};
use super::{Office, evidence, policies};
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::permissions::{OWN, model_level};
use crate::registry::{self, readable, stage_list};
use crate::writer::Tx;

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The registered model's name.
    pub name: String,
    pub version: i64,
    pub target: Target,
    pub comment: String,
    /// Where no policy decides: whether what is in the stage leaves it.
    pub archive_existing: bool,
}

pub(super) const MAX_WORDS: usize = 10_000;

/// Opens a review; its number.
///
/// # Errors
/// `Invalid`, `NotFound`; `Forbidden` for whoever may not; `AlreadyExists` if one of the same is open;
/// `InvalidState` if there is nothing to review.
pub async fn ask(db: &Db, mut ask: Ask, now: Millis) -> Result<i64> {
    check_name("name", &ask.name)?;
    limits::check_short_text("comment", &ask.comment, MAX_WORDS)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            ask.target = checked(tx.connection, &ask.target).await?;
            open(tx, &by, &ask, Kind::Promotion, None, now).await
        }
        .boxed()
    })
    .await
}

async fn checked(connection: &mut AnyConnection, target: &Target) -> Result<Target> {
    match target {
        Target::Stage(stage) => Ok(Target::Stage(stage_list::find(connection, "stage", stage).await?)),
        Target::Alias(alias) => {
            check_new_alias(alias)?;
            Ok(target.clone())
        }
    }
}

/// What [`roll_back`] would do in a stage: the version that is there, and the one that it would bring back. `None`:
/// nothing is there, or nothing was before.
///
/// # Errors
/// `NotFound` without the model.
pub async fn rollback_to(db: &Db, name: &str, stage: &str) -> Result<Option<(i64, i64)>> {
    let mut connection = db.reader().await?;
    let model = readable(&mut connection, db.engine(), db.by(), name).await?;
    let target = Target::Stage(stage.to_owned());
    let Some(current) = evidence::holder(&mut connection, model, &target, 0).await? else { return Ok(None) };
    let previous = served_before(&mut connection, model, stage, current).await?;
    Ok(previous.map(|previous| (current, previous)))
}

/// The last version before `current` in a stage that still has its files.
async fn served_before(
    connection: &mut AnyConnection,
    model: i64,
    stage: &str,
    current: i64,
) -> Result<Option<i64>> {
    let history = history(connection, model, stage).await?;
    let usable = usable(connection, model, stage).await?;
    Ok(rollback::previous(&history, current, |version| usable.contains(&version)))
}

/// Moves a stage back to the version that served before: one click for whoever may sign a rollback, else a review
/// that waits for such a one. `seen` is the version that serves, as whoever asks saw it.
///
/// # Errors
/// As [`ask`]; `InvalidState` if another one serves by now, or if nothing served before.
pub async fn roll_back(
    db: &Db,
    office: &Office,
    (name, stage, seen): (String, String, Option<i64>),
    words: String,
    now: Millis,
) -> Result<(i64, Outcome)> {
    check_name("name", &name)?;
    limits::check_short_text("comment", &words, MAX_WORDS)?;
    let (by, office) = (db.by().clone(), office.clone());
    db.write(move |tx| {
        async move {
            let model = readable(tx.connection, tx.engine, &by, &name).await?;
            let stage = stage_list::find(tx.connection, "stage", &stage).await?;
            if !is_active(&stage) {
                let why = format!("a rollback brings back what served before, and nothing serves in {stage}");
                return Err(limits::Invalid::new("stage", why).into());
            }
            let target = Target::Stage(stage.clone());
            let current = evidence::holder(tx.connection, model, &target, 0).await?;
            let current =
                current.ok_or_else(|| Error::InvalidState(format!("nothing of `{name}` is in {stage}")))?;
            if seen.is_some_and(|seen| seen != current) {
                let why =
                    format!("version {current} is in {stage} by now; look again before you roll it back");
                return Err(Error::InvalidState(why));
            }
            let previous = served_before(tx.connection, model, &stage, current).await?;
            let version = previous.ok_or_else(|| {
                Error::InvalidState(format!("no version of `{name}` that could serve was in {stage} before"))
            })?;
            let ask = Ask { name, version, target, comment: words.clone(), archive_existing: true };
            let id = open(tx, &by, &ask, Kind::Rollback, Some(current), now).await?;
            let opened = situation::situation(tx.connection, tx.engine, &by, id, now).await?;
            let (act, lacking) = if opened.seen.standing.requirements(&opened.review).is_empty() {
                (Act::Apply, "somebody who may apply it")
            } else {
                (Act::Sign { role: None, digest: None, words }, "a signature of somebody who may roll back")
            };
            let outcome = match decide(tx, &office, &by, id, &act, now).await? {
                Ok(outcome) => outcome,
                // They may ask, no more: it waits for somebody who may.
                Err(why) => Outcome::Recorded { missing: vec![format!("{lacking} ({why})")] },
            };
            Ok((id, outcome))
        }
        .boxed()
    })
    .await
}

async fn history(connection: &mut AnyConnection, model: i64, stage: &str) -> Result<Vec<Entry>> {
    let rows: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT version, at_ms, rolled_back_from FROM stage_entries WHERE model_id = $1 AND stage = $2 ORDER BY id",
    )
    .bind(model)
    .bind(stage)
    .fetch_all(connection)
    .await?;
    let entry = |(version, at, rolled_back_from)| Entry { version, at: Millis(at), rolled_back_from };
    Ok(rows.into_iter().map(entry).collect())
}

/// The versions that are there with the files that they had when they came into the stage, but for those that only an
/// override brought there, which nobody has judged yet, and those whose override others rejected, unless a review has
/// brought them there since. The override of a rollback says nothing against the version that it brought back.
async fn usable(connection: &mut AnyConnection, model: i64, stage: &str) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT v.version FROM model_versions v WHERE v.model_id = $1 AND v.files_state = 'done'
             AND v.files_changes = (SELECT e.files_changes FROM stage_entries e
                 WHERE e.model_id = v.model_id AND e.version = v.version AND e.stage = $2
                 ORDER BY e.id DESC LIMIT 1)
             AND NOT EXISTS (SELECT 1 FROM reviews f JOIN reviews o ON o.id = f.follows
                 WHERE o.version_id = v.id AND o.target = $2 AND o.kind = $4 AND f.state IN ('rejected', 'open')
                 AND NOT EXISTS (SELECT 1 FROM reviews l JOIN stage_entries e ON e.review_id = l.id
                     WHERE l.version_id = v.id AND l.target = $2 AND l.state = 'applied' AND l.is_override = 0
                     AND l.kind <> $3 AND e.version = v.version AND e.files_changes = v.files_changes
                     AND (f.state = 'open' OR l.id > o.id)))",
    )
    .bind(model)
    .bind(stage)
    .bind(Kind::Followup.as_str())
    .bind(Kind::Promotion.as_str())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// Fails for a version whose files this server can't read: nobody could say what is signed.
async fn check_is_here(connection: &mut AnyConnection, version: i64) -> Result<()> {
    let (place,): (String,) = sqlx::query_as("SELECT storage_location FROM model_versions WHERE id = $1")
        .bind(version)
        .fetch_one(connection)
        .await?;
    if place.starts_with(OWN) {
        return Ok(());
    }
    Err(Error::InvalidState(format!(
        "the version's files are in `{place}`, which this server doesn't read, so nothing says what would be signed; log \
         them to this server and register them from there"
    )))
}

/// Opens it, inside of a write.
pub(super) async fn open(
    tx: &mut Tx<'_>,
    by: &Caller,
    ask: &Ask,
    kind: Kind,
    replaced: Option<i64>,
    now: Millis,
) -> Result<i64> {
    let model = readable(tx.connection, tx.engine, by, &ask.name).await?;
    let version = evidence::version(tx.connection, model, ask.version).await?;
    let version = version.ok_or_else(|| registry::no_version(&ask.name, ask.version))?;
    // Prompts that were registered before reviews knew them.
    registry::prompts::keep_files(tx, version.id).await?;
    let target = ask.target.to_string();
    let earlier: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM reviews WHERE version_id = $1 AND target = $2 AND state = 'open'")
            .bind(version.id)
            .bind(&*target)
            .fetch_optional(&mut *tx.connection)
            .await?;
    if let Some((earlier,)) = earlier {
        if kind == Kind::Rollback {
            return rolled_back_instead(tx, by, ask, (earlier, replaced), now).await;
        }
        let hint = " and is open for the same; sign or cancel that one";
        return Err(Error::AlreadyExists { what: "review", key: earlier.to_string(), hint });
    }
    let is_there = match &ask.target {
        // Beside the version that it takes out.
        Target::Stage(_) if kind == Kind::Rollback => false,
        Target::Stage(stage) => version.facts.stage == *stage,
        Target::Alias(alias) => {
            let held: Option<(i64,)> =
                sqlx::query_as("SELECT version FROM model_aliases WHERE model_id = $1 AND alias = $2")
                    .bind(model)
                    .bind(&**alias)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
            held == Some((ask.version,))
        }
    };
    if version.files_state != FilesState::Done.as_str() {
        check_is_here(tx.connection, version.id).await?;
    }
    let opening = Opening {
        is_ready: version.files_state != "failed",
        target_exists: match &ask.target {
            Target::Stage(stage) => stage_list::read(tx.connection).await?.contains(stage),
            Target::Alias(_) => true,
        },
        is_there,
        open_review: None,
    };
    let level = model_level(tx.connection, tx.engine, by, model).await?;
    check_open(&opening, &actor(by, access(level)))?;
    let in_force = policies::in_force(tx.connection, by, model, &ask.target).await?;
    let expires = in_force.as_ref().and_then(|(in_force, _)| in_force.rules.expires_after_ms);
    let authors = sign_off::authors(by.user_id, version.created_by, version.run_created_by);
    let authors: Vec<_> = authors.iter().map(ToString::to_string).collect();
    let id = tx.next_ids("reviews", 1).await?;
    let row = Row {
        id,
        model_id: model,
        version_id: version.id,
        version: ask.version,
        kind: kind.as_str().to_owned(),
        target,
        from_stage: version.facts.stage,
        archive_existing: i64::from(ask.archive_existing),
        requester_id: by.user_id,
        requester: by.name.clone(),
        authors: authors.join(","),
        comment: ask.comment.clone(),
        state: "open".into(),
        opened_at_ms: now.0,
        deadline_ms: expires.map(|ms| now.0 + ms),
        ended_at_ms: None,
        ended_by: String::new(),
        reason: String::new(),
        is_override: 0,
        follows: None,
        replaced,
    };
    insert(tx, &row).await?;
    timeline::note(tx, by, &row, New { kind: "opened", words: &ask.comment, ..New::default() }, now).await?;
    let now_is = situation::situation(tx.connection, tx.engine, by, id, now).await?;
    let change = Change::new("review.open", id).to(json!({
        "model": ask.name, "version": ask.version, "kind": row.kind, "target": row.target,
        "digest": now_is.seen.standing.digest, "missing": now_is.missing(),
    }));
    audit::record(tx, by, change, now).await?;
    // From here on changes around it are told.
    notice::keep(tx, id, &Noticed::of(&now_is)).await?;
    Ok(id)
}

/// A rollback doesn't wait for what else was asked for that version: it is the same rollback, or takes the place of the
/// request.
async fn rolled_back_instead(
    tx: &mut Tx<'_>,
    by: &Caller,
    ask: &Ask,
    (earlier, replaced): (i64, Option<i64>),
    now: Millis,
) -> Result<i64> {
    let row = rows::row(tx.connection, earlier).await?;
    if row.kind() == Kind::Rollback && row.replaced == replaced {
        return Ok(earlier);
    }
    if !may_decide_rollback(tx, by, &row).await? {
        let hint =
            " and is open for the same; whoever edits the model or signs rollbacks may roll back instead";
        return Err(Error::AlreadyExists { what: "review", key: earlier.to_string(), hint });
    }
    timeline::supersede(tx, earlier, "the version is brought back by a rollback", now).await?;
    Box::pin(open(tx, by, ask, Kind::Rollback, replaced, now)).await
}

/// Whether somebody's word counts in a rollback: others don't end what somebody else asked for.
async fn may_decide_rollback(tx: &mut Tx<'_>, by: &Caller, row: &Row) -> Result<bool> {
    if model_level(tx.connection, tx.engine, by, row.model_id).await? >= Some(Level::Edit) {
        return Ok(true);
    }
    let found = policies::in_force(tx.connection, by, row.model_id, &row.target()).await?;
    Ok(found.is_some_and(|(found, _)| {
        let signers = found.sign_off(Kind::Rollback);
        by.roles.iter().any(|role| sign_off::is_named(signers, *role))
    }))
}

pub(super) async fn insert(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    sqlx::query(
        "INSERT INTO reviews (id, model_id, version_id, version, kind, target, from_stage, archive_existing,
             requester_id, requester, authors, comment, state, opened_at_ms, deadline_ms, follows, replaced)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(row.id)
    .bind(row.model_id)
    .bind(row.version_id)
    .bind(row.version)
    .bind(&*row.kind)
    .bind(&*row.target)
    .bind(&*row.from_stage)
    .bind(row.archive_existing)
    .bind(row.requester_id)
    .bind(&*row.requester)
    .bind(&*row.authors)
    .bind(&*row.comment)
    .bind(&*row.state)
    .bind(row.opened_at_ms)
    .bind(row.deadline_ms)
    .bind(row.follows)
    .bind(row.replaced)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Says whether what is in the target leaves it, where no policy decides that.
///
/// # Errors
/// Only the database's.
pub async fn plan(db: &Db, id: i64, archive_existing: bool, now: Millis) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let changed: Option<(i64,)> = sqlx::query_as(
                "UPDATE reviews SET archive_existing = $1
                 WHERE id = $2 AND state = 'open' AND archive_existing <> $1 RETURNING id",
            )
            .bind(i64::from(archive_existing))
            .bind(id)
            .fetch_optional(&mut *tx.connection)
            .await?;
            if changed.is_none() {
                return Ok(());
            }
            let change =
                Change::new("review.plan", id).from(json!({ "archive_existing": !archive_existing }));
            audit::record(tx, &by, change.to(json!({ "archive_existing": archive_existing })), now).await
        }
        .boxed()
    })
    .await
}
