//! Webhooks and their outbox, on each database.

use std::collections::{BTreeMap, BTreeSet};

use domain::accounts::{Caller, Role, Scope, Via};
use domain::permissions::{Grant, Grantee, Level};
use domain::{KeyValue, Millis};
use notify::payload::Unsendable;
use notify::{Answer, Form, Kind, Rules, SendError, Topic};
use store::accounts::{self, NewUser};
use store::permissions::{self, Object};
use store::registry::{self, NewModel, NewVersion};
use store::webhooks::{
    self, Attempt, Delivery, DeliveryQuery, DeliveryState, Due, NewWebhook, Secret, Status, Webhook,
    WebhookQuery, WebhookUpdate,
};
use store::{Db, Error, audit};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{NOW, on_each};

/// The outbox is one for all: who claims from it does so alone.
static OUTBOX: Mutex<()> = Mutex::const_new(());

const ADDRESS: &str = "https://hooks.example.com/secret-path";

fn later(ms: i64) -> Millis {
    Millis(NOW.0 + ms)
}

fn new(form: Form, events: &[&str], model: Option<&str>) -> NewWebhook {
    NewWebhook {
        form,
        name: "ci".into(),
        description: String::new(),
        url: ADDRESS.into(),
        events: events.iter().map(|name| Topic::parse(form, name).expect("an event")).collect(),
        model: model.map(ToOwned::to_owned),
        status: Status::Active,
        secret: String::new(),
        authorization: "Bearer hidden".into(),
        verify_certificate: true,
    }
}

async fn model(db: &Db) -> String {
    let name = format!("m-{}", Uuid::new_v4());
    let new = NewModel { name: name.clone(), ..NewModel::default() };
    registry::create_model(db, new, NOW).await.expect("is created");
    let new = NewVersion { name: name.clone(), source: "s3://bucket/m".into(), ..NewVersion::default() };
    registry::create_version(db, new, NOW).await.expect("is created");
    name
}

/// A model, and a webhook of ours for its versions' tags.
async fn hooked(db: &Db) -> (String, Webhook) {
    let name = model(db).await;
    let wanted = new(Form::Own, &["model_version.tag_set"], Some(&name));
    let (hook, secret) = webhooks::create(db, &Rules::default(), wanted, NOW).await.expect("is made");
    assert!(secret.is_some_and(|secret| secret.starts_with("whsec_")));
    (name, hook)
}

async fn tag(db: &Db, name: &str, version: i64) -> Result<(), Error> {
    registry::set_version_tag(db, name.into(), version, KeyValue::new("k", "v"), NOW).await
}

async fn sent(db: &Db, hook: &Webhook) -> Vec<Delivery> {
    let query = DeliveryQuery { max_results: 100, ..DeliveryQuery::default() };
    webhooks::deliveries(db, &hook.uuid, &query).await.expect("are read")
}

/// Claims all that is due and keeps what is of this webhook.
async fn claim(db: &Db, hook: &Webhook, now: Millis) -> Vec<Due> {
    let (mut own, mut under_way) = (Vec::new(), BTreeMap::new());
    loop {
        let due = webhooks::claim(db, under_way.clone(), 16, now).await.expect("are claimed");
        if due.is_empty() {
            return own;
        }
        for one in due {
            *under_way.entry(one.webhook).or_default() += 1;
            if one.hook.id == hook.uuid {
                own.push(one);
            }
        }
    }
}

fn answered(status: u16) -> Attempt {
    Attempt::Sent(Ok(Answer { status, retry_after: None, body: "so \0 so".into() }))
}

#[tokio::test]
async fn an_event_is_written_with_what_it_tells_and_only_for_those_who_listen() {
    on_each(async |db| {
        let (name, hook) = hooked(&db).await;
        assert!(tag(&db, &name, 9).await.is_err());
        registry::set_model_tag(&db, name.clone(), KeyValue::new("a", "b"), NOW).await.expect("is set");
        assert!(sent(&db, &hook).await.is_empty(), "what failed, or isn't listened to, is told nobody");

        tag(&db, &name, 1).await.expect("is set");
        let all = sent(&db, &hook).await;
        assert_eq!(all.len(), 1);
        let delivery = &all[0];
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Waiting, 0));
        assert_eq!(
            (delivery.topic.as_str(), &delivery.subject),
            ("model_version.tag_set", &format!("{name}/1"))
        );
        assert!(delivery.body.contains(&name) && delivery.message_id.starts_with("msg_"));

        let off = WebhookUpdate { status: Some(Status::Disabled), ..WebhookUpdate::default() };
        webhooks::update(&db, &Rules::default(), &hook.uuid, off, NOW).await.expect("is switched off");
        tag(&db, &name, 1).await.expect("is set");
        let all = sent(&db, &hook).await;
        assert_eq!((all.len(), all[0].state), (1, DeliveryState::Held));
        webhooks::delete(&db, &hook.uuid, NOW).await.expect("is deleted");
    })
    .await;
}

#[tokio::test]
async fn each_dialect_is_told_in_its_own_names() {
    on_each(async |db| {
        // Where nobody signs in no policy holds.
        let db = db.in_the_name_of(Caller::local_admin());
        let name = model(&db).await;
        let mut hooks = Vec::new();
        for (form, events) in [
            (Form::Own, &["model_version.transitioned", "registered_model.renamed"][..]),
            (Form::Slack, &["registered_model.deleted"]),
            (Form::Mlflow, &["model_version_alias.created", "model_version.created"]),
            (
                Form::Databricks,
                &[
                    "MODEL_VERSION_TRANSITIONED_STAGE",
                    "MODEL_VERSION_TRANSITIONED_TO_STAGING",
                    "COMMENT_CREATED",
                ],
            ),
        ] {
            let wanted = new(form, events, Some(&name));
            hooks.push(webhooks::create(&db, &Rules::default(), wanted, NOW).await.expect("is made").0);
        }
        registry::transition(&db, name.clone(), 1, "Staging", false, NOW).await.expect("moves");
        registry::set_alias(&db, name.clone(), "a".into(), 1, NOW).await.expect("is set");
        store::reviews::add_comment(&db, name.clone(), 1, None, "good".into(), NOW).await.expect("is said");
        let renamed = format!("{name}-2");
        registry::rename_model(&db, name.clone(), renamed.clone(), NOW).await.expect("is renamed");
        let topics = async |hook: &Webhook| {
            sent(&db, hook).await.into_iter().rev().map(|one| one.topic).collect::<Vec<_>>()
        };
        assert_eq!(topics(&hooks[0]).await, ["model_version.transitioned", "registered_model.renamed"]);
        assert_eq!(topics(&hooks[2]).await, ["model_version_alias.created"]);
        assert_eq!(
            topics(&hooks[3]).await,
            ["MODEL_VERSION_TRANSITIONED_STAGE", "MODEL_VERSION_TRANSITIONED_TO_STAGING", "COMMENT_CREATED"]
        );

        let _alone = OUTBOX.lock().await;
        registry::delete_model(&db, renamed, NOW).await.expect("is deleted");
        assert!(matches!(webhooks::get(&db, &hooks[1].uuid).await, Err(Error::NotFound { .. })));
        let last = claim(&db, &hooks[1], NOW).await;
        assert_eq!(last.len(), 1, "the end of a model is still told");
        assert!(String::from_utf8_lossy(&last[0].body).contains("deleted"));
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_sent_by_one_server_at_a_time_and_survives_its_end() {
    let _alone = OUTBOX.lock().await;
    on_each(async |db| {
        let (name, hook) = hooked(&db).await;
        claim(&db, &hook, NOW).await;
        tag(&db, &name, 1).await.expect("is set");
        assert!(webhooks::is_due(&db, NOW).await.expect("is asked"));
        let (one, other) = tokio::join!(claim(&db, &hook, NOW), claim(&db, &hook, NOW));
        assert_eq!(one.len() + other.len(), 1);
        let first = one.into_iter().chain(other).next().expect("one");
        assert_eq!(first.attempt, 1);
        assert!(claim(&db, &hook, later(59_000)).await.is_empty(), "it is being sent");

        // Whoever claimed it is gone: another one takes over, and what the first says late counts no more.
        let second = claim(&db, &hook, later(60_000)).await.pop().expect("it is due again");
        assert_eq!((second.attempt, &second.message_id), (2, &first.message_id));
        webhooks::finish(&db, &first, answered(200), later(61_000)).await.expect("is written");
        assert_eq!(sent(&db, &hook).await[0].state, DeliveryState::Waiting);
        webhooks::finish(&db, &second, answered(200), later(61_000)).await.expect("is written");
        let delivered = sent(&db, &hook).await.remove(0);
        assert_eq!((delivered.state, delivered.status), (DeliveryState::Delivered, Some(200)));
        assert_eq!(delivered.excerpt, "so  so");
        webhooks::delete(&db, &hook.uuid, NOW).await.expect("is deleted");
    })
    .await;
}

#[tokio::test]
async fn what_fails_is_tried_again_later_and_given_up_at_last_until_it_is_replayed() {
    let _alone = OUTBOX.lock().await;
    on_each(async |db| {
        let (name, hook) = hooked(&db).await;
        tag(&db, &name, 1).await.expect("is set");
        let mut now = NOW;
        for attempt in 1..=10 {
            let due = claim(&db, &hook, now).await.pop().expect("it is due");
            assert_eq!(due.attempt, attempt);
            let outcome = if attempt == 1 { Attempt::Sent(Err(SendError::NoAnswer)) } else { answered(503) };
            webhooks::finish(&db, &due, outcome, now).await.expect("is written");
            let is_left = sent(&db, &hook).await.remove(0);
            if attempt == 1 {
                assert_eq!((is_left.status, is_left.problem.as_str()), (None, "no answer"));
                let wait = is_left.next_at.expect("is tried again").0 - now.0;
                assert!((4_000..=6_000).contains(&wait), "{wait}");
            }
            now = is_left.next_at.unwrap_or(now);
            if attempt < 10 {
                assert!(claim(&db, &hook, Millis(now.0 - 1)).await.is_empty(), "not yet");
            }
        }
        let dead = sent(&db, &hook).await.remove(0);
        assert_eq!((dead.state, dead.next_at), (DeliveryState::Dead, None));

        let again = webhooks::replay(&db, &hook.uuid, dead.id, now).await.expect("is replayed");
        let due = claim(&db, &hook, now).await.pop().expect("it is due");
        assert_eq!((due.id, due.attempt, &due.message_id), (again, 1, &dead.message_id));
        webhooks::finish(&db, &due, answered(410), now).await.expect("is written");
        let ended = webhooks::get(&db, &hook.uuid).await.expect("is there");
        assert_eq!(ended.status, Status::Disabled);
        assert!(ended.said.contains("410"));
        let refused = webhooks::replay(&db, &hook.uuid, dead.id, now).await;
        assert!(matches!(refused, Err(Error::InvalidState(_))));
        let other = hooked(&db).await.1;
        let refused = webhooks::replay(&db, &other.uuid, dead.id, now).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "of another webhook");

        let month = Millis(now.0 + 31 * 24 * 60 * 60 * 1000);
        assert!(webhooks::prune(&db, month).await.expect("is pruned") >= 2);
        assert!(sent(&db, &hook).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_webhook_has_few_attempts_at_a_time_and_what_cant_be_signed_is_given_up() {
    let _alone = OUTBOX.lock().await;
    on_each(async |db| {
        let (name, hook) = hooked(&db).await;
        claim(&db, &hook, NOW).await;
        for _ in 0..5 {
            tag(&db, &name, 1).await.expect("is set");
        }
        assert_eq!(claim(&db, &hook, NOW).await.len(), 2, "a slow one keeps nobody else waiting");
        let due = claim(&db, &hook, NOW).await;
        let unsendable = Attempt::Unsendable(Unsendable::NoSecret);
        webhooks::finish(&db, &due[0], unsendable, NOW).await.expect("is written");
        let given_up = sent(&db, &hook).await.into_iter().find(|one| one.id == due[0].id).expect("is there");
        assert_eq!(given_up.state, DeliveryState::Dead);
        assert!(given_up.problem.contains("secret"));
        webhooks::delete(&db, &hook.uuid, NOW).await.expect("is deleted");
    })
    .await;
}

#[tokio::test]
async fn addresses_inside_other_dialects_and_bad_secrets_are_refused() {
    on_each(async |db| {
        let refused = async |change: &dyn Fn(&mut NewWebhook)| {
            let mut wanted = new(Form::Own, &["review.applied"], None);
            change(&mut wanted);
            match webhooks::create(&db, &Rules::default(), wanted, NOW).await {
                Err(Error::Invalid(invalid)) => invalid.field,
                other => panic!("not refused: {other:?}"),
            }
        };
        for inside in [
            "https://169.254.169.254/latest",
            "https://[::ffff:127.0.0.1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://localhost/",
            "http://example.com/",
            "https://a@example.com/",
            "nonsense",
        ] {
            assert_eq!(refused(&|new| new.url = inside.into()).await, "url", "{inside}");
        }
        assert_eq!(refused(&|new| new.events.clear()).await, "events");
        assert_eq!(refused(&|new| new.form = Form::Mlflow).await, "events");
        assert_eq!(refused(&|new| new.secret = "short".into()).await, "secret");
        assert_eq!(refused(&|new| new.authorization = "a\nb".into()).await, "authorization");
        assert_eq!(refused(&|new| new.name = "x".repeat(201)).await, "name");
        let name = model(&db).await;
        let mut wanted = new(Form::Databricks, &["REGISTERED_MODEL_CREATED"], Some(&name));
        wanted.secret = "s".into();
        let refused = webhooks::create(&db, &Rules::default(), wanted, NOW).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "no model is created twice");
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_told_once_and_the_one_before_signs_for_a_day() {
    let _alone = OUTBOX.lock().await;
    on_each(async |db| {
        let (name, hook) = hooked(&db).await;
        let rotate = WebhookUpdate { secret: Secret::Generate, ..WebhookUpdate::default() };
        let (_, secret) =
            webhooks::update(&db, &Rules::default(), &hook.uuid, rotate, NOW).await.expect("is changed");
        let secret = secret.expect("is told");
        tag(&db, &name, 1).await.expect("is set");
        let due = claim(&db, &hook, NOW).await.pop().expect("it is due");
        assert_eq!((due.hook.secrets.len(), due.hook.secrets.last()), (2, Some(&secret)));
        let day = later(24 * 60 * 60 * 1000);
        let due = claim(&db, &hook, day).await.pop().expect("it is due again");
        assert_eq!(due.hook.secrets, std::slice::from_ref(&secret));

        let query = audit::AuditQuery {
            subject: format!("webhook {}", hook.uuid),
            max_results: 10,
            ..audit::AuditQuery::default()
        };
        let entries = audit::search(&db, &query).await.expect("are read");
        assert_eq!(entries.len(), 2);
        for entry in entries {
            let text = format!("{} {}", entry.before, entry.after);
            for hidden in [secret.as_str(), "secret-path", "hidden"] {
                assert!(!text.contains(hidden), "{text}");
            }
        }
        webhooks::delete(&db, &hook.uuid, NOW).await.expect("is deleted");
    })
    .await;
}

async fn person(db: &Db, role: Role) -> (String, Db) {
    let name = format!("P-{}", Uuid::new_v4());
    let roles = BTreeSet::from([role]);
    let new = NewUser { name: name.clone(), roles: roles.clone(), password_hash: None };
    let id = accounts::add(db, new, NOW).await.expect("is added");
    let caller = Caller {
        user_id: Some(id),
        name: name.clone(),
        roles,
        scopes: Scope::ALL.into(),
        via: Via::Session,
        address: None,
        is_fresh: true,
    };
    (name, db.in_the_name_of(caller))
}

/// What each operation answers whoever is not to do it.
async fn attempts(
    db: &Db,
    uuid: &str,
    model: Option<&str>,
    delivery: i64,
) -> Vec<(&'static str, Option<Error>)> {
    let rules = Rules::default();
    let wanted = new(Form::Own, &["review.applied"], model);
    let query = DeliveryQuery { max_results: 1, ..DeliveryQuery::default() };
    let all = WebhookQuery { max_results: 1000, ..WebhookQuery::default() };
    let listed = webhooks::list(db, &all).await.expect("is listed").items;
    let is_listed = listed.iter().any(|hook| hook.uuid == uuid);
    let hidden = (!is_listed).then(|| Error::Forbidden("isn't listed".into()));
    vec![
        ("list", hidden),
        ("create", webhooks::create(db, &rules, wanted, NOW).await.err()),
        ("get", webhooks::get(db, uuid).await.err()),
        ("update", webhooks::update(db, &rules, uuid, WebhookUpdate::default(), NOW).await.err()),
        ("deliveries", webhooks::deliveries(db, uuid, &query).await.err()),
        ("replay", webhooks::replay(db, uuid, delivery, NOW).await.err()),
        ("test", webhooks::test(db, uuid, Some(Topic::Own(Kind::ReviewApplied)), NOW).await.err()),
        ("delete", webhooks::delete(db, uuid, NOW).await.err()),
    ]
}

#[tokio::test]
async fn a_models_webhooks_are_its_managers_and_all_others_the_admins() {
    let _alone = OUTBOX.lock().await;
    on_each(async |db| {
        let (name, hook) = hooked(&db).await;
        tag(&db, &name, 1).await.expect("is set");
        let delivery = sent(&db, &hook).await[0].id;
        let wanted = new(Form::Own, &["review.applied"], None);
        let (global, _) = webhooks::create(&db, &Rules::default(), wanted, NOW).await.expect("is made");
        let (manager, by_manager) = person(&db, Role::MlEngineer).await;
        let (reader, by_reader) = person(&db, Role::MlEngineer).await;
        let (_, stranger) = person(&db, Role::MlEngineer).await;
        let grant = |name: String, level| Grant { to: Grantee::User(name), level };
        let grants = vec![grant(manager, Level::Manage), grant(reader, Level::Edit)];
        permissions::set(&db, Object::Model(name.clone()), grants, NOW).await.expect("are set");

        for (what, refused) in attempts(&by_reader, &hook.uuid, Some(&name), delivery).await {
            assert!(matches!(refused, Some(Error::Forbidden(_))), "{what}: {refused:?}");
        }
        for (what, refused) in attempts(&stranger, &hook.uuid, Some(&name), delivery).await {
            let is_refused = matches!(refused, Some(Error::NotFound { .. })) || what == "list";
            assert!(is_refused, "{what}: {refused:?}");
        }
        for (what, refused) in attempts(&by_manager, &global.uuid, None, delivery).await {
            assert!(matches!(refused, Some(Error::Forbidden(_))), "{what}: {refused:?}");
        }
        for (what, refused) in attempts(&by_manager, &hook.uuid, Some(&name), delivery).await {
            assert!(refused.is_none(), "{what}: {refused:?}");
        }
        webhooks::delete(&db, &global.uuid, NOW).await.expect("is deleted");
    })
    .await;
}

#[tokio::test]
async fn webhooks_are_listed_newest_first_page_by_page() {
    on_each(async |db| {
        let name = model(&db).await;
        let mut made = Vec::new();
        for form in [Form::Own, Form::Slack, Form::Own] {
            let wanted = new(form, &["review.applied"], Some(&name));
            made.push(webhooks::create(&db, &Rules::default(), wanted, NOW).await.expect("is made").0.uuid);
        }
        let mut query = WebhookQuery { model: Some(name.clone()), max_results: 2, ..WebhookQuery::default() };
        let page = webhooks::list(&db, &query).await.expect("is listed");
        let ids: Vec<_> = page.items.iter().map(|hook| &hook.uuid).collect();
        assert_eq!(ids, [&made[2], &made[1]]);
        query.page_token = page.next_page_token;
        let page = webhooks::list(&db, &query).await.expect("is listed");
        assert_eq!((page.items[0].uuid.as_str(), page.next_page_token), (made[0].as_str(), None));
        query.page_token = Some("abc".into());
        assert!(matches!(webhooks::list(&db, &query).await, Err(Error::Invalid(_))));
        let slack = WebhookQuery { form: Some(Form::Slack), page_token: None, ..query };
        assert_eq!(webhooks::list(&db, &slack).await.expect("is listed").items.len(), 1);
        let other = WebhookQuery { events: vec![Topic::Own(Kind::ModelCreated)], ..slack };
        assert!(webhooks::list(&db, &other).await.expect("is listed").items.is_empty());
    })
    .await;
}
