//! The first page after sign-in.

use serde_json::json;

use crate::app::TestApp;
use crate::browser::Browser;
use crate::datasets::{team, trained};
use crate::team::Person;

/// What `name` reads there, from `heading` on to the next.
async fn part(app: &TestApp, name: &str, heading: &str) -> String {
    let page = Browser::of(app, name).await.get("/waiting").await.html;
    let rest = page.split_once(heading).unwrap_or_else(|| panic!("no `{heading}` in {page}")).1;
    rest.split("<h2").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn whoever_owns_a_model_is_alerted_to_what_is_wrong_with_what_serves() {
    let app = team().await;
    let [dana, erin, otto, dora] = Person::each(&app, ["dana", "erin", "otto", "dora"]).await;
    let alerts = async |name: &str| part(&app, name, "Alerts on models you own").await;
    assert!(alerts("dana").await.contains("No alert on a model you own"));
    let first = trained(&dana).await;
    let report = |state: &str| json!({ "name": "sales", "digest": "d1", "state": state, "summary": "9 % of <b>ages</b> are null" });
    dora.ok("/api/v1/datasets/checks", report("failed")).await;
    assert!(alerts("dana").await.contains("No alert"), "nothing serves yet");
    let review = dana.ask(first).await;
    for signer in [&erin, &otto] {
        assert_eq!(signer.sign(review).await.status, 200);
    }
    let said = alerts("dana").await;
    assert!(said.contains("churn v1 in Production") && said.contains("9 % of &lt;b&gt;ages"), "{said}");
    assert!(alerts("erin").await.contains("No alert"), "the model is not erin's");
    dora.ok("/api/v1/datasets/checks", report("passed")).await;
    assert!(alerts("dana").await.contains("No alert"), "a later check passed");

    let review = dana.ask(dana.register(0.8).await).await;
    let reason = [("reason", "the old one is down for everybody")];
    Browser::of(&app, "otto").await.post(&format!("/reviews/{review}/override"), &reason).await;
    let said = alerts("dana").await;
    assert!(said.contains("churn v2 in Production") && said.contains("by an override"), "{said}");
    otto.ok("/api/v1/models/churn/rollback", json!({ "serving": 2, "comment": "it drifts" })).await;
    assert!(alerts("dana").await.contains("No alert"), "what was overridden serves no more");
}

#[tokio::test]
async fn the_first_page_shows_which_step_holds_models_back() {
    let app = team().await;
    let held = async |name: &str| part(&app, name, "What holds models back").await;
    assert!(held("dana").await.contains("No version has been handed on yet"));
    let dana = Person::new(&app, "dana").await;
    dana.register(0.9).await;
    let said = held("dana").await;
    assert!(said.contains("yours") && said.contains("between a run’s start and the registration"), "{said}");
    let seen_by_vera = held("vera").await;
    assert!(seen_by_vera.contains("/models/churn?view=hand-overs") && !seen_by_vera.contains("yours"));
}
