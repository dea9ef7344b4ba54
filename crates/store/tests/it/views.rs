//! Saved views, on each database.

use domain::accounts::Role;
use domain::permissions::{Grant, Grantee, Level};
use store::permissions::{self, Object};
use store::views::{self, Contents, MOST_PANELS};
use store::{Error, audit};

use crate::reviews::{later, person};
use crate::{NOW, experiment, on_each};

fn contents(name: &str, is_shared: bool) -> Contents {
    Contents { name: name.into(), notes: "# Why".into(), panels: vec!["bar?y=metrics.a".into()], is_shared }
}

#[tokio::test]
async fn a_view_is_its_owners_until_it_is_shared() {
    on_each(async |db| {
        let (ana, bo) = (person(&db, Role::DataScientist).await, person(&db, Role::DataEngineer).await);
        let id = experiment(&ana).await;
        let view = views::create(&ana, id, contents("Mine", false), NOW).await.expect("is kept");
        assert!(matches!(views::get(&bo, view).await, Err(Error::NotFound { .. })));
        assert_eq!(views::of_experiment(&bo, id, "", false).await.expect("are read"), []);

        views::change(&ana, view, contents("Ours", true), later(1)).await.expect("is shared");
        let seen = views::get(&bo, view).await.expect("is seen");
        assert_eq!((&*seen.contents.name, seen.may_change, seen.updated_at), ("Ours", false, later(1)));
        let refused = views::change(&bo, view, contents("Theirs", true), later(2)).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        assert!(matches!(views::set_deleted(&bo, view, true, later(2)).await, Err(Error::Forbidden(_))));

        views::set_deleted(&ana, view, true, later(3)).await.expect("is deleted");
        assert_eq!(views::of_experiment(&ana, id, "", false).await.expect("are read"), []);
        assert_eq!(views::of_experiment(&ana, id, "OUR", true).await.expect("are read").len(), 1);
        views::set_deleted(&ana, view, false, later(4)).await.expect("is taken back");
        assert_eq!(views::of_experiment(&ana, id, "our", false).await.expect("are read").len(), 1);
        assert_eq!(views::of_experiment(&ana, id, "other", false).await.expect("are read"), []);
        audit::verify(&db).await.expect("the log is whole");
    })
    .await;
}

#[tokio::test]
async fn only_those_who_may_change_an_experiment_share_views_of_it() {
    on_each(async |db| {
        let (ana, bo) = (person(&db, Role::DataScientist).await, person(&db, Role::DataEngineer).await);
        let cleo = person(&db, Role::OpsEngineer).await;
        let id = experiment(&ana).await;
        let grants = [(&ana, Level::Manage), (&bo, Level::Read)]
            .map(|(who, level)| Grant { to: Grantee::User(who.by().name.clone()), level });
        permissions::set(&db, Object::Experiment(id), grants.into(), NOW).await.expect("are set");
        let own = views::create(&bo, id, contents("Own", false), NOW).await.expect("is kept");
        let shared = views::create(&bo, id, contents("Shared", true), NOW).await;
        assert!(matches!(shared, Err(Error::Forbidden(_))), "{shared:?}");
        let shared = views::change(&bo, own, contents("Own", true), NOW).await;
        assert!(matches!(shared, Err(Error::Forbidden(_))), "{shared:?}");
        for private in [false, true] {
            let hidden = views::create(&cleo, id, contents("Hidden", private), NOW).await;
            assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        }
        let of_ana = views::create(&ana, id, contents("All", true), NOW).await.expect("is kept");
        assert!(matches!(views::get(&cleo, of_ana).await, Err(Error::NotFound { .. })));
        // Whoever manages the experiment mends what others share.
        assert!(views::get(&ana, of_ana).await.expect("is seen").may_change);
    })
    .await;
}

#[tokio::test]
async fn a_view_has_a_name_and_not_too_much() {
    on_each(async |db| {
        let ana = person(&db, Role::DataScientist).await;
        let id = experiment(&ana).await;
        let long = "x".repeat(60_000);
        for wrong in [
            contents(" ", false),
            Contents { notes: long.clone(), ..contents("a", false) },
            Contents { panels: vec![long.clone()], ..contents("a", false) },
            Contents { panels: vec!["bar?".into(); MOST_PANELS + 1], ..contents("a", false) },
        ] {
            let refused = views::create(&ana, id, wrong, NOW).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        }
        let none = views::create(&ana, -5, contents("a", false), NOW).await;
        assert!(matches!(none, Err(Error::NotFound { .. })), "{none:?}");
    })
    .await;
}
