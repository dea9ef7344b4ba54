//! Saved views of experiments: panels to look at, and notes about them.

use domain::Millis;
use domain::accounts::Caller;
use domain::limits::{self, Invalid};
use domain::permissions::Level;
use futures::FutureExt as _;
use serde_json::json;
use sqlx::FromRow;

use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::experiments;
use crate::permissions::{Kind, push_readable};
use crate::sql::Sql;
use crate::writer::Tx;

/// What a view says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    pub name: String,
    /// In Markdown.
    pub notes: String,
    /// Each the address of a chart, without its folder.
    pub panels: Vec<String>,
    /// Whether all may see it who may read the experiment.
    pub is_shared: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub id: i64,
    pub experiment_id: i64,
    pub experiment: String,
    pub contents: Contents,
    /// The name of who made it.
    pub owner: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub is_deleted: bool,
    /// Whether whoever asks may change it.
    pub may_change: bool,
}

pub const MOST_PANELS: usize = 24;
const LONGEST_NAME: usize = 200;
const LONGEST_NOTES: usize = 50_000;
const LONGEST_PANEL: usize = 8_000;
const MOST_LISTED: i64 = 500;

#[derive(FromRow)]
struct Row {
    id: i64,
    experiment_id: i64,
    experiment: String,
    name: String,
    notes: String,
    panels: String,
    owner_id: Option<i64>,
    owner: String,
    is_shared: i64,
    created_at_ms: i64,
    updated_at_ms: i64,
    is_deleted: i64,
}

const SELECT: &str =
    "SELECT v.id, v.experiment_id, e.name AS experiment, v.name, v.notes, v.panels, v.owner_id, v.owner,
    v.is_shared, v.created_at_ms, v.updated_at_ms, v.is_deleted
    FROM views v JOIN experiments e ON e.id = v.experiment_id WHERE e.is_deleted = 0";

impl Row {
    fn is_own(&self, by: &Caller) -> bool {
        by.user_id.is_none() || by.user_id == self.owner_id
    }

    fn view(self, may_change: bool) -> View {
        View {
            id: self.id,
            experiment_id: self.experiment_id,
            experiment: self.experiment,
            contents: Contents {
                name: self.name,
                notes: self.notes,
                panels: serde_json::from_str(&self.panels).unwrap_or_default(),
                is_shared: self.is_shared != 0,
            },
            owner: self.owner,
            created_at: Millis(self.created_at_ms),
            updated_at: Millis(self.updated_at_ms),
            is_deleted: self.is_deleted != 0,
            may_change,
        }
    }
}

impl Contents {
    fn check(&self) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Invalid::new("name", "say what it is called").into());
        }
        limits::check_short_text("name", &self.name, LONGEST_NAME)?;
        limits::check_short_text("notes", &self.notes, LONGEST_NOTES)?;
        limits::check_count("panels", self.panels.len(), MOST_PANELS)?;
        self.panels.iter().try_for_each(|panel| limits::check_short_text("panels", panel, LONGEST_PANEL))?;
        Ok(())
    }

    fn panels(&self) -> String {
        json!(self.panels).to_string()
    }

    fn audited(&self) -> serde_json::Value {
        json!({ "name": self.name, "is_shared": self.is_shared, "panels": self.panels, "notes": self.notes })
    }
}

/// Those of what `by` may read that are shared, or their own.
fn push_visible(sql: &mut Sql<'_>, by: &Caller) {
    push_readable(sql, by, Kind::Experiment, "e");
    if let Some(id) = by.user_id {
        sql.push(" AND (v.is_shared = 1 OR v.owner_id = ").bind(id).push(")");
    }
}

/// Keeps a new view; its number.
///
/// # Errors
/// `Invalid`; `NotFound` without the experiment; `Forbidden` to share it for whoever may not change the experiment.
pub async fn create(db: &Db, experiment_id: i64, contents: Contents, now: Millis) -> Result<i64> {
    contents.check()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            check_may_show(tx, &by, experiment_id, contents.is_shared).await?;
            let id = tx.next_ids("views", 1).await?;
            sqlx::query(
                "INSERT INTO views (id, experiment_id, name, notes, panels, owner_id, owner, is_shared, created_at_ms,
                     updated_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
            )
            .bind(id)
            .bind(experiment_id)
            .bind(&*contents.name)
            .bind(&*contents.notes)
            .bind(contents.panels())
            .bind(by.user_id)
            .bind(&*by.name)
            .bind(i64::from(contents.is_shared))
            .bind(now.0)
            .execute(&mut *tx.connection)
            .await?;
            audit::record(tx, &by, Change::new("view.create", id).to(contents.audited()), now).await?;
            Ok(id)
        }
        .boxed()
    })
    .await
}

/// # Errors
/// As [`create`]; `NotFound` without the view; `Forbidden` for whoever neither made it nor manages the experiment.
pub async fn change(db: &Db, id: i64, contents: Contents, now: Millis) -> Result<()> {
    contents.check()?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let before = find(tx, &by, id).await?;
            // What is shared already stays so, whoever mends it.
            let is_newly_shared = contents.is_shared && !before.contents.is_shared;
            check_may_show(tx, &by, before.experiment_id, is_newly_shared).await?;
            sqlx::query(
                "UPDATE views SET name = $1, notes = $2, panels = $3, is_shared = $4, updated_at_ms = $5 WHERE id = $6",
            )
            .bind(&*contents.name)
            .bind(&*contents.notes)
            .bind(contents.panels())
            .bind(i64::from(contents.is_shared))
            .bind(now.0)
            .bind(id)
            .execute(&mut *tx.connection)
            .await?;
            let change = Change::new("view.change", id).from(before.contents.audited());
            audit::record(tx, &by, change.to(contents.audited()), now).await
        }
        .boxed()
    })
    .await
}

/// Puts a view into the bin, or takes it back.
///
/// # Errors
/// `NotFound`; `Forbidden` as for [`change`].
pub async fn set_deleted(db: &Db, id: i64, is_deleted: bool, now: Millis) -> Result<()> {
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let before = find(tx, &by, id).await?;
            if before.is_deleted == is_deleted {
                return Ok(());
            }
            sqlx::query("UPDATE views SET is_deleted = $1 WHERE id = $2")
                .bind(i64::from(is_deleted))
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
            let action = if is_deleted { "view.delete" } else { "view.restore" };
            audit::record(tx, &by, Change::new(action, id), now).await
        }
        .boxed()
    })
    .await
}

/// # Errors
/// `NotFound`: there is none, or it is somebody else's own.
pub async fn get(db: &Db, id: i64) -> Result<View> {
    let mut connection = db.reader().await?;
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" AND v.id = ").bind(id);
    push_visible(&mut sql, db.by());
    let found: Vec<Row> = sql.fetch(&mut connection).await?;
    let row = found.into_iter().next().ok_or_else(|| Error::not_found("view", "id", id))?;
    let experiment = row.experiment_id;
    let may_change = row.is_own(db.by())
        || experiments::level(&mut connection, db.engine(), db.by(), experiment).await?
            >= Some(Level::Manage);
    Ok(row.view(may_change))
}

/// The views of an experiment that whoever asks may see, the last changed first; those whose name has `part`.
///
/// # Errors
/// `NotFound` without the experiment.
pub async fn of_experiment(db: &Db, experiment_id: i64, part: &str, is_deleted: bool) -> Result<Vec<View>> {
    experiments::get(db, experiment_id).await?;
    let mut connection = db.reader().await?;
    let manages = experiments::level(&mut connection, db.engine(), db.by(), experiment_id).await?
        >= Some(Level::Manage);
    let mut sql = Sql::new(db.engine(), SELECT);
    sql.push(" AND v.experiment_id = ").bind(experiment_id);
    sql.push(" AND v.is_deleted = ").bind(i64::from(is_deleted));
    if !part.is_empty() {
        sql.push(" AND ").like("LOWER(v.name)", "%", &part.to_lowercase(), "%");
    }
    push_visible(&mut sql, db.by());
    sql.push(" ORDER BY v.updated_at_ms DESC, v.id DESC LIMIT ").bind(MOST_LISTED);
    let rows: Vec<Row> = sql.fetch(&mut connection).await?;
    let view = |row: Row| {
        let may_change = manages || row.is_own(db.by());
        row.view(may_change)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A view that `by` may change.
async fn find(tx: &mut Tx<'_>, by: &Caller, id: i64) -> Result<View> {
    let mut sql = Sql::new(tx.engine, SELECT);
    sql.push(" AND v.id = ").bind(id);
    push_visible(&mut sql, by);
    let found: Vec<Row> = sql.fetch(tx.connection).await?;
    let row = found.into_iter().next().ok_or_else(|| Error::not_found("view", "id", id))?;
    if !row.is_own(by) {
        experiments::check(tx, by, row.experiment_id, Level::Manage).await?;
    }
    Ok(row.view(true))
}

/// What all see, those say who may change the experiment; whoever may read it may keep something for themselves.
async fn check_may_show(tx: &mut Tx<'_>, by: &Caller, experiment: i64, is_shared: bool) -> Result<()> {
    if is_shared {
        return experiments::find_active(tx, by, experiment).await.map(drop);
    }
    match experiments::level(tx.connection, tx.engine, by, experiment).await? {
        Some(_) => Ok(()),
        None => Err(Error::not_found("experiment", "id", experiment)),
    }
}
