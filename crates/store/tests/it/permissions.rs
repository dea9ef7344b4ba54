//! Who may do what: each operation, as everybody with less than it takes and with enough.

use std::collections::BTreeSet;

use domain::accounts::{Caller, Role, Scope, Via};
use domain::datasets::{Dataset, DatasetInput};
use domain::logged_models::ModelStatus;
use domain::metrics::Axis;
use domain::permissions::{Grant, Granted, Grantee, Level, level};
use domain::runs::{ModelOutput, PARENT_TAG};
use domain::{KeyValue, MetricValue, Millis, ViewType};
use store::accounts::{self, NewUser};
use store::audit::{self, AuditQuery};
use store::experiments::{self, ExperimentQuery, NewExperiment};
use store::logged_models::{self, LoggedModelQuery, NewLoggedModel};
use store::metrics::{self, CurveQuery, HistoryQuery, IntervalQuery};
use store::permissions::{self, GrantChange, Object};
use store::registry::{self, NewModel, NewVersion, RegistryQuery};
use store::runs::{self, NewMetric, NewRun, RunLog, RunQuery, RunUpdate};
use store::{Db, Error, datasets};
use uuid::Uuid;

use crate::{NOW, on_each};

/// A person with an account, and the database in their name.
struct Person {
    name: String,
    db: Db,
}

async fn person(db: &Db, roles: &[Role]) -> Person {
    let name = format!("P-{}", Uuid::new_v4());
    let roles: BTreeSet<_> = roles.iter().copied().collect();
    let new = NewUser { name: name.clone(), roles: roles.clone(), password_hash: None };
    let id = accounts::add(db, new, NOW).await.expect("is added");
    let caller = Caller {
        user_id: Some(id),
        name: name.clone(),
        roles,
        scopes: Scope::ALL.into(),
        via: Via::Session,
        address: None,
        is_fresh: false,
    };
    Person { name, db: db.in_the_name_of(caller) }
}

fn grant(to: Grantee, level: Level) -> Grant {
    Grant { to, level }
}

fn to(person: &Person, level: Level) -> Grant {
    grant(Grantee::User(person.name.clone()), level)
}

/// An experiment and a model with everything that such have.
struct Things {
    experiment: i64,
    name: String,
    run: String,
    logged: String,
    model: String,
}

impl Things {
    async fn of(db: &Db) -> Self {
        let name = format!("e-{}", Uuid::new_v4());
        let new = NewExperiment { name: name.clone(), ..NewExperiment::default() };
        let experiment = experiments::create(db, new, NOW).await.expect("is created");
        let run = run(db, experiment).await.expect("is created");
        let log = RunLog {
            metrics: vec![metric("loss", None)],
            params: vec![KeyValue::new("lr", "1")],
            tags: vec![KeyValue::new("t", "1")],
        };
        runs::log(db, run.clone(), log).await.expect("is logged");
        let child = NewRun {
            experiment_id: experiment,
            tags: vec![KeyValue::new(PARENT_TAG, run.clone())],
            ..NewRun::default()
        };
        runs::create(db, child).await.expect("is created");
        datasets::log_inputs(db, run.clone(), vec![dataset()], Vec::new()).await.expect("is logged");
        let new = NewLoggedModel { experiment_id: experiment, ..NewLoggedModel::default() };
        let logged = logged_models::create(db, new, NOW).await.expect("is created").model_id;
        let model = format!("m-{}", Uuid::new_v4());
        let new = NewModel { name: model.clone(), ..NewModel::default() };
        registry::create_model(db, new, NOW).await.expect("is created");
        let things = Self { experiment, name, run, logged, model };
        things.register(db).await.expect("is registered");
        registry::set_alias(db, things.model.clone(), "champion".into(), 1, NOW).await.expect("is set");
        things
    }

    async fn register(&self, db: &Db) -> Result<i64, Error> {
        let new =
            NewVersion { name: self.model.clone(), source: "s3://bucket/m".into(), ..NewVersion::default() };
        Ok(registry::create_version(db, new, NOW).await?.version)
    }

    async fn grant(&self, db: &Db, grants: &[Grant]) {
        for object in [Object::Experiment(self.experiment), Object::Model(self.model.clone())] {
            permissions::set(db, object, grants.to_vec(), NOW).await.expect("are set");
        }
    }
}

async fn run(db: &Db, experiment_id: i64) -> Result<String, Error> {
    Ok(runs::create(db, NewRun { experiment_id, ..NewRun::default() }).await?.uuid)
}

fn metric(key: &str, model_id: Option<&str>) -> NewMetric {
    NewMetric {
        key: key.into(),
        value: MetricValue(0.5),
        model_id: model_id.map(str::to_owned),
        ..NewMetric::default()
    }
}

fn dataset() -> DatasetInput {
    let text = |text: &str| text.to_owned();
    let dataset = Dataset {
        name: text("wine"),
        digest: text("d"),
        source_type: text("x"),
        source: text("y"),
        schema: None,
        profile: None,
    };
    DatasetInput { dataset, tags: Vec::new() }
}

/// Lists leave out what doesn't exist: here that is said as everywhere else.
fn any<T>(found: Result<Vec<T>, Error>) -> Result<(), Error> {
    match found {
        Ok(found) if found.is_empty() => {
            Err(Error::NotFound { what: "row", field: "list", key: String::new() })
        }
        found => found.map(drop),
    }
}

type Outcome = (&'static str, Level, Result<(), Error>);

/// Each operation that reads something of the things.
async fn read_all(db: &Db, things: &Things) -> Vec<Outcome> {
    let Things { experiment, name, run, logged, model } = things;
    let runs_of = RunQuery {
        experiment_ids: vec![experiments::DEFAULT_ID, *experiment],
        filter: format!("run_id = '{run}'"),
        max_results: 9,
        ..RunQuery::default()
    };
    let alone = RunQuery { experiment_ids: vec![*experiment], filter: String::new(), ..runs_of.clone() };
    let by_metric = RunQuery { order_by: vec!["metrics.loss DESC".into()], ..alone.clone() };
    let history = HistoryQuery { run_uuid: run.clone(), key: "loss".into(), ..HistoryQuery::default() };
    let uuids = vec![run.clone()];
    let curves = CurveQuery {
        run_uuids: uuids.clone(),
        keys: vec!["loss".into()],
        axis: Axis::Step,
        buckets: 9,
        ..CurveQuery::default()
    };
    let interval = IntervalQuery {
        run_uuids: uuids.clone(),
        key: "loss".into(),
        max_results: 9,
        ..IntervalQuery::default()
    };
    let listed = ExperimentQuery {
        filter: format!("name = '{name}'"),
        max_results: 9,
        view: ViewType::All,
        ..ExperimentQuery::default()
    };
    let logged_in =
        LoggedModelQuery { experiment_ids: vec![*experiment], max_results: 9, ..LoggedModelQuery::default() };
    let registered =
        RegistryQuery { filter: format!("name = '{model}'"), max_results: 9, ..RegistryQuery::default() };
    let counted = |count: i64| vec![(); usize::try_from(count).expect("is positive")];
    let keys = runs::keys(db, &[*experiment]).await;
    let file = format!("{experiment}/{run}/artifacts/a.txt");
    let ids = std::slice::from_ref(logged);
    let read = Level::Read;
    vec![
        ("experiments::get", read, experiments::get(db, *experiment).await.map(drop)),
        ("experiments::get_by_name", read, experiments::get_by_name(db, name).await.map(drop)),
        ("experiments::search", read, any(experiments::search(db, &listed).await.map(|page| page.items))),
        (
            "experiments::summaries",
            read,
            any(experiments::summaries(db, &listed).await.map(|page| page.items)),
        ),
        ("runs::get", read, runs::get(db, run).await.map(drop)),
        ("runs::get_many", read, any(runs::get_many(db, &uuids).await)),
        ("runs::search", read, any(runs::search(db, &runs_of).await.map(|page| page.items))),
        ("runs::search by metric", read, any(runs::search(db, &by_metric).await.map(|page| page.items))),
        ("runs::count", read, any(runs::count(db, &alone).await.map(counted))),
        ("runs::groups", read, any(runs::groups(db, &alone, "lr", 9).await)),
        (
            "runs::child_counts",
            read,
            any(runs::child_counts(db, &uuids).await.map(|counts| counted(counts.iter().sum()))),
        ),
        ("runs::keys of params", read, any(keys.clone().map(|keys| keys.params))),
        ("runs::keys of metrics", read, any(keys.clone().map(|keys| keys.metrics))),
        ("runs::keys of tags", read, any(keys.map(|keys| keys.tags))),
        ("runs::param_values", read, any(runs::param_values(db, &[*experiment], "lr", 9).await)),
        ("metrics::history", read, any(metrics::history(db, &history).await.map(|page| page.items))),
        ("metrics::bulk_history", read, any(metrics::bulk_history(db, &uuids, "loss", 9).await)),
        ("metrics::interval", read, any(metrics::interval(db, &interval).await)),
        ("metrics::curves", read, any(metrics::curves(db, &curves).await)),
        ("datasets::search", read, any(datasets::search(db, &[*experiment]).await)),
        ("logged_models::get", read, logged_models::get(db, logged).await.map(drop)),
        ("logged_models::get_many", read, any(logged_models::get_many(db, ids).await)),
        (
            "logged_models::search",
            read,
            any(logged_models::search(db, &logged_in).await.map(|page| page.items)),
        ),
        ("permissions::check_path", read, permissions::check_path(db, &file, read).await),
        ("permissions::of", read, permissions::of(db, &Object::Experiment(*experiment)).await.map(drop)),
        ("registry::model", read, registry::model(db, model).await.map(drop)),
        ("registry::version", read, registry::version(db, model, 1).await.map(drop)),
        (
            "registry::version_by_alias",
            read,
            registry::version_by_alias(db, model, "champion").await.map(drop),
        ),
        ("registry::latest_versions", read, any(registry::latest_versions(db, model, &[]).await)),
        (
            "registry::search_models",
            read,
            any(registry::search_models(db, &registered).await.map(|page| page.items)),
        ),
        (
            "registry::search_versions",
            read,
            any(registry::search_versions(db, &registered).await.map(|page| page.items)),
        ),
        ("permissions::of a model", read, permissions::of(db, &Object::Model(model.clone())).await.map(drop)),
    ]
}

/// Each operation that changes an experiment or what is in it; those that take most last.
async fn change_experiment(db: &Db, things: &Things) -> Vec<Outcome> {
    let Things { experiment: id, run: uuid, logged, .. } = things;
    let (id, run_id, logged_id) = (*id, || uuid.clone(), || logged.clone());
    let tag = || KeyValue::new("k", "v");
    let of_model = RunLog { metrics: vec![metric("m", Some(logged))], ..RunLog::default() };
    let of_run = RunLog { metrics: vec![metric("m", None)], params: vec![tag()], ..RunLog::default() };
    let new_model = NewLoggedModel { experiment_id: id, ..NewLoggedModel::default() };
    let outputs = vec![ModelOutput { model_id: logged_id(), step: 0 }];
    let file = format!("{id}/{uuid}/artifacts/a.txt");
    let model_file = format!("{id}/models/{logged}/artifacts/MLmodel");
    let (edit, manage) = (Level::Edit, Level::Manage);
    vec![
        (
            "experiments::rename",
            edit,
            experiments::rename(db, id, format!("r-{}", Uuid::new_v4()), NOW).await,
        ),
        ("experiments::set_tag", edit, experiments::set_tag(db, id, tag(), NOW).await),
        ("experiments::delete_tag", edit, experiments::delete_tag(db, id, "k".into(), NOW).await),
        ("runs::create", edit, run(db, id).await.map(drop)),
        ("runs::update", edit, runs::update(db, run_id(), RunUpdate::default()).await),
        ("runs::rename", edit, runs::rename(db, run_id(), "n".into()).await),
        ("runs::log", edit, runs::log(db, run_id(), of_run).await),
        ("runs::log for a model", edit, runs::log(db, run_id(), of_model).await),
        ("runs::log_model", edit, runs::log_model(db, run_id(), serde_json::json!({})).await),
        ("runs::set_tag", edit, runs::set_tag(db, run_id(), tag()).await),
        ("runs::delete_tag", edit, runs::delete_tag(db, run_id(), "k".into()).await),
        ("runs::delete", edit, runs::delete(db, run_id(), NOW).await),
        ("runs::restore", edit, runs::restore(db, run_id(), NOW).await),
        ("datasets::log_inputs", edit, datasets::log_inputs(db, run_id(), vec![dataset()], Vec::new()).await),
        ("logged_models::create", edit, logged_models::create(db, new_model, NOW).await.map(drop)),
        ("logged_models::log_params", edit, logged_models::log_params(db, logged_id(), vec![tag()]).await),
        ("logged_models::set_tags", edit, logged_models::set_tags(db, logged_id(), vec![tag()]).await),
        ("logged_models::delete_tag", edit, logged_models::delete_tag(db, logged_id(), "k".into()).await),
        ("logged_models::log_outputs", edit, logged_models::log_outputs(db, run_id(), outputs).await),
        (
            "logged_models::finalize",
            edit,
            logged_models::finalize(db, logged_id(), ModelStatus::Ready, NOW).await.map(drop),
        ),
        ("logged_models::delete", edit, logged_models::delete(db, logged_id(), NOW).await),
        ("a run's files", edit, permissions::check_path(db, &file, edit).await),
        ("a logged model's files", edit, permissions::check_path(db, &model_file, edit).await),
        (
            "permissions::set",
            manage,
            permissions::update(db, Object::Experiment(id), Vec::new(), NOW).await.map(drop),
        ),
        ("experiments::delete", manage, experiments::delete(db, id, NOW).await),
        ("experiments::restore", manage, experiments::restore(db, id, NOW).await),
    ]
}

/// Each operation that changes a registered model.
async fn change_model(db: &Db, things: &Things) -> Vec<Outcome> {
    let model = || things.model.clone();
    let tag = || KeyValue::new("k", "v");
    let text = || Some("d".to_owned());
    let (edit, manage) = (Level::Edit, Level::Manage);
    vec![
        (
            "registry::update_model",
            edit,
            registry::update_model(db, model(), "d".into(), NOW).await.map(drop),
        ),
        ("registry::set_model_tag", edit, registry::set_model_tag(db, model(), tag(), NOW).await),
        ("registry::delete_model_tag", edit, registry::delete_model_tag(db, model(), "k".into(), NOW).await),
        ("registry::create_version", edit, things.register(db).await.map(drop)),
        (
            "registry::update_version",
            edit,
            registry::update_version(db, model(), 1, text(), NOW).await.map(drop),
        ),
        (
            "registry::transition",
            edit,
            registry::transition(db, model(), 1, "Archived", false, NOW).await.map(drop),
        ),
        ("registry::set_version_tag", edit, registry::set_version_tag(db, model(), 1, tag(), NOW).await),
        (
            "registry::delete_version_tag",
            edit,
            registry::delete_version_tag(db, model(), 1, "k".into(), NOW).await,
        ),
        ("registry::set_alias", edit, registry::set_alias(db, model(), "a".into(), 1, NOW).await),
        ("registry::delete_alias", edit, registry::delete_alias(db, model(), "a".into(), NOW).await),
        (
            "permissions::set",
            manage,
            permissions::update(db, Object::Model(model()), Vec::new(), NOW).await.map(drop),
        ),
        ("registry::rename_model", manage, registry::rename_model(db, model(), model(), NOW).await.map(drop)),
        ("registry::delete_version", manage, registry::delete_version(db, model(), 1, NOW).await),
        ("registry::delete_model", manage, registry::delete_model(db, model(), NOW).await),
    ]
}

async fn all(db: &Db, things: &Things) -> Vec<Outcome> {
    let mut outcomes = read_all(db, things).await;
    outcomes.extend(change_experiment(db, things).await);
    outcomes.extend(change_model(db, things).await);
    outcomes
}

/// Fails unless somebody with `level` could do just that.
fn check(outcomes: Vec<Outcome>, level: Option<Level>, who_helps: &str) {
    for (what, wanted, outcome) in outcomes {
        match outcome {
            Ok(()) => assert!(level >= Some(wanted), "{what} was done with {level:?}"),
            Err(Error::NotFound { .. }) => assert_eq!(level, None, "{what} doesn't exist for {level:?}"),
            Err(Error::Forbidden(why)) => {
                assert!(level.is_some() && level < Some(wanted), "{what} with {level:?}: {why}");
                assert!(why.contains(who_helps), "{what}: {why}");
            }
            Err(error) => panic!("{what} with {level:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn every_operation_takes_its_level_and_hides_what_may_not_be_read() {
    on_each(async |db| {
        let manager = person(&db, &[Role::DataEngineer]).await;
        let guest = person(&db, &[Role::MlEngineer]).await;
        for level in [None, Some(Level::Read), Some(Level::Edit), Some(Level::Manage)] {
            let things = Things::of(&db).await;
            let own = level.map(|level| to(&guest, level));
            let grants: Vec<_> = [to(&manager, Level::Manage)].into_iter().chain(own).collect();
            things.grant(&db, &grants).await;
            check(all(&guest.db, &things).await, level, &format!("`{}`", manager.name));
        }
        let things = Things::of(&db).await;
        things.grant(&db, &[to(&manager, Level::Read)]).await;
        let admin = person(&db, &[Role::Admin, Role::Viewer]).await;
        check(all(&admin.db, &things).await, Some(Level::Manage), "");
    })
    .await;
}

#[tokio::test]
async fn without_grants_roles_decide_and_whoever_made_it_manages_it() {
    on_each(async |db| {
        let creator = person(&db, &[Role::DataScientist]).await;
        let engineer = person(&db, &[Role::OpsEngineer]).await;
        let viewer = person(&db, &[Role::Viewer]).await;
        let nobody = db.in_the_name_of(Caller::nobody());
        let things = Things::of(&creator.db).await;
        check(all(&nobody, &things).await, None, "");
        check(all(&viewer.db, &things).await, Some(Level::Read), "an admin can give another");
        check(all(&engineer.db, &things).await, Some(Level::Edit), &format!("`{}`", creator.name));
        // The engineer has deleted the logged model.
        let things = Things::of(&creator.db).await;
        check(all(&creator.db, &things).await, Some(Level::Manage), "");
        let things = Things::of(&creator.db).await;
        things.grant(&creator.db, &[to(&viewer, Level::Manage)]).await;
        check(all(&engineer.db, &things).await, None, "");
        check(all(&viewer.db, &things).await, Some(Level::Read), "an admin can give another");
        check(all(&creator.db, &things).await, Some(Level::Manage), "");
    })
    .await;
}

/// The message that somebody gets for `what`, with its key taken out.
fn said(error: &Error, key: &str) -> String {
    error.to_string().replace(key, "KEY")
}

#[tokio::test]
async fn what_may_not_be_read_answers_as_what_is_not_there() {
    on_each(async |db| {
        let guest = person(&db, &[Role::MlEngineer]).await;
        let things = Things::of(&db).await;
        things.grant(&db, &[grant(Grantee::Role(Role::Admin), Level::Manage)]).await;
        let (missing, nowhere) = (Uuid::new_v4().simple().to_string(), i64::MAX);
        let db = &guest.db;
        let get = async |uuid: &str| runs::get(db, uuid).await.expect_err("is hidden");
        assert_eq!(said(&get(&things.run).await, &things.run), said(&get(&missing).await, &missing));
        let get = async |id: i64| experiments::get(db, id).await.expect_err("is hidden");
        let (hidden, absent) = (get(things.experiment).await, get(nowhere).await);
        assert_eq!(said(&hidden, &things.experiment.to_string()), said(&absent, &nowhere.to_string()));
        let get = async |name: &str| registry::version(db, name, 1).await.expect_err("is hidden");
        let (hidden, absent) = (get(&things.model).await, get(&missing).await);
        assert_eq!(said(&hidden, &things.model), said(&absent, &missing));
        let log = async |uuid: &str| {
            runs::log(db, uuid.into(), RunLog::default()).await.expect_err("is hidden").to_string()
        };
        assert_eq!(log(&things.run).await.replace(&things.run, &missing), log(&missing).await);
    })
    .await;
}

#[tokio::test]
async fn writers_of_one_group_are_each_answered_for_themselves() {
    on_each(async |db| {
        let editor = person(&db, &[Role::MlEngineer]).await;
        let reader = person(&db, &[Role::MlEngineer]).await;
        let stranger = person(&db, &[Role::MlEngineer]).await;
        let things = Things::of(&db).await;
        things.grant(&db, &[to(&editor, Level::Edit), to(&reader, Level::Read)]).await;
        let tag = |key: &str| KeyValue::new(key, "1");
        for _ in 0..3 {
            let run = || things.run.clone();
            let (edited, read, hidden, by_admin, created, refused) = tokio::join!(
                runs::set_tag(&editor.db, run(), tag("editor")),
                runs::set_tag(&reader.db, run(), tag("reader")),
                runs::set_tag(&stranger.db, run(), tag("stranger")),
                runs::set_tag(&db, run(), tag("admin")),
                super::permissions::run(&editor.db, things.experiment),
                super::permissions::run(&reader.db, things.experiment),
            );
            assert!(edited.is_ok() && by_admin.is_ok() && created.is_ok());
            assert!(matches!((read, refused), (Err(Error::Forbidden(_)), Err(Error::Forbidden(_)))));
            assert!(matches!(hidden, Err(Error::NotFound { .. })));
        }
        let run = runs::get(&db, &things.run).await.expect("is there");
        assert_eq!((run.tag("editor"), run.tag("reader"), run.tag("stranger")), (Some("1"), None, None));
    })
    .await;
}

#[tokio::test]
async fn pages_and_counts_go_on_past_what_is_hidden() {
    on_each(async |db| {
        let guest = person(&db, &[Role::MlEngineer]).await;
        let team = format!("t-{}", Uuid::new_v4());
        let mut open = Vec::new();
        let mut everything = Vec::new();
        for number in 0..6 {
            let things = Things::of(&db).await;
            experiments::set_tag(&db, things.experiment, KeyValue::new("team", &*team), NOW)
                .await
                .expect("is set");
            registry::set_model_tag(&db, things.model.clone(), KeyValue::new("team", &*team), NOW)
                .await
                .expect("is set");
            if number % 2 == 0 {
                things.grant(&db, &[grant(Grantee::Role(Role::Viewer), Level::Read)]).await;
            } else {
                open.push((things.experiment, things.model.clone()));
            }
            everything.push(things.experiment);
        }
        let (mut experiments_found, mut models_found, mut runs_found) = (Vec::new(), Vec::new(), Vec::new());
        let (mut token, mut model_token, mut run_token) = (None, None, None);
        let filter = format!("tags.team = '{team}'");
        for _ in 0..3 {
            let query = ExperimentQuery {
                filter: filter.clone(),
                max_results: 1,
                order_by: vec!["experiment_id ASC".into()],
                page_token: token,
                ..ExperimentQuery::default()
            };
            let page = experiments::search(&guest.db, &query).await.expect("is found");
            experiments_found.extend(page.items.into_iter().map(|one| one.id));
            token = page.next_page_token;
            let query = RegistryQuery {
                filter: filter.clone(),
                max_results: 1,
                page_token: model_token,
                ..RegistryQuery::default()
            };
            let page = registry::search_models(&guest.db, &query).await.expect("is found");
            models_found.extend(page.items.into_iter().map(|one| one.name));
            model_token = page.next_page_token;
            let query = RunQuery {
                experiment_ids: everything.clone(),
                max_results: 2,
                order_by: vec!["metrics.loss".into()],
                page_token: run_token,
                ..RunQuery::default()
            };
            let page = runs::search(&guest.db, &query).await.expect("is found");
            runs_found.extend(page.items.into_iter().map(|one| one.experiment_id));
            run_token = page.next_page_token;
            assert_eq!(runs::count(&guest.db, &query).await.expect("is counted"), 6);
        }
        assert!(token.is_none() && model_token.is_none() && run_token.is_none());
        let (ids, mut names): (Vec<_>, Vec<_>) = open.into_iter().unzip();
        names.sort();
        assert_eq!((&experiments_found, models_found), (&ids, names));
        runs_found.sort_unstable();
        assert_eq!(runs_found, ids.iter().flat_map(|id| [*id, *id]).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn grants_are_set_changed_and_written_down_and_the_last_manager_stays() {
    on_each(async |db| {
        let ana = person(&db, &[Role::DataScientist]).await;
        let bo = person(&db, &[Role::MlEngineer]).await;
        let things = Things::of(&db).await;
        let object = || Object::Experiment(things.experiment);
        let everyone = |level| grant(Grantee::Everyone, level);
        let role = |level| grant(Grantee::Role(Role::MlEngineer), level);
        let upper = grant(Grantee::User(ana.name.to_uppercase()), Level::Manage);
        let set =
            permissions::set(&db, object(), vec![upper, everyone(Level::Read)], NOW).await.expect("are set");
        assert_eq!(set.grants, [to(&ana, Level::Manage), everyone(Level::Read)]);
        assert_eq!((set.creator, set.level, set.name.as_str()), (None, Level::Manage, things.name.as_str()));

        let change = |grant: Grant| vec![GrantChange { to: grant.to, level: Some(grant.level) }];
        permissions::update(&ana.db, object(), change(role(Level::Edit)), NOW).await.expect("is added");
        assert!(runs::set_tag(&bo.db, things.run.clone(), KeyValue::new("a", "b")).await.is_ok());
        permissions::update(&ana.db, object(), change(role(Level::Read)), NOW).await.expect("is changed");
        let refused = runs::set_tag(&bo.db, things.run.clone(), KeyValue::new("a", "c")).await;
        assert!(matches!(refused, Err(Error::Forbidden(why)) if why.contains(&ana.name)));
        let taken = vec![GrantChange { to: Grantee::Everyone, level: None }];
        let left = permissions::update(&ana.db, object(), taken, NOW).await.expect("is taken away");
        assert_eq!(left.grants, [to(&ana, Level::Manage), role(Level::Read)]);

        for grants in [vec![], vec![to(&ana, Level::Edit)], vec![role(Level::Edit)]] {
            let refused = permissions::set(&ana.db, object(), grants, NOW).await;
            assert!(matches!(refused, Err(Error::InvalidState(_))));
        }
        let handed =
            permissions::set(&ana.db, object(), vec![role(Level::Manage)], NOW).await.expect("are set");
        assert_eq!(handed.grants, [role(Level::Manage)], "whoever handed it on learns what came of it");
        assert!(matches!(experiments::get(&ana.db, things.experiment).await, Err(Error::NotFound { .. })));
        let refused = permissions::set(&ana.db, object(), vec![], NOW).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })));
        permissions::set(&db, object(), vec![], NOW).await.expect("an admin opens it again");
        assert!(experiments::get(&ana.db, things.experiment).await.is_ok());

        let twice = vec![everyone(Level::Read), everyone(Level::Edit)];
        assert!(matches!(permissions::set(&db, object(), twice, NOW).await, Err(Error::Invalid(_))));
        let unknown = vec![grant(Grantee::User("no-such-user".into()), Level::Read)];
        let refused = permissions::set(&db, object(), unknown, NOW).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "user", .. })));
        for missing in [Object::Experiment(i64::MAX), Object::ModelNumber(-1), Object::Model("x/y".into())] {
            assert!(matches!(permissions::of(&db, &missing).await, Err(Error::NotFound { .. })));
        }

        let query = AuditQuery {
            subject: format!("experiment {}", things.experiment),
            max_results: 9,
            ..AuditQuery::default()
        };
        let entries = audit::search(&db, &query).await.expect("are read");
        let changes: Vec<_> =
            entries.iter().filter(|entry| entry.action == "experiment.set_permissions").collect();
        assert_eq!(changes.len(), 6, "what changes nothing is no entry");
        assert_eq!(changes[1].actor, ana.name);
        assert!(changes[1].before.contains(&ana.name) && changes[1].after.contains("manage"));
        audit::verify(&db).await.expect("is whole");
    })
    .await;
}

#[tokio::test]
async fn a_models_grants_go_with_it_and_its_number_is_another_name() {
    on_each(async |db| {
        let guest = person(&db, &[Role::MlEngineer]).await;
        let things = Things::of(&db).await;
        things.grant(&db, &[grant(Grantee::Role(Role::Viewer), Level::Read)]).await;
        let by_name = permissions::of(&db, &Object::Model(things.model.clone())).await.expect("is there");
        let by_number = permissions::of(&db, &Object::ModelNumber(by_name.number)).await.expect("is there");
        assert_eq!(by_name, by_number);
        let renamed = format!("m-{}", Uuid::new_v4());
        registry::rename_model(&db, things.model.clone(), renamed.clone(), NOW).await.expect("is renamed");
        assert!(registry::model(&guest.db, &renamed).await.is_err(), "they follow the model");
        registry::delete_model(&db, renamed.clone(), NOW).await.expect("is deleted");
        let new = NewModel { name: renamed.clone(), ..NewModel::default() };
        registry::create_model(&db, new, NOW).await.expect("the name is free");
        assert!(registry::model(&guest.db, &renamed).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn one_registers_what_one_reads_and_a_versions_readers_read_its_files() {
    on_each(async |db| {
        let guest = person(&db, &[Role::MlEngineer]).await;
        let things = Things::of(&db).await;
        let object = || Object::Experiment(things.experiment);
        let uri = |path: &str| format!("mlflow-artifacts:/{}/{path}", things.experiment);
        let model = format!("m-{}", Uuid::new_v4());
        registry::create_model(&db, NewModel { name: model.clone(), ..NewModel::default() }, NOW)
            .await
            .expect("is created");
        let of_run = |source: String| NewVersion {
            name: model.clone(),
            source,
            run_uuid: Some(things.run.clone()),
            ..NewVersion::default()
        };
        let of_logged = || NewVersion {
            name: model.clone(),
            source: format!("models:/{}", things.logged),
            model_id: Some(things.logged.clone()),
            ..NewVersion::default()
        };
        let in_run = uri(&format!("{}/artifacts/model", things.run));
        let of_other = || NewVersion {
            name: model.clone(),
            source: format!("models:/{}/1", things.model),
            ..NewVersion::default()
        };
        things.grant(&db, &[grant(Grantee::Role(Role::Viewer), Level::Read)]).await;
        for new in [of_run(in_run.clone()), of_logged(), of_other()] {
            let source = new.source.clone();
            let refused = registry::create_version(&guest.db, new, NOW).await;
            assert!(matches!(refused, Err(Error::NotFound { .. } | Error::Invalid(_))), "{source}");
        }
        let by_name = of_run(format!("runs:/{}/model", things.run));
        let blind = registry::create_version(&guest.db, by_name.clone(), NOW).await;
        assert!(matches!(blind, Err(Error::NotFound { .. })), "it would say what the run measured");

        permissions::set(&db, object(), vec![to(&guest, Level::Read)], NOW).await.expect("are set");
        let named = registry::create_version(&guest.db, by_name, NOW).await.expect("is registered");
        assert_eq!(named.storage_location, in_run);
        let uri = async || registry::download_uri(&guest.db, &model, named.version).await.expect("is there");
        assert_eq!(uri().await, named.source, "as it was registered, to whoever may read the run");
        registry::create_version(&guest.db, of_logged(), NOW).await.expect("is registered");

        permissions::set(&db, object(), vec![grant(Grantee::Role(Role::Viewer), Level::Read)], NOW)
            .await
            .expect("are set");
        assert_eq!(uri().await, in_run);
        let path = |below: &str| format!("{}/{}/{below}", things.experiment, things.run);
        let read = async |path: String| permissions::check_path(&guest.db, &path, Level::Read).await.is_ok();
        assert!(read(path("artifacts/model/MLmodel")).await && read(path("artifacts/model")).await);
        assert!(!read(path("artifacts/other.txt")).await && !read(path("artifacts/model2/x")).await);
        assert!(read(format!("{}/models/{}/artifacts/a", things.experiment, things.logged)).await);
        let write = permissions::check_path(&guest.db, &path("artifacts/model/x"), Level::Edit).await;
        assert!(matches!(write, Err(Error::NotFound { .. })), "a version's files are read, not changed");
        permissions::set(
            &db,
            Object::Model(model.clone()),
            vec![grant(Grantee::Role(Role::Viewer), Level::Read)],
            NOW,
        )
        .await
        .expect("are set");
        assert!(!read(path("artifacts/model/MLmodel")).await);
    })
    .await;
}

#[tokio::test]
async fn folders_belong_to_the_experiment_whose_place_they_are_in() {
    on_each(async |db| {
        let guest = person(&db, &[Role::MlEngineer]).await;
        let name = format!("e-{}", Uuid::new_v4());
        let team = format!("team-{name}");
        let location = Some(format!("mlflow-artifacts:/{team}/secret/"));
        let new = NewExperiment { name, artifact_location: location, ..NewExperiment::default() };
        let id = experiments::create(&db, new, NOW).await.expect("is created");
        let may = async |path: &str, level: Level| match permissions::check_path(
            &guest.db,
            &format!("{team}{path}"),
            level,
        )
        .await
        {
            Ok(()) => Some(level),
            Err(Error::NotFound { .. }) => None,
            Err(error) => panic!("{path}: {error}"),
        };
        assert_eq!(may("/secret/x", Level::Edit).await, Some(Level::Edit));
        assert!(permissions::hidden_below(&guest.db, &team).await.expect("is read").is_empty());
        let grants = vec![grant(Grantee::Role(Role::Viewer), Level::Read)];
        permissions::set(&db, Object::Experiment(id), grants, NOW).await.expect("are set");
        for path in ["/secret", "/secret/x", "/SECRET/x", "/secret/"] {
            assert_eq!(may(path, Level::Read).await, None, "{path}");
        }
        assert_eq!(may("", Level::Read).await, Some(Level::Read));
        assert_eq!(may("", Level::Edit).await, None, "what is in it would be changed, too");
        assert_eq!(may("/secrets", Level::Edit).await, Some(Level::Edit));
        let hidden = permissions::hidden_below(&guest.db, &team).await.expect("is read");
        assert_eq!(hidden, [format!("{team}/secret")]);
        assert!(permissions::hidden_below(&db, "").await.expect("is read").is_empty());
    })
    .await;
}

/// All combinations of grants to a user, a role and everyone: what the database lets through is what the rule says.
#[tokio::test]
async fn lists_single_reads_and_writes_agree_with_the_rule() {
    on_each(async |db| {
        let creator = person(&db, &[Role::DataScientist]).await;
        let named = person(&db, &[Role::OpsEngineer]).await;
        let callers = [
            &creator,
            &named,
            &person(&db, &[Role::MlEngineer, Role::Viewer]).await,
            &person(&db, &[Role::DevEngineer]).await,
            &person(&db, &[Role::Viewer]).await,
            &person(&db, &[Role::Admin]).await,
        ];
        let levels = [None, Some(Level::Read), Some(Level::Edit), Some(Level::Manage)];
        for number in 0..64 {
            let name = format!("e-{}", Uuid::new_v4());
            let new = NewExperiment { name: name.clone(), ..NewExperiment::default() };
            let id = experiments::create(&creator.db, new, NOW).await.expect("is created");
            let wanted = [
                (Grantee::User(named.name.clone()), levels[number % 4]),
                (Grantee::Role(Role::MlEngineer), levels[number / 4 % 4]),
                (Grantee::Everyone, levels[number / 16]),
            ];
            let grants: Vec<_> =
                wanted.into_iter().filter_map(|(to, level)| Some(grant(to, level?))).collect();
            permissions::set(&db, Object::Experiment(id), grants.clone(), NOW).await.expect("are set");
            for one in callers {
                let by = one.db.by();
                let reaches = |grant: &&Grant| match &grant.to {
                    Grantee::User(name) => *name == by.name,
                    Grantee::Role(role) => by.has(*role),
                    Grantee::Everyone => true,
                };
                let highest = grants.iter().filter(reaches).map(|grant| grant.level).max();
                let granted =
                    if grants.is_empty() { Granted::Unrestricted } else { Granted::Restricted(highest) };
                let expected = level(by, creator.db.by().user_id, granted);

                let query = ExperimentQuery {
                    filter: format!("name = '{name}'"),
                    max_results: 1,
                    ..ExperimentQuery::default()
                };
                let is_listed =
                    !experiments::search(&one.db, &query).await.expect("is found").items.is_empty();
                let found = permissions::of(&one.db, &Object::Experiment(id)).await;
                let edited = experiments::set_tag(&one.db, id, KeyValue::new("k", "v"), NOW).await;
                let case = format!("{:?} with {grants:?}", by.roles);
                assert_eq!(is_listed, expected.is_some(), "{case}");
                assert_eq!(found.ok().map(|found| found.level), expected, "{case}");
                assert_eq!(edited.is_ok(), expected >= Some(Level::Edit), "{case}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_names_at_most_five_who_can_help_and_nobody_who_left() {
    on_each(async |db| {
        let reader = person(&db, &[Role::MlEngineer]).await;
        let things = Things::of(&db).await;
        let mut managers = Vec::new();
        for _ in 0..7 {
            managers.push(person(&db, &[Role::DataScientist]).await);
        }
        let mut grants: Vec<_> = managers.iter().map(|one| to(one, Level::Manage)).collect();
        grants.push(to(&reader, Level::Read));
        things.grant(&db, &grants).await;
        let refusal = async || {
            let refused = runs::delete(&reader.db, things.run.clone(), Millis(1)).await;
            refused.expect_err("is refused").to_string()
        };
        let names = |why: &str| managers.iter().filter(|one| why.contains(&one.name)).count();
        assert_eq!(names(&refusal().await), 5);
        for one in &managers[1..] {
            let id = one.db.by().user_id.expect("an account");
            accounts::enable(&db, id, false, NOW).await.expect("is disabled");
        }
        let why = refusal().await;
        assert!(names(&why) == 1 && why.contains(&managers[0].name), "{why}");
    })
    .await;
}
