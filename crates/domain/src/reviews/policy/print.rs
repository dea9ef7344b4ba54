//! Policies as TOML, in one spelling.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Leave, PlainCall, Policy, Requirement, Roles, StageRules, reader};
use crate::accounts::Role;
use crate::canonical;
use crate::reviews::gates::{Amount, Better, GateKind, GateRule, Margin, WithoutChampion};

pub(super) fn policy(policy: &Policy) -> String {
    let mut text = String::from("format = 1\n");
    for (stage, rules) in &policy.stages {
        target(&mut text, &format!("stage.{}", quoted(stage)), rules, true);
    }
    for (alias, rules) in &policy.aliases {
        target(&mut text, &format!("alias.{}", quoted(alias)), rules, false);
    }
    for (table, roles) in [("override", &policy.override_roles), ("waive", &policy.waive_roles)] {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "\n[{table}]\nroles = {}", self::roles(roles));
    }
    text
}

fn target(text: &mut String, table: &str, rules: &StageRules, is_stage: bool) {
    let _ = writeln!(text, "\n[{table}]\nsign_off = {}", sign_off(&rules.sign_off));
    let _ = writeln!(text, "plain_call = \"{}\"", plain_call(rules.plain_call));
    if let Some(expires_after) = rules.expires_after_ms {
        let _ = writeln!(text, "expires_after = \"{}\"", duration(expires_after));
    }
    if is_stage {
        let _ = writeln!(text, "replaces = {}", rules.replaces);
    }
    if let Some(retire_to) = &rules.retire_to {
        let _ = writeln!(text, "retire_to = {}", quoted(retire_to));
    }
    let _ = writeln!(text, "leave = \"{}\"\nauto_apply = {}", leave(rules.leave), rules.auto_apply);
    for gate in &rules.gates {
        let _ = writeln!(text, "\n[[{table}.gate]]\n{}", self::gate(gate));
    }
    if let Some(rollback) = &rules.rollback {
        let _ = writeln!(text, "\n[{table}.rollback]\nsign_off = {}", sign_off(&rollback.sign_off));
        let _ = writeln!(text, "author_may_sign = {}", rollback.author_may_sign);
    }
}

pub(super) fn plain_call(plain_call: PlainCall) -> &'static str {
    match plain_call {
        PlainCall::Refuse => "refuse",
        PlainCall::Request => "request",
    }
}

pub(super) fn leave(leave: Leave) -> &'static str {
    match leave {
        Leave::Free => "free",
        Leave::Review => "review",
    }
}

pub(super) fn duration(length_ms: i64) -> String {
    reader::duration_text(length_ms)
}

/// The gate's lines, each value spelled out.
pub(super) fn gate(rule: &GateRule) -> String {
    let mut lines =
        vec![format!("kind = \"{}\"", rule.kind.as_str()), format!("required = {}", rule.required)];
    let mut line = |key: &str, value: String| lines.push(format!("{key} = {value}"));
    match &rule.kind {
        GateKind::Metric { metric, min, max, dataset } => {
            line("metric", quoted(metric));
            for (key, bound) in [("min", min), ("max", max)] {
                if let Some(bound) = bound {
                    line(key, canonical::number(*bound));
                }
            }
            if let Some(dataset) = dataset {
                line("dataset", quoted(dataset));
            }
        }
        GateKind::Champion { metric, better, margin, dataset, same_data, without_champion } => {
            line("metric", quoted(metric));
            if let Some(better) = better {
                line("better", quoted(if *better == Better::Higher { "higher" } else { "lower" }));
            }
            match margin {
                Margin::NoWorseThan(most) => line("margin", amount(*most)),
                Margin::MustBeat(least) => line("must_beat", amount(*least)),
            }
            if let Some(dataset) = dataset {
                line("dataset", quoted(dataset));
            }
            line("same_data", same_data.to_string());
            let without_champion = match without_champion {
                WithoutChampion::Pass => "pass",
                WithoutChampion::Fail => "fail",
                WithoutChampion::Pending => "pending",
            };
            line("without_champion", quoted(without_champion));
        }
        GateKind::Signature { strict, require } => {
            line("strict", strict.to_string());
            line("require", require.to_string());
        }
        GateKind::Data { validated } => line("validated", validated.to_string()),
        GateKind::CardComplete | GateKind::Monitor => {}
        GateKind::Soak { stage, for_ms } => {
            line("stage", quoted(stage));
            line("for", quoted(&duration(*for_ms)));
        }
        GateKind::Check { name } => line("name", quoted(name)),
    }
    lines.join("\n")
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Number(number) => canonical::number(number),
        Amount::Percent(percent) => format!("\"{percent}%\""),
    }
}

fn sign_off(requirements: &[Requirement]) -> String {
    let one = |requirement: &Requirement| {
        let roles = match &requirement.roles {
            Roles::Any => "role = \"any\"".to_owned(),
            Roles::Of(roles) => format!("roles = {}", self::roles(roles)),
        };
        format!("{{ {roles}, count = {} }}", requirement.count)
    };
    format!("[{}]", requirements.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn roles(roles: &BTreeSet<Role>) -> String {
    let roles: Vec<_> = roles.iter().map(|role| format!("\"{role}\"")).collect();
    format!("[{}]", roles.join(", "))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
