//! What holds for policies whatever they say.

use proptest::prelude::*;

use super::*;
use crate::registry::{STAGES, Stages};
use crate::reviews::gates::{Amount, Better, GateKind, Margin, WithoutChampion};

fn any_sign_off() -> impl Strategy<Value = Vec<Requirement>> {
    let roles = proptest::sample::subsequence(&Role::ALL[..6], 0..4);
    let one = (roles, 1_u32..4).prop_map(|(roles, count)| {
        let roles = if roles.is_empty() { Roles::Any } else { Roles::Of(roles.into_iter().collect()) };
        Requirement { roles, count }
    });
    proptest::collection::vec(one, 0..4).prop_map(|mut all| {
        let mut seen = BTreeSet::new();
        all.retain(|requirement| seen.insert(requirement.roles.clone()));
        all
    })
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL, -5.0..5.0_f64, Just(0.0)]
}

fn any_gate() -> impl Strategy<Value = GateKind> {
    let stage = proptest::sample::select(&STAGES[..]).prop_map(str::to_owned);
    let dataset = proptest::option::of("[a-z\"\\\\é\t ]{0,5}x");
    let amount = prop_oneof![
        any_number().prop_map(|number| Amount::Number(number.abs())),
        any_number().prop_map(|percent| Amount::Percent(percent.abs())),
    ];
    let margin = (amount, any::<bool>()).prop_map(|(amount, beats)| {
        if beats { Margin::MustBeat(amount) } else { Margin::NoWorseThan(amount) }
    });
    let without = proptest::sample::select(vec![
        WithoutChampion::Pass,
        WithoutChampion::Fail,
        WithoutChampion::Pending,
    ]);
    let better = proptest::option::of(proptest::sample::select(vec![Better::Higher, Better::Lower]));
    prop_oneof![
        ("[a-z]{1,5}", any_number(), proptest::option::of(any_number()), dataset.clone()).prop_map(
            |(metric, bound, other, dataset)| {
                let other = other.filter(|other| *other >= bound);
                GateKind::Metric { metric, min: Some(bound), max: other, dataset }
            }
        ),
        ("[a-z]{1,5}", better, margin, dataset, any::<bool>(), without).prop_map(
            |(metric, better, margin, dataset, same_data, without_champion)| {
                let metric = if better.is_some() { metric } else { "@primary".into() };
                GateKind::Champion { metric, better, margin, dataset, same_data, without_champion }
            }
        ),
        any::<(bool, bool)>().prop_map(|(strict, require)| GateKind::Signature { strict, require }),
        any::<bool>().prop_map(|validated| GateKind::Data { validated }),
        Just(GateKind::CardComplete),
        Just(GateKind::Monitor),
        (stage, 1..reader::MAX_DURATION_MS).prop_map(|(stage, for_ms)| GateKind::Soak { stage, for_ms }),
        "[a-z\"\\\\']{1,6}".prop_map(|name| GateKind::Check { name }),
    ]
}

fn any_rules(stage: Option<&'static str>) -> impl Strategy<Value = StageRules> {
    let gates = proptest::collection::vec((any_gate(), any::<bool>()), 0..5);
    let flags = any::<[bool; 5]>();
    let expires = proptest::option::of(1..reader::MAX_DURATION_MS);
    let rollback = proptest::option::of((any_sign_off(), any::<bool>()));
    (any_sign_off(), expires, gates, flags, rollback).prop_map(
        move |(
            sign_off,
            expires_after_ms,
            gates,
            [request, replaces, review, auto_apply, staging],
            rollback,
        )| {
            let by_id: BTreeMap<_, _> = gates
                .into_iter()
                .map(|(kind, required)| GateRule::new(kind, required))
                .map(|rule| (rule.id.clone(), rule))
                .collect();
            let replaces = replaces && stage.is_some();
            let retire_to = if staging && stage != Some("Staging") { "Staging" } else { "None" };
            StageRules {
                sign_off,
                plain_call: if request { PlainCall::Request } else { PlainCall::Refuse },
                expires_after_ms,
                replaces,
                retire_to: replaces.then(|| retire_to.to_owned()),
                leave: if review { Leave::Review } else { Leave::Free },
                gates: by_id.into_values().collect(),
                rollback: rollback
                    .map(|(sign_off, author_may_sign)| RollbackRules { sign_off, author_may_sign }),
                auto_apply,
            }
        },
    )
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let roles = || proptest::sample::subsequence(&Role::ALL[..6], 0..4);
    let stages = (
        proptest::option::of(any_rules(Some("Staging"))),
        proptest::option::of(any_rules(Some("Production"))),
    );
    let aliases = proptest::collection::btree_map("[a-u][a-z_-]{0,4}", any_rules(None), 0..2);
    (stages, aliases, roles(), roles()).prop_map(|((staging, production), aliases, overriding, waiving)| {
        let stages = [("Staging", staging), ("Production", production)];
        Policy {
            stages: stages
                .into_iter()
                .filter_map(|(name, rules)| rules.map(|rules| (name.to_owned(), rules)))
                .collect(),
            aliases,
            override_roles: overriding.into_iter().collect(),
            waive_roles: waiving.into_iter().collect(),
        }
    })
}

proptest! {
    #[test]
    fn a_printed_policy_reads_back_as_the_same(policy in any_policy()) {
        let text = policy.to_toml();
        let back = parse(&text, &Stages::default()).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&back, &policy, "{}", text);
        prop_assert_eq!(back.sha256(), policy.sha256());
        let json = serde_json::to_string(&policy).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<Policy>(&json).expect("reads back"), policy);
    }

    #[test]
    fn policies_that_differ_have_other_hashes(one in any_policy(), other in any_policy()) {
        prop_assert_eq!(one == other, one.sha256() == other.sha256());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(format = 1\n)?(\\[?\\[?[a-z.]{0,8}[\\]é =\"]{0,5}\n?){0,6}") {
        if let Err(misplaced) = parse(&text, &Stages::default()) {
            prop_assert!(misplaced.line >= 1 && misplaced.column >= 1);
        }
    }
}
