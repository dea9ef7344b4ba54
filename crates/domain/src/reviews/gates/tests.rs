use serde_json::json;

use super::*;
use crate::metrics::MetricValue;
use crate::reviews::Target;
use crate::reviews::signature::SignatureTexts;
use crate::runs::RunStatus;

pub(super) const NOW: Millis = Millis(1_764_028_800_000);
pub(super) const HOUR_MS: i64 = 3_600_000;

fn measured(key: &str, value: f64, digest: Option<&str>) -> Measured {
    let dataset = digest.map(|digest| DatasetRef { name: "holdout".into(), digest: digest.into() });
    Measured { key: key.into(), value: MetricValue(value), step: 1, timestamp: NOW, dataset }
}

pub(super) fn version(version: i64, auc: &[f64]) -> VersionFacts {
    VersionFacts {
        version,
        run_status: Some(RunStatus::Finished),
        run_metrics: auc.iter().map(|value| measured("auc", *value, None)).collect(),
        files_sha256: Some("f".repeat(64)),
        ..VersionFacts::default()
    }
}

pub(super) fn facts(candidate: VersionFacts, champion: Option<VersionFacts>) -> Facts {
    Facts {
        target: Target::Stage("Production".into()),
        candidate,
        champion,
        departed: None,
        primary_metric: None,
        card: None,
        owner_is_enabled: true,
        checks: vec![],
        monitor: None,
    }
}

pub(super) fn bound(min: Option<f64>, max: Option<f64>) -> GateKind {
    GateKind::Metric { metric: "auc".into(), min, max, dataset: None }
}

pub(super) fn comparison(better: Better, margin: Margin) -> GateKind {
    GateKind::Champion {
        metric: "auc".into(),
        better: Some(better),
        margin,
        dataset: None,
        same_data: true,
        without_champion: WithoutChampion::Pass,
    }
}

pub(super) fn no_worse(amount: Amount) -> GateKind {
    comparison(Better::Higher, Margin::NoWorseThan(amount))
}

fn asked(kind: GateKind, facts: &Facts) -> GateResult {
    evaluate(&GateRule::new(kind, true), facts, NOW)
}

pub(super) fn status(kind: GateKind, facts: &Facts) -> Status {
    asked(kind, facts).status
}

#[test]
fn bounds_include_their_ends() {
    let with = |value: f64| facts(version(7, &[value]), None);
    for (value, expected) in [
        (0.8, Status::Pass),
        (1.0, Status::Pass),
        (0.799, Status::Fail),
        (1.001, Status::Fail),
        (f64::NAN, Status::Fail),
        (f64::INFINITY, Status::Fail),
        (f64::NEG_INFINITY, Status::Fail),
    ] {
        assert_eq!(status(bound(Some(0.8), Some(1.0)), &with(value)), expected, "{value}");
    }
    assert_eq!(status(bound(None, Some(1.0)), &with(f64::NEG_INFINITY)), Status::Fail);
    assert_eq!(status(bound(Some(0.0), None), &with(-0.0)), Status::Pass);
    let result = asked(bound(Some(0.8), None), &with(0.75));
    assert_eq!(result.summary, "`auc` is 0.75; wanted at least 0.8");
    let candidate = json!({ "version": "7", "value": "0.75", "step": "1" });
    assert_eq!(result.evidence, json!({ "metric": "auc", "min": "0.8", "candidate": candidate }));
    assert!(result.blocks());
}

#[test]
fn what_was_not_measured_fails_unless_the_run_goes_on() {
    let mut facts = facts(version(7, &[]), Some(version(6, &[0.9])));
    for kind in [bound(Some(0.0), None), no_worse(Amount::Number(0.0))] {
        facts.candidate.run_status = Some(RunStatus::Running);
        assert_eq!(status(kind.clone(), &facts), Status::Pending);
        facts.candidate.run_status = Some(RunStatus::Failed);
        assert_eq!(status(kind.clone(), &facts), Status::Fail);
        facts.candidate.run_status = None;
        assert_eq!(status(kind, &facts), Status::Fail);
    }
}

#[test]
fn the_logged_models_value_counts_before_the_runs_and_the_last_before_others() {
    let mut facts = facts(version(7, &[0.1]), None);
    facts.candidate.run_metrics.push(Measured { step: 5, ..measured("auc", 0.9, Some("d1")) });
    let above = bound(Some(0.5), None);
    assert_eq!(status(above.clone(), &facts), Status::Pass);
    facts.candidate.model_metrics.push(measured("auc", 0.2, Some("d2")));
    assert_eq!(status(above, &facts), Status::Fail);
    let on = |dataset: &str| GateKind::Metric {
        metric: "auc".into(),
        min: Some(0.5),
        max: None,
        dataset: Some(dataset.into()),
    };
    assert_eq!(status(on("d1"), &facts), Status::Pass);
    assert_eq!(status(on("d2"), &facts), Status::Fail);
    assert!(asked(on("d3"), &facts).summary.contains("not measured"));
}

#[test]
fn what_a_client_copied_of_step_0_gives_way_to_what_the_run_came_to() {
    let at = |step: i64, value: f64| Measured { step, ..measured("auc", value, None) };
    let mut facts = facts(version(7, &[]), None);
    facts.candidate.model_metrics = vec![at(0, 0.6)];
    assert_eq!(status(bound(Some(0.9), None), &facts), Status::Fail);
    facts.candidate.run_metrics = vec![at(0, 0.6)];
    assert_eq!(facts.candidate.value("auc", None).map(|one| one.value.0), Some(0.6));
    facts.candidate.run_metrics = vec![at(299, 0.95)];
    assert_eq!(status(bound(Some(0.9), None), &facts), Status::Pass);
    // A checkpoint has the values of its own step, and what was measured on data was measured on the model.
    facts.candidate.model_metrics = vec![at(100, 0.7)];
    assert_eq!(status(bound(Some(0.9), None), &facts), Status::Fail);
    facts.candidate.model_metrics = vec![Measured { step: 0, ..measured("auc", 0.7, Some("d1")) }];
    assert_eq!(status(bound(Some(0.9), None), &facts), Status::Fail);
}

#[test]
fn the_champion_may_be_missed_by_the_margin_only() {
    let with = |candidate: f64, champion: f64| facts(version(7, &[candidate]), Some(version(6, &[champion])));
    assert_eq!(status(no_worse(Amount::Number(0.01)), &with(0.9, 0.91)), Status::Pass);
    assert_eq!(status(no_worse(Amount::Number(0.01)), &with(0.8999, 0.91)), Status::Fail);
    assert_eq!(status(no_worse(Amount::Percent(2.0)), &with(98.0, 100.0)), Status::Pass);
    assert_eq!(status(no_worse(Amount::Percent(2.0)), &with(97.9, 100.0)), Status::Fail);
    assert_eq!(status(no_worse(Amount::Percent(2.0)), &with(-0.1, 0.0)), Status::Fail);
    assert_eq!(status(no_worse(Amount::Number(0.0)), &with(-0.0, 0.0)), Status::Pass);
    let lower = comparison(Better::Lower, Margin::NoWorseThan(Amount::Number(0.0)));
    assert_eq!(status(lower.clone(), &with(0.4, 0.5)), Status::Pass);
    assert_eq!(status(lower, &with(0.5, 0.4)), Status::Fail);
    let beat = comparison(Better::Higher, Margin::MustBeat(Amount::Number(0.01)));
    assert_eq!(status(beat.clone(), &with(0.91, 0.9)), Status::Pass);
    assert_eq!(status(beat, &with(0.905, 0.9)), Status::Fail);
}

#[test]
fn a_better_version_that_was_taken_out_is_compared_with_too() {
    let with = |champion: Option<f64>, departed: Option<Departed>| Facts {
        departed,
        ..facts(version(7, &[0.5]), champion.map(|auc| version(5, &[auc])))
    };
    let known = |auc: f64| Some(Departed::Known(Box::new(version(6, &[auc]))));
    let gate = || no_worse(Amount::Number(0.0));
    assert_eq!(status(gate(), &with(Some(0.4), known(0.45))), Status::Pass);
    let taken_out = asked(gate(), &with(Some(0.4), known(0.9)));
    assert_eq!(taken_out.status, Status::Fail);
    assert!(
        taken_out.summary.contains("version 6 came into Production last, and was taken out"),
        "{taken_out:?}"
    );
    for champion in [Some(0.4), None] {
        let deleted = asked(gate(), &with(champion, Some(Departed::Deleted(6))));
        assert_eq!(deleted.status, Status::Fail, "{champion:?}");
        assert!(deleted.summary.contains("is deleted"), "{deleted:?}");
    }
    assert_eq!(status(gate(), &with(Some(0.6), known(0.1))), Status::Fail, "the champion counts first");
}

#[test]
fn without_something_to_compare_with() {
    let alone = facts(version(7, &[0.5]), None);
    let GateKind::Champion { metric, better, margin, dataset, same_data, .. } = no_worse(Amount::Number(0.0))
    else {
        unreachable!("it is one");
    };
    for (without_champion, expected) in [
        (WithoutChampion::Pass, Status::Pass),
        (WithoutChampion::Fail, Status::Fail),
        (WithoutChampion::Pending, Status::Pending),
    ] {
        let (metric, dataset) = (metric.clone(), dataset.clone());
        let kind = GateKind::Champion { metric, better, margin, dataset, same_data, without_champion };
        let result = asked(kind, &alone);
        assert_eq!((result.status, &result.evidence["note"]), (expected, &json!("first in Production")));
    }
    let itself = facts(version(7, &[0.5]), Some(version(7, &[0.5])));
    assert_eq!(status(no_worse(Amount::Number(0.0)), &itself), Status::NotApplicable);
    for champion in [version(6, &[]), version(6, &[f64::NAN]), version(6, &[f64::INFINITY])] {
        let result = asked(no_worse(Amount::Number(0.0)), &facts(version(7, &[0.5]), Some(champion)));
        assert_eq!(result.status, Status::Pending);
        assert!(result.summary.starts_with("can't be compared with version 6: "), "{}", result.summary);
    }
}

#[test]
fn both_are_measured_on_the_same_data() {
    let of = |number, digest| {
        let run_metrics = vec![measured("auc", 0.9, digest)];
        VersionFacts { run_metrics, ..version(number, &[]) }
    };
    let compared = |one, other, same_data| {
        let mut kind = no_worse(Amount::Number(0.0));
        if let GateKind::Champion { same_data: wanted, .. } = &mut kind {
            *wanted = same_data;
        }
        status(kind, &facts(of(7, one), Some(of(6, other))))
    };
    assert_eq!(compared(Some("d1"), Some("d2"), true), Status::Pending);
    assert_eq!(compared(Some("d1"), Some("d2"), false), Status::Pass);
    assert_eq!(compared(Some("d1"), Some("d1"), true), Status::Pass);
    assert_eq!(compared(Some("d1"), None, true), Status::Pass);
}

#[test]
fn the_main_metric_is_the_models_to_name() {
    let kind = GateKind::Champion {
        metric: PRIMARY.into(),
        better: None,
        margin: Margin::default(),
        dataset: None,
        same_data: true,
        without_champion: WithoutChampion::Pass,
    };
    let mut facts = facts(version(7, &[0.4]), Some(version(6, &[0.5])));
    assert_eq!(evaluate(&GateRule::new(kind.clone(), false), &facts, NOW).status, Status::NotApplicable);
    assert_eq!(status(kind.clone(), &facts), Status::Fail);
    facts.primary_metric = Some(PrimaryMetric { key: "auc".into(), better: Better::Lower });
    assert_eq!(status(kind, &facts), Status::Pass);
    assert_eq!(Better::suggested_for("val/RMSE"), Better::Lower);
    assert_eq!(Better::suggested_for("lossless"), Better::Higher);
}

#[test]
fn training_data_is_known_and_validated() {
    let used = |context: Option<&str>, validation| DatasetUse {
        name: "crm".into(),
        digest: "d1".into(),
        context: context.map(str::to_owned),
        validation,
    };
    let with = |datasets: Vec<DatasetUse>| facts(VersionFacts { datasets, ..version(7, &[]) }, None);
    let known = GateKind::Data { validated: false };
    let validated = GateKind::Data { validated: true };
    assert_eq!(status(known.clone(), &with(vec![])), Status::Fail);
    assert_eq!(status(known.clone(), &with(vec![used(Some("eval"), Validation::Passed)])), Status::Fail);
    assert_eq!(status(known.clone(), &with(vec![used(Some("Training"), Validation::Failed)])), Status::Pass);
    let untagged = asked(known.clone(), &with(vec![used(None, Validation::NeverRun)]));
    assert!(untagged.status == Status::Pass && untagged.evidence["note"].is_string());
    let nameless = DatasetUse { digest: " ".into(), ..used(Some("train"), Validation::Passed) };
    assert_eq!(status(known.clone(), &with(vec![nameless])), Status::Fail);
    for (validation, expected) in [
        (Validation::Passed, Status::Pass),
        (Validation::Failed, Status::Fail),
        (Validation::NeverRun, Status::Pending),
        (Validation::Running, Status::Pending),
    ] {
        let facts = with(vec![used(Some("train"), validation), used(Some("eval"), Validation::Failed)]);
        assert_eq!(status(validated.clone(), &facts), expected, "{validation:?}");
    }
    let mut running = with(vec![used(Some("train"), Validation::Passed)]);
    running.candidate.run_status = Some(RunStatus::Running);
    assert_eq!(status(known, &running), Status::Pending);
}

#[test]
fn callers_of_the_champion_can_call_the_candidate() {
    let of = |number, inputs: Option<&str>| {
        let signature =
            inputs.map(|inputs| SignatureTexts { inputs: Some(inputs.into()), ..SignatureTexts::default() });
        VersionFacts { signature, ..version(number, &[]) }
    };
    let gate = |strict, require| GateKind::Signature { strict, require };
    let (long, double) = (r#"[{"type":"long","name":"a"}]"#, r#"[{"type":"double","name":"a"}]"#);
    let compared = |new, old, strict| status(gate(strict, false), &facts(of(7, new), Some(of(6, old))));
    assert_eq!(compared(Some(long), Some(long), true), Status::Pass);
    assert_eq!(compared(Some(double), Some(long), false), Status::Pass);
    assert_eq!(compared(Some(double), Some(long), true), Status::Fail);
    assert_eq!(compared(Some(long), Some(double), false), Status::Fail);
    assert_eq!(compared(None, Some(long), false), Status::Fail);
    assert_eq!(compared(Some(long), None, false), Status::NotApplicable);
    assert_eq!(compared(Some("[broken"), Some(long), false), Status::Pending);
    assert_eq!(status(gate(false, true), &facts(of(7, None), None)), Status::Fail);
    assert_eq!(status(gate(false, true), &facts(of(7, Some(long)), None)), Status::NotApplicable);
    let mut hashing = facts(of(7, Some(long)), Some(of(6, Some(long))));
    hashing.candidate.files_sha256 = None;
    assert_eq!(asked(gate(false, false), &hashing).summary, "the version's files are being hashed");
}

#[test]
fn cards_and_monitors() {
    let mut facts = facts(version(7, &[]), None);
    let card = GateKind::CardComplete;
    assert_eq!(status(card.clone(), &facts), Status::Fail);
    let sections = ["Intended use", "Data", "Limits", "Ethics", "Owner"];
    facts.card = Some(sections.map(|title| format!("# {title}\nana\n")).concat());
    assert_eq!(status(card.clone(), &facts), Status::Pass);
    facts.owner_is_enabled = false;
    assert_eq!(status(card, &facts), Status::Fail);
    assert_eq!(status(GateKind::Monitor, &facts), Status::Pending);
    let advisory = GateRule::new(GateKind::Monitor, false);
    assert_eq!(evaluate(&advisory, &facts, NOW).status, Status::NotApplicable);
    facts.monitor = Some(MonitorState { name: "churn".into(), open_alerts: vec![] });
    assert_eq!(status(GateKind::Monitor, &facts), Status::Pass);
    facts.monitor = Some(MonitorState { name: "churn".into(), open_alerts: vec!["3".into()] });
    assert_eq!(status(GateKind::Monitor, &facts), Status::Fail);
}

#[test]
fn soaking_counts_from_the_last_entry_and_is_no_evidence() {
    let mut facts = facts(version(7, &[]), None);
    let soak = GateRule::new(GateKind::Soak { stage: "Staging".into(), for_ms: 48 * HOUR_MS }, true);
    assert_eq!(evaluate(&soak, &facts, NOW).status, Status::Fail);
    facts.candidate.stage = "Staging".into();
    assert_eq!(evaluate(&soak, &facts, NOW).status, Status::Pending);
    facts.candidate.stage_entered_at = Some(NOW);
    let after = |elapsed| evaluate(&soak, &facts, Millis(NOW.0 + elapsed));
    assert_eq!(after(48 * HOUR_MS - 1).status, Status::Pending);
    assert_eq!(after(48 * HOUR_MS).status, Status::Pass);
    assert_eq!(after(-5).status, Status::Pending);
    assert_eq!(after(0).evidence_sha256, after(48 * HOUR_MS).evidence_sha256);
    assert_eq!(after(90 * 60_000).summary, "in Staging for 1 h 30 min of 48 h");
}

fn report(state: CheckState, at: i64) -> CheckReport {
    CheckReport {
        name: "load-test".into(),
        state,
        summary: "300 requests".into(),
        link: Some("https://ci/1".into()),
        files_sha256: None,
        at: Millis(at),
    }
}

#[test]
fn the_last_report_of_a_check_counts() {
    let mut facts = facts(version(7, &[]), None);
    let check = GateKind::Check { name: "load-test".into() };
    assert_eq!(asked(check.clone(), &facts).summary, "waiting for load-test");
    for (state, expected) in [
        (CheckState::Success, Status::Pass),
        (CheckState::Failure, Status::Fail),
        (CheckState::Error, Status::Fail),
        (CheckState::Pending, Status::Pending),
        (CheckState::Running, Status::Pending),
    ] {
        facts.checks = vec![report(state, 2), report(CheckState::Success, 1)];
        assert_eq!(status(check.clone(), &facts), expected, "{state:?}");
    }
    facts.checks = vec![CheckReport { files_sha256: Some("0".into()), ..report(CheckState::Success, 2) }];
    assert!(asked(check, &facts).summary.contains("another build"));
    assert!(check_report(&report(CheckState::Success, 1)).is_ok());
    for link in ["javascript:alert(1)", "ftp://a", "https://a b"] {
        let report = CheckReport { link: Some(link.into()), ..report(CheckState::Success, 1) };
        assert!(check_report(&report).is_err_and(|invalid| invalid.field == "link"), "{link}");
    }
    for files in ["", "0", &"F".repeat(64), &"g".repeat(64), &"f".repeat(65)] {
        let report = CheckReport { files_sha256: Some(files.into()), ..report(CheckState::Success, 1) };
        assert!(check_report(&report).is_err_and(|invalid| invalid.field == "files_sha256"), "{files}");
    }
    let report = CheckReport { files_sha256: Some("f0".repeat(32)), ..report(CheckState::Success, 1) };
    assert!(check_report(&report).is_ok());
    assert!(check_name("name", &"x".repeat(101)).is_err());
}

#[test]
fn a_waiver_holds_for_the_evidence_it_was_given_for() {
    let rules = [GateRule::new(bound(Some(0.8), None), true)];
    let of = |auc: f64, waivers: &[Waiver]| {
        evaluate_all(&rules, &facts(version(7, &[auc]), None), waivers, NOW).remove(0)
    };
    let failed = of(0.7, &[]);
    assert!(failed.blocks());
    let waiver = Waiver {
        gate: failed.id.clone(),
        by: 1,
        reason: "the holdout is too small".into(),
        evidence_sha256: waived(&failed, version(7, &[0.7]).files_sha256.as_deref()),
        at: NOW,
    };
    let passed = of(0.7, std::slice::from_ref(&waiver));
    assert!(!passed.blocks() && passed.status == Status::Fail && passed.waiver.is_some());
    assert!(of(0.6, std::slice::from_ref(&waiver)).blocks());
    let others = VersionFacts { files_sha256: Some("others".into()), ..version(7, &[0.7]) };
    let of_others = evaluate_all(&rules, &facts(others, None), std::slice::from_ref(&waiver), NOW);
    assert!(of_others[0].blocks(), "it was given for other files");
    assert_eq!(of(0.9, &[waiver]).waiver, None);
}
