//! Grants: read, set, changed.

use std::collections::{BTreeMap, HashMap};

use domain::Millis;
use domain::accounts::{Caller, Role};
use domain::permissions::{Grant, Grantee, Level, Permissions, check_grants, leaves_a_manager};
use futures::FutureExt as _;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::check::{EVERYONE, Grants, Guarded, Kind, role, user};
use crate::Db;
use crate::audit::{self, Change};
use crate::bulk;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::writer::Tx;

/// What grants are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    Experiment(i64),
    /// A registered model, by its name.
    Model(String),
    /// A registered model, by its number.
    ModelNumber(i64),
}

/// A grant to add or to change; without a level, to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChange {
    pub to: Grantee,
    pub level: Option<Level>,
}

/// An object that was found.
struct Found {
    guarded: Guarded,
    name: String,
}

impl Object {
    fn missing(&self) -> Error {
        match self {
            Self::Experiment(id) => Error::not_found("experiment", "id", *id),
            Self::Model(name) => Error::not_found("registered model", "name", name),
            Self::ModelNumber(id) => Error::not_found("registered model", "id", *id),
        }
    }

    /// The object, if `by` may do what takes `wanted`; with its grants.
    async fn find(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
        by: &Caller,
        wanted: Level,
    ) -> Result<(Found, Grants)> {
        let (table, kind) = match self {
            Self::Experiment(_) => ("experiments", Kind::Experiment),
            Self::Model(_) | Self::ModelNumber(_) => ("registered_models", Kind::Model),
        };
        let mut sql = Sql::new(engine, "SELECT id, name, is_restricted, created_by FROM ");
        sql.push(table).push(" WHERE ");
        match self {
            Self::Experiment(id) | Self::ModelNumber(id) => sql.push("id = ").bind(*id),
            Self::Model(name) => sql.push("name = ").bind(name.as_str()),
        };
        let found: Vec<(i64, String, i64, Option<i64>)> = sql.fetch(connection).await?;
        let Some((id, name, restricted, created_by)) = found.into_iter().next() else {
            return Err(self.missing());
        };
        let guarded = Guarded { kind, id, is_restricted: restricted != 0, created_by };
        let grants = Grants::of(connection, engine, [&guarded]).await?;
        grants.check(connection, engine, by, &guarded, wanted, || self.missing()).await?;
        Ok((Found { guarded, name }, grants))
    }
}

/// Who may do what with `object`, for whoever may read it.
///
/// # Errors
/// `NotFound`.
pub async fn of(db: &Db, object: &Object) -> Result<Permissions> {
    let mut connection = db.reader().await?;
    let (found, grants) = object.find(&mut connection, db.engine(), db.by(), Level::Read).await?;
    let (creator, named) = named(&mut connection, db.engine(), &found.guarded, &grants).await?;
    let level = grants.level(db.by(), &found.guarded).unwrap_or(Level::Read);
    Ok(Permissions { number: found.guarded.id, name: found.name, creator, grants: named, level })
}

/// The creator's name and the grants, by the names of those who have them.
async fn named(
    connection: &mut AnyConnection,
    engine: Engine,
    object: &Guarded,
    grants: &Grants,
) -> Result<(Option<String>, Vec<Grant>)> {
    let id = |kept: &str| kept.strip_prefix("user ")?.parse::<i64>().ok();
    let users = grants.on(object).iter().filter_map(|(kept, _)| id(kept));
    let ids: Vec<_> = users.chain(object.created_by).collect();
    let mut names: HashMap<i64, String> = HashMap::new();
    for chunk in ids.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(engine, "SELECT id, name FROM users WHERE id IN");
        names.extend(sql.list(chunk).fetch::<(i64, String)>(connection).await?);
    }
    let by_name = |(kept, level): &Kept| {
        let to = match kept.strip_prefix("role ") {
            Some(role) => Grantee::Role(Role::parse(role)?),
            None if kept == EVERYONE => Grantee::Everyone,
            None => Grantee::User(names.get(&id(kept)?)?.clone()),
        };
        Some(Grant { to, level: *level })
    };
    let mut found: Vec<_> = grants.on(object).iter().filter_map(by_name).collect();
    found.sort();
    Ok((object.created_by.and_then(|id| names.get(&id).cloned()), found))
}

/// Puts `grants` in the place of those that there are; none: it is everyone's again, as far as their roles go.
///
/// # Errors
/// `NotFound` for an object or a user that there isn't, `Forbidden` for whoever doesn't manage it, `Invalid` for
/// two grants to the same, `InvalidState` if its last manager would no longer be one.
pub async fn set(db: &Db, object: Object, grants: Vec<Grant>, now: Millis) -> Result<Permissions> {
    let wanted = object.clone();
    change(db, object, now, move |_| grants).await?;
    of_changed(db, &wanted).await
}

/// Adds, changes and takes away some of the grants; the others stay.
///
/// # Errors
/// As [`set`].
pub async fn update(db: &Db, object: Object, changes: Vec<GrantChange>, now: Millis) -> Result<Permissions> {
    let wanted = object.clone();
    let apply = move |before: &[Grant]| {
        let before = before.iter().map(|grant| (key(&grant.to), grant.clone()));
        let mut after: BTreeMap<_, _> = before.collect();
        for GrantChange { to, level } in changes {
            match level {
                Some(level) => after.insert(key(&to), Grant { to, level }),
                None => after.remove(&key(&to)),
            };
        }
        after.into_values().collect()
    };
    change(db, object, now, apply).await?;
    of_changed(db, &wanted).await
}

/// Adds grants, or changes those that there are. Where there were none, everybody keeps what their role gave them.
///
/// # Errors
/// As [`set`].
pub async fn add(db: &Db, object: Object, grants: Vec<Grant>, now: Millis) -> Result<Permissions> {
    let wanted = object.clone();
    let apply = move |before: &[Grant]| {
        let by_role = Role::ALL.into_iter().filter(|role| *role != Role::Admin).map(|role| Grant {
            to: Grantee::Role(role),
            level: if role == Role::Viewer { Level::Read } else { Level::Edit },
        });
        let before = if before.is_empty() { by_role.collect() } else { before.to_vec() };
        let all = before.into_iter().chain(grants).map(|grant| (key(&grant.to), grant));
        all.collect::<BTreeMap<_, _>>().into_values().collect()
    };
    change(db, object, now, apply).await?;
    of_changed(db, &wanted).await
}

/// Whoever has just given their own right away still learns what came of it.
async fn of_changed(db: &Db, object: &Object) -> Result<Permissions> {
    match of(db, object).await {
        Err(Error::NotFound { .. }) => {
            let all = of(&db.in_the_name_of(Caller::server()), object).await?;
            Ok(Permissions { level: Level::Read, ..all })
        }
        answer => answer,
    }
}

/// A name is the same whatever its case.
fn key(to: &Grantee) -> Grantee {
    match to {
        Grantee::User(name) => Grantee::User(name.to_lowercase()),
        other => other.clone(),
    }
}

async fn change(
    db: &Db,
    object: Object,
    now: Millis,
    apply: impl FnOnce(&[Grant]) -> Vec<Grant> + Send + 'static,
) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let (found, grants) = object.find(tx.connection, tx.engine, &by, Level::Manage).await?;
            let Found { guarded, name } = found;
            let (_, before) = named(tx.connection, tx.engine, &guarded, &grants).await?;
            let after: Vec<_> =
                apply(&before).into_iter().map(|grant| Grant { to: key(&grant.to), ..grant }).collect();
            check_grants("grants", &after)?;
            if !leaves_a_manager(&by, guarded.created_by.is_some(), &before, &after) {
                return Err(Error::InvalidState(
                    "nobody would manage it any more; grant `manage` to somebody else first".into(),
                ));
            }
            let (rows, after): (Vec<_>, Vec<_>) = resolve(tx, after).await?.into_iter().unzip();
            let old: BTreeMap<_, _> = grants.on(&guarded).iter().cloned().collect();
            if old == rows.iter().cloned().collect() {
                return Ok(());
            }
            replace(tx, &guarded, &rows).await?;
            let (action, key) = match guarded.kind {
                Kind::Experiment => ("experiment.set_permissions", guarded.id.to_string()),
                Kind::Model => ("model.set_permissions", name),
            };
            let change = Change::new(action, key).from(entries(&before)).to(entries(&after));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}

/// A grant as it is kept.
type Kept = (String, Level);

/// The grants as they are kept, and with the names as their owners write them.
async fn resolve(tx: &mut Tx<'_>, grants: Vec<Grant>) -> Result<Vec<(Kept, Grant)>> {
    let names = grants.iter().filter_map(|grant| match &grant.to {
        Grantee::User(name) => Some(name.as_str()),
        Grantee::Role(_) | Grantee::Everyone => None,
    });
    let names: Vec<_> = names.collect();
    let mut people: HashMap<String, (i64, String)> = HashMap::new();
    for chunk in names.chunks(bulk::MAX_LIST) {
        let mut sql = Sql::new(tx.engine, "SELECT name_key, id, name FROM users WHERE name_key IN");
        let found: Vec<(String, i64, String)> = sql.list(chunk).fetch(tx.connection).await?;
        people.extend(found.into_iter().map(|(key, id, name)| (key, (id, name))));
    }
    let resolved = |Grant { to, level }: Grant| match to {
        Grantee::User(key) => match people.get(&key) {
            Some((id, name)) => Ok(((user(*id), level), Grant { to: Grantee::User(name.clone()), level })),
            None => Err(Error::not_found("user", "name", key)),
        },
        Grantee::Role(one) => Ok(((role(one), level), Grant { to, level })),
        Grantee::Everyone => Ok(((EVERYONE.to_owned(), level), Grant { to, level })),
    };
    grants.into_iter().map(resolved).collect()
}

async fn replace(tx: &mut Tx<'_>, object: &Guarded, rows: &[Kept]) -> Result<()> {
    let (kind, id) = (object.kind.as_str(), object.id);
    remove_all(tx, object.kind, id).await?;
    let head = "INSERT INTO grants (object, object_id, grantee, level)";
    bulk::insert(tx.connection, tx.engine, (head, ""), 4, rows, |row, (grantee, level)| {
        row.bind(kind).bind(id).bind(grantee.as_str()).bind(level.code())
    })
    .await?;
    let table = match object.kind {
        Kind::Experiment => "experiments",
        Kind::Model => "registered_models",
    };
    let mut sql = Sql::new(tx.engine, &format!("UPDATE {table} SET is_restricted = "));
    sql.bind(i64::from(!rows.is_empty())).push(" WHERE id = ").bind(id);
    sql.execute(tx.connection).await
}

async fn remove_all(tx: &mut Tx<'_>, kind: Kind, id: i64) -> Result<()> {
    let mut sql = Sql::new(tx.engine, "DELETE FROM grants WHERE object = ");
    sql.bind(kind.as_str()).push(" AND object_id = ").bind(id);
    sql.execute(tx.connection).await
}

/// As the audit log has them.
fn entries(grants: &[Grant]) -> Value {
    let entry = |grant: &Grant| match &grant.to {
        Grantee::User(name) => json!({ "user": name, "level": grant.level }),
        Grantee::Role(role) => json!({ "role": role, "level": grant.level }),
        Grantee::Everyone => json!({ "everyone": true, "level": grant.level }),
    };
    grants.iter().map(entry).collect()
}
