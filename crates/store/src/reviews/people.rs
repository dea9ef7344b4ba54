//! People as reviews see them.

use std::collections::{BTreeMap, BTreeSet};

use domain::accounts::{Caller, Role};
use domain::permissions::Level;
use domain::reviews::sign_off::Person;
use domain::reviews::state::{Access, Actor};
use sqlx::AnyConnection;

use crate::engine::Engine;
use crate::error::Result;
use crate::permissions::ModelReaders;
use crate::sql::Sql;

/// Everybody with an account, by id: few enough to be read whole.
pub(super) struct People {
    pub names: BTreeMap<i64, String>,
    pub all: Vec<Person>,
}

impl People {
    pub fn name(&self, id: i64) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| format!("account {id}"))
    }

    /// Whether somebody of that name has an account that is enabled.
    pub fn is_enabled(&self, name: &str) -> bool {
        let id = self.names.iter().find(|(_, one)| one.eq_ignore_ascii_case(name)).map(|(id, _)| *id);
        self.all.iter().any(|person| Some(person.id) == id && person.is_enabled)
    }

    /// Notes who may not read the model.
    pub async fn note_readers(
        &mut self,
        connection: &mut AnyConnection,
        engine: Engine,
        model: i64,
    ) -> Result<()> {
        let Some(readers) = ModelReaders::of(connection, engine, model).await? else { return Ok(()) };
        for person in &mut self.all {
            person.may_read = readers.may_read(person.id, &person.roles);
        }
        Ok(())
    }

    pub fn roles(&self, id: i64) -> BTreeSet<Role> {
        self.all.iter().find(|person| person.id == id).map(|person| person.roles.clone()).unwrap_or_default()
    }
}

pub(super) async fn people(connection: &mut AnyConnection, engine: Engine) -> Result<People> {
    let mut sql = Sql::new(engine, "SELECT u.id, u.name, u.is_disabled, COALESCE((SELECT ");
    sql.push(&engine.joined("r.role"));
    sql.push(" FROM user_roles r WHERE r.user_id = u.id), '') FROM users u ORDER BY u.id");
    let rows: Vec<(i64, String, i64, String)> = sql.fetch(connection).await?;
    let all = rows.iter().map(|(id, _, disabled, roles)| Person {
        id: *id,
        roles: roles.split(',').filter_map(Role::parse).collect(),
        is_enabled: *disabled == 0,
        may_read: true,
    });
    Ok(People { all: all.collect(), names: rows.iter().map(|(id, name, ..)| (*id, name.clone())).collect() })
}

/// Whoever calls, with what they may do on a model.
pub(super) fn actor(by: &Caller, access: Access) -> Actor {
    Actor {
        id: by.user_id,
        name: by.name.clone(),
        roles: by.roles.clone(),
        scopes: by.scopes.clone(),
        access,
        is_fresh: by.is_fresh,
    }
}

/// What a level on the model lets somebody do in its reviews.
pub(super) fn access(level: Option<Level>) -> Access {
    match level {
        None => Access::None,
        Some(Level::Read) => Access::Read,
        Some(Level::Edit) => Access::Edit,
        Some(Level::Manage) => Access::Manage,
    }
}
