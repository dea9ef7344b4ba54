//! How versions get where they are, and what reviews say of it.

use domain::accounts::Role;
use domain::permissions::{Grant, Grantee, Level};
use domain::reviews::Target;
use domain::reviews::gates::Departed;
use domain::reviews::state::State;
use store::permissions::Object;
use store::registry;
use store::reviews::{self, Act, Ask, Office, Outcome, PolicyOf};
use store::{Db, Error};

use crate::reviews::{TIME, later, model, office, person, sign, stage, version};
use crate::{NOW, on_each};

async fn ask(db: &Db, name: &str, version: i64, target: &str) -> i64 {
    let target = Target::parse(target);
    let ask = Ask { name: name.into(), version, target, comment: "please".into(), archive_existing: true };
    reviews::ask(db, ask, NOW).await.expect("is asked for")
}

async fn policy(db: &Db, name: &str, text: &str) {
    let of = PolicyOf::Model(name.into());
    reviews::save_policy(db, of, format!("format = 1\n{text}"), String::new(), Some(0), NOW)
        .await
        .expect("is saved");
}

#[tokio::test]
async fn a_record_says_where_the_version_stood_when_it_was_released() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let number = version(&dana, &name).await;
        let staging = ask(&dana, &name, number, "Staging").await;
        let production = ask(&dana, &name, number, "Production").await;
        reviews::act(&otto, &office, production, sign(), later(1)).await.expect("signs");
        assert_eq!(
            reviews::act(&erin, &office, staging, sign(), later(2)).await.expect("signs"),
            Outcome::Applied
        );
        let now_is = reviews::details(&dana, production, later(3)).await.expect("is read");
        assert_eq!(now_is.from, "Staging");
        assert!(now_is.signed[0].void.is_some(), "what was signed was another step");
        for (at, by) in [(4, &erin), (5, &otto)] {
            reviews::act(by, &office, production, sign(), later(at)).await.expect("signs");
        }
        let record = reviews::record_of(&dana, production).await.expect("is kept");
        let keys = release::PublicKeys::parse(&office.public_document()).expect("keys");
        let report = release::verify(record.envelope.as_bytes(), &keys, None).expect("holds");
        let predicate = report.statement.predicate();
        assert_eq!(predicate.transition.from.as_deref(), Some("Staging"));
        assert_eq!(predicate.digest.document["request"]["from"], "Staging");
        let ended = reviews::details(&dana, production, later(6)).await.expect("is read");
        assert_eq!((ended.review.state, &*ended.from), (State::Applied, "Staging"));
    })
    .await;
}

#[tokio::test]
async fn what_leaves_for_another_comes_into_a_guarded_archive_by_a_review_only() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let dana = person(&db, Role::DataScientist).await;
        let name = model(&dana).await;
        let [first, second] = [version(&dana, &name).await, version(&dana, &name).await];
        let text = "[stage.Archived]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                    [stage.Staging]\nsign_off = []\n";
        policy(&db, &name, text).await;
        let enter =
            |number, archive| registry::transition(&dana, name.clone(), number, "Staging", archive, NOW);
        enter(first, true).await.expect("nothing leaves for it");
        let refused = enter(second, true).await;
        assert!(
            matches!(&refused, Err(Error::Forbidden(why)) if why.contains("version 1 would leave Staging for Archived")),
            "{refused:?}"
        );
        assert_eq!(stage(&db, &name, first).await, "Staging");
        enter(second, false).await.expect("stands beside it");
    })
    .await;
}

#[tokio::test]
async fn a_champion_that_was_taken_out_is_compared_with_still() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let name = model(&dana).await;
        let [first, second] = [version(&dana, &name).await, version(&dana, &name).await];
        policy(&db, &name, "[stage.Production]\nsign_off = []\nleave = \"free\"\n").await;
        registry::transition(&dana, name.clone(), first, "Production", false, NOW).await.expect("is moved");
        let review = ask(&dana, &name, second, "Production").await;
        for to in ["Production", "Archived"] {
            registry::transition(&dana, name.clone(), first, to, false, later(1)).await.expect("is moved");
            let facts = reviews::details(&dana, review, later(2)).await.expect("is read").facts;
            assert_eq!(facts.champion.as_ref().map(|champion| champion.version), Some(first), "{to}");
            assert_eq!(facts.holder().is_some(), to == "Production");
        }
        // Nor is it forgotten where another one is left, or when it is deleted.
        let third = version(&dana, &name).await;
        let departed = async || {
            let facts = reviews::details(&dana, review, later(6)).await.expect("is read").facts;
            facts.departed.as_ref().map(Departed::version)
        };
        for number in [third, first] {
            registry::transition(&dana, name.clone(), number, "Production", false, later(4))
                .await
                .expect("is moved");
        }
        assert_eq!(departed().await, None, "the last that came is there");
        // What a review takes out is no bar any more.
        registry::transition(&dana, name.clone(), first, "None", false, later(4)).await.expect("is moved");
        assert_eq!(departed().await, Some(first), "by hand");
        registry::transition(&dana, name.clone(), first, "Production", false, later(4))
            .await
            .expect("is moved");
        let away = ask(&dana, &name, first, "Staging").await;
        let erin = person(&db, Role::MlEngineer).await;
        reviews::act(&erin, &office, away, sign(), later(4)).await.expect("signs");
        assert_eq!(stage(&db, &name, first).await, "Staging");
        assert_eq!(departed().await, None, "by a review");
        registry::transition(&dana, name.clone(), first, "Production", false, later(5))
            .await
            .expect("is moved");
        registry::transition(&dana, name.clone(), first, "None", false, later(5)).await.expect("is moved");
        assert_eq!(departed().await, Some(first));
        registry::delete_version(&dana, name.clone(), first, later(6)).await.expect("is deleted");
        assert_eq!(departed().await, Some(first));
        let alone = model(&dana).await;
        let only = version(&dana, &alone).await;
        let review = ask(&dana, &alone, only, "Production").await;
        assert!(reviews::details(&dana, review, NOW).await.expect("is read").facts.champion.is_none());
    })
    .await;
}

/// Two sign, and it serves.
async fn release(office: &Office, people: [&Db; 3], name: &str, number: i64, at: i64) {
    let id = ask(people[0], name, number, "Production").await;
    for by in &people[1..] {
        reviews::act(by, office, id, sign(), later(at)).await.expect("signs");
    }
    assert_eq!(stage(people[0], name, number).await, "Production");
}

#[tokio::test]
async fn a_version_reviewed_since_its_rejected_override_is_brought_back() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let ada = person(&db, Role::Admin).await;
        let people = [&dana, &erin, &otto];
        let name = model(&dana).await;
        let [first, second, third] =
            [version(&dana, &name).await, version(&dana, &name).await, version(&dana, &name).await];
        release(&office, people, &name, first, 1).await;
        let id = ask(&dana, &name, second, "Production").await;
        let reason = "an outage that only this version mends".to_owned();
        reviews::act(&ada, &office, id, Act::Override { reason }, later(2)).await.expect("overrides");
        let follow_up = reviews::open_of_version(&dana, &name, second).await.expect("are read");
        let follow_up = follow_up.iter().find(|row| row.kind == "followup").expect("follows").id;
        let reject = Act::Reject { words: "it was not".into() };
        reviews::act(&erin, &office, follow_up, reject, later(3)).await.expect("rejects");
        release(&office, people, &name, third, 4).await;
        let back = async || reviews::rollback_to(&dana, &name, "Production").await.expect("is read");
        assert_eq!(back().await, Some((third, first)), "whose override was rejected is no way back");

        release(&office, people, &name, second, 5).await;
        registry::transition(&db, name.clone(), third, "None", false, later(5)).await.expect("is moved");
        release(&office, people, &name, third, 6).await;
        assert_eq!(back().await, Some((third, second)), "it has been reviewed since");
    })
    .await;
}

#[tokio::test]
async fn the_override_of_a_rollback_says_nothing_against_what_it_brought_back() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let ada = person(&db, Role::Admin).await;
        let people = [&dana, &erin, &otto];
        let name = model(&dana).await;
        let [first, second, third] =
            [version(&dana, &name).await, version(&dana, &name).await, version(&dana, &name).await];
        release(&office, people, &name, first, 1).await;
        release(&office, people, &name, second, 2).await;
        let of = (name.clone(), "Production".to_owned(), Some(second));
        let (id, waits) =
            reviews::roll_back(&dana, &office, of, "drifts".into(), later(3)).await.expect("is asked");
        assert!(matches!(waits, Outcome::Recorded { .. }), "{waits:?}");
        let reason = "nobody else is there, and it drifts".to_owned();
        reviews::act(&ada, &office, id, Act::Override { reason }, later(4)).await.expect("overrides");
        assert_eq!(stage(&db, &name, first).await, "Production");
        release(&office, people, &name, third, 5).await;
        let back = reviews::rollback_to(&dana, &name, "Production").await.expect("is read");
        assert_eq!(back, Some((third, first)));
    })
    .await;
}

#[tokio::test]
async fn two_who_may_only_read_move_nothing_where_no_policy_asks() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let mia = person(&db, Role::MlEngineer).await;
        let oli = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let number = version(&dana, &name).await;
        let grants = [(&dana, Level::Manage), (&mia, Level::Read), (&oli, Level::Read)]
            .map(|(who, level)| Grant { to: Grantee::User(who.by().name.clone()), level });
        store::permissions::set(&db, Object::Model(name.clone()), grants.into(), NOW).await.expect("are set");
        for target in ["Archived", "alias:stable"] {
            let id = ask(&mia, &name, number, target).await;
            let signed = reviews::act(&oli, &office, id, sign(), later(1)).await.expect("signs");
            assert_eq!(signed, Outcome::Recorded { missing: Vec::new() }, "{target}");
            reviews::apply_ready(&db, &office, later(2)).await.expect("looks");
            let open = reviews::details(&dana, id, later(3)).await.expect("is read");
            assert_eq!(open.review.state, State::Open, "{target}");
            for reader in [&mia, &oli] {
                let applied = reviews::act(reader, &office, id, Act::Apply, later(3)).await;
                assert!(matches!(applied, Err(Error::Forbidden(_))), "{target}: {applied:?}");
            }
            // Whoever may change the model lets it happen.
            let applied = reviews::act(&dana, &office, id, Act::Apply, later(4)).await.expect("applies");
            assert_eq!(applied, Outcome::Applied, "{target}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_serves_under_a_policy_stays_a_model_to_clients() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let number = version(&dana, &name).await;
        let mark = || domain::KeyValue::new(domain::registry::PROMPT_TAG, "true");
        let free = model(&dana).await;
        registry::set_model_tag(&dana, free, mark(), NOW).await.expect("nothing serves there");
        release(&office, [&dana, &erin, &otto], &name, number, 1).await;
        let of_model = registry::set_model_tag(&dana, name.clone(), mark(), NOW).await;
        assert!(matches!(of_model, Err(Error::Forbidden(_))), "{of_model:?}");
        let of_version = registry::set_version_tag(&dana, name.clone(), number, mark(), NOW).await;
        assert!(matches!(of_version, Err(Error::Forbidden(_))), "{of_version:?}");
        let key = domain::registry::PROMPT_TAG.to_owned();
        registry::delete_model_tag(&dana, name, key, NOW).await.expect("it isn't marked as one");
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_somebody_is_found_behind_many_that_do_not() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let dana = person(&db, Role::DataScientist).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let text = "[stage.Production]\nsign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                    [alias.guarded]\nsign_off = [{ role = \"dev_engineer\", count = 1 }]\n";
        policy(&db, &name, text).await;
        for _ in 0..201 {
            let number = version(&dana, &name).await;
            ask(&dana, &name, number, "alias:free").await;
        }
        let number = version(&dana, &name).await;
        let wanted = ask(&dana, &name, number, "Production").await;
        let list = reviews::waiting_for(&otto, later(1)).await.expect("is read");
        let found = list.waiting.iter().find(|one| one.row.id == wanted).expect("waits");
        assert_eq!(found.your_role, Some(Role::OpsEngineer));
        assert!(list.more >= 2, "{}", list.more);
        registry::delete_model(&db, name, later(2)).await.expect("nothing serves there");
    })
    .await;
}
