//! A recording that is moved to today.

use domain::accounts::Caller;
use domain::{MetricValue, Millis, RunStatus};
use store::experiments;
use store::logged_models::{self, NewLoggedModel};
use store::metrics::{self, HistoryQuery};
use store::registry::{self, NewModel};
use store::runs::{self, NewMetric, NewRun, RunLog, RunUpdate};
use store::{Db, Error, recording};

use crate::{NOW, experiment, open};

const STARTED: i64 = 1_600_000_000_000;
const HOUR: i64 = 3_600_000;

/// On a database of its own: what is moved is everything that is there.
async fn alone(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(&format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display())).await;
    test(db.clone()).await;
    db.close().await;
}

#[tokio::test]
async fn whatever_was_logged_leads_up_to_now() {
    alone(async |db| {
        let id = experiment(&db).await;
        let new = NewRun { experiment_id: id, started_at: Millis(STARTED), ..NewRun::default() };
        let uuid = runs::create(&db, new).await.expect("is created").uuid;
        let unsaid = NewRun { experiment_id: id, ..NewRun::default() };
        let unsaid = runs::create(&db, unsaid).await.expect("is created").uuid;
        let new =
            NewLoggedModel { experiment_id: id, source_run: Some(uuid.clone()), ..NewLoggedModel::default() };
        let model = logged_models::create(&db, new, Millis(STARTED + 9 * HOUR)).await.expect("is created");
        // The same value each hour: moved by an hour, each point comes to where the next one is.
        let point = |hour: i64| NewMetric {
            key: "load".into(),
            value: MetricValue(0.5),
            timestamp: Millis(STARTED + hour * HOUR),
            model_id: Some(model.model_id.clone()),
            ..NewMetric::default()
        };
        let metrics = (0..3).map(point).collect();
        runs::log(&db, uuid.clone(), RunLog { metrics, ..RunLog::default() }).await.expect("is logged");
        let ended = RunUpdate {
            status: Some(RunStatus::Finished),
            ended_at: Some(Millis(STARTED + 3 * HOUR)),
            name: None,
        };
        runs::update(&db, uuid.clone(), ended).await.expect("is updated");

        recording::lead_up_to(&db, Millis(STARTED + 4 * HOUR)).await.expect("is moved");

        let run = runs::get(&db, &uuid).await.expect("is there");
        let started = Millis(STARTED + HOUR);
        assert_eq!((run.started_at, run.ended_at), (Some(started), Some(Millis(STARTED + 4 * HOUR))));
        assert_eq!(run.metrics[0].timestamp, Millis(STARTED + 3 * HOUR));
        assert_eq!(runs::get(&db, &unsaid).await.expect("is there").started_at, Some(Millis(0)));
        let query = HistoryQuery {
            run_uuid: uuid,
            key: "load".into(),
            max_results: Some(9),
            ..HistoryQuery::default()
        };
        let points = metrics::history(&db, &query).await.expect("is read").items;
        let hours: Vec<_> = points.iter().map(|point| (point.timestamp.0 - started.0) / HOUR).collect();
        assert_eq!(hours, [0, 1, 2]);
        let experiment = experiments::get(&db, id).await.expect("is there");
        assert_eq!(experiment.created_at, started, "it is there before its first run");
        let model = logged_models::get(&db, &model.model_id).await.expect("is there");
        assert_eq!(model.created_at, Millis(STARTED + 4 * HOUR), "it is there when its run ends");
        assert_eq!(model.metrics[0].timestamp, started);
    })
    .await;
}

#[tokio::test]
async fn what_people_did_stays_when_it_was() {
    alone(async |db| {
        let nobody = db.in_the_name_of(Caller::nobody());
        assert!(matches!(recording::lead_up_to(&nobody, NOW).await, Err(Error::Forbidden(_))));
        recording::lead_up_to(&db, NOW).await.expect("there is nothing to move");
        let new = NewModel { name: format!("m-{}", uuid::Uuid::new_v4()), ..NewModel::default() };
        registry::create_model(&db, new, NOW).await.expect("is created");
        let refused = recording::lead_up_to(&db, NOW).await.expect_err("is refused");
        assert!(refused.to_string().contains("no recording"), "{refused}");
    })
    .await;
}
