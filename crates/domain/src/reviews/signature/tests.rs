use super::*;

fn columns(text: &str) -> Signature {
    let texts = SignatureTexts { inputs: Some(text.into()), ..SignatureTexts::default() };
    texts.parse().expect("is a signature")
}

fn returning(text: &str) -> Signature {
    let texts = SignatureTexts { outputs: Some(text.into()), ..SignatureTexts::default() };
    texts.parse().expect("is a signature")
}

fn taking(text: &str) -> Signature {
    let texts = SignatureTexts { params: Some(text.into()), ..SignatureTexts::default() };
    texts.parse().expect("is a signature")
}

/// The severities of what is found, worst first.
fn found(old: &Signature, new: &Signature) -> Vec<Severity> {
    let mut found: Vec<_> = compare(Some(old), Some(new)).iter().map(|one| one.severity).collect();
    found.sort_by(|one, other| other.cmp(one));
    found
}

fn of_inputs(old: &str, new: &str) -> Vec<Severity> {
    found(&columns(old), &columns(new))
}

fn of_outputs(old: &str, new: &str) -> Vec<Severity> {
    found(&returning(old), &returning(new))
}

use Severity::{Breaking, Note, Ok as Fine, Risky};

#[test]
fn a_signature_can_be_gained_but_not_lost() {
    let some = columns(r#"[{"type":"long","name":"a"}]"#);
    let nothing = Signature::default();
    assert_eq!(worst(&compare(None, Some(&some))), Note);
    assert_eq!(worst(&compare(Some(&some), None)), Breaking);
    assert_eq!(worst(&compare(Some(&some), Some(&nothing))), Breaking);
    assert_eq!(compare(None, None), []);
    assert_eq!(compare(Some(&nothing), None), []);
    // Inputs are lost, outputs gained.
    let other = returning(r#"[{"type":"long"}]"#);
    assert_eq!(found(&some, &other), [Breaking, Note]);
}

#[test]
fn named_input_columns_go_by_name() {
    let a = r#"[{"type":"long","name":"a","required":true}]"#;
    let both = r#"[{"type":"string","name":"b","required":true},{"type":"long","name":"a"}]"#;
    let with_optional = r#"[{"type":"long","name":"a"},{"type":"string","name":"b","required":false}]"#;
    assert_eq!(of_inputs(a, both), [Breaking]);
    assert_eq!(of_inputs(a, with_optional), [Fine]);
    assert_eq!(of_inputs(both, a), [Note]);
    assert_eq!(of_inputs(both, with_optional), [Fine]);
    assert_eq!(of_inputs(with_optional, both), [Breaking]);
    let old_spelling = r#"[{"type":"long","name":"a"},{"type":"string","name":"b","optional":true}]"#;
    assert_eq!(of_inputs(old_spelling, with_optional), []);
}

#[test]
fn input_columns_without_names_go_by_position() {
    let one = r#"[{"type":"long"}]"#;
    let two = r#"[{"type":"long"},{"type":"string"}]"#;
    let named = r#"[{"type":"long","name":"a"}]"#;
    let two_named = r#"[{"type":"long","name":"a"},{"type":"string","name":"b"}]"#;
    assert_eq!(of_inputs(one, two), [Breaking]);
    assert_eq!(of_inputs(two, one), [Note]);
    assert_eq!(of_inputs(one, named), [Breaking]);
    assert_eq!(of_inputs(named, one), [Note]);
    assert_eq!(of_inputs(two_named, two), [Breaking]);
}

#[test]
fn scalar_inputs_convert_as_measured() {
    use Scalar::{Binary, Boolean, Datetime, Double, Float, Integer, Long, String};
    let verdict = |old: Scalar, new: Scalar| {
        let column = |scalar: Scalar| format!(r#"[{{"type":"{}","name":"a"}}]"#, scalar.as_str());
        found(&columns(&column(old)), &columns(&column(new))).first().copied()
    };
    for scalar in Scalar::ALL {
        assert_eq!(verdict(scalar, scalar), None);
    }
    for (old, new) in [(Integer, Long), (Integer, Double), (Float, Double)] {
        assert_eq!(verdict(old, new), Some(Fine), "{old:?} {new:?}");
    }
    for (old, new) in [(Long, Double), (Integer, Float), (Long, Float)] {
        assert_eq!(verdict(old, new), Some(Risky), "{old:?} {new:?}");
    }
    let breaking = [(Long, Integer), (Double, Float), (Double, Long), (Float, Integer), (Long, Boolean)];
    for (old, new) in breaking {
        assert_eq!(verdict(old, new), Some(Breaking), "{old:?} {new:?}");
    }
    for (old, new) in [(Long, String), (String, Binary), (String, Long), (Double, Datetime), (Boolean, Long)]
    {
        assert_eq!(verdict(old, new), Some(Breaking), "{old:?} {new:?}");
    }
}

#[test]
fn composite_inputs() {
    let column = |kind: &str| format!(r#"[{{{kind},"name":"a","required":true}}]"#);
    let verdict = |old: &str, new: &str| of_inputs(&column(old), &column(new));
    let long = r#""type":"long""#;
    let longs = r#""type":"array","items":{"type":"long"}"#;
    let doubles = r#""type":"array","items":{"type":"double"}"#;
    assert_eq!(verdict(longs, doubles), [Fine]);
    assert_eq!(verdict(doubles, longs), [Breaking]);
    assert_eq!(verdict(long, longs), [Breaking]);
    assert_eq!(verdict(long, r#""type":"any""#), [Fine]);
    assert_eq!(verdict(r#""type":"any""#, long), [Breaking]);
    let object = r#""type":"object","properties":{"x":{"type":"long","required":true}}"#;
    let more = r#""type":"object","properties":{"x":{"type":"long"},"y":{"type":"long","required":false}}"#;
    let stricter = r#""type":"object","properties":{"x":{"type":"long"},"y":{"type":"long"}}"#;
    assert_eq!(verdict(object, more), [Fine]);
    assert_eq!(verdict(object, stricter), [Breaking]);
    assert_eq!(verdict(more, object), [Breaking]);
    let map = r#""type":"map","values":{"type":"integer"}"#;
    assert_eq!(verdict(map, r#""type":"map","values":{"type":"long"}"#), [Fine]);
    assert_eq!(verdict(object, map), [Breaking]);
    assert_eq!(verdict(r#""type":"decimal""#, r#""type":"decimal""#), []);
    assert_eq!(verdict(r#""type":"decimal""#, long), [Breaking]);
}

fn tensor(dtype: &str, shape: &str) -> String {
    format!(r#"[{{"type":"tensor","tensor-spec":{{"dtype":"{dtype}","shape":{shape}}}}}]"#)
}

#[test]
fn tensors_have_a_type_and_a_shape() {
    let one = tensor("float32", "[-1, 3]");
    assert_eq!(of_inputs(&one, &tensor("float64", "[-1, 3]")), [Risky]);
    assert_eq!(of_inputs(&one, &tensor("float16", "[-1, 3]")), [Breaking]);
    assert_eq!(of_inputs(&one, &tensor("int64", "[-1, 3]")), [Breaking]);
    assert_eq!(of_inputs(&one, &tensor("float32", "[-1, -1]")), [Fine]);
    assert_eq!(of_inputs(&one, &tensor("float32", "[5, 3]")), [Breaking]);
    assert_eq!(of_inputs(&one, &tensor("float32", "[-1, 3, 1]")), [Breaking]);
    assert_eq!(of_inputs(&one, r#"[{"type":"long"}]"#), [Breaking]);
    assert_eq!(of_outputs(&one, &tensor("float32", "[5, 3]")), [Fine]);
    assert_eq!(of_outputs(&one, &tensor("float32", "[-1, -1]")), [Breaking]);
    assert_eq!(of_outputs(&one, &tensor("float64", "[-1, 3]")), [Breaking]);
}

#[test]
fn outputs_may_only_be_what_they_could_have_been() {
    let a = |kind: &str| format!(r#"[{{"type":"{kind}","name":"a"}}]"#);
    assert_eq!(of_outputs(&a("long"), &a("integer")), [Fine]);
    assert_eq!(of_outputs(&a("double"), &a("float")), [Note]);
    assert_eq!(of_outputs(&a("integer"), &a("long")), [Breaking]);
    assert_eq!(of_outputs(&a("any"), &a("long")), [Fine]);
    assert_eq!(of_outputs(&a("long"), &a("any")), [Breaking]);
    let two = r#"[{"type":"long","name":"a"},{"type":"long","name":"b"}]"#;
    let swapped = r#"[{"type":"long","name":"b"},{"type":"long","name":"a"}]"#;
    assert_eq!(of_outputs(&a("long"), two), [Fine]);
    assert_eq!(of_outputs(two, &a("long")), [Breaking]);
    assert_eq!(of_outputs(two, swapped), [Note]);
    assert_eq!(of_outputs(r#"[{"type":"long"}]"#, r#"[{"type":"long"},{"type":"long"}]"#), [Note]);
    let optional = r#"[{"type":"long","name":"a","required":false}]"#;
    assert_eq!(of_outputs(&a("long"), optional), [Breaking]);
    assert_eq!(of_outputs(optional, &a("long")), [Fine]);
    let object =
        |inner: &str| format!(r#"[{{"type":"object","properties":{{"x":{{"type":"long"}}{inner}}}}}]"#);
    assert_eq!(of_outputs(&object(""), &object(r#","y":{"type":"long"}"#)), [Note]);
    assert_eq!(of_outputs(&object(r#","y":{"type":"long"}"#), &object("")), [Breaking]);
}

#[test]
fn params_convert_and_have_defaults() {
    let param = |kind: &str, default: &str, shape: &str| {
        taking(&format!(r#"[{{"name":"t","type":"{kind}","default":{default},"shape":{shape}}}]"#))
    };
    let one = param("integer", "1", "null");
    assert_eq!(found(&one, &param("double", "1.0", "null")), [Fine]);
    assert_eq!(found(&param("double", "1.0", "null"), &one), [Breaking]);
    assert_eq!(found(&one, &param("integer", "1", "[-1]")), [Breaking]);
    assert_eq!(found(&one, &taking("[]")), [Risky]);
    assert_eq!(found(&taking("[]"), &one), [Fine]);
    let other = compare(Some(&one), Some(&param("integer", "2", "null")));
    assert_eq!((worst(&other), other[0].path.as_str()), (Note, "params.t.default"));
    assert!(other[0].fails(true) && !other[0].fails(false));
}

#[test]
fn nonsense_says_where_it_is() {
    let refused = |inputs: &str| {
        let texts = SignatureTexts { inputs: Some(inputs.into()), ..SignatureTexts::default() };
        texts.parse().expect_err("is nonsense").to_string()
    };
    assert!(refused("[").starts_with("the signature's `inputs` can't be read: "), "{}", refused("["));
    for nonsense in ["{}", "[1]", "[{}]", r#"[{"type":"array"}]"#, r#"[{"type":"tensor"}]"#] {
        refused(nonsense);
    }
    assert!(refused(r#"[{"type":"long","name":"a"},{"type":"long","name":"a"}]"#).contains("twice"));
    assert!(refused(r#"[{"type":"long","name":"a"},{"type":"long"}]"#).contains("have none"));
    let none = SignatureTexts { inputs: Some("null".into()), ..SignatureTexts::default() };
    assert!(none.parse().expect("is one").is_empty());
}
