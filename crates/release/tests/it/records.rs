//! What is signed stays as it was signed, and only what it should be is read.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::Millis;
use proptest::prelude::*;
use release::{Envelope, Error, Moment, PublicKeys, SigningKey, Statement, statement, verify};
use serde_json::{Value, json};

use crate::sample;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[7; 32]));
static TRUSTED: LazyLock<PublicKeys> = LazyLock::new(|| PublicKeys::new(vec![KEY.public().clone()]));
static GOOD: LazyLock<Envelope> = LazyLock::new(|| {
    Statement::new(sample::subjects(), sample::predicate()).and_then(|it| it.sign(&KEY)).expect("signed")
});

fn refusal(envelope: &Envelope) -> Error {
    verify(envelope.to_line().as_bytes(), &TRUSTED, None).expect_err("refused")
}

/// A record whose signature is good and whose statement is changed.
fn signed_after(change: impl FnOnce(&mut Value)) -> String {
    let payload = BASE64_STANDARD.decode(&GOOD.payload).expect("base64");
    let mut document = serde_json::from_slice(&payload).expect("JSON");
    change(&mut document);
    refusal(&Envelope::sign(statement::PAYLOAD_TYPE, document.to_string().as_bytes(), &KEY)).to_string()
}

fn signed(payload: &str) -> String {
    refusal(&Envelope::sign(statement::PAYLOAD_TYPE, payload.as_bytes(), &KEY)).to_string()
}

#[test]
fn a_good_record_holds_and_is_told() {
    let report = verify(GOOD.to_line().as_bytes(), &TRUSTED, None).expect("good");
    assert_eq!(report.key.id(), KEY.key_id());
    assert_eq!(report.sign_offs, [Ok(()), Ok(())]);
    let names: Vec<_> = report.statement.subjects().iter().map(release::Subject::name).collect();
    assert_eq!(names, ["MLmodel", "data/empty.bin"]);
    let told = report.to_string();
    assert!(
        told.starts_with("`churn` version `7` to `Production`, issued at 2025-11-25T03:00:00.000Z\n"),
        "{told}"
    );
    assert!(
        told.contains("signed off by `erin` as `ml_engineer`") && told.contains("were not compared"),
        "{told}"
    );
}

#[test]
fn a_payload_is_canonical_and_leaves_out_what_is_absent() {
    let payload = BASE64_STANDARD.decode(&GOOD.payload).expect("base64");
    let document: Value = serde_json::from_slice(&payload).expect("JSON");
    assert_eq!(domain::canonical::to_string(&document).as_bytes(), payload);
    assert_eq!(document["subject"][0]["annotations"], json!({ "size": "6" }));
    assert_eq!(document["predicate"]["release"]["issuedAt"], "2025-11-25T03:00:00.000Z");
    assert_eq!(document["predicate"]["audit"]["seq"], "4711");
    for absent in ["/predicate/override", "/predicate/transition/comment", "/predicate/model/runId"] {
        assert_eq!(document.pointer(absent), None, "{absent}");
    }
    assert!(!document.to_string().contains("null"));
}

#[test]
fn an_envelope_that_is_none_is_refused() {
    for (spoil, why) in [
        (json!({ "payloadType": "text/plain" }), "the payload's type is `text/plain`"),
        (json!({ "payloadType": 5 }), "`payloadType`: invalid type"),
        (json!({ "payload": GOOD.payload.trim_end_matches('=') }), "`payload` is not base64"),
        (json!({ "payload": format!("{}\n", GOOD.payload) }), "`payload` is not base64"),
        (json!({ "payload": GOOD.payload.replacen('e', "*", 1) }), "`payload` is not base64"),
        (json!({ "signatures": [] }), "the record is not signed"),
        (json!({ "signatures": null }), "`signatures`: invalid type"),
        (json!({ "signatures": [{ "sig": "" }] }), "missing field `keyid`"),
    ] {
        let mut envelope = serde_json::to_value(&*GOOD).expect("JSON");
        let members = spoil.as_object().expect("an object").clone();
        envelope.as_object_mut().expect("an object").extend(members);
        let refused = verify(envelope.to_string().as_bytes(), &TRUSTED, None).expect_err(why).to_string();
        assert!(refused.contains(why), "{why}: {refused}");
    }
    for text in ["", "[]", "{}", "null", &format!("{}{{}}", GOOD.to_line())] {
        assert!(matches!(verify(text.as_bytes(), &TRUSTED, None), Err(Error::NotAnEnvelope(_))), "{text}");
    }
}

#[test]
fn a_member_that_is_not_signed_is_ignored() {
    let mut envelope = serde_json::to_value(&*GOOD).expect("JSON");
    envelope["note"] = json!("anyone can write this");
    assert!(verify(envelope.to_string().as_bytes(), &TRUSTED, None).is_ok());
}

#[test]
fn a_signature_names_a_known_key_and_is_by_it() {
    let spoilt = |spoil: fn(&mut Envelope)| {
        let mut envelope = GOOD.clone();
        spoil(&mut envelope);
        refusal(&envelope)
    };
    assert!(matches!(spoilt(|it| it.signatures[0].keyid.clear()), Error::UnknownKey { .. }));
    assert!(matches!(spoilt(|it| it.signatures[0].keyid.make_ascii_uppercase()), Error::UnknownKey { .. }));
    assert!(matches!(spoilt(|it| it.signatures.push(it.signatures[0].clone())), Error::SignedTwice { .. }));
    assert!(matches!(
        spoilt(|it| it.signatures[0].sig.truncate(84)),
        Error::SignatureLength { length: 63, .. }
    ));
    assert!(matches!(spoilt(|it| it.signatures[0].sig.truncate(87)), Error::Base64 { member: "sig", .. }));
    assert!(matches!(spoilt(|it| it.signatures[0].sig.insert(9, '\n')), Error::Base64 { member: "sig", .. }));
    let told =
        verify(GOOD.to_line().as_bytes(), &PublicKeys::default(), None).expect_err("no keys").to_string();
    assert!(told.contains(KEY.key_id()) && told.contains("/.well-known/countersign.pub"), "{told}");
}

#[test]
fn a_signature_by_an_unknown_key_does_no_harm_and_no_good() {
    let other = SigningKey::from_seed(&[8; 32]);
    let payload = BASE64_STANDARD.decode(&GOOD.payload).expect("base64");
    let by_other = Envelope::sign(statement::PAYLOAD_TYPE, &payload, &other).signatures.remove(0);
    let mut both = GOOD.clone();
    both.signatures.insert(0, by_other.clone());
    assert!(verify(both.to_line().as_bytes(), &TRUSTED, None).is_ok());
    both.signatures = vec![by_other];
    assert!(matches!(refusal(&both), Error::UnknownKey { .. }));
    both.signatures[0].keyid = KEY.key_id().into();
    assert!(matches!(refusal(&both), Error::BadSignature { .. }));
}

#[test]
fn a_statement_of_another_shape_is_refused() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 16] = [
        (|it| it["_type"] = json!("https://in-toto.io/Statement/v0.1"), "`_type` is"),
        (|it| it["predicateType"] = json!("https://slsa.dev/provenance/v1"), "`predicateType` is"),
        (|it| it["more"] = json!(1), "unknown field `more`"),
        (|it| it["predicate"] = json!({}), "`predicate`: missing field"),
        (|it| it["predicate"] = json!([]), "`predicate`"),
        (|it| it["subject"] = json!([]), "this version has none"),
        (|it| it["subject"][0]["size"] = json!("6"), "`subject[0].size`: unknown field"),
        (|it| it["subject"][0]["digest"] = json!({}), "missing field `sha256`"),
        (|it| it["subject"][0]["digest"]["sha256"] = json!("5891B5"), "its SHA-256 is not 64"),
        (|it| it["subject"][0]["annotations"]["size"] = json!("06"), "its size is no number"),
        (
            |it| it["subject"][1]["name"] = json!("MLmodel"),
            "`MLmodel` can't be in a record: it is there twice",
        ),
        (|it| it["subject"][0]["name"] = json!("z"), "`data/empty.bin` comes too late"),
        (|it| it["predicate"]["signOffs"][1]["at"] = json!(5), "`predicate.signOffs[1].at`"),
        (|it| it["predicate"]["transition"]["kind"] = json!("plain"), "`predicate.transition.kind`"),
        (|it| it["predicate"]["gates"][0]["evidence"]["auc"] = json!(0.91), "0.91 is no integer"),
        (|it| it["predicate"]["policy"]["version"] = json!("3"), "`predicate.policy.version`"),
    ];
    for (change, why) in changes {
        let refused = signed_after(change);
        assert!(refused.contains(why), "{why}: {refused}");
    }
    for name in ["", "/etc/passwd", "../MLmodel", "a/../b", "a//b", "./a", "a/", "a\\b", "a\0b"] {
        let refused = signed_after(|it| it["subject"][0]["name"] = json!(name));
        assert!(refused.contains("can't be in a record: its name"), "{name}: {refused}");
    }
}

#[test]
fn json_that_readers_understand_differently_is_refused() {
    let payload = String::from_utf8(BASE64_STANDARD.decode(&GOOD.payload).expect("base64")).expect("UTF-8");
    let twice = payload.replacen(r#""name":"churn","#, r#""name":"churn","name":"churn","#, 1);
    assert!(signed(&twice).contains("the member `name` is there twice"));
    let nan = payload.replacen(r#""candidate":"0.91""#, r#""candidate":NaN"#, 1);
    assert_ne!(nan, payload);
    assert!(signed(&nan).contains("this is no release statement"));
    assert!(signed("").contains("this is no release statement"));
}

#[test]
fn a_record_without_files_or_with_fractions_is_not_made() {
    assert!(matches!(Statement::new(vec![], sample::predicate()), Err(Error::NoSubjects)));
    let twice = [sample::subjects(), sample::subjects()].concat();
    assert!(matches!(Statement::new(twice, sample::predicate()), Err(Error::Subject { .. })));
    let mut predicate = sample::predicate();
    predicate.gates[0].evidence = Some(json!({ "auc": 0.91 }));
    let statement = Statement::new(sample::subjects(), predicate).expect("its shape is right");
    assert!(statement.sign(&KEY).is_err_and(|why| why.to_string().contains("write it as a text")));
}

#[test]
fn a_key_signs_until_it_is_retired_or_revoked() {
    let at = |offset| Some(Moment(Millis(sample::ISSUED.0 + offset)));
    let by = |until, revoked| {
        let mut key = KEY.public().clone();
        (key.until, key.revoked) = (until, revoked);
        verify(GOOD.to_line().as_bytes(), &PublicKeys::new(vec![key]), None)
    };
    assert!(by(at(0), None).is_ok());
    assert!(matches!(by(at(-1), None), Err(Error::Retired { .. })));
    assert!(matches!(by(at(5), at(-1)), Err(Error::Revoked { .. })));
    let told = by(at(5), at(0)).expect("issued before").to_string();
    assert!(told.contains("only the audit log tells"), "{told}");
}

proptest! {
    #[test]
    fn a_single_changed_byte_of_payload_or_signature_is_refused(
        in_payload: bool,
        at: prop::sample::Index,
        flip in 1_u8..,
    ) {
        let mut envelope = GOOD.clone();
        let text = if in_payload { &mut envelope.payload } else { &mut envelope.signatures[0].sig };
        let mut bytes = BASE64_STANDARD.decode(&*text).expect("base64");
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        *text = BASE64_STANDARD.encode(bytes);
        let refused = refusal(&envelope);
        prop_assert!(matches!(refused, Error::BadSignature { .. }), "{refused}");
    }

    #[test]
    fn a_single_changed_byte_of_the_file_is_refused_or_means_the_same(at: prop::sample::Index, byte: u8) {
        let mut record = GOOD.to_line().into_bytes();
        let at = at.index(record.len());
        record[at] = byte;
        if verify(&record, &TRUSTED, None).is_ok() {
            let read = Envelope::parse(&record).expect("it verified");
            let verified = read.verify(statement::PAYLOAD_TYPE, &TRUSTED).expect("it verified");
            prop_assert_eq!(BASE64_STANDARD.encode(verified.payload), GOOD.payload.clone());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        prop_assert!(verify(&bytes, &TRUSTED, None).is_err());
        let signed = Envelope::sign(statement::PAYLOAD_TYPE, &bytes, &KEY);
        prop_assert!(verify(signed.to_line().as_bytes(), &TRUSTED, None).is_err());
    }
}
