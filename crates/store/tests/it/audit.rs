//! The audit log.

use domain::accounts::Caller;
use sqlx::{Connection as _, Executor as _};
use store::audit::{self, AuditQuery};
use store::experiments::{self, NewExperiment};

use crate::{NOW, experiment, on_each, open};

#[tokio::test]
async fn every_change_is_written_down_with_it_and_none_that_failed() {
    on_each(async |db| {
        let by = Caller { name: format!("ana-{}", uuid::Uuid::new_v4()), ..Caller::local_admin() };
        let db = db.in_the_name_of(by.clone());
        let name = format!("e-{}", uuid::Uuid::new_v4());
        let new = NewExperiment { name: name.clone(), ..NewExperiment::default() };
        let id = experiments::create(&db, new.clone(), NOW).await.expect("is created");
        experiments::create(&db, new, NOW).await.expect_err("the name is taken");
        experiments::rename(&db, id, format!("{name}-2"), NOW).await.expect("is renamed");
        experiments::rename(&db, id, format!("{name}-2"), NOW).await.expect("has that name");
        experiments::delete(&db, id, NOW).await.expect("is deleted");
        experiments::restore(&db, id, NOW).await.expect("is restored");

        let mine = AuditQuery { actor: by.name.clone(), max_results: 10, ..AuditQuery::default() };
        let entries = audit::search(&db, &mine).await.expect("is read");
        let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(
            actions,
            ["experiment.restore", "experiment.delete", "experiment.rename", "experiment.create"]
        );
        let renamed = &entries[2];
        assert_eq!(renamed.subject, format!("experiment {id}"));
        assert_eq!(renamed.before, format!(r#"{{"name":"{name}"}}"#));
        assert_eq!(renamed.after, format!(r#"{{"name":"{name}-2"}}"#));
        for (action, count) in [("experiment", 4), ("experiment.rename", 1), ("exp", 0), ("run", 0), ("%", 0)]
        {
            let query = AuditQuery { action: action.into(), ..mine.clone() };
            assert_eq!(audit::search(&db, &query).await.expect("is read").len(), count, "{action}");
        }
        assert!(audit::verify(&db).await.is_ok_and(|(count, _)| count >= 4));
    })
    .await;
}

#[tokio::test]
async fn an_audit_log_that_was_tampered_with_says_where() {
    for (statement, named) in [
        ("UPDATE audit_entries SET actor = 'bob' WHERE id = 2", "entry 2 is not as it was written"),
        ("DELETE FROM audit_entries WHERE id = 2", "entry 2 is missing"),
        ("DELETE FROM audit_entries WHERE id = 4", "4 entries were written, but the last one is entry 3"),
        (
            "UPDATE audit_entries SET id = CASE id WHEN 2 THEN -3 ELSE -2 END WHERE id IN (2, 3);
             UPDATE audit_entries SET id = -id WHERE id < 0",
            "entry 2 is not as it was written",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display());
        let db = open(&url).await;
        for _ in 0..4 {
            experiment(&db).await;
        }
        assert!(audit::verify(&db).await.is_ok_and(|(count, _)| count == 4));
        let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("opens");
        connection.execute(statement).await.expect("is changed");
        let why = audit::verify(&db).await.expect_err("it shows").to_string();
        assert!(why.contains(named), "{statement}: {why}");
        db.close().await;
    }
}
