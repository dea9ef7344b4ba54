//! The audit log: what changed, who changed it, and a chain of hashes that shows if somebody changed the log.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::Millis;

/// One change of state. Texts are kept as they were written, so that a hash can be computed again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub id: i64,
    pub at: Millis,
    pub actor: String,
    /// Their roles at that time, separated by commas.
    pub roles: String,
    /// By what they were known, e.g. `session` or `token ci`.
    pub via: String,
    /// Where they called from; empty: not over the network.
    pub address: String,
    /// What was done, e.g. `experiment.delete`.
    pub action: String,
    /// What it was done to, e.g. `experiment 7`.
    pub subject: String,
    /// JSON; `null` where there was nothing.
    pub before: String,
    /// JSON; `null` where nothing is left.
    pub after: String,
    /// The hash of the entry before; empty for the first.
    pub previous: String,
    /// [`AuditEntry::digest`], as lower-case hexadecimal digits.
    pub hash: String,
}

impl AuditEntry {
    /// SHA-256 over the entry's other fields: the UTF-8 bytes of one JSON list, in the order in which they are
    /// declared, without spaces.
    pub fn digest(&self) -> String {
        let fields = json!([
            "countersign-audit-v1",
            self.id,
            self.at.0,
            [self.actor, self.roles, self.via, self.address],
            [self.action, self.subject, self.before, self.after],
            self.previous,
        ]);
        hex::encode(Sha256::digest(fields.to_string()))
    }

    /// What is wrong with this entry, if it is to follow one with the number `before` and the hash `previous`.
    pub fn fault(&self, before: i64, previous: &str) -> Option<String> {
        if self.id != before + 1 {
            return Some(format!("entry {} is missing: entry {} comes after {before}", before + 1, self.id));
        }
        if self.hash != self.digest() {
            return Some(format!("entry {} is not as it was written: its hash differs", self.id));
        }
        if self.previous != previous {
            return Some(format!("entry {} does not continue the entry before it", self.id));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: i64, previous: &str) -> AuditEntry {
        let mut entry = AuditEntry {
            id,
            at: Millis(1_700_000_000_000),
            actor: "ana".into(),
            roles: "admin,viewer".into(),
            via: "session".into(),
            address: "127.0.0.1".into(),
            action: "experiment.rename".into(),
            subject: "experiment 7".into(),
            before: r#"{"name":"a"}"#.into(),
            after: r#"{"name":"b\n\"ü"}"#.into(),
            previous: previous.into(),
            hash: String::new(),
        };
        entry.hash = entry.digest();
        entry
    }

    #[test]
    fn the_digest_can_be_computed_elsewhere() {
        // sha256(json.dumps(fields, separators=(",", ":"), ensure_ascii=False)) by Python.
        assert_eq!(entry(1, "").hash, "960c3b187c81182c5ba9f279dc35f206d13ec98a1aff13891ef29cba3d2a1a83");
    }

    #[test]
    fn a_change_a_gap_and_a_swap_are_named() {
        let first = entry(1, "");
        let second = entry(2, &first.hash);
        assert_eq!(first.fault(0, ""), None);
        assert_eq!(second.fault(1, &first.hash), None);
        for change in [
            |entry: &mut AuditEntry| entry.actor = "bob".into(),
            |entry: &mut AuditEntry| entry.at = Millis(1),
            |entry: &mut AuditEntry| entry.via = "token".into(),
            |entry: &mut AuditEntry| entry.address.clear(),
            |entry: &mut AuditEntry| entry.roles = "admin".into(),
            |entry: &mut AuditEntry| entry.action.push('x'),
            |entry: &mut AuditEntry| entry.subject.push('x'),
            |entry: &mut AuditEntry| entry.before = "null".into(),
            |entry: &mut AuditEntry| entry.after = "null".into(),
        ] {
            let mut changed = second.clone();
            change(&mut changed);
            assert!(changed.fault(1, &first.hash).is_some_and(|why| why.contains("entry 2 is not")));
        }
        assert!(second.fault(0, "").is_some_and(|why| why.contains("entry 1 is missing")));
        let rewritten = entry(2, "another");
        assert!(rewritten.fault(1, &first.hash).is_some_and(|why| why.contains("does not continue")));
    }
}
