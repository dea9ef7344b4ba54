//! What goes around reviews where no policy asks for one, and doesn't where one does.

use domain::accounts::Caller;
use domain::registry::{ARCHIVED, NO_STAGE, is_active};
use domain::reviews::policy::{InForce, Leave, StageRules};
use domain::reviews::{Kind, Target};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::AnyConnection;

use super::policies::{Held, SavedPolicy, has_own, in_force};
use super::rows;
use crate::Db;
use crate::error::{Error, Result};
use crate::registry::{no_version, places, readable};
use crate::writer::Tx;

/// All but what stands for itself anywhere in an address.
const IN_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a version is moved to without a review, on its way there.
pub(crate) struct PlainCall<'a> {
    pub model: i64,
    pub name: &'a str,
    pub version: i64,
}

impl PlainCall<'_> {
    fn needs_review(&self, target: &Target, why: &str) -> Error {
        let path = format!(
            "/models/{}/versions/{}/ask?target={}",
            utf8_percent_encode(self.name, IN_ADDRESS),
            self.version,
            utf8_percent_encode(&target.to_string(), IN_ADDRESS)
        );
        Error::NeedsReview { what: format!("`{}` version {} {why}", self.name, self.version), path }
    }
}

/// What a policy guards, a stage or an alias, is reached by a review, never by a plain call.
pub(crate) async fn check_plain_call(
    tx: &mut Tx<'_>,
    by: &Caller,
    call: &PlainCall<'_>,
    target: &Target,
) -> Result<()> {
    if !is_guarded(tx.connection, by, call.model, target).await? {
        return Ok(());
    }
    let why = match target {
        Target::Stage(stage) => format!("reaches {stage} by a review"),
        Target::Alias(alias) => format!("gets the alias `{alias}` by a review"),
    };
    Err(call.needs_review(target, &why))
}

/// Those that leave a stage for another version don't come into a guarded archive by that.
pub(crate) async fn check_plain_retirement(
    tx: &mut Tx<'_>,
    by: &Caller,
    call: &PlainCall<'_>,
    stage: &str,
) -> Result<()> {
    let others = rows::others_in(tx.connection, call.model, stage, call.version).await?;
    let Some(version) = others.first().copied() else { return Ok(()) };
    if !is_archive_guarded(tx.connection, by, call.model).await? {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "`{}` version {version} would leave {stage} for {ARCHIVED}, which a policy guards: ask for a review of that first, or \
         let both stand in {stage}",
        call.name
    )))
}

/// An alias that a policy guards isn't taken away: what callers load by it is moved on by a review.
pub(crate) async fn check_alias_stays(
    tx: &mut Tx<'_>,
    by: &Caller,
    (model, name): (i64, &str),
    alias: &str,
) -> Result<()> {
    if !is_guarded(tx.connection, by, model, &Target::Alias(alias.to_owned())).await? {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "a policy guards the alias `{alias}` of `{name}`: give it to another version by a review"
    )))
}

/// The only version in a stage is not taken away by a plain call where the policy says so.
pub(crate) async fn check_plain_leave(
    connection: &mut AnyConnection,
    by: &Caller,
    call: &PlainCall<'_>,
    stage: &str,
) -> Result<()> {
    if kept(connection, by, (call.model, call.version), stage).await?.is_none() {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "`{}` version {} is the only one in {stage}, and a policy keeps it there: promote another one by a review, or roll \
         back, first",
        call.name, call.version
    )))
}

/// What a policy guards isn't taken away by deleting the version: its stage, its aliases; nor is the judgement on an
/// override.
pub(crate) async fn check_plain_delete(
    connection: &mut AnyConnection,
    by: &Caller,
    call: &PlainCall<'_>,
    stage: &str,
) -> Result<()> {
    check_plain_leave(connection, by, call, stage).await?;
    let refused =
        |why: String| Err(Error::Forbidden(format!("`{}` version {} {why}", call.name, call.version)));
    let aliases: Vec<(String,)> =
        sqlx::query_as("SELECT alias FROM model_aliases WHERE model_id = $1 AND version = $2")
            .bind(call.model)
            .bind(call.version)
            .fetch_all(&mut *connection)
            .await?;
    for (alias,) in aliases {
        if is_guarded(connection, by, call.model, &Target::Alias(alias.clone())).await? {
            return refused(format!(
                "has the alias `{alias}`, which a policy guards: give that to another one by a review first"
            ));
        }
    }
    let follow_up: Option<(i64,)> = sqlx::query_as(
        "SELECT id FROM reviews WHERE model_id = $1 AND version = $2 AND kind = $3 AND state = 'open' LIMIT 1",
    )
    .bind(call.model)
    .bind(call.version)
    .bind(Kind::Followup.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    match follow_up {
        Some((id,)) => refused(format!(
            "was released by an override, and review {id} has still to say whether that was right"
        )),
        None => Ok(()),
    }
}

/// What a policy keeps isn't taken away with the whole model; nor is the model's own policy, or the judgement on an
/// override.
pub(crate) async fn check_plain_delete_model(
    connection: &mut AnyConnection,
    by: &Caller,
    (model, name): (i64, &str),
) -> Result<()> {
    if let Some(target) = kept_target(connection, by, model).await? {
        return Err(Error::Forbidden(format!(
            "`{name}` has a version in {target}, and a policy keeps it there: it isn't taken away with the model"
        )));
    }
    let follow_up: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM reviews WHERE model_id = $1 AND kind = $2 AND state = 'open' LIMIT 1")
            .bind(model)
            .bind(Kind::Followup.as_str())
            .fetch_optional(&mut *connection)
            .await?;
    if let Some((id,)) = follow_up {
        return Err(Error::Forbidden(format!(
            "a version of `{name}` was released by an override, and review {id} has still to say whether that was right"
        )));
    }
    check_own_policy(connection, by, (model, name)).await
}

/// A stage or an alias that a version of the model has, and that a policy takes from none by hand.
async fn kept_target(connection: &mut AnyConnection, by: &Caller, model: i64) -> Result<Option<Target>> {
    let stages: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT stage FROM model_versions WHERE model_id = $1 AND stage NOT IN ($2, $3)",
    )
    .bind(model)
    .bind(NO_STAGE)
    .bind(ARCHIVED)
    .fetch_all(&mut *connection)
    .await?;
    let aliases: Vec<(String,)> = sqlx::query_as("SELECT alias FROM model_aliases WHERE model_id = $1")
        .bind(model)
        .fetch_all(&mut *connection)
        .await?;
    let held = Held::of(connection, by, model).await?;
    let keeps = |target: &Target| held.in_force(target).is_some_and(|(found, _)| keeps(&found.rules, target));
    let stages = stages.into_iter().map(|(stage,)| Target::Stage(stage));
    Ok(stages.chain(aliases.into_iter().map(|(alias,)| Target::Alias(alias))).find(keeps))
}

/// Whether what is in the target leaves it by a review only.
fn keeps(rules: &StageRules, target: &Target) -> bool {
    asks_for_anything(rules) && (rules.leave == Leave::Review || matches!(target, Target::Alias(_)))
}

/// Why a policy keeps something where it is, whoever asks; `None`: it doesn't.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// From leaving its stage by hand.
    pub stays: Option<String>,
    /// From being deleted.
    pub undeletable: Option<String>,
}

/// What a version's page need not offer.
///
/// # Errors
/// `NotFound`.
pub async fn version_kept(db: &Db, name: &str, number: i64) -> Result<Kept> {
    let mut connection = db.reader().await?;
    let model = readable(&mut connection, db.engine(), db.by(), name).await?;
    let stage: Option<(String,)> =
        sqlx::query_as("SELECT stage FROM model_versions WHERE model_id = $1 AND version = $2")
            .bind(model)
            .bind(number)
            .fetch_optional(&mut *connection)
            .await?;
    let (stage,) = stage.ok_or_else(|| no_version(name, number))?;
    let call = PlainCall { model, name, version: number };
    Ok(Kept {
        stays: refusal(check_plain_leave(&mut connection, db.by(), &call, &stage).await)?,
        undeletable: refusal(check_plain_delete(&mut connection, db.by(), &call, &stage).await)?,
    })
}

/// Why a model can't be deleted, whoever asks.
///
/// # Errors
/// `NotFound`.
pub async fn model_undeletable(db: &Db, name: &str) -> Result<Option<String>> {
    let mut connection = db.reader().await?;
    let model = readable(&mut connection, db.engine(), db.by(), name).await?;
    refusal(check_plain_delete_model(&mut connection, db.by(), (model, name)).await)
}

/// Why a check refuses.
pub(crate) fn refusal(outcome: Result<()>) -> Result<Option<String>> {
    match outcome {
        Ok(()) => Ok(None),
        Err(Error::Forbidden(why)) => Ok(Some(why)),
        Err(error) => Err(error),
    }
}

/// A policy of a model's own is an admin's to take away, also with the model.
async fn check_own_policy(
    connection: &mut AnyConnection,
    by: &Caller,
    (model, name): (i64, &str),
) -> Result<()> {
    if by.is_admin() || !has_own(connection, model).await? {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "`{name}` has a policy of its own, which holds for that name; an admin can change that"
    )))
}

/// Callers know a model by its name: where a policy keeps what is there, only an admin gives the name to another.
pub(crate) async fn check_keeps_name(tx: &mut Tx<'_>, by: &Caller, (model, name): (i64, &str)) -> Result<()> {
    check_own_policy(tx.connection, by, (model, name)).await?;
    if by.is_admin() {
        return Ok(());
    }
    match kept_target(tx.connection, by, model).await? {
        Some(target) => Err(Error::Forbidden(format!(
            "`{name}` has a version in {target}, and a policy keeps it there under that name; an admin can change that"
        ))),
        None => Ok(()),
    }
}

/// The stage or alias of a version that a policy guards: what is there got there by a review, or was there before.
pub(crate) async fn guarded_place(
    connection: &mut AnyConnection,
    by: &Caller,
    version: i64,
) -> Result<Option<Target>> {
    let (model, number, stage): (i64, i64, String) =
        sqlx::query_as("SELECT model_id, version, stage FROM model_versions WHERE id = $1")
            .bind(version)
            .fetch_one(&mut *connection)
            .await?;
    let aliases: Vec<(String,)> =
        sqlx::query_as("SELECT alias FROM model_aliases WHERE model_id = $1 AND version = $2")
            .bind(model)
            .bind(number)
            .fetch_all(&mut *connection)
            .await?;
    let stage = Some(Target::Stage(stage)).filter(|stage| is_active(&stage.to_string()));
    let held = Held::of(connection, by, model).await?;
    let guarded =
        |target: &Target| held.in_force(target).is_some_and(|(found, _)| asks_for_anything(&found.rules));
    Ok(stage.into_iter().chain(aliases.into_iter().map(|(alias,)| Target::Alias(alias))).find(guarded))
}

/// Where a required gate compares by the main metric, that is changed by whoever may waive the gate, and by no author of
/// what is under review. Somebody has to name the first.
pub(crate) async fn check_primary_metric(
    connection: &mut AnyConnection,
    by: &Caller,
    (model, name): (i64, &str),
    is_first: bool,
) -> Result<()> {
    let held = Held::of(connection, by, model).await?;
    for target in held.targets() {
        let Some((found, _)) = held.in_force(&target) else { continue };
        if !found.rules.gates.iter().any(|gate| gate.required && gate.kind.takes_primary_metric()) {
            continue;
        }
        let why = format!("a required gate of {target} compares versions of `{name}` by the main metric");
        if !is_first && by.roles.is_disjoint(&found.waive_roles) {
            let roles: Vec<_> = found.waive_roles.iter().map(|role| role.as_str()).collect();
            let roles = roles.join(" or ");
            return Err(Error::Forbidden(format!(
                "{why}: changing that takes a role that may waive gates, {roles}"
            )));
        }
        for row in rows::open_of(connection, model).await? {
            let mut authors = row.review().authors;
            authors.extend(places::authors(connection, row.version_id).await?);
            if by.user_id.is_some_and(|id| authors.contains(&id)) {
                let review = row.id;
                return Err(Error::Forbidden(format!(
                    "{why}, and an author of what review {review} is about may not change that meanwhile"
                )));
            }
        }
    }
    Ok(())
}

/// Whether versions come into the archive by a review only.
pub(super) async fn is_archive_guarded(
    connection: &mut AnyConnection,
    by: &Caller,
    model: i64,
) -> Result<bool> {
    is_guarded(connection, by, model, &Target::Stage(ARCHIVED.to_owned())).await
}

async fn is_guarded(
    connection: &mut AnyConnection,
    by: &Caller,
    model: i64,
    target: &Target,
) -> Result<bool> {
    let found = in_force(connection, by, model, target).await?;
    Ok(found.is_some_and(|(found, _)| asks_for_anything(&found.rules)))
}

/// The policy that keeps a model's version in its stage, as the only one there; `None`: it may leave.
pub(super) async fn kept(
    connection: &mut AnyConnection,
    by: &Caller,
    (model, version): (i64, i64),
    stage: &str,
) -> Result<Option<(InForce, SavedPolicy)>> {
    let target = Target::Stage(stage.to_owned());
    let found = in_force(connection, by, model, &target).await?;
    let Some(found) = found.filter(|(found, _)| keeps(&found.rules, &target)) else { return Ok(None) };
    let (others,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM model_versions WHERE model_id = $1 AND stage = $2 AND version <> $3",
    )
    .bind(model)
    .bind(stage)
    .bind(version)
    .fetch_one(connection)
    .await?;
    Ok(Some(found).filter(|_| others == 0))
}

/// A table without signatures and required gates says that the target is free.
fn asks_for_anything(rules: &StageRules) -> bool {
    !rules.sign_off.is_empty() || rules.gates.iter().any(|gate| gate.required)
}
