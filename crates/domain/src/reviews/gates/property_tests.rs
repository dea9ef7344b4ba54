//! What holds for gates whatever the numbers are.

use proptest::prelude::*;

use super::tests::{HOUR_MS, NOW, bound, comparison, facts, no_worse, status, version};
use super::*;

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        proptest::num::f64::ANY,
        -2.0..2.0_f64,
        proptest::sample::select(vec![0.0, -0.0, 1.0, f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, 5e-324]),
    ]
}

fn any_amount() -> impl Strategy<Value = Amount> {
    let positive = || any_value().prop_map(|value| if value.is_finite() { value.abs() } else { 0.5 });
    prop_oneof![positive().prop_map(Amount::Number), positive().prop_map(Amount::Percent)]
}

fn more(amount: Amount, by: f64) -> Amount {
    match amount {
        Amount::Number(number) => Amount::Number(number + by),
        Amount::Percent(percent) => Amount::Percent(percent + by),
    }
}

proptest! {
    #[test]
    fn every_number_gets_an_answer(
        candidate in any_value(),
        champion in any_value(),
        amount in any_amount(),
        bounds in (proptest::option::of(any_value()), proptest::option::of(any_value())),
    ) {
        let facts = facts(version(7, &[candidate]), Some(version(6, &[champion])));
        for margin in [Margin::NoWorseThan(amount), Margin::MustBeat(amount)] {
            for better in [Better::Higher, Better::Lower] {
                let status = status(comparison(better, margin), &facts);
                prop_assert!(status != Status::Pass || candidate.is_finite() && champion.is_finite());
            }
        }
        let status = status(bound(bounds.0, bounds.1), &facts);
        prop_assert!(status != Status::Pass || candidate.is_finite());
    }

    #[test]
    fn a_wider_margin_lets_no_less_pass(
        candidate in any_value(), champion in any_value(), amount in any_amount(), by in 0.0..10.0_f64,
    ) {
        let facts = facts(version(7, &[candidate]), Some(version(6, &[champion])));
        if status(no_worse(amount), &facts) == Status::Pass {
            prop_assert_eq!(status(no_worse(more(amount, by)), &facts), Status::Pass);
        }
        let beats = |amount| comparison(Better::Higher, Margin::MustBeat(amount));
        if status(beats(more(amount, by)), &facts) == Status::Pass {
            prop_assert_eq!(status(beats(amount), &facts), Status::Pass);
        }
    }

    #[test]
    fn the_other_direction_is_the_other_sign(
        candidate in any_value(), champion in any_value(), amount in any_amount(), beats in any::<bool>(),
    ) {
        let margin = if beats { Margin::MustBeat(amount) } else { Margin::NoWorseThan(amount) };
        let of = |better, sign: f64| {
            let facts = facts(version(7, &[sign * candidate]), Some(version(6, &[sign * champion])));
            status(comparison(better, margin), &facts)
        };
        prop_assert_eq!(of(Better::Higher, 1.0), of(Better::Lower, -1.0));
    }

    #[test]
    fn time_changes_no_evidence(now in any::<i64>(), entered in proptest::option::of(any::<i64>())) {
        let mut facts = facts(version(7, &[0.5]), None);
        facts.candidate.stage = "Staging".into();
        facts.candidate.stage_entered_at = entered.map(Millis);
        let rules = [
            GateRule::new(GateKind::Soak { stage: "Staging".into(), for_ms: HOUR_MS }, true),
            GateRule::new(no_worse(Amount::Number(0.0)), true),
            GateRule::new(GateKind::CardComplete, true),
        ];
        for rule in rules {
            let at = |now| evaluate(&rule, &facts, now).evidence_sha256;
            prop_assert_eq!(at(NOW), at(Millis(now)));
        }
    }
}
