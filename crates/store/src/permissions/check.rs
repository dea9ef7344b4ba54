//! Asking.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use domain::accounts::{Caller, Role};
use domain::permissions::{Granted, Level, level};
use sqlx::AnyConnection;

use crate::Db;
use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sql::Sql;

/// At most so many names of those who can help stand in a refusal.
const MOST_NAMES: i64 = 5;

pub(super) const EVERYONE: &str = "everyone";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Experiment,
    Model,
}

impl Kind {
    /// As grants name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Model => "model",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Model => "registered model",
        }
    }
}

/// What the row of an experiment or a model says of who may do what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guarded {
    pub kind: Kind,
    pub id: i64,
    pub is_restricted: bool,
    /// An account.
    pub created_by: Option<i64>,
}

impl Guarded {
    pub fn experiment(id: i64, restricted: i64, created_by: Option<i64>) -> Self {
        Self { kind: Kind::Experiment, id, is_restricted: restricted != 0, created_by }
    }

    pub fn model(id: i64, restricted: i64, created_by: Option<i64>) -> Self {
        Self { kind: Kind::Model, id, is_restricted: restricted != 0, created_by }
    }

    /// Fails unless `by` may do what takes `wanted`.
    ///
    /// # Errors
    /// What `missing` gives for whoever may not even read it; `Forbidden` names who could help.
    pub async fn check(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        by: &Caller,
        wanted: Level,
        missing: impl FnOnce() -> Error,
    ) -> Result<()> {
        if by.is_admin() {
            return Ok(());
        }
        let grants = Grants::of(connection, engine, [self]).await?;
        grants.check(connection, engine, by, self, wanted, missing).await
    }
}

/// As what grants reach a caller.
pub(super) fn grantees(by: &Caller) -> Vec<String> {
    let user = by.user_id.map(user);
    let roles = by.roles.iter().map(|one| role(*one));
    user.into_iter().chain(roles).chain([EVERYONE.to_owned()]).collect()
}

pub(super) fn user(id: i64) -> String {
    format!("user {id}")
}

pub(super) fn role(role: Role) -> String {
    format!("role {role}")
}

/// The most that `by` may do on a registered model; `None`: for them it doesn't exist.
pub(crate) async fn model_level(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    id: i64,
) -> Result<Option<Level>> {
    let Some(guarded) = guarded_model(connection, id).await? else { return Ok(None) };
    let grants = Grants::of(connection, engine, [&guarded]).await?;
    Ok(grants.level(by, &guarded))
}

/// Whether somebody manages a model; of one that is gone there is nothing left to keep from them.
pub(crate) async fn manages_model(
    connection: &mut AnyConnection,
    engine: Engine,
    person: &Caller,
    id: i64,
) -> Result<bool> {
    let Some(guarded) = guarded_model(connection, id).await? else { return Ok(true) };
    let grants = Grants::of(connection, engine, [&guarded]).await?;
    Ok(grants.level(person, &guarded) == Some(Level::Manage))
}

async fn guarded_model(connection: &mut AnyConnection, id: i64) -> Result<Option<Guarded>> {
    let found: Option<(i64, Option<i64>)> =
        sqlx::query_as("SELECT is_restricted, created_by FROM registered_models WHERE id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await?;
    Ok(found.map(|(restricted, created_by)| Guarded::model(id, restricted, created_by)))
}

/// Who may read a registered model that not everybody may.
pub(crate) struct ModelReaders {
    grants: Grants,
    model: Guarded,
}

impl ModelReaders {
    /// `None`: everybody may, or it is gone.
    pub async fn of(connection: &mut AnyConnection, engine: Engine, id: i64) -> Result<Option<Self>> {
        let found = guarded_model(connection, id).await?;
        let Some(model) = found.filter(|model| model.is_restricted) else { return Ok(None) };
        let grants = Grants::of(connection, engine, [&model]).await?;
        Ok(Some(Self { grants, model }))
    }

    pub fn may_read(&self, user: i64, roles: &BTreeSet<Role>) -> bool {
        let person = Caller { user_id: Some(user), roles: roles.clone(), ..Caller::nobody() };
        self.grants.level(&person, &self.model).is_some()
    }
}

/// Grants of some objects, read at once.
#[derive(Debug, Default)]
pub(crate) struct Grants(HashMap<(Kind, i64), Vec<(String, Level)>>);

impl Grants {
    /// Of those of the objects that have any; without such nothing is read.
    pub async fn of(
        connection: &mut AnyConnection,
        engine: Engine,
        objects: impl IntoIterator<Item = &Guarded>,
    ) -> Result<Self> {
        let restricted = objects.into_iter().filter(|one| one.is_restricted);
        let restricted: HashSet<_> = restricted.map(|one| (one.kind, one.id)).collect();
        let mut grants = Self::default();
        for kind in [Kind::Experiment, Kind::Model] {
            let ids: Vec<_> = restricted.iter().filter(|one| one.0 == kind).map(|one| one.1).collect();
            for chunk in ids.chunks(bulk::MAX_LIST) {
                let mut sql =
                    Sql::new(engine, "SELECT object_id, grantee, level FROM grants WHERE object = ");
                sql.bind(kind.as_str()).push(" AND object_id IN").list(chunk);
                for (id, grantee, code) in sql.fetch::<(i64, String, i64)>(connection).await? {
                    if let Some(level) = Level::from_code(code) {
                        grants.0.entry((kind, id)).or_default().push((grantee, level));
                    }
                }
            }
        }
        Ok(grants)
    }

    pub fn on(&self, object: &Guarded) -> &[(String, Level)] {
        self.0.get(&(object.kind, object.id)).map(Vec::as_slice).unwrap_or_default()
    }

    /// What `by` may do; `None`: for them it doesn't exist.
    pub fn level(&self, by: &Caller, object: &Guarded) -> Option<Level> {
        let granted = if object.is_restricted {
            let grantees = grantees(by);
            let reaching = self.on(object).iter().filter(|(grantee, _)| grantees.contains(grantee));
            Granted::Restricted(reaching.map(|(_, level)| *level).max())
        } else {
            Granted::Unrestricted
        };
        level(by, object.created_by, granted)
    }

    /// As [`Guarded::check`], where the grants have been read.
    ///
    /// # Errors
    /// Those of [`Guarded::check`].
    pub async fn check(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        by: &Caller,
        object: &Guarded,
        wanted: Level,
        missing: impl FnOnce() -> Error,
    ) -> Result<()> {
        match self.level(by, object) {
            Some(level) if level >= wanted => Ok(()),
            Some(_) => Err(self.refusal(connection, engine, by, object, wanted).await?),
            None => Err(missing()),
        }
    }

    async fn refusal(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        by: &Caller,
        object: &Guarded,
        wanted: Level,
    ) -> Result<Error> {
        if by.roles.iter().all(|role| *role == Role::Viewer) {
            let why = "may look, but change nothing: the role viewer alone doesn't allow it";
            return Ok(Error::Forbidden(format!("`{}` {why}; an admin can give another", by.name)));
        }
        let managing = self.on(object).iter().filter(|(_, level)| *level == Level::Manage);
        let managing: Vec<_> = managing.map(|(grantee, _)| grantee.as_str()).collect();
        let ids = managing.iter().filter_map(|grantee| grantee.strip_prefix("user ")?.parse().ok());
        let ids: Vec<i64> = object.created_by.into_iter().chain(ids).collect();
        let mut sql = Sql::new(engine, "SELECT name FROM users WHERE is_disabled = 0 AND id IN");
        // More than that are never named.
        sql.list(&ids[..ids.len().min(bulk::MAX_LIST)]).push(" ORDER BY name_key LIMIT ").bind(MOST_NAMES);
        let names: Vec<(String,)> = sql.fetch(connection).await?;
        let people = names.into_iter().map(|(name,)| format!("`{name}`"));
        let roles = managing.iter().filter_map(|grantee| grantee.strip_prefix("role "));
        let roles = roles.map(|role| format!("the role `{role}`"));
        let mut who: Vec<_> = people.chain(roles).collect();
        who.push("an admin".to_owned());
        let level = self.level(by, object).unwrap_or(Level::Read);
        Ok(Error::Forbidden(format!(
            "`{}` may {level} this {}, but not {wanted} it; {} can grant that",
            by.name,
            object.kind.label(),
            one_of(&who)
        )))
    }
}

/// E.g. `a, b or c`.
fn one_of(who: &[String]) -> String {
    match who {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => who.concat(),
    }
}

/// ` AND …`: those that `by` may read, of experiments or registered models that stand in the statement as
/// `alias`.
pub(crate) fn push_readable(sql: &mut Sql<'_>, by: &Caller, kind: Kind, alias: &str) {
    if by.is_admin() {
        return;
    }
    if by.roles.is_empty() {
        sql.push(" AND 1 = 0");
        return;
    }
    sql.push(&format!(" AND ({alias}.is_restricted = 0"));
    if let Some(id) = by.user_id {
        sql.push(&format!(" OR {alias}.created_by = ")).bind(id);
    }
    sql.push(" OR EXISTS (SELECT 1 FROM grants g WHERE g.object = ").bind(kind.as_str());
    sql.push(&format!(" AND g.object_id = {alias}.id AND g.grantee IN")).list(&grantees(by)).push("))");
}

/// Whether whoever asks manages any registered model.
///
/// # Errors
/// Only the database's.
pub async fn manages_a_model(db: &Db) -> Result<bool> {
    let by = db.by();
    if by.is_admin() {
        return Ok(true);
    }
    let mut sql = Sql::new(db.engine(), "SELECT (SELECT COUNT(*) FROM registered_models WHERE created_by = ");
    // Nobody's number.
    sql.bind(by.user_id.unwrap_or(-1));
    sql.push(") + (SELECT COUNT(*) FROM grants WHERE object = ").bind(Kind::Model.as_str());
    sql.push(" AND level = ")
        .bind(Level::Manage.code())
        .push(" AND grantee IN")
        .list(&grantees(by))
        .push(")");
    Ok(sql.count(&mut *db.reader().await?).await? > 0)
}

/// Those of the experiments that exist for `by`, in the order given: all of them for an admin.
pub(crate) async fn readable<'i>(
    connection: &mut AnyConnection,
    engine: Engine,
    by: &Caller,
    experiments: &'i [i64],
) -> Result<Cow<'i, [i64]>> {
    if by.is_admin() {
        return Ok(experiments.into());
    }
    let mut found = HashSet::new();
    for chunk in experiments.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(engine, "SELECT e.id FROM experiments e WHERE ");
        sql.is_in("e.id", chunk);
        push_readable(&mut sql, by, Kind::Experiment, "e");
        found.extend(sql.fetch::<(i64,)>(connection).await?.into_iter().map(|(id,)| id));
    }
    if experiments.iter().all(|id| found.contains(id)) {
        return Ok(experiments.into());
    }
    Ok(experiments.iter().copied().filter(|id| found.contains(id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_a_sentence_has_them() {
        let who = ["a", "b", "c"].map(str::to_owned);
        assert_eq!([one_of(&who[..1]), one_of(&who[..2]), one_of(&who)], ["a", "a or b", "a, b or c"]);
    }

    #[test]
    fn nobody_and_admins_are_told_apart_without_asking() {
        for (by, text) in [(Caller::nobody(), "SELECT 1 AND 1 = 0"), (Caller::local_admin(), "SELECT 1")] {
            let mut sql = Sql::new(Engine::Sqlite, "SELECT 1");
            push_readable(&mut sql, &by, Kind::Model, "m");
            assert_eq!(sql.text(), text);
        }
    }
}
