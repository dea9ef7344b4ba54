//! People, and what lets them in.

use std::collections::BTreeSet;
use std::net::IpAddr;

use domain::Millis;
use domain::accounts::{Caller, Role, Scope, Via, throttle};
use store::accounts::{self, Invited, NewToken, NewUser, Session, Sessions};
use store::audit::{self, AuditQuery};
use store::{Db, Error};
use uuid::Uuid;

use crate::{NOW, on_each, open};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn later(milliseconds: i64) -> Millis {
    Millis(NOW.0 + milliseconds)
}

fn new_user(roles: &[Role]) -> NewUser {
    let name = format!("Ana-{}", Uuid::new_v4());
    NewUser { name, roles: roles.iter().copied().collect(), password_hash: Some("hash".into()) }
}

async fn add(db: &Db, roles: &[Role]) -> (i64, String) {
    let new = new_user(roles);
    let id = accounts::add(db, new.clone(), NOW).await.expect("is added");
    (id, new.name)
}

/// The database in the name of a person with an account.
async fn as_user(db: &Db, id: i64) -> Db {
    let user = accounts::by_id(db, id).await.expect("is there");
    db.in_the_name_of(Caller {
        user_id: Some(id),
        name: user.name,
        roles: user.roles,
        ..Caller::command_line()
    })
}

fn is_forbidden<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Forbidden(_)))
}

#[tokio::test]
async fn people_have_one_name_whatever_its_case_and_at_least_one_role() {
    on_each(async |db| {
        let (id, name) = add(&db, &[Role::MlEngineer, Role::Viewer]).await;
        let user = accounts::by_name(&db, &name.to_uppercase()).await.expect("is found");
        assert_eq!((user.id, &user.name), (id, &name));
        assert_eq!(user.roles, BTreeSet::from([Role::MlEngineer, Role::Viewer]));
        let again = NewUser { name: name.to_lowercase(), ..new_user(&[Role::Viewer]) };
        assert!(matches!(accounts::add(&db, again, NOW).await, Err(Error::AlreadyExists { .. })));
        for refused in [NewUser { name: "a b".into(), ..new_user(&[Role::Viewer]) }, new_user(&[])] {
            assert!(matches!(accounts::add(&db, refused, NOW).await, Err(Error::Invalid(_))));
        }
        let part = &name[..12];
        assert!(accounts::list(&db, part).await.is_ok_and(|found| found.iter().any(|one| one.id == id)));
        assert!(accounts::list(&db, "%_\\").await.is_ok_and(|found| found.is_empty()));
    })
    .await;
}

#[tokio::test]
async fn only_admins_change_people_and_one_of_them_is_always_left() {
    on_each(async |db| {
        let (admin, _) = add(&db, &[Role::Admin]).await;
        let (id, name) = add(&db, &[Role::DataScientist]).await;
        let theirs = as_user(&db, id).await;
        assert!(is_forbidden(&accounts::add(&theirs, new_user(&[Role::Admin]), NOW).await));
        assert!(is_forbidden(&accounts::set_roles(&theirs, id, [Role::Admin].into(), NOW).await));
        assert!(is_forbidden(&accounts::enable(&theirs, admin, false, NOW).await));
        assert!(is_forbidden(&accounts::list(&theirs, "").await));
        assert!(is_forbidden(&accounts::invite(&theirs, Some(admin), NOW).await));
        assert!(is_forbidden(&accounts::set_password(&theirs, admin, "x".into(), None, NOW).await));
        accounts::set_password(&theirs, id, "other".into(), None, NOW).await.expect("it is their own");
        let credentials = accounts::credentials(&db, &name).await.expect("is read").expect("is there");
        assert_eq!((credentials.user_id, credentials.password_hash.as_str()), (id, "other"));

        accounts::set_roles(&db, id, [Role::Admin].into(), NOW).await.expect("is changed");
        accounts::enable(&db, id, false, NOW).await.expect("is disabled");
        assert!(accounts::credentials(&db, &name).await.expect("is read").is_none());
        let query = AuditQuery { subject: format!("user {name}"), max_results: 9, ..AuditQuery::default() };
        let entries = audit::search(&db, &query).await.expect("is read");
        let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["user.disable", "user.set_roles", "user.set_password", "user.add"]);
        assert!(entries.iter().all(|entry| !entry.after.contains("hash") && !entry.after.contains("other")));
    })
    .await;
}

#[tokio::test]
async fn a_token_gets_at_no_password_token_or_session() {
    on_each(async |db| {
        for role in [Role::Viewer, Role::Admin] {
            let (id, _) = add(&db, &[role]).await;
            let theirs = as_user(&db, id).await;
            let new =
                NewToken { user_id: id, label: "a".into(), scopes: Scope::ALL.into(), expires_at: None };
            accounts::create_token(&theirs, new.clone(), NOW).await.expect("is created");
            let listed = accounts::tokens(&theirs, id).await.expect("are read");
            let by = Caller { via: Via::Token("a".into()), ..theirs.by().clone() };
            let token = db.in_the_name_of(by);
            assert!(is_forbidden(&accounts::set_password(&token, id, "x".into(), None, NOW).await));
            let more = NewToken { label: "b".into(), ..new };
            assert!(is_forbidden(&accounts::create_token(&token, more, NOW).await));
            assert!(is_forbidden(&accounts::tokens(&token, id).await));
            assert!(is_forbidden(&accounts::end_sessions(&token, id, None, NOW).await));
            let revoked = accounts::revoke_token(&token, listed[0].id, NOW).await;
            assert!(matches!(revoked, Err(Error::NotFound { .. })));
            assert_eq!(accounts::tokens(&theirs, id).await.expect("are read"), listed);
        }
    })
    .await;
}

#[tokio::test]
async fn the_last_admin_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display());
    let db = open(&url).await;
    let (first, _) = add(&db, &[Role::Admin]).await;
    let refused = accounts::enable(&db, first, false, NOW).await;
    assert!(matches!(refused, Err(Error::InvalidState(_))));
    let refused = accounts::set_roles(&db, first, [Role::Viewer].into(), NOW).await;
    assert!(matches!(refused, Err(Error::InvalidState(_))));
    assert!(accounts::by_id(&db, first).await.is_ok_and(|user| user.roles.contains(&Role::Admin)));
    add(&db, &[Role::Admin]).await;
    accounts::enable(&db, first, false, NOW).await.expect("another one is left");
    db.close().await;
}

#[tokio::test]
async fn a_token_works_until_it_expires_is_revoked_or_its_owner_is_disabled() {
    on_each(async |db| {
        let (id, name) = add(&db, &[Role::DataScientist]).await;
        let (other, _) = add(&db, &[Role::DataScientist]).await;
        let (theirs, others) = (as_user(&db, id).await, as_user(&db, other).await);
        let new = NewToken {
            user_id: id,
            label: "ci".into(),
            scopes: [Scope::Read].into(),
            expires_at: Some(later(DAY)),
        };
        assert!(is_forbidden(&accounts::create_token(&others, new.clone(), NOW).await));
        let secret = accounts::create_token(&theirs, new.clone(), NOW).await.expect("is created");
        let taken = accounts::create_token(&theirs, new.clone(), NOW).await;
        assert!(matches!(taken, Err(Error::AlreadyExists { .. })));
        let past = NewToken { label: "past".into(), expires_at: Some(NOW), ..new.clone() };
        assert!(matches!(accounts::create_token(&theirs, past, NOW).await, Err(Error::Invalid(_))));

        let whose = async |at| accounts::with_token(&db, &secret, at).await.expect("is read");
        let (user_id, scopes, label) = whose(later(1)).await.expect("it works");
        assert_eq!((user_id, scopes), (id, BTreeSet::from([Scope::Read])));
        assert_eq!((label.key, label.value), (name, "ci".to_owned()));
        assert!(whose(later(DAY)).await.is_none(), "it has expired");
        for wrong in ["", "cs_", "cs_0", &secret[..20], &secret.to_uppercase()] {
            assert!(accounts::with_token(&db, wrong, NOW).await.expect("is read").is_none());
        }
        let listed = accounts::tokens(&theirs, id).await.expect("are read");
        assert_eq!(listed[0].used_at, Some(later(1)));
        assert!(is_forbidden(&accounts::tokens(&others, id).await));
        assert!(!format!("{listed:?}").contains(&secret[3..]));

        accounts::enable(&db, id, false, NOW).await.expect("is disabled");
        assert!(whose(NOW).await.is_none(), "its owner is disabled");
        accounts::enable(&db, id, true, NOW).await.expect("is enabled");
        assert!(matches!(
            accounts::revoke_token(&others, listed[0].id, NOW).await,
            Err(Error::NotFound { .. })
        ));
        accounts::revoke_token(&theirs, listed[0].id, NOW).await.expect("is revoked");
        assert!(whose(NOW).await.is_none(), "it is revoked");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_has_ended_stays_ended() {
    on_each(async |db| {
        let (id, _) = add(&db, &[Role::Viewer]).await;
        let sessions = Sessions(db.clone());
        let session = Session { user_id: Some(id), data: "{}".into(), expires_at: later(DAY) };
        let [here, there] = [Uuid::new_v4().to_string(), Uuid::new_v4().to_string()];
        for key in [&here, &there] {
            assert!(sessions.begin(key.clone(), session.clone()).await.expect("begins"));
        }
        assert!(!sessions.begin(here.clone(), session.clone()).await.expect("the id is taken"));
        let changed = Session { data: "{\"a\":1}".into(), ..session.clone() };
        assert!(sessions.replace(here.clone(), changed.clone()).await.expect("is replaced"));
        assert_eq!(sessions.get(&here, NOW).await.expect("is read"), Some(changed));
        assert_eq!(sessions.get(&here, later(DAY)).await.expect("is read"), None, "it has expired");

        let theirs = as_user(&db, id).await;
        accounts::end_sessions(&theirs, id, Some(here.clone()), NOW).await.expect("end");
        assert!(sessions.get(&here, NOW).await.expect("is read").is_some(), "the one in use stays");
        assert_eq!(sessions.get(&there, NOW).await.expect("is read"), None);
        assert!(!sessions.replace(there.clone(), session).await.expect("nothing to replace"));
        assert_eq!(sessions.get(&there, NOW).await.expect("is read"), None);

        accounts::set_password(&theirs, id, "new".into(), None, NOW).await.expect("is set");
        assert_eq!(sessions.get(&here, NOW).await.expect("is read"), None);
        let brief = Session { user_id: None, data: "{}".into(), expires_at: later(1) };
        let key = Uuid::new_v4().to_string();
        assert!(sessions.begin(key.clone(), brief.clone()).await.expect("begins"));
        accounts::forget_expired(&db, later(2)).await.expect("is cleaned");
        assert_eq!(sessions.get(&key, NOW).await.expect("is read"), None, "its row is gone");
    })
    .await;
}

#[tokio::test]
async fn a_link_works_once() {
    on_each(async |db| {
        let (id, name) = add(&db, &[Role::Viewer]).await;
        let replaced = accounts::invite(&db, Some(id), NOW).await.expect("is made");
        let secret = accounts::invite(&db, Some(id), NOW).await.expect("is made");
        assert!(accounts::link(&db, &replaced, NOW).await.is_err());
        assert_eq!(accounts::link(&db, &secret, NOW).await.expect("works"), Invited::Person(name));
        assert!(accounts::link(&db, &secret, later(8 * DAY)).await.is_err(), "it has expired");
        let misused = accounts::first_admin(&db, secret.clone(), "eve".into(), "x".into(), NOW).await;
        assert!(misused.is_err(), "it makes nobody an admin");
        assert!(accounts::by_name(&db, "eve").await.is_err());
        let chosen = accounts::choose_password(&db, secret.clone(), "chosen".into(), NOW).await;
        assert_eq!(chosen.expect("is chosen"), id);
        assert!(accounts::choose_password(&db, secret, "again".into(), NOW).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_link_lets_nobody_in_who_was_disabled_or_has_a_password_since() {
    on_each(async |db| {
        let (id, _) = add(&db, &[Role::Viewer]).await;
        let secret = accounts::invite(&db, Some(id), NOW).await.expect("is made");
        accounts::set_password(&db, id, "other".into(), None, NOW).await.expect("is set");
        assert!(accounts::choose_password(&db, secret, "stolen".into(), NOW).await.is_err());
        let secret = accounts::invite(&db, Some(id), NOW).await.expect("is made");
        accounts::enable(&db, id, false, NOW).await.expect("is disabled");
        assert!(accounts::choose_password(&db, secret, "stolen".into(), NOW).await.is_err());
        assert!(is_forbidden(&accounts::invite(&db, Some(id), NOW).await));
        let session = Session { user_id: Some(id), data: "{}".into(), expires_at: later(DAY) };
        let begun = Sessions(db.clone()).begin(Uuid::new_v4().to_string(), session).await;
        assert!(!begun.expect("is asked"), "a sign-in that was under way comes too late");
    })
    .await;
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display());
    let db = open(&url).await;
    add(&db, &[Role::Viewer]).await;
    assert!(accounts::needs_first_admin(&db).await.expect("is read"), "a viewer lets nobody in");
    let secret = accounts::invite(&db, None, NOW).await.expect("is made");
    assert_eq!(accounts::link(&db, &secret, NOW).await.expect("works"), Invited::FirstAdmin);
    assert!(accounts::link(&db, &secret, later(DAY)).await.is_err(), "it is for today");
    let made = accounts::first_admin(&db, secret, "first".into(), "x".into(), NOW).await.expect("is made");
    assert!(accounts::by_id(&db, made).await.is_ok_and(|user| user.roles.contains(&Role::Admin)));
    assert!(!accounts::needs_first_admin(&db).await.expect("is read"));
    assert!(matches!(accounts::invite(&db, None, NOW).await, Err(Error::InvalidState(_))));
    let newest =
        audit::search(&db, &AuditQuery { max_results: 2, ..AuditQuery::default() }).await.expect("is read");
    let told: Vec<_> = newest.iter().map(|entry| (entry.action.as_str(), entry.via.as_str())).collect();
    assert_eq!(told, [("user.add", "one-time link"), ("workspace.invite_first_admin", "server")]);
    db.close().await;
}

#[tokio::test]
async fn a_link_that_was_left_over_makes_no_second_admin() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display());
    let db = open(&url).await;
    let secret = accounts::invite(&db, None, NOW).await.expect("is made");
    add(&db, &[Role::Admin]).await;
    let late = accounts::first_admin(&db, secret, "late".into(), "x".into(), NOW).await;
    assert!(matches!(late, Err(Error::InvalidState(_))));
    assert!(accounts::by_name(&db, "late").await.is_err());
    db.close().await;
}

#[tokio::test]
async fn nobody_learns_nothing() {
    on_each(async |db| {
        let (id, name) = add(&db, &[Role::Viewer]).await;
        let nobody = db.in_the_name_of(Caller::nobody());
        assert!(is_forbidden(&accounts::by_id(&nobody, id).await));
        assert!(is_forbidden(&accounts::by_name(&nobody, &name).await));
        assert!(is_forbidden(&audit::verify(&nobody).await));
        let viewer = as_user(&db, id).await;
        assert!(is_forbidden(&audit::search(&viewer, &AuditQuery::default()).await));
        assert!(accounts::by_id(&viewer, id).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn nobody_makes_a_token_that_signs_for_somebody_else() {
    on_each(async |db| {
        let (admin, _) = add(&db, &[Role::Admin]).await;
        let (id, _) = add(&db, &[Role::OpsEngineer]).await;
        let new = NewToken { user_id: id, label: "a".into(), scopes: Scope::ALL.into(), expires_at: None };
        let admins = as_user(&db, admin).await;
        assert!(is_forbidden(&accounts::create_token(&admins, new.clone(), NOW).await));
        let reading = NewToken { scopes: [Scope::Read, Scope::Write].into(), ..new.clone() };
        accounts::create_token(&admins, reading, NOW).await.expect("is created");
        let own = NewToken { label: "b".into(), ..new };
        accounts::create_token(&as_user(&db, id).await, own, NOW).await.expect("is created");
    })
    .await;
}

#[tokio::test]
async fn whoever_guesses_waits_and_the_owner_not_for_long() {
    on_each(async |db| {
        let name = format!("Guessed-{}", Uuid::new_v4());
        let address = Some("203.0.113.7".parse().expect("an address"));
        let tries =
            async |name: &str, from, at| accounts::attempt(&db, name, from, at).await.expect("is asked");
        for _ in 0..5 {
            assert_eq!(tries(&name, None, NOW).await, 0, "people mistype");
        }
        assert_eq!(tries(&name.to_lowercase(), address, NOW).await, throttle::delay_ms(5, true));
        assert_eq!(tries(&name, None, later(999)).await, 1, "waiting doesn't make it longer");
        assert_eq!(tries(&name, None, later(1_000)).await, 0);
        assert_eq!(tries(&name, None, later(1_001)).await, throttle::delay_ms(6, true) - 1);
        assert_eq!(tries(&format!("Else-{name}"), None, NOW).await, 0);
        let forgotten = later(1_000 + throttle::FORGOTTEN_AFTER_MS + 1);
        for _ in 0..5 {
            assert_eq!(tries(&name, None, forgotten).await, 0, "it starts anew");
        }
        assert!(tries(&name, None, forgotten).await > 0);
        accounts::succeeded(&db, &name, None).await.expect("is forgotten");
        assert_eq!(tries(&name, None, forgotten).await, 0);

        let network = Uuid::new_v4().as_u128() & !u128::from(u64::MAX);
        let from = |host: u64| Some(std::net::IpAddr::V6((network | u128::from(host)).into()));
        for host in 0..20 {
            assert_eq!(tries(&format!("{host}-{name}"), from(host), NOW).await, 0);
        }
        assert!(tries(&format!("20-{name}"), from(20), NOW).await > 0, "one network is one address");
        accounts::succeeded(&db, &format!("0-{name}"), from(0)).await.expect("is taken back");
        assert_eq!(tries(&format!("21-{name}"), from(21), NOW).await, 0);
        assert!(tries(&format!("22-{name}"), from(22), NOW).await > 0, "the others still count");
    })
    .await;
}

#[tokio::test]
async fn two_who_sign_in_at_the_same_moment_do_not_wait_for_each_other() {
    on_each(async |db| {
        let from = Some(IpAddr::from(Uuid::new_v4().as_u128().to_be_bytes()));
        for (name, at) in [("one", later(20)), ("other", later(10)), ("one", NOW)] {
            let name = format!("{name}-{}", Uuid::new_v4());
            assert_eq!(accounts::attempt(&db, &name, from, at).await.expect("is asked"), 0);
        }
        for _ in 0..20 {
            accounts::attempt(&db, &Uuid::new_v4().to_string(), from, later(20)).await.expect("is asked");
        }
        // Whoever has to wait waits no longer for a clock that is behind.
        assert_eq!(accounts::attempt(&db, "third", from, NOW).await.expect("is asked"), 1000);
    })
    .await;
}

#[tokio::test]
async fn many_guesses_at_once_gain_nothing() {
    on_each(async |db| {
        let name = format!("Raced-{}", Uuid::new_v4());
        let tries = (0..50).map(|_| accounts::attempt(&db, &name, None, NOW));
        let waits = futures::future::join_all(tries).await;
        assert_eq!(waits.into_iter().filter(|wait| matches!(wait, Ok(0))).count(), 5);
    })
    .await;
}

#[tokio::test]
async fn an_identity_provider_says_who_comes_and_as_what() {
    on_each(async |db| {
        let subject = format!("https://id.example#{}", Uuid::new_v4());
        let user = NewUser { password_hash: None, ..new_user(&[Role::DevEngineer]) };
        let come = async |user: NewUser| accounts::sign_in_elsewhere(&db, subject.clone(), user, NOW).await;
        let id = come(user.clone()).await.expect("comes in");
        let promoted = NewUser { roles: [Role::MlEngineer].into(), ..user.clone() };
        assert_eq!(come(promoted).await.expect("comes back"), id);
        assert!(accounts::by_id(&db, id).await.is_ok_and(|user| user.roles == [Role::MlEngineer].into()));
        assert!(matches!(
            accounts::set_password(&db, id, "local".into(), None, NOW).await,
            Err(Error::Invalid(_))
        ));
        assert!(matches!(accounts::invite(&db, Some(id), NOW).await, Err(Error::Invalid(_))));

        let session = Session { user_id: Some(id), data: "{}".into(), expires_at: later(DAY) };
        let (sessions, key) = (Sessions(db.clone()), Uuid::new_v4().to_string());
        assert!(sessions.begin(key.clone(), session).await.expect("begins"));
        let stripped = NewUser { roles: BTreeSet::new(), ..user.clone() };
        assert!(is_forbidden(&come(stripped.clone()).await), "whoever lost all groups stays out");
        assert!(accounts::by_id(&db, id).await.is_ok_and(|user| user.roles.is_empty()));
        assert_eq!(sessions.get(&key, NOW).await.expect("is read"), None);
        accounts::set_roles(&db, id, [Role::Viewer].into(), NOW).await.expect("an admin gives one");
        assert_eq!(come(stripped).await.expect("comes in by it"), id);
        assert_eq!(come(user.clone()).await.expect("comes back"), id);
        let both = [Role::DevEngineer, Role::Viewer];
        assert!(accounts::by_id(&db, id).await.is_ok_and(|user| user.roles == both.into()));
        let (_, local) = add(&db, &[Role::Viewer]).await;
        let stranger = NewUser { name: local, ..user.clone() };
        let taken = accounts::sign_in_elsewhere(&db, format!("{subject}-2"), stranger, NOW).await;
        assert!(matches!(taken, Err(Error::AlreadyExists { .. })), "a local account isn't taken over");
        accounts::enable(&db, id, false, NOW).await.expect("is disabled");
        assert!(is_forbidden(&come(user).await));
    })
    .await;
}
