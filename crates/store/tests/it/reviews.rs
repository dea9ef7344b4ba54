//! Reviews, on each database.

use std::collections::BTreeSet;

use domain::Millis;
use domain::accounts::{Caller, Role, Scope, Via};
use domain::registry::FilesState;
use domain::reviews::Target;
use domain::reviews::document::FilePart;
use domain::reviews::gates::{self, CheckState};
use domain::reviews::state::State;
use notify::{Form, Rules, Topic};
use store::accounts::{self, NewUser};
use store::mails::{self, Sending};
use store::registry::files::{self, Reading};
use store::registry::{self, NewModel, NewVersion};
use store::reviews::{self, Act, Ask, Office, Outcome, PolicyOf, Report, ReviewQuery};
use store::webhooks::{self, DeliveryQuery, NewWebhook, Status};
use store::{Db, Error, audit, settings};
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::{NOW, on_each};

/// One test lets two weeks pass for every review that there is: no other of these has one open meanwhile.
pub(crate) static TIME: RwLock<()> = RwLock::const_new(());

pub(crate) fn later(ms: i64) -> Millis {
    Millis(NOW.0 + ms)
}

pub(crate) async fn person(db: &Db, role: Role) -> Db {
    let name = format!("p-{}", Uuid::new_v4());
    let roles = BTreeSet::from([role]);
    let new = NewUser { name: name.clone(), roles: roles.clone(), password_hash: None };
    let id = accounts::add(db, new, NOW).await.expect("is added");
    db.in_the_name_of(Caller {
        user_id: Some(id),
        name,
        roles,
        scopes: Scope::ALL.into(),
        via: Via::Session,
        address: None,
        is_fresh: true,
    })
}

pub(crate) fn office() -> (tempfile::TempDir, Office) {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = release::Keys::open(folder.path()).expect("a key");
    (folder, Office::new(keys, "instance".into(), "http://localhost".into()))
}

/// A fresh model's name.
pub(crate) async fn model(db: &Db) -> String {
    let name = format!("m-{}", Uuid::new_v4());
    let new = NewModel { name: name.clone(), ..NewModel::default() };
    registry::create_model(db, new, NOW).await.expect("is created");
    name
}

/// A version of it, whose files are known.
pub(crate) async fn version(db: &Db, name: &str) -> i64 {
    let new = NewVersion { name: name.into(), source: "s3://bucket/model".into(), ..NewVersion::default() };
    let version = registry::create_version(db, new, NOW).await.expect("is created").version;
    let mut after = 0;
    while let Some(unread) = files::unread(db, after, 1, NOW).await.expect("are read").pop() {
        after = unread.id;
        if unread.name == name && unread.version == version {
            let file = FilePart { path: "MLmodel".into(), sha256: format!("{version:064x}"), size: 3 };
            let reading = Reading { state: FilesState::Done, files: vec![file], signature: None };
            files::set(db, &unread, reading, NOW).await.expect("is kept");
        }
    }
    version
}

async fn ask(db: &Db, name: &str, version: i64) -> i64 {
    let ask = Ask {
        name: name.into(),
        version,
        target: Target::Stage("Production".into()),
        comment: "please".into(),
        archive_existing: true,
    };
    reviews::ask(db, ask, NOW).await.expect("is asked for")
}

pub(crate) fn sign() -> Act {
    Act::Sign { role: None, digest: None, words: "looked".into() }
}

pub(crate) async fn stage(db: &Db, name: &str, version: i64) -> String {
    registry::version(db, name, version).await.expect("is there").stage
}

#[tokio::test]
async fn a_review_is_signed_applied_once_and_recorded() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let first = version(&dana, &name).await;
        let id = ask(&dana, &name, first).await;
        let waiting = reviews::waiting_for(&erin, NOW).await.expect("are read");
        assert_eq!(
            waiting.waiting.iter().find(|one| one.row.id == id).and_then(|one| one.your_role),
            Some(Role::MlEngineer)
        );
        let recorded = reviews::act(&erin, &office, id, sign(), later(1)).await.expect("signs");
        assert_eq!(recorded, Outcome::Recorded { missing: vec!["1 ops_engineer".into()] });
        assert_eq!(
            reviews::act(&otto, &office, id, sign(), later(2)).await.expect("signs"),
            Outcome::Applied
        );
        assert_eq!(stage(&db, &name, first).await, "Production");
        let record = reviews::record_of(&dana, id).await.expect("is kept");
        let keys = release::PublicKeys::parse(&office.public_document()).expect("keys");
        release::verify(record.envelope.as_bytes(), &keys, None).expect("holds");
        audit::verify_record(&db, id, &record.sha256).await.expect("is logged");
        audit::verify(&db).await.expect("the log is whole");

        // What serves now is replaced in the same step.
        let second = version(&dana, &name).await;
        let id = ask(&dana, &name, second).await;
        for (at, by) in [(3, &erin), (4, &otto)] {
            reviews::act(by, &office, id, sign(), later(at)).await.expect("signs");
        }
        assert_eq!(
            (stage(&db, &name, second).await, stage(&db, &name, first).await),
            ("Production".into(), "Archived".into())
        );
        let of = (name.clone(), "Production".to_owned(), Some(second));
        let (back, outcome) =
            reviews::roll_back(&otto, &office, of, "drifts".into(), later(5)).await.expect("goes back");
        assert_eq!(outcome, Outcome::Applied);
        assert_eq!(stage(&db, &name, first).await, "Production");
        let record = reviews::record_of(&dana, back).await.expect("is kept");
        release::verify(record.envelope.as_bytes(), &keys, None).expect("holds");
        assert_eq!(reviews::records_of_version(&dana, &name, first).await.expect("are read").len(), 2);
        assert_eq!(reviews::open_of_version(&dana, &name, first).await.expect("are read").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_ended_review_shows_what_it_was_decided_on() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let first = version(&dana, &name).await;
        let released = ask(&dana, &name, first).await;
        for (at, by) in [(1, &erin), (2, &otto)] {
            reviews::act(by, &office, released, sign(), later(at)).await.expect("signs");
        }
        let second = version(&dana, &name).await;
        let rejected = ask(&dana, &name, second).await;
        reviews::act(&erin, &office, rejected, Act::Reject { words: "too early".into() }, later(3))
            .await
            .expect("rejects");
        let mut before = Vec::new();
        for id in [released, rejected] {
            before.push(reviews::details(&dana, id, later(4)).await.expect("is read"));
        }

        // All that they were about changes: cards, what serves, the roles of those who signed.
        for number in [first, second] {
            let card = "## Intended use\nAnother one";
            registry::cards::set_card(&dana, name.clone(), number, card.into(), later(5))
                .await
                .expect("is kept");
        }
        let third = version(&dana, &name).await;
        let id = ask(&dana, &name, third).await;
        for (at, by) in [(6, &erin), (7, &otto)] {
            reviews::act(by, &office, id, sign(), later(at)).await.expect("signs");
        }
        accounts::set_roles(
            &db,
            erin.by().user_id.expect("has one"),
            BTreeSet::from([Role::Viewer]),
            later(8),
        )
        .await
        .expect("are taken");

        for seen in before {
            let now_is = reviews::details(&dana, seen.id, later(9)).await.expect("is read");
            assert_eq!(now_is.document, seen.document);
            assert_eq!(now_is.standing, seen.standing);
            assert_eq!(now_is.facts, seen.facts);
            assert!(now_is.signed.iter().all(|signed| signed.void.is_none()));
        }
    })
    .await;
}

#[tokio::test]
async fn time_overtakes_reviews_and_so_does_deletion() {
    let _time = TIME.write().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let name = model(&dana).await;
        let first = version(&dana, &name).await;
        let id = ask(&dana, &name, first).await;
        let much_later = later(15 * 24 * 60 * 60 * 1000);
        let refused = reviews::act(&erin, &office, id, sign(), much_later).await;
        assert!(matches!(refused, Err(Error::InvalidState(why)) if why.contains("expired")));
        let state = async |id| reviews::details(&erin, id, NOW).await.expect("is read").review.state;
        assert_eq!(state(id).await, State::Expired, "though the answer was a refusal");
        let id = ask(&dana, &name, first).await;
        assert!(
            reviews::expire_due(&db, NOW).await.expect("nothing is due") == 0
                || state(id).await == State::Open
        );
        registry::delete_version(&dana, name.clone(), first, NOW).await.expect("is deleted");
        let found = reviews::search(&dana, &ReviewQuery { max_results: 1, ..ReviewQuery::default() }).await;
        assert!(found.is_ok());
        let other = version(&dana, &name).await;
        let due = ask(&dana, &name, other).await;
        assert!(reviews::expire_due(&db, much_later).await.expect("are ended") >= 1);
        assert_eq!(state(due).await, State::Expired);
        let found = reviews::open_of_version(&dana, &name, first).await.expect("are read");
        assert_eq!(found.iter().find(|row| row.id == id).map(|row| row.state.as_str()), Some("superseded"));
    })
    .await;
}

#[tokio::test]
async fn what_leaves_the_target_is_planned_once_and_written_down() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let dana = person(&db, Role::DataScientist).await;
        let name = model(&dana).await;
        let number = version(&dana, &name).await;
        let id = ask(&dana, &name, number).await;
        for archives in [true, false, false] {
            reviews::plan(&dana, id, archives, NOW).await.expect("is planned");
        }
        let query = audit::AuditQuery {
            action: "review.plan".into(),
            subject: format!("review {id}"),
            max_results: 9,
            ..Default::default()
        };
        let entries = audit::search(&db, &query).await.expect("are read");
        assert_eq!(entries.len(), 1);
    })
    .await;
}

/// Has the files of `version` changed, and read as `sha256`.
async fn changed_to(db: &Db, name: &str, version: i64, sha256: &str) {
    files::again(db, name.into(), version).await.expect("is marked");
    let all = files::unread(db, 0, i64::MAX, NOW).await.expect("are read");
    let unread = all.iter().find(|one| one.name == name && one.version == version).expect("waits");
    let file = FilePart { path: "MLmodel".into(), sha256: sha256.into(), size: 3 };
    let reading = Reading { state: FilesState::Done, files: vec![file], signature: None };
    files::set(db, unread, reading, NOW).await.expect("is kept");
}

#[tokio::test]
async fn a_checks_success_is_of_the_files_that_it_saw() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let name = model(&dana).await;
        let text = "format = 1\n[stage.Production]\nsign_off = [{ role = \"any\", count = 1 }]\n\
            [[stage.Production.gate]]\nkind = \"check\"\nname = \"load\"\nrequired = true\n";
        let of = PolicyOf::Model(name.clone());
        reviews::save_policy(&db, of, text.into(), String::new(), Some(0), NOW).await.expect("is saved");
        let number = version(&dana, &name).await;
        let id = ask(&dana, &name, number).await;
        let report = |files_sha256: Option<&str>| {
            Act::Report(Report {
                name: "load".into(),
                state: CheckState::Success,
                summary: "fine".into(),
                link: None,
                files_sha256: files_sha256.map(Into::into),
            })
        };
        let gate = async || {
            let details = reviews::details(&dana, id, later(3)).await.expect("is read");
            details.gates().iter().find(|gate| gate.id.contains("load")).expect("is there").status
        };

        reviews::act(&dana, &office, id, report(None), later(1)).await.expect("reports");
        assert_eq!(gate().await, gates::Status::Pass);
        changed_to(&db, &name, number, "b0").await;
        assert_eq!(gate().await, gates::Status::Pending, "it was made for other files");
        reviews::act(&dana, &office, id, report(None), later(2)).await.expect("reports");
        assert_eq!(gate().await, gates::Status::Pass);
        files::again(&db, name.clone(), number).await.expect("is marked");
        let early = reviews::act(&dana, &office, id, report(None), later(3)).await;
        assert!(matches!(early, Err(Error::InvalidState(_))), "{early:?}");
        let bad = reviews::act(&dana, &office, id, report(Some("b0")), later(3)).await;
        assert!(matches!(bad, Err(Error::Invalid(invalid)) if invalid.field == "files_sha256"));
        reviews::act(&dana, &office, id, report(Some(&"b0".repeat(32))), later(3)).await.expect("reports");
        assert_eq!(gate().await, gates::Status::Pending);
    })
    .await;
}

#[tokio::test]
async fn policies_are_versioned_previewed_and_replace_each_other() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let name = model(&dana).await;
        let of = PolicyOf::Model(name.clone());
        let text = "format = 1\n[stage.Production]\nsign_off = [{ role = \"any\", count = 1 }]\n\
            [[stage.Production.gate]]\nkind = \"check\"\nname = \"load\"\nrequired = true\n";
        let refused = reviews::save_policy(&dana, of.clone(), text.into(), String::new(), None, NOW).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
        let forth =
            "format = 1\n[stage.Staging]\nsign_off = []\nreplaces = true\nretire_to = \"Production\"\n";
        let refused = reviews::save_policy(&db, of.clone(), forth.into(), String::new(), None, NOW).await;
        assert!(matches!(refused, Err(Error::Invalid(why)) if why.message.contains("comes after it")));
        let saved = reviews::save_policy(&db, of.clone(), text.into(), "stricter".into(), Some(0), NOW).await;
        assert_eq!(saved.expect("is saved"), 1);
        let overtaken =
            reviews::save_policy(&db, of.clone(), String::new(), String::new(), Some(0), NOW).await;
        assert!(matches!(overtaken, Err(Error::InvalidState(_))));

        let first = version(&dana, &name).await;
        let id = ask(&dana, &name, first).await;
        let outcome = reviews::act(&erin, &office, id, sign(), later(1)).await.expect("signs");
        assert!(
            matches!(&outcome, Outcome::Recorded { missing } if missing[0].contains("load")),
            "{outcome:?}"
        );
        let report = Report {
            name: "load".into(),
            state: CheckState::Success,
            summary: "fine".into(),
            link: Some("https://ci.example/1".into()),
            files_sha256: None,
        };
        // The signature was given without that result.
        let outcome = reviews::act(&dana, &office, id, Act::Report(report), later(2)).await.expect("reports");
        assert!(matches!(outcome, Outcome::Recorded { .. }));
        let details = reviews::details(&erin, id, later(3)).await.expect("is read");
        assert!(details.signed[0].void.is_some() && !details.signed[0].changed.is_empty());
        assert_eq!(
            reviews::act(&erin, &office, id, sign(), later(4)).await.expect("signs"),
            Outcome::Applied
        );
        // One who signed anew is still one.
        let two = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 2 }]\n";
        let preview = reviews::preview(&db, &of, two, NOW).await.expect("is previewed");
        assert_eq!(preview[0].1, ["1 ml_engineer"]);
        let other = "format = 1\n[stage.Staging]\nsign_off = []\n";
        assert!(reviews::preview(&db, &of, other, NOW).await.expect("is previewed").is_empty());
        let strict = "format = 1\n[stage.Production]\nsign_off = [{ role = \"admin\", count = 1 }]\n";
        let preview = reviews::preview(&db, &of, strict, NOW).await.expect("is previewed");
        assert_eq!(preview[0].1, ["1 admin"]);

        let comment = reviews::add_comment(&erin, name.clone(), first, Some(id), "good".into(), NOW)
            .await
            .expect("is said");
        assert!(matches!(
            reviews::edit_comment(&dana, comment.id, "bad".into(), NOW).await,
            Err(Error::Forbidden(_))
        ));
        reviews::edit_comment(&erin, comment.id, "very good".into(), NOW).await.expect("is edited");
        reviews::delete_comment(&erin, comment.id, NOW).await.expect("is deleted");
        assert_eq!(reviews::comments_of(&dana, &name, first).await.expect("are read")[0].text, "");
        reviews::save_policy(&db, of.clone(), String::new(), String::new(), Some(1), NOW)
            .await
            .expect("is taken away");
        assert_eq!(reviews::policy_history(&db, &of).await.expect("is read").len(), 2);
        assert!(reviews::policy(&db, &of).await.expect("is read").is_none());
    })
    .await;
}

#[tokio::test]
async fn an_alias_that_a_policy_protects_moves_by_a_review() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let name = model(&dana).await;
        let first = version(&dana, &name).await;
        let text = "format = 1\n[alias.champion]\nsign_off = [{ role = \"ml_engineer\", count = 1 }]\n";
        let of = PolicyOf::Model(name.clone());
        reviews::save_policy(&db, of, text.into(), String::new(), None, NOW).await.expect("is saved");
        let refused = registry::set_alias(&dana, name.clone(), "champion".into(), first, NOW).await;
        assert!(matches!(refused, Err(Error::NeedsReview { path, .. }) if path.ends_with("ask?target=alias%3Achampion")));
                registry::set_alias(&dana, name.clone(), "other".into(), first, NOW).await.expect("is free");
        registry::delete_alias(&dana, name.clone(), "other".into(), NOW).await.expect("is free");
        let ask = Ask {
            name: name.clone(),
            version: first,
            target: Target::Alias("champion".into()),
            comment: String::new(),
            archive_existing: false,
        };
        let id = reviews::ask(&dana, ask, NOW).await.expect("is asked for");
        assert_eq!(reviews::act(&erin, &office, id, sign(), later(1)).await.expect("signs"), Outcome::Applied);
                assert_eq!(registry::version_by_alias(&dana, &name, "champion").await.expect("is there").version, first);
        let taken = registry::delete_alias(&dana, name.clone(), "champion".into(), NOW).await;
        assert!(matches!(taken, Err(Error::Forbidden(why)) if why.contains("give it to another version")));
    })
    .await;
}

/// The topics that a webhook was told, oldest first, and what the last one says.
async fn told(db: &Db, uuid: &str) -> (Vec<String>, String) {
    let query = DeliveryQuery { max_results: 100, ..DeliveryQuery::default() };
    let all = webhooks::deliveries(db, uuid, &query).await.expect("are read");
    let last = all.first().map(|one| one.body.clone()).unwrap_or_default();
    (all.into_iter().rev().map(|one| one.topic).collect(), last)
}

/// A webhook that hears everything about a model; its uuid.
async fn listener(db: &Db, name: &str) -> String {
    let new = NewWebhook {
        form: Form::Own,
        name: "all".into(),
        description: String::new(),
        url: "https://hooks.example.com/".into(),
        events: Topic::list(Form::Own),
        model: Some(name.to_owned()),
        status: Status::Active,
        secret: String::new(),
        authorization: String::new(),
        verify_certificate: true,
    };
    webhooks::create(db, &Rules::default(), new, NOW).await.expect("is made").0.uuid
}

#[tokio::test]
async fn whoever_listens_is_told_each_step_of_a_review() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let hook = listener(&db, &name).await;
        let text = "format = 1\n[stage.Production]\nsign_off = [{ role = \"ml_engineer\", count = 1 },\n\
            { role = \"ops_engineer\", count = 1 }]\n\
            [[stage.Production.gate]]\nkind = \"check\"\nname = \"load\"\nrequired = true\n";
        let of = PolicyOf::Model(name.clone());
        reviews::save_policy(&db, of, text.into(), String::new(), None, NOW).await.expect("is saved");
        let first = version(&dana, &name).await;
        let id = ask(&dana, &name, first).await;
        let (topics, last) = told(&db, &hook).await;
        assert_eq!(topics, ["model_version.created", "review.opened"]);
        let last: serde_json::Value = serde_json::from_str(&last).expect("is JSON");
        let (body, missing) = (&last["data"], &last["data"]["missing"]);
        assert_eq!((&body["model"], &body["to_stage"]), (&name.clone().into(), &"Production".into()));
        assert!(missing.as_array().is_some_and(|missing| missing.len() == 2), "{last}");

        reviews::notice_changes(&db, later(1)).await.expect("looks");
        reviews::act(&erin, &office, id, sign(), later(1)).await.expect("signs");
        // What changes outside of the review is noticed, and once.
        registry::update_version(&dana, name.clone(), first, Some("better".into()), later(1))
            .await
            .expect("is set");
        for _ in 0..2 {
            reviews::notice_changes(&db, later(1)).await.expect("looks");
        }
        let (topics, _) = told(&db, &hook).await;
        assert_eq!(topics[2..], ["review.signed", "model_version.updated", "review.signature_stale"]);
        reviews::act(&erin, &office, id, sign(), later(1)).await.expect("signs");
        let report = Report {
            name: "load".into(),
            state: CheckState::Success,
            summary: "fine".into(),
            link: None,
            files_sha256: None,
        };
        reviews::act(&dana, &office, id, Act::Report(report), later(2)).await.expect("reports");
        for (at, by) in [(3, &erin), (4, &otto)] {
            reviews::act(by, &office, id, sign(), later(at)).await.expect("signs");
        }
        let (topics, _) = told(&db, &hook).await;
        assert_eq!(
            topics[5..],
            [
                "review.signed",
                "review.gate_changed",
                "review.signature_stale",
                "review.signed",
                "review.signed",
                "model_version.transitioned",
                "release.issued",
                "review.applied",
            ]
        );
        reviews::add_comment(&erin, name.clone(), first, Some(id), "well".into(), NOW)
            .await
            .expect("is said");
        let second = version(&dana, &name).await;
        let id = ask(&dana, &name, second).await;
        reviews::act(&erin, &office, id, Act::Reject { words: "no".into() }, later(5))
            .await
            .expect("rejects");
        let id = ask(&dana, &name, second).await;
        reviews::act(&dana, &office, id, Act::Cancel { words: String::new() }, later(6))
            .await
            .expect("cancels");
        ask(&dana, &name, second).await;
        registry::delete_version(&dana, name.clone(), second, NOW).await.expect("is deleted");
        let (topics, _) = told(&db, &hook).await;
        assert_eq!(
            topics[13..],
            [
                "review.commented",
                "model_version.created",
                "review.opened",
                "review.rejected",
                "review.opened",
                "review.cancelled",
                "review.opened",
                "review.superseded",
                "model_version.deleted",
            ]
        );
        webhooks::delete(&db, &hook, NOW).await.expect("is deleted");
    })
    .await;
}

/// Claims all mail that is due; recipients and subjects of those to `ours`.
async fn mail_to(db: &Db, ours: &str, now: Millis) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some(mail) = mails::claim(db, now).await.expect("is claimed") {
        if mail.recipient.ends_with(ours) {
            found.push((mail.recipient.clone(), mail.subject.clone()));
        }
        mails::finish(db, &mail, Sending::Sent, now).await.expect("is written");
    }
    found.sort();
    found
}

#[tokio::test]
async fn those_a_review_waits_for_get_mail_and_its_author_when_it_is_decided() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let ours = format!("@{}.example", Uuid::new_v4());
        settings::set_sends_mail(&db, true).await.expect("is said");
        let mut people = Vec::new();
        for (name, role) in [
            ("dana", Role::DataScientist),
            ("erin", Role::MlEngineer),
            ("otto", Role::OpsEngineer),
            ("vera", Role::Viewer),
            ("gone", Role::MlEngineer),
        ] {
            let person = person(&db, role).await;
            let id = person.by().user_id.expect("an account");
            accounts::set_email(&person, id, format!("{name}{ours}"), NOW).await.expect("is kept");
            let other = accounts::set_email(&person, id - 1, String::new(), NOW).await;
            assert!(matches!(other, Err(Error::Forbidden(_))), "everybody says it themselves");
            people.push(person);
        }
        let gone = people[4].by().user_id.expect("an account");
        accounts::enable(&db, gone, false, NOW).await.expect("is disabled");
        let (dana, erin) = (&people[0], &people[1]);
        let name = model(dana).await;
        let first = version(dana, &name).await;
        let id = ask(dana, &name, first).await;
        let subject = format!("Waiting for you: {name} version {first} to Production");
        let to = |who: &str, subject: &str| (format!("{who}{ours}"), subject.to_owned());
        assert_eq!(mail_to(&db, &ours, NOW).await, [to("erin", &subject), to("otto", &subject)]);
        reviews::act(erin, &office, id, Act::Reject { words: "no".into() }, later(1)).await.expect("rejects");
        let subject = format!("Your request was rejected: {name} version {first} to Production");
        assert_eq!(mail_to(&db, &ours, later(1)).await, [to("dana", &subject)]);
        // Whoever ends their own request knows it.
        let id = ask(dana, &name, first).await;
        reviews::act(dana, &office, id, Act::Cancel { words: String::new() }, later(2))
            .await
            .expect("cancels");
        assert!(mail_to(&db, &ours, later(2)).await.is_empty(), "what was not sent yet is taken back");
        // What may not be read is told nobody.
        let grants = vec![domain::permissions::Grant {
            to: domain::permissions::Grantee::User(erin.by().name.clone()),
            level: domain::permissions::Level::Read,
        }];
        let of = store::permissions::Object::Model(name.clone());
        store::permissions::set(&db, of, grants, NOW).await.expect("are set");
        ask(dana, &name, first).await;
        assert_eq!(mail_to(&db, &ours, later(3)).await.len(), 1);
        // An author's signature wouldn't count.
        let ask = Ask {
            name: name.clone(),
            version: first,
            target: Target::Stage("Staging".into()),
            comment: String::new(),
            archive_existing: false,
        };
        reviews::ask(dana, ask, NOW).await.expect("is asked for");
        let told: Vec<_> = mail_to(&db, &ours, later(4)).await.into_iter().map(|(to, _)| to).collect();
        assert!(!told.contains(&format!("dana{ours}")), "{told:?}");
        settings::set_sends_mail(&db, false).await.expect("is said");
    })
    .await;
}

#[tokio::test]
async fn a_review_that_lacks_nothing_but_time_is_applied_when_that_has_passed() {
    const HOUR: i64 = 60 * 60 * 1000;
    let _time = TIME.write().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let otto = person(&db, Role::OpsEngineer).await;
        let name = model(&dana).await;
        let number = version(&dana, &name).await;
        let text = "format = 1\n[stage.Staging]\nsign_off = []\n[stage.Production]\n\
                    sign_off = [{ role = \"ops_engineer\", count = 1 }]\n\
                    gate = [{ kind = \"soak\", stage = \"Staging\", for = \"48h\", required = true }]\n";
        let of = PolicyOf::Model(name.clone());
        reviews::save_policy(&db, of, text.into(), String::new(), Some(0), NOW).await.expect("is saved");
        registry::transition(&dana, name.clone(), number, "Staging", false, NOW).await.expect("is moved");
        let id = ask(&dana, &name, number).await;
        let signed = reviews::act(&otto, &office, id, sign(), later(1)).await.expect("signs");
        assert!(matches!(signed, Outcome::Recorded { .. }), "{signed:?}");
        for (hours, expected) in [(47, "Staging"), (48, "Production")] {
            reviews::apply_ready(&db, &office, later(hours * HOUR)).await.expect("looks");
            assert_eq!(stage(&db, &name, number).await, expected, "after {hours} h");
        }
        let details = reviews::details(&dana, id, later(49 * HOUR)).await.expect("is read");
        assert_eq!(details.review.state, State::Applied);
    })
    .await;
}

#[tokio::test]
async fn a_rollback_takes_out_the_version_that_it_is_of_where_others_may_stay() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let name = model(&dana).await;
        let mut versions = Vec::new();
        for at in 1..=3 {
            let number = version(&dana, &name).await;
            let target = Target::Stage("Staging".into());
            let ask = Ask {
                name: name.clone(),
                version: number,
                target,
                comment: String::new(),
                archive_existing: true,
            };
            let id = reviews::ask(&dana, ask, later(at)).await.expect("is asked for");
            let applied = reviews::act(&erin, &office, id, sign(), later(at)).await.expect("signs");
            assert_eq!(applied, Outcome::Applied);
            versions.push(number);
        }
        let [first, second, third] = versions[..] else { panic!("three versions") };
        let stages = async || {
            (stage(&db, &name, first).await, stage(&db, &name, second).await, stage(&db, &name, third).await)
        };
        let staging = || "Staging".to_owned();
        assert_eq!(
            stages().await,
            (staging(), staging(), staging()),
            "the default lets them stand side by side"
        );
        for (at, from, to) in [(4, third, second), (5, second, first)] {
            assert_eq!(
                reviews::rollback_to(&erin, &name, "Staging").await.expect("is read"),
                Some((from, to))
            );
            let of = (name.clone(), staging(), Some(from));
            let (id, outcome) =
                reviews::roll_back(&dana, &office, of, "drifts".into(), later(at)).await.expect("is asked");
            assert!(matches!(outcome, Outcome::Recorded { .. }), "{outcome:?}");
            let signed = reviews::act(&erin, &office, id, sign(), later(at)).await.expect("signs");
            assert_eq!(signed, Outcome::Applied);
        }
        assert_eq!(stages().await, (staging(), "Archived".into(), "Archived".into()));
    })
    .await;
}

#[tokio::test]
async fn what_a_policy_leaves_to_gates_is_applied_when_they_pass() {
    let _time = TIME.write().await;
    on_each(async |db| {
        let (_keys, office) = office();
        let dana = person(&db, Role::DataScientist).await;
        let erin = person(&db, Role::MlEngineer).await;
        let name = model(&dana).await;
        let numbers = [version(&dana, &name).await, version(&dana, &name).await];
        let text = "format = 1\n[stage.Production]\nsign_off = []\nreplaces = false\n\
                    gate = [{ kind = \"soak\", stage = \"Staging\", for = \"1h\", required = true }]\n\
                    [stage.Staging]\nsign_off = []\n";
        let of = PolicyOf::Model(name.clone());
        reviews::save_policy(&db, of, text.into(), String::new(), Some(0), NOW).await.expect("is saved");
        for number in numbers {
            registry::transition(&dana, name.clone(), number, "Staging", false, NOW).await.expect("is moved");
        }
        let grants = [(&dana, domain::permissions::Level::Manage), (&erin, domain::permissions::Level::Read)];
        let grants = grants.map(|(who, level)| domain::permissions::Grant {
            to: domain::permissions::Grantee::User(who.by().name.clone()),
            level,
        });
        let object = store::permissions::Object::Model(name.clone());
        store::permissions::set(&db, object, grants.into(), NOW).await.expect("are set");
        ask(&dana, &name, numbers[0]).await;
        let of_a_reader = ask(&erin, &name, numbers[1]).await;

        for (minutes, expected) in [(59, "Staging"), (61, "Production")] {
            reviews::apply_ready(&db, &office, later(minutes * 60_000)).await.expect("looks");
            assert_eq!(stage(&db, &name, numbers[0]).await, expected, "after {minutes} minutes");
            assert_eq!(stage(&db, &name, numbers[1]).await, "Staging", "who may only read asks, no more");
        }
        // Nor does what somebody else says there apply it.
        let report = Report {
            name: "load".into(),
            state: CheckState::Success,
            summary: "fine".into(),
            link: None,
            files_sha256: None,
        };
        let at = later(62 * 60_000);
        let said = reviews::act(&dana, &office, of_a_reader, Act::Report(report), at).await;
        assert_eq!(said.expect("reports"), Outcome::Recorded { missing: Vec::new() });
        assert_eq!(stage(&db, &name, numbers[1]).await, "Staging");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let _time = TIME.read().await;
    on_each(async |db| {
        let ana = person(&db, Role::MlEngineer).await;
        let id = ana.by().user_id.expect("an account");
        for wrong in ["ana", "@x", "a@", "a@b@c", "a b@c", "a@b\nBcc: c@d", "a@b,c@d", "<a@b>"] {
            let refused = accounts::set_email(&ana, id, wrong.into(), NOW).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{wrong}");
        }
        accounts::set_email(&ana, id, String::new(), NOW).await.expect("is taken away");
        assert_eq!(accounts::email(&ana, id).await.expect("is read"), "");
    })
    .await;
}
