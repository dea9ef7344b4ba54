//! Experiments, runs and what they logged.

use std::collections::BTreeSet;

use domain::datasets::{Dataset, DatasetInput};
use domain::metrics::Axis;
use domain::{KeyValue, MetricValue, Millis, RunStatus, ViewType};
use store::experiments::{self, ExperimentQuery, NewExperiment};
use store::logged_models::{self, LoggedModelQuery, ModelOrder, NewLoggedModel};
use store::metrics::{self, CurveQuery, HistoryQuery};
use store::runs::{self, NewMetric, NewRun, RunColumn, RunLog, RunQuery, RunUpdate, RunValue};
use store::{Db, Error, datasets};

use crate::{NOW, experiment, on_each, open};

async fn run(db: &Db, experiment_id: i64, started_at: i64) -> String {
    let new = NewRun { experiment_id, started_at: Millis(started_at), ..NewRun::default() };
    runs::create(db, new).await.expect("is created").uuid
}

fn metric(key: &str, value: f64, step: i64) -> NewMetric {
    NewMetric {
        key: key.into(),
        value: MetricValue(value),
        step,
        timestamp: Millis(step),
        ..NewMetric::default()
    }
}

async fn log(db: &Db, uuid: &str, metrics: Vec<NewMetric>, params: Vec<KeyValue>) {
    let log = RunLog { metrics, params, tags: vec![KeyValue::new("t", "1")] };
    runs::log(db, uuid.into(), log).await.expect("is logged");
}

fn query(experiment_id: i64, filter: &str, order: &str) -> RunQuery {
    let order_by = if order.is_empty() { Vec::new() } else { vec![order.to_owned()] };
    RunQuery {
        experiment_ids: vec![experiment_id],
        filter: filter.into(),
        order_by,
        max_results: 100,
        ..RunQuery::default()
    }
}

async fn found(db: &Db, query: &RunQuery) -> Vec<String> {
    let page = runs::search(db, query).await.expect("is found");
    page.items.into_iter().map(|run| run.uuid).collect()
}

#[tokio::test]
async fn everything_that_a_run_has_comes_back() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let uuid = run(&db, id, 5).await;
        log(
            &db,
            &uuid,
            vec![metric("loss", f64::NAN, 1), metric("acc", 0.1, 2)],
            vec![KeyValue::new("lr", "ü'")],
        )
        .await;
        log(&db, &uuid, vec![metric("loss", f64::NAN, 1)], vec![KeyValue::new("lr", "ü'")]).await;
        let dataset = Dataset {
            name: "wine".into(),
            digest: "d".into(),
            source_type: "x".into(),
            source: "y".into(),
            schema: None,
            profile: Some("{}".into()),
        };
        let input = DatasetInput { dataset, tags: vec![KeyValue::new("mlflow.data.context", "train")] };
        for _ in 0..2 {
            datasets::log_inputs(&db, uuid.clone(), vec![input.clone()], vec!["m-1".into()])
                .await
                .expect("is logged");
        }
        let update =
            RunUpdate { status: Some(RunStatus::Failed), ended_at: Some(Millis(9)), name: Some("n".into()) };
        runs::update(&db, uuid.clone(), update).await.expect("is updated");

        let run = runs::get(&db, &uuid).await.expect("is there");
        assert_eq!((run.status, run.ended_at, run.name.as_str()), (RunStatus::Failed, Some(Millis(9)), "n"));
        assert_eq!(run.param("lr"), Some("ü'"));
        assert!(run.metric("loss").is_some_and(|loss| loss.value.0.is_nan()));
        assert_eq!(run.metric("acc").map(|acc| acc.value.0.to_bits()), Some(0.1_f64.to_bits()));
        assert_eq!(run.inputs.datasets, std::slice::from_ref(&input));
        assert_eq!(run.inputs.models, ["m-1"]);
        assert_eq!(run.artifact_uri, format!("mlflow-artifacts:/{id}/{uuid}/artifacts"));
        assert!(!datasets::search(&db, &[id]).await.expect("is found").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_failed_operation_undoes_itself_and_nothing_else() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let uuid = run(&db, id, 5).await;
        log(&db, &uuid, Vec::new(), vec![KeyValue::new("p", "1")]).await;
        let conflict =
            RunLog { params: vec![KeyValue::new("q", "1"), KeyValue::new("p", "2")], ..RunLog::default() };
        let refused = runs::log(&db, uuid.clone(), conflict);
        let fine = runs::set_tag(&db, uuid.clone(), KeyValue::new("a", "b"));
        let taken = experiments::get(&db, id).await.expect("is there").name;
        let taken = experiments::create(&db, NewExperiment { name: taken, ..NewExperiment::default() }, NOW);
        let other = experiment(&db);
        let (refused, fine, taken, other) = tokio::join!(refused, fine, taken, other);
        assert!(matches!(refused, Err(Error::Invalid(_))));
        assert!(fine.is_ok());
        assert!(matches!(taken, Err(Error::AlreadyExists { .. })));
        experiments::get(&db, other).await.expect("was created beside it");
        let run = runs::get(&db, &uuid).await.expect("is there");
        assert_eq!((run.param("q"), run.tag("a")), (None, Some("b")));
    })
    .await;
}

#[tokio::test]
async fn searches_give_the_same_from_every_start() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let mut uuids = Vec::new();
        for index in 0..12_i32 {
            let uuid = run(&db, id, i64::from(index)).await;
            let value = f64::from(index % 5);
            log(
                &db,
                &uuid,
                vec![metric("m", value, 0)],
                vec![KeyValue::new("p", if index < 3 { "few" } else { "many" })],
            )
            .await;
            uuids.push(uuid);
        }
        let expected: Vec<_> = [1, 0, 2].into_iter().map(|place: usize| uuids[place].clone()).collect();
        let mut sorted = expected.clone();
        sorted.sort_by_key(|uuid| uuids.iter().position(|one| one == uuid));
        // m is 0, 1, 2 for the few.
        assert_eq!(found(&db, &query(id, "params.p = 'few'", "metrics.m ASC")).await, sorted);
        let descending =
            found(&db, &query(id, "params.p = 'few' AND metrics.m >= 0", "metrics.m DESC")).await;
        assert_eq!(descending, sorted.iter().rev().cloned().collect::<Vec<_>>());
        assert_eq!(found(&db, &query(id, "params.p LIKE 'f__'", "metrics.m")).await, sorted);
        assert_eq!(found(&db, &query(id, "params.p ILIKE 'FEW'", "params.p")).await.len(), 3);
        assert_eq!(found(&db, &query(id, "metrics.m > 3", "")).await.len(), 2);
        let all = RunQuery { view: ViewType::All, ..query(id, "", "") };
        assert_eq!(runs::count(&db, &all).await.expect("is counted"), 12);
        assert_eq!(runs::count(&db, &query(id, "params.p = 'many'", "")).await.expect("is counted"), 9);

        for order in ["metrics.m ASC", "params.p DESC", "metrics.none", ""] {
            let whole = found(&db, &query(id, "", order)).await;
            assert_eq!(whole.len(), 12);
            for offset in [0, 1, 7, 11, 12, 20] {
                let query = RunQuery { offset, max_results: 3, ..query(id, "", order) };
                let end = (offset + 3).min(12).max(offset.min(12));
                assert_eq!(found(&db, &query).await, whole[offset.min(12)..end], "{order} from {offset}");
            }
        }
    })
    .await;
}

/// Runs with values that many share, with NaN, without any, in the bin, and some with a parent.
async fn a_crowd(db: &Db, experiment_id: i64, size: i32) {
    let one = async |index: i32| {
        // Neighbours start together.
        let uuid = run(db, experiment_id, i64::from(index / 3)).await;
        let value = match index % 10 {
            0 => f64::NAN,
            _ => f64::from(index % 7),
        };
        let metrics = if index % 11 == 0 { Vec::new() } else { vec![metric("m", value, 0)] };
        log(db, &uuid, metrics, vec![KeyValue::new("p", if index % 2 == 0 { "even" } else { "odd" })]).await;
        if index % 4 == 0 {
            runs::set_tag(db, uuid.clone(), KeyValue::new("parent", "x")).await.expect("is set");
        }
        if index % 97 == 0 {
            runs::set_tag(db, uuid.clone(), KeyValue::new("rare", "x")).await.expect("is set");
        }
        if index % 13 == 0 {
            runs::delete(db, uuid, NOW).await.expect("is deleted");
        }
    };
    futures::future::join_all((0..size).map(one)).await;
}

#[tokio::test]
async fn every_way_to_a_page_of_many_runs_leads_to_the_same() {
    on_each(async |db| {
        let id = experiment(&db).await;
        a_crowd(&db, id, 1_400).await;
        for filter in
            ["", "tags.parent IS NULL", "tags.rare IS NULL", "params.p = 'odd'", "attributes.start_time > 9"]
        {
            for view in [ViewType::ActiveOnly, ViewType::All] {
                for order in
                    ["", "start_time ASC", "metrics.m DESC", "metrics.m", "params.p DESC", "tags.rare"]
                {
                    let query = RunQuery { view, ..query(id, filter, order) };
                    let whole = found(&db, &RunQuery { max_results: 2_000, ..query.clone() }).await;
                    let count = runs::count(&db, &query).await.expect("is counted");
                    assert_eq!(usize::try_from(count), Ok(whole.len()), "{filter} {order}");

                    let mut paged = Vec::new();
                    let mut next = RunQuery { max_results: 300, ..query.clone() };
                    loop {
                        let page = runs::search(&db, &next).await.expect("is found");
                        paged.extend(page.items.into_iter().map(|run| run.uuid));
                        next.page_token = page.next_page_token;
                        if next.page_token.is_none() {
                            break;
                        }
                    }
                    assert_eq!(paged, whole, "{filter} by {order}, page after page");

                    for offset in [1, 501, 640, whole.len() - 2] {
                        let from = RunQuery { offset, max_results: 5, ..query.clone() };
                        let end = (offset + 5).min(whole.len());
                        assert_eq!(
                            found(&db, &from).await,
                            whole[offset..end],
                            "{filter} by {order} from {offset}"
                        );
                    }
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn groups_are_the_runs_by_a_param_most_frequent_first() {
    on_each(async |db| {
        let id = experiment(&db).await;
        for (index, value) in [Some("a"), Some("b"), Some("b"), None, Some("b"), Some("c")].iter().enumerate()
        {
            let uuid = run(&db, id, i64::try_from(index).expect("is small")).await;
            let params = value.map(|value| KeyValue::new("p", value)).into_iter().collect();
            log(&db, &uuid, vec![metric("m", 1.0, 0)], params).await;
        }
        let starts = |group: &runs::RunGroup| {
            group.runs.iter().filter_map(|run| Some(run.started_at?.0)).collect::<Vec<_>>()
        };
        let groups = async |filter: &str, order: &str, most: usize| {
            let query = RunQuery { max_results: 2, ..query(id, filter, order) };
            let groups = runs::groups(&db, &query, "p", most).await.expect("are found");
            let text = |one: &runs::RunGroup| (one.value.clone().unwrap_or_default(), one.total, starts(one));
            groups.iter().map(text).collect::<Vec<_>>()
        };
        let group = |value: &str, total: i64, starts: &[i64]| (value.to_owned(), total, starts.to_vec());
        let all = [group("b", 3, &[4, 2]), group("a", 1, &[0]), group("c", 1, &[5]), group("", 1, &[3])];
        assert_eq!(groups("", "", 9).await, all);
        assert_eq!(groups("", "", 1).await, [group("b", 3, &[4, 2]), group("", 1, &[3])]);
        assert_eq!(groups("params.p != 'b'", "metrics.m", 9).await, all[1..3]);
        let ascending = groups("metrics.m = 1", "start_time ASC", 9).await;
        assert_eq!(ascending[0], group("b", 3, &[1, 2]));
        assert!(runs::groups(&db, &query(id, "", ""), "none", 9).await.is_ok_and(|groups| groups.len() == 1));
    })
    .await;
}

#[tokio::test]
async fn runs_go_to_the_bin_and_back_together_or_not_at_all() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let both = vec![run(&db, id, 1).await, run(&db, id, 2).await];
        let with_another = [both.clone(), vec!["none".to_owned()]].concat();
        assert!(matches!(runs::delete_many(&db, with_another, NOW).await, Err(Error::NotFound { .. })));
        assert_eq!(found(&db, &query(id, "", "")).await.len(), 2);
        runs::delete_many(&db, both.clone(), NOW).await.expect("are deleted");
        assert!(found(&db, &query(id, "", "")).await.is_empty());
        runs::restore_many(&db, both, NOW).await.expect("are restored");
        assert_eq!(found(&db, &query(id, "", "")).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_histories_of_many_runs_come_run_by_run_and_no_more_than_asked() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let mut uuids = Vec::new();
        for _ in 0..10 {
            let uuid = run(&db, id, 0).await;
            let points = [(2.0, 1), (1.0, 0)].map(|(value, step)| metric("m", value, step));
            log(&db, &uuid, points.to_vec(), Vec::new()).await;
            uuids.push(uuid);
        }
        uuids.reverse();
        uuids.insert(1, "none".into());
        let history = async |max| {
            let points = metrics::bulk_history(&db, &uuids, "m", max).await.expect("is found");
            points.into_iter().map(|(run, point)| (run, point.step)).collect::<Vec<_>>()
        };
        let known: Vec<_> = uuids.iter().filter(|uuid| *uuid != "none").collect();
        let all: Vec<_> = known.iter().flat_map(|run| [0, 1].map(|step| ((*run).clone(), step))).collect();
        for max in [0, 1, 3, 17, 100] {
            assert_eq!(history(max).await, all[..max.min(all.len())], "{max}");
        }
        let query = CurveQuery {
            run_uuids: uuids.clone(),
            keys: vec!["none".into(), "m".into()],
            buckets: 10,
            ..CurveQuery::default()
        };
        let curves = metrics::curves(&db, &query).await.expect("are found");
        assert_eq!(curves.iter().map(|curve| &curve.run_uuid).collect::<Vec<_>>(), known);
        assert!(curves.iter().all(|curve| curve.points.len() == 2 && curve.points[0].step == 0));
    })
    .await;
}

#[tokio::test]
async fn keys_values_and_children_are_counted_in_their_experiment_only() {
    on_each(async |db| {
        let (id, other) = (experiment(&db).await, experiment(&db).await);
        let parent = run(&db, id, 1).await;
        for index in 0..3 {
            let child = run(&db, id, 2).await;
            let value = if index == 0 { "rare" } else { "often" };
            log(&db, &child, vec![metric("only here", 1.0, 0)], vec![KeyValue::new("p", value)]).await;
            runs::set_tag(&db, child, KeyValue::new("mlflow.parentRunId", parent.clone()))
                .await
                .expect("is set");
        }
        let keys = runs::keys(&db, &[id]).await.expect("are found");
        assert_eq!((keys.metrics, keys.params), (vec!["only here".to_owned()], vec!["p".to_owned()]));
        assert!(keys.tags.contains(&"mlflow.parentRunId".to_owned()));
        assert!(runs::keys(&db, &[other]).await.expect("are found").params.is_empty());
        assert_eq!(runs::param_values(&db, &[id], "p", 9).await.expect("are found"), ["often", "rare"]);
        assert_eq!(
            runs::child_counts(&db, &[parent.clone(), "none".into()]).await.expect("are counted"),
            [3, 0]
        );
        let query = ExperimentQuery { max_results: 1000, ..ExperimentQuery::default() };
        let summaries = experiments::summaries(&db, &query).await.expect("are found").items;
        let summary = summaries.iter().find(|one| one.experiment.id == id).expect("is there");
        assert_eq!((summary.active_runs, summary.running_runs, summary.last_run_at), (4, 4, Some(Millis(2))));
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_parent_is_not_shown_is_a_root() {
    on_each(async |db| {
        let (id, other) = (experiment(&db).await, experiment(&db).await);
        let (kept, gone, elsewhere) =
            (run(&db, id, 1).await, run(&db, id, 2).await, run(&db, other, 3).await);
        let mut children = Vec::new();
        for parent in [&kept, &gone, &elsewhere] {
            let child = run(&db, id, 4).await;
            runs::set_tag(&db, child.clone(), KeyValue::new("mlflow.parentRunId", parent.clone()))
                .await
                .expect("is set");
            children.push(child);
        }
        runs::delete(&db, gone.clone(), NOW).await.expect("is deleted");
        let query = RunQuery {
            experiment_ids: vec![id],
            only_roots: true,
            max_results: 10,
            order_by: vec!["start_time ASC".into()],
            ..RunQuery::default()
        };
        let found = runs::search(&db, &query).await.expect("are found").items;
        let mut found: Vec<_> = found.into_iter().map(|run| run.uuid).collect();
        assert_eq!(found.remove(0), kept);
        let orphans: BTreeSet<_> = children[1..].iter().cloned().collect();
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), orphans);
        assert_eq!(runs::count(&db, &query).await.expect("are counted"), 3);
        let deleted = RunQuery { view: ViewType::DeletedOnly, ..query };
        assert_eq!(runs::count(&db, &deleted).await.expect("are counted"), 1);
    })
    .await;
}

#[tokio::test]
async fn columns_of_many_runs_come_in_the_order_of_the_search() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let mut uuids = Vec::new();
        for number in 0..4_i64 {
            let uuid = run(&db, id, number).await;
            if number > 0 {
                log(&db, &uuid, vec![metric("acc", f64::NAN, 0), metric("acc", 2.0, number)], vec![]).await;
            }
            if number > 1 {
                log(&db, &uuid, vec![], vec![KeyValue::new("lr", format!("0.{number}"))]).await;
            }
            uuids.push(uuid);
        }
        let columns = ["acc", "none"].map(|key| RunColumn::Metric(key.into()));
        let columns = [&columns[..], &[RunColumn::Param("lr".into())]].concat();
        let query = RunQuery { order_by: vec!["start_time ASC".into()], max_results: 3, ..query(id, "", "") };
        let table = runs::table(&db, &query, &columns).await.expect("is read");
        assert_eq!(
            table.runs.iter().map(|(uuid, _)| uuid).collect::<Vec<_>>(),
            uuids[..3].iter().collect::<Vec<_>>()
        );
        let two = || Some(RunValue::Number(2.0));
        assert_eq!(table.columns[0], [None, two(), two()]);
        assert_eq!(table.columns[1], [None, None, None]);
        assert_eq!(table.columns[2], [None, None, Some(RunValue::Text("0.2".into()))]);
    })
    .await;
}

#[tokio::test]
async fn a_search_of_thousands_of_experiments_takes_as_many_conditions_as_any() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let wanted = run(&db, id, 1).await;
        let values = (0..12).map(|index| metric(&format!("m{index}"), 1.0, 0)).collect();
        log(&db, &wanted, values, Vec::new()).await;
        let mut filter: Vec<_> = (0..12).map(|index| format!("metrics.m{index} > 0")).collect();
        filter.extend((0..20).map(|index| format!("params.p{index} IS NULL")));
        let query = RunQuery {
            experiment_ids: (1..4_000).map(|index| id + index).chain([id]).collect(),
            filter: filter.join(" AND "),
            max_results: 10,
            ..RunQuery::default()
        };
        let found = runs::search(&db, &query).await.expect("are found").items;
        assert_eq!(found.iter().map(|run| run.uuid.as_str()).collect::<Vec<_>>(), [wanted.as_str()]);
    })
    .await;
}

#[tokio::test]
async fn curves_are_thinned_and_zoomed_with_their_neighbours() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let uuid = run(&db, id, 1).await;
        for chunk in (0..3_000).collect::<Vec<i64>>().chunks(1_000) {
            let points = chunk
                .iter()
                .map(|step| metric("m", if *step == 1_234 { 50.0 } else { 0.0 }, *step))
                .collect();
            log(&db, &uuid, points, Vec::new()).await;
        }
        let query = CurveQuery {
            run_uuids: vec![uuid.clone()],
            keys: vec!["m".into(), "none".into()],
            axis: Axis::Step,
            buckets: 50,
            ..CurveQuery::default()
        };
        let curves = metrics::curves(&db, &query).await.expect("are read");
        assert_eq!((curves.len(), curves[0].total_points), (1, 3_000));
        assert!(curves[0].points.len() <= 250 && curves[0].points.iter().any(|point| point.step == 1_234));
        // 50 after zeros, with a tenth of the weight; a thinned curve and a part of it have the same average.
        for (from, to) in [(None, None), (Some(1_230.0), Some(1_240.0))] {
            let smoothed = CurveQuery { smoothing: 0.9, from, to, ..query.clone() };
            let curve = metrics::curves(&db, &smoothed).await.expect("are read").remove(0);
            assert_eq!(curve.points.len(), curve.smoothed.len());
            let spike = curve.points.iter().position(|point| point.step == 1_234).expect("is kept");
            assert!((curve.smoothed[spike] - 5.0).abs() < 1e-9, "{}", curve.smoothed[spike]);
        }
        let zoomed = CurveQuery { from: Some(100.0), to: Some(110.0), ..query };
        let curves = metrics::curves(&db, &zoomed).await.expect("are read");
        let steps: Vec<_> = curves[0].points.iter().map(|point| point.step).collect();
        assert_eq!(steps, (99..=111).collect::<Vec<_>>());
        let history =
            HistoryQuery { run_uuid: uuid, key: "m".into(), max_results: Some(2), page_token: None };
        assert_eq!(metrics::history(&db, &history).await.expect("is read").items.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn logged_models_are_kept_and_found() {
    on_each(async |db| {
        let id = experiment(&db).await;
        let uuid = run(&db, id, 1).await;
        let mut ids = Vec::new();
        for (name, score) in [("a", 0.2), ("b", 0.9)] {
            let params = vec![KeyValue::new("depth", name)];
            let new =
                NewLoggedModel { experiment_id: id, name: name.into(), params, ..NewLoggedModel::default() };
            let model = logged_models::create(&db, new, NOW).await.expect("is created");
            let point = NewMetric { model_id: Some(model.model_id.clone()), ..metric("acc", score, 1) };
            log(&db, &uuid, vec![point.clone()], Vec::new()).await;
            log(&db, &uuid, vec![point], Vec::new()).await;
            ids.push(model.model_id);
        }
        let order_by = vec![ModelOrder { field_name: "metrics.acc".into(), ascending: false, dataset: None }];
        let query = LoggedModelQuery {
            experiment_ids: vec![id],
            filter: "metrics.acc > 0.1 AND params.depth IN ('a', 'b')".into(),
            order_by,
            max_results: 10,
            ..LoggedModelQuery::default()
        };
        let found = logged_models::search(&db, &query).await.expect("are found").items;
        assert_eq!(found.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(found[0].metrics.len(), 1);
        logged_models::delete(&db, ids[0].clone(), NOW).await.expect("is deleted");
        let left = logged_models::get_many(&db, &ids).await.expect("are read");
        assert_eq!(left.len(), 1);
        let unknown = NewMetric { model_id: Some("m-none".into()), ..metric("acc", 1.0, 1) };
        let refused = runs::log(&db, uuid, RunLog { metrics: vec![unknown], ..RunLog::default() }).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_closed_store_refuses_writes_and_has_kept_those_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("db.sqlite").display());
    let db = Db::open(&url).await.expect("opens");
    let id = experiment(&db).await;
    db.close().await;
    let late = experiments::rename(&db, id, "late".into(), NOW).await;
    assert!(matches!(late, Err(Error::ShuttingDown)));
    let again = open(&url).await;
    experiments::get(&again, id).await.expect("was kept");
    assert!(matches!(Db::open("mysql://x").await, Err(Error::Unsupported(_))));
}
