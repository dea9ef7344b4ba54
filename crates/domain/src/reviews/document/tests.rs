use proptest::prelude::*;

use super::*;
use crate::Millis;
use crate::metrics::MetricValue;
use crate::reviews::gates::{DatasetRef, Status, Waiver};

fn measured(key: &str, value: f64) -> Measured {
    let dataset = Some(DatasetRef { name: "holdout".into(), digest: "d1".into() });
    Measured { key: key.into(), value: MetricValue(value), step: 10, timestamp: Millis(1), dataset }
}

fn gate(id: &str, kind: &str) -> GateResult {
    GateResult {
        id: id.into(),
        kind: kind.into(),
        required: true,
        status: Status::Pending,
        summary: "waits".into(),
        evidence: json!({ "value": "0.91" }),
        evidence_sha256: String::new(),
        waiver: None,
    }
}

fn waiver(by: i64, reason: &str, at: i64) -> Waiver {
    let (reason, evidence_sha256) = (reason.into(), String::new());
    Waiver { gate: "champion:auc".into(), by, reason, evidence_sha256, at: Millis(at) }
}

pub(in crate::reviews) fn contents() -> Contents {
    let hash = |digit: &str| digit.repeat(64);
    let file = |path: &str, digit: &str| FilePart { path: path.into(), sha256: hash(digit), size: 6 };
    let signature = SignatureTexts { inputs: Some("[]".into()), ..SignatureTexts::default() };
    Contents {
        request: RequestPart {
            id: 12,
            kind: Kind::Promotion,
            target: Target::Stage("Production".into()),
            from: "Staging".into(),
            archive: vec![6, 5],
            requester: Some(1),
            authors: BTreeSet::from([1, 2]),
        },
        version: VersionPart {
            model: 3,
            name: "churn".into(),
            version: 7,
            source: "models:/m-1".into(),
            run_id: Some("r1".into()),
            model_id: Some("m-1".into()),
            description: Some("trees".into()),
            card: Some("# Card".into()),
            signature: Some(signature.clone()),
        },
        files: vec![file("model.pkl", "b"), file("MLmodel", "a")],
        metrics: vec![measured("loss", 0.2), measured("auc", 0.91)],
        params: vec![KeyValue::new("lr", "0.1"), KeyValue::new("depth", "3")],
        datasets: vec![
            DatasetPart { name: "crm".into(), digest: "d0".into(), validation: Validation::Passed },
            DatasetPart { name: "calls".into(), digest: "d9".into(), validation: Validation::NeverRun },
        ],
        champion: Some(ChampionPart {
            version: 6,
            metrics: vec![measured("auc", 0.9)],
            signature: Some(signature),
        }),
        policy: Some(PolicyPart { scope: Scope::Workspace, sha256: hash("c") }),
        gates: vec![
            gate("soak:Staging", "soak"),
            GateResult {
                waiver: Some(waiver(4, "the champion is broken", 5)),
                ..gate("champion:auc", "champion")
            },
        ],
    }
}

type Change = fn(&mut Contents);

/// By path, each changes one member of the document alone.
pub(in crate::reviews) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("request.id", |one| one.request.id = 13),
        ("request.kind", |one| one.request.kind = Kind::Rollback),
        ("request.target", |one| one.request.target = Target::Alias("Production".into())),
        ("request.from", |one| one.request.from = "None".into()),
        ("request.plan.archive", |one| one.request.archive = vec![6]),
        ("request.requester", |one| one.request.requester = Some(2)),
        ("request.authors", |one| assert!(one.request.authors.insert(3))),
        ("version.model", |one| one.version.model = 4),
        ("version.name", |one| one.version.name = "churn2".into()),
        ("version.version", |one| one.version.version = 8),
        ("version.source", |one| one.version.source = "models:/m-2".into()),
        ("version.run_id", |one| one.version.run_id = None),
        ("version.model_id", |one| one.version.model_id = Some("m-2".into())),
        ("version.description_sha256", |one| one.version.description = Some("other trees".into())),
        ("version.card_sha256", |one| one.version.card = Some("# Card!".into())),
        ("version.signature_sha256", |one| one.version.signature = Some(SignatureTexts::default())),
        ("files.MLmodel.sha256", |one| one.files[1].sha256 = "d".repeat(64)),
        ("files.MLmodel.size", |one| one.files[1].size = 7),
        ("metrics.auc (holdout)", |one| one.metrics[1].value = MetricValue(0.88)),
        ("metrics.auc (holdout).step", |one| one.metrics[1].step = 11),
        ("metrics.auc (holdout).dataset.digest", |one| {
            one.metrics[1].dataset = Some(DatasetRef { name: "holdout".into(), digest: "d2".into() });
        }),
        ("params.lr", |one| one.params[0].value = "0.2".into()),
        ("datasets.crm.digest", |one| one.datasets[0].digest = "d8".into()),
        ("datasets.crm.validation", |one| one.datasets[0].validation = Validation::Failed),
        ("champion", |one| one.champion.as_mut().expect("has one").version = 8),
        ("champion.metrics.auc (holdout)", |one| {
            one.champion.as_mut().expect("has one").metrics[0].value = MetricValue(0.8);
        }),
        ("champion.signature_sha256", |one| one.champion.as_mut().expect("has one").signature = None),
        ("policy.scope", |one| one.policy.as_mut().expect("has one").scope = Scope::Model),
        ("policy.sha256", |one| one.policy.as_mut().expect("has one").sha256 = "e".repeat(64)),
        ("gates.champion:auc.status", |one| one.gates[1].status = Status::Fail),
        ("gates.champion:auc.evidence.value", |one| one.gates[1].evidence = json!({ "value": "0.88" })),
        ("gates.soak:Staging.evidence.value", |one| one.gates[0].evidence = json!({ "value": "1" })),
        ("gates.champion:auc.waiver.by", |one| {
            one.gates[1].waiver = Some(waiver(5, "the champion is broken", 5));
        }),
        ("gates.champion:auc.waiver.reason_sha256", |one| {
            one.gates[1].waiver = Some(waiver(4, "a mistake", 5));
        }),
        ("gates.champion:auc.waiver.at", |one| {
            one.gates[1].waiver = Some(waiver(4, "the champion is broken", 6));
        }),
    ]
}

#[test]
fn each_member_makes_signatures_stale_and_is_named() {
    let old = document(&contents());
    for (path, change) in changes() {
        let mut changed = contents();
        change(&mut changed);
        let new = document(&changed);
        assert_ne!(digest(&old), digest(&new), "{path}");
        let paths: Vec<_> = differences(&old, &new).into_iter().map(|one| one.path).collect();
        assert_eq!(paths, [path]);
    }
}

#[test]
fn what_comes_or_goes_is_named_too() {
    let old = document(&contents());
    let mut changed = contents();
    changed.files.pop();
    changed.champion = None;
    changed.metrics.push(measured("f1", f64::NAN));
    changed.gates[1].waiver = None;
    let words: Vec<_> = differences(&old, &document(&changed)).iter().map(ToString::to_string).collect();
    for words_of_one in [
        "champion 6 → nothing".to_owned(),
        format!("files.MLmodel.sha256 {} → nothing", "a".repeat(12)),
        "metrics.f1 (holdout) nothing → NaN".to_owned(),
        "gates.champion:auc.waiver.by 4 → nothing".to_owned(),
    ] {
        assert!(words.contains(&words_of_one), "{words_of_one}\n{words:#?}");
    }
}

#[test]
fn a_list_that_fills_is_no_difference_of_its_own() {
    let mut empty = contents();
    (empty.request.archive, empty.params) = (vec![], vec![]);
    let words: Vec<_> =
        differences(&document(&empty), &document(&contents())).iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        ["params.depth nothing → 3", "params.lr nothing → 0.1", "request.plan.archive nothing → 5, 6"]
    );
}

#[test]
fn differences_are_in_words() {
    let mut changed = contents();
    changed.metrics[1] = Measured { dataset: None, ..measured("auc", 0.88) };
    let mut before = changed.clone();
    before.metrics[1].value = MetricValue(0.91);
    before.champion.as_mut().expect("has one").version = 8;
    let words: Vec<_> =
        differences(&document(&changed), &document(&before)).iter().map(ToString::to_string).collect();
    assert_eq!(words, ["champion 6 → 8", "metrics.auc 0.88 → 0.91"]);
    assert_eq!(differences(&json!([1, [2]]), &json!([1, [3]])).len(), 1);
}

#[test]
fn time_and_words_change_nothing() {
    let old = document(&contents());
    let mut changed = contents();
    changed.gates[0].status = Status::Pass;
    for gate in &mut changed.gates {
        gate.summary = "in other words".into();
        gate.evidence_sha256 = "not looked at".into();
    }
    changed.metrics[0].timestamp = Millis(99);
    assert_eq!(document(&changed), old);
}

#[test]
fn namesakes_are_told_apart() {
    let mut one = contents();
    one.datasets = vec![
        DatasetPart { name: "crm".into(), digest: "d0".into(), validation: Validation::Passed },
        DatasetPart { name: "crm".into(), digest: "d1".into(), validation: Validation::Passed },
    ];
    let mut other = one.clone();
    other.datasets[1].digest = "d2".into();
    let found = differences(&document(&one), &document(&other));
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["datasets.crm #2.digest d1 → d2"]);
}

#[test]
fn the_champion_brings_what_gates_compare() {
    let rule = |metric: &str| {
        let kind = GateKind::Champion {
            metric: metric.into(),
            better: None,
            margin: crate::reviews::gates::Margin::default(),
            dataset: None,
            same_data: true,
            without_champion: crate::reviews::gates::WithoutChampion::Pass,
        };
        GateRule::new(kind, true)
    };
    let champion = VersionFacts {
        version: 6,
        model_metrics: vec![measured("auc", 0.9)],
        run_metrics: vec![measured("auc", 0.1), measured("loss", 0.2), measured("f1", 0.3)],
        ..VersionFacts::default()
    };
    let primary = PrimaryMetric { key: "loss".into(), better: crate::reviews::gates::Better::Lower };
    let part = ChampionPart::new(&champion, &[rule("auc"), rule(PRIMARY)], Some(&primary));
    let values: Vec<_> = part.metrics.iter().map(|one| (one.key.as_str(), one.value.0.to_string())).collect();
    assert_eq!(values, [("auc", "0.9".to_owned()), ("loss", "0.2".to_owned())]);
}

/// Any order of its lists.
fn shuffled() -> impl Strategy<Value = Contents> {
    let of = contents();
    (
        Just(of.files).prop_shuffle(),
        Just(of.metrics).prop_shuffle(),
        Just(of.params).prop_shuffle(),
        Just(of.datasets).prop_shuffle(),
        Just(of.gates).prop_shuffle(),
        Just(of.request.archive).prop_shuffle(),
    )
        .prop_map(|(files, metrics, params, datasets, gates, archive)| {
            let request = RequestPart { archive, ..contents().request };
            Contents { request, files, metrics, params, datasets, gates, ..contents() }
        })
}

proptest! {
    #[test]
    fn the_order_of_the_facts_says_nothing(shuffled in shuffled()) {
        prop_assert_eq!(document(&shuffled), document(&contents()));
    }

    #[test]
    fn a_document_is_the_same_after_a_round_trip(value in any::<f64>(), at in any::<i64>(), size in any::<u64>()) {
        let mut one = contents();
        one.metrics[0].value = MetricValue(value);
        one.files[0].size = size;
        one.gates[1].waiver = Some(waiver(i64::MIN, "a reason", at));
        let document = document(&one);
        let back: Value = serde_json::from_str(&canonical::to_string(&document)).expect("is JSON");
        prop_assert_eq!(digest(&back), digest(&document));
        prop_assert_eq!(differences(&back, &document), []);
    }
}
