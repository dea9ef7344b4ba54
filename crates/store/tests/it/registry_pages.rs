//! What the registry's pages ask for, on each database.

use std::collections::HashMap;

use domain::accounts::{Caller, Via};
use domain::metrics::LatestMetric;
use domain::registry::{FilesState, PROMPT_TAG};
use domain::reviews::document::FilePart;
use domain::reviews::gates::{Better, PrimaryMetric};
use domain::reviews::signature::SignatureTexts;
use domain::{KeyValue, MetricValue, Millis};
use store::registry::files::{self, Reading};
use store::registry::places::{self, Reach};
use store::registry::{self, CatalogOrder, CatalogQuery, NewModel, NewVersion, cards, history};
use store::runs::{self, NewMetric, NewRun, RunLog};
use store::{Db, Error, audit};
use uuid::Uuid;

use crate::{NOW, experiment, on_each};

async fn model(db: &Db, name: &str, tags: &[(&str, &str)]) -> String {
    let name = format!("{name} {}", Uuid::new_v4());
    let tags = tags.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect();
    let new = NewModel { name: name.clone(), tags, ..NewModel::default() };
    registry::create_model(db, new, NOW).await.expect("is created");
    name
}

async fn version(db: &Db, name: &str, run: Option<String>) -> i64 {
    let new = NewVersion {
        name: name.into(),
        source: "s3://bucket/m".into(),
        run_uuid: run,
        ..NewVersion::default()
    };
    registry::create_version(db, new, NOW).await.expect("is created").version
}

async fn unread(db: &Db, name: &str) -> Vec<files::Unread> {
    let all = files::unread(db, 0, i64::MAX, NOW).await.expect("are read");
    all.into_iter().filter(|one| one.name == name).collect()
}

fn read(path: &str) -> Reading {
    let signature = SignatureTexts { inputs: Some("[]".into()), ..SignatureTexts::default() };
    Reading {
        state: FilesState::Done,
        files: vec![FilePart { path: path.into(), sha256: "ab".into(), size: 5_000_000_000 }],
        signature: Some(signature),
    }
}

async fn actions(db: &Db, subject: &str) -> Vec<String> {
    let query = audit::AuditQuery { subject: subject.into(), max_results: 9, ..Default::default() };
    let entries = audit::search(db, &query).await.expect("are read");
    entries.into_iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn files_are_kept_once_read_and_again_when_they_change() {
    on_each(async |db| {
        let name = model(&db, "files", &[]).await;
        let number = version(&db, &name, None).await;
        let waiting = unread(&db, &name).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!((waiting[0].version, waiting[0].storage_location.as_str()), (number, "s3://bucket/m"));
        let first = &waiting[0];
        let id = first.id;
        assert!(files::unread(&db, id, 9, NOW).await.expect("are read").iter().all(|one| one.id > id));

        files::set(&db, first, read("MLmodel"), NOW).await.expect("is kept");
        assert_eq!(files::get(&db, &name, number).await.expect("is read"), read("MLmodel"));
        assert!(unread(&db, &name).await.is_empty());
        files::set(&db, first, Reading { state: FilesState::Failed, ..Reading::default() }, NOW)
            .await
            .expect("is ignored");
        assert_eq!(
            files::get(&db, &name, number).await.expect("is read"),
            read("MLmodel"),
            "who is late is late"
        );

        files::again(&db, name.clone(), number).await.expect("is marked");
        files::set(&db, first, read("old"), NOW).await.expect("is ignored: it was begun before");
        let second = &unread(&db, &name).await[0];
        let known = files::get(&db, &name, number).await.expect("is read");
        assert_eq!(
            (known.state, known.files.len()),
            (FilesState::Waiting, 1),
            "what was known holds until then"
        );
        files::set(&db, second, Reading { state: FilesState::Failed, ..Reading::default() }, NOW)
            .await
            .expect("is kept");
        assert!(files::get(&db, &name, number).await.expect("is read").files.is_empty());
        files::retry_failed(&db).await.expect("are marked");
        assert_eq!(unread(&db, &name).await.len(), 1);
        assert!(matches!(files::again(&db, name.clone(), 9).await, Err(Error::NotFound { .. })));
        registry::delete_model(&db, name, NOW).await.expect("is deleted");
        files::set(&db, second, read("MLmodel"), NOW).await.expect("a version that is gone is ignored");
    })
    .await;
}

#[tokio::test]
async fn what_is_registered_while_its_files_change_is_read_afterwards() {
    on_each(async |db| {
        let name = model(&db, "changing", &[]).await;
        let experiment = experiment(&db).await;
        let new = NewRun { experiment_id: experiment, ..NewRun::default() };
        let run = runs::create(&db, new).await.expect("is created");
        let path = format!("{}/model", run.artifact_uri);
        let begun = places::begin(&db, path.clone(), Reach::Folder, NOW).await.expect("begins");
        let other = places::begin(&db, format!("{path}/a/b"), Reach::File, NOW).await.expect("begins");
        let new = NewVersion {
            name: name.clone(),
            source: path,
            run_uuid: Some(run.uuid),
            ..NewVersion::default()
        };
        let number = registry::create_version(&db, new, NOW).await.expect("is created").version;
        for begun in [begun, other] {
            let waiting = unread(&db, &name).await.pop().expect("waits");
            assert!(waiting.is_changing);
            files::set(&db, &waiting, read("half"), NOW).await.expect("is ignored");
            let known = files::get(&db, &name, number).await.expect("is read");
            assert_eq!(known.state, FilesState::Waiting);
            let later =
                files::unread(&db, waiting.id - 1, 1, Millis(NOW.0 + 600_001)).await.expect("are read");
            assert!(!later[0].is_changing, "whoever began it is gone by then");
            assert!(places::end(&db, begun).await.expect("ends"));
        }
        let waiting = unread(&db, &name).await.pop().expect("waits");
        assert!(!waiting.is_changing);
        files::set(&db, &waiting, read("MLmodel"), NOW).await.expect("is kept");
        assert_eq!(files::get(&db, &name, number).await.expect("is read"), read("MLmodel"));
    })
    .await;
}

#[tokio::test]
async fn a_pages_files_and_signature_are_of_one_reading() {
    on_each(async |db| {
        let name = model(&db, "seen", &[]).await;
        let number = version(&db, &name, None).await;
        let reads = async {
            for round in 0..60 {
                let first = unread(&db, &name).await.pop().expect("waits");
                let found = if round % 2 == 0 { read("MLmodel") } else { Reading::default() };
                files::set(&db, &first, Reading { state: FilesState::Done, ..found }, NOW)
                    .await
                    .expect("is kept");
                files::again(&db, name.clone(), number).await.expect("is marked");
            }
        };
        let looks = async {
            loop {
                let page = registry::version_overview(&db, &name, number).await.expect("is read");
                assert_eq!(page.this.signature.is_some(), page.files.files.len() == 1);
                assert_eq!(page.this.signature, page.files.signature);
            }
        };
        tokio::select! {
            () = reads => {}
            () = looks => {}
        }
    })
    .await;
}

#[tokio::test]
async fn a_prompt_has_no_files_to_read() {
    on_each(async |db| {
        let name = model(&db, "prompt", &[(PROMPT_TAG, "true")]).await;
        let new = NewVersion {
            name: name.clone(),
            source: "prompt-template".into(),
            tags: vec![KeyValue::new(PROMPT_TAG, "true")],
            ..NewVersion::default()
        };
        registry::create_version(&db, new, NOW).await.expect("is created");
        assert!(unread(&db, &name).await.is_empty());
        assert_eq!(files::get(&db, &name, 1).await.expect("is read").state, FilesState::Done);
    })
    .await;
}

#[tokio::test]
async fn cards_and_the_primary_metric_are_set_taken_away_and_written_down() {
    on_each(async |db| {
        let name = model(&db, "card", &[]).await;
        let number = version(&db, &name, None).await;
        assert_eq!(cards::card(&db, &name, number).await.expect("is read"), None);
        let set = |text: String| cards::set_card(&db, name.clone(), number, text, NOW);
        set("## Owner\n\nana".into()).await.expect("is set");
        set("## Owner\n\nbob".into()).await.expect("is set");
        let card = cards::card(&db, &name, number).await.expect("is read").expect("is there");
        assert_eq!((card.text.as_str(), card.updated_at), ("## Owner\n\nbob", NOW));
        assert!(matches!(set("ü".repeat(100_001)).await, Err(Error::Invalid(_))));
        set("ü".repeat(100_000)).await.expect("is just short enough");
        set(" \n".into()).await.expect("is taken away");
        assert_eq!(cards::card(&db, &name, number).await.expect("is read"), None);
        let subject = format!("version {name}/{number}");
        assert_eq!(actions(&db, &subject).await[..4], ["version.set_card"; 4]);
        let missing = cards::set_card(&db, name.clone(), 9, "x".into(), NOW).await;
        assert!(matches!(missing, Err(Error::NotFound { .. })));

        let set = |metric: Option<PrimaryMetric>| cards::set_primary_metric(&db, name.clone(), metric, NOW);
        let loss = PrimaryMetric { key: "loss".into(), better: Better::Lower };
        set(Some(loss.clone())).await.expect("is set");
        assert_eq!(cards::primary_metric(&db, &name).await.expect("is read"), Some(loss));
        let wrong = PrimaryMetric { key: "<loss>".into(), better: Better::Higher };
        assert!(matches!(set(Some(wrong)).await, Err(Error::Invalid(_))));
        set(None).await.expect("is taken away");
        assert_eq!(cards::primary_metric(&db, &name).await.expect("is read"), None);
        assert_eq!(actions(&db, &format!("model {name}")).await[..2], ["model.set_primary_metric"; 2]);
    })
    .await;
}

fn part(part: &str) -> CatalogQuery {
    CatalogQuery { part: part.into(), page_size: 10, ..CatalogQuery::default() }
}

#[tokio::test]
async fn the_catalog_says_who_owns_a_model_and_what_serves() {
    on_each(async |db| {
        let team = format!("team-{}", Uuid::new_v4());
        let name = model(&db, "Über 100%", &[("team", &team)]).await;
        let other = model(&db, "a", &[("team", &team)]).await;
        model(&db, "prompt", &[("team", &team), (PROMPT_TAG, "true")]).await;
        let ana = Caller { user_id: Some(7), name: "ana".into(), ..Caller::local_admin() };
        let in_anas_name = db.in_the_name_of(Caller { via: Via::Session, ..ana });
        for _ in 0..4 {
            version(&in_anas_name, &name, None).await;
        }
        for number in [1, 3] {
            registry::transition(&freely(&db), name.clone(), number, "Production", false, NOW)
                .await
                .expect("moves");
        }
        registry::transition(&freely(&db), name.clone(), 2, "Staging", false, Millis(NOW.0 + 5))
            .await
            .expect("moves");

        let catalog =
            registry::catalog(&db, &part(&format!("TEAM={}", team.to_uppercase()))).await.expect("is read");
        assert_eq!(catalog.total, 2);
        let names: Vec<_> = catalog.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, [other.as_str(), name.as_str()]);
        let entry = &catalog.entries[1];
        assert_eq!(
            entry.active,
            HashMap::from([("Production".to_owned(), vec![1, 3]), ("Staging".to_owned(), vec![2])])
        );
        assert_eq!((entry.newest, entry.versions, entry.owner.as_str()), (Some(4), 4, "ana"));
        assert_eq!((catalog.entries[0].newest, catalog.entries[0].owner.as_str()), (None, ""));
        cards::set_card(&db, name.clone(), 4, "## Owner\n\n@bob\n".into(), NOW).await.expect("is set");
        let query =
            CatalogQuery { order: CatalogOrder::Updated, descends: true, page_size: 1, ..part(&team) };
        let first = registry::catalog(&db, &query).await.expect("is read");
        assert_eq!((first.total, first.entries.len(), first.entries[0].owner.as_str()), (2, 1, "bob"));
        let second =
            registry::catalog(&db, &CatalogQuery { page: 1, ..query.clone() }).await.expect("is read");
        assert_eq!(second.entries[0].name, other);
        assert!(
            registry::catalog(&db, &CatalogQuery { page: 2, ..query })
                .await
                .expect("is read")
                .entries
                .is_empty()
        );
        let prompts =
            registry::catalog(&db, &CatalogQuery { prompts: true, ..part(&team) }).await.expect("is read");
        assert_eq!(prompts.total, 1);

        // No character of what is typed is special, and names are found in any case.
        let id = name.rsplit(' ').next().expect("has one");
        assert_eq!(registry::catalog(&db, &part(&format!("BER 100% {id}"))).await.expect("is read").total, 1);
        for wrong in [format!("100_ {id}"), "%%%".into(), "mlflow.prompt".into(), format!("\\{id}")] {
            assert_eq!(registry::catalog(&db, &part(&wrong)).await.expect("is read").total, 0, "{wrong}");
        }
    })
    .await;
}

async fn run(db: &Db, f1: f64) -> String {
    let new = NewRun { experiment_id: experiment(db).await, started_at: Millis(5), ..NewRun::default() };
    let uuid = runs::create(db, new).await.expect("is created").uuid;
    let metrics = vec![NewMetric { key: "f1".into(), value: MetricValue(f1), ..NewMetric::default() }];
    let log = RunLog { metrics, params: Vec::new(), tags: Vec::new() };
    runs::log(db, uuid.clone(), log).await.expect("is logged");
    uuid
}

#[tokio::test]
async fn a_version_is_shown_with_its_run_beside_the_one_that_serves() {
    on_each(async |db| {
        let name = model(&db, "overview", &[]).await;
        for f1 in [0.5, 0.75, f64::NAN] {
            version(&db, &name, Some(run(&db, f1).await)).await;
        }
        version(&db, &name, Some("of another server".into())).await;
        for number in [1, 2] {
            registry::transition(&freely(&db), name.clone(), number, "Production", true, NOW)
                .await
                .expect("moves");
        }
        let overview = registry::model_overview(&db, &name).await.expect("is read");
        let numbers: Vec<_> = overview.versions.iter().map(|one| one.version.version).collect();
        assert_eq!((numbers, overview.total, overview.runs.len()), (vec![4, 3, 2, 1], 4, 3));
        let metric =
            |uuid: &str| overview.runs[uuid].metrics.first().map(|LatestMetric { value, .. }| value.0);
        assert_eq!(metric(&overview.versions[2].version.run_uuid), Some(0.75));
        assert!(metric(&overview.versions[1].version.run_uuid).expect("is there").is_nan());

        for one in unread(&db, &name).await {
            files::set(&db, &one, read(&format!("file of {}", one.version)), NOW).await.expect("is kept");
        }
        let overview = registry::version_overview(&db, &name, 3).await.expect("is read");
        let champion = overview.champion.expect("serves");
        assert_eq!((champion.version.version, champion.run.expect("has one").metrics[0].value.0), (2, 0.75));
        assert!(champion.signature.is_some() && overview.this.signature.is_some());
        assert_eq!((overview.files.files[0].path.as_str(), overview.newest), ("file of 3", 4));
        let alone = registry::version_overview(&db, &name, 2).await.expect("is read");
        assert!(alone.champion.is_none() && alone.this.run.is_some());
        assert!(registry::version_overview(&db, &name, 4).await.expect("is read").this.run.is_none());
        assert!(matches!(registry::version_overview(&db, &name, 9).await, Err(Error::NotFound { .. })));
        assert!(matches!(
            registry::model_overview(&db, "nothing has this name").await,
            Err(Error::NotFound { .. })
        ));

        let stages: Vec<_> = history::stage_entries(&db, &name, 1).await.expect("are read");
        let stages: Vec<_> = stages.iter().map(|entry| entry.stage.as_str()).collect();
        assert_eq!(stages, ["Archived", "Production", "None"]);
        let hand_overs = history::hand_overs(&db, &name, Millis(1)).await.expect("are read");
        assert_eq!((hand_overs[0].run_started_at, hand_overs[3].run_started_at), (Some(Millis(5)), None));
        assert!(hand_overs[0].released_at.is_some() && hand_overs[2].released_at.is_none());
        assert!(hand_overs.iter().all(|one| one.asked_at.is_none()));
    })
    .await;
}

/// As where nobody signs in: versions move without a review.
fn freely(db: &Db) -> Db {
    db.in_the_name_of(Caller::local_admin())
}
