//! The store on a real database: SQLite always, PostgreSQL too where `TEST_DATABASE_URL` names one.

mod accounts;
mod audit;
mod permissions;
mod recording;
mod registry;
mod registry_pages;
mod review_moves;
mod review_storm;
mod reviews;
mod stages;
mod tracking;
mod views;
mod webhooks;

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
    on_each_of_two_servers(async |db, _| test(db).await).await;
}

/// Runs `test` on each database there is, opened twice, as two servers have it.
pub(crate) async fn on_each_of_two_servers<F: AsyncFn(Db, Db)>(test: F) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display());
    for url in [Some(file), std::env::var("TEST_DATABASE_URL").ok()].into_iter().flatten() {
        let (one, other) = (open(&url).await, open(&url).await);
        test(one.clone(), other.clone()).await;
        one.close().await;
        other.close().await;
    }
}

/// An experiment of its own: a shared server keeps what earlier tests made.
pub(crate) async fn experiment(db: &Db) -> i64 {
    let name = format!("e-{}", uuid::Uuid::new_v4());
    let new = NewExperiment { name, ..NewExperiment::default() };
    experiments::create(db, new, NOW).await.expect("is created")
}
