//! What data engineers say about data sets: whether their contents passed a check.

use domain::Millis;
use domain::limits::Invalid;
use domain::reviews::gates::{Validation, check_finding};
use futures::FutureExt as _;
use serde_json::json;
use sqlx::AnyConnection;

use crate::Db;
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::permissions::{Kind, push_readable};
use crate::sql::Sql;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetCheck {
    pub state: Validation,
    pub summary: String,
    pub link: Option<String>,
    /// The account's name.
    pub reporter: String,
    pub at: Millis,
}

/// A check to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDatasetCheck {
    pub name: String,
    pub digest: String,
    pub state: Validation,
    pub summary: String,
    pub link: Option<String>,
}

/// The columns of [`CheckRow`].
pub(super) const COLUMNS: &str = "state, summary, link, reporter, at_ms";

pub(super) type CheckRow = (String, String, Option<String>, String, i64);

pub(super) fn check((state, summary, link, reporter, at): CheckRow) -> DatasetCheck {
    let state = Validation::parse(&state).unwrap_or_default();
    DatasetCheck { state, summary, link, reporter, at: Millis(at) }
}

/// Writes down what a check of a data set found. Gates that ask for validated data see it at once.
///
/// # Errors
/// `Forbidden` for whoever isn't a data engineer, `Invalid`, `NotFound` for a data set that no experiment which
/// they may read knows.
pub async fn report_check(db: &Db, new: NewDatasetCheck, now: Millis) -> Result<()> {
    db.by().check_data_engineer()?;
    if new.state == Validation::NeverRun {
        let why = "`never_run`; a report says running, passed or failed";
        return Err(Invalid::new("state", why).into());
    }
    check_finding(&new.summary, new.link.as_deref())?;
    let by = db.by().clone();
    db.write(move |tx| {
        async move {
            let mut known = Sql::new(tx.engine, "SELECT COUNT(*) FROM datasets d JOIN experiments e ON ");
            known.push("e.id = d.experiment_id WHERE d.name = ").bind(&*new.name);
            known.push(" AND d.digest = ").bind(&*new.digest);
            push_readable(&mut known, &by, Kind::Experiment, "e");
            if known.count(tx.connection).await? == 0 {
                let key = format!("{}, digest {}", new.name, new.digest);
                return Err(Error::not_found("data set", "name", key));
            }
            let before = last(tx.connection, &new.name, &new.digest).await?;
            let id = tx.next_ids("dataset_checks", 1).await?;
            sqlx::query(
                "INSERT INTO dataset_checks (id, name, digest, state, summary, link, by_id, reporter, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(id)
            .bind(&*new.name)
            .bind(&*new.digest)
            .bind(new.state.as_str())
            .bind(&*new.summary)
            .bind(new.link.as_deref())
            .bind(by.user_id)
            .bind(&*by.name)
            .bind(now.0)
            .execute(&mut *tx.connection)
            .await?;
            let change = Change::new("dataset.report_check", format!("{} {}", new.name, new.digest));
            let change = change.from(before.map(|before| json!({ "state": before.state.as_str() })));
            let after = json!({ "state": new.state.as_str(), "summary": new.summary, "link": new.link });
            audit::record(tx, &by, change.to(after), now).await
        }
        .boxed()
    })
    .await
}

async fn last(connection: &mut AnyConnection, name: &str, digest: &str) -> Result<Option<DatasetCheck>> {
    let row: Option<CheckRow> = sqlx::query_as(&format!(
        "SELECT {COLUMNS} FROM dataset_checks WHERE name = $1 AND digest = $2 ORDER BY id DESC LIMIT 1"
    ))
    .bind(name)
    .bind(digest)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(check))
}
