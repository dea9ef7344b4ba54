//! The laws that comparing signatures keeps.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use Severity::{Note, Ok as Fine, Risky};

/// Types of every form, small enough to try all triples.
fn types() -> Vec<Type> {
    let mut types: Vec<_> = Scalar::ALL.into_iter().map(Type::Scalar).collect();
    let few = [Scalar::Integer, Scalar::Long, Scalar::Double, Scalar::String].map(Type::Scalar);
    types.extend(few.iter().cloned().map(|kind| Type::Array(Box::new(kind))));
    types.extend(few.iter().cloned().map(|kind| Type::Map(Box::new(kind))));
    for is_required in [true, false] {
        for kind in &few[..2] {
            let property = Property { kind: kind.clone(), is_required };
            types.push(Type::Object(BTreeMap::from([("x".into(), property.clone())])));
            let other = Property { kind: few[0].clone(), is_required: false };
            types.push(Type::Object(BTreeMap::from([("x".into(), property), ("y".into(), other)])));
        }
    }
    types.extend([Type::Any, Type::Opaque("decimal".into())]);
    types
}

#[test]
fn what_is_fine_twice_is_fine_at_once() {
    let types = types();
    let places = [types::Place::Input, types::Place::InputArray, types::Place::Output, types::Place::Param];
    for place in places {
        let is_fine = |old: &Type, new: &Type| {
            let mut found = Found::default();
            types::compare(&mut found, "a", place, old, new);
            assert_eq!(old == new, found.0.is_empty(), "every difference is found: {old} {new}");
            worst(&found.0) == Fine
        };
        for a in &types {
            for b in types.iter().filter(|b| is_fine(a, b)) {
                for c in types.iter().filter(|c| is_fine(b, c)) {
                    assert!(is_fine(a, c), "{a} → {b} → {c}");
                }
            }
        }
    }
}

fn any_type() -> impl Strategy<Value = Type> {
    proptest::sample::select(types())
}

fn any_columns() -> impl Strategy<Value = Vec<Column>> {
    let column = (any_type(), any::<bool>());
    proptest::collection::btree_map("[a-d]", column, 0..4).prop_map(|columns| {
        let column = |(name, (kind, is_required))| Column { name: Some(name), kind, is_required };
        columns.into_iter().map(column).collect()
    })
}

fn any_schema() -> impl Strategy<Value = Option<Schema>> {
    let tensor = ("[a-c]", "(u?int|float)(32|64)", proptest::collection::vec(-1_i64..3, 0..3));
    let tensors = proptest::collection::vec(tensor, 0..3).prop_map(|tensors| {
        let tensor =
            |(at, (_, dtype, shape)): (usize, _)| Tensor { name: Some(format!("t{at}")), dtype, shape };
        Schema::Tensors(tensors.into_iter().enumerate().map(tensor).collect())
    });
    prop_oneof![
        1 => Just(None),
        6 => any_columns().prop_map(|columns| Some(Schema::Columns(columns))),
        1 => any_columns().prop_map(|mut columns| {
            for column in &mut columns {
                column.name = None;
            }
            Some(Schema::Columns(columns))
        }),
        2 => tensors.prop_map(Some),
    ]
}

fn any_signature() -> impl Strategy<Value = Signature> {
    let param = (any_type(), 0..3, any::<bool>());
    let params = proptest::collection::btree_map("[a-c]", param, 0..3).prop_map(|params| {
        let param = |(name, (kind, default, is_list)): (String, _)| {
            let (kind, default): (Type, i32) = (kind, default);
            Param { name, kind, default: json!(default), is_list }
        };
        params.into_iter().map(param).collect::<Vec<_>>()
    });
    (any_schema(), any_schema(), proptest::option::of(params))
        .prop_map(|(inputs, outputs, params)| Signature { inputs, outputs, params })
}

/// Another signature that is likely to be fine for the callers of this one.
fn loosened(signature: &Signature, seed: u32) -> Signature {
    let mut new = signature.clone();
    let kinds = types();
    if let Some(Schema::Columns(columns)) = &mut new.inputs {
        let is_named = columns.iter().all(|column| column.name.is_some());
        let name = format!("new{}", seed % 5);
        if is_named
            && seed.is_multiple_of(2)
            && columns.iter().all(|column| column.name.as_ref() != Some(&name))
        {
            let kind = kinds[seed as usize % kinds.len()].clone();
            columns.push(Column { name: Some(name), kind, is_required: false });
        }
        for column in columns.iter_mut().filter(|_| seed.is_multiple_of(3)) {
            column.is_required = false;
            if column.kind == Type::Scalar(Scalar::Integer) {
                column.kind =
                    Type::Scalar(if seed.is_multiple_of(4) { Scalar::Long } else { Scalar::Double });
            }
        }
    }
    if let Some(Schema::Columns(columns)) = &mut new.outputs
        && seed.is_multiple_of(5)
    {
        for column in columns {
            column.is_required = true;
        }
    }
    if seed.is_multiple_of(7) {
        new.params = new.params.or(Some(vec![]));
    }
    new
}

fn reversed(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    for schema in [&mut signature.inputs, &mut signature.outputs].into_iter().flatten() {
        match schema {
            Schema::Columns(columns) if columns.iter().all(|column| column.name.is_some()) => {
                columns.reverse();
            }
            _ => {}
        }
    }
    signature
}

proptest! {
    #[test]
    fn nothing_is_found_between_equals(signature in any_signature()) {
        prop_assert_eq!(compare(Some(&signature), Some(&signature)), []);
        prop_assert_eq!(
            compare(Some(&signature), Some(&reversed(&signature))).iter().map(|one| one.severity).max().max(Some(Note)),
            Some(Note)
        );
    }

    #[test]
    fn fine_is_transitive(a in any_signature(), seeds in any::<[u32; 2]>(), other in any_signature()) {
        let b = loosened(&a, seeds[0]);
        for c in [loosened(&b, seeds[1]), other] {
            let is_fine = |old, new| worst(&compare(Some(old), Some(new))) == Fine;
            if is_fine(&a, &b) && is_fine(&b, &c) {
                prop_assert!(is_fine(&a, &c), "{:?}", compare(Some(&a), Some(&c)));
            }
        }
    }

    #[test]
    fn an_optional_column_more_is_always_fine(columns in any_columns(), kind in any_type()) {
        let with = |columns: Vec<Column>| Signature { inputs: Some(Schema::Columns(columns)), ..Signature::default() };
        let mut more = columns.clone();
        more.push(Column { name: Some("new".into()), kind, is_required: false });
        prop_assert_eq!(worst(&compare(Some(&with(columns)), Some(&with(more)))), Fine);
    }

    #[test]
    fn the_order_of_named_columns_decides_nothing(old in any_signature(), new in any_signature()) {
        let failing = |old: &Signature, new: &Signature| {
            let mut findings = compare(Some(old), Some(new));
            findings.retain(|finding| finding.severity >= Risky);
            findings
        };
        prop_assert_eq!(failing(&old, &new), failing(&reversed(&old), &new));
        prop_assert_eq!(failing(&old, &new), failing(&old, &reversed(&new)));
    }
}
