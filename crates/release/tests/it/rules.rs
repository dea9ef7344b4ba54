//! Sign-offs, gates and overrides are judged again, whatever the server thought of them.

use domain::canonical;
use release::predicate::{GateStatus, Kind, Override, Predicate, Waiver};
use release::tally::NotCounted;
use release::{Error, PublicKeys, Report, Result, SigningKey, Statement, verify};
use serde_json::{Value, json};

use crate::sample;

fn judged(change: impl FnOnce(&mut Predicate)) -> Result<Report> {
    let mut predicate = sample::predicate();
    change(&mut predicate);
    let key = SigningKey::from_seed(&[7; 32]);
    let record = Statement::new(sample::subjects(), predicate).and_then(|it| it.sign(&key)).expect("signed");
    verify(record.to_line().as_bytes(), &PublicKeys::new(vec![key.public().clone()]), None)
}

fn refusal(change: impl FnOnce(&mut Predicate)) -> String {
    judged(change).expect_err("refused").to_string()
}

/// Everybody signs another document.
fn redraw(predicate: &mut Predicate, change: impl FnOnce(&mut Value)) {
    change(&mut predicate.digest.document);
    predicate.digest.sha256 = canonical::digest(&predicate.digest.document);
    for sign_off in &mut predicate.sign_offs {
        sign_off.digest.clone_from(&predicate.digest.sha256);
    }
}

fn overridden(predicate: &mut Predicate) {
    predicate.transition.kind = Kind::Override;
    let follow_up = Some("13".into());
    predicate.overridden = Some(Override { by: "omar".into(), reason: "outage at night".into(), follow_up });
}

#[test]
fn the_digest_is_that_of_the_document() {
    let refused = refusal(|it| it.digest.document["metrics"][0]["value"] = json!("0.99"));
    assert!(refused.starts_with("the digest says `"), "{refused}");
    assert!(refusal(|it| it.digest.canonicalization = "none".into()).contains("not `RFC8785`"));
}

#[test]
fn a_sign_off_on_another_digest_does_not_count() {
    let refused = refusal(|it| it.sign_offs[1].digest = it.policy.sha256.clone());
    assert_eq!(
        refused,
        "sign-offs are missing: 1 by `ops_engineer`; not counted: `omar` as `ops_engineer` (signed another digest)",
    );
}

#[test]
fn an_author_does_not_count_by_id_or_name() {
    let author = "1 by `ml_engineer`; not counted: `erin` as `ml_engineer` (an author)";
    let listed =
        |name| refusal(|it| redraw(it, |document| document["request"]["authors"] = json!(["u-1", name])));
    assert!(listed("u-2").ends_with(author), "{}", listed("u-2"));
    assert!(listed("erin").ends_with(author), "{}", listed("erin"));
    assert!(refusal(|it| it.transition.requested_by.name = "erin".into()).ends_with(author));
    assert!(
        refusal(|it| redraw(it, |document| document["request"]["requester"] = json!("u-2")))
            .ends_with(author)
    );
    for nobody in [json!(null), json!("u-1"), json!([1])] {
        let refused = refusal(|it| redraw(it, |document| document["request"]["authors"] = nobody));
        assert!(refused.contains("`request.authors`"), "{refused}");
    }
}

#[test]
fn a_surplus_sign_off_is_shown_and_not_counted() {
    let report = judged(|it| {
        let mut third = it.sign_offs[0].clone();
        (third.by, third.id) = ("kai".into(), None);
        it.sign_offs.push(third);
    });
    assert_eq!(report.expect("enough").sign_offs, [Ok(()), Ok(()), Err(NotCounted::NoPlace)]);
    assert!(judged(|it| it.policy.sign_off.clear()).is_ok());
}

#[test]
fn a_required_gate_passes_or_is_waived() {
    let gate = |status, waived_by: Option<&str>, required| {
        judged(|it| {
            let gate = &mut it.gates[0];
            (gate.status, gate.required) = (status, required);
            gate.waiver =
                waived_by.map(|by| Waiver { by: by.into(), id: None, reason: "known and harmless".into() });
        })
    };
    for (status, waived_by, why) in [
        (GateStatus::Fail, None, "failed"),
        (GateStatus::Fail, Some("kai"), "failed"),
        (GateStatus::Pending, None, "pending"),
        (GateStatus::NotApplicable, None, "not applicable"),
        (GateStatus::Waived, None, "waived by nobody"),
        (GateStatus::Waived, Some("dana"), "waived by `dana`, an author"),
    ] {
        let refused = gate(status, waived_by, true).expect_err(why).to_string();
        assert_eq!(refused, format!("the gate `champion:auc` is required and {why}"));
        assert!(gate(status, waived_by, false).is_ok(), "{why}");
    }
    assert!(gate(GateStatus::Waived, Some("kai"), true).is_ok());
    let allowed = judged(|it| {
        (it.gates[0].status, it.gates[0].may_be_not_applicable) = (GateStatus::NotApplicable, true);
    });
    assert!(allowed.is_ok());
}

#[test]
fn an_override_says_what_it_did_without() {
    let report = judged(|it| {
        overridden(it);
        it.sign_offs.remove(0);
        it.gates[0].status = GateStatus::Fail;
    });
    let report = report.expect("an override");
    let skipped =
        ["sign-offs are missing: 1 by `ml_engineer`", "the gate `champion:auc` is required and failed"];
    assert_eq!(report.skipped, skipped);
    let told = report.to_string();
    assert!(
        told.contains("override by `omar`: outage at night\noverridden: sign-offs are missing"),
        "{told}"
    );
}

#[test]
fn an_override_has_a_person_and_a_reason_and_no_other_kind_has_one() {
    assert!(matches!(judged(|it| it.transition.kind = Kind::Override), Err(Error::NoOverride)));
    let without_reason = judged(|it| {
        overridden(it);
        it.overridden.as_mut().expect("just made").reason = " ".into();
    });
    assert!(matches!(without_reason, Err(Error::NoOverride)));
    let stray = refusal(|it| {
        overridden(it);
        it.transition.kind = Kind::Rollback;
    });
    assert_eq!(stray, "the record has an override by `omar` but is of kind `rollback`");
}

#[test]
fn a_record_tells_the_story_that_was_signed() {
    type Change = fn(&mut Predicate);
    let changes: [(Change, &str); 4] = [
        (|it| it.model.version = "8".into(), "the version: the record says `8`, but the signed document `7`"),
        (|it| it.transition.to = "Staging".into(), "the target: the record says `Staging`"),
        (
            |it| redraw(it, |document| document["files"][0]["size"] = json!("7")),
            "the file `MLmodel`: the record says",
        ),
        (|it| redraw(it, |document| document["files"] = json!([])), "the file `MLmodel`: the record says"),
    ];
    for (change, why) in changes {
        let refused = refusal(change);
        assert!(refused.starts_with(why), "{why}: {refused}");
    }
    let more = json!({ "path": "model.pkl", "sha256": "", "size": "1" });
    let refused = refusal(|it| {
        redraw(it, |document| document["files"].as_array_mut().expect("a list").push(more));
    });
    assert!(refused.starts_with("the file `model.pkl`: the record says `none`"), "{refused}");
    let silent = judged(|it| {
        redraw(it, |document| *document = json!({ "request": { "authors": [] } }));
    });
    assert!(silent.is_ok(), "what a document does not say is not compared");
}
