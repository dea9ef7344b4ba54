//! A policy's TOML, from its tables down to who signs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable};

use super::reader::{self, At, Fields, Misplaced, Read, Refused, refuse};
use super::{Leave, MAX_PLACES, PlainCall, Policy, Requirement, Roles, RollbackRules, StageRules, rules};
use crate::accounts::Role;
use crate::registry::{self, Stages};

const TABLES: [&str; 5] = ["format", "stage", "alias", "override", "waive"];
const STAGE_KEYS: [&str; 9] = [
    "sign_off",
    "plain_call",
    "expires_after",
    "replaces",
    "retire_to",
    "leave",
    "gate",
    "rollback",
    "auto_apply",
];
/// An alias names one version, so there is nothing to replace or to retire.
const ALIAS_KEYS: [&str; 7] =
    ["sign_off", "plain_call", "expires_after", "leave", "gate", "rollback", "auto_apply"];

/// Reads a policy for a workspace that has these stages.
///
/// # Errors
/// `Misplaced` at the first key, role, stage or value that isn't known or allowed.
pub fn parse(text: &str, stages: &Stages) -> Result<Policy, Misplaced> {
    let document = DeTable::parse(text).map_err(|error| {
        let message = error.message().to_lowercase().trim_end_matches('.').to_owned();
        Refused { span: error.span().unwrap_or(0..0), message }
    });
    document.and_then(|document| policy(&document, stages)).map_err(|refused| Misplaced::new(text, refused))
}

fn policy(document: &Spanned<DeTable<'_>>, stages: &Stages) -> Read<Policy> {
    let fields = Fields::new(document.get_ref(), document.span().start..document.span().start, &TABLES)?;
    let format = fields.needed("format", "write `format = 1`")?;
    if reader::integer(format)? != 1 {
        return refuse(format.span(), "this format isn't known; write `format = 1`");
    }
    let stage = |(key, value): (&Spanned<DeString<'_>>, At<'_>)| {
        let name = key.get_ref().as_ref();
        check_stage(key.span(), name, stages)?;
        Ok((name.to_owned(), target_rules(value, Some(name), stages)?))
    };
    let alias = |(key, value): (&Spanned<DeString<'_>>, At<'_>)| {
        let name = key.get_ref().as_ref();
        registry::check_new_alias(name)
            .or_else(|invalid| refuse(key.span(), format!("no alias: {}", invalid.message)))?;
        Ok((name.to_owned(), target_rules(value, None, stages)?))
    };
    let stages = fields.optional("stage", |value| reader::table(value)?.iter().map(stage).collect())?;
    let aliases = fields.optional("alias", |value| reader::table(value)?.iter().map(alias).collect())?;
    Ok(Policy {
        stages: stages.unwrap_or_default(),
        aliases: aliases.unwrap_or_default(),
        override_roles: deciding_roles(&fields, "override")?,
        waive_roles: deciding_roles(&fields, "waive")?,
    })
}

pub(super) fn check_stage(span: Range<usize>, name: &str, stages: &Stages) -> Read<()> {
    if stages.contains(name) {
        return Ok(());
    }
    refuse(
        span,
        format!("`{name}` is no stage here; there are {}", stages.iter().collect::<Vec<_>>().join(", ")),
    )
}

fn deciding_roles(fields: &Fields<'_>, key: &str) -> Read<BTreeSet<Role>> {
    let Some(value) = fields.get(key) else { return Ok(BTreeSet::new()) };
    let fields = Fields::of(value, &["roles"])?;
    roles(fields.needed("roles", "write e.g. `roles = [\"admin\"]`, or `roles = []` for nobody")?)
}

fn target_rules(value: At<'_>, stage: Option<&str>, stages: &Stages) -> Read<StageRules> {
    let known: &[&str] = if stage.is_some() { &STAGE_KEYS } else { &ALIAS_KEYS };
    let fields = Fields::of(value, known)?;
    let sign_off =
        fields.needed("sign_off", "write `sign_off = []` if nobody has to sign").and_then(sign_off)?;
    let replaces = fields.flag("replaces", false)?;
    let retire_to = retire_to(&fields, replaces, stage, stages)?;
    let leave = fields.word("leave", &[("free", Leave::Free), ("review", Leave::Review)])?;
    let plain_call = [("refuse", PlainCall::Refuse), ("request", PlainCall::Request)];
    Ok(StageRules {
        sign_off,
        plain_call: fields.word("plain_call", &plain_call)?.unwrap_or_default(),
        expires_after_ms: fields.optional("expires_after", reader::duration)?,
        replaces,
        retire_to,
        // What is replaced by review only isn't taken away without one.
        leave: leave.unwrap_or(if replaces { Leave::Review } else { Leave::Free }),
        gates: fields.optional("gate", |value| rules::gates(value, stages))?.unwrap_or_default(),
        rollback: fields.optional("rollback", rollback)?,
        auto_apply: fields.flag("auto_apply", true)?,
    })
}

fn retire_to(
    fields: &Fields<'_>,
    replaces: bool,
    stage: Option<&str>,
    stages: &Stages,
) -> Read<Option<String>> {
    let Some(value) = fields.get("retire_to") else {
        return Ok(replaces.then(|| registry::ARCHIVED.to_owned()));
    };
    let name = reader::text(value)?;
    check_stage(value.span(), name, stages)?;
    if !replaces {
        return refuse(value.span(), "nothing retires here unless `replaces = true`");
    }
    if Some(name) == stage {
        return refuse(value.span(), format!("versions that leave `{name}` can't retire to it"));
    }
    Ok(Some(name.to_owned()))
}

fn rollback(value: At<'_>) -> Read<RollbackRules> {
    let fields = Fields::of(value, &["sign_off", "author_may_sign"])?;
    let sign_off = fields.needed("sign_off", "write `sign_off = []` if nobody has to sign")?;
    Ok(RollbackRules {
        sign_off: self::sign_off(sign_off)?,
        author_may_sign: fields.flag("author_may_sign", false)?,
    })
}

fn sign_off(value: At<'_>) -> Read<Vec<Requirement>> {
    let mut requirements: BTreeMap<Roles, usize> = BTreeMap::new();
    let mut places = 0;
    let mut all = Vec::new();
    for item in reader::list(value)? {
        let requirement = requirement(item)?;
        places += requirement.count;
        if places > MAX_PLACES {
            return refuse(item.span(), format!("more than {MAX_PLACES} signatures; ask for fewer"));
        }
        if requirements.insert(requirement.roles.clone(), all.len()).is_some() {
            let why = format!("`{}` is asked for twice; write the sum as its `count`", requirement.roles);
            return refuse(item.span(), why);
        }
        all.push(requirement);
    }
    Ok(all)
}

fn requirement(value: At<'_>) -> Read<Requirement> {
    let fields = Fields::of(value, &["role", "roles", "count"])?;
    let roles = match (fields.get("role"), fields.get("roles")) {
        (Some(role), None) if reader::text(role)? == "any" => Roles::Any,
        (Some(role), None) => Roles::one(self::role(role)?),
        (None, Some(list)) => {
            let roles = roles(list)?;
            if roles.is_empty() {
                return refuse(list.span(), "a signature of no role can't be given; name a role");
            }
            Roles::Of(roles)
        }
        _ => return refuse(value.span(), "write either `role = \"…\"` or `roles = [\"…\"]`"),
    };
    let count = match fields.get("count") {
        None => 1,
        Some(value) => {
            let count = u32::try_from(reader::integer(value)?).ok();
            let count = count.filter(|count| (1..=MAX_PLACES).contains(count));
            let why = || format!("`count` is a number from 1 to {MAX_PLACES}");
            count.map_or_else(|| refuse(value.span(), why()), Ok)?
        }
    };
    Ok(Requirement { roles, count })
}

fn roles(value: At<'_>) -> Read<BTreeSet<Role>> {
    let mut roles = BTreeSet::new();
    for item in reader::list(value)? {
        let role = role(item)?;
        if !roles.insert(role) {
            return refuse(item.span(), format!("`{role}` is named twice; remove one"));
        }
    }
    Ok(roles)
}

fn role(value: At<'_>) -> Read<Role> {
    let name = reader::text(value)?;
    match Role::parse(name) {
        Some(Role::Viewer) => refuse(value.span(), "a `viewer` only looks on; name another role"),
        Some(role) => Ok(role),
        None => {
            let known: Vec<_> = Role::ALL.into_iter().map(Role::as_str).collect();
            refuse(value.span(), format!("`{name}` is no role; there are {}", known.join(", ")))
        }
    }
}
