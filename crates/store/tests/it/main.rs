//! The store on a real database: SQLite always, PostgreSQL too where `TEST_DATABASE_URL` names one.

mod accounts;
mod audit;
mod permissions;
mod registry;
mod registry_pages;
mod reviews;
mod tracking;

use domain::Millis;
use domain::accounts::Caller;
use store::Db;
use store::experiments::{self, NewExperiment};

pub(crate) const NOW: Millis = Millis(1_700_000_000_000);

/// In the name of the server, which may do everything.
pub(crate) async fn open(url: &str) -> Db {
    Db::open(url).await.expect("opens").in_the_name_of(Caller::server())
}

/// Runs `test` on each database there is.
pub(crate) async fn on_each<F: AsyncFn(Db)>(test: F) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.sqlite");
    let db = open(&format!("sqlite://{}?mode=rwc", file.display())).await;
    test(db.clone()).await;
    db.close().await;
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        let db = open(&url).await;
        test(db.clone()).await;
        db.close().await;
    }
}

/// An experiment of its own: a shared server keeps what earlier tests made.
pub(crate) async fn experiment(db: &Db) -> i64 {
    let name = format!("e-{}", uuid::Uuid::new_v4());
    let new = NewExperiment { name, ..NewExperiment::default() };
    experiments::create(db, new, NOW).await.expect("is created")
}
