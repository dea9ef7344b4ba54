//! Users and their roles.

use std::collections::BTreeSet;
use std::fmt;

use domain::Millis;
use domain::accounts::{Role, check_email, check_user_name};
use domain::limits::Invalid;
use futures::FutureExt as _;
use serde_json::json;
use sqlx::{AnyConnection, FromRow};

use super::links::end_links_of;
use super::sessions::end_sessions_of;
use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::writer::Tx;

pub use domain::accounts::User;

#[derive(Clone, Default)]
pub struct NewUser {
    pub name: String,
    pub roles: BTreeSet<Role>,
    /// Argon2id, in the PHC format; `None`: they choose one by a link.
    pub password_hash: Option<String>,
}

impl fmt::Debug for NewUser {
    /// Without the hash: what is printed may be logged.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewUser")
            .field("name", &self.name)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// Who gave a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Admin,
    Provider,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Provider => "provider",
        }
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    has_password: i64,
    is_disabled: i64,
    created_at_ms: i64,
    seen_at_ms: Option<i64>,
    roles: String,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            roles: row.roles.split(',').filter_map(Role::parse).collect(),
            has_password: row.has_password != 0,
            is_disabled: row.is_disabled != 0,
            created_at: Millis(row.created_at_ms),
            seen_at: row.seen_at_ms.map(Millis),
        }
    }
}

fn select(db: &Db) -> Sql<'static> {
    let mut sql = Sql::new(
        db.engine(),
        "SELECT u.id, u.name, CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END AS has_password,
                u.is_disabled, u.created_at_ms, u.seen_at_ms, COALESCE((SELECT ",
    );
    sql.push(&db.engine().joined("r.role"));
    sql.push(" FROM user_roles r WHERE r.user_id = u.id), '') AS roles FROM users u");
    sql
}

/// Those whose name holds `part`, by name.
///
/// # Errors
/// `Forbidden` unless an admin asks.
pub async fn list(db: &Db, part: &str) -> Result<Vec<User>> {
    db.by().check_admin()?;
    let mut sql = select(db);
    if !part.is_empty() {
        sql.push(" WHERE ").like("u.name_key", "%", &part.to_lowercase(), "%");
    }
    sql.push(" ORDER BY u.name_key");
    let rows: Vec<Row> = sql.fetch(&mut *db.reader().await?).await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// # Errors
/// `Forbidden` unless somebody asks who is signed in; `NotFound`.
pub async fn by_id(db: &Db, id: i64) -> Result<User> {
    db.by().check_known()?;
    let mut sql = select(db);
    sql.push(" WHERE u.id = ").bind(id);
    one(db, sql).await?.ok_or_else(|| Error::not_found("user", "id", id))
}

/// Where somebody gets mail; empty: nowhere.
///
/// # Errors
/// `Forbidden` unless they ask themselves.
pub async fn email(db: &Db, id: i64) -> Result<String> {
    db.by().check_account(id)?;
    let found: Option<(String,)> = sqlx::query_as("SELECT email FROM users WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *db.reader().await?)
        .await?;
    found.map(|(email,)| email).ok_or_else(|| Error::not_found("user", "id", id))
}

/// Says where somebody gets mail; empty: nowhere. The log keeps that it changed, not the address.
///
/// # Errors
/// `Invalid` for what is no address; `Forbidden` unless they say it themselves.
pub async fn set_email(db: &Db, id: i64, email: String, now: Millis) -> Result<()> {
    db.by().check_account(id)?;
    check_email("email", &email)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            sqlx::query("UPDATE users SET email = $1 WHERE id = $2")
                .bind(&*email)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let change = Change::new("user.set_email", &by.name);
            audit::record(tx, &by, change.to(json!({ "has_email": !email.is_empty() })), now).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `Forbidden` unless somebody asks who is signed in; `NotFound`.
pub async fn by_name(db: &Db, name: &str) -> Result<User> {
    db.by().check_known()?;
    let mut sql = select(db);
    sql.push(" WHERE u.name_key = ").bind(name.to_lowercase());
    one(db, sql).await?.ok_or_else(|| Error::not_found("user", "name", name))
}

async fn one(db: &Db, sql: Sql<'_>) -> Result<Option<User>> {
    let rows: Vec<Row> = sql.fetch(&mut *db.reader().await?).await?;
    Ok(rows.into_iter().next().map(User::from))
}

/// What a password is compared with.
#[derive(Clone)]
pub struct Credentials {
    pub user_id: i64,
    pub password_hash: String,
}

/// `None` if there is nobody of that name who may sign in with a password.
///
/// # Errors
/// Only the database's.
pub async fn credentials(db: &Db, name: &str) -> Result<Option<Credentials>> {
    let found: Option<(i64, String)> = sqlx::query_as(
        "SELECT id, password_hash FROM users
         WHERE name_key = $1 AND is_disabled = 0 AND password_hash IS NOT NULL",
    )
    .bind(name.to_lowercase())
    .fetch_optional(&mut *db.reader().await?)
    .await?;
    Ok(found.map(|(user_id, password_hash)| Credentials { user_id, password_hash }))
}

/// Adds a person; their number.
///
/// # Errors
/// `Forbidden` unless an admin asks; `Invalid` for the name or if there is no role, `AlreadyExists`.
pub async fn add(db: &Db, new: NewUser, now: Millis) -> Result<i64> {
    db.by().check_admin()?;
    check(&new)?;
    let by = db.by().clone();
    db.write(move |tx| async move { insert(tx, &by, &new, None, now).await }.boxed()).await
}

fn check(new: &NewUser) -> Result<()> {
    check_user_name("name", &new.name)?;
    if new.roles.is_empty() {
        return Err(no_role().into());
    }
    Ok(())
}

fn no_role() -> Invalid {
    let roles: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Invalid::new("role", format!("a person has at least one role: {}", roles.join(", ")))
}

pub(super) async fn insert(
    tx: &mut Tx<'_>,
    by: &domain::accounts::Caller,
    new: &NewUser,
    subject: Option<&str>,
    now: Millis,
) -> Result<i64> {
    let name_key = new.name.to_lowercase();
    let taken: Option<(i64,)> = sqlx::query_as("SELECT id FROM users WHERE name_key = $1")
        .bind(&*name_key)
        .fetch_optional(&mut *tx.connection)
        .await?;
    if taken.is_some() {
        return Err(Error::AlreadyExists { what: "user", key: new.name.clone(), hint: "" });
    }
    let id = tx.next_ids("users", 1).await?;
    sqlx::query(
        "INSERT INTO users (id, name, name_key, password_hash, subject, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(&*new.name)
    .bind(name_key)
    .bind(new.password_hash.as_deref())
    .bind(subject)
    .bind(now.0)
    .execute(&mut *tx.connection)
    .await?;
    let source = if subject.is_some() { Source::Provider } else { Source::Admin };
    put_roles(tx.connection, id, &new.roles, source).await?;
    let change = Change::new("user.add", &new.name).to(json!({ "roles": new.roles }));
    audit::record(tx, by, change, now).await?;
    Ok(id)
}

/// An admin decides on all of a person's roles, an identity provider only on those that it gave. What the provider gave
/// and an admin leaves stays the provider's to take.
async fn put_roles(
    connection: &mut AnyConnection,
    id: i64,
    roles: &BTreeSet<Role>,
    source: Source,
) -> Result<()> {
    let theirs: Vec<(String, String)> =
        sqlx::query_as("SELECT role, source FROM user_roles WHERE user_id = $1")
            .bind(id)
            .fetch_all(&mut *connection)
            .await?;
    let stays = |role: &str| roles.iter().any(|kept| kept.as_str() == role);
    let goes =
        |role: &str, of: &str| !stays(role) && (source == Source::Admin || of == Source::Provider.as_str());
    for (role, _) in theirs.iter().filter(|(role, of)| goes(role, of)) {
        sqlx::query("DELETE FROM user_roles WHERE user_id = $1 AND role = $2")
            .bind(id)
            .bind(&**role)
            .execute(&mut *connection)
            .await?;
    }
    for role in roles {
        sqlx::query(
            "INSERT INTO user_roles (user_id, role, source) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .bind(role.as_str())
        .bind(source.as_str())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// A person who is about to be changed.
pub(super) struct Person {
    pub name: String,
    pub roles: BTreeSet<Role>,
    is_disabled: bool,
    /// An identity provider vouches for them.
    is_elsewhere: bool,
}

impl Person {
    pub fn check_enabled(&self) -> Result<()> {
        if self.is_disabled {
            return Err(Error::Forbidden(format!("the account `{}` is disabled; ask an admin", self.name)));
        }
        Ok(())
    }

    /// Whoever signs in elsewhere has no password here: it would still work when they may no longer come in.
    pub fn check_local(&self) -> Result<()> {
        if self.is_elsewhere {
            let why =
                format!("`{}` signs in with the identity provider, and has no password here", self.name);
            return Err(Invalid::new("user", why).into());
        }
        Ok(())
    }
}

pub(super) async fn find(tx: &mut Tx<'_>, id: i64) -> Result<Person> {
    let user: Option<(String, i64, Option<String>)> =
        sqlx::query_as("SELECT name, is_disabled, subject FROM users WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *tx.connection)
            .await?;
    let (name, disabled, subject) = user.ok_or_else(|| Error::not_found("user", "id", id))?;
    let roles = roles_of(tx, id).await?;
    Ok(Person { name, roles, is_disabled: disabled != 0, is_elsewhere: subject.is_some() })
}

async fn roles_of(tx: &mut Tx<'_>, id: i64) -> Result<BTreeSet<Role>> {
    let roles: Vec<(String,)> = sqlx::query_as("SELECT role FROM user_roles WHERE user_id = $1")
        .bind(id)
        .fetch_all(&mut *tx.connection)
        .await?;
    Ok(roles.iter().filter_map(|(role,)| Role::parse(role)).collect())
}

/// Admins who can come in.
pub(super) async fn count_admins(connection: &mut AnyConnection) -> Result<i64> {
    let (admins,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM users u JOIN user_roles r ON r.user_id = u.id
         WHERE r.role = 'admin' AND u.is_disabled = 0
             AND (u.password_hash IS NOT NULL OR u.subject IS NOT NULL)",
    )
    .fetch_one(connection)
    .await?;
    Ok(admins)
}

/// Fails if nobody could administer the workspace any more.
async fn check_an_admin_is_left(tx: &mut Tx<'_>) -> Result<()> {
    if count_admins(tx.connection).await? > 0 {
        return Ok(());
    }
    Err(Error::InvalidState(
        "this is the last admin who can sign in; make somebody else an admin first".into(),
    ))
}

/// # Errors
/// `Forbidden` unless an admin asks, `NotFound`, `Invalid` without a role, `InvalidState` for the last admin.
pub async fn set_roles(db: &Db, id: i64, roles: BTreeSet<Role>, now: Millis) -> Result<()> {
    db.by().check_admin()?;
    if roles.is_empty() {
        return Err(no_role().into());
    }
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let Person { name, roles: before, .. } = find(tx, id).await?;
            if before == roles {
                return Ok(());
            }
            put_roles(tx.connection, id, &roles, Source::Admin).await?;
            if before.contains(&Role::Admin) {
                check_an_admin_is_left(tx).await?;
            }
            let change = Change::new("user.set_roles", name);
            let change = change.from(json!({ "roles": before })).to(json!({ "roles": roles }));
            audit::record(tx, &by, change, now).await
        }
        .boxed()
    })
    .await
}

/// Lets a person in, or no longer: then their sessions end and their tokens stop working.
///
/// # Errors
/// `Forbidden` unless an admin asks, `NotFound`, `InvalidState` for the last admin.
pub async fn enable(db: &Db, id: i64, enabled: bool, now: Millis) -> Result<()> {
    db.by().check_admin()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let Person { name, roles, is_disabled, .. } = find(tx, id).await?;
            if is_disabled != enabled {
                return Ok(());
            }
            sqlx::query("UPDATE users SET is_disabled = $1 WHERE id = $2")
                .bind(i64::from(!enabled))
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            if !enabled {
                if roles.contains(&Role::Admin) {
                    check_an_admin_is_left(tx).await?;
                }
                end_sessions_of(tx, id, None).await?;
                end_links_of(tx, id).await?;
            }
            let action = if enabled { "user.enable" } else { "user.disable" };
            audit::record(tx, &by, Change::new(action, name), now).await
        }
        .boxed()
    })
    .await
}

/// Gives a person a new password; their other sessions end.
///
/// # Errors
/// `Forbidden` unless they ask themselves or an admin does; `NotFound`, `Invalid` for somebody who signs in
/// elsewhere.
pub async fn set_password(
    db: &Db,
    id: i64,
    password_hash: String,
    keep_session: Option<String>,
    now: Millis,
) -> Result<()> {
    db.by().check_account(id)?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let person = find(tx, id).await?;
            person.check_local()?;
            put_password(tx, id, &password_hash).await?;
            end_sessions_of(tx, id, keep_session.as_deref()).await?;
            end_links_of(tx, id).await?;
            audit::record(tx, &by, Change::new("user.set_password", person.name), now).await
        }
        .boxed()
    })
    .await
}

pub(super) async fn put_password(tx: &mut Tx<'_>, id: i64, password_hash: &str) -> Result<()> {
    sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2")
        .bind(password_hash)
        .bind(id)
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

/// Notes that a person was here.
///
/// # Errors
/// Only the database's.
pub async fn seen(db: &Db, id: i64, now: Millis) -> Result<()> {
    db.write(move |tx| {
        async move {
            sqlx::query("UPDATE users SET seen_at_ms = $1 WHERE id = $2")
                .bind(now.0)
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Whoever an identity provider calls `subject`, with the roles that it gives them; added at their first visit.
/// Whom it gives none, and no admin did, may no longer come in: their sessions end, too.
///
/// # Errors
/// `Forbidden` if they may not come in, `AlreadyExists` if the name belongs to somebody who signs in here,
/// `InvalidState` for the last admin.
pub async fn sign_in_elsewhere(db: &Db, subject: String, user: NewUser, now: Millis) -> Result<i64> {
    check_user_name("name", &user.name)?;
    let by = db.by().clone();
    let no_role = || Error::Forbidden("the identity provider gives you no role here; ask an admin".into());
    // What it takes away stays taken away, though the answer is a refusal.
    let outcome = db
        .write(move |tx| {
            async move {
                let known: Option<(i64,)> = sqlx::query_as("SELECT id FROM users WHERE subject = $1")
                    .bind(&*subject)
                    .fetch_optional(&mut *tx.connection)
                    .await?;
                let Some((id,)) = known else {
                    if user.roles.is_empty() {
                        return Ok(None);
                    }
                    return insert(tx, &by, &user, Some(&subject), now).await.map(Some);
                };
                let person = find(tx, id).await?;
                person.check_enabled()?;
                put_roles(tx.connection, id, &user.roles, Source::Provider).await?;
                let roles = roles_of(tx, id).await?;
                if person.roles != roles {
                    if person.roles.contains(&Role::Admin) {
                        check_an_admin_is_left(tx).await?;
                    }
                    let change = Change::new("user.set_roles", person.name);
                    let change = change.from(json!({ "roles": person.roles })).to(json!({ "roles": roles }));
                    audit::record(tx, &by, change, now).await?;
                }
                if roles.is_empty() {
                    end_sessions_of(tx, id, None).await?;
                    return Ok(None);
                }
                Ok(Some(id))
            }
            .boxed()
        })
        .await?;
    outcome.ok_or_else(no_role)
}
