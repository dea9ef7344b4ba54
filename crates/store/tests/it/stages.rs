//! A workspace's own stages, on each database.

use domain::accounts::{Caller, Role};
use domain::reviews::Target;
use store::registry::{self, NewVersion};
use store::reviews::{self, Ask, PolicyOf};
use store::{Db, Error, audit};
use uuid::Uuid;

use crate::reviews::{model, person, version};
use crate::{NOW, on_each};

/// A stage that no other test knows: a shared server keeps what they made.
fn new_stage() -> String {
    format!("Canary {}", &Uuid::new_v4().simple().to_string()[..12])
}

async fn with(db: &Db, stage: &str) -> Result<domain::registry::Stages, Error> {
    let names = ["Staging", stage, "Production"].map(str::to_owned).into();
    registry::set_workspace_stages(db, names, None, NOW).await
}

async fn without(db: &Db) -> Result<domain::registry::Stages, Error> {
    registry::set_workspace_stages(db, ["Staging", "Production"].map(str::to_owned).into(), None, NOW).await
}

#[tokio::test]
async fn a_stage_of_ones_own_is_one_like_the_others_and_stays_while_it_is_used() {
    on_each(async |db| {
        // Where nobody signs in no policy holds.
        let db = db.in_the_name_of(Caller::local_admin());
        let stage = new_stage();
        let unknown = registry::transition(&db, "none".into(), 1, &stage, true, NOW).await;
        assert!(
            matches!(unknown, Err(Error::Invalid(why)) if why.message.contains("None, Staging, Production"))
        );

        let stages = with(&db, &stage).await.expect("is set");
        assert_eq!(stages.iter().nth(2), Some(stage.as_str()));
        assert_eq!(registry::workspace_stages(&db).await.expect("are read"), stages);
        let name = model(&db).await;
        for _ in 1..=2 {
            version(&db, &name).await;
        }
        let moved = registry::transition(&db, name.clone(), 1, &stage.to_uppercase(), true, NOW).await;
        assert_eq!(moved.expect("moves").stage, stage);
        let latest = registry::latest_versions(&db, &name, &[stage.to_lowercase()]).await.expect("are read");
        assert_eq!((latest.len(), latest[0].version), (1, 1));
        let copy = NewVersion {
            name: name.clone(),
            source: format!("models:/{name}/{stage}"),
            ..NewVersion::default()
        };
        assert_eq!(registry::create_version(&db, copy, NOW).await.expect("is copied").version, 3);

        let policy = format!("format = 1\n[stage.\"{stage}\"]\nsign_off = [{{ role = \"any\" }}]\n");
        let of = PolicyOf::Model(name.clone());
        reviews::save_policy(&db, of, policy, String::new(), None, NOW).await.expect("is saved");
        let refused = registry::transition(&db, name.clone(), 2, &stage, true, NOW).await;
        assert!(matches!(refused, Err(Error::NeedsReview { .. })));
        let target = Target::Stage(stage.to_uppercase());
        let ask =
            Ask { name: name.clone(), version: 2, target, comment: String::new(), archive_existing: true };
        let review = reviews::ask(&db, ask, NOW).await.expect("is asked for");

        let Err(Error::InvalidState(why)) = without(&db).await else { panic!("is refused") };
        for what in [
            format!("`{name}` version 1"),
            format!("the open review {review}"),
            format!("the policy of `{name}`"),
            format!("`{stage}` can't go"),
        ] {
            assert!(why.contains(&what), "{what}: {why}");
        }
        assert_eq!(registry::workspace_stages(&db).await.expect("are read"), stages);
        registry::delete_model(&db, name, NOW).await.expect("is deleted");
        without(&db).await.expect("nothing uses it");

        let query = audit::AuditQuery { action: "stages.save".into(), max_results: 1, ..Default::default() };
        let entry = audit::search(&db, &query).await.expect("is read").remove(0);
        assert!(entry.before.contains(&stage) && !entry.after.contains(&stage), "{entry:?}");
        let engineer = person(&db, Role::MlEngineer).await;
        assert!(matches!(with(&engineer, &stage).await, Err(Error::Forbidden(_))));
        assert!(matches!(registry::stage_uses(&engineer).await, Err(Error::Forbidden(_))));
        assert!(registry::workspace_stages(&engineer).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn whoever_looks_sees_one_version_in_a_stage_whatever_replaces_it() {
    on_each(async |db| {
        let db = db.in_the_name_of(Caller::local_admin());
        let name = model(&db).await;
        for number in 1..=12 {
            version(&db, &name).await;
            if number == 1 {
                registry::transition(&db, name.clone(), 1, "Production", true, NOW).await.expect("moves");
            }
        }
        let moves = (2..=12).map(|number| {
            let (db, name) = (db.clone(), name.clone());
            tokio::spawn(
                async move { registry::transition(&db, name, number, "Production", true, NOW).await },
            )
        });
        let moves: Vec<_> = moves.collect();
        while !moves.iter().all(tokio::task::JoinHandle::is_finished) {
            let overview = registry::model_overview(&db, &name).await.expect("is read");
            let serving = overview.versions.iter().filter(|one| one.version.stage == "Production").count();
            assert_eq!(serving, 1);
        }
        for one in moves {
            one.await.expect("ends").expect("moves");
        }
    })
    .await;
}
