use domain::KeyValue;
use serde_json::{Value, json};

use super::*;
use crate::Kind;
use crate::event::{VersionChange, What};
use crate::topic::Databricks;

/// 2026-01-02T03:04:05.678Z.
const AT: Millis = Millis(1_767_323_045_678);

fn topic(form: Form, name: &str) -> Topic {
    Topic::parse(form, name).expect("a name of the dialect")
}

fn example(form: Form, name: &str) -> Value {
    serde_json::from_slice(&example_body(form, topic(form, name), "8d7f", AT)).expect("JSON")
}

fn hook(form: Form, secrets: &[&str]) -> Hook {
    Hook {
        id: "8d7f".into(),
        form,
        url: "https://hooks.example/services/T0/B0/XXXX".into(),
        secrets: secrets.iter().map(ToString::to_string).collect(),
        authorization: String::new(),
        verify_certificate: true,
    }
}

fn headers(hook: &Hook) -> Vec<(String, String)> {
    let sent = hook.request("msg_1", Millis(1_700_000_000_999), Bytes::from_static(b"{}")).expect("sendable");
    let text = |value: &HeaderValue| value.to_str().expect("ASCII").to_owned();
    let mut headers: Vec<_> =
        sent.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.retain(|(name, _)| name != "user-agent" && name != "content-type");
    headers.sort();
    headers
}

#[test]
fn ours_has_type_time_and_data() {
    assert_eq!(
        example(Form::Own, "review.signed"),
        json!({
            "type": "review.signed",
            "timestamp": "2026-01-02T03:04:05.678Z",
            "data": {
                "model": "example_model",
                "version": "1",
                "from_stage": "Staging",
                "to_stage": "Production",
                "review": { "id": 1, "url": "", "state": "open" },
                "actor": { "name": "example_user", "roles": ["ml_engineer"] },
                "missing": [{ "role": "ops_engineer", "count": 1 }],
                "role": "ml_engineer",
            },
        })
    );
}

#[test]
fn ours_stays_small_whatever_people_typed() {
    let mut event = example::event(Topic::Own(Kind::VersionTagSet), AT).expect("an example");
    let tag = KeyValue::new("k".repeat(250), "😀".repeat(100_000));
    event.what = What::Version { version: "1".into(), change: VersionChange::TagSet(tag) };
    let body = body(Form::Own, Topic::Own(Kind::VersionTagSet), &event, "").expect("it fires");
    assert!(body.len() < 20_000, "{}", body.len());
}

#[test]
fn mlflows_examples_are_mlflows() {
    assert_eq!(
        example(Form::Mlflow, "registered_model.created"),
        json!({
            "entity": "registered_model",
            "action": "created",
            "timestamp": "2026-01-02T03:04:05.678000+00:00",
            "data": {
                "name": "example_model",
                "tags": { "example_key": "example_value" },
                "description": "An example registered model",
            },
        })
    );
    for (name, data) in [
        (
            "model_version.created",
            json!({ "name": "example_model", "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678",
                    "tags": { "example_key": "example_value" }, "description": "An example model version" }),
        ),
        (
            "model_version_tag.set",
            json!({ "name": "example_model", "version": "1", "key": "example_key", "value": "example_value" }),
        ),
        (
            "model_version_tag.deleted",
            json!({ "name": "example_model", "version": "1", "key": "example_key" }),
        ),
        (
            "model_version_alias.created",
            json!({ "name": "example_model", "alias": "example_alias", "version": "1" }),
        ),
        ("model_version_alias.deleted", json!({ "name": "example_model", "alias": "example_alias" })),
        (
            "prompt.created",
            json!({ "name": "example_prompt", "tags": { "example_key": "example_value" },
                    "description": "An example prompt" }),
        ),
        (
            "prompt_version.created",
            json!({ "name": "example_prompt", "version": "1", "template": "Hello {{name}}!",
                    "tags": { "example_key": "example_value" }, "description": "An example prompt version" }),
        ),
        (
            "prompt_tag.set",
            json!({ "name": "example_prompt", "key": "example_key", "value": "example_value" }),
        ),
        ("prompt_tag.deleted", json!({ "name": "example_prompt", "key": "example_key" })),
        ("prompt_alias.deleted", json!({ "name": "example_prompt", "alias": "example_alias" })),
    ] {
        assert_eq!(example(Form::Mlflow, name)["data"], data, "{name}");
    }
    assert_eq!(example(Form::Mlflow, "budget_policy.exceeded")["data"]["current_spend"], 105.5);
}

#[test]
fn what_makes_a_prompt_a_prompt_is_not_sent_as_its_tags() {
    let name = topic(Form::Mlflow, "prompt.created");
    let mut event = example::event(name, AT).expect("an example");
    let tags = vec![KeyValue::new("mlflow.prompt.is_prompt", "true"), KeyValue::new("team", "x")];
    event.what = What::Created { tags, description: String::new() };
    let body: Value =
        serde_json::from_slice(&body(Form::Mlflow, name, &event, "").expect("it fires")).expect("JSON");
    assert_eq!(body["data"], json!({ "name": "example_prompt", "tags": { "team": "x" }, "description": "" }));
}

#[test]
fn databricks_is_flat_and_has_a_text() {
    assert_eq!(
        example(Form::Databricks, "MODEL_VERSION_TRANSITIONED_TO_STAGING"),
        json!({
            "event": "MODEL_VERSION_TRANSITIONED_TO_STAGING",
            "webhook_id": "8d7f",
            "event_timestamp": 1_767_323_045_678_i64,
            "model_name": "example_model",
            "version": "1",
            "from_stage": "Staging",
            "to_stage": "Staging",
            "text": "Registered model 'example_model' version 1 transitioned from Staging to Staging.",
        })
    );
    let tags = example(Form::Databricks, "MODEL_VERSION_TAG_SET");
    assert_eq!(tags["tags"], json!([{ "key": "example_key", "value": "example_value" }]));
    assert_eq!(example(Form::Databricks, "COMMENT_CREATED")["comment"], "An example comment");
    let request = example(Form::Databricks, "TRANSITION_REQUEST_CREATED");
    assert_eq!(
        (&request["to_stage"], &request["comment"]),
        (&"Production".into(), &"An example comment".into())
    );
    let version = example(Form::Databricks, "MODEL_VERSION_CREATED");
    assert_eq!((&version["run_id"], &version["source"]), (&"abcd1234abcd5678".into(), &Value::Null));
}

#[test]
fn slack_gets_a_sentence_with_a_link_that_cannot_be_broken_out_of() {
    let name = Topic::Own(Kind::ReviewApplied);
    let mut event = example::event(name, AT).expect("an example");
    event.model = "churn|<!here>".into();
    event.url = "https://countersign.example/reviews/12?a=1&b=|".into();
    let body: Value =
        serde_json::from_slice(&body(Form::Slack, name, &event, "").expect("it fires")).expect("JSON");
    assert_eq!(
        body,
        json!({ "text": "The transition of registered model 'churn|&lt;!here&gt;' version 1 to Production was applied. \
                <https://countersign.example/reviews/12?a=1&amp;b=%7C|churn¦&lt;!here&gt; v1>" })
    );
}

#[test]
fn an_event_has_no_body_under_a_name_that_it_does_not_fire() {
    let event = example::event(Topic::Own(Kind::ReviewApplied), AT).expect("an example");
    assert_eq!(body(Form::Own, Topic::Own(Kind::ReviewOpened), &event, ""), None);
    assert_eq!(body(Form::Databricks, Topic::Databricks(Databricks::CommentCreated), &event, ""), None);
}

#[test]
fn every_form_has_its_headers() {
    let own = hook(Form::Own, &["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"]);
    let names: Vec<_> = headers(&own).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["webhook-id", "webhook-signature", "webhook-timestamp"]);
    assert!(headers(&own).contains(&("webhook-timestamp".into(), "1700000000".into())));

    let mlflow = headers(&hook(Form::Mlflow, &["old", "new"]));
    let signature = sign::timed(b"new", "msg_1", 1_700_000_000, b"{}");
    assert_eq!(
        mlflow,
        [
            ("x-mlflow-delivery-id".into(), "msg_1".into()),
            ("x-mlflow-signature".into(), signature),
            ("x-mlflow-timestamp".into(), "1700000000".into()),
        ]
    );
    assert_eq!(headers(&hook(Form::Mlflow, &[""])).len(), 2);

    let databricks = Hook { authorization: "Bearer x".into(), ..hook(Form::Databricks, &["s"]) };
    let signature = sign::plain(b"s", b"{}");
    assert_eq!(
        headers(&databricks),
        [("authorization".into(), "Bearer x".into()), ("x-databricks-signature".into(), signature)]
    );
    assert!(headers(&hook(Form::Databricks, &[])).is_empty());
    assert!(headers(&hook(Form::Slack, &["s"])).is_empty());
}

#[test]
fn what_cannot_be_sent_is_said() {
    let own = hook(Form::Own, &["s3cret"]);
    let request = |hook: &Hook, id: &str| hook.request(id, AT, Bytes::new()).map(|_| ());
    assert_eq!(request(&own, "msg_1"), Err(Unsendable::Secret));
    assert_eq!(request(&hook(Form::Own, &[""]), "msg_1"), Err(Unsendable::NoSecret));
    for id in ["", "msg.1", "a\nb", "ü"] {
        assert_eq!(request(&hook(Form::Mlflow, &[]), id), Err(Unsendable::Id), "{id}");
    }
    let split = Hook { authorization: "a\r\nX: y".into(), ..hook(Form::Databricks, &[]) };
    assert_eq!(request(&split, "msg_1"), Err(Unsendable::Authorization));
}

#[test]
fn secrets_are_not_in_debug_texts() {
    let hook = Hook { authorization: "Bearer sesame".into(), ..hook(Form::Mlflow, &["sesame"]) };
    let sent = hook.request("msg_1", AT, Bytes::new()).expect("sendable");
    for text in [format!("{hook:?}"), format!("{sent:?}")] {
        assert!(text.contains("https://hooks.example/…") && !text.contains("XXXX"), "{text}");
        assert!(!text.contains("sesame"), "{text}");
    }
}

#[test]
fn forms_are_found_by_their_names() {
    for form in Form::ALL {
        assert_eq!(Form::parse(form.as_str()), Some(form));
    }
    assert_eq!(Form::parse("Slack"), None);
}
