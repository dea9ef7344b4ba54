//! Rules as documents to be hashed, in one form whatever their text looked like.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Requirement, Roles, StageRules, print};
use crate::accounts::Role;

pub(super) fn roles(roles: &BTreeSet<Role>) -> Value {
    roles.iter().map(|role| role.as_str()).collect()
}

fn sign_off(requirements: &[Requirement]) -> Value {
    let one = |requirement: &Requirement| {
        let roles = match &requirement.roles {
            Roles::Any => json!("any"),
            Roles::Of(roles) => self::roles(roles),
        };
        json!({ "roles": roles, "count": requirement.count })
    };
    requirements.iter().map(one).collect()
}

/// Texts and integers only, absent things left out.
pub(super) fn rules(rules: &StageRules) -> Value {
    let mut gates: Vec<_> = rules.gates.iter().collect();
    gates.sort_by(|one, other| one.id.cmp(&other.id));
    let mut document = json!({
        "sign_off": sign_off(&rules.sign_off),
        "plain_call": print::plain_call(rules.plain_call),
        "replaces": rules.replaces,
        "leave": print::leave(rules.leave),
        "auto_apply": rules.auto_apply,
        // A gate's lines have one spelling too.
        "gates": gates.into_iter().map(print::gate).collect::<Vec<_>>(),
    });
    if let Some(expires_after) = rules.expires_after_ms {
        document["expires_after"] = json!(print::duration(expires_after));
    }
    if let Some(retire_to) = &rules.retire_to {
        document["retire_to"] = json!(retire_to);
    }
    if let Some(rollback) = &rules.rollback {
        document["rollback"] = json!({
            "sign_off": sign_off(&rollback.sign_off),
            "author_may_sign": rollback.author_may_sign,
        });
    }
    document
}
