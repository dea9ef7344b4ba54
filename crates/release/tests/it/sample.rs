//! A record that holds, to be spoilt by tests and shown by the example.

use std::fs;
use std::path::Path;

use domain::{Millis, canonical};
use release::predicate::{
    AuditAnchor, CANONICALIZATION, Digest, Gate, GateStatus, Kind, Model, Person, Places, Policy, Predicate,
    Release, SignOff, Transition,
};
use release::{Moment, Subject};
use serde_json::json;

/// `printf 'hello\n' | sha256sum`
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
/// `printf '' | sha256sum`
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// 2025-11-25T03:00:00Z
pub const ISSUED: Millis = Millis(1_764_039_600_000);

pub fn subjects() -> Vec<Subject> {
    vec![Subject::new("data/empty.bin", NOTHING, 0), Subject::new("MLmodel", HELLO, 6)]
}

/// Puts the files of [`subjects`] on disk.
pub fn write_files(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder.join("data"))?;
    fs::write(folder.join("MLmodel"), "hello\n")?;
    fs::write(folder.join("data/empty.bin"), "")
}

/// Dana asked; Erin and Omar signed.
pub fn predicate() -> Predicate {
    let document = json!({
        "v": 1,
        "kind": "countersign/review",
        "request": { "id": "12", "target": "Production", "requester": "u-1", "authors": ["u-1"] },
        "version": { "model": "m-1", "name": "churn", "version": "7", "source": "models:/m-1" },
        "files": [
            { "path": "MLmodel", "sha256": HELLO, "size": "6" },
            { "path": "data/empty.bin", "sha256": NOTHING, "size": "0" },
        ],
        "metrics": [{ "key": "auc", "value": "0.91" }],
    });
    let sha256 = canonical::digest(&document);
    let gate = Gate {
        id: "champion:auc".into(),
        kind: "champion".into(),
        required: true,
        status: GateStatus::Pass,
        may_be_not_applicable: false,
        summary: Some("auc 0.91 ≥ 0.88".into()),
        evidence: Some(json!({ "candidate": "0.91", "champion": "0.88" })),
        computed_at: Some(Moment(ISSUED)),
        waiver: None,
    };
    let sign_off = |by: &str, id: &str, role: &str, digest: &str| SignOff {
        by: by.into(),
        id: Some(id.into()),
        role: role.into(),
        at: Moment(ISSUED),
        words: None,
        digest: digest.into(),
        door: "page".into(),
    };
    let places = |role: &str| Places { roles: vec![role.into()], count: 1 };
    Predicate {
        release: Release {
            id: "3".into(),
            server: "11111111-2222-4333-8444-555555555555".into(),
            url: Some("https://countersign.example/reviews/12".into()),
            issued_at: Moment(ISSUED),
        },
        model: Model {
            name: "churn".into(),
            version: "7".into(),
            source: Some("models:/m-1".into()),
            run_id: None,
            previous: Some("6".into()),
        },
        transition: Transition {
            from: Some("Staging".into()),
            to: "Production".into(),
            archived: vec!["6".into()],
            kind: Kind::Review,
            requested_by: Person {
                name: "dana".into(),
                id: Some("u-1".into()),
                roles: vec!["data_scientist".into()],
            },
            requested_at: Moment(Millis(ISSUED.0 - 3_600_000)),
            comment: None,
        },
        sign_offs: vec![
            sign_off("erin", "u-2", "ml_engineer", &sha256),
            sign_off("omar", "u-3", "ops_engineer", &sha256),
        ],
        digest: Digest { sha256, canonicalization: CANONICALIZATION.into(), document },
        policy: Policy {
            scope: "workspace".into(),
            version: 3,
            sha256: NOTHING.into(),
            toml: "format = 1\n".into(),
            author_may_sign: false,
            sign_off: vec![places("ml_engineer"), places("ops_engineer")],
        },
        gates: vec![gate],
        overridden: None,
        audit: Some(AuditAnchor { seq: "4711".into(), hash: HELLO.into() }),
    }
}
