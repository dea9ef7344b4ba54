//! The registry on each database.

use domain::KeyValue;
use domain::accounts::Caller;
use domain::registry::PROMPT_TAG;
use store::registry::{self, NewModel, NewVersion, RegistryQuery};
use store::{Db, Error, audit};
use uuid::Uuid;

use crate::{NOW, on_each};

async fn model(db: &Db, tags: Vec<KeyValue>) -> String {
    let name = format!("m-{}", Uuid::new_v4());
    let new = NewModel { name: name.clone(), tags, ..NewModel::default() };
    registry::create_model(db, new, NOW).await.expect("is created");
    name
}

async fn version(db: &Db, name: &str, tags: Vec<KeyValue>) -> i64 {
    let source = if tags.is_empty() { "s3://bucket/m" } else { "dummy-source" };
    let new = NewVersion { name: name.into(), source: source.into(), tags, ..NewVersion::default() };
    registry::create_version(db, new, NOW).await.expect("is created").version
}

fn named(name: &str) -> RegistryQuery {
    RegistryQuery { filter: format!("name = '{name}'"), max_results: 2, ..RegistryQuery::default() }
}

#[tokio::test]
async fn versions_are_numbered_once_and_move_through_stages_one_at_a_time() {
    on_each(async |db| {
        // Where nobody signs in no policy holds.
        let db = db.in_the_name_of(Caller::local_admin());
        let name = model(&db, Vec::new()).await;
        for number in 1..=3 {
            assert_eq!(version(&db, &name, Vec::new()).await, number);
        }
        registry::delete_version(&db, name.clone(), 3, NOW).await.expect("is deleted");
        assert_eq!(version(&db, &name, Vec::new()).await, 4);
        for number in [1, 2, 4] {
            let moved = registry::transition(&db, name.clone(), number, "production", true, NOW).await;
            assert_eq!(moved.expect("moves").stage, "Production");
        }
        let latest = registry::latest_versions(&db, &name, &[]).await.expect("are read");
        let stages: Vec<_> = latest.iter().map(|one| (one.version, one.stage.as_str())).collect();
        assert_eq!(stages, [(2, "Archived"), (4, "Production")]);
        let refused = registry::transition(&db, name.clone(), 9, "Production", true, NOW).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })));
        let production =
            registry::latest_versions(&db, &name, &["Production".into()]).await.expect("is read");
        assert_eq!(production[0].version, 4, "nothing was archived for a version that isn't there");
        let query =
            audit::AuditQuery { subject: format!("version {name}/4"), max_results: 9, ..Default::default() };
        let entries = audit::search(&db, &query).await.expect("are read");
        let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["version.transition", "version.create"]);
        assert!(entries[0].after.contains("\"archived\":[2]"), "{}", entries[0].after);
    })
    .await;
}

#[tokio::test]
async fn searches_page_by_position_and_leave_prompts_out() {
    on_each(async |db| {
        let name = model(&db, Vec::new()).await;
        for _ in 0..5 {
            version(&db, &name, Vec::new()).await;
        }
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let query = RegistryQuery { page_token: token, ..named(&name) };
            let page = registry::search_versions(&db, &query).await.expect("is found");
            found.extend(page.items.into_iter().map(|one| one.version));
            token = page.next_page_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(found, [5, 4, 3, 2, 1]);
        let is_prompt = || vec![KeyValue::new(PROMPT_TAG, "true")];
        let prompt = model(&db, is_prompt()).await;
        version(&db, &prompt, is_prompt()).await;
        let asked = RegistryQuery {
            filter: format!("name = '{prompt}' AND tags.`{PROMPT_TAG}` = 'true'"),
            max_results: 9,
            ..RegistryQuery::default()
        };
        for (query, count) in [(named(&prompt), 0), (asked, 1)] {
            let models = registry::search_models(&db, &query).await.expect("are found").items;
            let versions = registry::search_versions(&db, &query).await.expect("are found").items;
            assert_eq!((models.len(), versions.len()), (count, count), "{}", query.filter);
        }
    })
    .await;
}

#[tokio::test]
async fn everything_of_a_model_goes_with_it() {
    on_each(async |db| {
        let name = model(&db, vec![KeyValue::new("team", "risk")]).await;
        version(&db, &name, Vec::new()).await;
        registry::set_version_tag(&db, name.clone(), 1, KeyValue::new("k", "v"), NOW).await.expect("is set");
        registry::set_alias(&db, name.clone(), "champion".into(), 1, NOW).await.expect("is set");
        assert_eq!(registry::version_by_alias(&db, &name, "champion").await.expect("is there").version, 1);
        registry::delete_model(&db, name.clone(), NOW).await.expect("is deleted");
        assert!(matches!(registry::model(&db, &name).await, Err(Error::NotFound { .. })));
        let new = NewModel { name: name.clone(), ..NewModel::default() };
        let again = registry::create_model(&db, new, NOW).await.expect("the name is free");
        assert!(again.tags.is_empty() && again.aliases.is_empty() && again.latest_versions.is_empty());
        assert_eq!(version(&db, &name, Vec::new()).await, 1);
    })
    .await;
}
